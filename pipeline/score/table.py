"""Scores as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.score.fields import Score

_HEADS = f"{'right':>6} {'wrong':>6} {'null':>6} {'spurious':>8} {'recall':>7} {'precision':>9} {'pages':>11}"


def heading(first: str) -> str:
    """The heading of a table of sums."""
    return f"{first:42} {_HEADS}"


def sums(name: str, scored: Score) -> str:
    """One row of it: counts, recall, precision, and how many right values name a page of the gold's."""
    told = scored.pages
    pages = f"{told['right']}/{told.total()}" if told else "-"
    counts = f"{scored.right:6} {scored.wrong:6} {scored.null:6} {scored.spurious:8}"
    return f"{_short(name, 42):42} {counts} {scored.recall:7.1%} {scored.precision:9.1%} {pages:>11}"


def fields(scored: Score) -> Iterator[str]:
    """A table of the fields, records of a list together."""
    yield heading("field")
    for name, one in scored.by_field.items():
        yield sums(name or "/", one)


def leaves(scored: Score, *, whole: bool = False) -> Iterator[str]:
    """What is not right, or right with evidence on another page; every leaf where `whole`."""
    for row in scored.rows:
        if whole or row.verdict != "right" or row.page == "wrong":
            note = "page differs" if row.page == "wrong" else row.how
            line = f"{row.verdict:9}{row.pointer:42} {_short(row.gold):34} {_short(row.found):34} {note}"
            yield line.rstrip()


def _short(value: object, limit: int = 32) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
