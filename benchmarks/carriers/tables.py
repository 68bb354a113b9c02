"""Tables: each fact must stand on one line with the name of its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.carriers.book import Book
from benchmarks.carriers.pdf import Sheet

_HEADS = ("Item", "Code", "Stock", "Place")


def _rows(book: Book, count: int) -> list[tuple[str, str, str, str]]:
    places = ("north", "south", "east", "west")
    return [
        (book.word(3).capitalize(), book.token(), str(book.random.randint(10, 9999)), book.random.choice(places))
        for _ in range(count)
    ]


def _set(book: Book, sheet: Sheet, top: float, rows: Sequence[Sequence[str]], *, ruled: bool, size: float) -> float:
    """The rows below `top`; where they end."""
    font, step, left = book.font("Helvetica"), size * 1.9, 70.0
    widths = [110.0, 90.0, 70.0, 90.0]
    edges = [left + sum(widths[:at]) for at in range(len(widths) + 1)]
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.text(edges[column] + 4, top - step * (at + 0.7), cell, font, size)
    low = top - step * len(rows)
    if ruled:
        for at in range(len(rows) + 1):
            sheet.line(left, top - step * at, edges[-1], top - step * at)
        for edge in edges:
            sheet.line(edge, top, edge, low)
    return low


def _table(*, ruled: bool) -> Callable[[Book], None]:
    def carrier(book: Book) -> None:
        sheet = book.page()
        box, rest = book.bands(sheet, 2)
        rows = _rows(book, book.random.randint(4, 8))
        _set(book, sheet, box[3], [_HEADS, *rows], ruled=ruled, size=book.random.choice((8, 9, 10)))
        book.prose(sheet, rest, book.sentences(5))
        for row in rows:
            book.note(row[1], beside=row[0])

    return carrier


def over_pages(book: Book) -> None:
    """A ruled table that goes on over two pages, its head not repeated."""
    ruled = book.random.random() < 0.5
    sheets = [book.page(595, 842), book.page(595, 842)]
    parts = [_rows(book, 6), _rows(book, 5)]
    book.prose(sheets[0], (60, 320, 535, 780), book.sentences(8))
    _set(book, sheets[0], 220, [_HEADS, *parts[0]], ruled=ruled, size=9)
    low = _set(book, sheets[1], 780, parts[1], ruled=ruled, size=9)
    book.prose(sheets[1], (60, 60, 535, low - 40), book.sentences(6))
    for sheet, rows in zip(sheets, parts, strict=True):
        for row in rows:
            book.note(row[1], sheet, beside=row[0])


CARRIERS: dict[str, Callable[[Book], None]] = {
    "ruled table": _table(ruled=True),
    "table without rules": _table(ruled=False),
    "table over pages": over_pages,
}
