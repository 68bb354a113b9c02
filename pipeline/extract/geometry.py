"""Boxes on a page: pure, and alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.document import BBox

Affine = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f as in PDF: x' = a x + c y + e, y' = b x + d y + f."""

UNMOVED: Affine = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MOST = 1e6
"""Further from the origin, in points, nothing is believed to stand."""


def around(boxes: Iterable[BBox]) -> BBox:
    """The smallest box that holds all (at least one)."""
    found = list(boxes)
    if len(found) == 1:
        return found[0]
    x0, y0, x1, y1 = zip(*found, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def area(box: BBox) -> float:
    """Width times height, 0 where the box is turned inside out."""
    width, height = box[2] - box[0], box[3] - box[1]
    return width * height if width > 0 and height > 0 else 0.0


def common(one: BBox, other: BBox) -> BBox:
    """What two boxes share; its area is 0 where they share nothing."""
    a, b, c, d = one
    e, f, g, h = other
    return a if a >= e else e, b if b >= f else f, c if c <= g else g, d if d <= h else h


def meet(one: Sequence[Any], other: BBox) -> bool:
    """Whether two boxes share anything; more may follow the numbers of the first."""
    return bool(one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1])


def overlap(one: BBox, other: BBox, axis: int) -> float:
    """How much of the shorter of two boxes' extents along an axis (0 is x, 1 is y) they share, from 0 to 1."""
    start, end, begin, stop = one[axis], one[axis + 2], other[axis], other[axis + 2]
    shared = (end if end <= stop else stop) - (start if start >= begin else begin)
    shorter = end - start if end - start <= stop - begin else stop - begin
    if shorter <= 0:
        return float(shared >= 0)
    return shared / shorter if shared > 0 else 0.0


def moved(box: Sequence[float], by: Affine) -> BBox:
    """The box around a box's corners after a transformation."""
    return finite(box if by == UNMOVED else turned(box, by))


def turned(box: Sequence[float], by: Affine) -> BBox:
    """The same, neither brought within bounds nor rounded."""
    x0, y0, x1, y1 = box
    a, b, c, d, e, f = by
    xs = [a * x + c * y + e for x in (x0, x1) for y in (y0, y1)]
    ys = [b * x + d * y + f for x in (x0, x1) for y in (y0, y1)]
    return min(xs), min(ys), max(xs), max(ys)


def all_moved(boxes: Sequence[BBox], by: Affine) -> list[BBox]:
    """Boxes in MuPDF's single precision, each around its corners after a transformation."""
    if by == UNMOVED and boxes and are_sound(boxes):
        return [rounded(*box) for box in boxes]
    return [moved(box, by) for box in boxes]


def finite(box: Sequence[float]) -> BBox:
    """The box with broken or absurd numbers brought within a million points, rounded to a hundredth."""
    x0, y0, x1, y1 = box
    if not (-MOST < x0 < MOST and -MOST < y0 < MOST and -MOST < x1 < MOST and -MOST < y1 < MOST):
        x0, y0, x1, y1 = (min(max(value, -MOST), MOST) if math.isfinite(value) else 0.0 for value in box)
    return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)


def rounded(x0: float, y0: float, x1: float, y1: float) -> BBox:
    """A box in MuPDF's single precision to a hundredth of a point: what `round(x, 2)` gives, in a quarter of its time.

    A hundred times such a number is exact in double precision, so that even a half goes the same way.
    """
    return round(x0 * 100) / 100, round(y0 * 100) / 100, round(x1 * 100) / 100, round(y1 * 100) / 100


def are_sound(boxes: Sequence[BBox]) -> bool:
    """Whether no number is broken or absurd, judged for all at once: a sum is finite only where all of it is."""
    columns = zip(*boxes, strict=True)
    return all(math.isfinite(sum(column)) and min(column) > -MOST and max(column) < MOST for column in columns)
