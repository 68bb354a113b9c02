"""Pictures to the size and the bytes in which they are sent.

A picture costs tokens by its pixels, so it gets those that its place on the page can show and no more. It is sent on a
canvas whose sides are multiples of the model's cell: then every server counts the same tokens for it.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pipeline.document import Picture
from pipeline.errors import PictureError
from pipeline.pack.parts import Tile
from pipeline.profiles import PictureRule

if TYPE_CHECKING:
    from PIL.Image import Image

POINTS_PER_INCH = 72

USEFUL_DPI = 150
"""Pixels an inch of the placed picture beyond which the smallest print, of 6 points, gains nothing."""

MOST_PIXELS = 89_000_000
"""A picture that declares more is not decoded: just under Pillow's own alarm (`Image.MAX_IMAGE_PIXELS`)."""

JPEG_QUALITY = 90
"""High enough that the edges of small print stay clean."""

FEW_COLOURS = 4096
"""Drawings and text, smoothed edges included, have fewer colours; photographs have more."""

SHARES = (0.5, 0.6, 0.7, 0.85)
"""To which share of its sides a picture may be made smaller, the smallest first."""

_MOST_LOST = 0.29
"""Where letters lose no more than this, those that are left are of a font of 16 pixels or more (docs/pictures.md)."""

LABEL_PIXELS = 20
"""The size of the ids on a sheet: at 16 and more, letters are read as surely as larger ones (docs/pictures.md)."""

_TILE, _LEAST_DETAIL = 24, 5.0

_truncated_flag = threading.Lock()


def sent_size(picture: Picture, rule: PictureRule, *, scan: bool = False) -> tuple[int, int]:
    """Width and height in pixels at which `picture` is sent.

    The useful pixels are the stored ones, at most `USEFUL_DPI` of the placed size (a scan of a page has no such limit,
    as its print may be small) and at most `rule.max_side`; of those, as many as its detail needs. The picture is never
    enlarged; its canvas is, to full cells: 500 x 300 pixels placed at 72 x 43.2 points, one inch wide, are useful at
    150 x 90, and are sent on 168 x 112.
    """
    longest = max(rule.max_side // rule.cell, 1) * rule.cell
    width, height = max(picture.width, 1), max(picture.height, 1)
    scale = min(1.0, longest / max(width, height))
    if not scan:
        x0, y0, x1, y1 = picture.box
        inches_wide, inches_high = (x1 - x0) / POINTS_PER_INCH, (y1 - y0) / POINTS_PER_INCH
        if 45 < picture.turned % 180 < 135:
            inches_wide, inches_high = inches_high, inches_wide
        scale = min(scale, USEFUL_DPI * max(inches_wide / width, inches_high / height, 0.0))
    scale *= picture.detail
    return _cells(width * scale, rule.cell), _cells(height * scale, rule.cell)


def _cells(pixels: float, cell: int) -> int:
    """`pixels`, rounded to a whole pixel, up to full cells, at least one."""
    return max(math.ceil(round(pixels) / cell), 1) * cell


def detail(data: bytes, width: int, height: int) -> float:
    """The share of a canvas's sides, of `SHARES`, at which nothing in the picture is less sharp than on the canvas.

    The picture is shrunk and enlarged again, and what that changes is compared with how its pixels differ from those
    around them, tile by tile: strokes of letters that are some pixels wide keep most of it, thin ones do not. The worst
    tile decides, so that one word of fine print in a photograph keeps it large; a tile without any detail, but for
    faint noise, does not count. PictureError where the picture cannot be decoded.
    """
    image = _fitted(data, width, height).convert("L")
    return next((share for share in SHARES if _lost(image, share) <= _MOST_LOST), 1.0)


def _lost(image: Image, share: float) -> float:
    """How much of its detail the worst tile of a grey picture loses at that share of its sides: 0 is nothing."""
    from PIL import Image as pillow
    from PIL import ImageChops, ImageFilter

    size = max(round(image.width * share), 1), max(round(image.height * share), 1)
    again = image.resize(size, pillow.Resampling.LANCZOS).resize(image.size, pillow.Resampling.BICUBIC)
    changed = _tiles(ImageChops.difference(image, again))
    there = _tiles(ImageChops.difference(image, image.filter(ImageFilter.BoxBlur(4))))
    return max((less / had for less, had in zip(changed, there, strict=True) if had >= _LEAST_DETAIL), default=0.0)


def _tiles(image: Image) -> array[float]:
    """The mean of each tile of 24 x 24 pixels."""
    return array("f", image.convert("F").reduce(_TILE).tobytes())


def encode(data: bytes, width: int, height: int) -> tuple[bytes, str]:
    """The stored picture `data` (PNG or JPEG) on a canvas of exactly `width` x `height` pixels: bytes and media type.

    Scaled down to fit inside, its aspect kept, never enlarged; white fills the rest and shows through what is
    transparent. An orientation in its EXIF data is ignored, as every viewer of PDF ignores it. The bytes carry no
    metadata. PNG for drawings and text where that is the smaller, JPEG otherwise. PictureError where it cannot be
    decoded.
    """
    return _smallest(_fitted(data, width, height))


def compose(tiles: Sequence[tuple[Tile, bytes]], width: int, height: int) -> tuple[bytes, str]:
    """A sheet of so many pixels with stored pictures on it, each at the size and place of its tile, its id above it.

    The ids are in Pillow's own plain typeface, black on white. PictureError where one cannot be decoded.
    """
    from PIL import Image as pillow
    from PIL import ImageDraw, ImageFont

    sheet = pillow.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LABEL_PIXELS)
    for tile, data in tiles:
        picture = tile.picture
        sheet.paste(_fitted(data, picture.width, picture.height), (tile.x, tile.y))
        draw.text((tile.x, tile.y - LABEL_PIXELS // 4), picture.id, "black", font, anchor="ls")
    return _smallest(sheet.convert("L") if _is_grey(sheet) else sheet)


def _fitted(data: bytes, width: int, height: int) -> Image:
    """The stored picture on its canvas. PictureError where it cannot be decoded."""
    try:
        return _on_canvas(_opaque(_opened(data, width, height)), width, height)
    except PictureError:
        raise
    except Exception as error:  # Pillow's decoders raise some ten kinds, from OSError to struct.error
        kind = type(error).__name__
        raise PictureError(f"The picture cannot be decoded ({kind}), so it cannot be sent.") from error


def _opened(data: bytes, width: int, height: int) -> Image:
    """The picture, decoded: a JPEG at the smallest of its own scales that is not below twice the canvas."""
    from PIL import Image as pillow
    from PIL import ImageFile

    def read() -> Image:
        image: Image = pillow.open(BytesIO(data), formats=("PNG", "JPEG"))
        if image.width * image.height > MOST_PIXELS:
            raise PictureError(f"The picture declares {image.width} x {image.height} pixels, more than are decoded.")
        image.draft(image.mode, (width * 2, height * 2))
        image.load()
        return image

    try:
        return read()
    except OSError as error:
        if "truncated" not in str(error):
            raise
    # A viewer shows what there is of a truncated picture, so the model gets that. Pillow's switch is one a process.
    with _truncated_flag:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
        try:
            return read()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def _opaque(image: Image) -> Image:
    """The picture in 8 bits, grey ("L") or RGB, on white."""
    from PIL import Image as pillow

    if image.mode.startswith("I"):  # grey in 16 bits
        return image.convert("F").point(lambda value: value * (255 / 65535)).convert("L")
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = pillow.new("RGBA", coloured.size, "white")
        return pillow.alpha_composite(white, coloured).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _on_canvas(image: Image, width: int, height: int) -> Image:
    from PIL import Image as pillow

    scale = min(1.0, width / image.width, height / image.height)
    if scale < 1.0:
        size = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
        image = image.resize(size, pillow.Resampling.LANCZOS, reducing_gap=3.0)
    if image.mode == "RGB" and _is_grey(image):
        image = image.convert("L")
    if image.size == (width, height):
        return image
    canvas = pillow.new(image.mode, (width, height), "white")
    canvas.paste(image, (0, 0))
    return canvas


def _is_grey(image: Image) -> bool:
    from PIL import ImageChops

    red, green, blue = image.split()
    return ImageChops.difference(red, green).getbbox() is None and ImageChops.difference(green, blue).getbbox() is None


def _smallest(canvas: Image) -> tuple[bytes, str]:
    jpeg = _saved(canvas, format="JPEG", quality=JPEG_QUALITY)
    if canvas.getcolors(FEW_COLOURS) is not None:
        png = _saved(canvas, format="PNG")
        if len(png) <= len(jpeg):
            return png, "image/png"
    return jpeg, "image/jpeg"


def _saved(canvas: Image, **options: Any) -> bytes:
    buffer = BytesIO()
    canvas.save(buffer, **options)
    return buffer.getvalue()
