"""The extracted data as a person reads it: single values as rows, lists of records as tables, each with its proof."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.ranges import format_ranges
from pipeline.report.places import KINDS, Places
from pipeline.result.model import ConflictPart, Evidence, ExtractionPart

Tone = Literal["sound", "doubt", "absent"]
_BEST = ("exact", "field", "cell", "normalised", "ocr", "fuzzy")
RULES = {
    "agree": "the verified value with the most places, then the earliest",
    "first": "the first in the document",
    "last": "the last in the document",
    "longest": "the longest",
    "sum": "the sum of all",
    "union": "all of them, joined",
    "schema": "what does not fit the schema becomes null",
    "maxItems": "items beyond the most that the schema allows are left out",
    "unverified": "no quote supports it, and such values were to be left out",
    "adjudicate": "the model chose among them, with each place before it",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a value can be believed: in words, and the pages of its evidence as ranges."""

    tone: Tone
    words: str
    where: str


@dataclass(frozen=True, slots=True)
class Row:
    """One value. `at` are the numbers of its places; `conflict` is the number of its conflict from 1, else 0."""

    name: str
    value: str
    proof: Proof
    at: str
    quote: str
    conflict: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a record; `at` where it has evidence of its own."""

    value: str
    tone: Tone
    at: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a list."""

    cells: tuple[Cell, ...]
    proof: Proof
    at: str
    conflict: int


@dataclass(frozen=True, slots=True)
class Table:
    """One list of records."""

    name: str
    columns: tuple[str, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several values that disagree."""

    value: str
    taken: bool
    proof: Proof
    at: str
    quote: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Values that disagree, side by side, and the rule that decided."""

    number: int
    name: str
    chosen: str
    rule: str
    says: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """All that was extracted, and how many single values are sound, in doubt or absent."""

    rows: tuple[Row, ...]
    tables: tuple[Table, ...]
    conflicts: tuple[Conflict, ...]
    counts: dict[Tone, int]


def proof_of(evidence: Sequence[Evidence], *, verified: bool = True) -> Proof:
    """What evidence proves. Not `verified` is a value that no quote supports, whatever evidence it has."""
    pages = format_ranges(one.page for one in evidence if one.page is not None)
    where = pages or ", ".join(dict.fromkeys(one.source for one in evidence if one.source))
    best = min(evidence, key=_rank, default=None)
    if best is None:
        return Proof("doubt", "no evidence", where)
    words = KINDS[best.match]
    if best.match in ("fuzzy", "ocr") and best.score is not None and best.score < 1:
        words += f", {best.score:.0%}"
    if best.match in ("picture", "none"):
        return Proof("doubt", words, where)
    return Proof("sound", words, where) if verified else Proof("doubt", "the quote does not hold it", where)


def _rank(one: Evidence) -> tuple[int, float]:
    return (_BEST.index(one.match) if one.match in _BEST else len(_BEST) + (one.match == "none"), -(one.score or 0))


class _Walk:
    """One pass over the data, collecting rows and tables."""

    def __init__(self, extraction: ExtractionPart, places: Places) -> None:
        self._evidence = extraction.evidence
        self._below: dict[str, list[Evidence]] = {}
        self._unverified = frozenset(extraction.unverified)
        self._conflicts: dict[str, int] = {}
        self._places = places
        self.rows: list[Row] = []
        self.tables: list[Table] = []
        self.counts: dict[Tone, int] = {"sound": 0, "doubt": 0, "absent": 0}
        for pointer, found in extraction.evidence.items():  # a record's evidence may stand at what is in it
            for above in _way(pointer):
                self._below.setdefault(above, []).extend(found)
        for number, conflict in enumerate(extraction.conflicts, 1):
            for above in _way(conflict.pointer):
                self._conflicts.setdefault(above, number)

    def walk(self, pointer: str, value: Any) -> None:
        if isinstance(value, dict) and value:
            for name, child in value.items():
                self.walk(_child(pointer, name), child)
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            self.tables.append(self._table(pointer, value))
        else:
            self.rows.append(self._row(pointer, value))

    def _row(self, pointer: str, value: Any) -> Row:
        found = self._below.get(pointer, [])
        proof = self._proof(pointer, value, found)
        self.counts[proof.tone] += 1
        quote = found[0].quote if found else ""
        at = self._places.of(found)
        return Row(path_of(pointer), shown(value), proof, at, quote, self._conflicts.get(pointer, 0))

    def _table(self, pointer: str, items: Sequence[dict[str, Any]]) -> Table:
        columns = tuple(dict.fromkeys(name for item in items for name in item))
        return Table(
            path_of(pointer) or "records",
            columns,
            tuple(self._record(f"{pointer}/{number}", item, columns) for number, item in enumerate(items)),
        )

    def _record(self, pointer: str, item: dict[str, Any], columns: Sequence[str]) -> Record:
        found = self._below.get(pointer, [])
        doubted = pointer in self._unverified
        cells = tuple(self._cell(_child(pointer, name), item.get(name), doubted) for name in columns)
        proof = self._proof(pointer, item, found)
        return Record(cells, proof, self._places.of(found), self._conflicts.get(pointer, 0))

    def _cell(self, pointer: str, value: Any, doubted: bool) -> Cell:
        absent = value is None or value in ([], {})
        tone: Tone = "absent" if absent else "doubt" if doubted or pointer in self._unverified else "sound"
        self.counts[tone] += 1
        return Cell(shown(value), tone, self._places.of(self._below.get(pointer, ())))

    def _proof(self, pointer: str, value: Any, found: Sequence[Evidence]) -> Proof:
        if value is None or value in ([], {}):
            return Proof("absent", "not found", "")
        items = range(len(value)) if isinstance(value, list) else ()
        doubted = pointer in self._unverified or any(f"{pointer}/{number}" in self._unverified for number in items)
        return proof_of(found, verified=not doubted)


def fields_of(extraction: ExtractionPart, places: Places) -> Fields:
    """The rows, tables and conflicts of what was extracted; their places are added to `places`."""
    walk = _Walk(extraction, places)
    walk.walk("", extraction.data)
    conflicts = tuple(_conflict(number, one, places) for number, one in enumerate(extraction.conflicts, 1))
    return Fields(tuple(walk.rows), tuple(walk.tables), conflicts, walk.counts)


def _conflict(number: int, one: ConflictPart, places: Places) -> Conflict:
    candidates = tuple(
        Candidate(
            shown(each.value),
            one.chosen is not None and shown(each.value) == shown(one.chosen),
            proof_of(each.evidence),
            places.of(each.evidence),
            each.evidence[0].quote if each.evidence else "",
        )
        for each in one.candidates
    )
    return Conflict(number, path_of(one.pointer), shown(one.chosen), one.rule, RULES.get(one.rule, ""), candidates)


def _way(pointer: str) -> list[str]:
    """The pointer and all above it but the whole: "/items/0" of "/items/0/total" too."""
    steps = pointer.split("/")
    return ["/".join(steps[:end]) for end in range(2, len(steps) + 1)]


def _child(pointer: str, name: str) -> str:
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def path_of(pointer: str) -> str:
    """A pointer as a person reads it: "/seller/name" is "seller › name", "/items/0" is "items › 1"."""
    steps = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
    return " › ".join(str(int(step) + 1) if step.isdecimal() and len(step) < 9 else step for step in steps)


def shown(value: Any) -> str:
    """A value as text; what was not found is a dash, what is nested is JSON."""
    if value is None or value in ([], {}):
        return "–"
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        return "; ".join(map(shown, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
