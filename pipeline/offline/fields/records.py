"""Arrays: the table whose columns are the record's properties, one row a record; lists under a label or heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.offline.blocks import Row
from pipeline.offline.fields import careers, citations, people
from pipeline.offline.fields.find import Finder
from pipeline.offline.fields.labels import Reading, best_likeness, readings
from pipeline.offline.fields.names import names_someone
from pipeline.offline.fields.source import Candidate, Record, section_lines
from pipeline.offline.fields.tables import Table, is_figure, is_total
from pipeline.offline.fields.values import TYPED, read
from pipeline.offline.fields.wanted import Field, Path

_CODE = re.compile(r"(?=\S*\d)[A-Za-z0-9][\w./-]{2,}")
_LIKE = 0.6
_NAMING = frozenset({"name", "title", "description", "segment", "method", "item"})
_NEAR = 5
"""How many blocks above a table are looked at for what it is about."""
_ENOUGH = 0.55


def records(name: str, properties: Mapping[Path, Field], finder: Finder) -> list[Record]:
    """The records of an array of objects, from the tables that fit best; else from the lines of a section."""
    fits = []
    for table in finder.source.tables:
        columns = _columns(table, properties, readings(name))
        score = _table_score(columns, properties, finder, table)
        if score >= _ENOUGH:
            fits.append((score, table, {key: at for key, (at, _) in columns.items()}))
    if not fits:
        return (
            people.people(name, properties, finder)
            or citations.citations(name, properties, finder)
            or careers.stations(name, properties, finder)
            or _from_lines(name, properties, finder)
        )
    best = max(score for score, _, _ in fits)
    shape = next(set(columns) for score, _, columns in fits if score == best)
    chosen = [(table, columns) for score, table, columns in fits if score >= best - 0.08 and set(columns) == shape]
    return [record for table, columns in chosen for record in _rows(table, columns, properties, finder)]


@dataclass(frozen=True, slots=True)
class Group:
    """A table whose rows are the inner records of one outer record, whose own values stand above it."""

    values: dict[Path, Any]
    rows: list[Record]
    quote: str
    page: int


def groups(outer: Mapping[Path, Field], name: str, inner: Mapping[Path, Field], finder: Finder) -> list[Group]:
    """One group for each table of inner records; what the outer record asks for is looked for right above the table."""
    found = []
    for table in finder.source.tables:
        columns = _columns(table, inner, readings(name))
        if _table_score(columns, inner, finder, table) < _ENOUGH:
            continue
        rows = _rows(table, {key: at for key, (at, _) in columns.items()}, inner, finder)
        above = {key: finder.last(wanted, table.order - _NEAR, table.order) for key, wanted in outer.items()}
        values = {key: one.value if one else None for key, one in above.items()}
        quote = next((one.quote for one in above.values() if one), table.head)
        if rows and any(value is not None for value in values.values()):
            found.append(Group(values, rows, quote, table.pages[0]))
    return found


def _columns(table: Table, properties: Mapping[Path, Field], owner: Sequence[Reading]) -> dict[Path, tuple[int, float]]:
    """Which column holds which property: the best pairs first, each column and each property once."""
    around = frozenset(word for reading in owner for word in reading)
    pairs = []
    for key, wanted in properties.items():
        for at, cell in enumerate(table.header):
            names = (*wanted.names, *(reading | around for reading in wanted.own))
            like = max(
                best_likeness(wanted.names, readings(cell), around, wanted.context | around),
                best_likeness(names, readings(cell)),
            )
            if like >= _LIKE:
                pairs.append((like * _suits(table, at, wanted), key, at))
    found: dict[Path, tuple[int, float]] = {}
    for like, key, at in sorted(pairs, key=lambda pair: -pair[0]):
        if key not in found and all(at != taken for taken, _ in found.values()):
            found[key] = (at, like)
    return _with_names(found, table, properties, owner)


def _with_names(
    found: dict[Path, tuple[int, float]], table: Table, properties: Mapping[Path, Field], owner: Sequence[Reading]
) -> dict[Path, tuple[int, float]]:
    """The first column names the rows: in a table that is about the array's things, it holds their names.

    Under "Segments", the first column of "| in millions | External revenue |" names the segments.
    """
    named = next((key for key, wanted in properties.items() if any(reading <= _NAMING for reading in wanted.own)), None)
    if not found or not named or named in found or any(at == 0 for at, _ in found.values()):
        return found
    about = max(best_likeness(owner, readings(text)) for text in (table.title, table.section)) >= 0.55
    words = [row.cells[0] for row in table.rows if row.cells[0] and not is_figure(row.cells[0])]
    fits = about and len(words) >= 0.8 * len(table.rows) and _suits(table, 0, properties[named]) > 0.8
    return {**found, named: (0, 0.75)} if fits else found


def _suits(table: Table, at: int, wanted: Field) -> float:
    """Words do not belong into a column of figures, and figures not into one of words."""
    cells = [row.cells[at] for row in table.rows[:20] if at < len(row.cells) and row.cells[at]]
    figures = sum(is_figure(cell) for cell in cells) / len(cells) if cells else 0.5
    codes = sum(bool(_CODE.fullmatch(cell)) for cell in cells) / len(cells) if cells else 0.5
    if wanted.kind in ("text", "person", "company", "long"):
        return 1.0 - 0.5 * max(figures, codes)
    if wanted.kind == "code":
        return 0.6 + 0.4 * codes
    return 0.5 + 0.5 * figures if wanted.kind in ("money", "number", "percent", "integer") else 1.0


def _table_score(
    columns: Mapping[Path, tuple[int, float]], properties: Mapping[Path, Field], finder: Finder, table: Table
) -> float:
    """How well a table fits: the share of properties it names, and whether its cells can be read as their kinds."""
    if not columns or len(columns) < min(2, len(properties)) or not table.rows:
        return 0.0
    readable = total = 0
    for key, (at, _) in columns.items():
        for row in table.rows[:12]:
            cell = row.cells[at] if at < len(row.cells) else ""
            if cell and not is_total(row):
                total += 1
                readable += read(properties[key], cell, finder.source.usage, finder.wire, table.scale) is not None
    named = sum(like for _, like in columns.values()) / max(len(columns), min(len(properties), 4))
    return named * (readable / total if total else 0.0)


def _rows(table: Table, columns: Mapping[Path, int], properties: Mapping[Path, Field], finder: Finder) -> list[Record]:
    header = [cell.casefold() for cell in table.header]
    found: list[Record] = []
    for row, page in zip(table.rows, table.pages, strict=True):
        if is_total(row) or [cell.casefold() for cell in row.cells] == header:
            continue
        values = {key: _cell(row, columns.get(key), wanted, table, finder) for key, wanted in properties.items()}
        filled = sum(value is not None for key, value in values.items() if key in columns)
        if filled >= max(2, (len(columns) + 1) // 2) or filled == len(columns):
            found.append(Record(values, row.quote, page))
        elif found and page == found[-1].page:
            _continue(found[-1], row, columns)
    return found


def _continue(record: Record, row: Row, columns: Mapping[Path, int]) -> None:
    """A line that holds nothing but more words of a text column goes on with the record above."""
    filled = [at for at, cell in enumerate(row.cells) if cell]
    key = next((key for key, at in columns.items() if filled == [at] and at > 0), None)
    if key and isinstance(record.value[key], str):
        record.value[key] = f"{record.value[key]} {row.cells[filled[0]]}"


def _cell(row: Row, at: int | None, wanted: Field, table: Table, finder: Finder) -> Any:
    if at is None or at >= len(row.cells) or not row.cells[at]:
        return None
    got = read(wanted, row.cells[at], finder.source.usage, finder.wire, table.scale, table.currency)
    return got.value if got else None


def _from_lines(name: str, properties: Mapping[Path, Field], finder: Finder) -> list[Record]:
    """Lines "Name, Role" under a heading of the array's name, where a record has one name and one or two texts more."""
    people = [
        key
        for key, wanted in properties.items()
        if wanted.kind in ("person", "company") or {"name"} in map(set, wanted.own)
    ]
    others = [
        key
        for key, wanted in properties.items()
        if key not in people and wanted.kind in ("text", "person", "enum", "email", "year", "date")
    ]
    if len(people) != 1 or not others:
        return []
    found = []
    for line, page in section_lines(name, finder.source):
        pieces = [
            piece.strip() for piece in re.split(r",\s|\s[–—-]\s|\t|\s\(|:\s|\s\|\s", line.rstrip(").")) if piece.strip()
        ]
        head = read(properties[people[0]], pieces[0], finder.source.usage, finder.wire) if pieces else None
        if not head or len(pieces) < 2 or len(pieces) > 4 or head.piece != pieces[0]:
            continue
        values: dict[Path, Any] = dict.fromkeys(properties)
        values[people[0]] = head.value
        for key, piece in zip(others, pieces[1:], strict=False):
            got = read(properties[key], piece, finder.source.usage, finder.wire)
            values[key] = got.value if got else None
        found.append(Record(values, line, page))
    return found if len(found) >= 2 else []


def items(wanted: Field, finder: Finder) -> list[Record]:
    """The items of an array of plain values."""
    pattern = TYPED.get(wanted.kind)
    if pattern:
        return _by_form(wanted, pattern, finder)
    if best_likeness(wanted.names, [people.AUTHOR]) >= 0.8 and (authors := people.author_list(finder)):
        return [one for one in authors if finder.wire.valid(one.value, wanted.schema)]
    for entry in finder.source.entries:
        like = best_likeness(wanted.names, entry.readings)
        if like >= 0.85 and entry.value and not is_figure(entry.value) and entry.group < 0:
            found = _split(wanted, entry.value, entry.quote, entry.page, finder)
            if found and (len(found) > 1 or like * entry.prior >= 0.95):
                return found
    if wanted.kind in ("company", "person"):
        by_role = (one for one in finder.candidates(wanted) if one.score >= 0.75 and names_someone(str(one.value)))
        return _distinct(by_role) or _listed(wanted, finder)
    return _listed(wanted, finder)


def _by_form(wanted: Field, pattern: re.Pattern[str], finder: Finder) -> list[Record]:
    hits: dict[str, Record] = {}
    for block in finder.source.blocks:
        for match in pattern.finditer(block.text):
            got = read(wanted, match[0], finder.source.usage, finder.wire)
            if got:
                hits.setdefault(str(got.value).casefold(), Record(got.value, match[0], block.page))
    return list(hits.values())


def _distinct(found: Iterator[Candidate]) -> list[Record]:
    seen: dict[str, Record] = {}
    for one in sorted(found, key=lambda one: one.order):
        seen.setdefault(re.sub(r"\W+", "", str(one.value)).casefold(), Record(one.value, one.quote, one.page))
    return list(seen.values())


def _split(wanted: Field, text: str, quote: str, page: int, finder: Finder) -> list[Record]:
    """The items of a list in one text: "a, b; c and d"."""
    separator = r";" if ";" in text else r"\s[·•|]\s" if re.search(r"\s[·•|]\s", text) else r",(?!\d)"
    pieces = [piece.strip(" .") for piece in re.split(separator, text)]
    pieces = [piece.removeprefix("and ").removeprefix("und ").removeprefix("et ").strip() for piece in pieces if piece]
    if not pieces or any(len(piece) > 70 for piece in pieces) or quote.count(pieces[0]) == 0:
        return []
    read_pieces = [read(wanted, piece, finder.source.usage, finder.wire) for piece in pieces]
    return [Record(got.value, quote, page) for got in read_pieces if got]


def _listed(wanted: Field, finder: Finder) -> list[Record]:
    """Short lines under a heading of the field's name."""
    lines = section_lines(wanted.path[-1], finder.source)
    if not lines or len(lines) > 60 or any(len(line) > 160 for line, _ in lines):
        return []
    if len(lines) == 1 and "," in lines[0][0]:
        return _split(wanted, lines[0][0], lines[0][0], lines[0][1], finder)
    found = [(read(wanted, line, finder.source.usage, finder.wire), line, page) for line, page in lines]
    return [Record(got.value, line, page) for got, line, page in found if got]
