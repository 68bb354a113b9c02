"""Schemas that point somewhere, go round in circles or grow out of hand: followed within bounds, or refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ask.pointers import names_of, step_of
from pipeline.ask.references import validator
from pipeline.ask.schema import narrowings, nullable, resolve, to_wire
from pipeline.errors import SchemaError
from pipeline.schemas import load_schema

TEXT = {"type": "string"}
REMOTE = {"$ref": "http://127.0.0.1:9/x.json"}


def schema_of(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


@pytest.mark.parametrize("key", ["not", "if", "then", "contains", "propertyNames", "unevaluatedItems", "anything"])
def test_a_reference_out_of_the_schema_is_refused_wherever_it_stands(key: str) -> None:
    for schema in (schema_of({"a": TEXT}, **{key: REMOTE}), schema_of({"a": {"items": {"allOf": [{key: REMOTE}]}}})):
        with pytest.raises(SchemaError, match="outside itself"):
            resolve(schema)


def test_what_only_looks_like_a_reference_is_none() -> None:
    tree = resolve(schema_of({"$ref": TEXT, "a": {"default": REMOTE}, "b": {"const": REMOTE}}))
    assert set(tree["properties"]) == {"$ref", "a", "b"}


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (schema_of({"a": {"$dynamicRef": "#a"}}), "not followed"),
        (schema_of({"a": {"$ref": "#gone"}}), "does not contain"),
        (schema_of({"a": {"$ref": "#/properties"}}), "does not contain"),
        (schema_of({"a": {"$id": "x.json"}}), "only its root"),
        (schema_of({"a": TEXT}, allOf=[{"$ref": "#"}]), "circle"),
        (schema_of({"a": TEXT}, **{"not": {"$ref": "#"}}), "circle"),
        (schema_of({"a": {"$ref": "#/properties/a", "title": "A"}}), "circle"),
        (schema_of({"a": {"type": "array", "x-key": True}}), "x-key"),
        (schema_of({"a": {"type": "array", "x-key": [["n"]]}}), "x-key"),
        (schema_of({"a": {"x-merge": "newest"}}), "x-merge"),
        (schema_of({"a": {"x-merge": ["sum"]}}), "x-merge"),
        (schema_of({"a": {"default": math.nan}}), "JSON"),
        (schema_of({"a": {"enum": (1, 2)}}), "JSON"),
        (schema_of({"a": {"pattern": "("}}), "pattern"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_one_sentence(schema: dict[str, Any], says: str) -> None:
    with pytest.raises(SchemaError, match=says) as refused:
        resolve(schema)
    assert "\n" not in str(refused.value)


def test_a_schema_that_holds_itself_or_lies_too_deep_is_refused() -> None:
    schema: dict[str, Any] = schema_of({})
    schema["properties"]["a"] = schema
    with pytest.raises(SchemaError):
        resolve(schema)
    deep: dict[str, Any] = TEXT
    for _ in range(3000):
        deep = {"type": "array", "items": deep}
    with pytest.raises(SchemaError):
        resolve(schema_of({"a": deep}))


@pytest.mark.parametrize("reference", ["#money", "#/$defs/My%20Money", "#/$defs/My Money"])
def test_anchors_and_encoded_pointers_are_followed(reference: str) -> None:
    money = {"$anchor": "money", "type": "number"}
    tree = resolve(schema_of({"a": {"$ref": reference}}, **{"$defs": {"My Money": money}}))
    assert tree["properties"]["a"]["type"] == "number"


def test_references_to_itself_are_followed_twice_and_what_is_left_out_is_said() -> None:
    node = schema_of({"v": TEXT, **{name: {"$ref": "#/$defs/N"} for name in "abc"}})
    schema = schema_of({"n": {"$ref": "#/$defs/N"}}, **{"$defs": {"N": node}})
    tree = resolve(schema)
    assert set(tree["properties"]["n"]["properties"]["a"]["properties"]) == {"v"}
    said = narrowings(schema)
    assert len(said) == 9 and {one.code for one in said} == {"schema-not-asked"}
    assert any("/n/a/b" in one.message for one in said)


def test_a_schema_that_multiplies_is_refused() -> None:
    defs: dict[str, Any] = {"d0": TEXT}
    for level in range(1, 9):
        defs[f"d{level}"] = schema_of({f"p{number}": {"$ref": f"#/$defs/d{level - 1}"} for number in range(8)})
    with pytest.raises(SchemaError, match="more than 5,000 parts"):
        resolve(schema_of({"a": {"$ref": "#/$defs/d8"}}, **{"$defs": defs}))


def test_bounds_written_as_fractions_and_conditions_do_no_harm() -> None:
    text = {"type": "string", "maxLength": 5.0, "not": {"$ref": "#/$defs/f"}, "if": {"minLength": 2}}
    schema = schema_of({"a": {"type": "array", "maxItems": 1.0, "items": text}}, **{"$defs": {"f": {"const": "x"}}})
    tree = resolve(schema)
    assert tree["properties"]["a"]["items"] == {"type": "string", "maxLength": 5}
    wire = to_wire(tree, ["type", "maxLength"], 9)
    assert repr(wire["properties"]["a"]["maxItems"]) == "1"


def test_a_property_that_may_be_anything_is_asked_for_and_one_that_may_not_be_is_not() -> None:
    tree = resolve(schema_of({"a": True, "b": False, "c": {}}))
    assert tree["properties"] == {"a": {}, "c": {}}


@pytest.mark.parametrize(
    "form",
    [
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "patternProperties": {"^S": {"type": "integer"}}},
        {"additionalProperties": {"type": "integer"}},
    ],
)
def test_a_map_goes_over_the_wire_as_names_and_values(form: dict[str, Any]) -> None:
    tree = resolve(schema_of({"m": form}))
    item = to_wire(tree, ["type"], 9)["properties"]["m"]["items"]["properties"]
    assert list(item) == ["quote", "page", "value"]
    assert item["value"]["properties"]["value"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    validator(nullable(tree)).validate({"m": {"any name": 5, "other": None}})


A, B = schema_of({"a": TEXT}), schema_of({"b": TEXT})


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"anyOf": [A, B]}, ["/u: only of several forms the first object or list is asked for."]),
        ({"oneOf": [TEXT, A]}, ["/u: only of several forms the first object or list is asked for."]),
        ({"anyOf": [A, {"type": "null"}]}, []),
        ({**A, "anyOf": [{"required": ["a"]}, {"required": []}]}, []),
        ({**A, "additionalProperties": TEXT}, ["/u: only the properties that it names is asked for."]),
        (
            {"type": ["object", "string"], "properties": {"a": TEXT}},
            ["/u: only of several forms the object is asked for."],
        ),
    ],
)
def test_a_union_of_objects_is_narrowed_to_the_first_and_that_is_said(form: dict[str, Any], says: list[str]) -> None:
    schema = schema_of({"u": form})
    assert set(resolve(schema)["properties"]["u"]["properties"]) == {"a"}
    assert [one.message for one in narrowings(schema)] == says


def test_a_tuple_is_a_list_of_what_its_places_may_be() -> None:
    form = {"type": "array", "prefixItems": [{"type": "integer"}, TEXT], "items": False}
    tree = resolve(schema_of({"t": form}))["properties"]["t"]
    assert tree["items"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]} and tree["maxItems"] == 2


def test_multiples_are_counted_in_decimals() -> None:
    cents = validator({"multipleOf": 0.01})
    assert cents.is_valid(19.99) and not cents.is_valid(19.995)
    assert cents.is_valid("no number") and cents.is_valid(True)


def test_a_class_that_is_no_model_is_refused() -> None:
    class Plain:
        a: int

    for source in (Plain, 5):
        with pytest.raises(SchemaError, match="Pydantic model"):
            load_schema(source)  # type: ignore[arg-type]


def test_a_model_without_a_schema_is_refused() -> None:
    from collections.abc import Callable

    from pydantic import BaseModel

    class Odd(BaseModel):
        call: Callable[[], int]

    with pytest.raises(SchemaError, match="no JSON Schema"):
        load_schema(Odd)


@given(st.lists(st.text(alphabet="ab/~01 ", max_size=6), max_size=5))
def test_a_pointer_leads_through_the_names_that_it_was_made_of(names: list[str]) -> None:
    assert names_of("".join(f"/{step_of(name)}" for name in names)) == names
