"""Tables: what stands in one row comes out in one row, ruled or not, and nothing else becomes a table."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from pipeline.document import Block
from pipeline.extract.drawn import Drawn
from pipeline.extract.layout import blocks_of
from pipeline.extract.lines import read_lines
from pipeline.extract.text import body_size

ITEMS = [
    ("Item", "Quantity", "Price"),
    ("Blue paint", "12", "24.00"),
    ("Wide brush", "3", "7.50"),
    ("Ladder", "1", "89.90"),
]


def blocks(document: pymupdf.Document, number: int = 1) -> list[Block]:
    """The blocks of a page, without a worker."""
    page = document[number - 1]
    lines = read_lines(page)
    return blocks_of(lines, Drawn(page), body_size(lines))


def rows_of(block: Block) -> list[list[str]]:
    lines = [line for line in block.text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line]


def test_a_table_without_rules_comes_row_by_row() -> None:
    document = pymupdf.open()
    page = document.new_page()
    # Written column by column, as some programs do.
    for column, x in enumerate((72, 250, 350)):
        for row, cells in enumerate(ITEMS):
            page.insert_text((x, 100 + row * 16), cells[column])
    (block,) = blocks(document)
    assert block.kind == "table"
    assert rows_of(block) == [list(row) for row in ITEMS]


def test_a_ruled_table_keeps_the_lines_of_a_cell_together() -> None:
    document = pymupdf.open()
    page = document.new_page()
    xs, ys = (70, 260, 340, 420), (80, 100, 150, 200)
    for y in ys:
        page.draw_line((xs[0], y), (xs[-1], y))
    for x in xs:
        page.draw_line((x, ys[0]), (x, ys[-1]))
    texts = [
        ["Item", "Quantity", "Price"],
        ["Blue paint\nfor outside walls\nin tins", "12", "24.00"],
        ["Brush\nwide", "3", "7.50"],
    ]
    for top, row in zip(ys, texts, strict=False):
        for left, cell in zip(xs, row, strict=False):
            page.insert_text((left + 4, top + 13), cell.split("\n"))
    (block,) = blocks(document)
    assert rows_of(block)[1:] == [["Blue paint for outside walls in tins", "12", "24.00"], ["Brush wide", "3", "7.50"]]


def test_a_label_and_its_value_far_to_the_right_are_one_row() -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 100), "Total amount due")
    page.insert_text((450, 100), "$ 1,234.50")
    assert [block.text for block in blocks(document)] == ["Total amount due\t$ 1,234.50"]


def test_a_currency_sign_stays_with_its_figure() -> None:
    document = pymupdf.open()
    page = document.new_page()
    for row, (label, one, other) in enumerate(
        (("Revenue", "1,163", "1,578"), ("Costs", "450", "(55)"), ("Result", "713", "1,523"))
    ):
        y = 100 + row * 14
        page.insert_text((72, y), label)
        for right, text in ((300, one), (400, other)):
            page.insert_text((right - 60, y), "$")
            page.insert_text((right - pymupdf.get_text_length(text, fontsize=11), y), text)
    (block,) = blocks(document)
    assert ["Result", "$ 713", "$ 1,523"] in rows_of(block)


def test_a_head_over_two_columns_stands_over_both() -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((230, 90), "Year ended December 31,")
    for row, cells in enumerate(
        (("", "2024", "2023"), ("Sales", "410", "390"), ("Costs", "310", "300"), ("Tax", "20", "10"))
    ):
        for x, cell in zip((72, 240, 330), cells, strict=True):
            page.insert_text((x, 104 + row * 14), cell)
    (block,) = blocks(document)
    assert rows_of(block)[0] == ["", "Year ended December 31, 2024", "Year ended December 31, 2023"]
    assert rows_of(block)[1] == ["Sales", "410", "390"]


def test_a_bar_in_a_cell_does_not_make_a_column() -> None:
    document = pymupdf.open()
    page = document.new_page()
    for row, cells in enumerate((("Name", "Value"), ("a|b", "1"), ("c", "2"))):
        for x, cell in zip((72, 240), cells, strict=True):
            page.insert_text((x, 104 + row * 14), cell)
    (block,) = blocks(document)
    assert "| a\\|b | 1 |" in block.text


def test_a_label_over_two_lines_goes_to_the_row_that_it_stands_nearer_to() -> None:
    document = pymupdf.open()
    page = document.new_page()
    lines = (
        (100, "Variant", "Error"),
        (120, "without soil", "2.67"),
        (140, "without rainfall in the", ""),
        (152, "month", "2.70"),
    )
    for y, label, value in (*lines, (172, "without light", "2.82")):
        page.insert_text((72, y), label)
        page.insert_text((300, y), value)
    (block,) = blocks(document)
    assert rows_of(block)[1:] == [
        ["without soil", "2.67"],
        ["without rainfall in the month", "2.70"],
        ["without light", "2.82"],
    ]


def corpus_rows(path: Path, number: int) -> list[list[str]]:
    with pymupdf.open(path) as document:
        return [row for block in blocks(document, number) if block.kind == "table" for row in rows_of(block)]


def test_a_quarterly_report(corpus: Path) -> None:
    rows = corpus_rows(corpus / "extract-bench/10kq/nke_10q_fy2025q2.pdf", 5)
    assert rows[0] == ["(In millions)", "NOVEMBER 30, 2024", "MAY 31, 2024"]
    assert ["Cash and equivalents", "$ 7,979", "$ 9,860"] in rows
    assert ["Prepaid expenses and other current assets", "1,936", "1,854"] in rows
    assert ["TOTAL LIABILITIES AND SHAREHOLDERS' EQUITY", "$ 37,959", "$ 38,110"] in rows


def test_records_over_two_lines(corpus: Path) -> None:
    rows = corpus_rows(corpus / "extract-bench/swimming/ma_2023_sw_M-table1.pdf", 1)
    assert ["1", "1/4", "Fusao TAKAHASHI", "JPN", "1933", "JUMP", "44.01", "( 1.02)"] in rows


def test_figures_that_stand_close(corpus: Path) -> None:
    rows = corpus_rows(corpus / "pdf/tables/camelot__us-001.pdf", 1)
    assert rows[0][:3] == ["Category", "2005 Number", "2005 Margin of error (±)"]
    assert [
        "Severe disability",
        "34,947",
        "601",
        "12.0",
        "0.2",
        "38,284",
        "654",
        "12.6",
        "0.2",
        "*3,337",
        "*0.6",
    ] in rows


@pytest.mark.parametrize(
    "name", ["unstructured__multi-column-2p", "olmocr__pdftotext_two_column_issue", "MinerU__demo1"]
)
def test_columns_of_prose_are_not_taken_for_tables(name: str, corpus: Path) -> None:
    assert corpus_rows(corpus / f"pdf/multicolumn/{name}.pdf", 1) == []


def two_tables(
    between: str, *, size: float = 10, heads: tuple[str, str] = ("January 2025", "July 2024")
) -> list[Block]:
    """Two tables without rules, of other columns, a line between them."""
    page = (document := pymupdf.open()).new_page()
    for row, cells in enumerate([("", *heads), ("Products", "20,321", "20,055"), ("Services", "20,947", "20,993")]):
        for x, cell in zip((72, 300, 400), cells, strict=True):
            page.insert_text((x, 100 + row * 14), cell, fontsize=10)
    page.insert_text((72, 146), between, fontsize=size)
    for row, cells in enumerate([("", "Three months", "Change"), ("Hedges", "(63)", "12"), ("Swaps", "11", "93")]):
        for x, cell in zip((72, 250, 350), cells, strict=True):
            page.insert_text((x, 166 + row * 14), cell, fontsize=10)
    return blocks(document)


@pytest.mark.parametrize(
    ("between", "size"),
    [
        ("The gains are summarized as follows (in millions):", 10),
        ("Gains and losses of all our derivatives (in millions):", 10),
        ("Derivatives", 14),
    ],
)
def test_a_sentence_or_a_heading_between_two_tables_is_no_row(between: str, size: float) -> None:
    first, words, second = two_tables(between, size=size)
    assert (words.kind, words.text) == ("heading" if size > 10 else "text", between)
    assert rows_of(first)[1:] == [["Products", "20,321", "20,055"], ["Services", "20,947", "20,993"]]
    assert rows_of(second) == [["", "Three months", "Change"], ["Hedges", "(63)", "12"], ["Swaps", "11", "93"]]


def test_a_label_that_ends_with_a_colon_is_a_row() -> None:
    page = (document := pymupdf.open()).new_page()
    rows = [
        ("", "2025", "2024"),
        ("Net income", "2,428", "2,634"),
        ("Adjustments to reconcile net income to cash:",),
        ("Depreciation", "1,387", "799"),
        ("Changes in assets", "(64)", "83"),
    ]
    for row, cells in enumerate(rows):
        for x, cell in zip((72, 350, 430), cells, strict=False):
            page.insert_text((x, 100 + row * 14), cell, fontsize=10)
    (block,) = blocks(document)
    assert rows_of(block)[2] == ["Adjustments to reconcile net income to cash:", "", ""]


def test_heads_that_are_wider_than_their_figures_make_no_column() -> None:
    """Heads stand in the middle of their columns, figures at the right."""
    page = (document := pymupdf.open()).new_page()
    ends = (330, 430, 530)
    for end, head in zip(ends, ("January 25, 2025", "January 27, 2024", "July 27, 2024"), strict=True):
        page.insert_text((end - 75, 100), head, fontsize=8)
    for row, label in enumerate(("Provisions", "Recoveries", "Exchange", "Closing balance"), 1):
        page.insert_text((72, 100 + row * 14), label, fontsize=8)
        for column, end in enumerate(ends):
            page.insert_text((end - 8, 100 + row * 14), f"{row}{column}", fontsize=8)
    (block,) = blocks(document)
    assert rows_of(block)[:2] == [
        ["", "January 25, 2025", "January 27, 2024", "July 27, 2024"],
        ["Provisions", "10", "11", "12"],
    ]
