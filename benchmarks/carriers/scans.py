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


def _layered(said: Callable[[Book, list[str]], list[str]], down: float = 0) -> Callable[[Book], None]:
    """A scan under a text layer that says something of its lines, `down` points below them."""

    def carrier(book: Book) -> None:
        sheet, image, lines = _page(book)
        _fill(sheet, picture_object(book.pdf, image.convert("RGB"), "jpeg"))
        for at, line in enumerate(said(book, lines)):
            y = sheet.height - 74 - 17.28 * at - down
            sheet.text(61, y, line, book.font("Helvetica"), 11, setup="3 Tr")

    return carrier


def _as_it_is(book: Book, lines: list[str]) -> list[str]:
    return lines


def _rubbish(book: Book, lines: list[str]) -> list[str]:
    return ["".join(book.random.choices("~^|¬;:.,iIl1 ", k=len(line))) for line in lines]


def _misread(book: Book, lines: list[str]) -> list[str]:
    """As an engine for another script reads them: letters for letters, but other ones."""
    letters = str.maketrans({letter: book.random.choice("aoCTPHMXkuBy3") for letter in "abcdefghijklmnopqrstuvwxyz"})
    return [line.translate(letters) for line in lines]


def _of_another_page(book: Book, lines: list[str]) -> list[str]:
    """Other lines in other places, whose token must not arrive as this page's."""
    token = book.token()
    book.note(token, form="hidden")
    others = [book.sentence().rstrip(".") for _ in lines]
    others[7] = f"{token} {others[7]}"
    return others


def skewed(book: Book) -> None:
    """A sheet that lay askew."""
    sheet, image, _ = _page(book, tilt=book.random.choice((-1, 1)) * book.random.uniform(1.5, 4))
    _fill(sheet, picture_object(book.pdf, image.convert("RGB"), "jpeg"))


def sideways(book: Book, *, tilt: float = 0) -> None:
    """A sheet that was scanned on its side, and shown so."""
    sheet, image, _ = _page(book, tilt=tilt)
    stored = image.convert("RGB").rotate(book.random.choice((90, 270)), expand=True)
    sheet.entries[0] = f"/MediaBox [0 0 {sheet.height:g} {sheet.width:g}]"
    sheet.image(picture_object(book.pdf, stored, "jpeg"), (sheet.height, 0, 0, sheet.width, 0, 0))


def sideways_and_skewed(book: Book) -> None:
    """On its side, and askew."""
    sideways(book, tilt=book.random.choice((-1, 1)) * book.random.uniform(1, 4))


def on_its_head(book: Book) -> None:
    """A sheet that was put in upside down."""
    sheet, image, _ = _page(book)
    _fill(sheet, picture_object(book.pdf, image.convert("RGB").rotate(180), "jpeg"))


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
    "scan with text layer": _layered(_as_it_is),
    "scan with bad text layer": _layered(_rubbish),
    "scan with misread layer": _layered(_misread),
    "scan with shifted layer": _layered(_as_it_is, down=380),
    "scan with another's layer": _layered(_of_another_page),
    "skewed scan": skewed,
    "sideways scan": sideways,
    "sideways, skewed scan": sideways_and_skewed,
    "scan on its head": on_its_head,
    "faxed scan in strips": faxed,
}
