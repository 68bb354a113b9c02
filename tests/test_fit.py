"""Pictures are sent at useful sizes, on full cells, undistorted, in the colours that a reader of the page sees."""

from __future__ import annotations

import io
import random
import struct
import zlib
from dataclasses import replace
from typing import Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from pipeline.document import Picture
from pipeline.errors import PictureError, QuireError
from pipeline.pack.fit import SHARES, detail, encode, sent_size
from pipeline.profiles import PictureRule

RULE = PictureRule()


def placed(width: int, height: int, points_wide: float, points_high: float) -> Picture:
    return Picture("p1-f1", 1, (0, 0, points_wide, points_high), "ab", width, height, 0)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def sent(data: bytes, width: int, height: int) -> Image.Image:
    encoded, media_type = encode(data, width, height)
    image = Image.open(io.BytesIO(encoded))
    assert image.size == (width, height)
    assert media_type == {"PNG": "image/png", "JPEG": "image/jpeg"}[image.format or ""]
    return image.convert("RGB")


def close(pixel: Any, colour: tuple[int, int, int], by: int = 8) -> bool:
    return all(abs(a - b) <= by for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize(
    ("picture", "scan", "size"),
    [
        (placed(500, 300, 72, 43.2), False, (168, 112)),  # one inch wide: 150 x 90 useful pixels
        (placed(100, 50, 600, 300), False, (112, 56)),  # few pixels, placed large: never enlarged
        (placed(2480, 3508, 595, 842), False, (1092, 1540)),  # A4 at 300 dpi
        (placed(1240, 1748, 420, 595), False, (896, 1260)),  # A5 at 212 dpi, as a figure: 150 dpi
        (placed(1240, 1748, 420, 595), True, (1092, 1540)),  # and as a scan, whose print may be small
        (placed(10_000, 3, 500, 0.15), False, (1064, 28)),  # a rule: never under one cell
        (placed(1, 1, 0, 0), False, (28, 28)),
        (placed(400, 400, -5, 40), False, (84, 84)),  # a mirrored box still has a height
    ],
)
def test_the_size_that_is_sent(picture: Picture, scan: bool, size: tuple[int, int]) -> None:
    assert sent_size(picture, RULE, scan=scan) == size


def test_a_picture_that_was_turned_has_its_inches_turned_too() -> None:
    lying = replace(placed(600, 900, 432, 288), turned=90.0)  # six inches wide as it lies, six high as it stands
    assert sent_size(lying, RULE) == (616, 924)
    assert sent_size(replace(lying, turned=2.0), RULE) == sent_size(placed(600, 900, 432, 288), RULE)


def test_of_a_picture_as_many_pixels_are_sent_as_its_detail_needs() -> None:
    assert sent_size(replace(placed(1120, 840, 1120, 840), detail=0.5), RULE) == (560, 420)


def inked(text: str, size: float, *, soft: bool) -> bytes:
    """1,000 x 700 pixels of soft colours, or white, with a text in letters of `size` pixels."""
    dice = random.Random(4)
    image = Image.new("RGB", (1000, 700), "white")
    if soft:
        few = Image.frombytes("RGB", (6, 4), bytes(dice.randint(130, 230) for _ in range(72)))
        image = few.resize(image.size, Image.Resampling.BICUBIC)
    ImageDraw.Draw(image).text((137, 211), text, fill=(20, 20, 40), font=ImageFont.load_default(size))
    return saved(image, "PNG")


@pytest.mark.parametrize("soft", [True, False])
def test_fine_print_keeps_a_picture_large_and_large_print_does_not(soft: bool) -> None:
    assert detail(inked("", 10, soft=soft), 1000, 700) == SHARES[0]
    for size in (9, 11, 13):
        assert detail(inked("KX-34627", size, soft=soft), 1000, 700) == 1.0
    assert detail(inked("KX-34627 and more", 44, soft=soft), 1000, 700) < 1.0


def test_the_detail_of_what_cannot_be_decoded_is_not_guessed() -> None:
    with pytest.raises(PictureError):
        detail(b"no picture", 280, 280)


SIDES = st.integers(0, 12_000)
POINTS = st.floats(-10, 5000, allow_nan=False)
RULES = st.builds(PictureRule, st.sampled_from([14, 16]), st.sampled_from([1, 2]), st.integers(20, 3000))


@given(SIDES, SIDES, POINTS, POINTS, RULES, st.booleans())
def test_every_size_is_of_full_cells_within_the_rule(
    width: int, height: int, points_wide: float, points_high: float, rule: PictureRule, scan: bool
) -> None:
    size = sent_size(placed(width, height, points_wide, points_high), rule, scan=scan)
    for side, stored in zip(size, (width, height), strict=True):
        assert side % rule.cell == 0 and side >= rule.cell
        assert side <= max(rule.max_side, rule.cell)
        assert side - rule.cell < max(stored, 1)  # only filled up to the next cell, not enlarged


@given(st.integers(1, 5000), st.integers(1, 5000), st.floats(1, 2000), st.floats(1, 2000))
def test_no_useful_pixel_is_lost(width: int, height: int, points_wide: float, points_high: float) -> None:
    size = sent_size(placed(width, height, points_wide, points_high), RULE)
    useful = min(1.0, 1540 / max(width, height), max(points_wide / 72 * 150 / width, points_high / 72 * 150 / height))
    assert size[0] >= width * useful - 0.5 and size[1] >= height * useful - 0.5


def test_a_picture_keeps_its_aspect_and_white_fills_the_rest() -> None:
    square = Image.new("RGB", (900, 900), "white")
    ImageDraw.Draw(square).rectangle((0, 0, 899, 899), fill=(200, 0, 0))
    image = sent(saved(square, "PNG"), 560, 280)
    assert close(image.getpixel((140, 140)), (200, 0, 0))
    assert close(image.getpixel((270, 270)), (200, 0, 0))
    assert close(image.getpixel((290, 140)), (255, 255, 255))


def test_a_small_picture_is_not_enlarged() -> None:
    image = sent(saved(Image.new("RGB", (10, 6), (0, 0, 255)), "PNG"), 28, 28)
    assert close(image.getpixel((9, 5)), (0, 0, 255)) and close(image.getpixel((11, 7)), (255, 255, 255))


def test_line_art_stays_png_and_a_photograph_jpeg() -> None:
    drawing = Image.new("1", (800, 600), 1)
    ImageDraw.Draw(drawing).line((0, 0, 799, 599))
    assert encode(saved(drawing, "PNG"), 560, 420)[1] == "image/png"
    dice = random.Random(5)
    noise = Image.frombytes("RGB", (80, 60), dice.randbytes(80 * 60 * 3)).resize((800, 600), Image.Resampling.BICUBIC)
    encoded, media_type = encode(saved(noise, "PNG"), 560, 420)
    assert media_type == "image/jpeg" and len(encoded) < 200_000


def test_a_chart_in_colour_is_the_smaller_of_both() -> None:
    chart = Image.new("RGB", (1000, 700), "white")
    for bar in range(8):
        ImageDraw.Draw(chart).rectangle((bar * 100 + 20, 600 - bar * 60, bar * 100 + 90, 650), fill=(30 * bar, 90, 160))
    assert encode(saved(chart, "PNG"), 784, 560)[1] == "image/png"


TRANSPARENT = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
TRANSPARENT.paste((0, 128, 0, 255), (0, 0, 30, 60))


def palette_with_transparency() -> bytes:
    image = Image.new("P", (60, 60), 0)
    image.putpalette([10, 10, 10, 0, 128, 0])
    image.paste(1, (0, 0, 30, 60))
    return saved(image, "PNG", transparency=0)


@pytest.mark.parametrize(
    "data",
    [
        saved(TRANSPARENT, "PNG"),
        palette_with_transparency(),
        saved(TRANSPARENT.quantize(8), "PNG"),
    ],
    ids=["RGBA", "palette, one colour transparent", "palette, alpha"],
)
def test_what_is_transparent_is_white(data: bytes) -> None:
    image = sent(data, 84, 84)
    assert close(image.getpixel((10, 30)), (0, 128, 0)) and close(image.getpixel((45, 30)), (255, 255, 255))


def test_grey_with_alpha_is_on_white() -> None:
    image = Image.new("LA", (60, 60), (0, 0))
    image.paste((90, 255), (0, 0, 30, 60))
    result = sent(saved(image, "PNG"), 84, 84)
    assert close(result.getpixel((10, 30)), (90, 90, 90)) and close(result.getpixel((45, 30)), (255, 255, 255))


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    grey = Image.new("I;16", (64, 64), 0x8000)
    assert close(sent(saved(grey, "PNG"), 84, 84).getpixel((30, 30)), (128, 128, 128))
    rows = b"".join(b"\0" + struct.pack(">HHH", 0xFFFF, 0x8000, 0) * 8 for _ in range(8))
    assert close(sent(png(8, 8, 16, 2, rows), 28, 28).getpixel((4, 4)), (255, 128, 0))


def test_cmyk_is_shown_in_its_colours() -> None:
    data = saved(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=95)
    assert close(sent(data, 84, 84).getpixel((30, 30)), (255, 0, 0), by=40)


def test_an_orientation_is_ignored_as_viewers_of_pdf_ignore_it() -> None:
    image = Image.new("RGB", (200, 100), "white")
    image.paste((255, 0, 0), (0, 0, 50, 50))
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(image, "JPEG", exif=exif, quality=95)
    shown = as_a_viewer_shows_it(data, 200, 100)
    ours = sent(data, 224, 112)
    for corner in ((10, 10), (190, 10), (10, 90)):
        assert close(ours.getpixel(corner), shown.pixel(*corner), by=20)
    assert not Image.open(io.BytesIO(encode(data, 224, 112)[0])).getexif()


def as_a_viewer_shows_it(jpeg: bytes, width: int, height: int) -> Any:
    """The page of a PDF that holds the JPEG as it is, rendered by MuPDF."""
    pdf: Any = pymupdf.open()
    page = pdf.new_page(width=width, height=height)
    picture, content = pdf.get_new_xref(), pdf.get_new_xref()
    kind = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB /BitsPerComponent 8"
    pdf.update_object(picture, f"<< {kind} >>")
    pdf.update_stream(picture, jpeg, compress=False)
    pdf.xref_set_key(picture, "Filter", "/DCTDecode")
    pdf.update_object(content, "<<>>")
    pdf.update_stream(content, f"q {width} 0 0 {height} 0 0 cm /I0 Do Q".encode())
    pdf.xref_set_key(page.xref, "Contents", f"{content} 0 R")
    pdf.xref_set_key(page.xref, "Resources", f"<< /XObject << /I0 {picture} 0 R >> >>")
    return pymupdf.open(stream=pdf.tobytes(), filetype="pdf")[0].get_pixmap()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PHOTOGRAPH = saved(Image.effect_mandelbrot((640, 480), (-2, -1.5, 1, 1.5), 50).convert("RGB"), "JPEG", quality=90)


def test_of_a_truncated_picture_what_there_is_is_sent() -> None:
    image = sent(PHOTOGRAPH[: len(PHOTOGRAPH) // 2], 560, 420)
    whole = sent(PHOTOGRAPH, 560, 420)
    assert image.crop((0, 0, 560, 100)).tobytes() == whole.crop((0, 0, 560, 100)).tobytes()


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", b"\x89PNG\r\n\x1a\n", PHOTOGRAPH[:40], png(8, 8, 8, 2, b"")[:60], b"GIF89a" + bytes(40)],
    ids=["empty", "text", "signature alone", "header alone", "header of a PNG", "another format"],
)
def test_what_cannot_be_decoded_is_one_typed_sentence(data: bytes) -> None:
    with pytest.raises(PictureError, match=r"^The picture cannot be decoded .*\.$") as caught:
        encode(data, 280, 280)
    assert isinstance(caught.value, QuireError) and isinstance(caught.value, ValueError)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_decompression_bomb_is_not_decoded(side: int) -> None:
    bomb = png(side, side, 1, 0, bytes(side // 8 + 1) * 10)
    with pytest.raises(PictureError):
        encode(bomb, 280, 280)


@given(st.binary(max_size=200), st.integers(0, len(PHOTOGRAPH) - 1))
def test_damage_ends_in_a_picture_or_in_a_picture_error(junk: bytes, at: int) -> None:
    damaged = PHOTOGRAPH[:at] + junk + PHOTOGRAPH[at + len(junk) :]
    try:
        sent(damaged, 140, 112)
    except PictureError as error:
        assert str(error)
