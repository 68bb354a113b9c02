"""What the answer to a request is expected to take: records are counted where they stand, before anything is asked.

A record is a row of a table, or one of a run of lines that are built alike:

    | Serial   | Amount |          KX-34627   bolts, hexagonal   43
    | -------- | ------ |          MM-22347   washers, flat      17
    | KX-34627 | 43     |          PR-55310   nuts, winged        9
    | MM-22347 | 17     |

It is copied twice into the answer, as its quote and as its values, beside the names of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.pack.layout import Figure, Piece
from pipeline.pack.split import RULE
from pipeline.pack.tokens import Counter

COPIES = 2
"""How often a record's text comes in an answer: in its quote, and in its values."""
UNNAMED = 0.125
"""The share at which a table counts whose head names less than half of the wanted fields: it may be in other words."""
FIGURE = 96
"""Tokens of the description of one picture."""

_LEAST_RUN = 3
"""Lines built alike that are taken for records."""
_LONGEST_LINE = 300
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class RecordForm:
    """The records of one list: the words of each field's name, and the tokens that each takes beside what it copies."""

    names: tuple[frozenset[str], ...]
    tokens: int

    def named(self, said: frozenset[str]) -> bool:
        """Whether these words name half of the fields."""
        return 2 * sum(not name.isdisjoint(said) for name in self.names) >= max(len(self.names), 1)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of the answers to requests for these records, and how many tokens one may hold at `most`.

    `figure` is what each picture takes. Where there are no forms, nothing is expected, and nothing bounded.
    """

    forms: tuple[RecordForm, ...] = ()
    most: int = 0
    figure: int = 0

    def of(self, pieces: Sequence[Piece], counter: Counter) -> int:
        """Tokens that are expected in answer to pieces of pages: of their records, and of their pictures."""
        if not self.forms:
            return 0
        texts = "\n".join(piece for piece in pieces if isinstance(piece, str))
        pictures = sum(isinstance(piece, Figure) for piece in pieces)
        found = sum(self._of_records(head, rows, counter) for head, rows in records(texts))
        return found + self.figure * pictures

    def _of_records(self, head: str, rows: Sequence[str], counter: Counter) -> int:
        copied = COPIES * counter.text("\n".join(rows))
        said = words(head)
        named = [form.tokens for form in self.forms if form.named(said)]
        sure, each = (1.0, max(named)) if named else (UNNAMED, max(form.tokens for form in self.forms))
        return round(sure * (len(rows) * each + copied))


UNBOUNDED = Expected()
"""Of answers without records."""


def records(text: str) -> Iterator[tuple[str, list[str]]]:
    """The rows of each table and the lines of each run of a text, after the line that names what they hold."""
    for table, lines in groupby(text.split("\n"), key=lambda line: line.startswith("|")):
        if table:
            rows = [line for line in lines if not RULE.fullmatch(line.strip())]
            yield rows[0] if rows else "", rows[1:]
        else:
            yield from _runs([line for line in lines if line.strip()])


def _runs(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Runs of lines that hold words and figures in the same order; what they hold, they say themselves."""
    for shape, run in groupby(lines, key=_shape):
        rows = list(run)
        if "0" in shape and len(rows) >= _LEAST_RUN:
            yield rows[0], rows


def _shape(line: str) -> str:
    """How a line is built: "a0a" for words, figures and words again; "" for one too long for a record."""
    if len(line) > _LONGEST_LINE:
        return ""
    return "".join(kind for kind, _ in groupby("0" if _DIGIT.search(word) else "a" for word in line.split()))


def words(text: str) -> frozenset[str]:
    """The words of a text or a name ("unitPrice", "unit_price"), as they are compared."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return frozenset(word.casefold().removesuffix("s") for word in _WORD.findall(apart))
