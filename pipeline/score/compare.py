"""Two results of the same document against the same gold: which fields one of them wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.score.fields import Row, Score


@dataclass(frozen=True, slots=True)
class Comparison:
    """Pointers of the leaves that the result has right and the other has not (`won`), of those that it is the other way
    about (`lost`), and how many are right in both, or in neither.

    A value that the gold does not have is right where it is left out: one that only the other made up is won.
    """

    won: tuple[str, ...]
    lost: tuple[str, ...]
    right: int
    neither: int

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"won": list(self.won), "lost": list(self.lost), "right": self.right, "neither": self.neither}


def compare(result: Score, other: Score) -> Comparison:
    """The result beside the other one, leaf by leaf; both were compared with the same gold."""
    mine, theirs = _by_pointer(result), _by_pointer(other)
    won, lost, right, neither = [], [], 0, 0
    for pointer in {**mine, **theirs}:
        verdicts = _is_right(mine.get(pointer)), _is_right(theirs.get(pointer))
        if verdicts == (True, False):
            won.append(pointer)
        elif verdicts == (False, True):
            lost.append(pointer)
        elif verdicts == (True, True):
            right += 1
        else:
            neither += 1
    return Comparison(tuple(won), tuple(lost), right, neither)


def _by_pointer(scored: Score) -> dict[str, Row]:
    return {row.pointer: row for row in scored.rows}


def _is_right(row: Row | None) -> bool:
    """A leaf that one of them has no row for is empty in it and in the gold."""
    return row is None or row.verdict == "right"
