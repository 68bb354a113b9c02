"""Boxes put together that lie near each other, and told apart by where they lie: many at once, and pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.document import BBox

_BAND = 24.0
_MOST_BANDS = 1000


def merged(boxes: Iterable[BBox], gap: float) -> list[BBox]:
    """The boxes with those put together that come within `gap` points of each other, until none do.

    A line sweeps down over them; only those that it has not left behind are compared.
    """
    left, count = sorted(set(boxes), key=lambda box: (box[1], box)), -1
    while len(left) != count:
        count = len(left)
        left = _swept(left, gap)
    return left


def _swept(boxes: Sequence[BBox], gap: float) -> list[BBox]:
    done: list[BBox] = []
    open_ones: list[BBox] = []
    for box in boxes:
        x0, y0, x1, y1 = box
        still: list[BBox] = []
        for other in open_ones:
            if other[3] + gap < y0:
                done.append(other)
            elif other[0] <= x1 + gap and x0 <= other[2] + gap:
                x0, y0, x1, y1 = min(x0, other[0]), min(y0, other[1]), max(x1, other[2]), max(y1, other[3])
            else:
                still.append(other)
        still.append((x0, y0, x1, y1))
        open_ones = still
    return sorted([*done, *open_ones], key=lambda box: (box[1], box))


def by_holder(boxes: Iterable[BBox], holders: Sequence[BBox]) -> dict[BBox, list[BBox]]:
    """The boxes by the one of the holders, which keep apart, that each lies in."""
    at: dict[int, list[BBox]] = {}
    for holder in holders:
        for band in bands(holder):
            at.setdefault(band, []).append(holder)
    held: dict[BBox, list[BBox]] = {}
    for box in boxes:
        for holder in at.get(bands(box)[0], ()):
            if inside(box, holder):
                held.setdefault(holder, []).append(box)
    return held


def bands(box: BBox) -> range:
    """The bands of a page, 24 points high, that a box touches."""
    first, last = int(box[1] // _BAND), int(box[3] // _BAND)
    if first < 0 or last > _MOST_BANDS:
        first, last = (min(max(band, 0), _MOST_BANDS) for band in (first, last))
    return range(first, max(first, last) + 1)


def inside(one: BBox, box: BBox) -> bool:
    """Whether one box lies in another, its edges included."""
    return box[0] <= one[0] and box[1] <= one[1] and one[2] <= box[2] and one[3] <= box[3]
