"""A page interpreted once: what it draws is replayed at a fraction of that cost, as often as something wants to know.

MuPDF leaves out of a replay what has no extent: blanks, text without outlines that is not painted, and all that an
empty clipping path cuts away. So a page's words are read from the page itself, and from here what is known about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import pymupdf
from pymupdf import mupdf

from pipeline.document import BBox

Colour = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""

WHITE = 0.97
"""The share of each colour from which on a fill looks white."""
ROOM = 4.0
"""Points: the least side of a shape that could hold a word."""
LARGE = 200.0
"""Points: the least side of a shape that may fill much of a page."""
_Heard = TypeVar("_Heard", bound="_Listener")
_RGB = mupdf.FzColorspace(mupdf.FzColorspace.Fixed_RGB)
_PARAMETERS = mupdf.FzColorParams()
_EVERYWHERE = mupdf.FzRect(mupdf.FzRect.Fixed_INFINITE)


class Display:
    """What one page draws, in MuPDF's coordinates. `sheet` can be rendered, too."""

    def __init__(self, page: pymupdf.Page) -> None:
        turned = page.rotation
        if turned:
            page.set_rotation(0)
        try:
            self.sheet: pymupdf.DisplayList = page.get_displaylist()
        finally:
            if turned:
                page.set_rotation(turned)

    def blocks(self, flags: int) -> list[dict[str, Any]]:
        """The text in blocks, lines and spans (runs of characters in one style), as MuPDF describes them."""
        blocks: list[dict[str, Any]] = pymupdf.TextPage(self.sheet.get_textpage(flags)).extractDICT()["blocks"]
        return blocks

    def log(self, most: int = 0) -> list[tuple[str, BBox]]:
        """The kind ("fill-text", "stroke-path", ...) and the box of each thing, in the order in which it is drawn.

        It ends with that many of `shapes`, where it is to. Each piece costs microseconds.
        """
        return self._heard(_Again(self.shapes, most)).log

    @cached_property
    def texts(self) -> list[tuple[str, BBox]]:
        """Those of them that are text."""
        return self._heard(_Texts()).log

    @property
    def shapes(self) -> list[tuple[str, BBox]]:
        """Those of them that are none: on most pages few."""
        return self._shapes.log

    @property
    def filled(self) -> list[tuple[BBox, Colour]]:
        """The areas that are painted in one colour and could hold a word."""
        return self._shapes.filled

    @property
    def blank(self) -> set[int]:
        """Which of `shapes` are rectangles filled with white, from 0."""
        return self._shapes.blank

    @property
    def clips(self) -> dict[int, BBox]:
        """For each large one of `shapes`, from 0: the box around the clipping paths in force."""
        return self._shapes.clips

    @cached_property
    def _shapes(self) -> _Shapes:
        return self._heard(_Shapes())

    def _heard(self, listener: _Heard) -> _Heard:
        mupdf.fz_run_display_list(self.sheet.this, listener, mupdf.FzMatrix(), _EVERYWHERE, listener.cookie)
        mupdf.fz_close_device(listener)
        return listener


class _Listener(mupdf.FzDevice2):  # type: ignore[misc]
    """Notes what is drawn where. MuPDF calls the methods, by these names; what it hands over lives no longer."""

    def __init__(self) -> None:
        super().__init__()
        self.cookie = mupdf.FzCookie()
        self.log: list[tuple[str, BBox]] = []


class _Shapes(_Listener):
    """Notes all but text."""

    def __init__(self) -> None:
        super().__init__()
        self.filled: list[tuple[BBox, Colour]] = []
        self.blank: set[int] = set()
        self.clips: dict[int, BBox] = {}
        self.use_virtual_fill_path()
        self.use_virtual_stroke_path()
        self.use_virtual_fill_shade()
        self.use_virtual_fill_image()
        self.use_virtual_fill_image_mask()

    def fill_path(self, _: Any, path: Any, even_odd: Any, ctm: Any, space: Any, colour: Any, *rest: Any) -> None:
        box = self._shape("fill-path", mupdf.ll_fz_bound_path(path, None, ctm))
        if space and box[2] - box[0] >= ROOM and box[3] - box[1] >= ROOM:
            parts = mupdf.ll_fz_convert_color(space, colour, _RGB.m_internal, None, _PARAMETERS.internal())
            red, green, blue = (round(255 * part) for part in parts[:3])
            self.filled.append((box, (red, green, blue)))
            if min(parts[:3]) >= WHITE and mupdf.ll_fz_path_is_rect(path, ctm):
                self.blank.add(len(self.log) - 1)

    def stroke_path(self, _: Any, path: Any, stroke: Any, ctm: Any, *rest: Any) -> None:
        self._shape("stroke-path", mupdf.ll_fz_bound_path(path, stroke, ctm))

    def fill_shade(self, _: Any, shade: Any, ctm: Any, *rest: Any) -> None:
        self._shape("fill-shade", mupdf.ll_fz_bound_shade(shade, ctm))

    def fill_image(self, _: Any, image: Any, ctm: Any, *rest: Any) -> None:
        self._shape("fill-image", mupdf.ll_fz_transform_rect(mupdf.fz_unit_rect, ctm))

    def fill_image_mask(self, _: Any, image: Any, ctm: Any, *rest: Any) -> None:
        self._shape("fill-imgmask", mupdf.ll_fz_transform_rect(mupdf.fz_unit_rect, ctm))

    def _shape(self, kind: str, rect: Any) -> BBox:
        box = (rect.x0, rect.y0, rect.x1, rect.y1)
        self.log.append((kind, box))
        if box[2] - box[0] >= LARGE and box[3] - box[1] >= LARGE:
            clip = mupdf.ll_fz_device_current_scissor(self.m_internal)
            self.clips[len(self.log) - 1] = (clip.x0, clip.y0, clip.x1, clip.y1)
        return box


class _Texts(_Listener):
    """Notes text."""

    def __init__(self) -> None:
        super().__init__()
        self.use_virtual_fill_text()
        self.use_virtual_stroke_text()
        self.use_virtual_ignore_text()

    def fill_text(self, _: Any, text: Any, ctm: Any, *rest: Any) -> None:
        self._text("fill-text", mupdf.ll_fz_bound_text(text, None, ctm))

    def stroke_text(self, _: Any, text: Any, stroke: Any, ctm: Any, *rest: Any) -> None:
        self._text("stroke-text", mupdf.ll_fz_bound_text(text, stroke, ctm))

    def ignore_text(self, _: Any, text: Any, ctm: Any) -> None:
        self._text("ignore-text", mupdf.ll_fz_bound_text(text, None, ctm))

    def _text(self, kind: str, rect: Any) -> None:
        self.log.append((kind, (rect.x0, rect.y0, rect.x1, rect.y1)))


class _Again(_Texts):
    """Notes text, and where between it the shapes come, which are known; `most` as in Display.log."""

    def __init__(self, shapes: Sequence[tuple[str, BBox]], most: int) -> None:
        super().__init__()
        self._known = iter(shapes)
        self._left = most
        self.use_virtual_fill_path()
        self.use_virtual_stroke_path()
        self.use_virtual_fill_shade()
        self.use_virtual_fill_image()
        self.use_virtual_fill_image_mask()

    def fill_path(self, *_: Any) -> None:
        self.log.append(next(self._known))
        self._left -= 1
        if not self._left:
            self.cookie.m_internal.abort = 1

    stroke_path = fill_shade = fill_image = fill_image_mask = fill_path
