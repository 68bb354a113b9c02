"""Documents for the fault bench: a fact on every page and in every picture, and filling enough for several requests.

A fact is a record of a token and an amount. On a page it stands as a line, in a picture as a block code:

    Record: serial = KX-34627; amount = 43
"""

from __future__ import annotations

import io
import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, cast

import pymupdf
from PIL import Image, ImageDraw

from benchmarks.carriers import blockcode
from pipeline.document import Document, Page, Word
from pipeline.extract.reader import Reading, read_document
from pipeline.extract.work import WorkStore

SCHEMA = {
    "type": "object",
    "properties": {
        "contract_number": {"type": "string"},
        "total_amount": {"type": "integer"},
        "record": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"serial": {"type": "string"}, "amount": {"type": "integer"}},
            },
            "x-key": ["serial"],
        },
    },
}
_WORDS = """
harbour copper ledger willow granite lantern meadow signal timber velvet orchard compass marble thunder garden bridge
falcon silver canyon ribbon market winter engine puzzle island rocket saddle tunnel violin window
""".split()
_CELL = 8
_LEAST, _MOST = 1, 999


@dataclass(frozen=True, slots=True)
class SeededFact:
    """A token, the page (from 1) that it is on, and how: in a line of text with an amount, or in a picture."""

    token: str
    page: int
    amount: int
    carrier: Literal["text", "picture"]


def make_document(
    seed: int, pages: int, *, pictures: float = 0.3, lines: int = 40
) -> tuple[bytes, tuple[SeededFact, ...]]:
    """A PDF and its facts. `pictures` is the share of pages with one, `lines` of nine words those that fill a page."""
    chance = random.Random(f"faulty/{seed}")
    tokens = _tokens(chance)
    document, facts = pymupdf.open(), []
    for number in range(1, pages + 1):
        fact = SeededFact(next(tokens), number, chance.randint(_LEAST, _MOST), "text")
        facts.append(fact)
        text = _lines(chance, lines, fact, pages)
        page = document.new_page(width=595, height=842)
        assert page.insert_textbox((50, 50, 545, 620), text, fontsize=8) >= 0, "the text does not fit the page"
        if chance.random() < pictures:
            shown = SeededFact(next(tokens), number, 0, "picture")
            facts.append(shown)
            page.insert_image((100, 650, 230, 780), stream=_picture(chance, shown.token))
    data: bytes = document.tobytes(garbage=3)
    document.close()
    return data, tuple(facts)


def _tokens(chance: random.Random) -> Iterator[str]:
    """Tokens, none of them twice."""
    seen: set[str] = set()
    while True:
        token = blockcode.token_of(chance.randrange(len(blockcode.LETTERS) ** 2 * len(blockcode.DIGITS) ** 5))
        if token is not None and token not in seen:
            seen.add(token)
            yield token


def _lines(chance: random.Random, count: int, fact: SeededFact, pages: int) -> str:
    lines = [" ".join(chance.choices(_WORDS, k=9)).capitalize() + "." for _ in range(count)]
    lines.insert(chance.randint(0, count), f"\nRecord: serial = {fact.token}; amount = {fact.amount}\n")
    if fact.page == 1:
        lines.insert(0, "Contract number: C-2207\n")
    if fact.page == pages:
        lines.append("\nTotal amount: 81234")
    return "\n".join(lines)


def _picture(chance: random.Random, token: str) -> bytes:
    """A block code on a coloured ground, which makes the picture one of its own."""
    side = blockcode.CELLS * _CELL
    image = Image.new("RGB", (side + 40, side + 40), tuple(chance.randint(150, 220) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 20, side + 19, side + 19), fill="white")
    for row, cells in enumerate(blockcode.cells(token)):
        for column, black in enumerate(cells):
            if black:
                left, top = 20 + column * _CELL, 20 + row * _CELL
                pen.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), fill="black")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Book:
    """A document that was read once: it can be asked about a thousand times without a process to read it.

    `work` is the folder that holds its pictures.
    """

    path: Path
    document: Document
    pages: tuple[Page, ...]
    words: dict[int, tuple[Word, ...]]
    facts: tuple[SeededFact, ...]
    work: Path

    def reading(self) -> Reading:
        """The document as the reader gives it."""
        return cast(Reading, _Kept(self))


class _Kept:
    """Gives what was read; it has of a Reading what a run asks of it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.document = book.document

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open."""

    def rest(self) -> None:
        """No process is kept busy."""

    @contextmanager
    def without_ocr(self) -> Iterator[Self]:
        """There is no OCR in it."""
        yield self

    def pages(self, numbers: Collection[int] | None = None) -> Iterator[Page]:
        """The pages of those numbers, all by default."""
        return (page for page in self._book.pages if numbers is None or page.number in numbers)

    def words(self, numbers: Collection[int]) -> dict[int, tuple[Word, ...]]:
        """The words of those pages."""
        return {number: self._book.words[number] for number in numbers}


def make_book(folder: Path, seed: int, pages: int, *, pictures: float = 0.3, lines: int = 40) -> Book:
    """A document made, written into the folder and read."""
    data, facts = make_document(seed, pages, pictures=pictures, lines=lines)
    path, work = folder / f"document-{seed}-{pages}.pdf", folder / "work"
    path.write_bytes(data)
    with read_document(path, WorkStore(str(work)), ocr="never") as reading:
        read = tuple(reading.pages())
        return Book(path, reading.document, read, reading.words(range(1, pages + 1)), facts, work)
