"""Text that a reader of the page does not see, told apart from what is read.

    invisible        painted without ink (render mode 3) or transparent; over a scan that is its OCR layer, and read
    too small        set in less than 2 points
    off the page     its middle lies outside of the displayed page
    same colour      in the colour of what is rendered around it; white on a dark banner is not
    covered          something opaque was drawn over it later
    clipped away     a clipping path leaves nothing of it
    layer            in a layer that is off

What the file says of a span makes a suspect of it, and costs next to nothing; only suspects are held against the
rendered page. A word under a suspicion that the pixels do not bear out stays where it is.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pipeline.document import BBox, Hidden, Word
from pipeline.extract.cleaning import clean
from pipeline.extract.clusters import bands
from pipeline.extract.covers import PAINTED_TEXT, Seen, by_height, covers_of, within
from pipeline.extract.display import Colour
from pipeline.extract.drawn import Drawn, RawWord
from pipeline.extract.geometry import UNMOVED, Affine, area, around, common, meet, moved

if TYPE_CHECKING:
    import pymupdf

INVISIBLE = "invisible: it is painted without ink"
TINY = "too small: it is set in less than 2 points"
OFF = "off the page: it lies outside of what is displayed"
SAME_COLOUR = "same colour: it cannot be told from what is rendered around it"
COVERED = "covered: something was drawn over it"
CLIPPED = "clipped away: it lies outside of the area that is painted"
LAYER = "in a layer that is off"
UNSEEN = "not displayed: a form field or a comment that is hidden"

_PAINTED = 16 | 32 | 64
"""MuPDF's flags of a character that is filled, stroked or clipped to."""
_CLIPS = re.compile(rb"\bW\*?\s+n\b")
"""The operators that set a clipping path and paint nothing (ISO 32000-1, 8.5.4)."""
_Style = tuple[int, float, int, int]
_STYLE = itemgetter("color", "size", "alpha", "char_flags")
_FAINT = 26
_LIGHT = 225
_SMALLEST = 2.0
_DPI = 96
_MOST_PIXELS = 20e6
_ALIKE = 24
_UNIFORM = 12
_TRACE = 0.02
_RIM = 2.0


@dataclass(frozen=True, slots=True)
class _Span:
    """What MuPDF knows of a run of characters in one style, its box as displayed."""

    box: BBox
    colour: Colour
    size: float
    alpha: int
    painted: bool

    @classmethod
    def of(cls, raw: dict[str, Any], turn: Affine) -> _Span:
        colour = raw["color"]
        rgb = (colour >> 16 & 255, colour >> 8 & 255, colour & 255)
        painted = bool(raw["char_flags"] & _PAINTED)
        return cls(moved(raw["bbox"], turn), rgb, raw["size"], raw["alpha"], painted)


@dataclass(frozen=True, slots=True)
class _Doubt:
    """What may hide a word: `why` it surely cannot be seen; for the pixels to tell, that something was drawn over it,
    or that it is `faint`; and whether it is seen in a picture of it, if at all.
    """

    word: Word
    style: _Span
    why: str | None = None
    covered: bool = False
    faint: bool = False
    pictured: bool = False


class Sight:
    """What of a page's text can be seen. `hidden` gathers the words that cannot, each with the reason, `beneath`
    those that a reader sees only in a picture of them: they are without ink, or the picture was drawn over them.

    `over_scan` says that invisible text lies over a scan of the same words. `opaque` are the boxes of the pictures
    without holes, as displayed.
    """

    def __init__(
        self, page: pymupdf.Page, drawn: Drawn, shown: BBox, opaque: Sequence[BBox] = (), *, over_scan: bool = False
    ) -> None:
        self.hidden: list[tuple[Word, str]] = []
        self.beneath: set[Word] = set()
        self.whole = True
        self._met: list[list[Word]] = []
        self._page = page
        self._drawn = drawn
        self._turn = drawn.turn
        self._shown = shown
        self._looked = shown
        self._like: dict[Colour, dict[int, list[tuple[int, BBox]]]] = {}
        self._common: dict[_Style, tuple[bool, Colour]] = {}
        self._over_scan = over_scan
        self._opaque = opaque
        self._filled = drawn.filled
        outside = [] if drawn.inside else list(self._outside())
        if outside and any(area(common(box, shown)) <= 0 for kind, box in drawn.texts if kind in PAINTED_TEXT):
            self.hidden += [(word, OFF) for word in outside]

    def seen(self, lines: Sequence[Seen]) -> list[list[Word]]:
        """The words of each line of the page that can be seen; the others are put apart."""
        self._met += [words for words, _, _ in lines]
        covers = covers_of(lines, self._drawn, self._opaque)
        if not covers and self._are_plain(lines):
            return [words for words, _, _ in lines]
        doubts = [self._doubts(words, spans, covers.get(at, ())) for at, (words, _, spans) in enumerate(lines)]
        if places := [one.word.box for line in doubts for one in line if one.covered or one.faint]:
            self._looked = around(places)
        return [self._kept(line) if line else words for line, (words, _, _) in zip(doubts, lines, strict=True)]

    def _are_plain(self, lines: Sequence[Seen]) -> bool:
        """Whether nothing that the spans of a page are could hide a word: told of each style once, as it is of most."""
        if self._turn != UNMOVED or not self._drawn.inside:
            return False
        return all(map(self._is_plain, {_STYLE(span) for _, _, spans in lines for span in spans}))

    def _doubts(
        self, words: list[Word], spans: Sequence[dict[str, Any]], covers: Sequence[tuple[BBox, bool]]
    ) -> list[_Doubt]:
        """What may hide each word of a line; nothing of a line all of which is plain."""
        if not covers and all(map(self._is_common, spans)):
            return []
        styles = [_Span.of(span, self._turn) for span in spans]
        if not covers and not any(map(self._is_odd, styles)):
            return []
        return [self._doubt(word, styles, covers) for word in words]

    def _doubt(self, word: Word, styles: Sequence[_Span], covers: Sequence[tuple[BBox, bool]]) -> _Doubt:
        style = next((one for one in styles if _holds(one.box, word.box)), styles[0])
        if not any(map(str.isalnum, word.text)):
            return _Doubt(word, style)
        if not style.painted:
            return _Doubt(word, style, None if self._layer else INVISIBLE, pictured=True)
        if style.size < _SMALLEST or not _holds(self._shown, word.box):
            return _Doubt(word, style, TINY if style.size < _SMALLEST else OFF)
        pictured = any(picture and within(word.box, cover) for cover, picture in covers)
        covered = pictured or any(within(word.box, cover) for cover, _ in covers)
        return _Doubt(word, style, covered=covered, faint=self._is_faint(word.box, style), pictured=pictured)

    def _kept(self, doubts: Sequence[_Doubt]) -> list[Word]:
        """Those of a line's words that can be seen."""
        kept: list[Word] = []
        for doubt in doubts:
            why = self._why(doubt)
            if why is None:
                kept.append(doubt.word)
                if doubt.pictured:
                    self.beneath.add(doubt.word)
            else:
                self.hidden.append((doubt.word, why))
        return kept

    @cached_property
    def _layer(self) -> bool:
        """Whether text without ink is read: it lies over a scan, or the page has other things to see and no text."""
        others = bool(self._drawn.shapes)
        return self._over_scan or (others and not any(kind in PAINTED_TEXT for kind, _ in self._drawn.texts))

    def texts(self) -> tuple[Hidden, ...]:
        """What is hidden; words in a row that share a reason are put together."""
        groups = groupby(self.hidden, key=lambda one: one[1])
        clipped = self._clipped()
        told = [Hidden(" ".join(word.text for word, _ in group), why) for why, group in groups]
        return (*told, *([Hidden(" ".join(clipped), CLIPPED)] if clipped else []))

    def _clipped(self) -> list[str]:
        """The words that were not met because a clipping path cuts them away; looked for where the page sets one."""
        if self.whole or not _sets_clips(self._page):
            return []
        met = Counter(word.text for words in self._met for word in words if any(map(str.isalnum, word.text)))
        here = (word.text for word in self._placed(self._drawn.words) if _holds(self._shown, word.box))
        whole = Counter(text for text in here if any(map(str.isalnum, text)))
        return list((whole - met).elements()) if whole.total() > met.total() else []

    def _why(self, doubt: _Doubt) -> str | None:
        """Why a word cannot be seen, None where it can."""
        if not (doubt.covered or doubt.faint):
            return doubt.why
        inks, colour = self._inks(doubt.word.box), doubt.style.colour
        uniform = all(map(_is_uniform, inks))
        unlike = 0.0 if uniform else max(_unlike(ink, part) for ink, part in zip(inks, colour, strict=True))
        if doubt.covered and (uniform or (doubt.pictured and unlike >= 1 - _TRACE)):
            return COVERED
        if doubt.faint and unlike <= _TRACE:
            return INVISIBLE if doubt.style.alpha < _FAINT else SAME_COLOUR
        return None

    def _is_faint(self, box: BBox, style: _Span) -> bool:
        """Whether a word may be hard to see: nearly transparent, light, or in the colour of the area beneath it."""
        if style.alpha < _FAINT or min(style.colour) >= _LIGHT:
            return True
        return any(_holds(area, box) for area in self._areas(style.colour, box))

    def _is_odd(self, style: _Span) -> bool:
        """Whether any word of a span could be hidden by what the span itself is."""
        plain = style.painted and style.alpha >= _FAINT and style.size >= _SMALLEST and min(style.colour) < _LIGHT
        like = any(meet(area, style.box) for area in self._areas(style.colour, style.box))
        return not plain or like or not within(style.box, self._shown)

    def _is_common(self, raw: dict[str, Any]) -> bool:
        """Whether a span is nothing odd, told from what MuPDF gives of it: nearly every one is not."""
        sound, colour = self._known(_STYLE(raw))
        box = raw["bbox"]
        if not sound or self._turn != UNMOVED or not _inside(box, self._shown):
            return False
        return not any(meet(area, box) for area in self._areas(colour, box))

    def _is_plain(self, style: _Style) -> bool:
        """Whether a style hides nothing that is set in it on this page."""
        sound, colour = self._known(style)
        return sound and not self._alike(colour)

    def _known(self, style: _Style) -> tuple[bool, Colour]:
        """Whether a style can be seen on anything of another colour, and its own."""
        known = self._common.get(style)
        if known is None:
            colour, size, alpha, flags = style
            rgb = (colour >> 16 & 255, colour >> 8 & 255, colour & 255)
            sound = size >= _SMALLEST and alpha >= _FAINT and bool(flags & _PAINTED) and min(rgb) < _LIGHT
            known = self._common[style] = (sound, rgb)
        return known

    def _areas(self, colour: Colour, near: BBox) -> Iterator[BBox]:
        """The areas that are painted in about this colour at the height of a box, some more than once."""
        alike = self._alike(colour)
        return (box for band in bands(near) for _, box in alike.get(band, ())) if alike else iter(())

    def _alike(self, colour: Colour) -> dict[int, list[tuple[int, BBox]]]:
        """The areas of the page that are painted in about this colour, by the bands that they touch."""
        if colour not in self._like:
            red, green, blue = colour
            alike = (
                (0, box)
                for box, (r, g, b) in self._filled
                if abs(r - red) <= _ALIKE and abs(g - green) <= _ALIKE and abs(b - blue) <= _ALIKE
            )
            self._like[colour] = by_height(alike)
        return self._like[colour]

    def _inks(self, box: BBox) -> tuple[bytes, bytes, bytes]:
        """Red, green and blue of the pixels inside a word's box, its edges left out, since a rule may touch them."""
        pixels, scale = self._pixels
        inset = 0.15 * min(box[2] - box[0], box[3] - box[1])
        x0, x1 = _pixels(box[0] + inset, box[2] - inset, scale, pixels.x, pixels.width)
        y0, y1 = _pixels(box[1] + inset, box[3] - inset, scale, pixels.y, pixels.height)
        data, row = pixels.samples_mv, pixels.stride
        inside = b"".join([data[y * row + 3 * x0 : y * row + 3 * x1] for y in range(y0, y1)])
        return inside[0::3], inside[1::3], inside[2::3]

    @cached_property
    def _pixels(self) -> tuple[pymupdf.Pixmap, float]:
        """The part of the page that is looked at, rendered, and how many pixels a point has there."""
        import pymupdf

        zoom = min(_DPI / 72, math.sqrt(_MOST_PIXELS / max(area(self._shown), 1.0)))
        x0, y0, x1, y1 = self._looked
        part = common((x0 - _RIM, y0 - _RIM, x1 + _RIM, y1 + _RIM), self._shown)
        matrix = pymupdf.Matrix(zoom, zoom)
        return self._drawn.sheet.get_pixmap(matrix=matrix, colorspace=pymupdf.csRGB, clip=part), zoom

    def _outside(self) -> Iterator[Word]:
        """The words of which nothing is on the page."""
        away = [raw for raw in self._drawn.words if self._turn != UNMOVED or not meet(raw, self._shown)]
        return (word for word in self._placed(away) if area(common(word.box, self._shown)) <= 0)

    def _placed(self, words: Iterable[RawWord]) -> Iterator[Word]:
        """Words as MuPDF gives them, each at its place on the page."""
        for raw in words:
            if cleaned := clean(raw[4]).strip():
                yield Word(cleaned, moved(raw[:4], self._turn))


def layers_off(document: pymupdf.Document) -> list[int]:
    """The numbers of the layers that are off and can be switched on."""
    return [layer["number"] for layer in document.layer_ui_configs() if not layer["on"] and not layer["locked"]]


def layer_words(document: pymupdf.Document, page: pymupdf.Page, off: Sequence[int]) -> tuple[Hidden, ...]:
    """What stands on the page only while the layers that are `off` are switched on. They are off again afterwards."""
    if not off:
        return ()
    seen = Counter(_rows(page))
    try:
        for number in off:
            document.set_layer_ui_config(number, 0)
        more = _rows(page)
    finally:
        for number in off:
            document.set_layer_ui_config(number, 2)
    left = []
    for row in more:
        if seen[row]:
            seen[row] -= 1
        else:
            left.append(row[0])
    return (Hidden(" ".join(left), LAYER),) if left else ()


def _sets_clips(page: pymupdf.Page) -> bool:
    """Whether a page sets clipping paths; content that is not in the file sets none."""
    try:
        return bool(_CLIPS.search(page.read_contents()))
    except Exception:  # MuPDF raises five unrelated kinds on broken files
        return False


def _rows(page: pymupdf.Page) -> list[tuple[str, float, float]]:
    """Each word of the page with its place."""
    words = page.get_textpage(flags=0).extractWORDS()
    return [(text, round(x0), round(y0)) for x0, y0, _, _, string, *_ in words if (text := clean(string).strip())]


def _inside(box: BBox, page: BBox) -> bool:
    return box[0] >= page[0] and box[1] >= page[1] and box[2] <= page[2] and box[3] <= page[3]


def _holds(box: BBox, word: BBox) -> bool:
    """Whether a word's middle is inside a box."""
    x, y = (word[0] + word[2]) / 2, (word[1] + word[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _pixels(start: float, end: float, scale: float, origin: int, most: int) -> tuple[int, int]:
    """The pixels from `start` to `end` in points, at least one, counted from `origin`."""
    first = min(max(int(start * scale) - origin, 0), most - 1)
    return first, min(max(int(end * scale) - origin, first + 1), most)


def _is_uniform(ink: bytes) -> bool:
    """Whether an ink's values lie near each other; where one lies far from the first, that is told soonest."""
    return not ink.translate(None, _near(ink[0])) and max(ink) - min(ink) <= _UNIFORM


@lru_cache(256)
def _near(part: int) -> bytes:
    """The values that lie near one value."""
    return bytes(range(max(part - _UNIFORM, 0), min(part + _UNIFORM, 255) + 1))


def _unlike(ink: bytes, part: int) -> float:
    """The share of an ink's values that differ visibly from one value."""
    return ink.translate(_unlike_ones(part)).count(1) / max(len(ink), 1)


@lru_cache(256)
def _unlike_ones(part: int) -> bytes:
    """For each value whether it differs visibly from one, as bytes.translate takes it."""
    return bytes(abs(value - part) > _ALIKE for value in range(256))
