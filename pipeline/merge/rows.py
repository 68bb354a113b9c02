"""Quotes of a table's row, "| Widget | 3 | 4.50 |" or joined by tabs: found cell by cell on one row of the page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.document import BBox
from pipeline.merge.folding import fold, squeeze
from pipeline.merge.page_index import PageIndex, Span

MAX_LINES = 12
"""Lines that one row's wrapped cells may take."""
SPARE_WORDS = 0.1
"""Words of those lines, as a share of the row's, that need not be in the quote: a footnote's mark, say."""
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
    the other way): a row with two columns exchanged is another row.
    """
    places = [_places(index, cell) for cell in row]
    if not all(places):
        return
    lead = min(range(len(row)), key=lambda cell: (len(places[cell]), -len(row[cell])))
    for span in places[lead]:
        band = _band(index.lines(span))
        options = [[one for one in found if _meets(index, one, band)] for found in places]
        options[lead] = [span]
        taken = _in_order(index, options, 1) or _in_order(index, options, -1)
        if taken:
            yield tuple(box for one in taken for box in index.lines(one))


def find_wrapped(index: PageIndex, row: Sequence[str]) -> Iterator[tuple[BBox, ...]]:
    """The boxes of each run of whole lines that together hold just the row's words: cells that wrap within a row.

    A cell of two lines is printed as parts of two lines, with the other cells' words between:

        3   Consulting, senior    12   1,800.00        "| 3 | Consulting, senior architect | 12 | 1,800.00 |"
            architect
    """
    by_lines, lines = index.by_lines
    words = Counter(word for cell in row for word in fold(cell).split())
    total = words.total()
    found = [Counter(by_lines.words_in(line).split()) for line in lines]
    for first in range(len(lines)):
        held: Counter[str] = Counter()
        for last in range(first, min(first + MAX_LINES, len(lines))):
            held += found[last]
            if held.total() > total * (1 + SPARE_WORDS):
                break
            if held >= words:
                yield tuple(box for line in lines[first : last + 1] for box in by_lines.lines(line))
                break


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
