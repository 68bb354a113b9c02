"""Where quotes are found: in the boxes of their own words, in every order in which a page may be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest

from pipeline.document import BBox, Word
from pipeline.merge.evidence import Evidence, Finder
from pipeline.merge.folding import fold
from tests.making import finder_of, page_of, words_of


def word(text: str, x: float, y: float, *, high: float = 10, source: Literal["text", "field"] = "text") -> Word:
    return Word(text, (x, y, x + 5 * len(text), y + high), source)


def on(words: Sequence[Word], quote: str) -> Evidence:
    return Finder([page_of(1, "x")], lambda numbers: dict.fromkeys(numbers, tuple(words))).locate(quote, 1, [1])


def tops(boxes: Sequence[BBox]) -> list[float]:
    return [box[1] for box in boxes]


@pytest.mark.parametrize("quote", ["2002", "estimate", "147 ..."])
def test_a_whole_word_comes_before_a_part_of_one(quote: str) -> None:
    text = "1295/2002 was 215-147-8 by an estimate's measure\nEstimate 2002 of 147"
    assert tops(finder_of({1: text}).locate(quote, 1, [1]).boxes) == [62.0]


def test_a_box_holds_no_word_between_that_is_not_of_the_quote() -> None:
    names = [word("Jane", 50, 50), word("Doe", 75, 50), word("John", 250, 50), word("Doe", 275, 50)]
    assert len(on(names, "Jane Doe John Doe").boxes) == 1
    found = on([*names, word("Name", 150, 50)], "Jane Doe John Doe")
    assert found.boxes == ((50.0, 50.0, 90.0, 60.0), (250.0, 50.0, 290.0, 60.0))


def test_lines_whose_boxes_overlap_are_lines_of_their_own() -> None:
    words = [word("As", 200, 50, high=32), word("well", 215, 50, high=32), word("as", 50, 61, high=32)]
    words += [word("cash", 65, 61, high=32), word("prizes", 50, 72, high=32)]
    assert tops(on(words, "As well as cash prizes").boxes) == [50.0, 61.0, 72.0]


def test_a_line_that_is_read_from_right_to_left_is_one_box() -> None:
    words = [word("كتاب", 200, 50), word("جديد", 170, 50), word("هنا", 150, 50)]
    found = on(words, "كتاب جديد هنا")
    assert found.boxes == ((150.0, 50.0, 220.0, 60.0),)


def test_nothing_is_read_across_columns() -> None:
    words = [word("Symptoms", 85, 50), word("No", 184, 52), word("Occasionally", 233, 52), word("Often", 307, 52)]
    words.insert(0, word("Table", 180, 40))
    assert on(words, "Symptoms No Occasionally Often").verified
    assert not on(words, "Symptoms Occasionally Often").verified


def test_what_is_printed_is_found_without_the_boxes_that_are_told_of_in_words() -> None:
    said = [word("[not", 180, 50, source="field"), word("checked]", 181, 50, source="field")]
    words = [word("Type:", 150, 50), *said, word("Checking", 200, 50)]
    words += [
        word("of", 60, 70),
        word("Schedule", 75, 70),
        word("SE", 120, 70),
        *(one._replace(box=(140, 70, 150, 80)) for one in said),
    ]
    assert on(words, "Type: Checking").match == "exact"
    assert on(words, "Type: [not checked] Checking").match == "field"
    assert not on(words, "of Schedule SE not .").verified


def test_the_address_of_a_link_is_looked_past() -> None:
    words = [word("guide.pdf", 50, 50), Word("<https://example.org/guide>", (50, 50, 95, 60)), word("(texdoc", 105, 50)]
    assert on([*words, word("guide)", 145, 50)], "guide.pdf (texdoc guide)").match == "exact"


def test_columns_are_told_by_a_gap_that_goes_on() -> None:
    left = ["First, we look at", "what is paid by", "all of the owners"]
    right = ["this is another", "text beside it", "on the same lines"]
    words: list[Word] = []
    for number, pair in enumerate(zip(left, right, strict=True)):
        for x, text in zip((50.0, 143.0), pair, strict=True):
            words += words_of(text, x=x, y=50.0 + 12 * number)
    assert on(words, "First, we look at what is paid by all of the owners").verified


@pytest.mark.parametrize("quote", ["| 3 | 12 | Consulting, senior architect |", "Consulting, senior architect 12 3"])
def test_a_row_with_two_columns_exchanged_is_another_row(quote: str) -> None:
    text = "3 Consulting, senior     12\n  architect\n4 Travel 1"
    assert located(text, "| 3 | Consulting, senior architect | 12 |").match == "cell"
    assert not located(text, quote).verified


def located(text: str, quote: str, *, ocr: bool = False) -> Evidence:
    return finder_of({1: text}, [1] if ocr else ()).locate(quote, 1, [1])


def test_no_item_of_a_list_is_made_of_two() -> None:
    text = "at the top left corner/left, top right corner/right, bottom left corner/left, bottom right corner/below"
    assert not located(text, "at the top left corner/left, top right corner/left, bottom right corner/below").verified


def test_no_sentence_is_made_of_two() -> None:
    text = "Attach Schedule D if required. If not required, check here"
    assert located(text, "Attach Schedule D if required. If not required").verified
    assert not located(text, "Attach Schedule D if not required.").verified


SCAN = "Anna Schmidt of Acme Werke agreed to pay 1,250 million euros, 3 % of ail c1aims, to the modern Résumé firm"


@pytest.mark.parametrize(
    "quote",
    [
        "Anna Schmidt of Acme Werke agreed to pay 1,250 million euros",
        "3 % of all claims, to the modem Resume flrm",
        "to pay 1,25O million",
    ],
)
def test_what_ocr_takes_for_each_other_is_looked_past(quote: str) -> None:
    assert located(SCAN, quote, ocr=True).match == "ocr"


@pytest.mark.parametrize(
    "quote",
    [
        "Anne Schmidt of Acme Werke agreed to pay 1,250 million euros",
        "Anna Schmidt of Acne Werke agreed to pay 1,250 million euros",
        "Acme Werke agreed to pay 1,250 billion euros, 3 % of all claims",
        "Acme Werke agreed to pay 1,250 million euros, 3 ‰ of all claims",
        "Acme Werke agreed to pay 1,260 million euros, 3 % of all claims",
        "Acme Werke agreed not to pay 1,250 million euros, 3 % of all claims",
    ],
)
def test_a_near_miss_of_what_ocr_read_is_no_evidence(quote: str) -> None:
    assert located(SCAN, quote, ocr=True).match == "none"


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("كِتَابٌ جَدِيدٌ", "كتاب جديد"),
        ("کتـــاب", "كتاب"),
        ("ﻻزم", "لازم"),
        ("می‌خواهد ۱۲۳", "می خواهد 123"),
        ("שָׁלוֹם", "שלום"),
    ],
)
def test_one_text_in_arabic_persian_and_hebrew_is_the_same_however_it_is_written(written: str, other: str) -> None:
    assert located(f"x {written} y", other).verified and located(f"x {other} y", written).verified
    assert fold(written).replace(" ", "") == fold(other).replace(" ", "")


def test_a_heading_over_two_lines_is_of_the_row_of_those_beside_it() -> None:
    heads = [word("Category", 50, 64), word("Adjusted", 150, 50), word("rate", 195, 50), word("Unadjusted", 300, 50)]
    years = [word("2005", 230, 57), word("2010", 300, 76)]
    found = on([*heads[1:], *years, heads[0]], "| Category | Adjusted rate | Unadjusted |")
    assert found.match == "cell" and tops(found.boxes) == [64, 50, 50]


@pytest.mark.parametrize("quote", ["| Widget | 9.00 |", "| Bolt | 4.50 |", "| Nut | 9.00 |", "| Bolt | 7.00 |"])
def test_no_row_is_made_of_two(quote: str) -> None:
    words = [word("Widget", 50, 50), word("4.50", 200, 50), word("Bolt", 50, 62), word("9.00", 200, 62)]
    words += [word("Nut", 50, 74), word("7.00", 200, 86), word("Washer", 50, 86)]
    assert not on(words, quote).verified


def test_a_box_around_words_that_stand_uneven_reaches_into_no_other_line() -> None:
    words = [word("40", 50, 54), word("Acids", 80, 50), word("Chromic", 80, 59), word("acid", 120, 59)]
    assert len(on([*words, word("and", 110, 50)], "40 Acids and").boxes) == 2


@pytest.mark.parametrize("quote", ["...Estimate..", "'Estimate.'", "- Estimate  .."])
def test_what_stands_around_a_quote_leads_to_no_other_word(quote: str) -> None:
    assert tops(located("The Estimate’s end\nEstimate\nof it", quote).boxes) == [62.0]


def test_the_rules_of_a_table_around_a_text_that_has_such_signs_are_none_of_it() -> None:
    found = located("I(1.5|0.9) I(0.0|0.91\nI(0.0|0.9)", "I(0.0|0.9). |")
    assert tops(found.boxes) == [62.0]


@pytest.mark.parametrize("quote", ["حداقل %50 از", "حداقل 50% از", "-3 کتاب", "3- کتاب"])
def test_a_sign_stands_on_either_side_of_its_number_in_what_is_read_from_right_to_left(quote: str) -> None:
    words = [word("حداقل", 200, 50), word("50", 180, 50), word("%", 175, 50), word("از", 150, 50)]
    words += [word("3", 220, 62), word("-", 215, 62), word("کتاب", 180, 62)]
    assert on(words, quote).verified
    assert not on(words, quote.replace("50", "51").replace("3", "4")).verified
