"""The pictures that were sent, each with what the answers to the requests that held it say of it."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from pipeline.ask.answer import Answer, FigureNote, Reading
from pipeline.ask.prompts import FIGURE_KINDS
from pipeline.document import BBox, Page, Picture
from pipeline.merge.notice import Notice
from pipeline.pack.layout import is_scan
from pipeline.ranges import format_ranges
from pipeline.result.coverage import Coverage, PictureFate

Answered = tuple[Collection[str], Answer]
"""The ids of the pictures that a request held, and the answer to it."""

_SHOWN = frozenset(FIGURE_KINDS) - {"unknown"}
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg"}


def figures(
    name: str, carriers: Sequence[tuple[Page, str | None]], coverage: Coverage, answered: Sequence[Answered]
) -> list[dict[str, Any]]:
    """Every picture that was sent, in the document's order."""
    stands_on = {picture.id: page for page, _ in carriers for picture in page.pictures}
    notes, readings = _told(answered)
    said: dict[str, list[FigureNote]] = {}
    for note in notes:
        said.setdefault(note.id, []).append(note)
    read: dict[str, dict[Reading, None]] = {}
    for reading in readings:
        read.setdefault(reading.figure, {})[reading] = None
    copies: dict[str, list[int]] = {}
    for one in coverage.pictures:
        if one.fate == "duplicate" and one.picture.duplicate_of:
            copies.setdefault(one.picture.duplicate_of, []).extend([] if one.page is None else [one.page])
    return [
        {
            "id": one.picture.id,
            "page": one.page,
            "source": one.source,
            "bbox": rounded(one.picture.box),
            "kind": _kind(stands_on[one.picture.id], one.picture),
            "caption": one.picture.caption,
            "description": "\n\n".join(dict.fromkeys(note.description for note in said.get(one.picture.id, ())))
            or None,
            "shows": next((note.kind for note in said.get(one.picture.id, ()) if note.kind in _SHOWN), None),
            "values": [
                {"series": reading.series, "x": reading.x, "y": reading.y, "unit": reading.unit}
                for reading in read.get(one.picture.id, ())
            ],
            "file": f"{name}.figures/{_figure_file(one.picture)}",
            "turned": one.picture.turned,
            "sha256": one.picture.sha256,
            "also_on": format_ranges(copies.get(one.picture.id, ())),
        }
        for one in coverage.pictures
        if _was_sent(one)
    ]


def _told(answered: Sequence[Answered]) -> tuple[list[FigureNote], list[Reading]]:
    """What each answer says of the pictures that its own request held."""
    notes = [note for held, answer in answered for note in answer.figures if note.id in held]
    return notes, [one for held, answer in answered for one in answer.readings if one.figure in held]


def unknown_figures(answered: Sequence[Answered]) -> list[Notice]:
    """What answers said of figures that their requests did not hold: it is given to no other figure."""
    notices = []
    for held, answer in answered:
        told = [(note.id, note.description) for note in answer.figures]
        told += [(one.figure, f"{one.series} {one.x} {one.y} {one.unit}") for one in answer.readings]
        notices += [
            Notice("unknown-figure", f"An answer describes a figure {name!r}, which was not sent: {said}")
            for name, said in told
            if name not in held
        ]
    return notices


def _was_sent(one: PictureFate) -> bool:
    return bool(one.requests) and bool(one.picture.sha256) and one.picture.part_of is None and one.fate != "duplicate"


def _figure_file(picture: Picture) -> str:
    """The bare name of a picture's file."""
    return f"{picture.id}.{_EXTENSIONS.get(picture.media_type, 'img')}"


def _kind(page: Page, picture: Picture) -> str:
    """A scan is a picture over most of its page, a drawing a figure of lines and areas, of whatever size."""
    if picture.vector:
        return "drawing"
    return "scan" if is_scan(page, picture) else "picture"


def rounded(box: BBox) -> list[float]:
    """Hundredths of a point; a broken file's infinite edges become 0."""
    return [round(edge, 2) + 0.0 if math.isfinite(edge) else 0.0 for edge in box]
