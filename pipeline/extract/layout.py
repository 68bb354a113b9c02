"""From lines to blocks: tables are found first, the rest is paragraphs and headings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.document import Block
from pipeline.extract.lines import Line
from pipeline.extract.text import paragraphs

if TYPE_CHECKING:
    import pymupdf


def blocks_of(lines: Sequence[Line], page: pymupdf.Page | None, body: float) -> list[Block]:
    """The blocks of a page in reading order."""
    return paragraphs(lines, body)
