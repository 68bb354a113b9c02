"""A few pages of a document, looked at before the others: what language it is in, and how large its type is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.extract.cleaning import clean
from pipeline.extract.lines import Line, read_lines
from pipeline.extract.messages import Sample
from pipeline.extract.text import body_size

if TYPE_CHECKING:
    import pymupdf

_SAMPLED_PAGES = 8
_SAMPLE_CHARS = 20_000


def sample(document: pymupdf.Document) -> Sample:
    """What a few pages, the same ones each time, tell of the document as a whole."""
    count = document.page_count
    lines: list[Line] = []
    texts: list[str] = []
    for index in sorted({at * count // _SAMPLED_PAGES for at in range(_SAMPLED_PAGES)}):
        try:
            page = document[index]
            texts.append(str(page.get_text()))
            lines += read_lines(page)
        except Exception:  # noqa: S112 - this page says so itself when it is read; here it only adds nothing
            continue
    return Sample(clean(" ".join(texts))[:_SAMPLE_CHARS], body_size(lines))
