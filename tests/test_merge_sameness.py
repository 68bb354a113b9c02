"""Values are compared by what they mean: the same number, day or name however it is written, and nothing more."""

from __future__ import annotations

import time
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.merge.dates import order_of
from pipeline.merge.folding import fold
from pipeline.merge.sameness import Meaning, classes, listed, meaning
from pipeline.merge.values import Extraction, merge_values
from tests.making import answer_of, finder_of, request_of, said

TEXT = {"type": "string"}


def same(*values: object, schema: dict[str, Any] | None = None) -> bool:
    meant = [meaning(value, schema) for value in values]
    counted = classes(meant)
    return len({counted[one] for one in meant}) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Acme  GmbH", "ACME GmbH", True),
        ("1,234.0", 1234, True),
        ("1,234", "1234", True),
        ("007", "7", False),
        ("1.10", "1.1", False),
        ("10²", "102", False),
        ("“A–B”", '"A-B"', True),
        (True, 1, False),
        (None, "none", False),
        ({"a": "X", "b": 1}, {"b": 1.0, "a": "x"}, True),
        (["x"], ["y"], False),
    ],
)
def test_values_are_compared_as_a_reader_would(one: object, other: object, expected: bool) -> None:
    assert (meaning(one) == meaning(other)) is expected


@pytest.mark.parametrize(
    "values",
    [
        ("$1.2 million", "USD 1,200,000.00", "US$1.2m"),
        ("$1.2 million", "1200000"),
        ("1.234,56 EUR", "€1,234.56", "1 234,56 Euro", "1'234.56 EUR"),
        ("5 Mrd. Euro", "EUR 5bn", "5 000 Mio. EUR"),
        ("(1,234)", "-1,234", "−1234"),
        ("(€12)", "-12 EUR", "€-12"),
        ("12 %", "12.0 percent", "12%"),
        ("3 kg", "3.0 KG"),
        ("12,34,567", "1234567"),
        (
            "12 March 2025", "12.03.2025", "2025-03-12", "March 12th, 2025", "Mar. 12, 2025", "12-Mar-2025",
            "12.3.2025", "Wednesday, 12 March 2025", "le 12 mars 2025", "12. März 2025", "12 de marzo de 2025",
            "12.03.25",            "12 марта 2025 г.", "2025年3月12日", "12 maart 2025", "12 marca 2025 r.",
        ),
        ("March 2025", "2025-03", "mars 2025"),
        ("2025-03-12T10:00:00Z", "2025-03-12 11:00+01:00"),
        ("Doe, John", "John Doe", "Dr. John Doe", "Prof. Dr. John Doe", "John Doe, PhD", "JOHN DOE"),
        ("J. R. Doe", "J.R. Doe", "John R. Doe"),
        ("Acme Inc.", "ACME Inc"),
    ],
)  # fmt: skip
def test_the_same_in_other_words_is_the_same(values: tuple[str, ...]) -> None:
    assert same(*values)


@pytest.mark.parametrize(
    "values",
    [
        ("100 EUR", "100 USD"),
        ("$100", "100 CAD", "100 USD"),
        ("12 %", "12"),
        ("1.234", "1,234"),
        ("5 m", "5,000,000"),
        ("-5", "5"),
        ("1.2.3", "123"),
        ("3 kg", "3 g"),
        ("03/04/2025", "04/03/2025"),
        ("2025-03-12", "2025-03-13"),
        ("2025-03-12", "2025-03-12T10:00:00"),
        ("31/02/2025", "2025-02-28"),
        ("J. Doe", "John Doe", "Jane Doe"),
        ("J. Doe", "John Roe"),
        ("John Doe", "Doe Ltd, John"),
        ("not due", "due"),
    ],
)
def test_what_may_be_another_thing_is_not_the_same(values: tuple[str, ...]) -> None:
    assert not same(*values)


def test_the_schema_says_what_a_text_can_be() -> None:
    assert same("1.0", "1") and not same("1.0", "1", schema={**TEXT, "pattern": "^[0-9.]+$"})
    assert not same("12 March 2025", "2025-03-12", schema={**TEXT, "format": "email"})
    assert same("12 March 2025", "2025-03-12", schema={**TEXT, "format": "date"})
    assert not same("EUR", "eur", schema={"enum": ["EUR", "eur"]})


def test_what_a_list_offers_is_taken_in_its_own_spelling() -> None:
    schema = {"enum": ["due", "Paid", "A", "a"]}
    assert [listed(one, schema) for one in ("DUE", " paid", "A", "a", "open")] == ["due", "Paid", "A", "a", "open"]


REQUESTS = [request_of(f"r{page}", [page]) for page in (1, 2, 3)]


def dates(*written: str) -> Extraction:
    schema = {"type": "object", "properties": {"due": TEXT}}
    answers = [answer_of(f"r{page}", {"due": said(text, page, text)}) for page, text in enumerate(written, 1)]
    return merge_values(answers, REQUESTS, schema, finder_of(dict(enumerate(written, 1))))


def test_a_date_that_can_be_read_in_two_ways_is_said_and_equal_to_neither() -> None:
    alone = dates("03/04/2025")
    assert alone.data == {"due": "03/04/2025"} and [one.code for one in alone.notices] == ["date-ambiguous"]
    between = dates("03/04/2025", "3 April 2025", "4 March 2025")
    assert [one.value for one in between.conflicts[0].candidates] == ["03/04/2025", "3 April 2025", "4 March 2025"]


def test_of_values_that_all_leave_something_open_the_one_that_leaves_the_least_is_written() -> None:
    assert dates("1,234", "$1234").data == {"due": "$1234"}
    assert dates("1,234", "$1234", "USD 1,234").data == {"due": "USD 1,234"}


def test_another_date_of_the_document_decides_how_it_is_read() -> None:
    named = dates("03/04/2025", "3 April 2025")
    assert named.data == {"due": "3 April 2025"} and not named.conflicts and not named.notices
    ordered = dates("03/04/2025", "2025-04-03", "25/03/2025")
    assert [one.value for one in ordered.conflicts[0].candidates] == ["03/04/2025", "25/03/2025"]
    assert order_of(["due 03/25/2025", "4/5/2025"]) is False
    assert order_of(["25/03/2025", "03/25/2025"]) is None


@pytest.mark.parametrize("piece", ["1 ", "a.", "a, ", "x-", "(", "1,234", "12/", "EUR ", "'", "J. "])
def test_texts_of_any_length_are_told_apart_at_once(piece: str) -> None:
    began = time.process_time()
    for length in (90, 99, 101, 4000):
        assert same(piece * length, piece * length)
        assert same((piece * length)[:length] + "!", (piece * length)[:length] + "!")
    assert time.process_time() - began < 1


AMOUNTS = st.sampled_from(["5", "5 EUR", "$5", "5 USD", "5 CAD", "6", "€6"])
DATES = st.sampled_from(["03/04/2025", "3 April 2025", "4.3.2025", "04/03/2025", "2025-12-01"])
PEOPLE = st.sampled_from(["J. Doe", "John Doe", "Doe, Jane", "J. R. Doe", "John R. Doe", "John Robert Doe", "x"])


@given(st.lists(AMOUNTS | DATES | PEOPLE, min_size=1, max_size=4))
def test_what_counts_as_the_same_is_independent_of_the_order(values: list[str]) -> None:
    meant = [meaning(value) for value in values]
    once = classes(meant)
    assert all(classes(order) == once for order in permutations(meant))
    assert all(once[counted] == counted for counted in once.values())


@given(st.text(max_size=30))
def test_folded_text_means_what_the_text_means(text: str) -> None:
    assert meaning(fold(text)) == meaning(text)
    assert isinstance(hash(meaning(text)), int)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_a_number_is_the_same_in_every_spelling(number: Any) -> None:
    german = f"{number:,}".translate(str.maketrans(",.", ".,"))
    expected = Meaning("amount", (number, "eur"))
    assert meaning(f"{number:,} EUR") == meaning(f"EUR {number}") == meaning(f"{german} €") == expected


def test_a_long_text_is_told_from_a_name_at_once() -> None:
    text = "in the first quarter net revenue of the segment rose, driven by demand, to " * 200 + "8.4 million"
    began = time.process_time()
    assert meaning(text).form == "text"
    assert meaning("a" * 5000 + "1").form == "text"
    assert time.process_time() - began < 1
