"""The pictures of one page: stored, numbered in reading order, with their captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.document import BBox, Block, Picture
from pipeline.extract.captions import captions
from pipeline.extract.drawn import Drawn
from pipeline.extract.geometry import around, common
from pipeline.extract.imagery import Imagery, Stored
from pipeline.extract.layout import place
from pipeline.extract.placements import ONE_COLOUR, RENDER_DPI, Placement, layered, strips

if TYPE_CHECKING:
    import pymupdf

_STOPPED = "its bytes could not be decoded: the reading process had to be stopped at the pictures of this page"


@dataclass(frozen=True, slots=True)
class _Found:
    """A placement with what became of it. `joined` is the index of the placement that shows it too, None for most."""

    box: BBox
    vector: bool = False
    stored: Stored | None = None
    problem: str | None = None
    decorative: str | None = None
    joined: int | None = None
    degrees: float = 0.0


def read_pictures(
    page: pymupdf.Page, drawn: Drawn, placed: Sequence[Placement], imagery: Imagery, *, decode: bool = True
) -> list[_Found]:
    """What became of each placement, in content order; without `decode` none is decoded, and each says so."""
    if not decode:
        return [
            _Found(one.box, one.vector, decorative=one.decorative, problem=None if one.decorative else _STOPPED)
            for one in placed
        ]
    over = _shown_by(placed, drawn.shown)
    under: dict[int, list[BBox]] = {}
    for index in over:
        under.setdefault(_carrier(over, index), []).append(placed[index].box)
    found: list[_Found] = []
    for index, one in enumerate(placed):
        if one.decorative:
            found.append(_Found(one.box, one.vector, decorative=one.decorative))
        elif index in over:
            found.append(_Found(one.box, one.vector, joined=_carrier(over, index)))
        elif index in under:
            dpi = one.dpi if one.degrees else RENDER_DPI
            whole = replace(one, box=around([one.box, *under[index]]), xref=0, dpi=dpi)
            found.append(_stored(page, drawn, whole, imagery))
        else:
            found.append(_stored(page, drawn, one, imagery))
    return found


def _shown_by(placed: Sequence[Placement], shown: BBox) -> dict[int, int]:
    """The placements that another one shows too, each with that one: of a page put upright its first shows all."""
    seen = [index for index, one in enumerate(placed) if not one.decorative]
    if any(one.degrees for one in placed):
        return dict.fromkeys(seen[1:], seen[0])
    over = {index: members[0] for members in strips(placed) for index in members[1:]}
    return over | {index: carrier for index, carrier in layered(placed, shown).items() if index not in over}


def _carrier(over: Mapping[int, int], index: int) -> int:
    """The placement that shows this one in the end: the figure of a picture whose strip it is, for one."""
    while index in over:
        index = over[index]
    return index


def _stored(page: pymupdf.Page, drawn: Drawn, one: Placement, imagery: Imagery) -> _Found:
    try:
        stored = imagery.store(page, drawn, one)
    except MemoryError:
        return _Found(one.box, one.vector, problem="it needs more memory than the limit allows")
    except Exception as fault:  # MuPDF raises five unrelated kinds on broken pictures
        return _Found(one.box, one.vector, problem=f"it is broken and cannot be decoded ({type(fault).__name__})")
    decorative = ONE_COLOUR if stored.plain else None
    return _Found(one.box, one.vector, stored, decorative=decorative, degrees=one.degrees)


def numbered(found: Sequence[_Found], blocks: Sequence[Block], number: int, shown: BBox) -> tuple[Picture, ...]:
    """The pictures of page `number`, which is displayed as `shown`, in reading order, each with its id, place among the
    blocks and caption.
    """
    if not found:
        return ()
    places = [place(one.box, blocks) for one in found]
    order = sorted(
        range(len(found)), key=lambda index: (places[index], found[index].box[1], found[index].box[0], index)
    )
    named = captions({index: one.box for index, one in enumerate(found) if not one.decorative}, blocks)
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
            caption=named.get(index),
            decorative=one.decorative,
            part_of=None if one.joined is None else ids[one.joined],
            problem=one.problem,
            vector=one.vector,
            turned=one.degrees,
        )
        for index in order
        for one in (found[index],)
    )
