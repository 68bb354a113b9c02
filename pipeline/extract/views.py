"""A page to look at: the sharpest picture of it that so many bytes hold, and its plain text."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline.extract.cleaning import clean
from pipeline.extract.messages import Look, View

if TYPE_CHECKING:
    import pymupdf

LONGEST_SIDE = 3000
"""Pixels: a page that is a hundred times as high as wide is no reason for a picture of a gigabyte."""

LONGEST_TEXT = 20_000
"""Characters of a page's text; a page of small print has 8,000."""


class _Rung(NamedTuple):
    """One size of picture: pixels across; the quality of JPEG; shades of grey, 0 for colour; bytes of a usual page."""

    width: int
    quality: int
    greys: int
    usual: int


_LADDER = (
    _Rung(1240, 75, 0, 120_000),
    _Rung(1000, 60, 0, 75_000),
    _Rung(1000, 50, 8, 45_000),
    _Rung(820, 45, 8, 36_000),
    _Rung(700, 40, 8, 28_000),
    _Rung(620, 30, 4, 0),
)
"""Small print in few greys as PNG takes half the bytes of a JPEG in which it can be read as well."""


def view(document: pymupdf.Document, look: Look) -> View:
    """The page as it is seen, and its text. The lowest rung is taken even where it takes more bytes than asked for."""
    page = document[look.number - 1]
    text = clean(str(page.get_text()))[:LONGEST_TEXT] if look.text else ""
    picture = b""
    if look.most:
        for picture in _pictures(page, look.most):
            if len(picture) <= look.most:
                break
    width, height = round(page.rect.width, 2), round(page.rect.height, 2)
    return View(width, height, base64.b64encode(picture).decode("ascii"), _media(picture), text)


def _pictures(page: pymupdf.Page, most: int) -> Iterator[bytes]:
    """The page's picture in one size after the other, from the first in which a usual page may fit."""
    drawn = page.get_displaylist(annots=True)
    for rung in _LADDER:
        if rung.usual <= most:
            yield _encoded(drawn, rung, most)


def _encoded(drawn: pymupdf.DisplayList, rung: _Rung, most: int) -> bytes:
    """The page in that size; in few greys as PNG, unless that is so large that it must be a photograph."""
    import pymupdf

    width, height = max(drawn.rect.width, 1.0), max(drawn.rect.height, 1.0)
    zoom = min(rung.width / width, LONGEST_SIDE / height)
    space = pymupdf.csGRAY if rung.greys else pymupdf.csRGB
    pixels = drawn.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=space, alpha=False)
    png = b""
    if rung.greys:
        few = bytes(pixels.samples_mv).translate(_shades(rung.greys))
        png = bytes(pymupdf.Pixmap(space, pixels.width, pixels.height, few, False).tobytes("png"))
        if len(png) <= 2 * most:
            return png
    jpeg = bytes(pixels.tobytes("jpg", jpg_quality=rung.quality))
    return min(png, jpeg, key=len) if png else jpeg


@cache
def _shades(count: int) -> bytes:
    """For each grey of 256 the nearest of so many."""
    steps = count - 1
    return bytes(round(round(grey * steps / 255) * 255 / steps) for grey in range(256))


def _media(picture: bytes) -> str:
    return "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
