"""The lines of a page's text layer, as MuPDF finds them, with their words, sizes and places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pipeline.document import BBox, Word
from pipeline.extract.cleaning import clean
from pipeline.extract.geometry import Affine, around, moved, overlap

if TYPE_CHECKING:
    import pymupdf

_BOLD = 16
_CELL_GAP = 1.5
_FIGURE_GAP = 0.5
_WORD_GAP = 1.2
_MARK_GAP = 4.0
_FULL = 0.9
_WORDS = 0.6
FIGURE = re.compile(r"[^\W\d]?[\d\W]+[^\W\d]?\W?(?<![(\[])")
_BULLETS = "[•●▪■◦‣–—*·☐☑☒✓➢❖-]"
BULLET = re.compile(_BULLETS + r"(\s|$)")
LIST_MARK = re.compile(_BULLETS + r"|\(?(?:\d{1,3}|[A-Za-z]|[ivxlc]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?")


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand together on one line; a wide gap, as between the cells of a table, ends it.

    `size` is the font size in points of most of its characters, `group` the number of MuPDF's block that it is in,
    `level` says that it runs from left to right on the displayed page.
    """

    words: tuple[Word, ...]
    box: BBox
    size: float
    bold: bool
    group: int
    level: bool = True

    @property
    def text(self) -> str:
        """The words with single spaces between them."""
        return " ".join(word.text for word in self.words)


def read_lines(page: pymupdf.Page) -> list[Line]:
    """The lines in content order, which is the reading order of most files; characters without Unicode are U+FFFD."""
    import pymupdf

    # Ligatures are spelled out, and no character code stands in for a character that is not known.
    text = page.get_textpage(flags=pymupdf.TEXT_MEDIABOX_CLIP)
    turn = turning(page)
    words: dict[tuple[int, int], list[Word]] = {}
    for *box, string, block, line, _ in text.extractWORDS():
        if cleaned := clean(string).strip():
            words.setdefault((block, line), []).append(Word(cleaned, moved(box, turn)))
    found: list[Line] = []
    for number, block in enumerate(text.extractDICT()["blocks"]):
        for index, line in enumerate(block.get("lines", ())):
            if (number, index) in words:
                found.extend(split(_line(words[number, index], line, number, turn)))
    return _justified(_joined(found))


def turning(page: pymupdf.Page) -> Affine:
    """What brings MuPDF's coordinates to those of the displayed page."""
    turn = page.rotation_matrix
    return turn.a, turn.b, turn.c, turn.d, turn.e, turn.f


def _line(words: list[Word], raw: dict[str, Any], group: int, turn: Affine) -> Line:
    sizes: dict[tuple[float, bool], int] = {}
    for span in raw["spans"]:
        bold = bool(span["flags"] & _BOLD) or "bold" in span["font"].lower()
        style = (round(span["size"], 1), bold)
        sizes[style] = sizes.get(style, 0) + len(span["text"].strip())
    size, bold = max(sizes, key=lambda style: sizes[style])
    across, down = raw["dir"]
    level = turn[0] * across + turn[2] * down > 0.9 and not raw["wmode"]
    return Line(tuple(words), around(word.box for word in words), max(size, 1.0), bold, group, level)


def split(line: Line) -> list[Line]:
    """The line, cut where the gap between two words is wider than any space; between two figures half an em is."""
    if not line.level:
        return [line]
    pieces: list[list[Word]] = [[line.words[0]]]
    for word in line.words[1:]:
        last = pieces[-1][-1]
        figures = FIGURE.fullmatch(last.text) and FIGURE.fullmatch(word.text)
        if word.box[0] - last.box[2] > (_FIGURE_GAP if figures else _CELL_GAP) * line.size:
            pieces.append([])
        pieces[-1].append(word)
    return [line] if len(pieces) == 1 else [_with(line, piece) for piece in pieces]


def _joined(lines: list[Line]) -> list[Line]:
    """The lines with those put together that MuPDF cut at a wide space of justified prose, or after a list's mark."""
    joined: list[Line] = []
    for line in lines:
        if joined and _belongs(joined[-1], line):
            joined[-1] = _with(joined[-1], [*joined[-1].words, *line.words])
        else:
            joined.append(line)
    return joined


def _justified(lines: list[Line]) -> list[Line]:
    """The lines with those of justified prose put together, however wide their spaces: those whose words fill the
    width of a block that is mostly made of single lines that fill it too.
    """
    made: list[Line] = []
    for _, block in groupby(lines, key=lambda line: (line.group, line.level)):
        rows = [list(row) for row in _side_by_side(block)]
        x0, _, x1, _ = around(line.box for row in rows for line in row)
        full = sum(len(row) == 1 and row[0].box[2] - row[0].box[0] > _FULL * (x1 - x0) for row in rows)
        for row in rows:
            wide = len(row) > 1 and row[-1].box[2] - row[0].box[0] > _FULL * (x1 - x0)
            words = [word for line in row for word in line.words]
            prose = sum(word.text.isalpha() for word in words) > _WORDS * len(words)
            made += [_with(row[0], words)] if wide and prose and full * 2 >= len(rows) else row
    return made


def _side_by_side(block: Iterable[Line]) -> list[list[Line]]:
    """Consecutive lines by row."""
    rows: list[list[Line]] = []
    for line in block:
        if rows and overlap(rows[-1][-1].box, line.box, 1) > 0.5 and line.box[0] > rows[-1][-1].box[0]:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _belongs(before: Line, line: Line) -> bool:
    if not (before.level and line.level) or overlap(before.box, line.box, 1) < 0.5:
        return False
    gap = (line.box[0] - before.box[2]) / max(before.size, line.size)
    if gap < -0.5:
        return False
    if gap > _WORD_GAP or max(len(before.words), len(line.words)) < 3:
        marked = len(before.words) == 1 and LIST_MARK.fullmatch(before.text)
        return gap <= _MARK_GAP and bool(marked) and any(char.isalpha() for char in line.words[0].text)
    return before.group == line.group


def _with(line: Line, words: list[Word]) -> Line:
    return Line(tuple(words), around(word.box for word in words), line.size, line.bold, line.group, line.level)
