"""The user's part of an answer: every leaf of the wire schema filled with a value that was found, or null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.offline.blocks import Block
from pipeline.offline.fields import records
from pipeline.offline.fields.find import Finder
from pipeline.offline.fields.labels import readings
from pipeline.offline.fields.series import Series
from pipeline.offline.fields.source import Record, read_source
from pipeline.offline.fields.wanted import Field, Path, array_option, fields_of, leaf_options, make_field, object_option
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
        self._series = Series(finder)

    def node(self, schema: Schema, path: tuple[str, ...]) -> Any:
        """The value of one node: a leaf, an array or an object; the emptiest one where it is none of them."""
        value = self._value(schema, path)
        return value if self._wire.valid(value, schema) else self._wire.blank(schema)

    def _value(self, schema: Schema, path: tuple[str, ...]) -> Any:
        leaf = leaf_options(self._wire, schema)
        if leaf:
            wanted = self._wanted.get(path)
            found = (self._series.own_period(wanted) or self._finder.best(wanted)) if wanted else None
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
        held = object_option(self._wire, value)
        described: Schema = {key: array[key] for key in ("title", "description") if key in array}
        if held is not None:
            found = self._records(make_field(self._wire, path, {**described, "type": "number"}), held)
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

    def _records(self, wanted: Field, held: Schema) -> list[Record]:
        """Records from the pages; where a record holds records itself, one for each table of those."""
        name, flat = wanted.path[-1] if wanted.path else "", self._flat(held)
        figures = self._series.records(wanted, flat)
        if figures:
            return [self._completed(one, held) for one in figures]
        inner = [(key, found) for key, found in self._inner_arrays(held) if flat]
        if len(inner) == 1 and len(flat) <= 3:
            key, (wrapper, inside) = inner[0]
            rows = self._flat(inside)
            out = []
            for group in records.groups(flat, key, rows, self._finder):
                kept = [self._completed(one, inside) for one in group.rows]
                wrapped = [self._wrapped(wrapper, one.value, one.quote, one.page) for one in kept]
                whole = self._completed(Record(group.values, group.quote, group.page), held)
                out.append(Record({**whole.value, key: wrapped}, group.quote, group.page))
            return out
        return [self._completed(one, held) for one in records.records(name, flat, self._finder)]

    def _flat(self, held: Schema, path: tuple[str, ...] = ()) -> dict[Path, Field]:
        """The leaves of a record by their paths, those of its inner objects included."""
        found: dict[Path, Field] = {}
        for name, inner in held["properties"].items():
            deeper = object_option(self._wire, inner)
            if array_option(self._wire, inner) is not None or leaf_options(self._wire, inner) is not None:
                continue
            if deeper is not None and len(path) < 3:
                found |= self._flat(deeper, (*path, name))
            elif deeper is None:
                found[(*path, name)] = make_field(self._wire, (*path, name), inner)
        return found

    def _inner_arrays(self, held: Schema) -> list[tuple[str, tuple[Schema, Schema]]]:
        """The arrays of records right inside of a record: (name, (wrapper, record))."""
        found = []
        for name, inner in held["properties"].items():
            array = array_option(self._wire, inner)
            item = leaf_options(self._wire, array.get("items", {})) if array is not None else None
            record = object_option(self._wire, item[1]) if item else None
            if item and record is not None:
                found.append((name, (item[0], record)))
        return found

    def _completed(self, record: Record, held: Schema) -> Record:
        """A record in the schema's own shape, with the emptiest values where it has none."""
        return Record(self._shaped(record.value, held, ()), record.quote, record.page)

    def _shaped(self, values: dict[Path, Any], held: Schema, path: tuple[str, ...]) -> dict[str, Any]:
        shaped = {}
        for name, inner in held["properties"].items():
            deeper = object_option(self._wire, inner) if leaf_options(self._wire, inner) is None else None
            value = values.get((*path, name))
            if deeper is not None and array_option(self._wire, inner) is None and len(path) < 3:
                value = self._shaped(values, deeper, (*path, name))
            shaped[name] = self._wire.blank(inner) if value is None else value
        return shaped


def shortened(quote: str, limit: int, value: Any) -> str:
    """A quote of at most `limit` characters, cut between words, around the value where that can be told."""
    if len(quote) <= limit:
        return quote
    at = quote.find(str(value)) if isinstance(value, str) else -1
    if at >= 0 and len(str(value)) <= limit:
        start = max(0, min(at, len(quote) - limit))
        piece = quote[start : start + limit]
    else:
        piece = quote[:limit]
        start = 0
    if start:
        piece = piece.partition(" ")[2] if piece.find(" ") < max(0, at - start) else piece
    return piece.rpartition(" ")[0] if " " in piece and start + limit < len(quote) else piece
