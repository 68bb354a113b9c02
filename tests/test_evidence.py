"""Quotes are found where they stand, and what is not there is not evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Word
from pipeline.merge.evidence import FETCHED_PAGES, LEAST_CHARS, Evidence, Finder
from pipeline.merge.folding import fold, squeeze
from pipeline.merge.page_index import PageIndex
from tests.making import Words, finder_of, page_of, picture_of, words_of

PROSE = """The com-
pany’s total reve-
nue rose to 1,234.50 in 2022, not in 2021.
The ﬁnal oﬀer of “Acme–Werke” was 19 million."""


def located(quote: str, text: str = PROSE, *, ocr: bool = False, page: int = 1) -> Evidence:
    return finder_of({1: text}, [1] if ocr else ()).locate(quote, page, [1])


@pytest.mark.parametrize(
    ("quote", "match"),
    [
        ("rose to 1,234.50 in 2022", "exact"),
        ("in  2022,\n not in 2021.", "exact"),
        ("the company's total revenue rose", "normalised"),
        ("THE COMPANY'S", "normalised"),
        ('The final offer of "Acme-Werke" was', "normalised"),
        ("## The ﬁnal oﬀer", "exact"),
        ("company total revenue rose to 1,234.50 in 2022", "fuzzy"),
    ],
)
def test_a_quote_is_found_in_the_form_in_which_it_stands(quote: str, match: str) -> None:
    found = located(quote)
    assert (found.match, found.page, found.quote) == (match, 1, quote)
    assert found.boxes and found.verified
    assert found.score is not None and 0.9 <= found.score <= 1.0


@pytest.mark.parametrize(
    "quote",
    [
        "company total revenue rose to 1,235.50 in 2022",  # a changed digit
        "company total revenue rose to 1,234.50 in 2023",  # another year
        "rose to 234.50 in 2022",  # a number cut in two
        "rose to 1,234",  # and from behind
        "revenue rose to 1,234.50 in 2022, in 2021.",  # a negation lost
        "The final offer of Acme-Werke was not 19 million",  # a negation made up
        "The final order of Acme-Werke was 19 million",  # another word
        "otal revenue",  # a word cut in two
        "",
        "   ",
        "| |",
        ".",
        "-",
    ],
)
def test_what_does_not_stand_there_is_no_evidence(quote: str) -> None:
    found = located(quote)
    assert (found.match, found.page, found.boxes, found.score) == ("none", 1, (), 0.0)
    assert not found.verified


@pytest.mark.parametrize(
    "text", ["Revenue increased by 12 percent in the year", "12 million in 2022 was the profit made"]
)
def test_similar_text_with_another_meaning_is_no_evidence(text: str) -> None:
    other = text.replace("increased", "decreased").replace("12 million in 2022", "19 million in 2023")
    assert located(other, text).match == "none"
    assert located(text, text).match == "exact"


def test_each_line_of_a_quote_gets_one_box() -> None:
    found = located("the company's total revenue rose")
    assert found.boxes == ((50.0, 50.0, 90.0, 60.0), (50.0, 62.0, 140.0, 72.0), (50.0, 74.0, 90.0, 84.0))


def test_two_cells_are_not_one_number() -> None:
    assert located("510", "5 10").match == "none"
    assert located("5 10", "5 10").match == "exact"


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("revenue", "revenue1 rose"),
        ("12", "12kg net"),
        ("サービス", "このサービスは"),
        ("契約期間", "本契 約期間は三年"),
    ],
)
def test_a_footnote_mark_a_unit_and_scripts_without_spaces_cut_no_word(quote: str, text: str) -> None:
    assert located(quote, text).verified


TABLE = """Item Qty Price Amount
Widget blue 3 4.50 13.50
Gadget 3 1.50 4.50
Bolt 0 0.10 0"""


@pytest.mark.parametrize(
    ("quote", "boxes"),
    [
        ("| Gadget | 3 | 1.50 | 4.50 |", 1),
        ("| Gadget | | 4.50 |", 2),
        ("Gadget\t4.50", 2),
        ("| Widget blue | 13.50 |", 2),
        ("| Bolt | 0 | 0 |", 3),
        (r"| Gadget |", 1),
    ],
)
def test_a_row_of_a_table_is_found_cell_by_cell(quote: str, boxes: int) -> None:
    found = located(quote, TABLE)
    assert (found.match, len(found.boxes)) == ("cell", boxes)
    assert max(box[3] for box in found.boxes) - min(box[1] for box in found.boxes) <= 12


@pytest.mark.parametrize(
    "quote",
    ["| Gadget | 13.50 |", "| Gadget | 1.50 | 3 |", "| Widget blue | 1.50 |", "| Bolt | 0 | 0 | 0 |", "| --- | --- |"],
)
def test_cells_of_different_rows_are_no_evidence(quote: str) -> None:
    assert located(quote, TABLE).match == "none"


def test_cells_that_wrap_are_found_with_the_lines_that_they_take() -> None:
    text = "3 Consulting, senior 12 1,800.00\n  architect\n4 Travel 1 90.00"
    found = located("| 3 | Consulting, senior architect | 12 | 1,800.00 |", text)
    assert (found.match, len(found.boxes)) == ("cell", 2)
    assert located("| 3 | Consulting, senior architect | 12 | 90.00 |", text).match == "none"
    assert located("| 3 | Consulting, architect | 12 | 1,800.00 |", text).match == "none"


def test_a_quote_along_a_line_is_found_whatever_the_pages_own_order() -> None:
    words = (*words_of("Number\nDate"), *words_of("4711\n2 May", x=200.0))
    finder = Finder([page_of(1, "x")], lambda numbers: dict.fromkeys(numbers, words))
    assert finder.locate("Number 4711", 1, [1]).boxes == ((50.0, 50.0, 220.0, 60.0),)
    assert finder.locate("Number\t4711", 1, [1]).match == "exact"
    assert finder.locate("Number 2 May", 1, [1]).match == "none"


def test_ocr_text_is_marked_as_such_with_its_similarity() -> None:
    text = "lnvoice t0tal arnount due wlthin 30 days"
    assert located("t0tal arnount", text, ocr=True).match == "ocr"
    found = located("Invoice total amount due within 30 days", text, ocr=True)
    assert found.match == "ocr" and found.score is not None and 0.8 <= found.score < 1
    assert located("Invoice total amount due within 80 days", text, ocr=True).match == "none"


def test_the_page_where_it_stands_is_given_and_the_named_one_remembered() -> None:
    finder = finder_of(
        {1: "nothing here", 2: "Total due: 12.50 EUR", 3: "Total due: 12.50 EUR", 9: "Total due: 12.50 EUR"}
    )
    found = finder.locate("Total due: 12.50 EUR", 1, [1, 2, 3])
    assert (found.page, found.moved_from, found.match) == (2, 1, "exact")
    assert finder.locate("Total due: 12.50 EUR", 3, [1, 2, 3]).moved_from is None
    assert finder.locate("Total due: 12.50", 77, [1, 2, 3]).page == 3
    assert finder.locate("Total due: 12.50 EUR", 9, [1]).match == "none"


def test_a_short_quote_is_not_looked_for_on_other_pages() -> None:
    found = finder_of({1: "nothing here", 2: "12.50"}).locate("12.50", 1, [1, 2])
    assert (found.page, found.match) == (1, "none")


def test_an_alike_quote_is_found_on_another_page_too() -> None:
    finder = finder_of({1: "nothing here", 2: PROSE, 3: "a page about something else"})
    found = finder.locate("company total revenue rose to 1,234.50 in 2022", 3, [1, 2, 3])
    assert (found.page, found.match, found.moved_from) == (2, "fuzzy", 3)


def test_a_page_that_the_request_did_not_hold_is_no_place() -> None:
    assert finder_of({1: PROSE, 2: "other words"}).locate("not here at all", 7, [1, 2]).page is None


def test_the_nth_of_like_quotes_is_the_nth_place() -> None:
    finder = finder_of({1: "Service fee 50.00\nService fee 50.00"})
    tops = [finder.locate("Service fee 50.00", 1, [1], number).boxes[0][1] for number in (0, 1, 2)]
    assert tops == [50.0, 62.0, 62.0]


def test_a_picture_that_was_sent_is_named_but_not_called_verified() -> None:
    pages = [
        page_of(1, "some text", pictures=[picture_of("p1-f1"), picture_of("p1-f2")]),
        page_of(2, "read text", pictures=[picture_of("p2-f1")], ocr=True),
    ]
    finder = Finder(pages, Words({1: "some text", 2: "read text"}), sent=["p1-f1", "p2-f1"])
    found = finder.locate("42 % market share", 1, [1, 2])
    assert (found.match, found.boxes, found.score, found.verified) == ("picture", ((100, 100, 300, 300),), None, False)
    assert finder.locate("42 % market share", 2, [1, 2]).match == "none"
    assert finder.locate("some text", 1, [1]).match == "exact"


def test_escaped_marks_are_found_as_the_document_has_them() -> None:
    assert located('&lt;page n="3">', 'type <page n="3"> here').match == "exact"


def test_words_are_read_once_and_in_batches() -> None:
    texts = {number: f"page number {number} says nothing" for number in range(1, 201)}
    words = Words(texts)
    finder = Finder([page_of(number, text) for number, text in texts.items()], words)
    for _ in range(3):
        assert finder.locate("this stands nowhere at all", 100, list(texts)).match == "none"
    assert sorted(number for batch in words.asked for number in batch) == sorted(texts)
    assert max(map(len, words.asked)) <= FETCHED_PAGES


@given(st.text(), st.text())
def test_any_quote_on_any_page_gives_an_answer(quote: str, text: str) -> None:
    found = located(quote, text)
    assert found.verified == bool(found.boxes)
    assert found.score is not None and 0 <= found.score <= 1


@given(st.lists(st.text(alphabet="abcdeéß ﬁ-19,.中", min_size=1), min_size=1, max_size=20), st.data())
def test_every_run_of_a_pages_words_is_found_exactly(texts: list[str], data: st.DataObject) -> None:
    words = words_of(" ".join(texts))
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    quote = " ".join(word.text for word in words[first : last + 1])
    found = Finder([page_of(1, "x")], lambda numbers: dict.fromkeys(numbers, words)).locate(quote, 1, [1])
    assert found.match == ("exact" if sum(map(str.isalnum, squeeze(fold(quote)).text)) >= LEAST_CHARS else "none")


@given(st.text(alphabet="aé -1中\u00adﬁ½"))
def test_squeezing_keeps_the_way_back(text: str) -> None:
    folded = " ".join(fold(text).split())
    squeezed = squeeze(folded)
    assert [folded[squeezed.place(at)] for at in range(len(squeezed.text))] == list(squeezed.text)


def test_words_without_text_do_no_harm() -> None:
    index = PageIndex([Word("\u00ad", (0, 0, 1, 1)), Word("a", (2, 0, 3, 1)), Word("", (4, 0, 5, 1))])
    assert [span.first for span in index.exact("a")] == [1]
    assert [span.first for span in index.normalised(squeeze("a"))] == [1]
