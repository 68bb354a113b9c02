"""The pictures in the report, within a budget: of pages that are pointed at, and of figures."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pipeline.errors import PictureError
from pipeline.extract.messages import View
from pipeline.extract.viewer import Viewer
from pipeline.pack.fit import POINTS_PER_INCH, USEFUL_DPI, encode
from pipeline.report.visible import visible
from pipeline.result.model import Figure, Result

FILE_BYTES = 14_500_000
"""The whole report, but for one whose text alone is larger."""
PAGE_BYTES = 7_200_000
"""All pictures of pages together at most; as text they take a third more."""
BEST_PAGE, LEAST_PAGE = 200_000, 14_000
"""Bytes of one page's picture: a page gains nothing from more, and is hardly legible in less."""
TEXT_BYTES = 2_000_000
"""All text of pages together, as JSON."""
FIGURE_BYTES = 900_000
"""All pictures of figures together: they stand on the pages' pictures too, and as files beside the result."""
_FIGURE_WIDTH, _FIGURE_HEIGHT = 420, 520


@dataclass(slots=True)
class Seen:
    """What there is to see of pages: pictures (media type and base64), sizes in points, texts, why one is not there.

    The text of pages after `text_until` was left out for its length; None where none was.
    """

    pictures: dict[int, tuple[str, str]] = field(default_factory=dict)
    sizes: dict[int, tuple[float, float]] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    why_not: dict[int, str] = field(default_factory=dict)
    text_until: int | None = None


def budget_beside(others: int) -> int:
    """The bytes that pictures of pages may have in a file whose other parts, the text of pages apart, take so many."""
    return max(min(PAGE_BYTES, (FILE_BYTES - TEXT_BYTES - others) * 3 // 4), 0)


def see(viewer: Viewer, pages: Sequence[int], budget: int | None) -> Seen:
    """The pictures of `pages`, the weightiest first, and the text of all pages.

    Each page has an equal share of the budget, and the sharpest of the viewer's sizes that fits in it. Where the pages
    are too many for a picture that can be read, the last ones have none, and `why_not` says so. None is no budget.
    """
    seen = Seen()
    room = len(pages) if budget is None else min(len(pages), budget // LEAST_PAGE)
    chosen = pages[:room]
    share = BEST_PAGE if budget is None else min(budget // max(room, 1), BEST_PAGE)
    wanted = dict.fromkeys(range(1, viewer.page_count + 1), 0) | dict.fromkeys(chosen, share)
    left = TEXT_BYTES
    for number, view in viewer.looks(wanted):
        if isinstance(view, str):
            seen.why_not[number] = f"The page could not be drawn: {visible(view)}."
            continue
        left = _take(seen, number, view, left)
    _drop(seen, pages, budget)
    return seen


def _take(seen: Seen, number: int, view: View, left: int) -> int:
    """Keep a view; how many bytes of text there is still room for."""
    seen.sizes[number] = (view.width, view.height)
    if view.picture:
        seen.pictures[number] = (view.media_type, view.picture)
    text = visible(view.text).strip()
    needed = len(json.dumps(text, ensure_ascii=False).encode())
    if text and seen.text_until is None:
        if needed > left:
            seen.text_until = number - 1
        else:
            seen.texts[number] = text
            return left - needed
    return left


def _drop(seen: Seen, pages: Sequence[int], budget: int | None) -> None:
    """Leave out the least of the pictures until the others are within the budget; say so of all that have none."""
    total = 0
    for number in pages:
        size = len(seen.pictures[number][1]) * 3 // 4 if number in seen.pictures else 0
        if budget is not None and size and total + size > budget:
            del seen.pictures[number]
        else:
            total += size
        if number not in seen.pictures:
            reason = "Pictures of all pages that are pointed at would make the report too large: see --pictures beside."
            seen.why_not.setdefault(number, reason)


def figures(result: Result, folder: Path) -> dict[str, str]:
    """The figures' pictures as data URIs by id, small, as many as the budget has room for.

    They are made of the files beside the result, where those are what the result says.
    """
    found: dict[str, str] = {}
    left = FIGURE_BYTES
    for figure in result.figures:
        data = _file(figure, folder) if left > 0 else None
        small = _small(data, figure) if data else None
        if small is not None and len(small) <= left:
            left -= len(small)
            media = "image/png" if small.startswith(b"\x89PNG") else "image/jpeg"
            found[figure.id] = f"data:{media};base64,{base64.b64encode(small).decode('ascii')}"
    return found


def _file(figure: Figure, folder: Path) -> bytes | None:
    """The figure's bytes; None where its file is gone, is another, or is not below the folder."""
    if not figure.file or PurePosixPath(figure.file).is_absolute() or ".." in PurePosixPath(figure.file).parts:
        return None
    try:
        data = (folder / figure.file).read_bytes()
    except (OSError, ValueError):
        return None  # The report names the file, and has no picture of it.
    return data if hashlib.sha256(data).hexdigest() == figure.sha256 else None


def _small(data: bytes, figure: Figure) -> bytes | None:
    """The picture at the size at which the report shows it; None where it cannot be decoded."""
    x0, y0, x1, y1 = figure.bbox
    wide, high = max(x1 - x0, 1.0), max(y1 - y0, 1.0)
    if 45 < figure.turned % 180 < 135:
        wide, high = high, wide
    scale = min(_FIGURE_WIDTH / wide, _FIGURE_HEIGHT / high, USEFUL_DPI / POINTS_PER_INCH)
    try:
        return encode(data, max(round(wide * scale), 1), max(round(high * scale), 1))[0]
    except PictureError:
        return None  # The report names the file, and has no picture of it.


def page_sizes(result: Result, seen: Seen) -> Mapping[int, tuple[float, float]]:
    """Width and height of each page in points, as the result has it, else as it was seen."""
    known = {one.page: (one.width, one.height) for one in result.coverage.pages if one.width and one.height}
    return {**seen.sizes, **known}
