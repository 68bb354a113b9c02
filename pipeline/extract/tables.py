"""Tables that are told by their columns alone, without a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.document import BBox, Block, Word
from pipeline.extract.geometry import around
from pipeline.extract.grid import Cells, is_table, markdown, titles
from pipeline.extract.lines import FIGURE, Line
from pipeline.extract.rows import Row

_ROW_GAP = 2.5
_STRAY_GAP = 1.6
_CLOSE_GAP = 0.6
_MOST_STRAYS = 4
_CURRENCY = re.compile(r"[$€£¥₹]|[A-Z]{2,3}\$|(USD|EUR|GBP|CHF|JPY)")
_AFFIX = re.compile(r"[)%†‡*]{1,3}|\)%")
_LEADER = re.compile(r"(\s?[.…_]){3,}\s*$")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell before its column is known. `words` is empty where they may not be told apart."""

    text: str
    box: BBox
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table found: its lines as indexes into the page's lines, and its block."""

    members: tuple[int, ...]
    block: Block


def unruled(lines: Sequence[Line], zone: Sequence[Row]) -> list[Table]:
    """The tables among one zone's rows: runs of rows whose lines stand in common columns."""
    found: list[Table] = []
    for run in _runs(lines, zone):
        table = _table(lines, run)
        if table:
            found.append(table)
    return found


def _runs(lines: Sequence[Line], zone: Sequence[Row]) -> list[list[Row]]:
    """Runs of rows with several lines each; a few single ones between them come along where they stand close."""
    runs: list[list[Row]] = []
    strays: list[Row] = []
    last: Row | None = None
    for row in zone:
        size = lines[row.members[0]].size
        gap = (row.top - last.bottom) / size if last else _ROW_GAP + 1
        reaches = bool(runs) and last is (strays or runs[-1])[-1]
        if row.several and reaches and gap <= (_STRAY_GAP if strays else _ROW_GAP):
            runs[-1] += [*strays, row]
            strays = []
        elif row.several:
            runs.append([*([last] if last and gap <= _CLOSE_GAP else ()), row])
            strays = []
        elif (
            reaches
            and gap <= _CLOSE_GAP
            and not strays
            and _starts(lines, row) > _starts(lines, runs[-1][-1]) + 2 * size
        ):
            runs[-1].append(row)
        elif reaches and gap <= _STRAY_GAP and len(strays) < _MOST_STRAYS:
            strays.append(row)
        else:
            strays = []
        last = row
    return [run for run in runs if len(run) > 1]


def _starts(lines: Sequence[Line], row: Row) -> float:
    return lines[row.members[0]].box[0]


def _table(lines: Sequence[Line], run: Sequence[Row]) -> Table | None:
    """The run as a table, None where its lines share no columns or it is prose after all."""
    pieces = [_cells(lines, row) for row in run]
    columns = _columns(pieces)
    if len(columns) < 2:
        return None
    grid = [_in_columns(row, cells, columns, lines) for row, cells in zip(run, pieces, strict=True)]
    columns = columns[: _closed_up(grid, len(columns))]
    above = titles(grid, len(columns))
    if above:
        return _table(lines, run[above:])
    if not is_table(grid, len(columns)):
        return None
    members = tuple(index for row in run for index in row.members)
    box = around(lines[index].box for index in members)
    return Table(members, Block(markdown(grid, len(columns)), box, "table"))


def _cells(lines: Sequence[Line], row: Row) -> list[_Cell]:
    """The row's cells. A currency sign belongs to the figure after it, a bracket or % to the one before.

    The sign does not widen the cell: it is often set far to the left, near the figure of the column before.
    """
    cells: list[_Cell] = []
    sign = ""
    for at, index in enumerate(row.members):
        line = lines[index]
        text, found = _LEADER.sub("", line.text), ""
        if at + 1 < len(row.members) and lines[row.members[at + 1]].text[:1] in "0123456789(-–—.":
            text, found = _without_sign(text)
        if cells and not sign and _AFFIX.fullmatch(text) and line.box[0] - cells[-1].box[2] < 2 * line.size:
            cells[-1] = _Cell(f"{cells[-1].text} {text}", around((cells[-1].box, line.box)), ())
        elif text:
            cells.append(_Cell(f"{sign} {text}".strip(), line.box, () if sign or found else line.words))
        sign = found
    return cells


def _without_sign(text: str) -> tuple[str, str]:
    """A cell's text and the currency sign at its end, which belongs to the next cell."""
    before, _, last = text.rpartition(" ")
    return (before, last) if _CURRENCY.fullmatch(last) else (text, "")


def _in_columns(
    row: Row, cells: Sequence[_Cell], columns: Sequence[tuple[float, float]], lines: Sequence[Line]
) -> Cells:
    """The row's cells in their columns; figures that stand close enough to look like one cell are told apart."""
    made = Cells(row.top, row.bottom, lines[row.members[0]].size)
    for cell in cells:
        first, last = _span(cell.box, columns)
        if first < last and len(cell.words) > 1 and all(FIGURE.fullmatch(word.text) for word in cell.words):
            for word in cell.words:
                made.add(_span(word.box, columns), word.text)
        else:
            made.add((first, last), cell.text)
    return made


def _columns(pieces: Sequence[Sequence[_Cell]]) -> list[tuple[float, float]]:
    """The x ranges of the columns: where the fullest rows have text, but for what one row in five may reach across.

    Revenue       1,200    1,100
    Costs           900      800        two gaps run down all rows: three columns
    Total of all    300      300
    """
    most = max(len(cells) for cells in pieces)
    full = [cells for cells in pieces if len(cells) >= max(0.6 * most, 2)]
    several = [cells for cells in pieces if len(cells) > 1]
    return max(_ranges(full), _ranges(several), key=len)


def _ranges(pieces: Sequence[Sequence[_Cell]]) -> list[tuple[float, float]]:
    """The x ranges that more than one row in five has text in."""
    allowed = len(pieces) // 5
    edges = sorted((x, step) for cells in pieces for cell in cells for x, step in ((cell.box[0], 1), (cell.box[2], -1)))
    ranges: list[tuple[float, float]] = []
    depth, start = 0, 0.0
    for x, step in edges:
        if depth == allowed and step == 1:
            start = x
        depth += step
        if depth == allowed and step == -1:
            ranges.append((start, x))
    return ranges


def _closed_up(grid: Sequence[Cells], columns: int) -> int:
    """How many columns are left when each head that stands beside its column, not over it, has been moved over it.

    Year                    Year
         2019      is        2019
         2020                2020
    """
    column = 0
    while column + 1 < columns:
        left = [row for row in grid if (column, column) in row.texts]
        right = [row for row in grid if (column + 1, column + 1) in row.texts]
        if min(len(left), len(right)) <= 2 and not any((column + 1, column + 1) in row.texts for row in left):
            for row in grid:
                row.close_up(column)
            columns -= 1
        else:
            column += 1
    return columns


def _span(box: BBox, columns: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """The first and the last column that a box stands in; the nearest where it stands in none."""
    middle = (box[0] + box[2]) / 2
    within = [
        index
        for index, (x0, x1) in enumerate(columns)
        if min(box[2], x1) - max(box[0], x0) > 0.25 * min(box[2] - box[0], x1 - x0)
    ]
    if within:
        return within[0], within[-1]
    nearest = min(range(len(columns)), key=lambda index: abs(middle - sum(columns[index]) / 2))
    return nearest, nearest
