"""The user's JSON Schema: made plain, made nullable, and turned into the strict schema of the wire.

`resolve` makes a tree of three kinds of node, and every later step walks that tree:

    object   {"type": "object", "properties": {...}}     named children
    array    {"type": "array", "items": {...}}           one child, repeated
    leaf     everything else                             a string, number, boolean, enum, or a choice among them

On the wire a leaf outside a record is null or {"quote", "page", "value"}: evidence first, since it grounds the value.
An item of an array carries one quote and page for the whole record, so leaves in a record are plain:

    user   {"total": 12.5, "items": [{"name": "Bolt", "price": 2}]}
    wire   {"total": {"quote": "Total: 12.50", "page": 1, "value": 12.5},
            "items": [{"quote": "Bolt 2.00", "page": 1, "value": {"name": "Bolt", "price": 2}}]}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from pipeline.errors import SchemaError

Schema = dict[str, Any]
Kind = Literal["object", "array", "leaf"]

MAX_DEPTH = 12
"""How deep a schema is followed; a recursive one is cut off there and its deeper levels are left out."""
QUOTE_CHARS = 300
STRING_CHARS = 4000
"""Longest string asked for where the user sets no bound; llama.cpp's grammar was seen to take 4,000."""

_STRUCTURE = ("$ref", "allOf", "anyOf", "oneOf")
_NULL: Schema = {"type": "null"}
_NOTES = ("title", "description", "x-key", "x-merge", "examples", "default")


def kind(node: Mapping[str, Any]) -> Kind:
    """Which of the three kinds a resolved node is."""
    types = node.get("type")
    if types == "object" and "properties" in node:
        return "object"
    if types == "array" and "items" in node:
        return "array"
    return "leaf"


def resolve(schema: Mapping[str, Any]) -> Schema:
    """The schema as a plain tree: references inlined, `allOf` joined, of a union with objects or arrays the first.

    Raises SchemaError where it is no JSON Schema, points outside itself, or does not describe an object.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError as Invalid

    try:
        Draft202012Validator.check_schema(dict(schema))
    except Invalid as error:
        place = "/".join(str(step) for step in error.absolute_path) or "its root"
        raise SchemaError(f"The schema is no valid JSON Schema, at {place}: {error.message[:200]}.") from error
    tree = _plain(schema, schema, 0)
    if kind(tree) != "object" or not tree["properties"]:
        raise SchemaError('The schema must describe an object: give it "type": "object" and "properties".')
    return tree


def _plain(given: Any, root: Mapping[str, Any], depth: int) -> Schema:
    """One node and what is below it, as a plain tree."""
    if not isinstance(given, Mapping) or depth > MAX_DEPTH:
        return {}
    node = _joined(given, root)
    options = node.get("anyOf") or node.get("oneOf")
    if options:
        return _choice(node, [_plain(option, root, depth + 1) for option in options])
    types = node.get("type")
    if isinstance(types, list) and ("properties" in node or "items" in node):
        node["type"] = "object" if "properties" in node else "array"
    if "properties" in node:
        names = node["properties"].items()
        children = {name: child for name, value in names if (child := _plain(value, root, depth + 1)) or value == {}}
        return {**node, "type": "object", "properties": children}
    if "items" in node:
        return {**node, "type": "array", "items": _plain(node["items"], root, depth + 1)}
    return node


def _joined(node: Mapping[str, Any], root: Mapping[str, Any]) -> Schema:
    """The node with its `$ref` and `allOf` taken into itself; what stands beside them wins."""
    joined: Schema = {}
    for part in [*([_target(node["$ref"], root)] if "$ref" in node else []), *node.get("allOf", [])]:
        inner = _joined(part, root) if isinstance(part, Mapping) else {}
        properties = {**joined.get("properties", {}), **inner.get("properties", {})}
        required = [*joined.get("required", []), *inner.get("required", [])]
        joined = {**joined, **inner, **({"properties": properties} if properties else {})}
        if required:
            joined["required"] = required
    own = {key: value for key, value in node.items() if key not in ("$ref", "allOf", "$defs", "definitions")}
    if joined.get("properties") and own.get("properties"):
        own["properties"] = {**joined["properties"], **own["properties"]}
    return {**joined, **own}


def _target(reference: str, root: Mapping[str, Any], seen: int = 0) -> Mapping[str, Any]:
    """What a reference within the schema points at."""
    if not reference.startswith("#"):
        raise SchemaError(f"The schema refers to {reference[:80]!r}, outside itself: put that part under $defs.")
    place: Any = root
    for step in reference[1:].split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and step.isdigit() and int(step) < len(place):
            place = place[int(step)]
        elif isinstance(place, Mapping) and step in place:
            place = place[step]
        else:
            raise SchemaError(f"The schema refers to {reference[:80]!r}, which it does not contain.")
    if isinstance(place, Mapping) and place.get("$ref") and seen > 20:
        raise SchemaError(f"The schema's reference {reference[:80]!r} goes round in a circle.")
    return _target(place["$ref"], root, seen + 1) if isinstance(place, Mapping) and set(place) == {"$ref"} else place


def _choice(node: Schema, options: list[Schema]) -> Schema:
    """A union: of the first object or array among its options, else a leaf that keeps them all."""
    notes = {key: node[key] for key in node if key not in _STRUCTURE}
    for option in options:
        if kind(option) != "leaf":
            return {**option, **notes, "type": option["type"]}
    real = [option for option in options if option.get("type") != "null" and option]
    if len(real) == 1:
        return {**real[0], **notes, "anyOf": [real[0], _NULL]} if len(options) > 1 else {**real[0], **notes}
    return {**notes, "anyOf": options}


def nullable(tree: Mapping[str, Any]) -> Schema:
    """The form that `data` always satisfies: every leaf may be null, every array may be empty."""
    what = kind(tree)
    notes = {key: tree[key] for key in _NOTES if key in tree}
    if what == "object":
        children = {name: nullable(child) for name, child in tree["properties"].items()}
        return {**notes, **strict_object(children)}
    if what == "array":
        bounds = {"maxItems": tree["maxItems"]} if "maxItems" in tree else {}
        return {**notes, "type": "array", "items": nullable(tree["items"]), **bounds}
    return {**notes, "anyOf": [{key: value for key, value in tree.items() if key not in _NOTES}, _NULL]}


def to_wire(tree: Mapping[str, Any], keywords: Collection[str], max_items: int) -> Schema:
    """The strict schema of `data` on the wire; leaves keep only the `keywords` that the endpoint takes."""
    return _wire(tree, frozenset(keywords), max_items, inside=False)


def _wire(node: Mapping[str, Any], keywords: frozenset[str], max_items: int, *, inside: bool) -> Schema:
    what = kind(node)
    notes = {key: node[key] for key in _NOTES if key in node and key in keywords}
    if what == "object":
        named = node["properties"].items()
        children = {name: _wire(child, keywords, max_items, inside=inside) for name, child in named}
        return {**notes, **strict_object(children)}
    if what == "array":
        inner = node["items"]
        plain = _leaf(inner, keywords) if kind(inner) == "leaf" else _wire(inner, keywords, max_items, inside=True)
        item = _evidenced(plain)
        count = min(node.get("maxItems", max_items), max_items)
        return {**notes, "type": "array", "items": item, "maxItems": count}
    leaf = _leaf(node, keywords)
    return {"anyOf": [leaf, _NULL]} if inside else {**notes, "anyOf": [_NULL, _evidenced(leaf)]}


def _evidenced(value: Schema) -> Schema:
    quote = {"type": "string", "maxLength": QUOTE_CHARS}
    return strict_object({"quote": quote, "page": {"type": "integer"}, "value": value})


def strict_object(children: Mapping[str, Schema]) -> Schema:
    """An object in which every property is required and no other may stand: what strict servers ask for."""
    return {"type": "object", "properties": dict(children), "required": list(children), "additionalProperties": False}


def _leaf(node: Mapping[str, Any], keywords: frozenset[str]) -> Schema:
    """A leaf with the keywords that the endpoint takes, null left out (the wire says null in its own way)."""
    options = node.get("anyOf") or node.get("oneOf")
    if options:
        kept = [_leaf(option, keywords) for option in options if option.get("type") != "null"]
        notes = {key: node[key] for key in _NOTES if key in node and key in keywords}
        return {**kept[0], **notes} if len(kept) == 1 else {**notes, "anyOf": kept}
    leaf = {key: value for key, value in node.items() if key in keywords}
    types = node.get("type")
    if isinstance(types, list):
        leaf["type"] = [one for one in types if one != "null"]
        if len(leaf["type"]) == 1:
            leaf["type"] = leaf["type"][0]
    if isinstance(leaf.get("enum"), list):
        leaf["enum"] = [one for one in leaf["enum"] if one is not None]
    if not {"type", "enum", "const"} & leaf.keys() or leaf.get("type") in ("object", "array"):
        leaf["type"] = "string"
    if leaf.get("type") == "string" and "enum" not in leaf and "maxLength" in keywords:
        leaf["maxLength"] = min(node.get("maxLength", STRING_CHARS), STRING_CHARS)
    return leaf
