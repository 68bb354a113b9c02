"""Pages that are pictures of pages."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.carriers.book import Book
from benchmarks.carriers.ink import Picture, picture_object, scan
from benchmarks.carriers.pdf import Sheet


def _lines(book: Book, tokens: list[str]) -> list[str]:
    said: list[str] = []
    for at in range(18):
        words = book.sentence().rstrip(".").split()[:8]
        if at % 6 == 3:
            words[3:3] = [tokens[at // 6]]
        said.append(" ".join(words))
    return said


def _page(book: Book, *, tilt: float = 0) -> tuple[Sheet, Picture, list[str]]:
    """An empty page, the scan for it, and its lines; the facts are noted."""
    sheet = book.page(595.44, 842.04)
    tokens, coded = [book.token() for _ in range(3)], book.token()
    lines = _lines(book, tokens)
    for token in tokens:
        book.note(token)
    book.note(coded, form="code")
    return sheet, scan(book.random, lines, coded, tilt=tilt), lines


def _fill(sheet: Sheet, ref: int) -> None:
    sheet.image(ref, (sheet.width, 0, 0, sheet.height, 0, 0))


def plain(book: Book) -> None:
    """A scan and nothing else."""
    sheet, image, _ = _page(book)
    _fill(sheet, picture_object(book.pdf, image.convert("RGB"), "jpeg"))


def _layered(*, good: bool) -> Callable[[Book], None]:
    def carrier(book: Book) -> None:
        sheet, image, lines = _page(book)
        _fill(sheet, picture_object(book.pdf, image.convert("RGB"), "jpeg"))
        for at, line in enumerate(lines):
            said = line if good else "".join(book.random.choices("~^|¬;:.,iIl1 ", k=len(line)))
            sheet.text(61, sheet.height - 74 - 17.28 * at, said, book.font("Helvetica"), 11, setup="3 Tr")

    return carrier


def skewed(book: Book) -> None:
    """A sheet that lay askew."""
    sheet, image, _ = _page(book, tilt=book.random.choice((-1, 1)) * book.random.uniform(1.5, 4))
    _fill(sheet, picture_object(book.pdf, image.convert("RGB"), "jpeg"))


def sideways(book: Book) -> None:
    """A sheet that was scanned on its side, and shown so."""
    sheet, image, _ = _page(book)
    stored = image.convert("RGB").rotate(book.random.choice((90, 270)), expand=True)
    sheet.entries[0] = f"/MediaBox [0 0 {sheet.height:g} {sheet.width:g}]"
    sheet.image(picture_object(book.pdf, stored, "jpeg"), (sheet.height, 0, 0, sheet.width, 0, 0))


def faxed(book: Book) -> None:
    """One bit a pixel, in strips."""
    sheet, image, _ = _page(book)
    height = sheet.height / 4
    for at in range(4):
        piece = image.crop((0, image.height * at // 4, image.width, image.height * (at + 1) // 4))
        ref = picture_object(book.pdf, piece, book.random.choice(("CCITT", "JBIG2")))
        sheet.image(ref, (sheet.width, 0, 0, height, 0, sheet.height - height * (at + 1)))


CARRIERS: dict[str, Callable[[Book], None]] = {
    "scan": plain,
    "scan with text layer": _layered(good=True),
    "scan with bad text layer": _layered(good=False),
    "skewed scan": skewed,
    "sideways scan": sideways,
    "faxed scan in strips": faxed,
}
