"""What a page draws, in the order in which it is drawn, asked of MuPDF once and only where someone wants to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.document import BBox
from pipeline.extract.clips import Painted
from pipeline.extract.display import Colour, Display
from pipeline.extract.geometry import UNMOVED, Affine, all_moved, are_sound, common, finite, moved

if TYPE_CHECKING:
    import pymupdf

RawWord = tuple[float, float, float, float, str, int, int, int]
"""A word as MuPDF gives it: its box, its text, and the numbers of its block, its line and itself."""
Columns = tuple[Sequence[Any], ...]
"""Words by what they are made of: eight sequences, none where there is no word."""
_PICTURES = ("fill-image", "fill-imgmask", "fill-shade")


class Drawn:
    """What one page draws.

    `shown` is the page as it is displayed, `rotation` by how many degrees it is turned clockwise for that; `turn`
    brings MuPDF's coordinates to those of the displayed page, `bounds` is that page in MuPDF's.
    """

    def __init__(self, page: pymupdf.Page) -> None:
        self._page = page
        self.rotation: int = page.rotation
        self.turn = turning(page) if self.rotation else UNMOVED
        rect = page.rect
        self.shown = finite(rect)
        width, height = rect[2:]
        self.bounds: BBox = (0.0, 0.0, *((height, width) if self.rotation % 180 else (width, height)))

    def log(self, most: int = 0) -> Sequence[tuple[str, BBox]]:
        """The kind ("fill-text", "fill-path", "stroke-path", "fill-image", ...) and the displayed box of each thing.

        It ends with that many of `shapes`, where it is to.
        """
        return self._displayed(self._display.log(most))

    @cached_property
    def texts(self) -> Sequence[tuple[str, BBox]]:
        """Those of them that are text, which are many and so cost time."""
        return self._displayed(self._display.texts)

    @cached_property
    def shapes(self) -> Sequence[tuple[str, BBox]]:
        """Those of them that are none."""
        return self._displayed(self._display.shapes)

    @cached_property
    def words(self) -> Sequence[RawWord]:
        """The words that the page draws, wherever they stand and whatever is cut away of them, in its coordinates."""
        return self._display.words()

    @cached_property
    def columns(self) -> Columns:
        """The words by what they are made of: all their left edges, and so on."""
        return columns(self.words)

    @property
    def letters(self) -> Iterator[tuple[str, BBox]]:
        """The characters of those words and the spaces between them, each with its box, in the same order."""
        for block in self._display.characters():
            for line in block.get("lines", ()):
                for span in line["spans"]:
                    yield from ((one["c"], tuple(one["bbox"])) for one in span["chars"])

    @cached_property
    def pictures(self) -> bool:
        """Whether it draws a picture, or a gradient, which MuPDF takes for one."""
        return any(kind in _PICTURES for kind, _ in self.shapes)

    @cached_property
    def painted(self) -> Sequence[Painted]:
        """The pictures of the displayed page, gradients among them, in the order in which they are drawn."""
        return [one.displayed(self.turn, self.shown) for one in self._display.pictures]

    @cached_property
    def filled(self) -> Sequence[tuple[BBox, Colour]]:
        """The displayed boxes of the areas that are painted in one colour and could hold a word."""
        return [(moved(box, self.turn), colour) for box, colour in self._display.filled]

    @property
    def blank(self) -> set[int]:
        """Which of `shapes` are rectangles filled with white, from 0."""
        return self._display.blank

    @property
    def speaks(self) -> bool:
        """Whether a text goes with a part of it that is said in its place, or tells of it."""
        return self._display.speaks

    def left(self, at: int) -> BBox | None:
        """The displayed box of what clipping paths leave of one of `shapes`, from 0; None where that is not known."""
        clip = self._display.clips.get(at)
        return clip and moved(common(self._display.shapes[at][1], clip), self.turn)

    @cached_property
    def inside(self) -> bool:
        """Whether all words stand on the page as a whole."""
        if not self.words:
            return True
        x0, y0, x1, y1, *_ = self.columns
        _, _, right, bottom = self.bounds
        return bool(min(x0) >= 0 and min(y0) >= 0 and max(x1) <= right and max(y1) <= bottom)

    def styles(self, flags: int) -> Sequence[dict[str, Any]]:
        """The text in blocks, lines and spans: runs in one style, which include the spaces that are set in no font."""
        return self._display.blocks(flags)

    @cached_property
    def sheet(self) -> pymupdf.DisplayList:
        """The page as it is displayed, interpreted once more to be rendered, as often as something is to be seen."""
        sheet: pymupdf.DisplayList = self._page.get_displaylist()
        return sheet

    @cached_property
    def _display(self) -> Display:
        return Display(self._page, self.rotation)

    @cached_property
    def paths(self) -> Sequence[dict[str, Any]]:
        """The lines and areas, as MuPDF gives them, in its coordinates. Costs seconds on a map: see `shapes` first."""
        return [path for path, _ in self.seen]

    @cached_property
    def seen(self) -> Sequence[tuple[dict[str, Any], BBox]]:
        """Each of `paths` with the displayed box of what the clipping paths around it leave of it."""
        paths: list[dict[str, Any]] = []
        boxes: list[BBox] = []
        clips: list[tuple[int, BBox]] = []
        for one in self._page.get_cdrawings(extended=True):
            while clips and clips[-1][0] >= one["level"]:
                clips.pop()
            if one["type"] == "clip":
                clips.append((one["level"], one["scissor"]))
            elif one["type"] != "group":
                paths.append(one)
                boxes.append(common(one["rect"], clips[-1][1]) if clips else one["rect"])
        return list(zip(paths, all_moved(boxes, self.turn), strict=True))

    def _displayed(self, log: Sequence[tuple[str, BBox]]) -> Sequence[tuple[str, BBox]]:
        if self.turn == UNMOVED and (not log or are_sound([box for _, box in log])):
            return log
        return [(kind, moved(box, self.turn)) for kind, box in log]


def columns(words: Sequence[RawWord]) -> Columns:
    """Words by what they are made of."""
    return tuple(zip(*words, strict=True))


def turning(page: pymupdf.Page) -> Affine:
    """What brings MuPDF's coordinates to those of the displayed page."""
    turn = page.rotation_matrix
    return turn.a, turn.b, turn.c, turn.d, turn.e, turn.f
