"""What is drawn over words that were there before it, and so may cover them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any

from pipeline.document import BBox, Word
from pipeline.extract.clusters import bands
from pipeline.extract.display import ROOM
from pipeline.extract.drawn import Drawn
from pipeline.extract.geometry import area, common, meet

PAINTED_TEXT = ("fill-text", "stroke-text")
_SHAPES = ("fill-path", "fill-image", "fill-shade")
_WITHIN = 0.9
_MOST_SHAPES = 300

Seen = tuple[list[Word], BBox, Sequence[dict[str, Any]]]
"""A line: its words, the box around them, and its spans, from MuPDF."""


def covers_of(lines: Sequence[Seen], drawn: Drawn, opaque: Sequence[BBox]) -> dict[int, list[tuple[BBox, bool]]]:
    """What may cover a word of each line, by the line's number, with whether it is a picture: what was drawn after
    some text that touches the line. Of many shapes the largest are taken. `opaque` are the pictures without holes.
    """
    # What clips leave of a shape is what covers: most gradients have no end of their own.
    left = ((at, kind, drawn.left(at) or box) for at, (kind, box) in enumerate(drawn.shapes) if kind in _SHAPES)
    shapes = [one for one in left if _has_room(one[2])]
    places = by_height((number, box) for number, (_, box, _) in enumerate(lines)) if shapes else {}
    over: list[tuple[int, bool, BBox, list[int]]] = []
    for at, kind, box in sorted(shapes, key=lambda one: -area(one[2]))[:_MOST_SHAPES] if places else ():
        picture = kind == "fill-image"
        if not picture or any(_alike(drawn.shapes[at][1], one) for one in opaque):
            touched = {number for band in bands(box) for number, line in places.get(band, ()) if meet(line, box)}
            held = [number for number in touched if any(within(word[1], box) for word in lines[number][0])]
            over += [(at, picture, box, held)] if held else []
    covers: dict[int, list[tuple[BBox, bool]]] = {}
    texts = _before(drawn.log(max(at for at, *_ in over) + 1)) if over else {}
    begun = {number: _begun(lines[number][1], texts) for number in {number for *_, held in over for number in held}}
    for at, picture, box, held in over:
        for number in held:
            if begun[number] <= at:
                covers.setdefault(number, []).append((box, picture))
    return covers


def _begun(line: BBox, texts: Mapping[int, Sequence[tuple[int, BBox]]]) -> float:
    """How many shapes came before the first text that touches a line."""
    near = (one for band in bands(line) for one in texts.get(band, ()))
    return min((before for before, text in near if meet(text, line)), default=inf)


def _before(log: Sequence[tuple[str, BBox]]) -> dict[int, list[tuple[int, BBox]]]:
    """The texts of what is drawn by the bands of the page that they touch, each with how many shapes came before it."""
    shapes = 0
    texts: list[tuple[int, BBox]] = []
    for kind, box in log:
        if kind in PAINTED_TEXT and area(box):
            texts.append((shapes, box))
        shapes += not kind.endswith("-text")
    return by_height(texts)


def by_height(boxes: Iterable[tuple[int, BBox]]) -> dict[int, list[tuple[int, BBox]]]:
    """Boxes by the bands of the page that they touch, so that few need to be compared."""
    found: dict[int, list[tuple[int, BBox]]] = {}
    for at, box in boxes:
        for band in bands(box):
            found.setdefault(band, []).append((at, box))
    return found


def _has_room(box: BBox) -> bool:
    """Whether a shape could hold a word."""
    return min(box[2] - box[0], box[3] - box[1]) >= ROOM


def _alike(one: BBox, other: BBox) -> bool:
    near = abs(one[0] - other[0]) < 1.0 and abs(one[1] - other[1]) < 1.0
    return near and abs(one[2] - other[2]) < 1.0 and abs(one[3] - other[3]) < 1.0


def within(box: BBox, cover: BBox) -> bool:
    """Whether nearly all of a box lies in another."""
    return area(common(box, cover)) > _WITHIN * area(box)
