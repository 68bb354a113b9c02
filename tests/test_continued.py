"""A table that goes on over pages is marked as one; two tables that only follow each other are not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pymupdf
import pytest

from pipeline.document import Page
from pipeline.extract.continued import mark_continued
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore
from pipeline.offline.chat import _Reader
from pipeline.pack.layout import page_parts
from pipeline.pack.parts import TextPart
from tests.pdfs import draw_table

HEAD = ("Item", "Quantity", "Price")
Rows = Sequence[Sequence[str]]


def goods(first: int, last: int) -> list[tuple[str, str, str]]:
    return [(f"Valve of kind {n}", str(3 * n), f"{n}.50") for n in range(first, last + 1)]


def marked(tmp_path: Path, document: pymupdf.Document) -> tuple[Page, ...]:
    document.save(tmp_path / "a.pdf")
    with read_document(tmp_path / "a.pdf", WorkStore(str(tmp_path / "work")), ocr="never") as reading:
        return mark_continued(list(reading.pages(range(1, reading.document.page_count + 1))))


def marks(pages: Sequence[Page]) -> dict[int, int]:
    return {page.number: block.continues for page in pages for block in page.blocks if block.continues is not None}


def made(*tables: Rows, ruled: bool = True, furniture: bool = False, wide: float = 150.0) -> pymupdf.Document:
    """A page for each table; the first stands low, so that it fills its page, the others at the head of theirs."""
    document = pymupdf.open()
    for number, rows in enumerate(tables, 1):
        page = document.new_page(width=595, height=842)
        if furniture:
            page.insert_text((60, 40), "Acme Corp. price list", fontsize=8)
            page.insert_text((290, 825), f"Page {number}", fontsize=8)
        draw_table(page, rows, 790 - 20 * len(rows) if number == 1 else 70, height=20, ruled=ruled, wide=wide)
    return document


@pytest.mark.parametrize("ruled", [True, False])
@pytest.mark.parametrize("furniture", [True, False])
@pytest.mark.parametrize("repeated", [True, False])
def test_a_table_over_three_pages(tmp_path: Path, *, ruled: bool, furniture: bool, repeated: bool) -> None:
    again = [HEAD] if repeated else []
    document = made(
        [HEAD, *goods(1, 12)],
        [*again, *goods(13, 45)],
        [*again, *goods(46, 50)],
        ruled=ruled,
        furniture=furniture,
    )
    pages = marked(tmp_path, document)
    assert marks(pages) == {2: 1, 3: 2}
    text = "".join(part.text for part in page_parts(pages[1], "all", None) if isinstance(part, TextPart))
    head = "" if repeated else ' head="| Item | Quantity | Price |"'
    assert f'<continued from="1"{head}>\n\n|' in text and text.count("<continued") == 1
    assert [block.head for block in pages[2].blocks if block.continues] == [
        "" if repeated else "| Item | Quantity | Price |"
    ]


def test_a_line_that_says_so_may_stand_over_it(tmp_path: Path) -> None:
    document = made([HEAD, *goods(1, 12)], [HEAD, *goods(13, 20)])
    document[1].insert_text((60, 55), "Table 4 (continued)", fontsize=10)
    assert marks(marked(tmp_path, document)) == {2: 1}


@pytest.mark.parametrize(
    "other",
    [
        [("Country", "Sales", "Share"), ("France", "100", "12 %"), ("Spain", "90", "11 %"), ("Italy", "80", "10 %")],
        [("Item", "Price"), ("Valve of kind 13", "3.50"), ("Valve of kind 14", "4.50"), ("Valve of kind 15", "5.50")],
    ],
)
def test_another_table_is_not_the_same_one(tmp_path: Path, other: Rows) -> None:
    assert marks(marked(tmp_path, made([HEAD, *goods(1, 12)], other, ruled=False))) == {}


def test_a_heading_between_ends_a_table(tmp_path: Path) -> None:
    document = made([HEAD, *goods(1, 12)], [HEAD, *goods(13, 20)])
    document[1].insert_text((60, 55), "Spare parts of the second kind", fontsize=16)
    assert marks(marked(tmp_path, document)) == {}


def test_text_after_a_table_ends_it(tmp_path: Path) -> None:
    document = made([HEAD, *goods(1, 12)], [HEAD, *goods(13, 20)])
    document[0].insert_text((60, 815), "All prices are in euros and hold until the end of the year.", fontsize=10)
    assert marks(marked(tmp_path, document)) == {}


def test_pages_that_do_not_follow_each_other_share_no_table(tmp_path: Path) -> None:
    pages = marked(tmp_path, made([HEAD, *goods(1, 12)], [HEAD], [*goods(13, 20)]))
    assert marks(mark_continued([pages[0], pages[2]])) == {}


def test_the_embedded_engine_reads_past_the_mark(tmp_path: Path) -> None:
    pages = marked(tmp_path, made([HEAD, *goods(1, 12)], [HEAD, *goods(13, 20)]))
    reader = _Reader()
    reader.text("".join(part.text for page in pages for part in page_parts(page, "all", None)))  # type: ignore[union-attr]
    assert "continued" not in reader.pages()[1].text and "Valve of kind 13" in reader.pages()[1].text


def test_tables_over_pages_of_a_contract(corpus: Path, tmp_path: Path) -> None:
    path = corpus / "extract-bench/credit_agreement/ibm_credit_agreement_2019_07_18.pdf"
    with read_document(path, WorkStore(str(tmp_path)), ocr="never") as reading:
        pages = mark_continued(list(reading.pages([*range(1, 12), 153, 154, 155, 156])))
    assert marks(pages) == {4: 3, 5: 4, 6: 5, 7: 6, 155: 154}
