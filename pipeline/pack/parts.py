"""What goes to the model, as value-equal parts, apart from its wire form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextPart:
    """A run of text; adjacent runs are joined before they are counted or sent."""

    text: str


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A picture, named by the hash of its bytes in the work store and read late.

    `width` and `height` are the pixels that will be sent (multiples of the profile's patch), not those stored. A sheet
    is composed of `tiles`, and named by the hash of what they are and where they stand.
    """

    id: str
    sha256: str
    width: int
    height: int
    tiles: tuple[Tile, ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture on a sheet, and where its upper left corner is, in pixels; its id stands above it."""

    picture: PicturePart
    x: int
    y: int


Part = TextPart | PicturePart
