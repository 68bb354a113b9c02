"""Traps: text that no reader sees. It must not arrive as content, and must be reported."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.carriers.book import Book
from benchmarks.carriers.ink import picture_object, plain_photo
from benchmarks.carriers.pdf import Box, Sheet, string

_Trap = Callable[[Book, Sheet, Box, str], None]


def _trap(set_down: _Trap) -> Callable[[Book], None]:
    def carrier(book: Book) -> None:
        sheet = book.page()
        first, *rest = book.bands(sheet, 3)
        book.prose(sheet, first, book.sentences(4))
        for box in rest:
            token = book.token()
            set_down(book, sheet, box, token)
            book.note(token, form="hidden")

    return carrier


def _white(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    colour = book.random.choice(("1 g", "1 1 1 rg", "0 0 0 0 k", "0.995 g"))
    sheet.text(box[0], box[3] - 30, f"Secret {token}", book.font(), 11, colour=colour)


def _same_as_banner(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    sheet.rectangle(box, "0.2 0.3 0.5 rg")
    sheet.text(box[0] + 10, box[3] - 30, f"Secret {token}", book.font(), 11, colour="0.2 0.3 0.5 rg")


def _off_page(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    x, y = book.random.choice(((sheet.width + 40, box[1]), (box[0], -60), (-400, box[1]), (box[0], sheet.height + 30)))
    sheet.text(x, y, f"Secret {token}", book.font("Helvetica"), 11)


def _unpainted(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    sheet.text(box[0], box[3] - 30, f"Secret {token}", book.font(), 11, setup="3 Tr")


def _under_picture(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    sheet.text(box[0] + 30, box[3] - 50, f"Secret {token}", book.font("Helvetica"), 11)
    photo = picture_object(book.pdf, plain_photo(book.random), "jpeg")
    sheet.image(photo, (box[2] - box[0], 0, 0, box[3] - box[1], box[0], box[1]))


def _under_rectangle(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    sheet.text(box[0] + 30, box[3] - 50, f"Secret {token}", book.font("Helvetica"), 11)
    sheet.rectangle(box, book.random.choice(("0 g", "1 g", "0.8 g")))


def _layer_off(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    name = sheet.use("Properties", book.layer(book.word(), on=False))
    sheet.draw(f"/OC {name} BDC")
    sheet.text(box[0], box[3] - 30, f"Secret {token}", book.font(), 11)
    sheet.draw("EMC")


def _too_small(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    sheet.text(box[0], box[3] - 30, f"Secret {token}", book.font("Helvetica"), 0.8)


def _transparent(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    state = sheet.use("ExtGState", book.pdf.put("<< /Type /ExtGState /ca 0 /CA 0 >>"))
    sheet.draw(f"q {state} gs")
    sheet.text(box[0], box[3] - 30, f"Secret {token}", book.font(), 11)
    sheet.draw("Q")


def _clipped_away(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    sheet.draw("q 0 0 10 10 re W n")
    sheet.text(box[0], box[3] - 30, f"Secret {token}", book.font(), 11)
    sheet.draw("Q")


def _field_not_shown(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    place = (box[0], box[3] - 40, box[0] + 200, box[3] - 20)
    entries = f"/FT /Tx /T {string(book.word())} /V {string(token)} /F 2 /DA (/Helv 10 Tf 0 g)"
    book.fields.append(sheet.annotate("Widget", place, entries))


def _comment_not_shown(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    place = (box[0], box[3] - 40, box[0] + 20, box[3] - 20)
    sheet.annotate("Text", place, f"/Contents {string(f'Secret {token}')} /F {book.random.choice((2, 34))}")


def _comment_in_layer_off(book: Book, sheet: Sheet, box: Box, token: str) -> None:
    place = (box[0], box[3] - 40, box[0] + 20, box[3] - 20)
    layer = book.layer(book.word(), on=False)
    sheet.annotate("Text", place, f"/Contents {string(f'Secret {token}')} /OC {layer} 0 R /F 4")


CARRIERS: dict[str, Callable[[Book], None]] = {
    "hidden: white on white": _trap(_white),
    "hidden: colour of its banner": _trap(_same_as_banner),
    "hidden: off the page": _trap(_off_page),
    "hidden: render mode 3": _trap(_unpainted),
    "hidden: under a picture": _trap(_under_picture),
    "hidden: under a rectangle": _trap(_under_rectangle),
    "hidden: layer that is off": _trap(_layer_off),
    "hidden: too small": _trap(_too_small),
    "hidden: transparent": _trap(_transparent),
    "hidden: clipped away": _trap(_clipped_away),
    "hidden: field not shown": _trap(_field_not_shown),
    "hidden: comment not shown": _trap(_comment_not_shown),
    "hidden: comment in a layer that is off": _trap(_comment_in_layer_off),
}
