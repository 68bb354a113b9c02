"""Pages whose words stand in a picture: which they are, and their text by OCR."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from pipeline import ocr
from pipeline.document import BBox, Word
from pipeline.extract.geometry import UNMOVED, Affine, area, around, common, finite, moved
from pipeline.extract.imagery import rendered
from pipeline.extract.lines import Line, split
from pipeline.extract.placements import Placement
from pipeline.extract.upright import lie, look_dpi, turning, undone
from pipeline.extract.work import WorkStore

if TYPE_CHECKING:
    import pymupdf

SCAN_DPI = 200
"""At this, print of 6 points has letters of some 8 pixels, which an engine reads."""

_COVERED = 0.6
_FEW_CHARS = 20
_MARGIN = 0.07
_GARBLED = 0.05
_UNREAD = 3 * "\ufffd"
_RIM = 3.0
_MOSTLY = 0.5
SURE = 0.8
"""What an engine reads of clear print it is surer of than this; of print on its head it is not."""

_MUCH_BETTER = 1.5
_LINES = TypeAdapter(tuple[ocr.OcrLine, ...])


def garbled(lines: Sequence[Line]) -> float:
    """The share of characters that the file gives no Unicode for, from 0 to 1."""
    text = "".join(line.text for line in lines)
    return text.count("\ufffd") / len(text) if text else 0.0


def is_garbled(lines: Sequence[Line]) -> bool:
    """Whether so many characters have no Unicode that the page must be seen to be read: more than 5 %."""
    return garbled(lines) > _GARBLED


def unread(lines: Sequence[Line]) -> list[BBox]:
    """The places of the lines that hold a run of characters without Unicode, those of one block together."""
    boxes: dict[int, list[BBox]] = {}
    for line in lines:
        if _UNREAD in line.text:
            boxes.setdefault(line.group, []).append(line.box)
    return [(x0 - _RIM, y0 - _RIM, x1 + _RIM, y1 + _RIM) for x0, y0, x1, y1 in map(around, boxes.values())]


def is_bare(lines: Sequence[Line], page: BBox) -> bool:
    """Whether the page has fewer than 20 characters of text, not counting stamps and numbers in its margins."""
    margin = _MARGIN * (page[3] - page[1])
    found = 0
    for line in lines:
        if page[1] + margin < line.box[3] and line.box[1] < page[3] - margin:
            found += len(line.text.replace(" ", ""))
            if found >= _FEW_CHARS:
                return False
    return True


def is_covered(pictures: Sequence[BBox], page: BBox) -> bool:
    """Whether pictures cover more than 60 % of a page."""
    return sum(area(common(box, page)) for box in pictures) > _COVERED * area(page)


def is_scan(lines: Sequence[Line], pictures: Sequence[BBox], page: BBox) -> bool:
    """Whether pictures cover more than 60 % of a page that has next to no text, or none that can be read."""
    return is_covered(pictures, page) and (is_bare(lines, page) or garbled(lines) > _MOSTLY)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Lines by OCR, as they stand where the page is turned clockwise by `degrees`, so that they run level.

    `turn` is that turn, which brings the displayed page's places to those of the lines. `letters` counts the characters
    of level lines, `sure` says how sure of them the engine is, from 0 to 1.
    """

    lines: list[Line]
    letters: int = 0
    sure: float = 0.0
    degrees: float = 0.0
    turn: Affine = UNMOVED

    @property
    def sideways(self) -> bool:
        """Whether the page was put upright from its side or its head."""
        return 45 <= self.degrees % 360 <= 315

    def placed(self, box: BBox) -> BBox:
        """The place on the displayed page of a box among the lines."""
        return moved(box, undone(self.turn)) if self.degrees else box

    def words(self) -> tuple[Word, ...]:
        """The words in order, where they stand on the displayed page."""
        return tuple(word._replace(box=self.placed(word.box)) for line in self.lines for word in line.words)

    def beside(self, layer: Sequence[Line]) -> Recognised:
        """The lines that the text layer does not already hold: those that no line of it lies on."""
        places = [(line, self.placed(line.box)) for line in self.lines]
        left = [
            line for line, box in places if not any(area(common(box, one.box)) > _MOSTLY * area(box) for one in layer)
        ]
        return replace(self, lines=left)


def recognise(page: pymupdf.Page, work: WorkStore, starting: Callable[[], None]) -> Recognised:
    """The page's text by OCR, the page put upright first where its lines lean, or run up, down or head over.

    Pixels tell the axis that the lines run along; which way is up is told by where the engine is sure of what it reads.
    The page stays as it is where nothing else reads clearly better: a wrong turn is worse than none. `starting` is
    called before the engine is, which may take long. Raises QuireError where the engine fails.
    """
    shown = finite(page.rect)
    lain = lie(rendered(page, shown, look_dpi(shown), grey=True))
    tried: list[Recognised] = []
    for quarter in (90, 270) if lain.sideways else (0, 180):
        tried.append(_recognised(page, shown, round(quarter - lain.lean, 1), work, starting))
        if tried[-1].letters >= _FEW_CHARS and tried[-1].sure >= SURE:
            return tried[-1]
        if not (tried[-1].lines or lain.sideways):
            break
    as_it_is = tried[0] if tried[0].degrees == 0 else _recognised(page, shown, 0.0, work, starting)
    best = max(tried, key=lambda one: one.letters * one.sure)
    better = best.letters * best.sure > _MUCH_BETTER * as_it_is.letters * as_it_is.sure
    return best if better and best.letters >= _FEW_CHARS else as_it_is


def upright(placed: Sequence[Placement], page: BBox, degrees: float) -> list[Placement]:
    """The placements of a scan that is to be seen turned: the first that is no decoration becomes the whole page."""
    made = list(placed)
    at = next((index for index, one in enumerate(placed) if not one.decorative), None)
    if at is not None and degrees:
        made[at] = replace(made[at], box=page, xref=0, dpi=SCAN_DPI, degrees=degrees)
    return made


def _recognised(
    page: pymupdf.Page, shown: BBox, degrees: float, work: WorkStore, starting: Callable[[], None]
) -> Recognised:
    """What OCR reads on the page turned by so much, from a render at 200 dpi; kept by its hash and the engine."""
    turn = turning(degrees, shown) if degrees else UNMOVED
    pixels = rendered(page, shown, SCAN_DPI, grey=True, turn=turn)
    image = pixels.tobytes("png")
    name = f"ocr/{ocr.engine()}/level/{hashlib.sha256(image).hexdigest()}.json"
    kept = work.load(name)
    if kept is None:
        starting()
        found = ocr.read(image, level=True)
        work.save(name, _LINES.dump_json(found))
    else:
        found = _LINES.validate_json(kept)
    x0, _, x1, _ = moved(shown, turn)
    return Recognised(_on_page(found, (x1 - x0) / pixels.width), *_legible(found), degrees, turn)


def _legible(found: Sequence[ocr.OcrLine]) -> tuple[int, float]:
    """How many characters stand on level lines, and how sure of them the engine is, from 0 to 1."""
    level = [line for line in found if line.box[2] - line.box[0] > line.box[3] - line.box[1] and len(line.text) > 1]
    letters = sum(len(line.text) for line in level)
    return letters, sum(len(line.text) * line.confidence for line in level) / max(letters, 1)


def _on_page(found: Sequence[ocr.OcrLine], scale: float) -> list[Line]:
    """OCR lines as lines of the page, `scale` in points per pixel.

    Their heights depend on their letters, so that the usual height stands for all that are near it.
    """
    if not found:
        return []
    usual = median(line.box[3] - line.box[1] for line in found)
    lines: list[Line] = []
    for index, line in enumerate(found):
        words = tuple(Word(text, _scaled(box, scale), "ocr") for text, box in line.words)
        height = line.box[3] - line.box[1]
        size = (usual if 0.6 * usual < height < 1.5 * usual else height) * scale
        if words:
            lines += split(Line(words, around(word.box for word in words), max(round(size, 1), 1.0), False, index))
    return lines


def _scaled(box: BBox, by: float) -> BBox:
    x0, y0, x1, y1 = (round(value * by, 2) for value in box)
    return x0, y0, x1, y1
