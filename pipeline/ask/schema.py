"""The user's JSON Schema: made plain, made nullable, and turned into the strict schema of the wire.

`resolve` makes a tree of three kinds of node, and every later step walks that tree:

    object   {"type": "object", "properties": {...}}     named children
    array    {"type": "array", "items": {...}}           one child, repeated
    leaf     everything else                             a string, number, boolean, enum, or a choice among them

A map, an object whose names the document gives (`dict[str, int]`), is an array of `key` and `value` marked `x-map`; an
object or array in whose place the schema takes null is marked `x-null`.

On the wire a leaf outside a record is null or {"quote", "page", "value"}: evidence first, since it grounds the value.
An item of an array carries one quote and page for the whole record, so leaves in a record are plain:

    user   {"total": 12.5, "items": [{"name": "Bolt", "price": 2}]}
    wire   {"total": {"quote": "Total: 12.50", "page": 1, "value": 12.5},
            "items": [{"quote": "Bolt 2.00", "page": 1, "value": {"name": "Bolt", "price": 2}}]}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.ask.bounds import QUOTE_CHARS, STRING_CHARS
from pipeline.ask.plain import NOTES, Narrowing, is_null, read
from pipeline.ask.plain import Schema as Schema

Kind = Literal["object", "array", "leaf"]

_NULL: Schema = {"type": "null"}


def kind(node: Mapping[str, Any]) -> Kind:
    """Which of the three kinds a resolved node is."""
    if "properties" in node:
        return "object"
    return "array" if "items" in node else "leaf"


def resolve(schema: Mapping[str, Any]) -> Schema:
    """The schema as a plain tree: references inlined, `allOf` joined, of a union with objects or arrays the first.

    Leaves keep what can be checked at a leaf; `not`, `if`, `contains` and their like are left to the user's own schema.
    Raises SchemaError where it is no JSON Schema, points outside itself, does not describe an object, or is too large.
    """
    return read(schema)[0]


def narrowings(schema: Mapping[str, Any]) -> tuple[Narrowing, ...]:
    """What of the schema its resolved tree leaves out, and so is not asked for. Raises what `resolve` raises."""
    return read(schema)[1]


def nullable(tree: Mapping[str, Any]) -> Schema:
    """The form that `data` always satisfies: every leaf may be null, every array may be empty."""
    notes = {key: tree[key] for key in NOTES if key in tree}
    if kind(tree) == "object":
        children = {name: nullable(child) for name, child in tree["properties"].items()}
        return {**notes, **strict_object(children)}
    if tree.get("x-map"):
        value = nullable(tree["items"]["properties"]["value"])
        return {**notes, "type": "object", "additionalProperties": value}
    if kind(tree) == "array":
        bounds = {"maxItems": tree["maxItems"]} if "maxItems" in tree else {}
        return {**notes, "type": "array", "items": nullable(tree["items"]), **bounds}
    return {**notes, "anyOf": [{key: value for key, value in tree.items() if key not in NOTES}, _NULL]}


def to_wire(
    tree: Mapping[str, Any], keywords: Collection[str], max_items: int, max_chars: int = STRING_CHARS
) -> Schema:
    """The strict schema of `data` on the wire; leaves keep only the `keywords` that the endpoint takes."""
    return _wire(tree, _Most(frozenset(keywords), max_items, max_chars), inside=False)


@dataclass(frozen=True, slots=True)
class _Most:
    """What the endpoint takes in a schema: its keywords, the longest list and the longest string."""

    keywords: frozenset[str]
    items: int
    chars: int


def _wire(node: Mapping[str, Any], most: _Most, *, inside: bool) -> Schema:
    what = kind(node)
    notes = {key: node[key] for key in NOTES if key in node and key in most.keywords}
    if what == "object":
        named = node["properties"].items()
        children = {name: _wire(child, most, inside=inside) for name, child in named}
        return {**notes, **strict_object(children)}
    if what == "array":
        inner = node["items"]
        plain = _leaf(inner, most) if kind(inner) == "leaf" else _wire(inner, most, inside=True)
        count = min(node.get("maxItems", most.items), most.items)
        return {**notes, "type": "array", "items": _evidenced(plain), "maxItems": count}
    if is_null(node):
        return {**notes, **_NULL}
    leaf = _leaf(node, most)
    return {"anyOf": [leaf, _NULL]} if inside else {**notes, "anyOf": [_NULL, _evidenced(leaf)]}


def _evidenced(value: Schema) -> Schema:
    quote = {"type": "string", "maxLength": QUOTE_CHARS}
    return strict_object({"quote": quote, "page": {"type": "integer"}, "value": value})


def strict_object(children: Mapping[str, Schema]) -> Schema:
    """An object in which every property is required and no other may stand: what strict servers ask for."""
    return {"type": "object", "properties": dict(children), "required": list(children), "additionalProperties": False}


def _leaf(node: Mapping[str, Any], most: _Most) -> Schema:
    """A leaf with the keywords that the endpoint takes, null left out (the wire says null in its own way)."""
    options = node.get("anyOf")
    if options:
        kept = [_leaf(option, most) for option in options if not is_null(option)]
        notes = {key: node[key] for key in NOTES if key in node and key in most.keywords}
        return {**kept[0], **notes} if len(kept) == 1 else {**notes, "anyOf": kept}
    leaf = {key: value for key, value in node.items() if key in most.keywords}
    types = node.get("type")
    if isinstance(types, list):
        real = [one for one in types if one not in ("null", "object", "array")]
        leaf["type"] = real[0] if len(real) == 1 else real or "string"
    if isinstance(leaf.get("enum"), list):
        leaf["enum"] = [one for one in leaf["enum"] if one is not None]
    if not {"type", "enum", "const"} & leaf.keys():
        leaf["type"] = "string"
    if "string" in leaf.get("type", ()) and "enum" not in leaf and "maxLength" in most.keywords:
        leaf["maxLength"] = min(node.get("maxLength", most.chars), most.chars)
    return leaf
