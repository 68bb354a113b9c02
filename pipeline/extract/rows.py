"""Lines that stand side by side: rows, and the gutters between columns of prose that no row reaches across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from pipeline.document import BBox
from pipeline.extract.geometry import around, overlap
from pipeline.extract.lines import Line

_PROSE_LINES = 3
_PROSE_WORDS = 4
_NEAR = 30.0


class Row(NamedTuple):
    """Lines at one height, from left to right, as indexes into the page's lines."""

    members: tuple[int, ...]
    top: float
    bottom: float

    @property
    def several(self) -> bool:
        """Whether more than one line stands in it."""
        return len(self.members) > 1


@dataclass(frozen=True, slots=True)
class Gutter:
    """The white between two columns of prose: its x, and from where to where down the page it holds."""

    x: float
    top: float
    bottom: float


def prose_runs(lines: Sequence[Line]) -> list[list[int]]:
    """Runs of at least three lines, one below the other in content order, that mostly fill their column with words."""
    runs: list[list[int]] = []
    for index, line in enumerate(lines):
        if runs and _below(lines[runs[-1][-1]], line):
            runs[-1].append(index)
        elif line.level:
            runs.append([index])
    return [run for run in runs if _is_prose([lines[index] for index in run])]


def _below(last: Line, line: Line) -> bool:
    step = line.box[1] - last.box[1]
    near = 0.3 * line.size < step <= 2.2 * line.size and abs(last.size - line.size) <= 0.15 * line.size
    return line.level and last.level and near and overlap(last.box, line.box, 0) > 0.5


def _is_prose(run: Sequence[Line]) -> bool:
    if len(run) < _PROSE_LINES or median(len(line.text) for line in run) < _PROSE_WORDS * 5:
        return False
    x0, _, x1, _ = around(line.box for line in run)
    full = sum(line.box[2] - line.box[0] > 0.75 * (x1 - x0) for line in run)
    return full >= 0.6 * (len(run) - 1)


def gutters(lines: Sequence[Line], runs: Sequence[Sequence[int]]) -> list[Gutter]:
    """The gutters between runs of prose that stand side by side, each as far as no line crosses it.

    A gutter ends with the prose beside it, so that a table over both columns at the head of a page is left whole.
    """
    boxes = [around(lines[index].box for index in run) for run in runs]
    places: list[float] = []
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            left, right = (one, other) if one[0] <= other[0] else (other, one)
            if left[2] <= right[0] + 1 and overlap(left, right, 1) > 0:
                places.append((left[2] + right[0]) / 2)
    found: list[Gutter] = []
    for x in _distinct(places):
        crossing = [line.box for line in lines if line.level and line.box[0] < x - 3 and line.box[2] > x + 3]
        beside = sorted((box[1], box[3]) for box in boxes if abs(box[2] - x) < _NEAR or abs(box[0] - x) < _NEAR)
        spans: list[tuple[float, float]] = []
        for top, bottom in beside:
            joined = spans and not any(spans[-1][1] <= box[1] + 1 and box[3] <= top + 1 for box in crossing)
            if joined:
                spans[-1] = (spans[-1][0], max(spans[-1][1], bottom))
            else:
                spans.append((top, bottom))
        found += [Gutter(x, top, bottom) for top, bottom in spans]
    return found


def _distinct(places: Sequence[float]) -> list[float]:
    """The middles of groups of places that lie within 15 points."""
    groups: list[list[float]] = []
    for place in sorted(places):
        if groups and place - groups[-1][0] <= 15:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [median(group) for group in groups]


def rows(lines: Sequence[Line], candidates: Sequence[int], between: Sequence[Gutter]) -> list[list[Row]]:
    """The rows of each zone from the top down; a zone is one side of the gutters that hold at its height."""
    zones: dict[tuple[tuple[float, float, bool], ...], list[int]] = {}
    for index in candidates:
        x0, y0, x1, y1 = lines[index].box
        held = (gutter for gutter in between if gutter.top <= (y0 + y1) / 2 <= gutter.bottom)
        zone = tuple((gutter.x, gutter.top, (x0 + x1) / 2 > gutter.x) for gutter in held)
        zones.setdefault(zone, []).append(index)
    return [stacked(lines, members) for members in zones.values()]


def stacked(lines: Sequence[Line], members: Sequence[int]) -> list[Row]:
    """The rows that lines make, from the top down."""
    gathered: list[list[tuple[int, BBox]]] = []
    placed = [(index, lines[index].box) for index in members]
    for _, index, box in sorted([(box[1] + box[3], index, box) for index, box in placed]):
        if gathered and _is_level(box, gathered[-1]):
            gathered[-1].append((index, box))
        else:
            gathered.append([(index, box)])
    return [_row(row) for row in gathered]


def _row(placed: list[tuple[int, BBox]]) -> Row:
    if len(placed) == 1:
        index, box = placed[0]
        return Row((index,), box[1], box[3])
    _, top, _, bottom = around([box for _, box in placed])
    placed.sort(key=lambda one: one[1][0])
    return Row(tuple([index for index, _ in placed]), top, bottom)


def _is_level(box: BBox, row: Sequence[tuple[int, BBox]]) -> bool:
    """Whether a box stands at the height of one of a row's last three."""
    near = [other for _, other in row[-3:] if other[3] >= box[1]]
    return bool(near) and max([overlap(other, box, 1) for other in near]) > 0.5
