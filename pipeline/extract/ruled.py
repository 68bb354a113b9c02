"""Tables that are drawn with rules: cells are what stands between the lines, however many lines of text that is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipeline.document import BBox, Block
from pipeline.extract.drawn import Drawn
from pipeline.extract.geometry import all_moved, around, meet
from pipeline.extract.grid import Cells, in_records, is_grid, markdown
from pipeline.extract.lines import FIGURE, Line
from pipeline.extract.rows import Row, stacked
from pipeline.extract.tables import Table, cells_of, columns_of, without_leader

Rule = tuple[float, float, float]
"""Where a rule stands (its x or y), and from where to where it runs, in points."""
_Cut = dict[int, list[tuple[tuple[int, int], str]]]
"""Lines by their indexes, as the texts of the cells that they stand in, each with its first and its last column."""

_FEWEST_PATHS = 4
_MOST_PATHS = 3000
_MOST_RULES = 400
_THICK = 2.5
_NO_RULE = _THICK + 0.1
_SHORT = _THICK - 0.1
_REACH = 3.0
_CROWDED = 0.1
_CLOSED = 0.8
_CROWDED_FRAME = 0.3
_FEWEST_ROWS = 2


@dataclass(frozen=True, slots=True)
class _Edges:
    """Where the columns of a table end: the x of each edge, the rules down, and the edges that no rule stands at."""

    xs: Sequence[float]
    down: Sequence[Rule]
    unruled: Sequence[float]

    @classmethod
    def of(cls, xs: Sequence[float], down: Sequence[Rule]) -> _Edges:
        return cls(xs, down, [x for x in xs if not any(abs(x - rule) <= _REACH for rule, _, _ in down)])


def ruled(lines: Sequence[Line], drawn: Drawn) -> list[Table]:
    """The tables of the page that rules across and down enclose, with at least two rows and two columns."""
    if not _may_cross(drawn):
        return []
    across, down = _rules(drawn)
    found = []
    for flat, upright in _crossing(across, down):
        table = _table(lines, flat, upright)
        if table:
            found.append(table)
    return found


def _may_cross(drawn: Drawn) -> bool:
    """Whether enough is drawn on the page, and runs both across and down, told before each path is looked at."""
    boxes = [box for kind, box in drawn.shapes if "path" in kind]
    near = [box for box in boxes if meet(box, drawn.shown)]
    if len(boxes) > _MOST_PATHS or len(near) < _FEWEST_PATHS:
        return False
    return any(x1 - x0 > _SHORT for x0, _, x1, _ in near) and any(y1 - y0 > _SHORT for _, y0, _, y1 in near)


def _rules(drawn: Drawn) -> tuple[list[Rule], list[Rule]]:
    """The rules across and down the page: strokes, thin bars and the sides of stroked boxes, pieces put together."""
    across: list[Rule] = []
    down: list[Rule] = []
    pieces = [piece for path in drawn.paths for piece in _pieces_of(path)]
    boxes = all_moved([box for box, _ in pieces], drawn.turn)
    for (x0, y0, x1, y1), (_, outlined) in zip(boxes, pieces, strict=True):
        if y1 - y0 <= _THICK < x1 - x0:
            across.append(((y0 + y1) / 2, x0, x1))
        elif x1 - x0 <= _THICK < y1 - y0:
            down.append(((x0 + x1) / 2, y0, y1))
        elif outlined and min(x1 - x0, y1 - y0) > _THICK:
            across += [(y0, x0, x1), (y1, x0, x1)]
            down += [(x0, y0, y1), (x1, y0, y1)]
    return _whole(across), _whole(down)


def _pieces_of(path: dict[str, Any]) -> list[tuple[BBox, bool]]:
    """The box of each straight piece of a path, in MuPDF's coordinates, and whether it is a rectangle that is outlined.

    Slanted lines and curves are no rules.
    """
    stroked = "s" in path["type"]
    pieces: list[tuple[BBox, bool]] = []
    for kind, *points in path["items"]:
        if kind == "re":
            x0, y0, x1, y1 = points[0]
            if stroked or x1 - x0 <= _NO_RULE or y1 - y0 <= _NO_RULE:
                pieces.append((points[0], stroked))
        elif kind == "l" and stroked:
            (x0, y0), (x1, y1) = points
            if abs(x1 - x0) <= _NO_RULE or abs(y1 - y0) <= _NO_RULE:
                left, right = (x0, x1) if x0 <= x1 else (x1, x0)
                top, bottom = (y0, y1) if y0 <= y1 else (y1, y0)
                pieces.append(((left, top, right, bottom), False))
    return pieces


def _whole(rules: Sequence[Rule]) -> list[Rule]:
    """The rules with the pieces of one line put together."""
    lanes: list[list[Rule]] = []
    for rule in sorted(rules):
        if lanes and rule[0] - lanes[-1][0][0] <= _REACH / 2:
            lanes[-1].append(rule)
        else:
            lanes.append([rule])
    whole: list[Rule] = []
    for lane in lanes:
        at = lane[0][0]
        for _, start, end in sorted(lane, key=lambda rule: rule[1]):
            if whole and whole[-1][0] == at and start <= whole[-1][2] + _REACH:
                whole[-1] = (at, whole[-1][1], max(whole[-1][2], end))
            else:
                whole.append((at, start, end))
    return whole


def _crossing(across: Sequence[Rule], down: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Groups of rules that hang together by crossing or touching: one group is one table, or one form."""
    if len(across) > _MOST_RULES or len(down) > _MOST_RULES:
        return []
    groups: list[tuple[list[Rule], list[Rule]]] = []
    heights = [flat[0] for flat in across]  # from the top down
    for rule in down:
        x, top, bottom = rule
        beside = across[bisect_left(heights, top - _REACH) : bisect_right(heights, bottom + _REACH)]
        touched = [flat for flat in beside if flat[1] - _REACH <= x <= flat[2] + _REACH]
        joined = [group for group in groups if any(flat in group[0] for flat in touched)]
        fresh = ([*dict.fromkeys(flat for group in [(touched, []), *joined] for flat in group[0])], [rule])
        for group in joined:
            fresh[1].extend(group[1])
        groups = [group for group in groups if group not in joined] + ([fresh] if touched else [])
    return groups


def _table(lines: Sequence[Line], across: Sequence[Rule], down: Sequence[Rule]) -> Table | None:
    """The table that a group of rules makes, None where it has too few cells or most of them are empty."""
    xs = _places([*(rule[0] for rule in down), min(rule[1] for rule in across), max(rule[2] for rule in across)])
    ys = _places([*(rule[0] for rule in across), min(rule[1] for rule in down), max(rule[2] for rule in down)])
    if len(xs) < 3 or len(ys) < 3:
        return None
    left, top, right, bottom = xs[0] - 1, ys[0] - 1, xs[-1] + 1, ys[-1] + 1
    members = [
        index
        for index, line in enumerate(lines)
        if top <= (line.box[1] + line.box[3]) / 2 <= bottom and left <= (line.box[0] + line.box[2]) / 2 <= right
    ]
    if len(members) < _FEWEST_ROWS:
        return None
    stack = stacked(lines, members)
    framed = _is_framed(xs, ys, down)
    if not framed and _goes_on(lines, members, ys):
        return None
    cut = _cut(lines, members, _Edges.of(xs, down))
    if _is_crowded(stack, cut, framed=framed):
        if len(stack) < 1.5 * len(ys):
            return None
        xs = _places([*xs, *_gaps(columns_of([cells_of(lines, row) for row in stack]))])
        cut = _cut(lines, members, _Edges.of(xs, down))
    bands: dict[int, list[int]] = {}
    for index in members:
        middle = (lines[index].box[1] + lines[index].box[3]) / 2
        bands.setdefault(min(max(bisect_right(ys, middle) - 1, 0), len(ys) - 2), []).append(index)
    grid = [row for band in sorted(bands) for row in in_records(_band(lines, bands[band], cut))]
    if not is_grid(grid):
        return None
    box = around([(xs[0], ys[0], xs[-1], ys[-1]), *(lines[index].box for index in members)])
    return Table(tuple(members), Block(markdown(grid, len(xs) - 1), box, "table"))


def _cut(lines: Sequence[Line], members: Sequence[int], edges: _Edges) -> _Cut:
    """Each of the lines, by its index, in pieces."""
    return {index: _pieces(lines[index], edges) for index in members}


def _is_crowded(stack: Sequence[Row], cut: _Cut, *, framed: bool) -> bool:
    """Whether lines stand side by side within one cell in one row of ten: then there are more columns than rules.

    In a table that is closed by a frame only figures count, and in three rows of ten: its cells are meant, and one
    may well hold "Age: 55   Sex: F".
    """
    crowded = 0
    for row in stack:
        cells: dict[tuple[int, int], list[str]] = {}
        for index in row.members:
            for span, text in cut[index]:
                cells.setdefault(span, []).append(text)
        shared = [texts for texts in cells.values() if len(texts) > 1]
        crowded += any(not framed or any(map(FIGURE.fullmatch, texts)) for texts in shared)
    return crowded > (_CROWDED_FRAME if framed else _CROWDED) * len(stack)


def _goes_on(lines: Sequence[Line], members: Sequence[int], ys: Sequence[float]) -> bool:
    """Whether rows of several cells stand right above or below: then the rules enclose but a part of the table."""
    around_it = [
        index
        for index, line in enumerate(lines)
        if line.level and (0 < ys[0] - line.box[3] < 2 * line.size or 0 < line.box[1] - ys[-1] < 2 * line.size)
    ]
    return any(row.several for row in stacked(lines, sorted(set(around_it) - set(members))))


def _is_framed(xs: Sequence[float], ys: Sequence[float], down: Sequence[Rule]) -> bool:
    """Whether rules close the table at its left and its right."""
    for side in (xs[0], xs[-1]):
        if sum(bottom - top for x, top, bottom in down if abs(x - side) < _REACH) < _CLOSED * (ys[-1] - ys[0]):
            return False
    return True


def _gaps(columns: Sequence[tuple[float, float]]) -> list[float]:
    """The middles between columns."""
    return [(left[1] + right[0]) / 2 for left, right in pairwise(columns)]


def _band(lines: Sequence[Line], members: Sequence[int], cut: _Cut) -> list[Cells]:
    """The rows of text between two rules across."""
    made = []
    for row in stacked(lines, members):
        cells = Cells(row.top, row.bottom, lines[row.members[0]].size)
        for index in row.members:
            for span, text in cut[index]:
                cells.add(span, text)
        made.append(cells)
    return made


def _places(values: Sequence[float]) -> list[float]:
    """Sorted, each once: what lies within three points is one place."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _REACH:
            places.append(value)
    return places


def _pieces(line: Line, edges: _Edges) -> list[tuple[tuple[int, int], str]]:
    """The line's words by the cells that they stand in: it is cut where a rule runs down through it."""
    xs, start, end = edges.xs, line.box[0], line.box[2]
    middle = (line.box[1] + line.box[3]) / 2
    cuts = [x for x, top, bottom in edges.down if top - 1 <= middle <= bottom + 1]
    cuts += [x for x in edges.unruled if not start < x < end]
    cuts.sort()
    pieces: dict[int, list[int]] = {}
    for index, word in enumerate(line.words):
        pieces.setdefault(bisect_right(cuts, (word.box[0] + word.box[2]) / 2), []).append(index)
    made = []
    for cell, words in pieces.items():
        left = cuts[cell - 1] if cell else xs[0]
        right = cuts[cell] if cell < len(cuts) else xs[-1]
        first = min(max(bisect_right(xs, left + _REACH) - 1, 0), len(xs) - 2)
        last = min(max(bisect_right(xs, right - _REACH) - 1, first), len(xs) - 2)
        made.append(((first, last), without_leader(" ".join([line.words[index].text for index in words]))))
    return made
