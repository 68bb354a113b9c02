"""All carriers by name, and documents that hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from benchmarks.carriers import extras, figures, hidden, pictures, scans, spoken, tables, text, within
from benchmarks.carriers.book import Book, Fact

CARRIERS: dict[str, Callable[[Book], None]] = {
    **text.CARRIERS,
    **tables.CARRIERS,
    **extras.CARRIERS,
    **spoken.CARRIERS,
    **within.CARRIERS,
    **pictures.CARRIERS,
    **figures.CARRIERS,
    **scans.CARRIERS,
    **hidden.CARRIERS,
}


def make(seed: int, names: Iterable[str] = CARRIERS) -> tuple[bytes, list[Fact]]:
    """One document with the named carriers on pages of their own, in random order, and its facts."""
    book = Book(Random(seed))
    order = sorted(names)
    book.random.shuffle(order)
    for name in order:
        book.carrier = name
        CARRIERS[name](book)
    return book.finish(), book.facts
