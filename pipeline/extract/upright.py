"""How a scanned page lies: which way its lines run, and by how much they lean. From pixels alone.

The darkness of a page is summed along its lines. Where the lines run level the sums rise and fall steeply from row to
row, since rows of letters and gaps take turns; the angle of the steepest sums is that of the lines (Postl, 1986). The
page is cut into upright strips whose sums are made once; for each angle they are shifted against each other:

    strip 1  strip 2        strip 1  strip 2 shifted by one row
    ####     ....           ####     ####
    ....     ####           ....     ....
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.document import BBox
from pipeline.extract.geometry import Affine, moved

if TYPE_CHECKING:
    import pymupdf

_LOOK_DPI = 72
"""Lines of 8 points are a few pixels high: enough to tell their direction."""

_MOST_PIXELS = 1000
_STRIPS = 24
_STEEPEST = 6.0
_COARSE, _FINE = 0.5, 0.1
_LEAST_LEAN = 0.5
_CLEARLY = 1.2
_ACROSS = 1.3


@dataclass(frozen=True, slots=True)
class Lie:
    """How lines lie: `sideways` where they seem to run up or down the page, `lean` in degrees clockwise from that."""

    sideways: bool
    lean: float


def look_dpi(page: BBox) -> float:
    """The resolution at which to look at a page: 72, and at most 1,000 pixels a side."""
    return min(_LOOK_DPI, 72 * _MOST_PIXELS / max(page[2] - page[0], page[3] - page[1], 1.0))


def lie(pixels: pymupdf.Pixmap) -> Lie:
    """How the lines of a page lie, from its grey pixels; a lean under half a degree, or one that is not clear, is 0."""
    stride, width, height = pixels.stride, pixels.width, pixels.height
    data = bytes(pixels.samples_mv)
    level, leaning = _steepest([data[at : at + width] for at in range(0, stride * height, stride)])
    upward, falling = _steepest([data[at : stride * height : stride] for at in range(width)])
    return Lie(True, 0.0 - falling) if upward > _ACROSS * level else Lie(False, leaning)


def _steepest(rows: Sequence[bytes]) -> tuple[float, float]:
    """How steep the sums of the rows are at their best, and the angle in degrees clockwise at which they are."""
    strips, middles = _strips(rows)
    if len(rows) < 2 or not strips:
        return 0.0, 0.0

    def steep(angle: float) -> float:
        return _energy(_summed(strips, [round(middle * math.tan(math.radians(angle))) for middle in middles]))

    count = round(_STEEPEST / _COARSE)
    best = max((step * _COARSE for step in range(-count, count + 1)), key=lambda angle: (steep(angle), -abs(angle)))
    near = round(_COARSE / _FINE)
    angle = max((best + step * _FINE for step in range(-near, near + 1)), key=steep)
    most = steep(angle)
    clear = abs(angle) >= _LEAST_LEAN and most > _CLEARLY * steep(0.0)
    return most, round(angle, 1) if clear else 0.0


def _strips(rows: Sequence[bytes]) -> tuple[list[list[int]], list[float]]:
    """The sums of each row within each strip, and how far each strip's middle is from the page's."""
    width = len(rows[0]) if rows else 0
    step = max(width // _STRIPS, 1)
    starts = range(0, width - step + 1, step)
    return [[sum(row[at : at + step]) for row in rows] for at in starts], [at + (step - width) / 2 for at in starts]


def _summed(strips: Sequence[Sequence[int]], shifts: Sequence[int]) -> list[int]:
    """The strips' sums added row by row, each strip shifted up by its rows; rows that not all have are left out."""
    first, last = max(-min(shifts), 0), min(len(strips[0]) - max(*shifts, 0), len(strips[0]))
    shifted = (strip[first + by : last + by] for strip, by in zip(strips, shifts, strict=True))
    return list(map(sum, zip(*shifted, strict=True)))


def _energy(sums: Sequence[int]) -> float:
    """The mean square of the steps between neighbouring sums."""
    steps = [(after - before) ** 2 for before, after in pairwise(sums)]
    return sum(steps) / max(len(steps), 1)


def turning(degrees: float, page: BBox) -> Affine:
    """What turns a page clockwise, so that what it shows begins at the origin again."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x0, y0, _, _ = moved(page, (cos, sin, -sin, cos, 0.0, 0.0))
    return cos, sin, -sin, cos, -x0, -y0


def undone(by: Affine) -> Affine:
    """What brings back what a transformation has moved."""
    a, b, c, d, e, f = by
    size = a * d - b * c
    return d / size, -b / size, -c / size, a / size, (c * f - d * e) / size, (b * e - a * f) / size
