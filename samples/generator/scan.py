"""What a scanner makes of a printed document: pictures of slightly crooked, grainy pages, and no text."""

from __future__ import annotations

import io

import numpy as np
import pymupdf
from PIL import Image, ImageFilter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

DPI = 200
QUALITY = 38


def _page(pixmap: pymupdf.Pixmap, noise: np.random.Generator, skew: float) -> bytes:
    """One page as JPEG: turned by `skew` degrees, softened, shaded towards one edge, with grain and specks of dust."""
    picture = Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)
    picture = picture.rotate(skew, Image.Resampling.BICUBIC, fillcolor=(250, 250, 248))
    picture = picture.filter(ImageFilter.GaussianBlur(0.6))
    values = np.asarray(picture, dtype=np.float32)
    height, width = values.shape[:2]
    paper = 246 - 10 * np.linspace(0, 1, width) ** 2 * noise.uniform(0.3, 1)
    coarse = noise.normal(0, 3.0, (height // 3 + 1, width // 3 + 1))
    grain = np.kron(coarse, np.ones((3, 3)))[:height, :width]
    values = values * (paper / 255)[None, :, None] + grain[:, :, None]
    for _ in range(int(noise.integers(15, 50))):
        y, x, side = int(noise.integers(0, height - 4)), int(noise.integers(0, width - 4)), int(noise.integers(1, 4))
        values[y : y + side, x : x + side] = noise.uniform(60, 160)
    made = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    if np.ptp(np.asarray(picture, dtype=np.int16), axis=2).max() < 40:
        made = made.convert("L")
    target = io.BytesIO()
    made.save(target, "JPEG", quality=QUALITY, dpi=(DPI, DPI), subsampling=2 if made.mode == "RGB" else 0)
    return target.getvalue()


def scan(printed: bytes, seed: int, title: str) -> bytes:
    """The PDF `printed` as a scanner gives it back: the same pages as pictures, without a text layer."""
    noise = np.random.default_rng(seed)
    target = io.BytesIO()
    canvas = Canvas(target, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setProducer("Office scanner")
    with pymupdf.open(stream=printed, filetype="pdf") as document:
        for page in document:
            canvas.setPageSize((page.rect.width, page.rect.height))
            picture = _page(page.get_pixmap(dpi=DPI), noise, float(noise.uniform(-0.9, 0.9)))
            canvas.drawImage(ImageReader(io.BytesIO(picture)), 0, 0, page.rect.width, page.rect.height)
            canvas.showPage()
    canvas.save()
    return target.getvalue()
