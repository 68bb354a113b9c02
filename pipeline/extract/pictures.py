"""The pictures of one page: stored, numbered in reading order, with their captions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.document import BBox, Block, Picture
from pipeline.extract.cleaning import one_line
from pipeline.extract.geometry import around, common, finite, overlap
from pipeline.extract.imagery import Imagery, Stored
from pipeline.extract.placements import ONE_COLOUR, Placement, strips

if TYPE_CHECKING:
    import pymupdf

_CAPTION = re.compile(
    r"\s*(fig(ure|ura)?|abb(ildung)?|tab(le|elle|leau|la)?|chart|scheme|plate|exhibit|photo|image|grafik|schaubild|bild|"
    r"ilustraci[oó]n|рис(унок)?|таблица|图|圖|図|表|그림|표|شكل|الشكل|جدول)"
    r"\.?\s*([a-z]{0,3}[-.]?\d|[ivxlc]+\b|[一二三四五六七八九十])",
    re.IGNORECASE,
)
_CAPTION_DISTANCE = 36.0
_STOPPED = "its bytes could not be decoded: the reading process had to be stopped at the pictures of this page"


@dataclass(frozen=True, slots=True)
class _Found:
    """A placement with what became of it. `joined` is the index of the placement that shows it too, None for most."""

    box: BBox
    stored: Stored | None = None
    problem: str | None = None
    decorative: str | None = None
    joined: int | None = None


def read_pictures(
    page: pymupdf.Page, placed: Sequence[Placement], imagery: Imagery, *, decode: bool = True
) -> list[_Found]:
    """What became of each placement, in content order; without `decode` none is decoded, and each says so."""
    if not decode:
        return [
            _Found(one.box, decorative=one.decorative, problem=None if one.decorative else _STOPPED) for one in placed
        ]
    first = {index: members for members in strips(placed) for index in members}
    found: list[_Found] = []
    for index, one in enumerate(placed):
        members = first.get(index)
        if one.decorative:
            found.append(_Found(one.box, decorative=one.decorative))
        elif members is None:
            found.append(_stored(page, one, imagery))
        elif index == members[0]:
            whole = around(placed[member].box for member in members)
            found.append(_stored(page, replace(one, box=whole, xref=0), imagery))
        else:
            found.append(_Found(one.box, joined=members[0]))
    return found


def _stored(page: pymupdf.Page, one: Placement, imagery: Imagery) -> _Found:
    try:
        stored = imagery.store(page, one)
    except MemoryError:
        return _Found(one.box, problem="it needs more memory than the limit allows")
    except Exception as fault:  # MuPDF raises five unrelated kinds on broken pictures
        return _Found(one.box, problem=f"it is broken and cannot be decoded ({type(fault).__name__})")
    return _Found(one.box, stored, decorative=ONE_COLOUR if stored.plain else None)


def numbered(found: Sequence[_Found], blocks: Sequence[Block], number: int, page: pymupdf.Page) -> tuple[Picture, ...]:
    """The pictures of page `number` in reading order, each with its id, place among the blocks and caption."""
    shown = finite(page.rect)
    places = [_after(one.box, blocks) for one in found]
    order = sorted(
        range(len(found)), key=lambda index: (places[index], found[index].box[1], found[index].box[0], index)
    )
    ids = {index: f"p{number}-f{at}" for at, index in enumerate(order, start=1)}
    return tuple(
        Picture(
            id=ids[index],
            page=number,
            box=common(one.box, shown) if one.stored else one.box,
            sha256=one.stored.sha256 if one.stored else "",
            width=one.stored.width if one.stored else 0,
            height=one.stored.height if one.stored else 0,
            after=places[index],
            media_type=one.stored.media_type if one.stored else "image/png",
            caption=None if one.decorative else _caption(one.box, blocks),
            decorative=one.decorative,
            part_of=None if one.joined is None else ids[one.joined],
            problem=one.problem,
        )
        for index in order
        for one in (found[index],)
    )


def _after(box: BBox, blocks: Sequence[Block]) -> int:
    """How many blocks come before a picture: up to the last above it in its column, else those that end above it."""
    middle = (box[1] + box[3]) / 2
    column = [index for index, block in enumerate(blocks) if overlap(block.box, box, 0) > 0.3]
    above = [index for index in column if (blocks[index].box[1] + blocks[index].box[3]) / 2 <= min(middle, box[1] + 9)]
    if above:
        return max(above) + 1
    if column:
        return min(column)
    return sum(block.box[3] <= middle for block in blocks)


def _caption(box: BBox, blocks: Sequence[Block]) -> str | None:
    """The nearest block that starts like a caption, within half an inch below or above the picture."""
    nearest: tuple[float, str] | None = None
    for block in blocks:
        below, above = block.box[1] - box[3], box[1] - block.box[3]
        distance = below if below > -9 else above
        if -9 < distance <= _CAPTION_DISTANCE and overlap(block.box, box, 0) > 0.3 and _CAPTION.match(block.text):
            caption = one_line(block.text, 500)
            if caption and (nearest is None or distance < nearest[0]):
                nearest = (distance, caption)
    return nearest[1] if nearest else None
