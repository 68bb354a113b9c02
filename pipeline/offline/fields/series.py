"""A figure over periods: an array called "revenue" whose records have a value and a period, out of statement tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from pipeline.offline.blocks import Row
from pipeline.offline.fields.find import Finder
from pipeline.offline.fields.labels import Reading, best_likeness, readings, tokens
from pipeline.offline.fields.numbers import Number, currency_of, find_numbers
from pipeline.offline.fields.periods import Column, Period, balanced, columns_of, year_end
from pipeline.offline.fields.source import Candidate, Record
from pipeline.offline.fields.tables import Table
from pipeline.offline.fields.values import plain
from pipeline.offline.fields.wanted import Field, Path

_LIKE = 0.84
_NEAR = 8
"""A table without a header goes on with the columns of one that stands at most so many blocks above it."""
_DASH = re.compile(r"[$€£\s]*[-–—]+[\s%]*")
_REMARK = re.compile(r"\s*\((?:[A-Za-z]|\d{1,2})\)|,?\s+net of\b.*|,\s*net$|\s*[:*†]+\s*$|,?\s+less allowance\b.*")
_PER_SHARE = re.compile(r"\bper\b.*\bshare\b|\beps\b", re.IGNORECASE)
_NOT_MONEY = re.compile(r"\bshares?\b|\bemployees\b|\bheadcount\b", re.IGNORECASE)
_NONE = re.compile(r"['\"‘“](?P<none>NA|N/A|n/a|none|-)['\"’”] (?:for|if|when|where)\b")
_GROWTH_ROW = re.compile(r"(?:%|yoy|year[- ]over[- ]year)?\s*(?:growth|change)\s*%?", re.IGNORECASE)
_FISCAL = re.compile(r"\bFY\s?\d{4}")
_GROWTH = frozenset({"growth", "change", "increase"})
_SHARES = frozenset({"margin", "rate", "percent", "percentage", "ratio", "yield"})
_OF_A_REPORT = frozenset({"period", "report", "reporting", "fiscal", "financial", "end", "date"})
_OF_A_DAY = frozenset({"balance"})
_OF_A_SPAN = frozenset({"income", "cash", "flow", "earning", "operation", "profit", "loss"})
_WHOLE = frozenset({"company", "consolidated", "group", "actual", "reported", "historical"})
"""What a row of a company's own statements is, in words that an enum may have."""
_OF_A_PART = frozenset({"actual", "reported", "historical"})
_PLACE = re.compile(
    r"\b(?:Americas?|EMEA|Europe|Asia|Pacific|APJC?|APLA|China|Japan|India|Africa|Latin|Middle East|International|"
    r"United States|U\.S\.|Canada|Mexico|Brazil|Germany|United Kingdom|France|Australia)\b"
)
_SEGMENTS = re.compile(r"\bsegments?\b", re.IGNORECASE)
_YEARLY = frozenset({"yoy", "yearly", "annual"})


@dataclass(frozen=True, slots=True)
class _Roles:
    """Which property of a record holds what."""

    value: Path
    period: Path
    unit: Path | None
    scale: Path | None
    part: Path | None


@dataclass(frozen=True, slots=True)
class _Hit:
    """A figure of a row that carries the name: how well it does, and the column that the figure stands in."""

    like: float
    figure: Number
    column: Column
    row: Row
    page: int
    table: Table
    part: str = ""
    """The segment that it is of; "" where it is of the whole company."""


class Series:
    """Fills arrays of figures over periods; what they share is read once for a request."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def records(self, wanted: Field, properties: Mapping[Path, Field]) -> list[Record]:
        """A record for each period that the row called by the array's name has a figure for; [] for other arrays."""
        roles = _roles(properties)
        if roles is None:
            return []
        growth = any(reading & _GROWTH for reading in wanted.own)
        names = [*wanted.own, *_opening(wanted.description)]
        if growth:
            names = [reading - _GROWTH for reading in wanted.own if reading - _GROWTH]
        hits = sorted(self._hits(names, wanted, growth), key=lambda hit: -hit.like)
        chosen: dict[Period, _Hit] = {}
        for hit in hits:
            if hit.column.period and hit.like >= hits[0].like - 0.02:
                chosen.setdefault(hit.column.period, hit)
        parts = self._parts(chosen) if roles.part and chosen else []
        made = [self._record(hit, wanted, properties, roles) for hit in (*chosen.values(), *parts)]
        return [record for record in made if record]

    def _parts(self, whole: Mapping[Period, _Hit]) -> list[_Hit]:
        """The rows of a table of segments that add up to the whole in each of its periods; [] where none do."""
        for table, columns, rows in self._statements:
            if not any(len(text.split()) <= 12 and _SEGMENTS.search(text) for text in (table.title, table.section)):
                continue
            run: list[list[_Hit]] = []
            for row, page in rows:
                hits = [
                    _Hit(1.0, figure, column, row, page, table, _REMARK.sub("", row.cells[0]).strip())
                    for figure, column in _aligned(row, columns)
                    if column.period and not column.change and not figure.percent
                ]
                if len(run) > 1 and _adds_up(run, hits, whole):
                    return [hit for part in run for hit in part]
                run = [*run, hits] if hits and row.cells[0] else []
        return []

    def _hits(self, names: Sequence[Reading], wanted: Field, growth: bool) -> Iterator[_Hit]:
        words = set(tokens(wanted.path[-2])) if len(wanted.path) > 1 else set[str]()
        counted = bool(re.search(r"\bnumber of\b", wanted.description, re.IGNORECASE))
        share = growth or any(reading & _SHARES for reading in wanted.own)
        for table, columns, rows in self._statements:
            above = 0.0
            for row, page in rows:
                like = best_likeness(names, row_readings(row.cells[0]))
                if growth and above >= _LIKE and _GROWTH_ROW.fullmatch(row.cells[0]):
                    for figure, column in _aligned(row, [_yearly(column) for column in columns]):
                        if figure.percent and column.period:
                            yield _Hit(above, figure, column, row, page, table)
                above = like
                if like < _LIKE or (counted and not _NOT_MONEY.search(row.cells[0])):
                    continue
                for figure, column in _aligned(row, columns):
                    spans = column.period is not None and _lasts(column.period, words)
                    if spans and column.change == growth and figure.percent == share:
                        yield _Hit(like, figure, column, row, page, table)

    @cached_property
    def _statements(self) -> list[tuple[Table, list[Column], list[tuple[Row, int]]]]:
        """Tables whose columns are periods, those that go on with the columns of the one before included."""
        found: list[tuple[Table, list[Column], list[tuple[Row, int]]]] = []
        lead = (0, "")
        for table in self._finder.source.tables:
            rows = list(zip(table.rows, table.pages, strict=True))
            above = lead[1] if lead[1] and table.order - lead[0] == 1 else table.title
            columns = columns_of(table.header, above) if table.header else []
            lead = (table.order, _lead(table))
            if not columns and found and table.pages and table.order - found[-1][0].order <= _NEAR:
                last, before, _ = found[-1]
                head = Row(table.header, table.head)
                if last.pages[-1] == table.pages[0] and not any(tokens(cell) for cell in table.header[1:]):
                    columns = before
                    rows = [(head, table.pages[0]), *rows] if table.header else rows
            if columns and rows:
                found.append((table, columns, [(row, page) for row, page in rows if row.cells]))
        return found

    @cached_property
    def _year_end(self) -> int | None:
        told = year_end(block.text for block in self._finder.source.blocks)
        pairs = ([one.period for one in columns if one.period] for _, columns, _ in self._statements)
        return told or balanced(pair for pair in pairs if len(pair) == 2)

    def own_period(self, wanted: Field) -> Candidate | None:
        """The period that the document reports on, or the day it ends, by the latest column of its statements."""
        words = set(tokens(wanted.path[-1])) if wanted.path else set[str]()
        ends = wanted.kind == "date" and "end" in words
        if "period" not in words or words - _OF_A_REPORT or not (ends or _FISCAL.search(wanted.description)):
            return None
        found = [(one.period, one, table) for table, every, _ in self._statements for one in every if one.period]
        spans = [(period, one, table) for period, one, table in found if period.months and not one.change]
        if not spans:
            return None
        _, column, table = min(spans, key=lambda each: (-each[0].index, each[0].months))
        said = self._named(column, wanted)
        return Candidate(said, table.head, table.pages[0], 1.0, table.order) if said else None

    def _record(self, hit: _Hit, wanted: Field, properties: Mapping[Path, Field], roles: _Roles) -> Record | None:
        values: dict[Path, Any] = dict.fromkeys(properties)
        scale = self._scale(hit, wanted)
        named = self._named(hit.column, properties[roles.period])
        if not named or (scale is None and not roles.scale):
            return None
        figure = hit.figure.value if roles.scale else hit.figure.value.scaleb(scale or 0)
        values[roles.value] = plain(figure, wanted)
        values[roles.period] = named
        if roles.scale:
            values[roles.scale] = None if scale is None else 10**scale
        if roles.unit:
            values[roles.unit] = self._unit(hit, wanted)
        if roles.part and hit.part:
            values[roles.part] = hit.part
        for key, other in properties.items():
            if values[key] is None and key not in (roles.value, roles.period, roles.unit, roles.scale):
                values[key] = _said(other, hit)
        return Record(values, hit.row.quote, hit.page)

    def _named(self, column: Column, wanted: Field) -> Any:
        """The period in the form that the property asks for: fiscal, a date, a year, else the column's own head."""
        if column.period is None:
            return None
        if _FISCAL.search(wanted.description):
            return column.period.fiscal(self._year_end) if self._year_end else None
        if wanted.kind == "date":
            return column.period.iso
        return column.period.year if wanted.kind in ("year", "integer", "number") else column.head

    def _scale(self, hit: _Hit, wanted: Field) -> int | None:
        if hit.figure.percent or _PER_SHARE.search(hit.row.cells[0]) or _PER_SHARE.search(wanted.description):
            return 0
        return hit.figure.scale if hit.figure.scale is not None else hit.table.scale

    def _unit(self, hit: _Hit, wanted: Field) -> str | None:
        if hit.figure.percent:
            return "%"
        if _NOT_MONEY.search(hit.row.cells[0]) and not _PER_SHARE.search(hit.row.cells[0]):
            return None
        whole = self._finder.source.currency
        return hit.figure.currency or hit.table.currency or currency_of(hit.row.quote) or (whole[0] if whole else None)


def _roles(properties: Mapping[Path, Field]) -> _Roles | None:
    """The properties of a figure over periods; None where the records are of another sort."""

    def called(*words: str) -> Path | None:
        return next((key for key in properties if set(tokens(key[-1])) & set(words)), None)

    value, period = called("value"), called("period", "quarter")
    if value is None or period is None:
        return None
    part = next((key for key, held in properties.items() if "segment" in tokens(key[-1]) and held.kind != "enum"), None)
    return _Roles(value, period, called("unit", "currency"), called("scale"), part)


def _opening(description: str) -> list[Reading]:
    """What a description calls the thing before it explains it: "Net income; after tax" or "Cash (at banks)"."""
    opening = re.split(r"[:;.(]|,?\s(?:i\.e|e\.g)\b", description, maxsplit=1)[0]
    return list(readings(opening, False)[:1]) if 0 < len(opening.split()) <= 6 else []


def _lead(table: Table) -> str:
    """The words of a table that holds no figure, only the heads over the columns of the next one."""
    words = " ".join((*table.header, *(row.quote for row in table.rows)))
    return words if len(words) < 160 and not any(number.value > 31 for number in find_numbers(words)) else ""


def row_readings(label: str) -> tuple[Reading, ...]:
    """What a row's label means without its remarks: "Receivables, net of allowance of $50.3" are receivables."""
    bare = _REMARK.sub("", label).strip()
    return readings(bare) if 0 < len(bare.split()) <= 10 else ()


def _lasts(period: Period, holder: set[str]) -> bool:
    """Whether a balance asks for what stood on a day, and an income or a flow for what came in a span."""
    if holder & _OF_A_DAY:
        return period.months == 0
    return period.months > 0 if holder & _OF_A_SPAN else True


def _aligned(row: Row, columns: Sequence[Column]) -> Iterator[tuple[Number, Column]]:
    """The figures of a row with their columns, in order, where there are as many as columns; a dash is no figure."""
    cells = [cell for cell in row.cells[1:] if re.search(r"\d|[-–—]", cell)]
    if len(cells) != len(columns):
        return
    for cell, column in zip(cells, columns, strict=True):
        figures = find_numbers(cell)
        if len(figures) == 1 and not _DASH.fullmatch(cell):
            yield figures[0], column


def _yearly(column: Column) -> Column:
    """A column of figures as the change of each of them since the year before."""
    past = column.period and replace(column.period, year=column.period.year - 1)
    return replace(column, change=True, before=past)


def _adds_up(run: Sequence[Sequence[_Hit]], total: Sequence[_Hit], whole: Mapping[Period, _Hit]) -> bool:
    """Whether a row has the figures of the whole company, and the rows above it have them as their sums, but for what
    rounding may take from each."""
    for hit in total:
        known = whole.get(hit.column.period) if hit.column.period else None
        if known is None or known.figure.value != hit.figure.value:
            return False
        parts = [one.figure.value for part in run for one in part if one.column.period == hit.column.period]
        exponent = hit.figure.value.as_tuple().exponent
        unit = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
        if abs(sum(parts, Decimal(0)) - hit.figure.value) > len(run) * unit:
            return False
    return bool(total)


def _said(wanted: Field, hit: _Hit) -> Any:
    """What a property says of a company's own figure: the option of an enum that means it, the description's "none"."""
    options = wanted.schema.get("enum") or []
    about = _OF_A_PART | ({"geographic"} if _PLACE.search(hit.part) else {"business"}) if hit.part else _WHOLE
    about |= _YEARLY if hit.column.change and _a_year_apart(hit.column) else frozenset()
    fitting = [option for option in options if set(tokens(str(option))) & about]
    if options:
        return fitting[0] if len(fitting) == 1 else None
    none = _NONE.search(wanted.description)
    return none["none"] if none and wanted.kind in ("text", "company") else None


def _a_year_apart(column: Column) -> bool:
    return bool(column.period and column.before and column.period.index - column.before.index in (11, 12, 13))
