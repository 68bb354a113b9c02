"""Tables that are told by their columns alone, without a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.document import BBox, Block, Word
from pipeline.extract.geometry import around
from pipeline.extract.grid import Cells, is_table, markdown, merged, titles
from pipeline.extract.lines import FIGURE, Line
from pipeline.extract.rows import Row

_ROW_GAP = 2.5
_STRAY_GAP = 1.6
_ALIGNED_GAP = 2.5
_ALIGNED = 3.0
_BESIDE = 40.0
_CLOSE_GAP = 0.6
_MOST_STRAYS = 4
_CURRENCY = re.compile(r"[$€£¥₹]|[A-Z]{2,3}\$|(USD|EUR|GBP|CHF|JPY)")
_AFFIX = re.compile(r"[)%†‡*]{1,3}|\)%")
_LARGER = 1.15
_SENTENCE = 6
_HEAD_INDENT = 6.0
_COLONS = (":", "：")
_FOLLOWS = re.compile(r"\b(follow(s|ing)|below|folgende\w*|suivante?s?|siguientes?)\b", re.IGNORECASE)
_LEADER = re.compile(r"(\s?[.…_]){3,}\s*$")
_LEADS = (".", "…", "_")


@dataclass(frozen=True, slots=True)
class Cell:
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
        farther = gap - (_STRAY_GAP if strays else _ROW_GAP)
        if row.several and strays and (above := _of_another(lines, strays, row)):
            runs.append([*strays[above:], row])
            strays = []
        elif row.several and reaches and (farther <= 0 or (farther <= _ALIGNED_GAP and _aligned(lines, row, runs[-1]))):
            runs[-1] += [*strays, row]
            strays = []
        elif row.several:
            close = last and gap <= _CLOSE_GAP and lines[last.members[0]].size <= _LARGER * size
            runs.append([*([last] if last and close else ()), row])
            strays = []
        elif (
            reaches
            and gap <= _CLOSE_GAP
            and not strays
            and _starts(lines, row) > _starts(lines, runs[-1][-1]) + 2 * size
        ):
            runs[-1].append(row)
        elif reaches and gap <= _STRAY_GAP and len(strays) < _MOST_STRAYS and _is_label(lines, row, runs[-1]):
            strays.append(row)
        else:
            strays = []
        last = row
    return [run for run in runs if len(run) > 1]


def _aligned(lines: Sequence[Line], row: Row, run: Sequence[Row]) -> bool:
    """Whether a row of several has a label, and figures that end where those of the run do: it is of the same table."""
    ends = [lines[index].box[2] for other in run for index in other.members[1:]]
    labelled = _starts(lines, row) < min(_starts(lines, other) for other in run) + 3 * lines[row.members[0]].size
    return labelled and all(
        any(abs(lines[index].box[2] - end) < _ALIGNED for end in ends) or _CURRENCY.fullmatch(lines[index].text)
        for index in row.members[1:]
    )


def _of_another(lines: Sequence[Line], strays: Sequence[Row], row: Row) -> int:
    """How many of the lines alone stand over another table, the row's own: 0 where it goes on with the one before."""
    following = [*strays[1:], row]
    for above in range(len(strays), 0, -1):
        if _introduces(lines, strays[above - 1], following[above - 1]):
            return above
    return 0


def _introduces(lines: Sequence[Line], stray: Row, row: Row) -> bool:
    """Whether a line alone is a sentence that leads to another table: "... were as follows (in millions):"."""
    text = lines[stray.members[-1]].text
    if text[-1:] not in _COLONS or len(text.split()) < _SENTENCE:
        return False
    head_alone = _starts(lines, row) > _starts(lines, stray) + _HEAD_INDENT * lines[row.members[0]].size
    return head_alone or bool(_FOLLOWS.search(text))


def _is_label(lines: Sequence[Line], row: Row, run: Sequence[Row]) -> bool:
    """Whether a line alone may be of the table: it ends before the last column begins, so that no sentence does."""
    last = max(lines[other.members[-1]].box[0] for other in run if other.several)
    largest = max(lines[other.members[0]].size for other in run)
    return lines[row.members[-1]].box[2] < last and lines[row.members[0]].size <= _LARGER * largest


def _starts(lines: Sequence[Line], row: Row) -> float:
    return lines[row.members[0]].box[0]


def _table(lines: Sequence[Line], run: Sequence[Row]) -> Table | None:
    """The run as a table, None where its lines share no columns or it is prose after all."""
    pieces = [cells_of(lines, row) for row in run]
    columns = columns_of(pieces)
    if len(columns) < 2:
        return None
    grid = [_in_columns(row, cells, columns, lines) for row, cells in zip(run, pieces, strict=True)]
    columns = _closed_up(grid, columns)
    above = titles(grid, len(columns))
    if above:
        return _table(lines, run[above:])
    if not is_table(grid, len(columns)):
        return None
    members = tuple(index for row in run for index in row.members)
    box = around(lines[index].box for index in members)
    return Table(members, Block(markdown(merged(grid), len(columns)), box, "table"))


def cells_of(lines: Sequence[Line], row: Row) -> list[Cell]:
    """The row's cells. A currency sign belongs to the figure after it, a bracket or % to the one before.

    The sign does not widen the cell: it is often set far to the left, near the figure of the column before.
    """
    cells: list[Cell] = []
    sign = ""
    for at, index in enumerate(row.members):
        line = lines[index]
        text, found = without_leader(line.text), ""
        if at + 1 < len(row.members) and lines[row.members[at + 1]].text[:1] in "0123456789(-–—.":
            text, found = _without_sign(text)
        if cells and not sign and _AFFIX.fullmatch(text) and line.box[0] - cells[-1].box[2] < 2 * line.size:
            cells[-1] = Cell(f"{cells[-1].text} {text}", around((cells[-1].box, line.box)), ())
        elif text:
            cells.append(Cell(f"{sign} {text}".strip(), line.box, () if sign or found else line.words))
        sign = found
    return cells


def without_leader(text: str) -> str:
    """A cell's text without the dots that lead the eye from its end to the next cell."""
    return _LEADER.sub("", text) if text.rstrip().endswith(_LEADS) else text


def _without_sign(text: str) -> tuple[str, str]:
    """A cell's text and the currency sign at its end, which belongs to the next cell."""
    before, _, last = text.rpartition(" ")
    return (before, last) if _CURRENCY.fullmatch(last) else (text, "")


def _in_columns(
    row: Row, cells: Sequence[Cell], columns: Sequence[tuple[float, float]], lines: Sequence[Line]
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


def columns_of(pieces: Sequence[Sequence[Cell]]) -> list[tuple[float, float]]:
    """The x ranges of the columns: where the fullest rows have text, but for what one row in five may reach across.

    Revenue       1,200    1,100
    Costs           900      800        two gaps run down all rows: three columns
    Total of all    300      300
    """
    most = max(len(cells) for cells in pieces)
    full = [cells for cells in pieces if len(cells) >= max(0.6 * most, 2)]
    several = [cells for cells in pieces if len(cells) > 1]
    return max(_ranges(full), _ranges(several), key=len)


def _ranges(pieces: Sequence[Sequence[Cell]]) -> list[tuple[float, float]]:
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


def _closed_up(grid: Sequence[Cells], columns: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The columns once each head that stands beside its column, not over it, has been moved over it.

    Year                    Year
         2019      is        2019
         2020                2020
    """
    left = list(columns)
    for index in range(len(columns) - 1, -1, -1):
        if len(left) > 2 and not any((index, index) in row.texts for row in grid):
            # Only heads that are wider than their figures reach over it.
            begins = any(span[0] == index < span[1] for row in grid for span in row.texts)
            first = index if begins else max(index - 1, 0)
            for row in grid:
                row.close_up(first)
            left[first : first + 2] = [(left[first][0], left[first + 1][1])]
            continue
        if index >= len(left) or not 0 < sum((index, index) in row.texts for row in grid) <= 2:
            continue
        gaps = []
        for other in (index - 1, index + 1):
            apart = 0 <= other < len(left) and not any(
                {(index, index), (other, other)} <= row.texts.keys() for row in grid
            )
            if apart:
                first = min(index, other)
                gaps.append((left[first + 1][0] - left[first][1], first))
        if gaps and min(gaps)[0] < _BESIDE:
            first = min(gaps)[1]
            for row in grid:
                row.close_up(first)
            left[first : first + 2] = [(left[first][0], left[first + 1][1])]
    return left


def _span(box: BBox, columns: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """The first and the last column that a box stands in; the nearest where it stands in none."""
    left, _, right, _ = box
    within = [
        index
        for index, (x0, x1) in enumerate(columns)
        if x0 < right and left < x1 and min(right, x1) - max(left, x0) > 0.25 * min(right - left, x1 - x0)
    ]
    if within:
        return within[0], within[-1]
    middle = (left + right) / 2
    nearest = min(range(len(columns)), key=lambda index: abs(middle - sum(columns[index]) / 2))
    return nearest, nearest
