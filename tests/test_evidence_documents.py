"""Evidence on real documents: what was sent of a page is found there again, and a changed digit is not."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path

import pymupdf
import pytest

from pipeline.document import Page
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore
from pipeline.merge.evidence import LEAST_CHARS, Finder

LEFT = """Revenue rose to 412.6 million euros in the year under re-
view, which is 8 per cent more than in the year before. The
board proposes a dividend of 1.25 euros for each share."""
RIGHT = """No loan was taken up. The "Nordwerk" site in Kiel was
sold for 3,400,000 euros; the sale was not finished when
the year ended."""
ROWS = [("Item", "Quantity", "Amount"), ("Office chair, grey", "12", "1,188.00"), ("Desk", "3", "891.00")]


def made(path: Path) -> Path:
    """A page with two columns of prose and, below, a table; a second one with other text."""
    document = pymupdf.open()
    page = document.new_page()
    for x, text in ((50, LEFT), (310, RIGHT)):
        page.insert_text((x, 80), text.split("\n"), fontsize=8)
    for number, row in enumerate(ROWS):
        for x, cell in zip((50, 250, 350), row, strict=True):
            page.insert_text((x, 300 + 16 * number), cell, fontsize=10)
    document.new_page().insert_text((50, 80), "The auditor had no objections to the accounts.")
    document.save(path)
    return path


def test_slanted_words_lie_in_boxes_that_hold_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "slanted.pdf"
    with pymupdf.open() as document:
        page = document.new_page()
        turn = (pymupdf.Point(100, 300), pymupdf.Matrix(50))
        page.insert_text((100, 300), "slanted over the page", fontsize=10, morph=turn)
        box = page.get_text("words")[0][:4]
        document.save(path)
    with read_document(path, WorkStore(str(tmp_path / "work")), ocr="never") as reading:
        found = Finder(list(reading.pages()), reading.words).locate("slanted", 1, [1])
    assert found.boxes[0] == pytest.approx(box, abs=1)


def test_quotes_are_found_on_a_page_that_was_read(tmp_path: Path) -> None:
    with read_document(made(tmp_path / "made.pdf"), WorkStore(str(tmp_path / "work")), ocr="never") as reading:
        pages = list(reading.pages())
        finder = Finder(pages, reading.words)

        def match(quote: str, page: int = 1) -> tuple[str, int | None, int]:
            found = finder.locate(quote, page, [1, 2])
            return found.match, found.page, len(found.boxes)

        assert match("a dividend of 1.25 euros") == ("exact", 1, 1)
        assert match("in the year under review, which is 8 per cent more") == ("normalised", 1, 2)
        assert match("The “Nordwerk” site in Kiel was sold") == ("normalised", 1, 2)
        assert match("| Office chair, grey | 12 | 1,188.00 |") == ("cell", 1, 1)
        assert match("Office chair, grey\t1,188.00")[:2] == ("cell", 1)
        assert match("no objections to the accounts", 1) == ("exact", 2, 1)
        assert match("| Office chair, grey | 3 | 1,188.00 |")[0] == "none"
        assert match("a dividend of 1.35 euros")[0] == "none"
        assert match("the sale was finished when the year ended")[0] == "none"
        box = finder.locate("1,188.00", 1, [1]).boxes[0]
        assert 345 < box[0] < 355 and 305 < box[1] < 316 < box[3] < 325


def test_boxes_are_no_higher_than_the_type_whatever_the_font_claims(corpus: Path, tmp_path: Path) -> None:
    path = corpus / "pdf/figures/PyMuPDF__test_2904.pdf"
    with read_document(path, WorkStore(str(tmp_path)), ocr="never") as reading:
        finder = Finder(list(reading.pages([6])), reading.words)
        found = finder.locate("As well as a cash prize of US$2500, the award includes a crystal cat statue", 6, [6])
    assert len(found.boxes) == 3
    assert all(above[3] <= below[1] + 4 for above, below in pairwise(found.boxes))


def quotes(page: Page, chance: random.Random) -> list[str]:
    """Runs of words of the page's prose, as a model would quote them."""
    found = []
    for block in page.blocks:
        words = block.text.split()
        if block.kind == "text" and len(words) >= 6:
            start = chance.randrange(len(words) - 5)
            found.append(" ".join(words[start : start + chance.randint(5, 20)]))
    # What has no letters or digits ("# $ %") is no evidence, wherever it stands.
    found = [quote for quote in found if sum(sign.isalnum() for sign in quote) >= LEAST_CHARS]
    return chance.sample(found, min(len(found), 4))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "extract-bench/10kq/csco_10q_fy2025q2.pdf",
        "extract-bench/credit_agreement/amzn_credit_agreement_2014_09_05.pdf",
        "pdf/multicolumn/unstructured__multi-column.pdf",
        "pdf/nonlatin/deb-texlive-lang-chinese__lshort-zh-cn.pdf",
    ],
)
def test_what_is_sent_of_real_pages_is_found_there_again(corpus: Path, tmp_path: Path, name: str) -> None:
    chance = random.Random(7)
    with read_document(corpus / name, WorkStore(str(tmp_path)), ocr="never") as reading:
        pages = list(reading.pages(range(1, min(reading.document.page_count, 30) + 1)))
        finder = Finder(pages, reading.words)
        asked = [(quote, page.number) for page in pages for quote in quotes(page, chance)]
        found = [finder.locate(quote, page, [page]) for quote, page in asked]
        assert len(asked) >= 30
        assert sum(one.verified for one in found) >= 0.97 * len(found)
        for quote, page in asked:
            digits = [place.start() for place in re.finditer(r"[0-9]", quote)]
            if digits:
                at = chance.choice(digits)
                changed = f"{quote[:at]}{(int(quote[at]) + 5) % 10}{quote[at + 1 :]}"
                text = "".join(block.text for block in pages[page - 1].blocks)
                assert not finder.locate(changed, page, [page]).verified or changed in " ".join(text.split())
