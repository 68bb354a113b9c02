"""The grid of a table, once its columns are known: which rows are its head, which go together, and its Markdown."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

_FILLED = 0.4
_WORDY = 9
_RULED_FILLED = 0.4
_PASSAGE = 150
_LISTED = 3
_MOSTLY = 0.6
_NUMBER = re.compile(r"[\W\d]*\d[\W\d]*")
_PERIOD = re.compile(
    r"(19|20)\d\d([-/–](19|20)?\d\d)?|(Q[1-4]|H[12]|FY)[ ']*\d{2,4}|"
    r"[^\W\d]{3,9}\.? \d{1,2},?( (19|20)\d\d)?,?"
)


@dataclass(slots=True)
class Cells:
    """One row of a table: text by (first column, last column), and its top, bottom and type size in points."""

    top: float
    bottom: float
    size: float
    texts: dict[tuple[int, int], str] = field(default_factory=dict)

    def at(self, column: int) -> str:
        """The text of one column; a cell that spans several stands in each."""
        spans = [span for span in self.texts if span[0] <= column <= span[1]]
        return " ".join([self.texts[span] for span in sorted(spans)])

    def add(self, span: tuple[int, int], text: str) -> None:
        """Put text into a cell, after what is there."""
        self.texts[span] = f"{self.texts[span]} {text}" if span in self.texts else text

    def close_up(self, column: int) -> None:
        """Put the column after `column` into it."""
        before, self.texts = self.texts, {}
        for (first, last), text in before.items():
            self.add((first - (first > column), last - (last > column)), text)

    @property
    def columns(self) -> set[int]:
        """The columns that hold something."""
        return {column for first, last in self.texts for column in range(first, last + 1)}


def is_table(grid: Sequence[Cells], columns: int) -> bool:
    """Whether at least two rows have two cells, enough cells are filled, and the cells are no columns of prose."""
    several = [row for row in grid if len(row.texts) > 1]
    if len(several) < 2:
        return False
    if sum(len(row.columns) for row in several) < _FILLED * len(several) * columns:
        return False
    texts = [[row.at(column) for row in several] for column in range(columns)]
    words = [[len(text.split()) for text in column if text] for column in texts]
    wordy = sum(median(counts) >= _WORDY for counts in words if counts)
    return wordy == 0 or (wordy == 1 and columns > 2)


def is_grid(grid: Sequence[Cells]) -> bool:
    """Whether cells between rules make up a table: two rows of two cells, enough filled, no page of prose in one."""
    several = [row for row in grid if len(row.texts) > 1]
    used = len({first for row in grid for first, _ in row.texts})
    filled = sum(len(row.texts) for row in grid)
    longest = max((len(text.split()) for row in grid for text in row.texts.values()), default=0)
    return len(several) > 1 and filled >= _RULED_FILLED * len(grid) * used and longest <= _PASSAGE


def in_records(rows: Sequence[Cells]) -> list[Cells]:
    """The lines of one ruled row as rows of their own where they are a list of figures; else put into one."""
    several = [row for row in rows if len(row.columns) > 1]
    listed = [column for column in {column for row in several for column in row.columns} if _is_list(several, column)]
    if len(several) >= _LISTED and listed:
        return merged(rows)
    for row in rows[1:]:
        for span, text in row.texts.items():
            rows[0].add(span, text)
        rows[0].bottom = row.bottom
    return list(rows[:1])


def _is_list(rows: Sequence[Cells], column: int) -> bool:
    return sum(bool(_NUMBER.fullmatch(row.at(column))) for row in rows) >= _MOSTLY * len(rows)


def titles(grid: Sequence[Cells], columns: int) -> int:
    """How many rows stand over the table's head and are none of it: those with figures, over a full row without."""
    for index, row in enumerate(grid[:5]):
        if not any(_is_figure(text) for text in row.texts.values()) and len(row.columns) > max(1, 0.6 * columns):
            figures = any(_is_figure(text) for above in grid[:index] for text in above.texts.values())
            return index if figures else 0
    return 0


def markdown(grid: Sequence[Cells], columns: int) -> str:
    """The table as Markdown; rows at its top that are one cell over all columns stand before it as lines.

    A head over several rows is put together, and what spans columns in it stands over each of them. Where the first
    row is no head, the head is left empty.
    """
    above = 0
    while above < len(grid) - 2 and _is_title(grid[above], columns):
        above += 1
    titles = [text for row in grid[:above] for text in row.texts.values()]
    rest = grid[above:]
    heads = _heads(rest, columns)
    head = [" ".join(filter(None, (row.at(column) for row in rest[:heads]))) for column in range(columns)]
    body = [[_starting(row, column) for column in range(columns)] for row in rest[heads:]]
    used = sorted({first for row in rest for first, _ in row.texts})
    head, body = [head[column] for column in used], [[row[column] for column in used] for row in body]
    table = [head, ["---"] * len(used), *body]
    rows = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table]
    return "\n".join([*titles, *rows])


def _is_title(row: Cells, columns: int) -> bool:
    return len(row.texts) == 1 and next(iter(row.texts)) in ((0, columns - 1), (0, 0))


def _starting(row: Cells, column: int) -> str:
    """The text that starts in a column: what spans several stands in the first of them."""
    spans = [span for span in row.texts if span[0] == column]
    return " ".join([row.texts[span] for span in sorted(spans)])


def _is_figure(text: str) -> bool:
    """Whether a cell holds a figure, and not words with a number or a year or a date, which stand in heads too."""
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    mostly = digits > letters or (digits == letters > 0 and text[0].isdigit())
    return mostly and not _PERIOD.fullmatch(text.strip())


def _heads(grid: Sequence[Cells], columns: int) -> int:
    """How many rows make up the head: those before the first with a figure; one where there are no figures.

    None where the first row has a figure already, or where the first column holds labels that end with a colon.
    """
    labels = [row.at(0) for row in grid if row.at(0)]
    if labels and sum(label.endswith(":") for label in labels) * 2 > len(labels):
        return 0
    full = False
    for index, row in enumerate(grid[:6]):
        if any(_is_figure(row.at(column)) for column in range(1, columns)):
            # A label alone over the figures ("Assets:") is a row of the body, not of the head.
            while index > 1 and grid[index - 1].columns == {0}:
                index -= 1
            return index
        if full and 0 in row.columns:
            return index
        full = full or sum(first == last for first, last in row.texts) >= 0.8 * columns
    return 1


def merged(grid: Sequence[Cells]) -> list[Cells]:
    """The rows, each line that goes on with the row above put into it."""
    if not grid:
        return []
    gaps = [below.top - above.bottom for above, below in pairwise(grid)]
    usual = median([gap for gap, row in zip(gaps, grid[1:], strict=True) if 0 in row.columns] or [0.0])
    made = [grid[0]]
    for row, gap, below in zip(grid[1:], gaps, [*gaps[1:], math.inf], strict=True):
        last, columns = made[-1], row.columns
        begins = columns == {0} and below < gap - 0.15 * row.size  # a label that stands nearer to the next row
        if not begins and _goes_on(last, row, tight=gap < usual - 0.3 * row.size):
            for span, text in row.texts.items():
                last.add(span, text)
            last.bottom = row.bottom
        elif len(columns) > 1 and last.columns == {0} and row.at(0)[:1].islower() and last.at(0)[-1] != ":":
            # A label that was too long for its line: the figures stand beside its end.
            rest = {span: text for span, text in row.texts.items() if span[0]}
            row.texts = {(0, 0): f"{last.at(0)} {row.at(0)}", **rest}
            made[-1] = row
        else:
            made.append(row)
    return made


def _goes_on(last: Cells, row: Cells, *, tight: bool) -> bool:
    """Whether a row is only the next line of the one above: no label of its own, and words below words alone."""
    columns, above = row.columns, last.columns
    if columns == {0}:
        return row.at(0)[:1].islower() and len(above) > 1
    if 0 in columns or len(above) < 2:
        return False
    if any(_NUMBER.fullmatch(last.at(column)) for column in columns & above):
        return False
    small = all(text[:1].islower() for text in row.texts.values())
    return tight or (small and columns <= above)
