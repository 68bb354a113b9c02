"""What holds of merging for any schema and any answers: order, repetition, completeness, and both kinds of validity."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.ask.answer import Answer
from pipeline.ask.pointers import names_of
from pipeline.ask.schema import nullable, resolve
from pipeline.document import Block
from pipeline.merge.dates import order_of
from pipeline.merge.sameness import listed, may_be, meaning
from pipeline.merge.values import Extraction, merge_values
from pipeline.pack.units import Unit
from tests.making import answer_of, finder_of, page_of, request_of, said

Json = dict[str, Any]
Case = tuple[Json, list[Answer]]
Place = tuple[str, ...]
"""Names on the way to a leaf, `*` for any item of a list."""

TEXTS = {
    1: "Invoice 4711 of 12 March 2025\nTotal 1,234.00 EUR\nWidget 2 9.00\nWidget 2 9.00",
    2: "Total €1,234\ndue 03/04/2025\nWidget 2 9.00\nBolt 1 3.00",
    3: "John Doe, seller\nBolt 1 3.00\nno alpha, beta",
}
FINDER = finder_of(TEXTS)
UNITS = {
    page: Unit(replace(page_of(page), blocks=(Block("| a |", (0, 0, 1, 1), "table", continues=page - 1),)), (), 1)
    for page in TEXTS
}
REQUESTS = [
    request_of(name, pages, units=tuple(UNITS[page] for page in pages))
    for name, pages in (("r1", [1, 2]), ("r2", [2, 3]), ("r3", [3]))
]
"""They share pages, as windows do that overlap, and their tables go on from page to page."""

DEFS: Json = {
    "money": {"type": "string", "description": "An amount with its currency."},
    "party": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "since": {"type": "string", "format": "date"}},
        "required": ["name"],
    },
}
LEAVES: st.SearchStrategy[Json] = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "format": "date"},
        {"type": "number"},
        {"type": "number", "multipleOf": 0.5},
        {"type": "integer", "minimum": 3, "maximum": 2000},
        {"type": "boolean"},
        {"type": ["string", "null"], "pattern": "^[abw]", "maxLength": 6},
        {"type": "string", "enum": ["due", "Paid", "a"]},
        {"enum": ["due", 5, None]},
        {"const": "a"},
        {"anyOf": [{"type": "string"}, {"type": "number"}]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"$ref": "#/$defs/money"},
    ]
)
RULES = st.sampled_from([None, None, "agree", "first", "last", "longest", "sum", "union"])
NAMES = st.sampled_from(["a", "b/c", "d~", "0"])


@st.composite
def nodes(draw: st.DrawFn, depth: int = 3) -> Json:
    shape = draw(st.sampled_from(["leaf", "leaf", "object", "array", "map", "ref", "null"])) if depth else "leaf"
    rule = draw(RULES)
    extra: Json = {"x-merge": rule} if rule else {}
    if shape == "ref":
        return {"$ref": "#/$defs/party"}
    if shape == "object":
        return draw(objects(depth - 1))
    if shape == "null":
        return {"anyOf": [draw(objects(depth - 1)), {"type": "null"}]}
    if shape == "map":
        return {"type": "object", "additionalProperties": draw(LEAVES)}
    if shape == "array":
        items = draw(nodes(depth - 1))
        names = sorted(_opened(items, DEFS).get("properties", ()))
        keyed: bool = draw(st.booleans())
        if names and keyed:
            extra["x-key"] = sorted({draw(st.sampled_from(names)) for _ in range(2)})
        if draw(st.booleans()):
            extra[draw(st.sampled_from(["maxItems", "minItems"]))] = draw(st.integers(1, 3))
        return {"type": "array", "items": items, **extra}
    leaf = draw(LEAVES)
    return leaf if "$ref" in leaf else {**leaf, **extra}


@st.composite
def objects(draw: st.DrawFn, depth: int) -> Json:
    properties = draw(st.dictionaries(NAMES, nodes(depth), min_size=1, max_size=3))
    required = sorted(name for name in properties if draw(st.booleans()))
    return {"type": "object", "properties": properties, "required": required}


def _opened(node: Mapping[str, Any], defs: Json) -> Json:
    """A node with its reference followed and null left out of its union."""
    if "$ref" in node:
        return dict(defs[node["$ref"].removeprefix("#/$defs/")])
    options = [one for one in node.get("anyOf", ()) if one != {"type": "null"}]
    return options[0] if len(options) == 1 and "properties" in options[0] else dict(node)


NUMBERS: st.SearchStrategy[Any] = st.sampled_from([5, 5.0, 2.5, 0, 9, 1234, 1234.0, -3, 1e300, 10**25])
WORDS: st.SearchStrategy[Any] = st.sampled_from(
    [
        *("a", "A ", "b1", "due", "PAID", "1,234", "1234.00 EUR", "€1,234", "USD 1,234", "$1234", "12 %", "", "Widget"),
        *("John Doe", "Doe, John", "J. Doe", "Jane Doe"),
    ]
)
DATES: st.SearchStrategy[Any] = st.sampled_from(
    ["12 March 2025", "2025-03-12", "03/04/2025", "3 April 2025", "2025-03-04", "04/03/2025", "25/12/2024", "03/2025"]
)
TYPED: dict[str, st.SearchStrategy[Any]] = {"number": NUMBERS, "integer": NUMBERS, "boolean": st.booleans()}


def values(leaf: Json) -> st.SearchStrategy[Any]:
    """What an answer may say for a leaf: mostly of its type."""
    fitting = DATES if leaf.get("format") else TYPED.get(str(leaf.get("type")), WORDS | DATES)
    return st.integers(0, 9).flatmap(lambda chance: fitting if chance else WORDS | NUMBERS | st.booleans())


QUOTES = st.sampled_from(
    ["Invoice 4711 of 12 March 2025", "Total", "Widget 2 9.00", "nowhere", "| Bolt | 3.00 |", "", "John Doe, seller"]
)


@st.composite
def wires(draw: st.DrawFn, given_node: Json, inside: bool = False) -> Any:
    """What an answer may say for a node; values of the wrong type too."""
    node = _opened(given_node, DEFS)

    def evidenced(value: Any) -> Json:
        return said(value, draw(st.integers(0, 4)), draw(QUOTES))

    if "properties" in node:
        return {name: draw(wires(child, inside)) for name, child in node["properties"].items()}
    if "additionalProperties" in node:
        keys = st.sampled_from(["Bolt", "BOLT", "a/b", None])
        count = draw(st.integers(0, 2))
        return [
            evidenced({"key": draw(keys), "value": draw(st.none() | values(node["additionalProperties"]))})
            for _ in range(count)
        ]
    if "items" in node:
        items = _opened(node["items"], DEFS)
        plain = not {"properties", "items", "additionalProperties"} & items.keys()
        return [evidenced(draw(values(items) if plain else wires(items, True))) for _ in range(draw(st.integers(0, 3)))]
    if not draw(st.integers(0, 3)):
        return None
    value = draw(values(node))
    return value if inside else evidenced(value)


LISTS = [
    {"type": "object", "properties": {"a": {"type": "array", "items": DEFS["party"], **extra}}}
    for extra in ({}, {"x-key": ["name"]}, {"x-key": ["name", "since"]})
]
"""Records that are easily found to be one."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    listed_ones = draw(st.booleans())
    schema = {**(draw(st.sampled_from(LISTS)) if listed_ones else draw(objects(2))), "$defs": DEFS}
    names = draw(st.sets(st.sampled_from([one.id for one in REQUESTS])))
    return schema, [answer_of(name, draw(wires(schema))) for name in sorted(names)]


def merged(schema: Json, answers: list[Answer]) -> Extraction:
    return merge_values(answers, REQUESTS, schema, FINDER)


def _order_and_repetition_change_nothing(case: Case, found: Extraction, chance: random.Random) -> None:
    schema, answers = case
    shuffled = answers + [answer for answer in answers if chance.random() < 0.5]
    chance.shuffle(shuffled)
    assert merged(schema, shuffled) == found


def _the_data_fits(case: Case, found: Extraction) -> None:
    Draft202012Validator(nullable(resolve(case[0]))).validate(found.data)


def _valid_is_what_the_users_schema_says(case: Case, found: Extraction) -> None:
    assert found.valid is Draft202012Validator(case[0]).is_valid(_told(found.data, case[0]))


def _told(data: Any, node: Json) -> Any:
    """The data as the documentation says that it is held against the user's schema."""
    takes_null = {"type": "null"} in node.get("anyOf", ())
    node = _opened(node, DEFS)
    if takes_null and _empty(data) and "properties" in node:
        return None
    if "properties" in node:
        required = node.get("required", ())
        return {
            name: _told(data[name], child)
            for name, child in node["properties"].items()
            if name in required or not _empty(data[name])
        }
    if "additionalProperties" in node:
        return dict(data)
    return [_told(one, node["items"]) for one in data] if "items" in node else data


def _empty(data: Any) -> bool:
    if isinstance(data, (dict, list)):
        return all(map(_empty, data.values() if isinstance(data, dict) else data))
    return data is None


def _no_candidate_is_lost(case: Case, found: Extraction) -> None:
    schema, answers = case
    day_first = order_of(text for answer in answers for text in _texts(answer.data))
    kept = [(place, value) for place, value, _ in _leaves((), found.data, schema)]
    for conflict in found.conflicts:
        place, node = _place(conflict.pointer, schema)
        values = [one.value for one in conflict.candidates]
        kept += [leaf[:2] for value in values for leaf in _leaves(place, value, node)]
    for answer in answers:
        for place, value, leaf in _leaves((), _plain(answer.data, schema), schema):
            if leaf.get("x-merge") in ("sum", "union"):
                continue
            schemed = _resolved(json.dumps(leaf))
            meant = meaning(listed(value, schemed), schemed, day_first)
            others = [meaning(listed(one, schemed), schemed, day_first) for at, one in kept if at == place]
            # What a value leaves open is settled by what stands beside it in its own record.
            assert any(meant == one or may_be(meant, one) for one in others), (place, value)


@lru_cache(1000)
def _resolved(leaf: str) -> Json:
    return dict(resolve({"type": "object", "properties": {"x": json.loads(leaf)}})["properties"]["x"])


def _texts(wire: Any) -> Iterator[str]:
    if isinstance(wire, str):
        yield wire
    elif isinstance(wire, (dict, list)):
        for child in wire.values() if isinstance(wire, dict) else wire:
            yield from _texts(child)


def _plain(wire: Any, node: Json) -> Any:
    """What an answer says, without its quotes; of a map as a list of its entries."""
    node = _opened(node, DEFS)
    if wire is None:
        return None
    if "properties" in node:
        return {name: _plain(wire[name], child) for name, child in node["properties"].items()}
    if "additionalProperties" in node:
        return [one["value"] for one in wire]
    if "items" in node:
        return [_plain(one["value"], node["items"]) for one in wire]
    return wire["value"] if isinstance(wire, dict) else wire


def _leaves(place: Place, value: Any, node: Json) -> Iterator[tuple[Place, Any, Json]]:
    """Every value below a place that is not null, with its node."""
    node = _opened(node, DEFS)
    if value is None:
        return
    if "properties" in node:
        for name, child in node["properties"].items():
            yield from _leaves((*place, name), value.get(name), child)
    elif "additionalProperties" in node:
        entries = value if isinstance(value, list) else [value] if set(value) == {"key", "value"} else _entries(value)
        for one in entries:
            yield from _leaves((*place, "*"), one["value"], node["additionalProperties"])
    elif "items" in node:
        for item in value if isinstance(value, list) else [value]:
            yield from _leaves((*place, "*"), item, node["items"])
    else:
        yield place, value, node


def _entries(value: Json) -> list[Json]:
    return [{"key": key, "value": one} for key, one in value.items()]


def _place(pointer: str, node: Json) -> tuple[Place, Json]:
    place: list[str] = []
    for name in names_of(pointer):
        node = _opened(node, DEFS)
        inner = "properties" in node
        place.append(name if inner else "*")
        node = node["properties"][name] if inner else node["items"] if "items" in node else node["additionalProperties"]
    return tuple(place), node


def _every_value_has_its_proof(found: Extraction) -> None:
    assert set(found.unverified) <= set(found.evidence)
    for pointer, evidence in found.evidence.items():
        assert evidence and (pointer in found.unverified or any(one.verified for one in evidence))
    for conflict in found.conflicts:
        assert conflict.candidates and all(one.evidence for one in conflict.candidates)


def _all_of_it(case: Case, chance: random.Random) -> None:
    found = merged(*case)
    _order_and_repetition_change_nothing(case, found, chance)
    _the_data_fits(case, found)
    _valid_is_what_the_users_schema_says(case, found)
    _no_candidate_is_lost(case, found)
    _every_value_has_its_proof(found)


@settings(max_examples=100)
@given(cases(), st.randoms(use_true_random=False))
def test_merging_keeps_its_promises(case: Case, chance: random.Random) -> None:
    _all_of_it(case, chance)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(cases(), st.randoms(use_true_random=False))
def test_merging_keeps_its_promises_in_ten_thousand_cases(case: Case, chance: random.Random) -> None:
    _all_of_it(case, chance)
