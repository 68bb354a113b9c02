"""PDFs within the document, read as the document itself is, where they are wanted.

Each page of one is a source of its own, "attachment:terms.pdf#page=3", with its text and its pictures; so are the texts
of that file that belong to no page. A PDF within a PDF within the document is not read: it is a gap.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.document import Document, Page, Picture, SourcePage, SourceText
from pipeline.errors import StorageError, UnreadableDocument
from pipeline.extract.reader import Reading, mark_duplicates
from pipeline.pack.sources import sources_of

MOST = 100
"""Attached PDFs of one document that are read."""
TOO_DEEP = "a PDF within an attached PDF is not read"
NAME = "The attached PDF"
"""What errors call it: its own name is in the id of its source."""


def with_attached(reading: Reading, pages: Sequence[Page], *, wanted: bool) -> Document:
    """The document of a reading, with the files pinned to these pages of it among its sources.

    Where they are `wanted`, the PDFs among its files are read, and their pages stand in its `attached`. One that cannot
    be read is a source with a problem. Raises StorageError.
    """
    files = distinct((*reading.document.sources, *(file for page in pages for file in page.files)))
    if not wanted:
        return replace(reading.document, sources=tuple(files))
    sources: list[SourceText] = []
    attached: list[SourcePage] = []
    number = 0
    for source in files:
        number += source.pdf is not None
        found, read = _read(reading, source, number)
        sources += found
        attached += read
    once = mark_duplicates([one.page for one in attached])
    unique = tuple(replace(one, page=page) for one, page in zip(attached, once, strict=True))
    return replace(reading.document, sources=tuple(distinct(sources)), attached=unique)


def distinct(sources: Iterable[SourceText]) -> list[SourceText]:
    """The same sources, those of an id that an earlier one has with a mark behind it."""
    taken: set[str] = set()
    named = []
    for source in sources:
        id = source.id
        while id in taken:
            id += "'"
        taken.add(id)
        named.append(replace(source, id=id))
    return named


def _read(reading: Reading, source: SourceText, number: int) -> tuple[list[SourceText], list[SourcePage]]:
    """The sources and the pages that a source comes to; it alone where it is no PDF."""
    if source.pdf is None:
        return [source], []
    told = replace(source, pdf=None)
    if number > MOST:
        return [replace(told, problem=f"only {MOST} attached PDFs are read")], []
    try:
        data = reading.attached(source.pdf)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / NAME
            path.write_bytes(data)
            with reading.beside(path) as inner:
                pages = tuple(_renamed(page, number) for page in inner.pages())
    except UnreadableDocument as fault:
        return [replace(told, problem=str(fault))], []
    except OSError as fault:
        raise StorageError(f"An attached PDF cannot be put down to be read ({fault.strerror}): make room.") from fault
    held = (*sources_of(inner.document, pages), *(file for page in pages for file in page.files))
    inside = [
        replace(one, id=f"{source.id}/{one.id}", pdf=None, problem=TOO_DEEP if one.pdf else one.problem) for one in held
    ]
    return [told, *inside], [SourcePage(f"{source.id}#page={page.number}", page) for page in pages]


def _renamed(page: Page, number: int) -> Page:
    """The page with its pictures named apart from those of the document: "a1-p3-f1"."""
    return replace(page, pictures=tuple(_named(picture, f"a{number}-") for picture in page.pictures))


def _named(picture: Picture, before: str) -> Picture:
    part_of = f"{before}{picture.part_of}" if picture.part_of else None
    return replace(picture, id=f"{before}{picture.id}", part_of=part_of)
