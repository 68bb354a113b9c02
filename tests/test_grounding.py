"""A quote is evidence for a value only where it holds it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.merge.grounding import holds

REVENUE = "Revenue rose to 12.4 million euros in 2025"


@pytest.mark.parametrize(
    ("value", "quote"),
    [
        (12.4, REVENUE),
        (12_400_000, REVENUE),
        (12_400, REVENUE),
        (2025, REVENUE),
        (1234.56, "Total 1,234.56 EUR"),
        (1234.56, "Summe 1.234,56 EUR"),
        (1234.56, "Total 1 234,56 EUR"),
        (1234567.5, "1 234 567,50"),
        (1234.5, "CHF 1'234.50"),
        (100.5, "7 100.50 3"),
        (0.124, "a share of 12.4 %"),
        (-5, "a loss of (5)"),
        (3, "für die Dauer von 三年"),
        (0.5, "½ day"),
        (12, "١٢ شهرا"),
        (0, "0.00"),
        ("2026-05-12", "Berlin, den 12. Mai 2026"),
        ("2026-05-12", "on May 12th, 2026"),
        ("2026-05-12", "12.05.26"),
        ("2026-05-05", "5/5/2026"),
        ("2026-08-01", "le 1 août 2026"),
        ("2026-05-12", "2026年5月12日"),
        ("2026-05-12T10:00:00", "12.05.2026 at ten"),
        ("Acme GmbH", "between ACME  GmbH, Berlin"),
        ("+4930123456", "Tel. +49 30 123456"),
        ("INV-4711", "Invoice INV 4711"),
        ("AB", "class AB only"),
        (
            "Methods that assess soil nitrogen depend on labels that few can afford.",
            "Methods that assess soil nitrogen depend on",
        ),
        (True, "anything"),
        (None, ""),
    ],
)
def test_it_holds(value: Any, quote: str) -> None:
    assert holds(value, quote)


@pytest.mark.parametrize(
    ("value", "quote"),
    [
        (999_999, REVENUE),
        (12.5, REVENUE),
        (123456, "Total 1,234.56 EUR"),
        (56, "Total 1,234.56 EUR"),
        (5, "no number at all"),
        ("2026-05-13", "Berlin, den 12. Mai 2026"),
        ("2026-06-12", "Berlin, den 12. Mai 2026"),
        ("2025-05-12", "Berlin, den 12. Mai 2026"),
        ("2026-05-05", "05.2026"),
        ("2026-13-12", "12.05.2026"),
        ("Acme GmbH", "between Borealis Ltd, Berlin"),
        ("INV-4712", "Invoice INV-4711"),
        ("INV-471", "Invoice INV-4711"),
        ("AB", "ABLE bodies"),
        ("Methods that assess soil nitrogen depend on labels that few can afford.", "soil"),
        ("Acme", ""),
    ],
)
def test_it_does_not_hold(value: Any, quote: str) -> None:
    assert not holds(value, quote)


@given(st.floats() | st.integers() | st.text() | st.booleans() | st.none(), st.text())
def test_any_value_and_any_quote_give_an_answer(value: Any, quote: str) -> None:
    assert holds(value, quote) in (True, False)


@given(st.integers(0, 10**12), st.sampled_from(["", ",", ".", " ", "'", "\u202f"]))
def test_a_number_is_found_with_any_mark_between_its_thousands(value: int, mark: str) -> None:
    assert holds(value, f"a total of {value:,} euros".replace(",", mark))
    assert holds(-value, f"a total of -{value:,} euros".replace(",", mark))
