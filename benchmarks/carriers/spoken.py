"""What is read out in place of what a page shows: by the structure of a tagged file, or with the marks themselves."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.carriers.book import Book
from benchmarks.carriers.fonts import outlines
from benchmarks.carriers.ink import picture_object, plain_photo
from benchmarks.carriers.pdf import Box, Sheet, numbers, string


def _photo(book: Book, sheet: Sheet, box: Box, begin: str) -> None:
    """A marked photograph that shows nothing of what is said of it."""
    image = picture_object(book.pdf, plain_photo(book.random), "jpeg")
    sheet.draw(begin)
    sheet.image(image, (160, 0, 0, 100, box[0], box[1]))
    sheet.draw("EMC")


def _begin(book: Book) -> tuple[Sheet, list[Box]]:
    sheet = book.page()
    first, *rest = book.bands(sheet, 4)
    book.prose(sheet, first, book.sentences(3))
    return sheet, rest


def of_figures(book: Book) -> None:
    """Of figures: by the structure, with a box and without; with the mark itself."""
    sheet, boxes = _begin(book)
    tokens = [book.token() for _ in boxes]
    said = [f"/Alt {string(f'Bars of {token}')}" for token in tokens]
    x0, y0 = boxes[1][:2]
    place = f"/A << /O /Layout /BBox [{numbers((x0, y0, x0 + 160, y0 + 100))}] >>"
    _photo(book, sheet, boxes[0], book.mark(sheet, "Figure", said[0]))
    _photo(book, sheet, boxes[1], book.mark(sheet, "Figure", f"{said[1]} {place}"))
    _photo(book, sheet, boxes[2], f"/Figure << {said[2]} >> BDC")
    for token in tokens:
        book.note(token)


def of_letters(book: Book) -> None:
    """What drawn letters stand for: by the structure, and with the mark of a glyph."""
    sheet, boxes = _begin(book)
    drawn, shown = book.token(), book.token()
    sheet.draw(book.mark(sheet, "Span", f"/ActualText {string(drawn)}"))
    sheet.draw(f"q 0 g {outlines('DejaVuSans', '§', boxes[0][0], boxes[0][1] + 40, 14)} Q EMC")
    sheet.draw(f"/Span << /ActualText {string(f'for {shown}')} >> BDC")
    sheet.text(boxes[1][0], boxes[1][1] + 40, "see there", book.font("Helvetica"), 11)
    sheet.draw("EMC")
    book.note(drawn)
    book.note(shown)


def of_short_forms(book: Book) -> None:
    """A formula read out, and an abbreviation written out."""
    sheet, boxes = _begin(book)
    formula, short = book.token(), book.token()
    for box, begin, text in (
        (boxes[0], book.mark(sheet, "Formula", f"/Alt {string(f'the sum of {formula}')}"), "x + y"),
        (boxes[1], book.mark(sheet, "Span", f"/E {string(f'Office {short}')}"), "Off."),
    ):
        sheet.draw(begin)
        sheet.text(box[0], box[1] + 40, text, book.font("Helvetica"), 11)
        sheet.draw("EMC")
    book.note(formula)
    book.note(short)


CARRIERS: dict[str, Callable[[Book], None]] = {
    "alternative texts": of_figures,
    "actual texts": of_letters,
    "expansions": of_short_forms,
}
