"""Pages whose words stand in a picture: which they are, and their text by OCR."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from pipeline import ocr
from pipeline.document import BBox, Word
from pipeline.extract.geometry import area, around, common
from pipeline.extract.imagery import rendered
from pipeline.extract.lines import Line, split
from pipeline.extract.work import WorkStore

if TYPE_CHECKING:
    import pymupdf

_OCR_DPI = 200
_COVERED = 0.6
_FEW_CHARS = 20
_MARGIN = 0.07
_GARBLED = 0.05
_UNREAD = 3 * "\ufffd"
_RIM = 3.0
_MOSTLY = 0.5
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
    body = (line for line in lines if page[1] + margin < line.box[3] and line.box[1] < page[3] - margin)
    return sum(len(line.text.replace(" ", "")) for line in body) < _FEW_CHARS


def is_covered(pictures: Sequence[BBox], page: BBox) -> bool:
    """Whether pictures cover more than 60 % of a page."""
    return sum(area(common(box, page)) for box in pictures) > _COVERED * area(page)


def is_scan(lines: Sequence[Line], pictures: Sequence[BBox], page: BBox) -> bool:
    """Whether pictures cover more than 60 % of a page that has next to no text, or none that can be read."""
    return is_covered(pictures, page) and (is_bare(lines, page) or garbled(lines) > _MOSTLY)


def recognise(page: pymupdf.Page, work: WorkStore, starting: Callable[[], None]) -> list[Line]:
    """The page's text by OCR, from a render at 200 dpi. The result is kept by the picture's hash and the engine.

    `starting` is called before the engine is, which may take long. Raises QuireError where the engine fails.
    """
    whole: BBox = (0.0, 0.0, page.rect.width, page.rect.height)
    pixels = rendered(page, whole, _OCR_DPI, grey=True)
    image = pixels.tobytes("png")
    name = f"ocr/{ocr.engine()}/{hashlib.sha256(image).hexdigest()}.json"
    kept = work.load(name)
    if kept is None:
        starting()
        found = ocr.read(image)
        work.save(name, _LINES.dump_json(found))
    else:
        found = _LINES.validate_json(kept)
    return _on_page(found, whole[2] / pixels.width)


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


def beside(read: Sequence[Line], layer: Sequence[Line]) -> list[Line]:
    """The OCR lines that the text layer does not already hold: those that no line of it lies on."""
    return [
        line for line in read if not any(area(common(line.box, one.box)) > _MOSTLY * area(line.box) for one in layer)
    ]
