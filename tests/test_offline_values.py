"""Numbers, dates, labels and typed values, as documents print them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.offline.fields.dates import day_first, find_dates
from pipeline.offline.fields.labels import best_likeness, is_label, readings
from pipeline.offline.fields.numbers import currency_of, decimal_mark, find_numbers, unit_scale
from pipeline.offline.fields.values import Usage, read
from pipeline.offline.fields.wanted import make_field
from pipeline.offline.wire import Wire


@pytest.mark.parametrize(
    ("text", "mark", "value", "scale", "currency"),
    [
        ("1,234.56", None, "1234.56", None, None),
        ("1.234,56 €", None, "1234.56", None, "EUR"),
        ("1 234,56 EUR", None, "1234.56", None, "EUR"),
        ("1\u202f234,56", None, "1234.56", None, None),
        ("CHF 1'234.50", None, "1234.50", None, "CHF"),
        ("(1,234)", None, "-1234", None, None),
        ("-12.50", None, "-12.50", None, None),
        ("$8.4M", None, "8.4", 6, "USD"),
        ("EUR 412.6 million", None, "412.6", 6, "EUR"),
        ("2,5 Mrd. €", None, "2.5", 9, "EUR"),
        ("12,500", ".", "12500", None, None),
        ("12.500", ",", "12500", None, None),
        ("12,500", ",", "12.500", None, None),
        ("19 %", None, "19", None, None),
    ],
)
def test_a_number_is_read_as_it_is_printed(
    text: str, mark: str | None, value: str, scale: int | None, currency: str | None
) -> None:
    (number,) = find_numbers(text, mark)
    assert (number.value, number.scale, number.currency) == (Decimal(value), scale, currency)


@pytest.mark.parametrize("text", ["1.234", "INV-2024-001", "ISO-9001", "10:30", "12/2024", "3.2.1", "no number"])
def test_what_is_no_number_or_doubtful_is_left_out(text: str) -> None:
    assert find_numbers(text) == []


def test_metres_are_no_millions() -> None:
    assert [number.scale for number in find_numbers("5 m of pipe for €5m")] == [None, 6]


@given(st.integers(-(10**9), 10**9), st.sampled_from(["{:,}", "{:,}.00"]))
def test_a_grouped_number_keeps_its_value(value: int, form: str) -> None:
    text = form.format(value)
    numbers = find_numbers(text, ".")
    assert [number.value for number in numbers] == [Decimal(value)]


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    for number in find_numbers(text):
        assert number.text in text
    for day in find_dates(text, None):
        assert day.text in text


def test_the_decimal_mark_is_learned_from_the_document() -> None:
    assert decimal_mark(["1.234,56", "12,50"]) == ","
    assert decimal_mark(["1,234.56", "12.50"]) == "."
    assert decimal_mark(["1,234", "five"]) is None


@pytest.mark.parametrize(
    ("text", "scale", "currency"),
    [
        ("(In millions, except per share amounts)", 6, None),
        ("in thousands of euros", 3, "EUR"),
        ("TEUR", 3, "EUR"),
        ("Mio. €", 6, "EUR"),
        ("€'000", 3, "EUR"),
        ("in EUR million", 6, "EUR"),
        ("Quantity", None, None),
    ],
)
def test_the_unit_of_a_table(text: str, scale: int | None, currency: str | None) -> None:
    assert (unit_scale(text), currency_of(text)) == (scale, currency)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("March 4, 2025", "2025-03-04"),
        ("4 March 2025", "2025-03-04"),
        ("4. März 2025", "2025-03-04"),
        ("1er mars 2025", "2025-03-01"),
        ("5 de marzo de 2025", "2025-03-05"),
        ("04.03.2025", "2025-03-04"),
        ("13/03/2025", "2025-03-13"),
        ("03/13/2025", "2025-03-13"),
        ("2025-03-04", "2025-03-04"),
        ("4-Mar-25", "2025-03-04"),
        ("this 4th day of March, 2025", "2025-03-04"),
        ("2025年3月4日", "2025-03-04"),
        ("March 2025", "2025-03"),
    ],
)
def test_a_date_in_many_forms(text: str, iso: str) -> None:
    assert [day.iso for day in find_dates(text, None)] == [iso]


@pytest.mark.parametrize("text", ["04/03/2025", "29 February 2025", "31.02.2024", "1.2.3"])
def test_a_doubtful_or_impossible_date_is_none(text: str) -> None:
    assert find_dates(text, None) == []


def test_day_and_month_are_told_apart_by_other_dates_then_by_language() -> None:
    assert day_first(["25/03/2025", "04/03/2025"], "en") is True
    assert day_first(["03/25/2025"], "en") is False
    assert day_first(["04/03/2025"], "fr") is True
    assert day_first(["04/03/2025"], "en") is None
    assert [day.iso for day in find_dates("04/03/2025", True)] == ["2025-03-04"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("invoice_number", "Rechnungs-Nr."),
        ("invoiceNumber", "N° de facture"),
        ("due_date", "Zahlbar bis"),
        ("due_date", "Date d'échéance"),
        ("total_amount", "Gesamtbetrag"),
        ("net_income", "Konzernjahresüberschuss"),
        ("landlord", "Lessor"),
        ("project_number", "Projektnummer"),
        ("gross_pay", "Bruttolohn"),
    ],
)
def test_labels_of_several_languages_mean_the_same(name: str, label: str) -> None:
    assert best_likeness(readings(name, False), readings(label)) > 0.9


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("due_date", "Invoice date"),
        ("revenue", "Cost of revenue"),
        ("seller_name", "Buyer name"),
        ("total", "VAT total"),
    ],
)
def test_labels_that_share_a_word_are_not_the_same(name: str, label: str) -> None:
    assert best_likeness(readings(name, False), readings(label)) < 0.8


def test_a_label_is_known_as_such() -> None:
    assert is_label("Bill to") and is_label("VAT (20 %)") and is_label("Grand total")
    assert not is_label("Site and") and not is_label("Hex bolt M8")


def value_of(schema: dict[str, Any], text: str, name: str = "field", scale: int | None = None) -> Any:
    wire = Wire({"type": "object"})
    found = read(make_field(wire, (name,), schema), text, Usage(".", True, "en"), wire, scale)
    return found.value if found else None


@pytest.mark.parametrize(
    ("schema", "name", "text", "value"),
    [
        ({"type": "string", "format": "date"}, "day", "4. März 2025", "2025-03-04"),
        ({"type": "string", "description": "as YYYY-MM-DD"}, "start_date", "March 4, 2025", "2025-03-04"),
        ({"type": "string"}, "start_date", "March 4, 2025", "March 4, 2025"),
        ({"type": "integer"}, "employees", "2,315 people", 2315),
        ({"type": "integer"}, "employees", "12.5", None),
        ({"type": "integer"}, "employees", "EUR 2,315", None),
        ({"type": "number", "description": "in percent"}, "margin", "12.4 %", 12.4),
        ({"type": "number"}, "revenue", "8 %", None),
        ({"type": "number"}, "revenue", "$8.4M", 8_400_000),
        ({"type": "number", "description": "in millions of dollars"}, "revenue", "$8.4M", 8.4),
        ({"type": "number", "description": "in millions of dollars"}, "revenue", "$8,400,000", 8.4),
        ({"type": "number", "description": "in millions of dollars"}, "revenue", "8.4", None),
        ({"type": "number"}, "discount", "-12.50", 12.5),
        ({"type": "boolean"}, "insured", "Yes", True),
        ({"type": "boolean"}, "insured", "nein", False),
        ({"type": "boolean"}, "insured", "perhaps", None),
        ({"enum": ["EUR", "USD"]}, "currency", "12.00 €", "EUR"),
        ({"enum": ["monthly", "yearly"]}, "interval", "paid monthly", "monthly"),
        ({"enum": ["monthly", "yearly"]}, "interval", "monthly or yearly", None),
        ({"type": "integer", "description": "in days"}, "notice_period_days", "thirty (30) days' notice", 30),
        ({"type": "integer", "description": "in months"}, "term_months", "two years", 24),
        ({"type": "integer", "description": "in days"}, "notice_period_days", "two months", None),
        ({"type": "string", "format": "email"}, "email", "Mail: a.b@example.org", "a.b@example.org"),
        ({"type": "string"}, "iban", "IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ({"type": "string"}, "iban", "DE89 3704 0044", None),
        ({"type": "string", "pattern": "^A-[0-9]+$"}, "invoice_number", "A-77", "A-77"),
        ({"type": "string", "pattern": "^A-[0-9]+$"}, "invoice_number", "B-77", None),
        ({"type": "number", "maximum": 100}, "quantity", "250", None),
    ],
)
def test_a_value_is_read_as_the_field_asks(schema: dict[str, Any], name: str, text: str, value: Any) -> None:
    assert value_of(schema, text, name) == value


def test_the_unit_of_the_table_is_worked_in() -> None:
    assert value_of({"type": "number"}, "412.6", "revenue", scale=6) == 412_600_000
    assert value_of({"type": "number", "description": "in EUR million"}, "412.6", "revenue", scale=6) == 412.6
    assert value_of({"type": "number", "description": "in EUR million"}, "412,600", "revenue", scale=3) == 412.6
