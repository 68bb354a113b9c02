"""What the audit page costs: the time to make it, its size, and how smoothly Chromium opens and scrolls it.

    python benchmarks/report.py [--pages 1000] [--records 3000] [--cited 500] [--chromium /usr/bin/chromium]

A long task is one of more than 50 ms on the page's main thread, as PerformanceObserver reports it; a person notices
one of 200 ms. Opening, then scrolling from top to bottom, a click, a search and the keyboard are told apart. Wall time
grows with what else the machine does: beside it stand the CPU seconds of making the report, and of the longest task
the milliseconds that its thread computed.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.report.make import make_report
from pipeline.report.original import load_result
from tests.audited import audited

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def computed(trace: bytes) -> float:
    """Milliseconds that the page's main thread computed in its longest task of a trace."""
    events = json.loads(trace)["traceEvents"]
    threads = {(one["pid"], one["tid"]): one["args"]["name"] for one in events if one.get("name") == "thread_name"}
    main = (one for one in events if threads.get((one["pid"], one["tid"])) == "CrRendererMain")
    return max((one["tdur"] / 1000 for one in main if "RunTask" in one["name"] and "tdur" in one), default=0.0)


def measured(browser: Browser, page: Page, what: str, act: Callable[[], object]) -> None:
    """Do something in the page, and print the long tasks that it takes."""
    browser.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline", "__metadata"])
    started = time.monotonic()
    act()
    seconds = time.monotonic() - started
    page.wait_for_timeout(400)
    longest = computed(browser.stop_tracing())
    tasks: list[Any] = page.evaluate("window.tasks.splice(0)")
    wall = f"{len(tasks):3} long tasks, the longest {max(tasks, default=0):4.0f} ms"
    print(f"  {what:<10} {seconds:5.2f} s, {wall}; computed {longest:4.0f} ms at most")


def browse(report: Path, chromium: str) -> None:
    """Open the report and use it, and print what that takes."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.add_init_script(OBSERVE)
        measured(browser, page, "opening", lambda: page.goto(report.as_uri()))
        measured(browser, page, "scrolling", lambda: page.evaluate(SCROLL))
        measured(browser, page, "a click", lambda: page.locator(".records .item").last.click())
        page.locator("#query").focus()
        measured(browser, page, "a search", lambda: page.keyboard.type("widget 17", delay=60))
        page.keyboard.press("Escape")
        measured(browser, page, "20 keys", lambda: page.keyboard.type("j" * 20))
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
        wall, cpu, out = time.monotonic(), cpu_seconds(), Path(folder) / "ledger.html"
        report = make_report(load_result(made.result), made.result, out, [made.document])
        wall, cpu = time.monotonic() - wall, cpu_seconds() - cpu
        print(f"{chosen.pages} pages, {chosen.records} records on {chosen.cited} pages")
        print(
            f"  made in {wall:.1f} s ({cpu:.1f} s of CPU), {out.stat().st_size / 1e6:.1f} MB {' '.join(report.notes)}"
        )
        browse(out, chosen.chromium)


if __name__ == "__main__":
    main()
