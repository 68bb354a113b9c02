"""A copy of a document with places marked on its pages, as highlights and frames with a note each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.extract.messages import Mark

if TYPE_CHECKING:
    import pymupdf

_AUTHOR = "Quire"


def save_marked(document: pymupdf.Document, marks: Sequence[Mark], target: Path) -> int:
    """Write the document with those marks to `target`, and how many there are on its pages.

    The document in memory has them afterwards: it is read no further.
    """
    done = 0
    for mark in marks:
        if 1 <= mark.page <= document.page_count and mark.boxes:
            _put(document[mark.page - 1], mark)
            done += 1
    document.save(target, deflate=True)
    return done


def _put(page: pymupdf.Page, mark: Mark) -> None:
    """One annotation; its boxes are on the page as it is displayed, an annotation's on the page as it is stored."""
    import pymupdf

    stored = [pymupdf.Rect(box).transform(page.derotation_matrix).normalize() for box in mark.boxes]
    if mark.kind == "highlight":
        one = page.add_highlight_annot([_along(rect) for rect in stored])
    else:
        around = pymupdf.Rect(stored[0])
        for rect in stored:
            around |= rect
        one = page.add_rect_annot(around)
    one.set_colors(stroke=mark.colour)
    one.set_info(title=_AUTHOR, content=mark.note)
    one.update()


def _along(rect: pymupdf.Rect) -> pymupdf.Quad:
    """The box with its words along its longer side: a highlight is rounded at their two ends."""
    import pymupdf

    return pymupdf.Quad(rect.bl, rect.tl, rect.br, rect.tr) if rect.height > rect.width else rect.quad
