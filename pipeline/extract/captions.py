"""Which line is a caption, and which picture it belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.document import BBox, Block
from pipeline.extract.cleaning import one_line
from pipeline.extract.geometry import overlap

_CAPTION = re.compile(
    r"\s*(fig(ure|ura)?|abb(ildung)?|tab(le|elle|leau|la)?|chart|scheme|plate|exhibit|photo|image|grafik|schaubild|bild|"
    r"ilustraci[oó]n|рис(унок)?|таблица|图|圖|図|表|그림|표|شكل|الشكل|جدول)"
    r"\.?\s*([a-z]{0,3}[-.]?\d|[ivxlc]+\b|[一二三四五六七八九十])",
    re.IGNORECASE,
)
_FARTHEST = 36.0
_INTO = 9.0
_BESIDE = 0.3
_ALIKE = 0.8
_LONGEST = 500


def is_caption(text: str) -> bool:
    """Whether a text starts as a caption does: "Figure 3", "Abb. 2", "图 1"."""
    return _CAPTION.match(text) is not None


def captions(boxes: Mapping[int, BBox], blocks: Sequence[Block]) -> dict[int, str]:
    """The caption of each picture that has one: the nearest block that starts like a caption, within half an inch below
    or above it. Pictures in a row share theirs; between pictures one above the other it goes to the nearer.
    """
    starts = [block for block in blocks if is_caption(block.text)]
    pairs = sorted(
        (distance, at, key)
        for at, block in enumerate(starts)
        for key, box in boxes.items()
        if (distance := _distance(box, block.box)) is not None
    )
    found: dict[int, str] = {}
    owner: dict[int, BBox] = {}
    for _, at, key in pairs:
        row = owner.setdefault(at, boxes[key])
        caption = one_line(starts[at].text, _LONGEST)
        if caption and key not in found and overlap(row, boxes[key], 1) > _BESIDE:
            found[key] = caption
    return _shared(found, boxes)


def _shared(found: dict[int, str], boxes: Mapping[int, BBox]) -> dict[int, str]:
    """The same captions, with those of pictures that stand right above or below one in the same column: the parts of a
    figure that is a grid, whose caption stands at one end of it.
    """
    left, count = [key for key in boxes if key not in found], -1
    while len(left) != count:
        count = len(left)
        for key in left:
            gaps = {other: _gap(boxes[key], boxes[other]) for other in found}
            near = [(gap, other) for other, gap in gaps.items() if gap is not None]
            if near:
                found[key] = found[min(near)[1]]
        left = [key for key in left if key not in found]
    return found


def _gap(one: BBox, other: BBox) -> float | None:
    """How far apart two pictures of one column are, None where they are of different columns, or too far."""
    gap = max(other[1] - one[3], one[1] - other[3])
    widths = one[2] - one[0], other[2] - other[0]
    alike = min(widths) > _ALIKE * max(widths) and overlap(one, other, 0) > _ALIKE
    return gap if alike and gap <= _FARTHEST else None


def _distance(box: BBox, block: BBox) -> float | None:
    """How far a block is below or above a picture (0 within it), None where it is too far. Most captions stand below:
    one above counts as farther, so that of two figures the upper one has what stands between them.
    """
    if box[1] <= block[1] and block[3] <= box[3]:
        return 0.0 if overlap(block, box, 0) > _BESIDE else None
    below, above = block[1] - box[3], box[1] - block[3]
    distance = below if below > -_INTO else above
    if not -_INTO < distance <= _FARTHEST or overlap(block, box, 0) <= _BESIDE:
        return None
    return distance if below > -_INTO else distance + _FARTHEST / 2
