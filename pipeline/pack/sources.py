"""Texts of a document that belong to no page, as they are sent: before the first page, each once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.document import Document, Page, SourceText

NO_PAGE = 0
"""Stands for the page of what belongs to none."""

_NOT_LETTERS = re.compile(r"[\W_]+")
_NUMBERED = re.compile(r"^[\W\d]+")


def sources_of(document: Document, pages: Sequence[Page]) -> tuple[SourceText, ...]:
    """The document's own sources, and its bookmarks where they say what their pages do not."""
    unsaid = _bookmarks(document, pages)
    return (*document.sources, *([unsaid] if unsaid else []))


def _bookmarks(document: Document, pages: Sequence[Page]) -> SourceText | None:
    """The bookmarks whose words stand neither on their page nor on the next, which one may point just before.

    A page that is known only as a picture cannot tell: its bookmarks are sent.
    """
    texts: dict[int, str] = {}
    by_number = {page.number: page for page in pages}

    def text(number: int) -> str:
        if number not in texts:
            page = by_number.get(number)
            texts[number] = _letters(" ".join(block.text for block in page.blocks)) if page else ""
        return texts[number]

    lines = [
        f"page {one.page}: {one.title}"
        for one in document.toc
        if one.page in by_number and _letters(_NUMBERED.sub("", one.title)) not in text(one.page) + text(one.page + 1)
    ]
    return SourceText("bookmarks", "\n".join(lines)) if lines else None


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()
