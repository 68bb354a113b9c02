"""The pictures that a page draws, and what clipping paths, forms and the page's edges leave of each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from pymupdf import mupdf

from pipeline.document import BBox
from pipeline.extract.geometry import Affine, common, moved, turned

FAINTEST = 0.5
"""What is painted with less than this is a watermark, which MuPDF's own list of pictures leaves out."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture where a page draws it: its whole box, and what the clips in force leave of that.

    `across` and `down` are where its upper and its left edge lead to, `width` and `height` its pixels, `bits` how deep
    each colour of one is, `size` the bytes that it is stored in, 0 where it is made of none. A `stencil` has no colours
    of its own, through a `sheer` one what lies beneath may be seen. A gradient counts as a picture with a pixel for
    each point, on whole points of the displayed page.
    """

    box: BBox
    seen: BBox
    across: tuple[float, float]
    down: tuple[float, float]
    width: int
    height: int
    bits: int
    size: int
    stencil: bool
    sheer: bool = False
    gradient: bool = False

    def displayed(self, turn: Affine, shown: BBox) -> Painted:
        """The same on the displayed page, which `turn` leads to."""
        if self.gradient:
            left = common(turned(self.seen, turn), shown)
            if left[2] < left[0] or left[3] < left[1]:  # nothing of it is on the page
                left = (0.0, 0.0, 0.0, 0.0)
            x0, y0 = math.floor(left[0]), math.floor(left[1])
            width, height = math.ceil(left[2]) - x0, math.ceil(left[3]) - y0
            return _gradient((float(x0), float(y0), float(x0 + width), float(y0 + height)), width, height)
        a, b, c, d, _, _ = turn
        (right, lean), (slant, down) = self.across, self.down
        return replace(
            self,
            box=moved(self.box, turn),
            seen=moved(self.seen, turn),
            across=(a * right + c * lean, b * right + d * lean),
            down=(a * slant + c * down, b * slant + d * down),
        )


def image(picture: Any, matrix: Any, alpha: float, box: BBox, clip: BBox | None) -> Painted:
    """A picture of MuPDF's that is drawn in a box; `clip` is what the clips in force leave of the page, if anything."""
    stored = mupdf.ll_fz_compressed_image_buffer(picture)
    return Painted(
        box=box,
        seen=common(box, clip) if clip else box,
        across=(matrix.a, matrix.b),
        down=(matrix.c, matrix.d),
        width=picture.w,
        height=picture.h,
        bits=picture.bpc,
        size=mupdf.ll_fz_compressed_buffer_size(stored) if stored else 0,
        stencil=picture.colorspace is None,
        sheer=picture.mask is not None or alpha < 1,
    )


def gradient(box: BBox, clip: BBox) -> Painted:
    """A gradient that reaches over a box."""
    return _gradient(common(box, clip), 0, 0)


def _gradient(box: BBox, width: int, height: int) -> Painted:
    return Painted(box, box, (width, 0.0), (0.0, height), width, height, 8, 0, stencil=False, gradient=True)
