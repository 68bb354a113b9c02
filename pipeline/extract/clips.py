"""The pictures that a page draws, in their order, and what clipping paths, forms and the page's edges leave of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymupdf
from pymupdf import mupdf

from pipeline.document import BBox
from pipeline.extract.geometry import common, finite

_FAINTEST = 0.5
"""What is painted with less than this is a watermark, which MuPDF's own list of pictures leaves out."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture where a page draws it: its whole box as displayed, and what the clips in force leave of that.

    `across` and `down` are where its upper and its left edge lead to, `width` and `height` its pixels, `bits` how deep
    each colour of one is, `size` the bytes that it is stored in, 0 where it is made of none. A `stencil` has no colours
    of its own. A gradient counts as a picture with a pixel for each point, on whole points.
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
    gradient: bool = False


class _Painter(mupdf.FzDevice2):  # type: ignore[misc]
    """Takes down each picture that is drawn. MuPDF calls the methods, by these names."""

    def __init__(self, page: pymupdf.Page) -> None:
        super().__init__()
        self.use_virtual_fill_image()
        self.use_virtual_fill_image_mask()
        self.use_virtual_fill_shade()
        self.use_virtual_begin_tile()
        self.use_virtual_end_tile()
        self.painted: list[Painted] = []
        self._page = mupdf.ll_fz_bound_page(page.this.m_internal)
        self._patterns = 0

    def begin_tile(self, *_any: Any) -> int:
        """Within a pattern MuPDF gives the clip in the pattern's own measure: it says nothing of the page."""
        self._patterns += 1
        return 0

    def end_tile(self, *_any: Any) -> None:
        self._patterns -= 1

    def fill_image(self, _context: Any, image: Any, matrix: Any, alpha: float, *_rest: Any) -> None:
        if alpha < _FAINTEST:
            return
        box = _box(mupdf.ll_fz_transform_rect(mupdf.fz_unit_rect, matrix))
        stored = mupdf.ll_fz_compressed_image_buffer(image)
        one = Painted(
            box=box,
            seen=box if self._patterns else common(box, _box(mupdf.ll_fz_device_current_scissor(self.m_internal))),
            across=(matrix.a, matrix.b),
            down=(matrix.c, matrix.d),
            width=image.w,
            height=image.h,
            bits=image.bpc,
            size=mupdf.ll_fz_compressed_buffer_size(stored) if stored else 0,
            stencil=image.colorspace is None,
        )
        self.painted.append(one)

    def fill_image_mask(
        self, context: Any, image: Any, matrix: Any, _space: Any, _colour: Any, alpha: float, *rest: Any
    ) -> None:
        self.fill_image(context, image, matrix, alpha, *rest)

    def fill_shade(self, _context: Any, shade: Any, matrix: Any, alpha: float, *_rest: Any) -> None:
        if alpha < _FAINTEST:
            return
        left = mupdf.ll_fz_intersect_rect(mupdf.ll_fz_bound_shade(shade, matrix), self._page)
        left = mupdf.ll_fz_intersect_rect(left, mupdf.ll_fz_device_current_scissor(self.m_internal))
        whole = mupdf.ll_fz_irect_from_rect(left)
        width, height = max(whole.x1 - whole.x0, 0), max(whole.y1 - whole.y0, 0)
        box = (float(whole.x0), float(whole.y0), float(whole.x0 + width), float(whole.y0 + height))
        one = Painted(box, box, (width, 0.0), (0.0, height), width, height, 8, 0, stencil=False, gradient=True)
        self.painted.append(one)


def painted(page: pymupdf.Page) -> list[Painted]:
    """The pictures of a page as it is displayed, gradients among them, in the order in which they are drawn."""
    painter = _Painter(page)
    mupdf.fz_run_page(mupdf.FzPage(page.this), painter, mupdf.FzMatrix(), mupdf.FzCookie())
    mupdf.fz_close_device(painter)
    return painter.painted


def _box(rect: Any) -> BBox:
    return finite((rect.x0, rect.y0, rect.x1, rect.y1))
