"""Quotes as models write them are found where they stand; near misses of what stands there are not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.disturbed import CHANGES, disturb, falsify
from benchmarks.evidence import measured
from pipeline.document import Word
from pipeline.extract.work import WorkStore
from pipeline.merge.evidence import Evidence, Finder
from pipeline.merge.wording import ONE_WORD
from tests.making import finder_of, page_of, picture_of, words_of

PAGE = """The board of Acme Werke, in 2022, did not approve the annual report for the region.
A dividend of $ 1.25 million was paid on 12 May 2022 to well-known owners; 3.4 % of
them (about 70) were paid in euros. It is illegal for an employee to hold more
than x < 5 of the COVID-19 shares. Nobody's vote was count-
ed twice in the “ﬁnal” round – says Anna Schmidt."""


def located(quote: str, text: str = PAGE) -> Evidence:
    return finder_of({1: text}).locate(quote, 1, [1])


@pytest.mark.parametrize(
    ("quote", "match"),
    [
        ("did not approve the annual report for the region;", "exact"),
        ("*did not approve the annual report*", "exact"),
        ("did **not** approve the `annual report`", "exact"),
        ("- Nobody's vote was counted twice", "normalised"),
        ("> says Anna Schmidt", "exact"),
        ("“says Anna Schmidt.”", "exact"),
        ("... says Anna Schmidt ...", "exact"),
        ("[…] SAYS ANNA SCHMIDT", "normalised"),
        ("$1.25 million was paid", "normalised"),
        ("It is illegal, for an employee, to hold", "fuzzy"),
        ("the board of Acme Werke did not approve", "none"),
        ("The board of Acme Werke ... did not approve the annual report", "fuzzy"),
        ("The board of Acme Werke [...] the annual report for the region", "none"),
        ("did not approve the report for the region", "fuzzy"),
        ("the annual report for the region. A divid", "fuzzy"),
        ("egal for an employee to hold more than x < 5 of", "fuzzy"),
        ("legal for an employee to hold more than x < 5 of", "none"),
        ("of the COVID 19 shares", "fuzzy"),
        ("x<5", "normalised"),
        ("x, < 5.", "fuzzy"),
    ],
)
def test_what_models_put_around_words_and_leave_out_is_looked_past(quote: str, match: str) -> None:
    found = located(quote)
    assert (found.match, bool(found.boxes)) == (match, match != "none")


@pytest.mark.parametrize(
    "quote",
    [
        "The board of Acme Werke, in 2023, did not approve",  # another year
        "in 2022, did approve the annual report for the region",  # a negation less
        "It is not illegal for an employee to hold more",  # one more
        "It is legal for an employee to hold more than",  # an opposite, written alike
        "It is illegal for an employer to hold more than",
        "A dividend of $ 1.25 billion was paid on 12 May 2022",  # another scale
        "A dividend of $ 1.25 was paid on 12 May 2022 to well-known owners",  # a scale less
        "A dividend of € 1.25 million was paid on 12 May 2022",  # another currency
        "A dividend of 1.25 % million was paid on 12 May 2022",
        "was paid on 12 Mai 2022 to well-known owners",  # another word for a month
        "was paid on 12 June 2022 to well-known owners",
        "round – says Anne Schmidt",  # another name
        "The board of Acne Werke, in 2022, did not approve",
        "3.4 ‰ of them (about 70) were paid in euros",  # another share
        "more than x > 5 of the COVID-19 shares",  # another comparison
        "Anna Schmidt did not approve the annual report",  # two sentences in one
        "the annual report for the board of Acme Werke",
        "paid in euros to the well-known owners of shares",
        "1.2 million",
        "3,4 %",
        "The board of Acme Werke ... 70",  # an omission after which any number of the page could follow
        "A dividend of $ . . . . 12 May 2022",  # the dots of a table of contents, which leave nothing out
    ],
)
def test_near_misses_are_no_evidence(quote: str) -> None:
    assert located(quote).match == "none"


CELLS = """Consulting, senior     12     1,800.00
architect              of     2022
Travel                 1      90.00"""


@pytest.mark.parametrize(
    ("quote", "lines"), [("Consulting, senior architect", 2), ("12 of 1", 3), ("1,800.00 2022 90.00", 3)]
)
def test_a_cell_that_wraps_is_found_down_its_column(quote: str, lines: int) -> None:
    found = located(quote, CELLS)
    assert (found.match, len(found.boxes)) == ("normalised" if found.match != "exact" else "exact", lines)


def test_a_row_with_a_cell_that_wraps_between_others_is_found() -> None:
    head = "Region     Margin of     Number\n           error (%)\nNorth      1.5           7"
    found = located("| Margin of error (%) | Number |", head)
    assert (found.match, len(found.boxes)) == ("cell", 3)


def test_a_disturbed_row_on_another_page_is_found_there() -> None:
    finder = finder_of({1: "nothing of the kind", 2: CELLS.replace("     ", " ")})
    found = finder.locate("|*travel*|1|`90.00`|", 1, [1, 2])
    assert (found.page, found.match, found.moved_from) == (2, "cell", 1)


def test_the_figure_that_a_quote_or_a_description_means_is_the_evidence() -> None:
    one, other = picture_of("p1-f1", (100, 100, 200, 200)), picture_of("p1-f2", (300, 100, 400, 200))
    page = page_of(1, "some text", pictures=[one, other])
    described = {"p1-f1": "A logo.", "p1-f2": "Bars of market shares: Acme 42 %, Beta 17 %."}
    finder = Finder([page], lambda numbers: {1: words_of("some text")}, ["p1-f1", "p1-f2"], (), described)

    def boxes(quote: str) -> tuple[object, ...]:
        found = finder.locate(quote, 1, [1])
        assert found.match == "picture" and not found.verified
        return found.boxes

    assert boxes("Acme 42 %") == boxes("p1-f2: whatever it shows") == (other.box,)
    assert boxes("p1-f1") == (one.box,)
    assert boxes("Acme 4 %") == boxes("p1-f12") == (one.box, other.box)


WORDS = st.lists(
    st.sampled_from("the Board of Acme paid 1,200 euros 17 % in March 2022 not well-known oﬃce to its owners".split()),
    min_size=6,
    max_size=24,
)


def on_page(words: list[str]) -> Finder:
    page = words_of("\n".join(" ".join(words[start : start + 7]) for start in range(0, len(words), 7)))
    return Finder([page_of(1, "x")], lambda numbers: dict.fromkeys(numbers, page))


@given(WORDS, st.integers(0, 2**32))
def test_a_quote_disturbed_in_any_way_stands_on_its_page(words: list[str], seed: int) -> None:
    quote = disturb(words, random.Random(seed))
    if sum(map(str.isalnum, quote.text)) < 2 * ONE_WORD and {"word dropped", "omission"} & set(quote.ways):
        return  # Too short to lack a word, as is published.
    found = on_page(words).locate(quote.text, 1, [1])
    assert found.verified, (quote, words)


@given(WORDS, st.integers(0, 2**32))
def test_what_was_changed_is_no_evidence(words: list[str], seed: int) -> None:
    changed = falsify(words, "Beta sold 99 dollars to its clients before June".split(), random.Random(seed))
    if changed is None or changed[0] not in CHANGES:
        return
    plain = [" ".join(" ".join(some).replace("-", " ").split()) for some in (words, changed[1].split())]
    if plain[1] in plain[0]:
        return
    assert not on_page(words).locate(changed[1], 1, [1]).verified, (changed, words)


SIGNS = "aBß.…-12% $*_|'\u00ad中"


@given(st.lists(st.text(alphabet=SIGNS, min_size=1), max_size=12), st.text(alphabet=SIGNS))
def test_boxes_are_those_of_words_of_the_page(texts: list[str], quote: str) -> None:
    words = [Word(text, (20.0 * n, 10.0, 20.0 * n + 15, 20.0)) for n, text in enumerate(texts)]
    found = Finder([page_of(1, "x")], lambda numbers: dict.fromkeys(numbers, tuple(words))).locate(quote, 1, [1])
    assert found.verified == bool(found.boxes)
    edges = [(word.box[0], word.box[2]) for word in words]
    for box in found.boxes:
        assert box[0] in {left for left, _ in edges} and box[2] in {right for _, right in edges}


SHORT = ("camelot__eu-013", "camelot__eu-019", "unstructured__layout-parser-paper-fast", "camelot__eu-005")


def test_quotes_of_real_pages_are_found_and_made_up_ones_are_not(corpus: Path, tmp_path: Path) -> None:
    chance, asked = random.Random(11), []
    for name in SHORT:
        (path,) = (corpus / "pdf").glob(f"*/{name}.pdf")
        asked += measured(path, 40, chance, WorkStore(str(tmp_path)), ocr=False)
    true, false = [one for one in asked if not one.false], [one for one in asked if one.false]
    assert len(true) >= 150 and len(false) >= 100
    assert sum(one.fails for one in true) <= 0.01 * len(true), [one for one in true if one.fails]
    assert not [one for one in false if one.fails]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("هذا ليس فقط يوفر الوقت بل يمكن أن يؤدي إلى القرارات", "هذا فقط يوفر الوقت بل يمكن أن يؤدي إلى القرارات"),
        ("این کتاب هیچ ضمانتی برای کار خاصی ندارد", "این کتاب ضمانتی برای کار خاصی ندارد"),
    ],
)
def test_a_negation_in_arabic_and_persian_is_not_left_out(text: str, quote: str) -> None:
    assert located(text, text).verified
    assert not located(quote, text).verified
