"""Figures that are drawn as lines and areas: charts, diagrams, maps, and words drawn as outlines.

Each path that a page draws is one of these:

    rule     at most 2.5 points thin, and longer
    area     a rectangle, with round corners or without
    shape    anything with a slanted line, a curve or a staircase

Shapes, and filled areas without a word in them, that stand near each other make a figure, with the rules and areas that
touch it and the short labels beside it. Rules and areas alone are what tables, forms, frames and highlights are made
of: their words are sent as text. What is set aside, by which rule, is told (docs/pictures.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from pipeline.document import BBox
from pipeline.extract.captions import is_caption
from pipeline.extract.clusters import bands, by_holder, inside, merged
from pipeline.extract.display import WHITE
from pipeline.extract.drawn import Drawn
from pipeline.extract.geometry import MOST, area, around, common
from pipeline.extract.lines import Line
from pipeline.extract.placements import Placement, vector

SHARP_DPI = 150
"""For what may hold words drawn as outlines, as for a picture: 6 points are then legible."""
PLAIN_DPI = 100
"""For shapes alone: their labels arrive as text."""

_FIGURE = "figure"
_TINY_ONES = "tiny drawings: at most 6 points long, or 2.5 points thin"
_PLAIN_ONES = "plain areas: of one colour, without a word or a shape in them"
_AROUND = "around text: shapes that hold little but text, which is sent"

_THIN = 2.5
_TINY = 6.0
_NEAR = 8.0
_TOUCH = 3.0
_SLANT = 1.0
_ON_OUTLINE = 0.6
_STAIRCASE = 6
_MOST_SHAPED = 20_000
_PAGE_WIDE = 0.5
_WHOLE_PAGE = 0.95
_BACKGROUND, _FRAME = _PAGE_WIDE + 0.02, _WHOLE_PAGE + 0.02
"""From these shares of a page on a path is surely wide, or around it, its line's width aside."""
_PALE = 0.75
_SPARSE = 0.08
_SHEET = 0.15
_WORDY = 0.25
_MOST_COVERED = 0.6
_FEWEST_AREAS = 3
_REGULAR = 0.75
_ALIGNED = 1.0
_FEWEST_DOTS = 20
_DOT = 12.0
_GRAZED = 0.1
_ROOMY = 5000.0
_PROSE = 200
_MOST_LABELS = 500
_LETTER = (2.0, 14.0)
_FEWEST_LETTERS = 3
_LABEL_GAP = 1.2
_LABEL_LONGEST = 0.6
_LABEL_SHORT = 50.0
_LABEL_REACH = 14.4
_RIM = 2.0
_MOST_FIGURES = 8
_FEW = 2
_MANY_PATHS = 5000
_MOST_PAIRS = 500_000


@dataclass(slots=True)
class _Sorted:
    """The paths of a page by what they are, as displayed boxes.

    `letters` are filled and of the size of letters, `cells` are filled areas with words in them, `framed` says that
    something is drawn around the whole page.
    """

    shapes: list[BBox]
    areas: list[BBox]
    joints: list[BBox]
    letters: list[BBox]
    cells: list[BBox]
    framed: bool = False


class _Texts:
    """The lines of a page by the bands of it that they touch, so that few are looked at for each path."""

    def __init__(self, lines: Sequence[Line], shown: BBox) -> None:
        self._lines = lines
        self._shown = shown

    @cached_property
    def _bands(self) -> dict[int, list[tuple[int, BBox, int]]]:
        found: dict[int, list[tuple[int, BBox, int]]] = {}
        for at, line in enumerate(self._lines):
            for band in bands(line.box) if area(common(line.box, self._shown)) else ():
                found.setdefault(band, []).append((at, line.box, len(line.text)))
        return found

    def within(self, box: BBox) -> list[tuple[BBox, int]]:
        """The boxes of the lines that touch a box, with the number of their characters."""
        x0, y0, x1, y1 = box
        near = [
            one
            for band in bands(box)
            for one in self._bands.get(band, ())
            if one[1][0] < x1 and x0 < one[1][2] and one[1][1] < y1 and y0 < one[1][3]
        ]
        return [(text, length) for _, text, length in dict.fromkeys(near)]

    def cover(self, box: BBox) -> float:
        """The share of a box that text covers."""
        return sum(area(common(box, text)) for text, _ in self.within(box)) / max(area(box), 1.0)

    def length(self, box: BBox) -> int:
        """The number of characters of the lines that touch a box."""
        return sum(length for _, length in self.within(box))

    def is_bare(self, box: BBox) -> bool:
        """Whether no line stands in a box with more than a tenth of it."""
        return all(area(common(box, text)) <= _GRAZED * area(text) for text, _ in self.within(box))

    def is_backing(self, box: BBox) -> bool:
        """Whether a box lies behind whole paragraphs."""
        return area(box) > _ROOMY and sum(length for text, length in self.within(box) if inside(text, box)) > _PROSE


def placements(drawn: Drawn, lines: Sequence[Line], shown: BBox, buttons: Sequence[BBox] = ()) -> list[Placement]:
    """The figures of a page that are drawn as lines and areas, and those drawings that are set aside, by their rule.

    What is drawn in one of the `buttons`, the boxes of a form that are ticked or not, is told as text.
    """
    if not any(_may_be_seen(drawn, at, shown) for at in range(len(drawn.shapes))):
        return []
    texts = _Texts(lines, shown)
    paths = _sorted(drawn, texts, shown)
    if buttons:
        paths.shapes = [box for box in paths.shapes if not any(inside(box, button) for button in buttons)]
        paths.areas = [box for box in paths.areas if not any(inside(box, button) for button in buttons)]
    cores = merged([*paths.shapes, *paths.areas], _NEAR)
    if not cores:
        return []
    whole = _joined(cores, merged(paths.joints, _TOUCH), texts)
    shapes, areas, cells = (by_holder(boxes, whole) for boxes in (paths.shapes, paths.areas, paths.cells))
    kinds: dict[str, list[BBox]] = {}
    for box in whole:
        chart = _is_chart(areas.get(box, []), len(cells.get(box, [])), texts.cover(box))
        kinds.setdefault(_kind(box, box in shapes or chart, texts), []).append(box)
    figures = _labelled(kinds.pop(_FIGURE, []), lines, shown)
    if paths.framed and len(figures) > _FEW and texts.cover(shown) <= _SHEET:
        figures = [shown]
    figures = _at_most(_MOST_FIGURES if len(drawn.shapes) <= _MANY_PATHS else _FEW, figures)
    return [
        *(vector(box, _dpi(box, paths.letters)) for box in figures),
        *(vector(around(boxes), decorative=f"{rule} ({len(boxes)})") for rule, boxes in kinds.items()),
    ]


def _may_be_seen(drawn: Drawn, at: int, shown: BBox) -> bool:
    """Whether one of the page's `shapes` may make a figure: a path that is no rule, on the page, not just white,
    and neither the page's background nor a frame around all of it."""
    kind, box = drawn.shapes[at]
    if not kind.endswith("-path") or _is_rule(box) or at in drawn.blank or _clipped(box, shown) is None:
        return False
    left = drawn.left(at)
    return left is None or area(common(left, shown)) < (_BACKGROUND if kind == "fill-path" else _FRAME) * area(shown)


def _kind(box: BBox, drawn: bool, texts: _Texts) -> str:
    """What a cluster is: a figure, or the rule by which it is none. `drawn` says that it holds a shape, or bars."""
    width, height = box[2] - box[0], box[3] - box[1]
    if max(width, height) <= _TINY or min(width, height) <= _THIN:
        return _TINY_ONES
    if not drawn:
        return _PLAIN_ONES
    return _AROUND if texts.cover(box) > _MOST_COVERED else _FIGURE


def _sorted(drawn: Drawn, texts: _Texts, shown: BBox) -> _Sorted:
    """The paths of the page sorted. Of a page with very many their boxes alone are looked at: most are shapes."""
    found = _Sorted([], [], [], [], [])
    page = area(shown)
    whole, half = _WHOLE_PAGE * page, _PAGE_WIDE * page
    if len(drawn.shapes) > _MOST_SHAPED:
        boxes = (_clipped(box, shown) for kind, box in drawn.shapes if kind.endswith("-path"))
        for one in filter(None, boxes):
            (found.joints if _is_rule(one) or area(one) >= half else found.shapes).append(one)
        found.letters = [box for box in found.shapes if _like_letter(box)]
        return found
    for path, left in drawn.seen:
        box = _clipped(left, shown)
        if box is None:
            continue
        size = area(box)
        if size > whole:
            found.framed = True
            continue
        fill = path.get("fill")
        wide = size >= half
        if _is_rule(box):
            found.joints.append(box)
        elif _is_shape(path):
            if not (fill and (wide or texts.is_backing(box))):
                found.shapes.append(box)
        elif not wide and (path.get("color") or min(fill or (0.0,)) < WHITE):
            straight = any(item[0] in ("l", "re", "qu") for item in path["items"])
            bare = bool(fill or not straight) and texts.is_bare(box)  # what is but an outline is told without its text
            strong = bare and fill and min(fill) < _PALE
            (found.shapes if bare and not straight else found.areas if strong else found.joints).append(box)
            if fill and not bare:
                found.cells.append(box)
        if fill and _like_letter(box):
            found.letters.append(box)
    return found


def _clipped(box: BBox, shown: BBox) -> BBox | None:
    """What of a path is on the page. None where nothing is, or where its place makes no sense."""
    left = common(box, shown)
    if left[2] < left[0] or left[3] < left[1]:
        return None
    return left if min(box) > -MOST and max(box) < MOST else None


def _is_shape(path: dict[str, Any]) -> bool:
    """Whether a path is more than straight lines along the page and rectangles with or without round corners."""
    steps, last = 0, None
    for kind, *points in path["items"]:
        if kind == "c":
            if not (_on_outline(points[0], path["rect"]) and _on_outline(points[-1], path["rect"])):
                return True
        elif kind == "l":
            (x0, y0), (x1, y1) = points
            if abs(x1 - x0) > _SLANT and abs(y1 - y0) > _SLANT:
                return True
            steps = steps + 1 if last == points[0] else 1
            last = points[1]
            if steps >= _STAIRCASE:
                return True
    return False


def _on_outline(point: Sequence[float], box: Sequence[float]) -> bool:
    x, y = point
    x0, y0, x1, y1 = box
    reach = _ON_OUTLINE
    return min(abs(x - x0), abs(x - x1)) < reach or min(abs(y - y0), abs(y - y1)) < reach


def _joined(cores: Sequence[BBox], groups: Sequence[BBox], texts: _Texts) -> list[BBox]:
    """The cores with the groups of rules and frames that touch them, but for those that would take in a text.

    Where there are too many of both to compare, the cores are left as they are.
    """
    whole, left, changed = list(cores), sorted(groups, key=area), len(cores) * len(groups) <= _MOST_PAIRS
    while changed:
        changed, waiting = False, []
        for group in left:
            touched = [box for box in whole if _near(box, group, _TOUCH)]
            if touched and _is_worth(one := around([group, *touched]), touched, texts):
                whole = [box for box in whole if box not in touched]
                whole.append(one)
                changed = True
            else:
                waiting.append(group)
        left = waiting
        whole = merged(whole, 0.0)
    return whole


def _is_worth(one: BBox, touched: Sequence[BBox], texts: _Texts) -> bool:
    """Whether cores and what touches them are one figure: it has no more text than the cores, or little."""
    cover = texts.cover(one)
    if cover <= _SPARSE:
        return True
    return cover <= _WORDY and texts.length(one) - sum(map(texts.length, touched)) <= _MOST_LABELS


def _is_chart(areas: Sequence[BBox], cells: int, cover: float) -> bool:
    """Whether plain areas are bars, or the dots of a code: at least three, no fewer than the areas with words (`cells`)
    and not all in one grid as a table's cells are. `cover` is the share of them all that text covers.
    """
    bars = list(dict.fromkeys(areas))
    if len(bars) < max(_FEWEST_AREAS, cells) or cover > _WORDY:
        return False
    return sum(map(_is_dot, bars)) >= _FEWEST_DOTS or not _is_grid(bars)


def _is_grid(areas: Sequence[BBox]) -> bool:
    """Whether areas stand in rows or columns as cells do: with edges in common on both sides, and of few sizes.

    Bars have a side in common, or, where they are stacked, two, but then many sizes.
    """
    shared = [_in_common([one[side] for one in areas]) for side in range(4)]
    if sum(shared) >= _REGULAR * 4:
        return True
    for axis in (0, 1):
        sizes = {round(one[3 - axis] - one[1 - axis]) for one in areas}
        if min(shared[axis], shared[axis + 2]) >= _REGULAR and len(sizes) <= max(len(areas) / 2, 1):
            return True
    return False


def _in_common(edges: Sequence[float]) -> float:
    """The share of edges that lie where another does."""
    places = sorted(edges)
    near = [after - before < _ALIGNED for before, after in pairwise(places)]
    return sum(map(max, zip([False, *near], [*near, False], strict=True))) / len(places)


def _is_dot(box: BBox) -> bool:
    """Whether an area may be one of the squares of a code."""
    width, height = box[2] - box[0], box[3] - box[1]
    return max(width, height) < _DOT and 0.5 * height < width < 2 * height


def _labelled(figures: Sequence[BBox], lines: Sequence[Line], shown: BBox) -> list[BBox]:
    """The figures with the lines beside them that are no prose and no caption, and a narrow rim."""
    if not figures:
        return []
    widest: dict[int, float] = {}
    for line in lines:
        widest[line.group] = max(widest.get(line.group, 0.0), line.box[2] - line.box[0])
    found = []
    for box in figures:
        longest = max(_LABEL_LONGEST * (box[2] - box[0]), _LABEL_SHORT)
        near = [line for line in lines if _near(box, line.box, 2 * _LABEL_REACH) and widest[line.group] <= longest]
        labels = [line for line in near if not is_caption(line.text)]
        for _ in range(2):
            for line in labels:
                if not inside(line.box, box) and _near(box, line.box, min(_LABEL_GAP * line.size, _LABEL_REACH)):
                    box = around([box, line.box])
        x0, y0, x1, y1 = box
        found.append(common((x0 - _RIM, y0 - _RIM, x1 + _RIM, y1 + _RIM), shown))
    return merged(found, 0.0)


def _at_most(most: int, boxes: Sequence[BBox]) -> list[BBox]:
    """That many boxes, in reading order: the nearest are put together where there are more."""
    left, gap = list(boxes), _NEAR
    while len(left) > most:
        left, gap = merged(left, gap), 1.5 * gap
    return left


def _dpi(box: BBox, letters: Sequence[BBox]) -> int:
    within = sum(inside(letter, box) for letter in letters)
    return SHARP_DPI if within >= _FEWEST_LETTERS else PLAIN_DPI


def _like_letter(box: BBox) -> bool:
    return _LETTER[0] <= box[3] - box[1] <= _LETTER[1] and box[2] - box[0] <= _LETTER[1]


def _is_rule(box: BBox) -> bool:
    """Whether a path is thin, and longer than that: a dot is none."""
    width, height = box[2] - box[0], box[3] - box[1]
    return min(width, height) <= _THIN < max(width, height)


def _near(one: BBox, other: BBox, gap: float) -> bool:
    return (
        one[0] <= other[2] + gap and other[0] <= one[2] + gap and one[1] <= other[3] + gap and other[1] <= one[3] + gap
    )
