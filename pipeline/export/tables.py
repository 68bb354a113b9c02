"""Results as tables: the values that a document has once in a row each, every list of the schema as a table of its own.

    {"total": 5, "seller": {"name": "A"}, "items": [{"n": 1, "parts": ["x", "y"]}, {"n": 2, "parts": []}]}

    documents     total=5, seller.name=A
    items         _pointer=/items/0, n=1            _pointer=/items/1, n=2
    items.parts   _pointer=/items/0/parts/0, _parent=/items/0, value=x            /items/0/parts/1, value=y

Columns that begin with `_` are Quire's own: the document, where the row stands in the data, and where in the document.
Beside them stands the table `evidence`, with each place of each value. The columns are those of the schema, whether a
result has a value there or not; results of one schema share their tables.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.ask.pointers import names_of, step_of
from pipeline.ask.schema import Schema, kind, resolve
from pipeline.result.model import ExtractionPart, Result

Type = Literal["text", "integer", "number", "boolean"]
Row = dict[str, Any]

DOCUMENTS, EVIDENCE = "documents", "evidence"
_NAME_CHARS = 80
"""Longest name of a table's file, without what keeps it apart from others."""
_OWN: dict[str, Type] = {"_document": "text", "_sha256": "text"}
_PLACE: dict[str, Type] = {"_page": "integer", "_quote": "text", "_verified": "boolean"}
_DOCUMENT: dict[str, Type] = {"_status": "text", "_valid": "boolean", "_unverified": "integer"}
_EVIDENCE: dict[str, Type] = {
    "_pointer": "text",
    "_value": "text",
    **_PLACE,
    "_source": "text",
    "_match": "text",
    "_score": "number",
}


@dataclass(slots=True)
class Table:
    """Rows of the same columns, each of a type; a row lacks what is null. `name` is fit for a file."""

    name: str
    columns: dict[str, Type]
    rows: list[Row] = field(default_factory=list)


def tables(results: Iterable[Result]) -> dict[str, list[Table]]:
    """The tables of the results by the folder that they belong in: "" where all have one schema, else one for each.

    Results without a schema have no data: of them there is a row in `documents`, in a folder of their own.
    """
    made: dict[str, _Sheets] = {}
    for result in results:
        schema = result.extraction.schema_ if result.extraction else {}
        key = json.dumps(schema, sort_keys=True)
        if key not in made:
            made[key] = _Sheets(schema)
        made[key].add(result)
    if len(made) == 1:
        return {"": next(iter(made.values())).tables}
    return {_folder(key): sheets.tables for key, sheets in made.items()}


def _folder(key: str) -> str:
    """A folder for the results of one schema: its title, and a piece of its hash."""
    title = json.loads(key).get("title")
    return f"{safe_name(title if isinstance(title, str) else 'schema')}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def safe_name(text: str) -> str:
    """A name that is a file's anywhere, and none of another folder."""
    return re.sub(r"[^\w.-]+", "_", text)[:_NAME_CHARS].strip("._ ") or "table"


@dataclass(frozen=True, slots=True)
class _List:
    """One list of the schema: its table, its items, and whether the data has it as an object of any names."""

    table: Table
    item: Schema
    is_map: bool


class _Sheets:
    """The tables of one schema, filled result by result."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._tree: Schema = resolve(schema) if schema else {"type": "object", "properties": {}}
        self._lists: dict[str, _List] = {}
        self._names = {DOCUMENTS, EVIDENCE}
        self._documents = Table(DOCUMENTS, {**_OWN, **_DOCUMENT, **self._columns(self._tree, "", "")})
        self._evidence = Table(EVIDENCE, {**_OWN, **_EVIDENCE})

    @property
    def tables(self) -> list[Table]:
        """The documents, each list in the order of the schema, and the evidence."""
        return [self._documents, *(one.table for one in self._lists.values()), self._evidence]

    def _columns(self, node: Schema, path: str, column: str) -> dict[str, Type]:
        """The columns of a record's own values; tables are made for the lists below it."""
        what = kind(node)
        if what == "leaf":
            return {column or "value": _type(node)}
        if what == "array":
            self._add_list(node, path)
            return {}
        found: dict[str, Type] = {}
        for name, child in node["properties"].items():
            found |= self._columns(child, _below(path, name), _below(column, name))
        return found

    def _add_list(self, node: Schema, path: str) -> None:
        path = path or "list"
        table = Table(self._free_name(path), {})
        self._lists[path] = _List(table, node["items"], bool(node.get("x-map")))
        own: dict[str, Type] = {"_pointer": "text", "_parent": "text"}
        table.columns = {**_OWN, **own, **_PLACE, **self._columns(node["items"], _inner(path, node["items"]), "")}

    def _free_name(self, path: str) -> str:
        """A name for a list's table that no other has; case is no difference, as on some file systems."""
        name = safe_name(path)
        number = 2
        while name.casefold() in self._names:
            name, number = f"{safe_name(path)}-{number}", number + 1
        self._names.add(name.casefold())
        return name

    def add(self, result: Result) -> None:
        """The rows of one result."""
        own = {"_document": result.document.file, "_sha256": result.document.sha256}
        found = result.extraction
        status: Row = {"_status": result.status}
        if found is None:
            self._documents.rows.append({**own, **status})
            return
        filling = _Filling(own, found, self._lists)
        row = filling.record(self._tree, found.data, _At())
        status |= {"_valid": found.valid, "_unverified": len(found.unverified)}
        self._documents.rows.append({**own, **status, **row})
        self._evidence.rows += ({**own, **one} for one in _places(found))


@dataclass(frozen=True, slots=True)
class _At:
    """Where the walk is: path and column in the schema, the pointer in the data and that of the record above."""

    path: str = ""
    column: str = ""
    pointer: str = ""
    record: str | None = None

    def below(self, name: str) -> _At:
        """The place of a property."""
        return _At(_below(self.path, name), _below(self.column, name), f"{self.pointer}/{step_of(name)}", self.record)


@dataclass(slots=True)
class _Filling:
    """One result on its way into the tables."""

    own: Row
    found: ExtractionPart
    lists: Mapping[str, _List]
    _unverified: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._unverified = frozenset(
            above for pointer in self.found.unverified for above in (pointer, *_parents(pointer))
        )

    def record(self, node: Schema, data: Any, at: _At) -> Row:
        """A record's own values by column; the rows of the lists below it go into their tables."""
        if data is None:
            return {}
        what = kind(node)
        if what == "leaf":
            return {at.column or "value": data}
        if what == "array":
            self._list(data, at)
            return {}
        row: Row = {}
        for name, child in node["properties"].items():
            row |= self.record(child, data.get(name) if isinstance(data, Mapping) else None, at.below(name))
        return row

    def _list(self, data: Any, at: _At) -> None:
        into = self.lists[at.path or "list"]
        path = _inner(at.path or "list", into.item)
        steps = data.items() if into.is_map else enumerate(data)
        for step, item in steps:
            pointer = f"{at.pointer}/{step_of(str(step))}"
            if into.is_map:
                here = _At(_below(path, "value"), "value", pointer, pointer)
                row = {"key": step, **self.record(into.item["properties"]["value"], item, here)}
            else:
                row = self.record(into.item, item, _At(path, "", pointer, pointer))
            above = {"_pointer": pointer, "_parent": at.record}
            into.table.rows.append({**self.own, **above, **self._place(pointer), **row})

    def _place(self, pointer: str) -> Row:
        """Where a record stands, by the first of its evidence; verified where nothing of it is not."""
        evidence = self.found.evidence.get(pointer, ())
        row: Row = {"_verified": bool(evidence) and pointer not in self._unverified}
        return row | ({"_page": evidence[0].page, "_quote": evidence[0].quote} if evidence else {})


def _places(found: ExtractionPart) -> Iterator[Row]:
    """Each place of each value, in the order of the data; of a value without one, that it is not verified."""
    unverified = set(found.unverified)
    for pointer in dict.fromkeys([*found.evidence, *found.unverified]):
        value = _at(found.data, pointer)
        row: Row = {"_pointer": pointer, "_verified": pointer not in unverified}
        row["_value"] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for one in found.evidence.get(pointer, ()):
            place = {"_page": one.page, "_quote": one.quote, "_source": one.source}
            yield {**row, **place, "_match": one.match, "_score": one.score}
        if not found.evidence.get(pointer):
            yield row


def _at(data: Any, pointer: str) -> Any:
    """What stands there in the data; None where nothing does."""
    for name in names_of(pointer):
        if isinstance(data, Mapping):
            data = data.get(name)
        elif isinstance(data, Sequence) and not isinstance(data, str) and name.isdigit() and int(name) < len(data):
            data = data[int(name)]
        else:
            return None
    return data


def _parents(pointer: str) -> Iterator[str]:
    while pointer := pointer.rpartition("/")[0]:
        yield pointer


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _inner(path: str, item: Schema) -> str:
    """The path of what is in a list's items: of a list in a list, one step further."""
    return f"{path}.item" if kind(item) == "array" else path


def _type(leaf: Schema) -> Type:
    """The type of a leaf's column: text where it may be of several."""
    options = [one for one in leaf.get("anyOf", [leaf]) if one.get("type") != "null"]
    types = {name for one in options for name in _names(one) if name != "null"}
    if types and types <= {"integer", "number"}:
        return "number" if "number" in types else "integer"
    return "boolean" if types == {"boolean"} else "text"


def _names(leaf: Mapping[str, Any]) -> list[str]:
    """The types that a leaf says it has, or that its only values have."""
    named = leaf.get("type")
    if named is not None:
        return [named] if isinstance(named, str) else list(named)
    values = leaf.get("enum", [leaf["const"]] if "const" in leaf else [""])
    known = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
    return [known.get(type(value), "string") for value in values]
