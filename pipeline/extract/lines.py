"""The lines of a page's text layer, as MuPDF finds them, with their words, sizes and places."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import compress, count, groupby, repeat
from math import inf
from operator import ne
from typing import TYPE_CHECKING, Any

from pipeline.document import BBox, Word
from pipeline.extract import leftward
from pipeline.extract.cleaning import clean
from pipeline.extract.drawn import Columns, Drawn, columns
from pipeline.extract.geometry import UNMOVED, Affine, are_sound, around, moved, overlap, rounded

if TYPE_CHECKING:
    import pymupdf

    from pipeline.extract.hidden import Sight

_BOLD = 16
_CELL_GAP = 1.5
_STRAIGHT = 0.99
"""How far across a line goes that is not slanted: its words are as high as their type."""
_FIGURE_GAP = 0.5
_AS_GOOD_AS = 0.02
"""Points by which a gap must be wider: that of leaders is often just half an em, give or take a rounding."""
_WORD_GAP = 1.2
_HIGH, _ABOVE, _BELOW = 1.6, 1.1, 0.4
_MARK_GAP = 4.0
_DOWN_GAP = 0.4
_FULL = 0.9
_WORDS = 0.6
_WORD: Callable[[tuple[str, BBox, str]], Word] = partial(tuple.__new__, Word)
"""What `Word._make` is, without a check of how many parts there are: it is called for each word."""
FIGURE = re.compile(r"[^\W\d]?[\d\W]+[^\W\d]?\W?(?<![(\[])")
_BULLETS = "[•●▪■◦‣–—*·☐☑☒✓➢❖-]"
BULLET = re.compile(_BULLETS + r"(\s|$)")
LIST_MARK = re.compile(_BULLETS + r"|\(?(?:\d{1,3}|[A-Za-z]|[ivxlc]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?")


@dataclass(slots=True)
class Line:
    """Words that stand together on one line; a wide gap, as between the cells of a table, ends it.

    `size` is the font size in points of most of its characters, `group` the number of MuPDF's block that it is in,
    `level` says that it runs from left to right on the displayed page. `text` are the words with single spaces between.
    """

    words: tuple[Word, ...]
    box: BBox
    size: float
    bold: bool
    group: int
    level: bool = True
    text: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self.text = " ".join([word[0] for word in self.words])


def read_lines(page: pymupdf.Page, drawn: Drawn | None = None, sight: Sight | None = None) -> list[Line]:
    """The lines in content order, which is the reading order of most files; characters without Unicode are U+FFFD.

    `drawn` is what the page draws, where that is known already. `sight` takes out the words that cannot be seen.
    """
    drawn = drawn or Drawn(page)
    found: list[Line] = []
    known = _whole(drawn)
    if known is None:
        known = _unclipped(page, drawn, sight)
    left = sight.seen([(words, box, line["spans"]) for words, box, line, _ in known]) if sight else None
    as_read = _reading(drawn)
    for at, (whole, box, line, number) in enumerate(known):
        if seen := left[at] if left else whole:
            made = as_read(_line(seen, box if seen is whole else _around(seen), line, number, drawn.turn))
            if line["wmode"] and found and _goes_on_down(found[-1], made):
                found[-1] = _down(found[-1], made)
            else:
                found += split(made)
    if leftward.is_leftward(word[4] for word in drawn.words):
        found = _with_numbers(found)
    return _justified(_joined(found))


Known = tuple[list[Word], BBox, dict[str, Any], int]
"""The words of a line, the box around them, what MuPDF says of it and its styles, and the number of its block."""


def _whole(drawn: Drawn) -> list[Known] | None:
    """The lines of a page of which no text is clipped away; None of others.

    Its words with all that clipping hides are held against its text without that, line by line. The latter leaves out
    the spaces that MuPDF puts in, each of which would be a span of its own.
    """
    import pymupdf

    if not drawn.words:
        return []
    described = _described(drawn.styles(pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_INHIBIT_SPACES))
    raw = drawn.columns
    if not drawn.inside:
        _, _, right, bottom = drawn.bounds
        near = [word for word in drawn.words if word[0] < right and word[2] > 0 and word[1] < bottom and word[3] > 0]
        raw = columns(near)
    ends = _ends(raw)
    if _texts(raw, ends) != [text for text, _, _ in described]:
        return None
    words = zip(_words(raw, ends, drawn.turn, near=drawn.inside), described, strict=True)
    return [(line, box, known, number) for (line, box), (_, known, number) in words if line]


def _unclipped(page: pymupdf.Page, drawn: Drawn, sight: Sight | None) -> list[Known]:
    """The lines of a page some text of which may be clipped away.

    MuPDF describes no line that has no extent; its words are then taken for those of the line before.
    """
    import pymupdf

    if sight:
        sight.whole = False
    text = page.get_textpage(flags=pymupdf.TEXT_MEDIABOX_CLIP)
    raw = columns(text.extractWORDS())
    described = _described(text.extractDICT()["blocks"])
    places: dict[str, list[int]] = {}
    for place, (said, _, _) in enumerate(described):
        places.setdefault(said, []).append(place)
    found: list[Known] = []
    at = 0
    ends = _ends(raw)
    for said, (words, box) in zip(_texts(raw, ends), _words(raw, ends, drawn.turn), strict=True):
        alike = places.get(said, [])
        if (match := bisect_left(alike, at)) < len(alike):
            at = alike[match] + 1
        if words:
            _, known, number = described[max(at - 1, 0)] if described else ("", _by_box(words, box), 0)
            found.append((words, box, known, number))
    return found


def _by_box(words: Sequence[Word], box: BBox) -> dict[str, Any]:
    """A line of which MuPDF says nothing, as it would be described: in black, as large as it is high."""
    style = {"size": box[3] - box[1], "flags": 0, "font": "", "color": 0, "alpha": 255, "char_flags": 16}
    text = "".join(word.text for word in words)
    return {"wmode": 0, "dir": (1.0, 0.0), "spans": [{**style, "text": text, "bbox": box}]}


def _described(blocks: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any], int]]:
    """The lines that are not blank: their characters, what MuPDF says of them, and the number of their block."""
    return [
        (text, line, number)
        for number, block in enumerate(blocks)
        for line in block.get("lines", ())
        if (text := "".join("".join([span["text"] for span in line["spans"]]).split()))
    ]


def _ends(raw: Columns) -> list[int]:
    """How many words have come by the end of each line."""
    if not raw:
        return []
    places = list(zip(*raw[5:7], strict=True))
    return [*compress(count(1), map(ne, places, places[1:])), len(places)]


def _texts(raw: Columns, ends: Sequence[int]) -> list[str]:
    """The characters of each line."""
    return ["".join(raw[4][start:end]) for start, end in zip((0, *ends), ends, strict=False)]


def _words(raw: Columns, ends: Sequence[int], turn: Affine, *, near: bool = False) -> Iterator[tuple[list[Word], BBox]]:
    """The words of each line, not rounded where the page is not turned, with the box around them.

    `near` says that all of them are known to stand on the page.
    """
    if not raw:
        return
    x0, y0, x1, y1, strings, *_ = raw
    boxes = list(zip(x0, y0, x1, y1, strict=True))
    sound = math.isfinite(sum(map(sum, (x0, y0, x1, y1)))) if near else are_sound(boxes)
    if turn != UNMOVED or not sound:
        boxes = [moved(box, turn) for box in boxes]
        x0, y0, x1, y1 = zip(*boxes, strict=True)
    if not "".join(strings).isprintable():
        strings = tuple(clean(string).strip() for string in strings)
    words = list(map(_WORD, zip(strings, boxes, repeat("text"))))
    whole = all(strings)
    start = 0
    for end in ends:
        if whole:
            left, top, right, bottom = min(x0[start:end]), min(y0[start:end]), max(x1[start:end]), max(y1[start:end])
            yield words[start:end], rounded(left, top, right, bottom)
        else:
            line = [word for word in words[start:end] if word.text]
            yield line, _around(line) if line else boxes[start]
        start = end


def _line(words: list[Word], box: BBox, raw: dict[str, Any], group: int, turn: Affine) -> Line:
    size, bold = _usual(raw["spans"])
    across, down = raw["dir"]
    if box[3] - box[1] > _HIGH * size and turn == UNMOVED and across > _STRAIGHT and raw["spans"]:
        words = _trimmed(words, raw["spans"])
        box = _around(words)
    level = turn[0] * across + turn[2] * down > 0.9 and not raw["wmode"]
    return Line(tuple(words), box, max(size, 1.0), bold, group, level)


def _trimmed(words: list[Word], spans: Sequence[dict[str, Any]]) -> list[Word]:
    """The words no higher than their type: some fonts claim so much room that the boxes of a line reach into others."""
    size = max(span["size"] for span in spans)
    foot = spans[0].get("origin", (0.0, inf))[1]
    made = []
    for word in words:
        x0, y0, x1, y1 = word.box
        top, bottom = max(y0, foot - _ABOVE * size), min(y1, foot + _BELOW * size)
        made.append(word._replace(box=(x0, top, x1, bottom)) if bottom - top > size / 2 else word)
    return made


def _around(words: Sequence[Word]) -> BBox:
    """The box around words, rounded to a hundredth."""
    x0, y0, x1, y1 = zip(*[word.box for word in words], strict=True)
    return rounded(min(x0), min(y0), max(x1), max(y1))


def _goes_on_down(last: Line, line: Line) -> bool:
    """Whether a line that is written down the page goes on with the one before: MuPDF ends it at each character."""
    gap = max(line.box[0] - last.box[2], line.box[1] - last.box[3])
    return last.group == line.group and not last.level and gap < _DOWN_GAP * line.size


def _reading(drawn: Drawn) -> Callable[[Line], Line]:
    """What puts the words of a line in the order in which they are read: most lines have them so."""
    texts = [word[4] for word in drawn.words]
    if not leftward.LEFTWARD.search("".join(texts)):
        return lambda line: line
    whole = leftward.is_leftward(texts)
    letters = leftward.by_word([(word[4], word[:4]) for word in drawn.words], drawn.letters)

    def as_read(line: Line) -> Line:
        turned = leftward.LEFTWARD.search(line.text) if whole else leftward.is_leftward([line.text])
        if not turned or not line.level:
            return line
        return replace(line, words=tuple(leftward.in_order(line.words, letters)))

    return as_read


def _down(last: Line, line: Line) -> Line:
    """Both as one line, and one word."""
    word = Word(last.text + line.text, around((last.box, line.box)))
    return replace(last, words=(word,), box=word.box)


def _usual(spans: Sequence[dict[str, Any]]) -> tuple[float, bool]:
    """The style of most of the characters: the size in points, and whether it is bold."""
    counts = [len(span["text"].strip()) for span in spans] if len(spans) > 1 else [1]
    most = max(counts)
    if 2 * most > sum(counts):
        span = spans[counts.index(most)]
        return _style(span["size"], span["flags"], span["font"])
    styles: dict[tuple[float, bool], int] = {}
    for span, length in zip(spans, counts, strict=True):
        style = _style(span["size"], span["flags"], span["font"])
        styles[style] = styles.get(style, 0) + length
    return max(styles, key=lambda style: styles[style])


@lru_cache(4096)
def _style(size: float, flags: int, font: str) -> tuple[float, bool]:
    return round(size, 1), bool(flags & _BOLD) or "bold" in font.lower()


def split(line: Line) -> list[Line]:
    """The line, cut where the gap between two words is wider than any space; between two figures half an em is."""
    if not line.level or _is_close(line):
        return [line]
    pieces: list[list[Word]] = [[line.words[0]]]
    for word in line.words[1:]:
        last = pieces[-1][-1]
        gap = word.box[0] - last.box[2] - _AS_GOOD_AS
        if gap > _CELL_GAP * line.size or (gap > _FIGURE_GAP * line.size and _are_figures(last, word)):
            pieces.append([])
        pieces[-1].append(word)
    return [line] if len(pieces) == 1 else [_with(line, piece) for piece in pieces]


def _is_close(line: Line) -> bool:
    """Whether no gap between two words is near to ending a line: so it is in most."""
    most = _FIGURE_GAP * line.size
    end = line.box[2]
    for _, (left, _, right, _), _ in line.words:
        if left - end > most:
            return False
        end = right
    return True


def _are_figures(one: Word, other: Word) -> bool:
    """Whether two words are figures; letters alone are none, which is told soonest."""
    if one.text.isalpha() or other.text.isalpha():
        return False
    return bool(FIGURE.fullmatch(one.text) and FIGURE.fullmatch(other.text))


def _with_numbers(lines: Sequence[Line]) -> list[Line]:
    """The lines with a number as one whose parts MuPDF gives as lines, from right to left: "19", "/", "09"."""
    made: list[Line] = []
    for (_, single), block in groupby(lines, key=lambda line: (line.group, line.level and len(line.words) == 1)):
        run = list(block)
        if not single:
            made += run
            continue
        at = 0
        for size, word in leftward.numbers([line.words[0] for line in run]):
            made.append(_with(run[at], [word]) if size > 1 else run[at])
            at += size
    return made


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
    if not any(map(_beside, lines, lines[1:])):
        return lines
    made: list[Line] = []
    for _, block in groupby(lines, key=lambda line: (line.group, line.level)):
        rows = _side_by_side(block)
        if all(len(row) == 1 for row in rows):
            made += [row[0] for row in rows]
            continue
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
        if rows and _beside(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _beside(before: Line, line: Line) -> bool:
    """Whether a line stands to the right of the one before."""
    return line.box[0] > before.box[0] and overlap(before.box, line.box, 1) > 0.5


def _belongs(before: Line, line: Line) -> bool:
    gap = (line.box[0] - before.box[2]) / max(before.size, line.size)
    if gap < 0 and leftward.is_leftward((before.text, line.text)):
        gap = (before.box[0] - line.box[2]) / max(before.size, line.size)
    if gap < -0.5 or not (before.level and line.level) or overlap(before.box, line.box, 1) < 0.5:
        return False
    if gap > _WORD_GAP or max(len(before.words), len(line.words)) < 3:
        marked = len(before.words) == 1 and LIST_MARK.fullmatch(before.text)
        return gap <= _MARK_GAP and bool(marked) and any(char.isalpha() for char in line.words[0].text)
    return before.group == line.group


def _with(line: Line, words: list[Word]) -> Line:
    return Line(tuple(words), _around(words), line.size, line.bold, line.group, line.level)
