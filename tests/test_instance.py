"""A Pydantic model as the schema: its instance is typed, given only where it is valid, with evidence beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, assert_type

import pytest
from pydantic import BaseModel, Field, field_validator

from pipeline import Settings, understand
from pipeline.result.instance import with_instance
from pipeline.result.model import Result
from pipeline.schemas import load_schema
from tests.making import said
from tests.test_result import answers_of, made

INVOICE = Path(__file__).resolve().parent.parent / "samples" / "invoice.pdf"


class Currency(StrEnum):
    EURO = "EUR"
    POUND = "GBP"


class Item(BaseModel):
    name: str
    price: float | None = None


class Order(BaseModel):
    total: float
    issued: date | None = None
    currency: Currency = Currency.POUND
    note: str = "none"
    items: list[Item] = Field(default_factory=list, alias="lines")


class Refusing(BaseModel):
    total: float

    @field_validator("total")
    @classmethod
    def small(cls, value: float) -> float:
        if value > 5:
            raise ValueError("it is too large")
        return value


def asked(model: type[BaseModel], **data: Any) -> Result:
    """A result for the model's schema, of one answer."""
    answer = replace(answers_of()[0], data=data)
    return made([answer], schema=load_schema(model))


def test_an_instance_has_its_types_and_what_was_not_found_its_default() -> None:
    lines = [said({"name": "Widget", "price": None}, 1, "Widget 2 9.00")]
    found = asked(
        Order,
        total=said(1234.0, 1, "Total 1,234.00"),
        issued=said("2026-01-02", 1, "Total 1,234.00"),
        currency=said("EUR", 1, "Total 1,234.00 EUR"),
        note=None,
        lines=lines,
    )
    instance = with_instance(found, Order).instance
    assert instance == Order(
        total=1234, issued=date(2026, 1, 2), currency=Currency.EURO, note="none", lines=[Item(name="Widget")]
    )
    assert found.instance is None, "the result itself stays as it is"


def test_there_is_no_instance_of_what_is_not_valid() -> None:
    found = asked(Order, total=None, issued=None, currency=None, note=None, lines=[])
    assert found.extraction is not None and not found.extraction.valid
    given = with_instance(found, Order)
    assert given.instance is None and given == found


def test_what_the_model_s_own_checks_refuse_is_no_instance_and_is_said() -> None:
    found = with_instance(asked(Refusing, total=said(1234.0, 1, "Total 1,234.00")), Refusing)
    assert found.extraction is not None and found.extraction.valid and found.instance is None
    (warning,) = [one for one in found.run.warnings if one.code == "model-refused"]
    assert warning.message == "Refusing refuses the data, at total: Value error, it is too large."


def test_the_instance_is_no_part_of_the_file() -> None:
    found = asked(Refusing, total=said(1.0, 1, "Widget 1"))
    given = with_instance(found, Refusing)
    assert given.instance is not None and given.to_json() == found.to_json()
    assert Result.model_validate(given.to_dict()).instance is None


def test_evidence_by_field_by_steps_and_by_pointer() -> None:
    lines = [said({"name": "Widget", "price": 9.0}, 1, "Widget 2 9.00")]
    found = asked(Order, total=said(1234.0, 1, "Total 1,234.00"), issued=None, currency=None, note=None, lines=lines)
    (total,) = found.evidence_of("total")
    assert (total.page, total.match) == (1, "exact") and found.evidence_of("/total") == (total,)
    (line,) = found.evidence_of("lines", 0)
    assert line.quote == "Widget 2 9.00"
    assert found.evidence_of("lines", 0, "price") == found.evidence_of("/lines/0/price") == (line,)
    assert found.evidence_of("lines") == (line,) and found.evidence_of("note") == ()
    assert set(found.evidence_of()) == {total, line}
    for steps in (("totl",), ("lines", 1), ("lines", "name"), ("total", "x"), ("/lines/7",)):
        with pytest.raises(KeyError, match="The data has no"):
            found.evidence_of(*steps)
    with pytest.raises(KeyError):
        made(extracted=False).evidence_of("total")


class Invoice(BaseModel):
    invoice_number: str
    total: float


class Unfindable(BaseModel):
    captain_of_the_ship: str


def test_understand_gives_the_model_s_instance_and_its_type(tmp_path: Path) -> None:
    result = understand(INVOICE, Settings(store=str(tmp_path)), schema=Invoice)
    assert_type(result, Result[Invoice])
    assert_type(result.instance, Invoice | None)
    assert result.instance == Invoice(invoice_number="RE2311-2760", total=10685.28)
    assert result.evidence_of("total")[0].page == 1
    assert understand(INVOICE, Settings(store=str(tmp_path)), schema=Unfindable).instance is None
    plain = understand(INVOICE, Settings(store=str(tmp_path)), schema=Invoice.model_json_schema())
    assert_type(plain.instance, None)
    assert plain.instance is None and plain.content_sha256 == result.content_sha256
