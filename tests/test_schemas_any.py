"""Whatever JSON Schema is let through: it can be asked for, answers to it are merged, and nothing breaks on the way."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.ask.prompts import read_prompt
from pipeline.ask.schema import nullable, resolve, to_wire
from pipeline.errors import SchemaError
from pipeline.merge.values import merge_values
from tests.making import answer_of, finder_of, request_of

KEYWORDS = [
    "type",
    "enum",
    "const",
    "anyOf",
    "minimum",
    "maximum",
    "pattern",
    "format",
    "maxLength",
    "x-merge",
    "title",
]
TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"]
VALUES: st.SearchStrategy[Any] = st.sampled_from([None, True, 0, 5, 2.5, "a", "Total", "2026-05-12", "", [], {}])
NAMES = st.sampled_from(["a", "b", "key", "value", "$ref", "items", "x-map"])


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    some = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True),
            "properties": named,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", ".*"]), inner, max_size=2),
            "additionalProperties": inner,
            "items": inner,
            "prefixItems": some,
            "maxItems": st.sampled_from([0, 1, 2.0]),
            "minItems": st.sampled_from([0, 1]),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "anyOf": some,
            "oneOf": some,
            "allOf": some,
            "not": inner,
            "if": inner,
            "contains": inner,
            "dependentSchemas": named,
            "unevaluatedProperties": inner,
            "enum": st.lists(VALUES, max_size=3),
            "const": VALUES,
            "minimum": st.sampled_from([0, 2.5]),
            "multipleOf": st.sampled_from([0.01, 2]),
            "maxLength": st.sampled_from([1, 3.0]),
            "pattern": st.just("^[a-z]*$"),
            "$ref": st.sampled_from(["#", "#/$defs/a", "#/$defs/b", "#b"]),
            "x-merge": st.sampled_from(["first", "longest", "sum", "union"]),
            "x-key": st.sampled_from(["a", ["a", "b"]]),
        },
    )


ANY = st.recursive(
    st.booleans() | st.just({}) | st.fixed_dictionaries({"type": st.sampled_from(TYPES)}), _schemas, max_leaves=6
)


@st.composite
def roots(draw: st.DrawFn) -> dict[str, Any]:
    root = {"type": "object", "properties": draw(st.dictionaries(NAMES, ANY, min_size=1, max_size=3))}
    return {**root, "$defs": {"a": draw(ANY), "b": {"$anchor": "b", **(draw(_schemas(ANY)))}}}


def answers(draw: st.DrawFn, wire: dict[str, Any]) -> Any:
    """Something that the wire schema takes."""
    if "anyOf" in wire:
        return answers(draw, draw(st.sampled_from(wire["anyOf"])))
    if "const" in wire or "enum" in wire:
        return draw(st.sampled_from(wire["enum"])) if wire.get("enum") else wire.get("const")
    if wire.get("type") == "object":
        return {name: answers(draw, child) for name, child in wire["properties"].items()}
    if wire.get("type") == "array":
        most = min(wire["maxItems"], draw(st.integers(0, 2)))
        return [answers(draw, wire["items"]) for _ in range(most)]
    kinds = wire["type"] if isinstance(wire["type"], list) else [wire["type"]]
    said: dict[str, st.SearchStrategy[Any]] = {
        "string": st.sampled_from(["Total", "Invoice 4711", "", "a"]),
        "number": st.sampled_from([1234.0, 0, float("nan"), float("inf"), 19.99]),
        "integer": st.integers(0, 3),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return draw(said[draw(st.sampled_from(kinds))])


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_let_through_can_be_asked_for_and_merged(data: st.DataObject) -> None:
    schema = data.draw(roots())
    try:
        tree = resolve(schema)
    except SchemaError as error:
        assert "\n" not in str(error)
        return
    wire = to_wire(tree, KEYWORDS, 9)
    Draft202012Validator.check_schema(wire)
    assert "$ref" not in json.dumps(wire).replace('"$ref": {', "").replace('"$ref"]', "").replace('"$ref",', "")
    read_prompt(tree, summary_chars=100, language=None, keywords=KEYWORDS, reserve=500)
    replies = [answer_of(f"r{number}", data.draw(st.composite(answers)(wire))) for number in (1, 2)]
    requests = [request_of(f"r{number}", [1]) for number in (1, 2)]
    found = merge_values(replies, requests, schema, finder_of({1: "Invoice 4711\nTotal 1,234.00"}))
    Draft202012Validator(nullable(tree)).validate(found.data)
    assert isinstance(found.valid, bool)
