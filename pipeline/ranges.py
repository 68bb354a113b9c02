"""Page ranges as people write them: "1-40, 90-"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.errors import UsageError

_RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d*))?")


def parse_ranges(text: str, last: int) -> tuple[int, ...]:
    """The pages that `text` names, of 1 to `last`, each once and in order. An open end means the last page.

    Raises UsageError where the text is no list of ranges, or names no page of the document.
    """
    pages: set[int] = set()
    for first, end in _pieces(text):
        pages.update(range(first, min(end or max(first, last), last) + 1))
    if not pages:
        raise UsageError(f"{text!r} names no page of the document, which has {last}.")
    return tuple(sorted(pages))


def check_ranges(text: str) -> None:
    """Raise UsageError where the text is no list of ranges, whatever document it may be for."""
    for _ in _pieces(text):
        pass


def _pieces(text: str) -> Iterator[tuple[int, int | None]]:
    """The first and the last page of each range, None for an open end."""
    for piece in text.split(","):
        match = _RANGE.fullmatch(piece.strip())
        if not match or int(match[1]) < 1:
            raise UsageError(f"{text!r} is no list of pages: write it like 1-40,90- (pages count from 1).")
        first = int(match[1])
        end = first if match[2] is None else int(match[2]) if match[2] else None
        if end is not None and end < first:
            raise UsageError(f"The range {piece.strip()!r} ends before it starts: write the smaller page first.")
        yield first, end


def format_ranges(pages: Iterable[int]) -> str:
    """The pages as ranges: (1, 2, 3, 12) becomes "1-3, 12"."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
