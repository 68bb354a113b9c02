"""A user's schema made a plain tree: references, joins, unions, maps and tuples become objects, arrays and leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.ask.references import References, check
from pipeline.errors import SchemaError

Schema = dict[str, Any]

MAX_DEPTH = 12
"""How deep a schema is followed; what lies deeper is left out."""
MAX_REPEATS = 2
"""How often the same reference is followed on one way down; what lies deeper of a recursive schema is left out."""
MAX_NODES = 5000
"""Parts that a schema may have once its references are followed: each of them stands in the prompt."""

NOTES = ("title", "description", "x-key", "x-merge", "examples", "default")
"""Keywords that say something of a node and check nothing."""
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LENGTHS = ("minLength", "maxLength")
_CHECKS = ("type", "enum", "const", *_LIMITS, *_LENGTHS, "pattern", "format")
"""What is checked at a leaf. Multiples are left to the user's schema: common validators count them in binary."""
_UNIONS = ("anyOf", "oneOf")
_INNER = ("properties", "patternProperties", "additionalProperties", "items", "prefixItems")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A part of the user's schema that is not asked for, or not in every form that it may take."""

    code: Literal["schema-narrowed", "schema-not-asked"]
    message: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the schema with its references and joins taken in, and what those references were."""

    node: Schema
    references: frozenset[int]


def read(schema: Mapping[str, Any]) -> tuple[Schema, tuple[Narrowing, ...]]:
    """The schema's plain tree, and what the tree leaves out. Raises SchemaError where the schema cannot be used."""
    check(schema)
    reading = _Reading(References(schema))
    tree = reading.plain(schema, "", (), 0)
    if tree is None or not tree.get("properties"):
        raise SchemaError('The schema must describe an object: give it "type": "object" and "properties".')
    return tree, tuple(dict.fromkeys(reading.narrowed))


@dataclass
class _Reading:
    """One walk down a schema that `check` let through. Pointers name an item of an array or of a map as `*`."""

    references: References
    narrowed: list[Narrowing] = field(default_factory=list)
    nodes: int = 0

    def plain(self, given: Any, pointer: str, path: tuple[int, ...], depth: int) -> Schema | None:
        """One part and what is below it as a plain tree; None where it is not asked for."""
        if given is False:
            return None
        part = self._joined(given)
        options = self._options(part)
        shaped = [option for option in options if _shape(option.node) != "leaf"]
        if options and not shaped:
            return _choice(options)
        chosen = self._first(shaped, options, part, pointer) if shaped else part
        path = (*path, *chosen.references)
        if depth > MAX_DEPTH or any(path.count(one) > MAX_REPEATS for one in chosen.references):
            self._leave_out("schema-not-asked", pointer, "the schema goes deeper than it is followed")
            return None
        tree = self._tree(chosen.node, pointer, path, depth)
        if tree is not None and any(_takes_null(one.node) for one in (part, *options)):
            tree["x-null"] = True
        return tree

    def _joined(self, given: Any) -> _Part:
        """The part with its `$ref` and `allOf` taken into itself; what stands beside them wins."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise SchemaError(f"The schema has more than {MAX_NODES:,} parts once its references are followed.")
        if not isinstance(given, Mapping):
            return _Part({}, frozenset())
        joined: Schema = {}
        references: frozenset[int] = frozenset()
        parts = list(given.get("allOf", ()))
        if "$ref" in given:
            parts.insert(0, self.references.target(given["$ref"]))
            references = frozenset([id(parts[0])])
        for one in parts:
            inner = self._joined(one)
            joined, references = _together(joined, inner.node), references | inner.references
        own = {key: value for key, value in given.items() if key not in ("$ref", "allOf")}
        return _Part(_together(joined, own), references)

    def _options(self, part: _Part) -> list[_Part]:
        """All that a union may be, unions within it opened too, each with what stands beside the union."""
        base = {key: value for key, value in part.node.items() if key not in _UNIONS}
        found = []
        for option in part.node.get("anyOf") or part.node.get("oneOf") or ():
            if option is not False:
                inner = self._joined(option)
                node = {**_together(base, inner.node), **_notes(base)}
                whole = _Part(node, part.references | inner.references)
                found += self._options(whole) or [whole]
        return found

    def _first(self, shaped: list[_Part], options: list[_Part], part: _Part, pointer: str) -> _Part:
        """Of a union with objects or arrays the first; what may be absent in one of several is not required."""
        first = shaped[0]
        if any(not is_null(one.node) and _inner(one.node) != _inner(first.node) for one in options):
            self._leave_out("schema-narrowed", pointer, "of several forms the first object or list")
        if len(shaped) == 1:
            return first
        return _Part({**first.node, "required": part.node.get("required", [])}, first.references)

    def _tree(self, node: Schema, pointer: str, path: tuple[int, ...], depth: int) -> Schema | None:
        """The tree of a part without unions."""
        shape, types = _shape(node), _types(node)
        real = [one for one in types if one != "null"]
        if shape == "leaf":
            if {"object", "array"} & set(real):
                self._leave_out("schema-narrowed", pointer, "of several forms the plain values")
            return {**_notes(node), **_checks(node)}
        if len(real) > 1:
            self._leave_out("schema-narrowed", pointer, f"of several forms the {shape}")
        if shape == "array":
            return self._array(node, pointer, path, depth)
        if "properties" in node or node.get("additionalProperties") is False:
            return self._object(node, pointer, path, depth)
        return self._map(node, pointer, path, depth)

    def _object(self, node: Schema, pointer: str, path: tuple[int, ...], depth: int) -> Schema | None:
        given = node.get("properties", {})
        children = {}
        for name, value in given.items():
            child = self.plain(value, f"{pointer}/{name}", path, depth + 1)
            if child is not None:
                children[name] = child
        if node.get("patternProperties") or isinstance(node.get("additionalProperties"), Mapping):
            self._leave_out("schema-narrowed", pointer, "the properties that it names")
        if given and not children:
            return None
        return {**_notes(node), "type": "object", "properties": children, "required": list(node.get("required", ()))}

    def _map(self, node: Schema, pointer: str, path: tuple[int, ...], depth: int) -> Schema | None:
        """An object whose names the document gives: an array of its names and values."""
        forms = [*node.get("patternProperties", {}).values(), node.get("additionalProperties", True)]
        if len(forms) > 2 or (len(forms) == 2 and isinstance(forms[1], Mapping)):
            self._leave_out("schema-narrowed", pointer, "values of the first form")
        value = self.plain(forms[0], f"{pointer}/*", path, depth + 1)
        if value is None:
            return None
        entry = {"key": {"type": "string"}, "value": value}
        items = {"type": "object", "properties": entry, "required": ["key", "value"]}
        return {**_notes(node), "type": "array", "items": items, "x-key": ["key"], "x-map": True}

    def _array(self, node: Schema, pointer: str, path: tuple[int, ...], depth: int) -> Schema | None:
        bounds: Schema = {key: int(node[key]) for key in ("minItems", "maxItems") if key in node}
        places, rest = list(node.get("prefixItems", ())), node.get("items", True)
        if rest is False:
            bounds["maxItems"] = min(len(places), bounds.get("maxItems", len(places)))
        forms = places + ([rest] if isinstance(rest, Mapping) and rest else [])
        several = {"anyOf": forms} if len(forms) > 1 else (forms or [True])[0]
        items = self.plain(several, f"{pointer}/*", path, depth + 1)
        return None if items is None else {**_notes(node), "type": "array", "items": items, **bounds}

    def _leave_out(self, code: Literal["schema-narrowed", "schema-not-asked"], pointer: str, what: str) -> None:
        """Note what is not asked for."""
        place = pointer or "The schema"
        said = f"{what}, so nothing is asked there" if code == "schema-not-asked" else f"only {what} is asked for"
        self.narrowed.append(Narrowing(code, f"{place}: {said}."))


def _together(one: Mapping[str, Any], other: Mapping[str, Any]) -> Schema:
    """Two parts that hold for the same value as one; where both say something, the other wins."""
    joined = {**one, **other}
    for key in ("properties", "patternProperties"):
        if key in one and key in other:
            joined[key] = {**one[key], **other[key]}
    if "required" in one and "required" in other:
        joined["required"] = [*one["required"], *other["required"]]
    return joined


def _choice(options: list[_Part]) -> Schema:
    """A leaf that may be any of the options; null goes without saying."""
    real = [option.node for option in options if not is_null(option.node)]
    if not real:
        return {**_notes(options[0].node), "type": "null"}
    checks = [_checks(node) for node in real]
    distinct = [one for place, one in enumerate(checks) if one not in checks[:place]]
    return {**_notes(real[0]), **(distinct[0] if len(distinct) == 1 else {"anyOf": distinct})}


def _notes(node: Mapping[str, Any]) -> Schema:
    return {key: node[key] for key in NOTES if key in node}


def _inner(node: Mapping[str, Any]) -> Schema:
    """What is asked for below a node."""
    return {"type": _types(node), **{key: node[key] for key in _INNER if key in node}}


def _checks(node: Mapping[str, Any]) -> Schema:
    """What is checked at a leaf."""
    checks: Schema = {key: int(node[key]) if key in _LENGTHS else node[key] for key in _CHECKS if key in node}
    if isinstance(checks.get("type"), list) and not {"enum", "const"} & checks.keys():
        checks["type"] = [one for one in checks["type"] if one not in ("object", "array")]
    return checks


def _types(node: Mapping[str, Any]) -> list[str]:
    types = node.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _shape(node: Mapping[str, Any]) -> Literal["object", "array", "leaf"]:
    """What a part without unions describes: by its type, or where that leaves it open by what is said of its inside."""
    if "enum" in node or "const" in node:
        return "leaf"
    types = _types(node)
    plain = set(types) - {"object", "array", "null"}
    inside = {
        "object": any(isinstance(node.get(key), Mapping) for key in _INNER[:3]),
        "array": any(key in node for key in _INNER[3:]),
    }
    for shape in ("object", "array"):
        if (shape in types and (inside[shape] or not plain)) or (not types and inside[shape]):
            return "object" if shape == "object" else "array"
    return "leaf"


def is_null(node: Mapping[str, Any]) -> bool:
    """Whether a part takes null and nothing else."""
    if "const" in node:
        return node["const"] is None
    if "enum" in node:
        return all(one is None for one in node["enum"])
    return _types(node) == ["null"]


def _takes_null(node: Mapping[str, Any]) -> bool:
    """Whether a part says that it takes null."""
    return "null" in _types(node) or ("const" in node and node["const"] is None) or None in node.get("enum", ())
