"""Small pictures on sheets, where an endpoint takes fewer pictures than a request holds.

Each picture is on its sheet at the size at which it would be sent alone, with its id above it, in rows from the highest
to the lowest; where it stands in the text, a mark names the sheet, which comes after all pages:

    <figure id="p3-f1" sheet="s1">Figure 1. Sales</figure>
    ...
    <sheet id="s1">
    (the sheet's own part)</sheet>

A sheet from which some pictures are taken away needs no more room than before, so a request on sheets can be divided.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.pack.fit import LABEL_PIXELS
from pipeline.pack.layout import Figure, framed
from pipeline.pack.parts import Part, PicturePart, TextPart, Tile
from pipeline.pack.tokens import Counter
from pipeline.pack.units import Unit
from pipeline.profiles import PictureRule

_LABEL_WIDTH = 0.75
"""The width of a letter of an id at the most, as a share of its height."""


def sheets_of(units: Sequence[Unit], rule: PictureRule | None) -> tuple[Part, ...]:
    """The sheets that units name, as they are sent after them."""
    if rule is None:
        return ()
    members: dict[str, list[PicturePart]] = {}
    for figure in _figures(units):
        if figure.sheet is not None:
            members.setdefault(figure.sheet, []).append(figure.picture)
    parts: list[Part] = []
    for name, pictures in members.items():
        (tiles,) = _filled(pictures, rule)
        parts += [TextPart(f'<sheet id="{name}">\n'), _sheet(name, tiles, rule), TextPart("</sheet>\n")]
    return tuple(parts)


def on_sheets(units: Sequence[Unit], most: int, counter: Counter) -> list[Unit] | None:
    """The units with their small pictures on sheets, so that at most so many pictures are sent; None where even then
    there are more. As they are where there are no more than that.
    """
    rule = counter.rule
    pictures = [figure.picture for figure in _figures(units)]
    if len(pictures) <= most:
        return list(units)
    if rule is None:
        return None
    small = [picture for picture in pictures if _is_small(picture, rule)]
    sheets = list(_filled(small, rule))
    if len(pictures) - len(small) + len(sheets) > most:
        return None
    named = {tile.picture.id: f"s{number}" for number, tiles in enumerate(sheets, 1) for tile in tiles}
    return [_renamed(unit, named, counter) for unit in units]


def off_sheets(unit: Unit, counter: Counter) -> Unit:
    """The unit with every picture sent by itself."""
    return _renamed(unit, {}, counter)


def _renamed(unit: Unit, sheets: dict[str, str], counter: Counter) -> Unit:
    """The unit with its pictures on these sheets, by their ids, and no others."""
    pieces = tuple(
        replace(piece, sheet=sheets.get(piece.picture.id)) if isinstance(piece, Figure) else piece
        for piece in unit.pieces
    )
    if pieces == unit.pieces:
        return unit
    return replace(unit, pieces=pieces, tokens=counter.parts(framed(unit.carrier, pieces, unit.part)))


def _figures(units: Iterable[Unit]) -> Iterator[Figure]:
    return (piece for unit in units for piece in unit.pieces if isinstance(piece, Figure))


def _is_small(picture: PicturePart, rule: PictureRule) -> bool:
    """Whether four such pictures go on one sheet."""
    most = _side(rule) // 2 - rule.cell
    return max(picture.width, picture.height) <= most


def _side(rule: PictureRule) -> int:
    """The longest side of a sheet."""
    return rule.max_side // rule.cell * rule.cell


def _filled(pictures: Sequence[PicturePart], rule: PictureRule) -> Iterator[tuple[Tile, ...]]:
    """The pictures on as many sheets as they need, in rows from the highest picture to the lowest.

    The row above each picture is for its id, a column between two keeps them apart.
    """
    side, cell = _side(rule), rule.cell
    tiles: list[Tile] = []
    x, top, row = 0, 0, 0
    for picture in sorted(pictures, key=lambda one: -one.height):
        width, height = _width(picture, rule), cell + picture.height
        if x + width > side:
            x, top, row = 0, top + row, 0
        if top + height > side:
            yield tuple(tiles)
            tiles, x, top, row = [], 0, 0, 0
        tiles.append(Tile(picture, x, top + cell))
        x, row = x + width + cell, max(row, height)
    if tiles:
        yield tuple(tiles)


def _width(picture: PicturePart, rule: PictureRule) -> int:
    """What a picture takes of a row: its own width, or that of its id."""
    label = round(len(picture.id) * LABEL_PIXELS * _LABEL_WIDTH)
    return min(max(picture.width, -(-label // rule.cell) * rule.cell), _side(rule))


def _sheet(name: str, tiles: Sequence[Tile], rule: PictureRule) -> PicturePart:
    width = max(tile.x + _width(tile.picture, rule) for tile in tiles)
    height = max(tile.y + tile.picture.height for tile in tiles)
    shown = [[one.picture.id, one.picture.sha256, one.picture.width, one.picture.height, one.x, one.y] for one in tiles]
    digest = hashlib.sha256(json.dumps(shown).encode()).hexdigest()
    return PicturePart(name, digest, width, height, tuple(tiles))
