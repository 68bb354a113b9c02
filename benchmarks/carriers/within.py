"""Files within the file, attached to the document or pinned to a page, and PDFs among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from benchmarks.carriers.book import PAGE_OF, Book
from benchmarks.carriers.hidden import CARRIERS as HIDDEN
from benchmarks.carriers.pictures import CARRIERS as PICTURES
from benchmarks.carriers.text import CARRIERS as TEXT


def attachments(book: Book) -> None:
    """Files within the file: their names, what is said of them, and the text in them."""
    for ending in ("txt", "csv", "json"):
        named, told, inside = book.token(), book.token(), book.token()
        text = {"txt": f"The number is {inside}.", "csv": f"key,value\nnumber,{inside}\n"}
        data = text.get(ending, f'{{"number": "{inside}"}}').encode()
        name = f"{named}.{ending}"
        book.files.append((name, book.attachment(name, data, told)))
        for fact in (named, told, inside):
            book.note(fact, anywhere=True)


def attached_on_page(book: Book) -> None:
    """A file pinned to a place on a page."""
    named, inside = book.token(), book.token()
    _pin(book, f"{named}.txt", f"The pinned number is {inside}.".encode())
    book.note(named, anywhere=True)
    book.note(inside, anywhere=True)


def _pin(book: Book, name: str, data: bytes) -> None:
    sheet = book.page()
    first, box = book.bands(sheet, 2)
    book.prose(sheet, first, book.sentences(4))
    place = (box[0], box[3] - 30, box[0] + 20, box[3] - 10)
    sheet.annotate("FileAttachment", place, f"/FS {book.attachment(name, data)} 0 R /Name /PushPin /F 4")


def _inner(book: Book, name: str, *carriers: Callable[[Book], None]) -> bytes:
    """A PDF of its own with facts, which are noted for its pages."""
    inner = Book(book.random, carrier=book.carrier)
    for carrier in carriers:
        carrier(inner)
    for fact in inner.facts:
        book.facts.append(replace(fact, pages=tuple(f"attachment:{name}{PAGE_OF}{page}" for page in fact.pages)))
    return inner.finish()


def attached_pdf(book: Book) -> None:
    """A PDF with text in columns, a picture and hidden words."""
    name = f"{book.word()}.pdf"
    data = _inner(book, name, TEXT["two columns"], PICTURES["picture: jpeg"], HIDDEN["hidden: white on white"])
    book.files.append((name, book.attachment(name, data)))


def pinned_pdf(book: Book) -> None:
    """A PDF pinned to a page."""
    name = f"{book.word()}.pdf"
    _pin(book, name, _inner(book, name, TEXT["headings"]))


CARRIERS: dict[str, Callable[[Book], None]] = {
    "attachments": attachments,
    "attachment on a page": attached_on_page,
    "attached PDF": attached_pdf,
    "PDF pinned to a page": pinned_pdf,
}
