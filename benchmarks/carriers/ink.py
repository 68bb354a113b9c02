"""Pictures: drawn with a printed token and a block code, and put into a file in every way that the format has."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from benchmarks.carriers import blockcode, fonts
from benchmarks.carriers.pdf import Pdf

Picture = Image.Image


def typeface(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    """A font for drawing in pictures."""
    return ImageFont.truetype(str(fonts.path(name)), pixels)


def draw_code(image: Picture, token: str, x: int, y: int, cell: int) -> None:
    """The token's block code, its rim at (x, y), `cell` pixels a cell."""
    pen = ImageDraw.Draw(image)
    pen.rectangle((x, y, x + blockcode.CELLS * cell - 1, y + blockcode.CELLS * cell - 1), fill="white")
    for row, line in enumerate(blockcode.cells(token)):
        for column, black in enumerate(line):
            if black:
                left, top = x + column * cell, y + row * cell
                pen.rectangle((left, top, left + cell - 1, top + cell - 1), fill="black")


def plain_photo(random: Random, width: int = 600, height: int = 400) -> Picture:
    """Soft colours and a little noise, as of a photograph."""
    source = np.random.default_rng(random.getrandbits(32))
    coarse = Image.fromarray(source.integers(120, 235, (4, 6, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    noisy = smooth + source.integers(-6, 7, smooth.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def picture(random: Random, printed: str, coded: str, *, photo: bool = True) -> Picture:
    """600 x 400 pixels with a printed token and the code of another, side by side or one over the other."""
    image = plain_photo(random) if photo else Image.new("RGB", (600, 400), "white")
    pen, size = ImageDraw.Draw(image), random.randint(34, 48)
    face = typeface(random.choice(fonts.EMBEDDED), size)
    lower = random.random() < 0.5
    draw_code(image, coded, random.randint(20, 450), 20 if lower else 260, random.choice((8, 9)))
    x, y = random.randint(20, 250), random.randint(200, 320) if lower else random.randint(30, 160)
    pen.text((x, y), printed, fill=(10, 10, 40), font=face)
    return image


def scan(random: Random, lines: list[str], coded: str, *, tilt: float = 0, noise: float = 6) -> Picture:
    """A page of lines as a scanner at 200 dpi sees it, in grey."""
    image = Image.new("L", (1654, 2339), 250)
    pen, face = ImageDraw.Draw(image), typeface(random.choice(("DejaVuSans", "DejaVuSerif")), 30)
    y = 180
    for line in lines:
        pen.text((170, y), line, fill=25, font=face)
        y += 48
    draw_code(image, coded, random.randint(170, 1200), random.randint(max(y + 40, 1500), 2050), 10)
    if tilt:
        image = image.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=250)
    source = np.random.default_rng(random.getrandbits(32))
    noisy = np.asarray(image, dtype=np.float32) + source.normal(0, noise, (image.height, image.width))
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def _jpeg(image: Picture, quality: int = 85) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _head(image: Picture, space: str, bits: int = 8) -> str:
    size = f"/Width {image.width} /Height {image.height}"
    return f"/Type /XObject /Subtype /Image {size} /ColorSpace {space} /BitsPerComponent {bits}"


def _packed(image: Picture, *, dark: int = 0) -> tuple[Picture, bytes]:
    """One bit a pixel, `dark` where the picture is."""
    bits = image.convert("L").point(lambda value: 255 if (value > 100) == (dark == 0) else 0).convert("1")
    return bits, bits.tobytes()


def fax(image: Picture) -> bytes:
    """CCITT group 4 data, 0 for black (the strip of a TIFF)."""
    bits, _ = _packed(image)
    out = io.BytesIO()
    bits.save(out, "TIFF", compression="group4", strip_size=image.height * image.width, tiffinfo={262: 0})
    with Image.open(io.BytesIO(out.getvalue())) as tiff:
        tags = tiff.tag_v2  # type: ignore[attr-defined]
        (start, *more), (length, *_) = tags[273], tags[279]
    if more:
        raise ValueError("the picture was written in more than one strip")
    return out.getvalue()[start : start + length]


def _rgb(pdf: Pdf, image: Picture) -> int:
    return pdf.stream(image.tobytes(), _head(image, "/DeviceRGB"))


def _predicted(pdf: Pdf, image: Picture) -> int:
    """Deflated with PNG's own filters: each row less the one above it."""
    rows = np.asarray(image, dtype=np.uint8).reshape(image.height, -1)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    data = zlib.compress(np.hstack([np.full((image.height, 1), 2, np.uint8), rows - above]).tobytes())
    parms = f"/DecodeParms << /Predictor 15 /Colors 3 /Columns {image.width} >>"
    return pdf.stream(data, f"{_head(image, '/DeviceRGB')} /Filter /FlateDecode {parms}", squeeze=False)


def _plain_jpeg(pdf: Pdf, image: Picture) -> int:
    return pdf.stream(_jpeg(image), f"{_head(image, '/DeviceRGB')} /Filter /DCTDecode", squeeze=False)


def _cmyk_jpeg(pdf: Pdf, image: Picture) -> int:
    """Four inks, turned around as Adobe's programs write them, and Pillow too."""
    head = f"{_head(image, '/DeviceCMYK')} /Decode [1 0 1 0 1 0 1 0] /Filter /DCTDecode"
    return pdf.stream(_jpeg(image.convert("CMYK")), head, squeeze=False)


def _soft_mask(pdf: Pdf, image: Picture) -> int:
    """One dark colour; all that is drawn is in the mask."""
    mask = ImageOps.invert(image.convert("L")).point(lambda value: 255 if value > 150 else 0)
    ref = pdf.stream(mask.tobytes(), _head(mask, "/DeviceGray"))
    flat = Image.new("RGB", image.size, (30, 20, 60))
    return pdf.stream(flat.tobytes(), f"{_head(flat, '/DeviceRGB')} /SMask {ref} 0 R")


def _colour_key(pdf: Pdf, image: Picture) -> int:
    """Grey, white being left out."""
    grey = image.convert("L").point(lambda value: 255 if value > 100 else 0)
    return pdf.stream(grey.tobytes(), f"{_head(grey, '/DeviceGray')} /Mask [255 255]")


def _one_bit(pdf: Pdf, image: Picture) -> int:
    bits, data = _packed(image)
    return pdf.stream(data, _head(bits, "/DeviceGray", 1))


def _inverted(pdf: Pdf, image: Picture) -> int:
    """Grey with a decoding array that turns it around."""
    grey = ImageOps.invert(image.convert("L"))
    return pdf.stream(grey.tobytes(), f"{_head(grey, '/DeviceGray')} /Decode [1 0]")


def _stencil(pdf: Pdf, image: Picture) -> int:
    """A mask that paint is poured through: 0 is painted."""
    bits, data = _packed(image)
    size = f"/Width {bits.width} /Height {bits.height}"
    return pdf.stream(data, f"/Type /XObject /Subtype /Image {size} /ImageMask true /BitsPerComponent 1")


def _indexed(pdf: Pdf, image: Picture) -> int:
    few = image.quantize(16)
    palette = bytes(few.getpalette() or [])[:48].ljust(48, b"\0")
    indexes = np.asarray(few, dtype=np.uint8)
    data = (indexes[:, 0::2] << 4 | indexes[:, 1::2]).tobytes()
    return pdf.stream(data, _head(image, f"[/Indexed /DeviceRGB 15 <{palette.hex()}>]", 4))


def _sixteen_bits(pdf: Pdf, image: Picture) -> int:
    data = (np.asarray(image.convert("L"), dtype=np.uint16) * 257).astype(">u2").tobytes()
    return pdf.stream(data, _head(image, "/DeviceGray", 16))


def _spot(pdf: Pdf, image: Picture) -> int:
    """One ink of a name of its own."""
    function = "<< /FunctionType 2 /Domain [0 1] /C0 [0 0 0 0] /C1 [1 0.6 0 0.4] /N 1 >>"
    grey = ImageOps.invert(image.convert("L"))
    return pdf.stream(grey.tobytes(), _head(grey, f"[/Separation /Own#20Blue /DeviceCMYK {function}]"))


def _wavelets(pdf: Pdf, image: Picture) -> int:
    """JPEG 2000, its colours told in its own header alone."""
    out = io.BytesIO()
    image.save(out, "JPEG2000", quality_mode="rates", quality_layers=[12])
    head = f"/Type /XObject /Subtype /Image /Width {image.width} /Height {image.height} /Filter /JPXDecode"
    return pdf.stream(out.getvalue(), head, squeeze=False)


def _fax(pdf: Pdf, image: Picture) -> int:
    parms = f"/DecodeParms << /K -1 /Columns {image.width} /Rows {image.height} /BlackIs1 false >>"
    return pdf.stream(fax(image), f"{_head(image, '/DeviceGray', 1)} /Filter /CCITTFaxDecode {parms}", squeeze=False)


def _jbig2(pdf: Pdf, image: Picture) -> int:
    """A page information segment, and one generic region that holds group 4 data (ITU-T T.88, 7.4.6 and 6.2.6)."""
    width, height, coded = image.width, image.height, fax(image)
    about = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 1) + coded
    segments = struct.pack(">IBBBI", 0, 48, 0, 1, len(about)) + about
    segments += struct.pack(">IBBBI", 1, 38, 0, 1, len(region)) + region
    return pdf.stream(segments, f"{_head(image, '/DeviceGray', 1)} /Filter /JBIG2Decode", squeeze=False)


ENCODINGS: dict[str, Callable[[Pdf, Picture], int]] = {
    "jpeg": _plain_jpeg,
    "deflated": _rgb,
    "predicted": _predicted,
    "CMYK JPEG": _cmyk_jpeg,
    "soft mask": _soft_mask,
    "colour key": _colour_key,
    "1 bit": _one_bit,
    "inverted": _inverted,
    "stencil": _stencil,
    "indexed": _indexed,
    "16 bits": _sixteen_bits,
    "spot colour": _spot,
    "JPEG 2000": _wavelets,
    "CCITT": _fax,
    "JBIG2": _jbig2,
}


def picture_object(pdf: Pdf, image: Picture, encoding: str) -> int:
    """The picture as an object of the file."""
    return ENCODINGS[encoding](pdf, image)
