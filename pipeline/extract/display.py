"""A page interpreted once: what it draws is replayed at a fraction of that cost, as often as something wants to know.

MuPDF leaves out of a replay what has no extent (blanks, text without outlines that is not painted) and all that an
empty clipping path cuts away, but within a pattern. So the whole page is taken down as if it were one.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

import pymupdf
from pymupdf import mupdf

from pipeline.document import BBox
from pipeline.extract.clips import FAINTEST, Painted, gradient, image

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
_RGB_SPACE = _RGB.m_internal
_PARAMETERS = mupdf.FzColorParams()
_AS_USUAL = _PARAMETERS.internal()
_AS_IT_IS = mupdf.FzMatrix()
_EVERYWHERE = mupdf.FzRect(mupdf.FzRect.Fixed_INFINITE)
_X0, _Y0, _X1, _Y1 = (getattr(mupdf.fz_rect, side).fget for side in ("x0", "y0", "x1", "y1"))
_FAR = mupdf.FzRect(-20_000.0, -20_000.0, 20_000.0, 20_000.0)


class Display:
    """What one page draws, in MuPDF's coordinates, which are those of the page before it is `turned` for display."""

    def __init__(self, page: pymupdf.Page, turned: int) -> None:
        if turned:
            page.set_rotation(0)
        try:
            own = mupdf.FzPage(page.this)
            self._bounds = mupdf.fz_bound_page(own)
            self._list = _interpreted(own)
        finally:
            if turned:
                page.set_rotation(turned)

    def words(self) -> list[Any]:
        """The words that it draws, wherever they stand and whatever is cut away of them, as MuPDF describes them."""
        words: list[Any] = self._text(_FAR, 0).extractWORDS()
        return words

    def characters(self) -> list[dict[str, Any]]:
        """The characters of those words and the spaces between, in blocks, lines and spans."""
        blocks: list[dict[str, Any]] = self._text(_FAR, 0).extractRAWDICT()["blocks"]
        return blocks

    def blocks(self, flags: int) -> list[dict[str, Any]]:
        """The text in blocks, lines and spans (runs of characters in one style), as MuPDF describes them."""
        blocks: list[dict[str, Any]] = self._text(self._bounds, flags).extractDICT()["blocks"]
        return blocks

    def _text(self, bounds: Any, flags: int) -> pymupdf.TextPage:
        found = mupdf.FzStextPage(bounds)
        device = mupdf.fz_new_stext_device(found, mupdf.FzStextOptions(flags))
        mupdf.fz_run_display_list(self._list, device, _AS_IT_IS, _EVERYWHERE, mupdf.FzCookie())
        mupdf.fz_close_device(device)
        return pymupdf.TextPage(found)

    def log(self, most: int = 0) -> list[tuple[str, BBox]]:
        """The kind ("fill-text", "stroke-path", ...) and the box of each thing, in the order in which it is drawn.

        It ends with that many of `shapes`, where it is to. Each piece costs microseconds.
        """
        return self._heard(_Again(self._shapes, most)).log

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
        """For each large one and each picture of `shapes`, from 0, but in a pattern: the box around the clips there."""
        return self._shapes.clips

    @property
    def pictures(self) -> list[Painted]:
        """The pictures and gradients, those too that have no extent."""
        return self._shapes.pictures

    @property
    def speaks(self) -> bool:
        """Whether a text goes with a part of it that is said in its place, or tells of it."""
        return self._shapes.speaks

    @cached_property
    def _shapes(self) -> _Shapes:
        return self._heard(_Shapes())

    def _heard(self, listener: _Heard) -> _Heard:
        mupdf.fz_run_display_list(self._list, listener, _AS_IT_IS, _EVERYWHERE, listener.cookie)
        mupdf.fz_close_device(listener)
        return listener


def _interpreted(page: mupdf.FzPage) -> mupdf.FzDisplayList:
    """What a page draws, as one pattern."""
    found = mupdf.FzDisplayList(_FAR)
    device = mupdf.fz_new_list_device(found)
    mupdf.fz_begin_tile(device, _EVERYWHERE, _EVERYWHERE, 1.0, 1.0, _AS_IT_IS)
    mupdf.fz_run_page(page, device, _AS_IT_IS, mupdf.FzCookie())
    mupdf.fz_end_tile(device)
    mupdf.fz_close_device(device)
    return found


def _sides(rect: Any) -> BBox:
    """A rectangle of MuPDF's as numbers: asked of what is beneath its Python object, at a tenth of the cost."""
    held = rect.this
    return _X0(held), _Y0(held), _X1(held), _Y1(held)


class _Listener(mupdf.FzDevice2):  # type: ignore[misc]
    """Notes what is drawn where. MuPDF calls the methods, by these names; what it hands over lives no longer."""

    def __init__(self) -> None:
        super().__init__()
        self.cookie = mupdf.FzCookie()
        self.log: list[tuple[str, BBox]] = []


class _Shapes(_Listener):
    """Notes all but text. Of what has no extent only pictures are noted; `places` tells of `log` where else it was."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[int] = []
        self.filled: list[tuple[BBox, Colour]] = []
        self.blank: set[int] = set()
        self.clips: dict[int, BBox] = {}
        self.pictures: list[Painted] = []
        self.speaks = False
        self._drawn = 0
        self._patterns = -1  # the first is the page
        self.use_virtual_fill_path()
        self.use_virtual_stroke_path()
        self.use_virtual_fill_shade()
        self.use_virtual_fill_image()
        self.use_virtual_fill_image_mask()
        self.use_virtual_begin_tile()
        self.use_virtual_end_tile()
        self.use_virtual_begin_metatext()

    def begin_tile(self, *_: Any) -> int:
        """Within a pattern MuPDF gives the clip in the pattern's own measure: it says nothing of the page."""
        self._patterns += 1
        return 0

    def begin_metatext(self, *_: Any) -> None:
        self.speaks = True
        self.use_virtual_begin_metatext(False)  # one is enough, and there may be thousands

    def end_tile(self, *_: Any) -> None:
        self._patterns -= 1

    def fill_path(self, _: Any, path: Any, even_odd: Any, ctm: Any, space: Any, colour: Any, *rest: Any) -> None:
        box = self._shape("fill-path", mupdf.ll_fz_bound_path(path, None, ctm))
        if space and box[2] - box[0] >= ROOM and box[3] - box[1] >= ROOM:
            parts = mupdf.ll_fz_convert_color(space, colour, _RGB_SPACE, None, _AS_USUAL)[:3]
            red, green, blue = (round(255 * part) for part in parts)
            self.filled.append((box, (red, green, blue)))
            if min(parts) >= WHITE and mupdf.ll_fz_path_is_rect(path, ctm):
                self.blank.add(len(self.log) - 1)

    def stroke_path(self, _: Any, path: Any, stroke: Any, ctm: Any, *rest: Any) -> None:
        self._shape("stroke-path", mupdf.ll_fz_bound_path(path, stroke, ctm))

    def fill_shade(self, _: Any, shade: Any, ctm: Any, alpha: float, *rest: Any) -> None:
        box = self._shape("fill-shade", mupdf.ll_fz_bound_shade(shade, ctm))
        if alpha >= FAINTEST:
            self.pictures.append(gradient(box, self._clip()))

    def fill_image(self, _: Any, picture: Any, ctm: Any, alpha: float, *rest: Any, kind: str = "fill-image") -> None:
        box = self._shape(kind, mupdf.ll_fz_transform_rect(mupdf.fz_unit_rect, ctm))
        if alpha >= FAINTEST:
            self.pictures.append(image(picture, ctm, alpha, box, None if self._patterns else self._clip()))

    def fill_image_mask(
        self, _: Any, picture: Any, ctm: Any, space: Any, colour: Any, alpha: float, *rest: Any
    ) -> None:
        self.fill_image(_, picture, ctm, alpha, kind="fill-imgmask")

    def _shape(self, kind: str, rect: Any) -> BBox:
        x0, y0, x1, y1 = box = _sides(rect)
        self._drawn += 1
        if x0 <= x1 and y0 <= y1:
            self.places.append(self._drawn)
            self.log.append((kind, box))
            large = x1 - x0 >= LARGE and y1 - y0 >= LARGE
            if (large or kind == "fill-image") and not self._patterns:
                self.clips[len(self.log) - 1] = self._clip()
        return box

    def _clip(self) -> BBox:
        """What the clipping paths in force leave of the page."""
        return _sides(mupdf.ll_fz_device_current_scissor(self.m_internal))


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
        x0, y0, x1, y1 = box = _sides(rect)
        if x0 <= x1 and y0 <= y1:
            self.log.append((kind, box))


class _Again(_Texts):
    """Notes text, and where between it the shapes come, which are known; `most` as in Display.log."""

    def __init__(self, known: _Shapes, most: int) -> None:
        super().__init__()
        self._known = dict(zip(known.places, known.log, strict=True))
        self._last = known.places[most - 1] if most else 0
        self._drawn = 0
        self.use_virtual_fill_path()
        self.use_virtual_stroke_path()
        self.use_virtual_fill_shade()
        self.use_virtual_fill_image()
        self.use_virtual_fill_image_mask()

    def fill_path(self, *_: Any) -> None:
        self._drawn += 1
        if one := self._known.get(self._drawn):
            self.log.append(one)
        if self._drawn == self._last:
            self.cookie.m_internal.abort = 1

    stroke_path = fill_shade = fill_image = fill_image_mask = fill_path
