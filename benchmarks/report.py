"""What the audit page costs: the time to make it, its size, and how smoothly Chromium opens and scrolls it.

    python benchmarks/report.py [--pages 1000] [--records 3000] [--cited 500] [--chromium /usr/bin/chromium]

A long task is one of more than 50 ms on the page's main thread, as PerformanceObserver reports it; a person notices
one of 200 ms. Opening, then scrolling from top to bottom, a click, a search and the keyboard are told apart.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.report.make import make_report
from pipeline.report.original import load_result
from tests.audited import audited

if TYPE_CHECKING:
    from playwright.sync_api import Page

OBSERVE = """
window.tasks = [];
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((one) => one.duration)))
  .observe({type: "longtask", buffered: true});
"""
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
  }
}"""


def tasks(page: Page, what: str) -> None:
    """Print the long tasks since the last call, and forget them."""
    page.wait_for_timeout(400)
    found: list[Any] = page.evaluate("window.tasks.splice(0)")
    longest = f"longest {max(found):.0f} ms" if found else "none"
    print(f"  {what:<10} long tasks: {len(found)}, {longest}")


def browse(report: Path, chromium: str) -> None:
    """Open the report and use it, and print what that takes."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.add_init_script(OBSERVE)
        started = time.monotonic()
        page.goto(report.as_uri())
        print(f"  opened in {time.monotonic() - started:.2f} s")
        tasks(page, "opening")
        page.evaluate(SCROLL)
        tasks(page, "scrolling")
        page.locator(".records .item").last.click()
        tasks(page, "a click")
        page.keyboard.press("/")
        page.keyboard.type("widget 17", delay=60)
        tasks(page, "a search")
        page.keyboard.press("Escape")
        for _ in range(20):
            page.keyboard.press("j")
        tasks(page, "20 keys")
        browser.close()


def main() -> None:
    """Make the document, its result and the report, and browse it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--pages", type=int, default=1000)
    options.add_argument("--records", type=int, default=3000)
    options.add_argument("--cited", type=int, default=500)
    options.add_argument("--chromium", default="/usr/bin/chromium")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = audited(Path(folder), pages=chosen.pages, records=chosen.records, cited=chosen.cited)
        wall, out = time.monotonic(), Path(folder) / "ledger.html"
        report = make_report(load_result(made.result), made.result, out, [made.document])
        print(f"{chosen.pages} pages, {chosen.records} records on {chosen.cited} pages")
        print(f"  made in {time.monotonic() - wall:.1f} s, {out.stat().st_size / 1e6:.1f} MB {' '.join(report.notes)}")
        browse(out, chosen.chromium)


if __name__ == "__main__":
    main()
