"""From lines to blocks: tables are found first, rows that stand alone are kept together, the rest is paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline import ocr
from pipeline.document import BBox, Block
from pipeline.extract.captions import is_caption
from pipeline.extract.drawn import Drawn
from pipeline.extract.footnotes import footnotes_last
from pipeline.extract.geometry import around, overlap
from pipeline.extract.lines import Line
from pipeline.extract.rows import Row, gutters, prose_runs, rows, stacked
from pipeline.extract.ruled import ruled
from pipeline.extract.tables import Table, unruled
from pipeline.extract.text import kind_of, paragraphs

_DISORDER = 0.25
_ENOUGH_LINES = 8
_FEWEST_ROWS = 2
_IN_COLUMN = 0.3


def blocks_of(lines: Sequence[Line], drawn: Drawn | None, body: float, figures: Sequence[BBox] = ()) -> list[Block]:
    """The blocks of a page in reading order; each line is in exactly one of them.

    The lines within one of the `figures` are its labels, but for its caption: one block, where the figure stands.
    """
    if not figures:
        return _beside_figures(lines, drawn, body)
    labels: dict[BBox, list[Line]] = {}
    captions = {line.group for line in lines if is_caption(line.text)}
    rest: list[Line] = []
    for line in lines:
        figure = next((box for box in figures if _holds(box, line.box) and line.group not in captions), None)
        (rest if figure is None else labels.setdefault(figure, [])).append(line)
    blocks = _beside_figures(rest, drawn, body)
    for box, inside in labels.items():
        text = "\n".join(line.text for line in inside)
        blocks.insert(place(box, blocks), Block(text, around(line.box for line in inside)))
    return blocks


def place(box: BBox, blocks: Sequence[Block]) -> int:
    """How many blocks come before a picture: up to the last above it in its column, else those that end above it."""
    middle = (box[1] + box[3]) / 2
    column = [index for index, block in enumerate(blocks) if overlap(block.box, box, 0) > _IN_COLUMN]
    above = [index for index in column if (blocks[index].box[1] + blocks[index].box[3]) / 2 <= min(middle, box[1] + 9)]
    if above:
        return max(above) + 1
    if column:
        return min(column)
    return sum(block.box[3] <= middle for block in blocks)


def _holds(box: BBox, line: BBox) -> bool:
    """Whether a line's middle is inside a box."""
    x, y = (line[0] + line[2]) / 2, (line[1] + line[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _beside_figures(lines: Sequence[Line], drawn: Drawn | None, body: float) -> list[Block]:
    lines = footnotes_last(in_order(lines), body)
    level = [index for index, line in enumerate(lines) if line.level]
    stack = stacked(lines, level)
    beside = sum(row.several for row in stack)
    if not beside:
        return paragraphs(lines, body)
    found = ruled(lines, drawn) if drawn is not None and beside >= _FEWEST_ROWS else []
    ruled_in = {index for table in found for index in table.members}
    runs = [run for run in prose_runs(lines) if not ruled_in.intersection(run)]
    between = gutters(lines, runs)
    free = [index for index in level if index not in ruled_in]
    for zone in rows(lines, free, between) if between or ruled_in else [stack]:
        found += _side_by_side(lines, zone, runs, body)
    return _composed(lines, found, body)


def _side_by_side(
    lines: Sequence[Line], zone: Sequence[Row], runs: Sequence[Sequence[int]], body: float
) -> list[Table]:
    """The tables without rules of one zone, and its rows that are in none. Prose joins in only beside other cells."""
    run_of = {index: at for at, run in enumerate(runs) for index in run}
    joining = {None, *(run_of.get(index) for row in zone if row.several for index in row.members)}
    rest = [row for row in zone if any(run_of.get(index) in joining for index in row.members)] if runs else zone
    tables = unruled(lines, rest)
    taken = {index for table in tables for index in table.members}
    alone = [row for row in rest if row.several and not any(index in taken or index in run_of for index in row.members)]
    return [*tables, *(_beside(lines, row, body) for row in alone)]


def in_order(lines: Sequence[Line]) -> list[Line]:
    """The lines as they come, which is mostly right; where they often jump up within a column, sorted by place."""
    jumps = sum(
        after.box[1] < before.box[1] - before.size and overlap(before.box, after.box, 0) > 0.3
        for before, after in pairwise(lines)
    )
    if len(lines) < _ENOUGH_LINES or jumps < _DISORDER * len(lines):
        return list(lines)
    return list(ocr.by_columns(lines))


def _beside(lines: Sequence[Line], row: Row, body: float) -> Table:
    """A row that is in no table: its lines joined by tabs, as a label and its value."""
    members = [lines[index] for index in row.members]
    text = "\t".join(line.text for line in members)
    numbered = len(members) == 2 and len(members[0].text) <= 8 and members[0].text[:1].isalnum()
    kind = kind_of(members, body) if numbered else "text"
    return Table(row.members, Block(text, around(line.box for line in members), kind))


def _composed(lines: Sequence[Line], found: Sequence[Table], body: float) -> list[Block]:
    """Blocks in the order of the lines; a table stands where its first line does."""
    owner = {index: table for table in found for index in table.members}
    blocks: list[Block] = []
    loose: list[Line] = []
    placed: set[int] = set()
    for index, line in enumerate(lines):
        table = owner.get(index)
        if table is None:
            loose.append(line)
        elif id(table) not in placed:
            blocks += paragraphs(loose, body)
            loose = []
            placed.add(id(table))
            blocks.append(table.block)
    return blocks + paragraphs(loose, body)
