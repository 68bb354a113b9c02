"""Figures drawn as lines and areas, and backgrounds."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.carriers import blockcode
from benchmarks.carriers.book import Book
from benchmarks.carriers.fonts import outlines
from benchmarks.carriers.pdf import Box, Canvas, Sheet, numbers


def _begin(book: Book) -> tuple[Sheet, Box]:
    sheet = book.page()
    first, rest = book.bands(sheet, 2)
    book.prose(sheet, first, book.sentences(6))
    return sheet, rest


def draw_code(canvas: Canvas, token: str, x: float, y: float, cell: float) -> None:
    """The token's block code as filled squares, its lower left corner at (x, y)."""
    side = blockcode.CELLS * cell
    canvas.rectangle((x, y, x + side, y + side), "1 g")
    for row, line in enumerate(blockcode.cells(token)):
        for column, black in enumerate(line):
            if black:
                left, top = x + column * cell, y + side - row * cell
                canvas.rectangle((left, top - cell, left + cell, top), "0 g")


def chart(book: Book) -> None:
    """Bars with labels as text, and a code among them as shapes."""
    sheet, (x0, y0, x1, y1) = _begin(book)
    coded = book.token()
    sheet.line(x0 + 40, y0 + 30, x0 + 40, y1 - 20)
    sheet.line(x0 + 40, y0 + 30, x1 - 20, y0 + 30)
    for at in range(4):
        left, token = x0 + 55 + 75 * at, book.token()
        sheet.rectangle((left, y0 + 30, left + 40, y0 + 50 + book.random.random() * 90), "0.2 0.4 0.7 rg")
        sheet.text(left - 8, y0 + 15, token, book.font("Helvetica"), 8)
        book.note(token)
    draw_code(sheet, coded, x0 + 380, y0 + 60, 5)
    sheet.text(x0 + 40, y0, f"Figure {book.random.randint(1, 9)}. Output by site.", book.font("Times-Roman"), 10)
    book.note(coded, form="code")


def outlined_figure(book: Book) -> None:
    """A curve whose labels are outlines, on a page of text."""
    sheet, (x0, y0, x1, y1) = _begin(book)
    token = book.token()
    points = [(x0 + 40 + at * 30, y0 + 40 + book.random.random() * 150) for at in range(12)]
    path = " ".join(f"{numbers(point)} {'l' if at else 'm'}" for at, point in enumerate(points))
    sheet.draw(f"q 1.5 w 0.8 0.1 0.1 RG {path} S Q")
    sheet.line(x0 + 30, y0 + 30, x0 + 30, y1 - 20)
    sheet.line(x0 + 30, y0 + 30, x1 - 20, y0 + 30)
    sheet.draw(f"q 0 g {outlines('DejaVuSans', token, x0 + 60, y1 - 40, 14)} Q")
    book.note(token)


def outlined_line(book: Book) -> None:
    """A line of outlines with nothing drawn around it."""
    sheet, box = _begin(book)
    token = book.token()
    sheet.draw(f"q 0 g {outlines('DejaVuSerif', f'Total {token}', box[0], box[3] - 40, 13)} Q")
    book.note(token)


def outlined_page(book: Book) -> None:
    """A page that is outlines alone."""
    sheet = book.page()
    for at in range(10):
        token = book.token()
        line = f"Entry {token} {book.word()}"
        sheet.draw(f"q 0 g {outlines('DejaVuSans', line, 60, sheet.height - 90 - 30 * at, 13)} Q")
        book.note(token)


def shaded(book: Book) -> None:
    """Text over a shading that fills the page."""
    sheet, token = book.page(), book.token()
    function = "<< /FunctionType 2 /Domain [0 1] /C0 [0.8 0.9 1] /C1 [1 0.95 0.8] /N 1 >>"
    ref = book.pdf.put(
        f"<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 0 {sheet.height:g}] /Function {function}"
        " /Extend [true true] >>"
    )
    sheet.draw(f"q {sheet.use('Shading', ref)} sh Q")
    book.prose(sheet, (60, 60, sheet.width - 60, sheet.height - 60), book.sentences(5, [f"mark {token} here"]))
    book.note(token)


CARRIERS: dict[str, Callable[[Book], None]] = {
    "chart": chart,
    "outlines in a figure": outlined_figure,
    "outlines alone": outlined_line,
    "page of outlines": outlined_page,
    "shaded background": shaded,
}
