"""One page, read: text first, so that a bad picture never costs the page its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.document import Page, Word
from pipeline.extract.cleaning import one_line
from pipeline.extract.geometry import finite
from pipeline.extract.lines import read_lines
from pipeline.extract.opening import sampled
from pipeline.extract.text import body_size, paragraphs

if TYPE_CHECKING:
    import pymupdf

    from pipeline.extract.messages import Ask


def typical_size(document: pymupdf.Document) -> float:
    """The document's own size of type in points, from a few of its pages."""
    lines = []
    for index in sampled(document):
        try:
            lines += read_lines(document[index])
        except Exception:  # noqa: S112 - this page says so itself when it is read; here it only adds nothing
            continue
    return body_size(lines)


def read_page(document: pymupdf.Document, ask: Ask, body: float) -> Page:
    """The page with its blocks and pictures."""
    page = document[ask.number - 1]
    _, _, width, height = finite(page.rect)
    return Page(
        number=ask.number,
        label=one_line(page.get_label(), 40),
        width=width,
        height=height,
        rotation=page.rotation,
        blocks=tuple(paragraphs(read_lines(page), body)),
    )


def read_words(document: pymupdf.Document, number: int) -> tuple[Word, ...]:
    """The page's words in the order of its text."""
    return tuple(word for line in read_lines(document[number - 1]) for word in line.words)
