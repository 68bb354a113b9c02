"""What pictures are placed where on a page, which of them are decoration, and which belong together.

A picture is set aside as decoration only where it cannot carry a fact (docs/pictures.md). The rules, in this order:

    off the page     nothing of it lies on the displayed page
    one pixel        it is at most one pixel wide or high
    tiny             it is shown at most 6 points long, or at most 1.5 points thin (a reader needs 8 points for a line)
    gradient         it is no picture in the file but a colour gradient, which MuPDF shows as one
    one colour       every pixel of it is the same (known only once it is decoded)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.document import BBox
from pipeline.extract.clips import Painted
from pipeline.extract.drawn import Drawn
from pipeline.extract.geometry import area, around, common
from pipeline.extract.objects import PictureObject, Shape, picture_objects

if TYPE_CHECKING:
    import pymupdf

RENDER_DPI = 150

_TINY_SIDE = 6.0
_TINY_THICKNESS = 1.5
_TOUCH = 1.0
_LEAST_STRIPS = 3
_MOST_COMPARED = 600
_OVERHEAD = 57
_WHOLE = 0.98
_MOSTLY = 0.9
_PAGE_WIDE = 0.6

ONE_COLOUR = "one colour: every pixel of it is the same"


@dataclass(frozen=True, slots=True)
class Placement:
    """One picture where it is shown: `box` on the displayed page, `width` and `height` in pixels as the file has them.

    `xref` is the number of its object in the file, 0 where it has none, where more than one could be meant, or where
    only a part of it is shown: then `box` is that part. `upright` says that it is shown neither turned nor mirrored,
    `stencil` that it is a mask that paint is poured through, `vector` that it is no picture in the file but a figure
    drawn as lines and areas. `dpi` is the resolution at which its place on the page is rendered, where it has to be,
    and `degrees` by how much it is then turned clockwise.
    """

    box: BBox
    width: int
    height: int
    xref: int
    soft_mask: int
    upright: bool
    stencil: bool
    decorative: str | None
    dpi: int = RENDER_DPI
    vector: bool = False
    degrees: float = 0.0


def rendering(box: BBox) -> Placement:
    """A place on the page that is no picture in the file, and must be seen as one."""
    return Placement(box, 0, 0, xref=0, soft_mask=0, upright=True, stencil=False, decorative=None)


def vector(box: BBox, dpi: int = RENDER_DPI, decorative: str | None = None) -> Placement:
    """A figure drawn as lines and areas, or such drawings as are set aside together by one rule."""
    return replace(rendering(box), dpi=dpi, decorative=decorative, vector=True)


def placements(document: pymupdf.Document, page: pymupdf.Page, drawn: Drawn) -> list[Placement]:
    """Every placed picture of the page, in content order."""
    if not drawn.pictures:
        return []
    found = drawn.painted
    objects = {} if all(one.gradient for one in found) else _objects(document, page)
    return [_placement(one, objects, drawn.shown) for one in found]


def _placement(one: Painted, objects: dict[Shape, list[PictureObject]], shown: BBox) -> Placement:
    """The placement of a picture; one of which only a part is shown has that part as its place, to be rendered."""
    (right, lean), (slant, down) = one.across, one.down
    meant = _meant(objects.get((one.width, one.height, one.bits), []), one.size)
    whole = Placement(
        box=one.box,
        width=one.width,
        height=one.height,
        xref=meant.xref,
        soft_mask=meant.soft_mask,
        upright=right > 0 and down > 0 and abs(lean) + abs(slant) < 0.01 * (right + down),
        stencil=one.stencil,
        decorative=_decorative(one, shown),
    )
    seen = common(one.seen, shown)
    if whole.decorative or area(seen) >= _WHOLE * area(one.box):
        return whole
    width, height = max(seen[2] - seen[0], 0.0), max(seen[3] - seen[1], 0.0)
    return replace(whole, box=seen, xref=0, decorative=_tiny(width, height))


def _decorative(one: Painted, shown: BBox) -> str | None:
    """The reason why a picture is decoration, as far as that can be told before it is decoded."""
    width, height = one.box[2] - one.box[0], one.box[3] - one.box[1]
    if area(common(one.box, shown)) <= 0:
        return "off the page: nothing of it lies on the displayed page"
    if min(one.width, one.height) <= 1:
        return "one pixel: it is at most one pixel wide or high"
    if one.size == 0 and not _tiny(width, height):
        return "gradient: a colour gradient, not a picture in the file"
    return _tiny(width, height)


def _tiny(width: float, height: float) -> str | None:
    if max(width, height) <= _TINY_SIDE or min(width, height) <= _TINY_THICKNESS:
        return f"tiny: it is shown at {width:.1f} by {height:.1f} points"
    return None


def _objects(document: pymupdf.Document, page: pymupdf.Page) -> dict[Shape, list[PictureObject]]:
    """The picture objects of the page by (width, height, bits), those with the same bytes once.

    The list of objects has no places and the list of places no objects; size and depth nearly always match the two.
    """
    shapes: dict[Shape, dict[int, PictureObject]] = {}
    for shape, one in picture_objects(page):
        shapes.setdefault(shape, {})[one.xref] = one
    for objects in shapes.values():
        if len(objects) > 1:
            distinct: dict[tuple[bytes, int], PictureObject] = {}
            for one in objects.values():
                raw = document.xref_stream_raw(one.xref)
                distinct.setdefault((raw, one.soft_mask), one._replace(length=len(raw)))
            objects.clear()
            objects.update({one.xref: one for one in distinct.values()})
    return {shape: list(objects.values()) for shape, objects in shapes.items()}


def _meant(candidates: Sequence[PictureObject], size: int) -> PictureObject:
    """The one of several objects of a shape that is placed, one without a number where that cannot be told.

    MuPDF gives a JPEG the size of its bytes and a constant, 57 in 1.28; of other codecs it says less. Where the
    constant changes, none is named and the place on the page is rendered instead.
    """
    if len(candidates) == 1:
        return candidates[0]
    fitting = [one for one in candidates if one.codec == "DCTDecode" and size - one.length == _OVERHEAD]
    return fitting[0] if len(fitting) == 1 else PictureObject(0, 0, -1, "")


def strips(placed: Sequence[Placement]) -> list[list[int]]:
    """Groups of at least three placements that are one picture cut into strips or tiles, as indexes in content order.

    Two are of one picture when they touch along a whole side; a group is one picture when it fills its own outline.
    """
    open_ones = [index for index, one in enumerate(placed) if not one.decorative]
    if not _LEAST_STRIPS <= len(open_ones) <= _MOST_COMPARED:
        return []
    group = {index: index for index in open_ones}

    def root(index: int) -> int:
        while group[index] != index:
            index = group[index]
        return index

    for at, one in enumerate(open_ones):
        for other in open_ones[at + 1 :]:
            if _touch(placed[one].box, placed[other].box):
                group[max(root(one), root(other))] = min(root(one), root(other))
    groups: dict[int, list[int]] = {}
    for index in open_ones:
        groups.setdefault(root(index), []).append(index)
    return [members for members in groups.values() if len(members) >= _LEAST_STRIPS and _fills(members, placed)]


def _touch(one: BBox, other: BBox) -> bool:
    """Whether two boxes share a whole side, give or take a point."""
    for axis in (0, 1):
        across = 1 - axis
        same = abs(one[across] - other[across]) + abs(one[across + 2] - other[across + 2]) < 2 * _TOUCH
        if same and min(abs(one[axis] - other[axis + 2]), abs(one[axis + 2] - other[axis])) < _TOUCH:
            return True
    return False


def _fills(members: Sequence[int], placed: Sequence[Placement]) -> bool:
    whole = area(around(placed[index].box for index in members))
    return 0.9 * whole <= sum(area(placed[index].box) for index in members) <= 1.1 * whole


def layered(placed: Sequence[Placement], shown: BBox) -> dict[int, int]:
    """Which placements are shown by the render of another one, as indexes: that other one is to be rendered.

    A picture within a figure drawn as lines and areas is seen with it; a figure drawn over a picture, as an arrow or a
    label is, is seen with the picture. What fills the page is its background, and stays by itself.
    """
    over: dict[int, int] = {}
    alone = [index for index, one in enumerate(placed) if not one.decorative]
    pictures = [index for index in alone if not placed[index].vector]
    for index in (index for index in alone if placed[index].vector):
        drawn = placed[index].box
        carrier = next((at for at in pictures if _lies_in(drawn, placed[at].box)), None)
        if carrier is not None and area(placed[carrier].box) < _PAGE_WIDE * area(shown):
            over[index] = carrier
        else:
            over |= {at: index for at in pictures if at not in over and _lies_in(placed[at].box, drawn)}
    return {index: carrier for index, carrier in over.items() if carrier not in over}


def _lies_in(one: BBox, other: BBox) -> bool:
    return area(common(one, other)) > _MOSTLY * area(one)
