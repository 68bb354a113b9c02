"""The text that lies unseen over a scan: whether it can be believed.

Somebody's OCR put it there, and it may be rubbish, of another page, or out of place. What looks right costs a render:

    words look like words     few of them mix letters with signs, or capitals into their middle
    ink lies under words      and none between two of a line, as there would be under another page's words

What does not is held against a reading of our own, line by line: what that reads must stand there in the layer, in the
same order. It is compared in runs of characters, since engines cut words differently, and scripts without spaces have
none; a run, since letters alone and short words agree by chance on any two pages of a language.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.document import BBox, Word
from pipeline.extract.geometry import area, common, finite, moved
from pipeline.extract.imagery import rendered
from pipeline.extract.lines import Line
from pipeline.extract.scans import SURE, Recognised

if TYPE_CHECKING:
    import pymupdf

MISTAKEN = "not what the picture shows: the text layer of a scan that disagrees with it"

_DPI = 110
_MOST_ODD = 0.3
_FEWEST_PAIRS, _MOST_PAIRS = 8, 400
_LEAST_RIGHT = 0.6
_INKED = 0.35
_LEAST_AGREED = 0.5
_FEWEST_LETTERS = 40
_RUN = 4
_WORD = re.compile(
    r"[^\W\d_](?:[^\W\d_A-Z]*|[A-Z]+)(?:['’./&-][^\W\d_]+)*"  # word, WORD, don't, well-known
    r"|[#$€£+-]?\d[\d.,:/%-]*[^\W\d_]{0,3}"  # 4, 1,234.50, 12kg
    r"|[^\W\d_]{1,3}-?\d+"  # A4, KX-34627
)
_AROUND = "()[]{}<>\"'“”‘’«».,;:!?*…-–—"


def over_scan(lines: Sequence[Line], beneath: Collection[Word]) -> list[Line]:
    """The lines of a scan's text layer; none where most of what the page says is painted, as on a slide."""
    layer = [line for line in lines if any(word in beneath for word in line.words)]
    return layer if 2 * sum(len(line.text) for line in layer) > sum(len(line.text) for line in lines) else []


def labelled(lines: Sequence[Line]) -> list[Line]:
    """The lines with their words as what they are: read by somebody's OCR."""
    return [replace(line, words=tuple(word._replace(source="ocr") for word in line.words)) for line in lines]


def is_doubtful(page: pymupdf.Page, layer: Sequence[Line]) -> bool:
    """Whether a text layer needs a second opinion: its words look like none, or lie where the picture has no ink."""
    return bool(layer) and (is_odd(layer) or not _lies_right(page, layer))


def is_odd(layer: Sequence[Line]) -> bool:
    """Whether much of a text layer is in what looks like no word."""
    return odd(word.text for line in layer for word in line.words) > _MOST_ODD


def odd(texts: Iterable[str]) -> float:
    """The share of characters, from 0 to 1, that stand in what looks like no word and no number."""
    total = strange = 0
    for text in texts:
        total += len(text)
        strange += 0 if _WORD.fullmatch(text.strip(_AROUND)) else len(text)
    return strange / total if total else 0.0


def disagrees(layer: Sequence[Line], read: Recognised) -> bool:
    """Whether less than half of what a reading says stands on the same lines of the layer, in runs of at least four
    characters. An unsure reading proves nothing, nor does a short one."""
    texts = [_letters((word.box, word.text) for word in line.words) for line in read.lines]
    letters = sum(map(len, texts))
    if not layer or letters < _FEWEST_LETTERS or read.sure < SURE:
        return False
    return sum(map(_agreed, texts, _on_lines(layer, read))) < _LEAST_AGREED * letters


def _on_lines(layer: Sequence[Line], read: Recognised) -> list[str]:
    """For each line of a reading what the layer says there: each word on the line that it shares most with, and none
    that touches no line."""
    rows = [_near(line.box) for line in read.lines]
    there: list[list[tuple[BBox, str]]] = [[] for _ in rows]
    for word in (word for line in layer for word in line.words):
        box = moved(word.box, read.turn)
        most, at = max((area(common(row, box)), at) for at, row in enumerate(rows))
        if most > 0:
            there[at].append((box, word.text))
    return list(map(_letters, there))


def _letters(words: Iterable[tuple[BBox, str]]) -> str:
    """The letters and digits of the words of a line from left to right, without case."""
    return "".join(filter(str.isalnum, "".join(text for _, text in sorted(words)).casefold()))


def _agreed(one: str, other: str) -> int:
    """How many characters of one text stand in another in the same order, in runs that are long enough, or whole."""
    from rapidfuzz.distance import LCSseq

    enough = min(_RUN, len(one))
    runs = (step.src_end - step.src_start for step in LCSseq.opcodes(one, other) if step.tag == "equal")
    return sum(run for run in runs if run >= enough)


def _near(box: BBox) -> BBox:
    """A line's box with room at its ends: layers are set in another font than the page's."""
    x0, y0, x1, y1 = box
    room = 3 * (y1 - y0)
    return x0 - room, y0, x1 + room, y1


def _lies_right(page: pymupdf.Page, lines: Sequence[Line]) -> bool:
    """Whether most pairs of neighbouring words have ink under both and none between, and enough of them to tell."""
    pairs = [pair for line in lines if line.level for pair in pairwise(line.words) if _apart(*pair)][:_MOST_PAIRS]
    if len(pairs) < _FEWEST_PAIRS:
        return False
    shown = finite(page.rect)
    pixels = rendered(page, shown, _DPI, grey=True)
    ink = _Ink(pixels, pixels.width / (shown[2] - shown[0]))
    right = sum(ink.under(one.box) and ink.under(other.box) and not ink.between(one, other) for one, other in pairs)
    return right >= _LEAST_RIGHT * len(pairs)


def _apart(one: Word, other: Word) -> bool:
    gap, height = other.box[0] - one.box[2], one.box[3] - one.box[1]
    return 1.0 <= gap <= 3 * height


class _Ink:
    """Where a page's grey pixels are dark."""

    def __init__(self, pixels: pymupdf.Pixmap, scale: float) -> None:
        self._data, self._stride = bytes(pixels.samples_mv), pixels.stride
        self._width, self._height, self._scale = pixels.width, pixels.height, scale
        values = sorted(self._data[::89])
        paper, dark = values[len(values) // 2], values[len(values) // 100]
        self._limit = paper - _INKED * max(paper - dark, 40)

    def under(self, box: BBox) -> bool:
        """Whether anything is dark in a box."""
        x0, y0, x1, y1 = box
        third = (y1 - y0) / 4
        return self._darkest((x0, y0 + third, x1, y1 - third)) < self._limit

    def between(self, one: Word, other: Word) -> bool:
        """Whether anything is dark in the middle of the gap between two words of a line."""
        middle = (one.box[2] + other.box[0]) / 2
        top, bottom = max(one.box[1], other.box[1]), min(one.box[3], other.box[3])
        quarter = (bottom - top) / 4
        return self._darkest((middle, top + quarter, middle, bottom - quarter)) < self._limit

    def _darkest(self, box: BBox) -> int:
        x0, y0, x1, y1 = (int(value * self._scale) for value in box)
        left, right = max(min(x0, self._width - 1), 0), max(min(x1 + 1, self._width), 1)
        rows = range(max(min(y0, self._height - 1), 0), max(min(y1 + 1, self._height), 1))
        return min(
            (min(self._data[at * self._stride + left : at * self._stride + right], default=255) for at in rows),
            default=255,
        )
