"""What clipping paths, forms and the page's own edges leave to be seen of each picture that is placed on a page."""

from __future__ import annotations

from typing import Any

import pymupdf
from pymupdf import mupdf

from pipeline.document import BBox
from pipeline.extract.geometry import common, finite, moved


class _Window(mupdf.FzDevice2):  # type: ignore[misc]
    """Takes down each picture that is drawn: its box as displayed, and what the clips in force leave of that."""

    def __init__(self) -> None:
        super().__init__()
        self.use_virtual_fill_image()
        self.use_virtual_fill_image_mask()
        self.use_virtual_begin_tile()
        self.use_virtual_end_tile()
        self.drawn: list[tuple[BBox, BBox]] = []
        self._patterns = 0

    def begin_tile(self, *_any: Any) -> int:
        """Within a pattern MuPDF gives the clip in the pattern's own measure: it says nothing of the page."""
        self._patterns += 1
        return 0

    def end_tile(self, *_any: Any) -> None:
        self._patterns -= 1

    def fill_image(self, _context: Any, _image: Any, matrix: Any, *_rest: Any) -> None:
        clip = mupdf.ll_fz_device_current_scissor(self.m_internal)
        placed = moved((0, 0, 1, 1), (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f))
        seen = placed if self._patterns else common(placed, finite((clip.x0, clip.y0, clip.x1, clip.y1)))
        self.drawn.append((placed, seen))

    def fill_image_mask(self, context: Any, image: Any, matrix: Any, *rest: Any) -> None:
        self.fill_image(context, image, matrix, *rest)


def windows(page: pymupdf.Page) -> list[tuple[BBox, BBox]]:
    """Each picture in the order in which it is drawn: its whole box as displayed, and what of that is not cut away."""
    device = _Window()
    mupdf.fz_run_page(mupdf.FzPage(page.this), device, mupdf.FzMatrix(), mupdf.FzCookie())
    mupdf.fz_close_device(device)
    return device.drawn
