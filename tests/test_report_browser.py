"""The audit page in a real browser: what a person does with it, and what a hostile document does not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from pipeline.report.make import make_report
from pipeline.report.original import load_result
from tests.audited import FAILED, HOSTILE, HURT, audited

pytestmark = pytest.mark.slow

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports: of a harmless document, of a hostile one, and with its pictures beside it."""
    folder = tmp_path_factory.mktemp("reports")
    made = {}
    for name, strings in (("plain", ()), ("hostile", HOSTILE), ("beside", ())):
        one = audited(folder / name, strings=strings)
        made[name] = folder / name / "ledger.html"
        pictures: Any = "beside" if name == "beside" else "inside"
        make_report(load_result(one.result), one.result, made[name], [one.document], pictures=pictures)
    return made


@pytest.fixture(scope="module")
def browser(reports: dict[str, Path]) -> Iterator[Browser]:
    """Chromium as the system has it. Reports are made before it: Playwright keeps an event loop running."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here: on Debian, apt-get install chromium")
    with (
        sync_playwright() as playwright,
        # Its own sandbox does not work for root, as in a container; the page is ours.
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as one,
    ):
        yield one


class Opened:
    """A report in a page of its own, with all that the page complained of or asked for."""

    def __init__(self, browser: Browser, report: Path, **more: Any) -> None:
        self.page: Page = browser.new_context(**{"viewport": WIDE, **more}).new_page()
        self.heard: list[str] = []
        self.asked: list[str] = []
        self.page.on("dialog", self._dialog)
        self.page.on("console", lambda message: self.heard.append(message.text))
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(report.as_uri())

    def _dialog(self, dialog: Dialog) -> None:
        self.heard.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def marks(self) -> Any:
        return self.page.locator("#pane rect.now")

    def title(self) -> Any:
        return self.page.locator("#view-title")


@pytest.fixture
def opened(browser: Browser, reports: dict[str, Path]) -> Iterator[Any]:
    """Opens a report by its name; at the end nothing was complained of, and no network asked."""
    pages: list[Opened] = []

    def of(name: str = "plain", **more: Any) -> Opened:
        pages.append(Opened(browser, reports[name], **more))
        return pages[-1]

    yield of
    for one in pages:
        assert one.heard == []
        assert [url for url in one.asked if not url.startswith(("file:", "data:"))] == []
        one.page.context.close()


def stands_on_its_picture(one: Opened, box: tuple[float, float, float, float]) -> bool:
    """Whether the mark is in sight, and on the picture where the box is on a page of 595 by 842 points."""
    picture, mark = one.page.locator("#pane img").bounding_box(), one.marks().first.bounding_box()
    pane = one.page.locator("#pane").bounding_box()
    assert picture and mark and pane
    scale = picture["width"] / 595
    near = abs(mark["x"] - picture["x"] - box[0] * scale) < 4 and abs(mark["y"] - picture["y"] - box[1] * scale) < 4
    in_sight = pane["y"] <= mark["y"] and mark["y"] + mark["height"] <= pane["y"] + pane["height"]
    drawn = one.page.locator("#pane img").evaluate("image => image.complete && image.naturalWidth > 500")
    return near and in_sight and bool(drawn)


def test_a_click_on_a_value_shows_its_place_on_its_page(opened: Any) -> None:
    one = opened()
    one.page.get_by_role("button", name="1234.5", exact=True).first.click()
    expect(one.title()).to_have_text("Page 1 of 12")
    assert stands_on_its_picture(one, (150.0, 49.0, 280.0, 64.0))
    expect(one.page.locator("#told")).to_contain_text("Total due 1,234.50 EUR")
    one.page.get_by_role("button", name="Place 1 of 2: next").click()
    expect(one.title()).to_have_text("Page 2 of 12")
    assert stands_on_its_picture(one, (150.0, 49.0, 280.0, 64.0))


def test_a_click_anywhere_on_a_record_shows_it(opened: Any) -> None:
    one = opened()
    one.page.locator(".records tr", has_text="A-00023").locator("td").nth(2).click()
    expect(one.title()).to_have_text("Page 10 of 12")
    expect(one.page.locator("#told")).to_contain_text("A-00023 Widget 23")
    assert one.page.locator("#pane img").count() == 1 and one.marks().count() == 1


def test_values_that_disagree_are_each_one_click_from_their_page(opened: Any) -> None:
    one = opened()
    one.page.locator(".conflict .side .item").nth(1).click()
    expect(one.title()).to_have_text("Page 3 of 12")
    expect(one.page.locator("#told")).to_contain_text("93 % alike")


def test_the_gaps_are_the_first_thing_and_one_key_away(opened: Any) -> None:
    one = opened()
    expect(one.page.locator("main section").first).to_contain_text("What is missing")
    one.page.keyboard.press("g")  # the first is chosen already
    expect(one.title()).to_have_text(f"Page {HURT} of 12")
    expect(one.page.locator("#pane rect.gap")).to_have_count(1)
    one.page.keyboard.press("g")
    expect(one.title()).to_have_text(f"Page {FAILED} of 12")
    expect(one.page.locator("#told .bad")).to_contain_text("failed, the request was refused")


def test_the_strip_leads_to_each_page_by_click_and_by_keys(opened: Any) -> None:
    one = opened()
    one.page.locator(f'#strip [data-page="{FAILED}"]').click()
    expect(one.page.locator("#told .bad")).to_be_visible()
    one.page.locator('#strip [data-page="1"]').focus()
    for key in ("End", "ArrowLeft", "Enter"):
        one.page.keyboard.press(key)
    expect(one.title()).to_have_text("Page 11 of 12")
    expect(one.page.locator("#strip .here")).to_have_attribute("data-page", "11")


def test_search_finds_values_quotes_and_page_text(opened: Any) -> None:
    one = opened()
    one.page.keyboard.press("/")
    one.page.keyboard.type("a-00023")
    expect(one.page.get_by_role("option")).to_have_count(2)  # the record, and the text of its page
    one.page.keyboard.press("Enter")
    expect(one.title()).to_have_text("Page 10 of 12")
    one.page.keyboard.press("/")
    one.page.keyboard.type("8.7 the quick brown")
    expect(one.page.get_by_role("option")).to_have_count(1)
    one.page.keyboard.press("Enter")
    expect(one.title()).to_have_text("Page 8 of 12")
    expect(one.page.locator("#pane mark")).to_have_text("8.7 the quick brown")
    one.page.keyboard.press("/")
    one.page.keyboard.type("nowhere at all")
    expect(one.page.locator("#results")).to_contain_text("0 found.")
    one.page.keyboard.press("Escape")
    expect(one.page.locator("#results")).to_be_hidden()


def test_the_keyboard_alone_goes_through_the_values(opened: Any) -> None:
    one = opened()
    first = one.page.locator("main .item").first
    expect(first).to_have_attribute("aria-current", "true")
    for _ in range(2):
        one.page.keyboard.press("j")
    expect(one.page.locator("main .item").nth(2)).to_be_focused()
    expect(one.page.locator("main .item").nth(2)).to_have_attribute("aria-current", "true")
    one.page.keyboard.press("ArrowUp")
    expect(one.page.locator("main .item").nth(1)).to_be_focused()
    one.page.keyboard.press("ArrowRight")
    expect(one.title()).to_have_text(f"Page {HURT + 1} of 12")
    one.page.keyboard.press("z")
    expect(one.page.locator("#pane")).to_have_class("large")
    one.page.keyboard.press("?")
    expect(one.page.locator("#keys")).to_be_visible()
    one.page.keyboard.press("Escape")
    expect(one.page.locator("#keys")).to_be_hidden()


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_it_is_light_or_dark_as_the_system_is_until_one_chooses(opened: Any, scheme: str, other: str) -> None:
    one = opened(color_scheme=scheme)
    paper = "() => getComputedStyle(document.body).backgroundColor"
    colours = {"light": "rgb(252, 251, 248)", "dark": "rgb(22, 21, 19)"}
    assert one.page.evaluate(paper) == colours[scheme]
    one.page.get_by_role("button", name="Light or dark").click()
    assert one.page.evaluate(paper) == colours[other]


def test_on_a_phone_the_page_comes_up_and_goes_away(opened: Any) -> None:
    one = opened(viewport=NARROW)
    expect(one.page.locator("#view")).to_be_hidden()
    assert one.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    value = one.page.get_by_role("button", name="1234.5", exact=True).first
    value.click()
    expect(one.page.locator("#view")).to_be_visible()
    one.page.wait_for_timeout(400)
    assert stands_on_its_picture(one, (150.0, 49.0, 280.0, 64.0))
    one.page.get_by_role("button", name="Close the page").click()
    expect(one.page.locator("#view")).to_be_hidden()
    expect(value).to_be_focused()


def test_a_hostile_document_does_nothing(opened: Any, reports: dict[str, Path]) -> None:
    """Every value is clicked and searched for; what was heard and asked for is looked at where the test ends."""
    one = opened("hostile")
    for at in range(one.page.locator("main .item").count()):
        one.page.locator("main .item").nth(at).click()
    for word in ("<script", "](http", "{{", "onmouse"):
        one.page.keyboard.press("/")
        one.page.keyboard.type(word)
        one.page.wait_for_timeout(250)
        assert one.page.get_by_role("option").count() > 0
        one.page.keyboard.press("Escape")
    one.page.locator("h1").hover()
    assert one.page.locator("h1").inner_text() == HOSTILE[0]
    assert one.page.locator("main a:not([href^='#'])").count() == 0
    assert {url for url in one.asked if not url.startswith("data:")} == {reports["hostile"].as_uri()}


def test_pictures_beside_the_report_are_shown(opened: Any) -> None:
    one = opened("beside")
    one.page.get_by_role("button", name="1234.5", exact=True).first.click()
    assert one.page.locator("#pane img").get_attribute("src") == "ledger.pages/p1.jpg"
    expect(one.page.locator("#pane img")).to_have_js_property("complete", True)
    assert stands_on_its_picture(one, (150.0, 49.0, 280.0, 64.0))


def test_each_control_has_a_name_and_each_text_enough_contrast(opened: Any) -> None:
    for scheme in ("light", "dark"):
        one = opened(color_scheme=scheme)
        assert one.page.evaluate(UNNAMED) == 0
        assert one.page.evaluate(CONTRAST) == []


UNNAMED = """() => [...document.querySelectorAll("button, input, a[href]")].filter(
  (node) => !(node.getAttribute("aria-label") || node.textContent.trim() || node.labels?.length)
).length"""

CONTRAST = """() => {
  const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((value) => linear(Number(value) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (/^rgb\\(/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const low = [];
  for (const node of document.querySelectorAll("main *, #bar *, #told *")) {
    const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
    const style = getComputedStyle(node);
    if (!own || !/^rgb\\(/.test(style.color) || node.closest(".unseen, [hidden], .s")) continue;
    const [a, b] = [light(style.color), light(paper(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(`${node.tagName}.${node.className}: ${style.color} on ${paper(node)}`);
  }
  return [...new Set(low)];
}"""
"""Texts whose contrast is below 4.5 to 1, as WCAG 2.2 asks of small text (1.4.3)."""
