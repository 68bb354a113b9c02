"""The user's part of an answer: every leaf of the wire schema filled with a value that was found, or null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.offline.blocks import Block
from pipeline.offline.fields import records
from pipeline.offline.fields.find import Finder
from pipeline.offline.fields.labels import readings
from pipeline.offline.fields.source import Record, read_source
from pipeline.offline.fields.wanted import Field, array_option, fields_of, leaf_options, make_field, object_option
from pipeline.offline.wire import Schema, Wire, type_of

_DEPTH = 12


def fill(wire: Wire, schema: Schema, blocks: Sequence[Block]) -> Any:
    """Data that is valid against `schema`: objects of wrapped leaves, arrays of wrapped items."""
    wanted = {field.path: field for field in fields_of(wire, schema)}
    names = frozenset(reading for text in _paths(wire, schema) for reading in readings(text, False))
    return _Filler(wire, wanted, Finder(read_source(blocks, names), wire)).node(schema, ())


def _paths(wire: Wire, schema: Schema, depth: int = 0) -> list[str]:
    """The names and titles of all properties, at any depth: on a page, they are labels."""
    found: list[str] = []
    for option in wire.options(schema) if depth < _DEPTH else []:
        for name, inner in option.get("properties", {}).items():
            if set(option["properties"]) != {"quote", "page", "value"}:
                found += [name, str(inner.get("title", ""))] if isinstance(inner, dict) else [name]
            found += _paths(wire, inner, depth + 1)
        if isinstance(option.get("items"), dict):
            found += _paths(wire, option["items"], depth + 1)
    return found


class _Filler:
    def __init__(self, wire: Wire, wanted: dict[tuple[str, ...], Field], finder: Finder) -> None:
        self._wire = wire
        self._wanted = wanted
        self._finder = finder

    def node(self, schema: Schema, path: tuple[str, ...]) -> Any:
        """The value of one node: a leaf, an array or an object; the emptiest one where it is none of them."""
        value = self._value(schema, path)
        return value if self._wire.valid(value, schema) else self._wire.blank(schema)

    def _value(self, schema: Schema, path: tuple[str, ...]) -> Any:
        leaf = leaf_options(self._wire, schema)
        if leaf:
            found = self._finder.best(self._wanted[path]) if path in self._wanted else None
            return found and self._wrapped(leaf[0], found.value, found.quote, found.page)
        array = array_option(self._wire, schema)
        if array is not None:
            return self._array(array, path)
        held = object_option(self._wire, schema)
        if held is not None and len(path) <= _DEPTH:
            return {name: self.node(inner, (*path, name)) for name, inner in held["properties"].items()}
        return self._wire.blank(schema)

    def _wrapped(self, wrapper: Schema, value: Any, quote: str, page: int) -> dict[str, Any]:
        limit = self._wire.resolve(wrapper["properties"]["quote"]).get("maxLength", 1000)
        return {"quote": shortened(quote, limit, value), "page": page, "value": value}

    def _array(self, array: Schema, path: tuple[str, ...]) -> list[Any]:
        item = leaf_options(self._wire, array.get("items", {}))
        if not item:
            return []
        wrapper, value = item
        described: Schema = {key: array[key] for key in ("title", "description") if key in array}
        held = object_option(self._wire, value)
        if held is not None:
            properties = {
                name: make_field(self._wire, (name,), inner)
                for name, inner in held["properties"].items()
                if leaf_options(self._wire, inner) is None and array_option(self._wire, inner) is None
            }
            found = records.records(
                path[-1] if path else "", str(described.get("description", "")), properties, self._finder
            )
            found = [self._completed(one, held) for one in found]
        elif type_of(value) in ("string", "number", "integer", ""):
            found = records.items(make_field(self._wire, path, {**described, **value}), self._finder)
        else:
            found = []
        kept = [
            self._wrapped(wrapper, one.value, one.quote, one.page)
            for one in found
            if self._wire.valid(one.value, value)
        ]
        return kept[: array.get("maxItems", len(kept))]

    def _completed(self, record: Record, held: Schema) -> Record:
        """A record with the emptiest values where it has none: nested arrays and objects are not filled from tables."""
        values = {
            name: self._wire.blank(inner) if record.value.get(name) is None else record.value[name]
            for name, inner in held["properties"].items()
        }
        return Record(values, record.quote, record.page)


def shortened(quote: str, limit: int, value: Any) -> str:
    """A quote of at most `limit` characters, cut between words, around the value where that can be told."""
    if len(quote) <= limit:
        return quote
    at = quote.find(str(value)) if isinstance(value, str) else -1
    if 0 <= at and len(str(value)) <= limit:
        start = max(0, min(at, len(quote) - limit))
        piece = quote[start : start + limit]
    else:
        piece = quote[:limit]
        start = 0
    if start:
        piece = piece.partition(" ")[2] if piece.find(" ") < max(0, at - start) else piece
    return piece.rpartition(" ")[0] if " " in piece and start + limit < len(quote) else piece
