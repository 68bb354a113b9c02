"""The user's schema: made plain, made nullable, made strict for the wire."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.ask.plain import MAX_REPEATS
from pipeline.ask.schema import kind, nullable, resolve, to_wire
from pipeline.errors import SchemaError

LEAVES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "format": "date"},
        {"type": "number", "minimum": 0},
        {"type": "integer"},
        {"type": "boolean"},
        {"enum": ["EUR", "USD", None]},
        {"type": ["string", "null"], "pattern": "^[A-Z]"},
        {"anyOf": [{"type": "number"}, {"type": "null"}], "description": "An amount"},
        {"anyOf": [{"type": "number"}, {"type": "string"}]},
    ]
)
NAMES = st.sampled_from(["total", "name", "due date", "a/b", "quote", "page", "value", "properties"])


def _objects(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    properties = st.dictionaries(NAMES, children, min_size=1, max_size=4)
    return properties.map(lambda named: {"type": "object", "properties": named, "required": list(named)})


def _nested(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(_objects(children), children.map(lambda item: {"type": "array", "items": item, "minItems": 1}))


SCHEMAS = _objects(st.recursive(LEAVES, _nested, max_leaves=8))


def _empty(node: dict[str, Any]) -> Any:
    """What is found where nothing is."""
    if kind(node) == "object":
        return {name: _empty(child) for name, child in node["properties"].items()}
    return [] if kind(node) == "array" else None


def _objects_in(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for item in schema for found in _objects_in(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("anyOf")]
    return own + [found for child in inner for found in _objects_in(child)]


@given(SCHEMAS)
def test_nothing_found_fits_the_nullable_form_of_every_schema(schema: dict[str, Any]) -> None:
    tree = resolve(schema)
    Draft202012Validator.check_schema(nullable(tree))
    Draft202012Validator(nullable(tree)).validate(_empty(tree))


@given(SCHEMAS)
def test_the_wire_schema_is_strict_and_takes_an_answer_in_which_nothing_was_found(schema: dict[str, Any]) -> None:
    tree = resolve(schema)
    wire = to_wire(tree, ["type", "enum", "anyOf", "maxLength"], 50)
    Draft202012Validator.check_schema(wire)
    for node in _objects_in(wire):
        assert node["additionalProperties"] is False
        assert sorted(node["required"]) == sorted(node["properties"])
    Draft202012Validator(wire).validate(_empty(tree))


def test_a_leaf_is_evidence_first_and_a_record_carries_one_quote() -> None:
    tree = resolve(
        {
            "type": "object",
            "properties": {
                "total": {"type": "number", "minimum": 0},
                "items": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        }
    )
    wire = to_wire(tree, ["type", "maxLength"], 10)["properties"]
    assert list(wire["total"]["anyOf"][1]["properties"]) == ["quote", "page", "value"]
    assert wire["total"]["anyOf"][1]["properties"]["value"] == {"type": "number"}, "minimum is not for this endpoint"
    record = wire["items"]["items"]["properties"]
    assert list(record) == ["quote", "page", "value"]
    assert record["value"]["properties"]["name"]["anyOf"][1] == {"type": "null"}
    assert wire["tags"]["items"]["properties"]["value"]["type"] == "string", "an item that is null says nothing"


def test_references_and_allof_are_taken_in() -> None:
    tree = resolve(
        {
            "type": "object",
            "$defs": {"money": {"type": "number", "description": "In euros"}, "base": {"properties": {"id": {}}}},
            "properties": {
                "net": {"$ref": "#/$defs/money", "description": "Without tax"},
                "party": {"allOf": [{"$ref": "#/$defs/base"}], "properties": {"name": {"type": "string"}}},
            },
        }
    )
    assert tree["properties"]["net"] == {"type": "number", "description": "Without tax"}
    assert set(tree["properties"]["party"]["properties"]) == {"id", "name"}


def test_a_recursive_schema_is_followed_to_a_depth_and_no_further() -> None:
    schema = {
        "type": "object",
        "$defs": {"part": {"type": "object", "properties": {"n": {}, "p": {"$ref": "#/$defs/part"}}}},
        "properties": {"part": {"$ref": "#/$defs/part"}},
    }
    tree = resolve(schema)
    Draft202012Validator.check_schema(to_wire(tree, ["type"], 5))
    node, depth = tree["properties"]["part"], 1
    while inner := node["properties"].get("p"):
        node, depth = inner, depth + 1
    assert depth == MAX_REPEATS and "n" in node["properties"]


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "objekt"}, "no valid JSON Schema"),
        ({"type": "array", "items": {"type": "string"}}, "must describe an object"),
        ({"type": "object", "properties": {}}, "must describe an object"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/gone"}}}, "does not contain"),
        ({"type": "object", "properties": {"a": {"$ref": "https://example.org/s.json"}}}, "outside itself"),
        (
            {"type": "object", "$defs": {"a": {"$ref": "#/$defs/a"}}, "properties": {"a": {"$ref": "#/$defs/a"}}},
            "circle",
        ),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_in_one_sentence(schema: dict[str, Any], says: str) -> None:
    with pytest.raises(SchemaError, match=says) as refused:
        resolve(schema)
    assert "\n" not in str(refused.value)
