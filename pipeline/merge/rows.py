"""Quotes of a table's row, "| Widget | 3 | 4.50 |" or joined by tabs: found cell by cell on one row of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from pipeline.document import BBox
from pipeline.merge.folding import fold, squeeze
from pipeline.merge.page_index import PageIndex, Span
from pipeline.merge.terms import form_of

MAX_LINES = 12
"""Lines that one row's wrapped cells may take."""
LIKELY_CHARS = 3
"""A word of fewer letters stands anywhere, and does not tell where the quote does; a number has two signs more."""
ASIDE = 2
"""Lines between cells of one row that do not stand level."""
MAX_PLACES = 200
"""Places of one cell's text that are looked at on a page; a lone "0" may stand in hundreds."""

_SEPARATOR = re.compile(r"(?<!\\)\||\t")
_RULE = re.compile(r":?-{2,}:?")


def cells(quote: str) -> list[str]:
    """The cells of a quoted row, empty ones and rules left out; [] where the quote is no row."""
    if not _SEPARATOR.search(quote):
        return []
    found = (" ".join(cell.replace(r"\|", "|").split()) for cell in _SEPARATOR.split(quote))
    return [cell for cell in found if cell and not _RULE.fullmatch(cell)]


def find_rows(index: PageIndex, row: Sequence[str]) -> Iterator[tuple[BBox, ...]]:
    """The boxes of each row of the page that holds every cell in its order, one box for each line of a cell.

    The cell that stands in the fewest places leads; the others have to stand level with it, from left to right (or all
    the other way): a row with two columns exchanged is another row. Of a cell that stands nowhere level a place a
    little above or below is taken, as of one that goes over two rows of a heading.
    """
    places = [_places(index, cell) for cell in row]
    if not all(places):
        return
    lead = min(range(len(row)), key=lambda cell: (len(places[cell]), -len(row[cell])))
    for span in places[lead]:
        band = _band(index.lines(span))
        level = [[one for one in found if _meets(index, one, band)] for found in places]
        options = [
            those or [one for one in found if _is_beside(index, one, span)]
            for those, found in zip(level, places, strict=True)
        ]
        options[lead] = [span]
        taken = _in_order(index, options, 1) or _in_order(index, options, -1)
        if taken:
            yield tuple(box for one in taken for box in index.lines(one))


def find_region(index: PageIndex, quote: str) -> Iterator[tuple[BBox, ...]]:
    """The boxes of each part of the page that holds just the words of a folded quote: cells that wrap within a row.

    It is a rectangle, read line by line or column by column, from left to right or the other way:

        3   Consulting, senior    12   1,800.00        "| 3 | Consulting, senior architect | 12 | 1,800.00 |"
            architect
    """
    wanted = form_of(quote)
    words, spans = index.by_lines
    lines = [_Line.of(words, span, wanted) for span in spans] if wanted else []
    for first in range(len(lines)):
        known: list[_Known] = []
        most = 0
        for last in range(first, min(first + MAX_LINES, len(lines)) if lines[first].likely else first):
            known += lines[last].likely
            most += lines[last].most
            if _size(known) > len(wanted):
                break
            if most < len(wanted) or not lines[last].likely:
                continue
            held = _within(lines[first : last + 1], known)
            said = any(not words.is_name(one.word) for line in held for one in line)
            if said and sum(map(_size, held)) == len(wanted) and _reads(held, wanted):
                yield tuple(box for line in held if line for box in words.lines(Span(line[0].word, line[-1].word)))
                break


@dataclass(frozen=True, slots=True)
class _Known:
    """A word of the page, by its number, what of it is compared, and from where to where it goes."""

    word: int
    form: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class _Line:
    """A printed line: its words, those that tell where a quote may stand, and the letters that it may have of it."""

    words: tuple[_Known, ...]
    likely: tuple[_Known, ...]
    most: int

    @classmethod
    def of(cls, index: PageIndex, span: Span, wanted: str) -> _Line:
        forms = ((word, form_of(index.words_in(Span(word, word)))) for word in span.numbers)
        words = tuple(_Known(word, form, index.box(word)[0], index.box(word)[2]) for word, form in forms if form)
        able = [one for one in words if one.form in wanted]
        return cls(words, tuple(one for one in able if len(one.form) >= LIKELY_CHARS), _size(able))


def _size(words: Sequence[_Known]) -> int:
    return sum(len(one.form) for one in words)


def _within(lines: Sequence[_Line], known: Sequence[_Known]) -> list[list[_Known]]:
    """The words of lines that stand between the edges of what is known to be of the quote."""
    left, right = min(one.left for one in known), max(one.right for one in known)
    return [[one for one in line.words if 2 * left <= one.left + one.right <= 2 * right] for line in lines]


def _reads(lines: Sequence[Sequence[_Known]], wanted: str) -> bool:
    """Whether lines read as is wanted: one after the other, or cell by cell."""
    if _text(lines) == wanted or _text([line[::-1] for line in lines]) == wanted:
        return True
    columns: list[list[_Known]] = []
    edge = -inf
    for one in sorted((one for line in lines for one in line), key=lambda one: one.left):
        if one.left >= edge:
            columns.append([])
        columns[-1].append(one)
        edge = max(edge, one.right)
    return _by_cells(columns, wanted) or _by_cells(columns[::-1], wanted)


def _by_cells(columns: Sequence[Sequence[_Known]], wanted: str) -> bool:
    """Whether what stands side by side, with no word across the gaps, reads so where some of it is one cell."""
    ends = {0: [0]}
    for last in range(1, len(columns) + 1):
        for first in range(last):
            cell = sorted((one for column in columns[first:last] for one in column), key=lambda one: one.word)
            text = _text([cell])
            for at in ends.get(first, ()):
                if wanted.startswith(text, at):
                    ends.setdefault(last, []).append(at + len(text))
    return len(wanted) in ends.get(len(columns), ())


def _text(parts: Sequence[Sequence[_Known]]) -> str:
    return "".join(one.form for part in parts for one in part)


def _places(index: PageIndex, cell: str) -> list[Span]:
    found: list[Span] = []
    for span in index.normalised(squeeze(fold(cell))):
        found.append(span)
        if len(found) == MAX_PLACES:
            break
    return found


def _in_order(index: PageIndex, options: Sequence[Sequence[Span]], way: int) -> list[Span] | None:
    """For each cell the first of its places that stands beyond the one before; None where a cell has none."""
    taken: list[Span] = []
    for places in options:
        ahead = sorted(places, key=lambda span: way * index.box(span.first)[0])
        beyond = (one for one in ahead if not taken or _comes_after(index, taken[-1], one, way))
        choice = next(beyond, None)
        if choice is None:
            return None
        taken.append(choice)
    return taken


def _comes_after(index: PageIndex, one: Span, other: Span, way: int) -> bool:
    """Whether the other span's words are not the one's, and begin further on."""
    apart = other.first > one.last or other.last < one.first
    return apart and way * (index.box(other.first)[0] - index.box(one.first)[0]) > 0


def _band(boxes: tuple[BBox, ...]) -> tuple[float, float]:
    return min(box[1] for box in boxes), max(box[3] for box in boxes)


def _meets(index: PageIndex, span: Span, band: tuple[float, float]) -> bool:
    """Whether the words overlap the band from top to bottom by more than half of the lower height."""
    top, bottom = _band(index.lines(span))
    overlap = min(bottom, band[1]) - max(top, band[0])
    return overlap > 0.5 * min(bottom - top, band[1] - band[0])


def _is_beside(index: PageIndex, one: Span, other: Span) -> bool:
    """Whether two cells stand a little higher and lower, and nothing level with the one stands below or above the
    other: else that would be the cell of its row.
    """
    boxes = index.area(one), index.area(other)
    (left, top, right, bottom), (start, high, end, low) = boxes
    near = ASIDE * min(bottom - top, low - high)
    if max(top, high) - min(bottom, low) > near:
        return False
    return index.is_empty((left, high, right, low)) and index.is_empty((start, top, end, bottom))
