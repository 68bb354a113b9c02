"""What becomes of values that no quote supports: listed, warned of, or taken out, and never lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ask.references import validator
from pipeline.ask.schema import nullable, resolve
from pipeline.errors import UsageError
from pipeline.merge.unverified import SHOWN, apply_policy
from pipeline.merge.values import Extraction, merge_values
from pipeline.run import understand
from pipeline.settings import load_settings
from tests.making import answer_of, finder_of, request_of

TEXTS = {1: "The vendor is Acme GmbH and the total is 12.50 euros.\nBolt 2.00\nNut 1.00"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "vendor": {"type": "string"},
        "total": {"type": "number"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "price": {"type": "number"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
    "required": ["vendor"],
}


def said(value: Any, quote: str) -> dict[str, Any]:
    return {"quote": quote, "page": 1, "value": value}


def item(name: str, price: float, quote: str, *tags: dict[str, Any]) -> dict[str, Any]:
    return said({"name": name, "price": price, "tags": list(tags)}, quote)


def extracted(*wires: dict[str, Any]) -> Extraction:
    requests = [request_of(f"r{number}", [1]) for number in range(1, len(wires) + 1)]
    answers = [answer_of(one.id, wire) for one, wire in zip(requests, wires, strict=True)]
    return merge_values(answers, requests, SCHEMA, finder_of(TEXTS))


DOUBTED = {
    "vendor": said("Beta AG", "The vendor is Beta AG"),
    "total": said(12.5, "the total is 12.50 euros"),
    "items": [
        item("Bolt", 2.0, "Bolt 2.00"),
        item("Washer", 9.0, "Washer 9.00", said("Nut", "Nut 1.00")),
    ],
}


def test_kept_values_are_listed_and_nothing_is_said() -> None:
    found = extracted(DOUBTED)
    assert apply_policy(found, "keep") == found
    assert found.unverified == ("/vendor", "/items/1") and not found.notices


def test_flagged_values_are_warned_of_in_one_sentence() -> None:
    found = apply_policy(extracted(DOUBTED), "flag")
    assert found.data == extracted(DOUBTED).data and found.unverified == ("/vendor", "/items/1")
    (notice,) = found.notices
    assert notice.code == "value-unverified" and "2 values" in notice.message
    assert "/vendor, /items/1" in notice.message


def test_what_is_taken_out_is_null_and_stands_in_the_conflicts() -> None:
    before = extracted(DOUBTED)
    found = apply_policy(before, "null")
    assert found.data == {
        "vendor": None,
        "total": 12.5,
        "items": [
            {"name": "Bolt", "price": 2.0, "tags": []},
            {"name": None, "price": None, "tags": ["Nut"]},
        ],
    }
    assert found.unverified == () and not found.valid and before.valid
    assert {"/vendor", "/items/1/name", "/items/1/price"} <= set(found.not_found)
    taken = {one.pointer: one for one in found.conflicts}
    assert {one.rule for one in taken.values()} == {"unverified"}
    assert [one.value for one in taken["/vendor"].candidates] == ["Beta AG"]
    assert taken["/items/1"].candidates[0].value == {"name": "Washer", "price": 9.0, "tags": ["Nut"]}
    assert taken["/items/1"].candidates[0].evidence[0].quote == "Washer 9.00"
    assert set(found.evidence) == {"/total", "/items/0", "/items/1/tags/0"}
    assert [one.code for one in found.notices] == ["value-taken-out"]
    assert before.data["vendor"] == "Beta AG", "what was merged is not changed in place"


def test_a_conflict_whose_value_is_taken_out_has_none_chosen() -> None:
    found = apply_policy(
        extracted({"vendor": said("Beta AG", "The vendor is Beta AG")}, {"vendor": said("Gamma", "by Gamma alone")}),
        "null",
    )
    assert [(one.rule, one.chosen) for one in found.conflicts] == [("agree", None), ("unverified", None)]
    assert len(found.conflicts[0].candidates) == 2


def test_what_is_supported_is_left_alone() -> None:
    found = extracted({"vendor": said("Acme GmbH", "The vendor is Acme GmbH")})
    assert apply_policy(found, "null") == apply_policy(found, "flag") == found


def test_a_warning_names_a_few_of_many() -> None:
    found = extracted({"items": [item(f"Part {n}", n, f"Part {n} for {n}") for n in range(SHOWN + 5)]})
    message = apply_policy(found, "flag").notices[-1].message
    assert f"{SHOWN + 5} values" in message and message.count("/items/") == SHOWN


VALUES = st.sampled_from(
    [
        said("Acme GmbH", "The vendor is Acme GmbH"),
        said("Beta AG", "The vendor is Beta AG"),
        said("Gamma", "made up altogether"),
        None,
    ]
)
ITEMS = st.lists(
    st.sampled_from(
        [
            item("Bolt", 2.0, "Bolt 2.00"),
            item("Washer", 9.0, "Washer 9.00"),
            item("Nut", 1.0, "Nut 1.00", said("x", "y")),
        ]
    ),
    max_size=4,
)
WIRES = st.lists(
    st.builds(lambda vendor, items: {"vendor": vendor, "total": None, "items": items}, VALUES, ITEMS), max_size=3
)


@given(WIRES.filter(bool))
def test_whatever_is_taken_out_the_data_fits_and_nothing_is_lost(wires: list[dict[str, Any]]) -> None:
    before = extracted(*wires)
    found = apply_policy(before, "null")
    assert validator(nullable(resolve(SCHEMA))).is_valid(found.data)
    assert not found.unverified and set(found.not_found) >= set(before.not_found)
    taken = [one for one in found.conflicts if one.rule == "unverified"]
    assert [one.pointer for one in taken] == list(before.unverified)
    assert all(one.candidates[0].evidence == before.evidence[one.pointer] for one in taken)
    assert set(found.evidence) | {one.pointer for one in taken} == set(before.evidence)


def test_the_policy_is_a_setting_that_changes_no_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pymupdf.open() as made:
        made.new_page().insert_text((72, 72), "The vendor is Acme GmbH and the total is 12.50 euros.")
        made.save(tmp_path / "bill.pdf")
    results = []
    for policy in ("keep", "flag", "null"):
        monkeypatch.setenv("QUIRE_UNVERIFIED", policy)
        settings = load_settings()
        assert (settings.unverified, settings.sources["unverified"]) == (policy, "QUIRE_UNVERIFIED")
        results.append(understand(tmp_path / "bill.pdf", settings, schema=SCHEMA))
    assert len({tuple(one.fingerprint for one in result.requests) for result in results}) == 1
    assert [all(one.from_store for one in result.run.requests) for result in results] == [False, True, True]
    with pytest.raises(UsageError, match="choose one of keep, flag, null"):
        load_settings({"unverified": "drop"})
