"""Photographs that no camera took: landscapes, facades, textures, micrographs and portraits, as JPEG."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Field = NDArray[np.float64]


def _smooth(noise: np.random.Generator, width: int, height: int, coarse: int, octaves: int = 5) -> Field:
    """Fractal noise from 0 to 1: layers of random grids, each twice as fine and half as strong."""
    total = np.zeros((height, width))
    for octave in range(octaves):
        cells = coarse * 2**octave
        grid = noise.random((max(2, cells * height // width), cells)) * 255
        layer = Image.fromarray(grid.astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer, dtype=np.float64) / 255 / 2**octave
    low, high = total.min(), total.max()
    return np.asarray((total - low) / (high - low))


def _blend(low: tuple[int, int, int], high: tuple[int, int, int], share: Field) -> Field:
    return np.asarray(low) * (1 - share[..., None]) + np.asarray(high) * share[..., None]


def _jpeg(values: Field, *, quality: int = 78, cmyk: bool = False) -> bytes:
    picture = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    target = io.BytesIO()
    (picture.convert("CMYK") if cmyk else picture).save(target, "JPEG", quality=quality)
    return target.getvalue()


@lru_cache(maxsize=32)  # a report is drawn several times
def landscape(seed: int, width: int = 900, height: int = 560, *, cmyk: bool = False) -> bytes:
    """Sky with clouds, ranges of hills that grow paler with distance, a lake or a field before them."""
    noise = np.random.default_rng(seed)
    tones = [((94, 140, 190), (222, 232, 240)), ((216, 150, 96), (250, 226, 190)), ((120, 130, 150), (205, 210, 216))]
    top, horizon = tones[int(noise.integers(len(tones)))]
    down = np.linspace(0, 1, height)[:, None] * np.ones((1, width))
    values = _blend(top, horizon, np.clip(down * 1.7, 0, 1))
    clouds = np.clip(_smooth(noise, width, height, 3) * 2.2 - 1.1, 0, 1) * (down < 0.62)
    values = values * (1 - 0.7 * clouds[..., None]) + 255 * 0.7 * clouds[..., None]
    ranges = 4
    rows = np.arange(height)[:, None]
    for index in range(ranges):
        ridge = _smooth(noise, width, 8, 2 + index * 2)[0]
        line = height * (0.42 + 0.1 * index) - ridge * height * (0.2 - 0.03 * index)
        near = (index + 1) / ranges
        colour = np.array([60, 92, 62]) * near + np.array(horizon) * 0.72 * (1 - near)
        shade = 0.82 + 0.3 * _smooth(noise, width, height, 10)
        hill = rows > line[None, :]
        values = np.where(hill[..., None], colour[None, None, :] * shade[..., None], values)
    shore = int(height * noise.uniform(0.8, 0.88))
    mirrored = values[shore - 1 : 2 * shore - height - 1 : -1][: height - shore]
    ripple = 0.8 + 0.25 * _smooth(noise, width, height - shore, 30, 3)
    values[shore:] = mirrored[: height - shore] * ripple[..., None] * 0.86
    return _jpeg(values + noise.normal(0, 3, values.shape), cmyk=cmyk)


@lru_cache(maxsize=32)  # a report is drawn several times
def facade(seed: int, width: int = 900, height: int = 600) -> bytes:
    """An office building against the sky, some of its windows lit."""
    noise = np.random.default_rng(seed)
    down = np.linspace(0, 1, height)[:, None] * np.ones((1, width))
    sky = _blend((70, 110, 165), (214, 226, 236), down)
    sky += 40 * np.clip(_smooth(noise, width, height, 3) - 0.5, 0, 1)[..., None]
    picture = Image.fromarray(np.clip(sky, 0, 255).astype(np.uint8))
    pencil = ImageDraw.Draw(picture)
    for left, right, top, tone in ((0.06, 0.4, 0.3, 96), (0.36, 0.78, 0.12, 128), (0.74, 0.97, 0.38, 80)):
        x0, x1, y0 = int(left * width), int(right * width), int(top * height)
        pencil.rectangle((x0, y0, x1, height), fill=(tone, tone + 4, tone + 10))
        columns, rows = int(noise.integers(7, 13)), int(noise.integers(8, 15))
        step_x, step_y = (x1 - x0) / columns, (height - y0) / rows
        for c in range(columns):
            for r in range(rows):
                lit = noise.random() < 0.28
                glass = (
                    (244, 224, 160)
                    if lit
                    else tuple(int(v) for v in np.array([88, 128, 160]) + noise.integers(-18, 18))
                )
                at = (x0 + c * step_x + 4, y0 + r * step_y + 5, x0 + (c + 1) * step_x - 4, y0 + (r + 1) * step_y - 4)
                pencil.rectangle(at, fill=glass)
    ground = int(height * 0.93)
    pencil.rectangle((0, ground, width, height), fill=(92, 96, 92))
    values = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float64)
    return _jpeg(values + noise.normal(0, 4, values.shape))


@lru_cache(maxsize=32)  # a report is drawn several times
def texture(seed: int, width: int = 900, height: int = 560) -> bytes:
    """A close view of material: brushed metal, grain or fabric."""
    noise = np.random.default_rng(seed)
    kind = int(noise.integers(3))
    if kind == 0:
        streaks = _smooth(noise, width, 6, 60, 4)[0][None, :] * np.ones((height, 1))
        light = 1 - np.abs(np.linspace(-1, 1, height))[:, None] * 0.45
        values = _blend((70, 76, 84), (214, 218, 224), streaks * light)
    elif kind == 1:
        warped = np.sin(_smooth(noise, width, height, 3) * 34 + np.linspace(0, 9, width)[None, :])
        values = _blend((112, 72, 40), (206, 160, 104), (warped + 1) / 2)
    else:
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        weave = (np.sin(x / 5) * np.sin(y / 5) + 1) / 2 * (0.7 + 0.3 * _smooth(noise, width, height, 4))
        values = _blend((28, 44, 74), (110, 140, 180), weave)
    return _jpeg(values + noise.normal(0, 5, values.shape))


def micrograph(seed: int, width: int = 700, height: int = 480) -> bytes:
    """Grey grains and pores with a scale bar, as an electron microscope shows them."""
    noise = np.random.default_rng(seed)
    ground = _smooth(noise, width, height, 14, 4) * 90 + 70
    picture = Image.fromarray(ground.astype(np.uint8))
    pencil = ImageDraw.Draw(picture)
    for _ in range(int(noise.integers(70, 140))):
        x, y, r = noise.uniform(0, width), noise.uniform(0, height), noise.gamma(3, 5)
        shade = int(noise.integers(130, 230)) if noise.random() < 0.75 else int(noise.integers(15, 50))
        pencil.ellipse((x - r, y - r * noise.uniform(0.6, 1), x + r, y + r), fill=shade, outline=min(255, shade + 25))
    picture = picture.filter(ImageFilter.GaussianBlur(1.3))
    values = np.asarray(picture, dtype=np.float64) + noise.normal(0, 9, (height, width))
    made = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    pencil = ImageDraw.Draw(made)
    pencil.rectangle((0, height - 34, width, height), fill=12)
    pencil.rectangle((width - 170, height - 20, width - 40, height - 15), fill=240)
    target = io.BytesIO()
    made.save(target, "JPEG", quality=74)
    return target.getvalue()


@lru_cache(maxsize=32)  # a report is drawn several times
def portrait(seed: int, width: int = 360, height: int = 440) -> bytes:
    """Head and shoulders out of focus before a plain wall: somebody, and nobody."""
    noise = np.random.default_rng(seed)
    down = np.linspace(0, 1, height)[:, None] * np.ones((1, width))
    wall = _blend((188, 194, 200), (132, 142, 154), down)
    picture = Image.fromarray(wall.astype(np.uint8))
    pencil = ImageDraw.Draw(picture)
    skins = [(224, 188, 164), (198, 150, 118), (140, 98, 72), (236, 204, 182)]
    hairs = [(48, 36, 30), (92, 66, 44), (150, 146, 142), (30, 28, 30)]
    suits = [(38, 46, 66), (60, 60, 64), (30, 62, 66), (84, 34, 44)]
    skin, hair, suit = (row[int(noise.integers(4))] for row in (skins, hairs, suits))
    mid, long = width / 2, noise.random() < 0.5
    if long:
        pencil.ellipse((mid - 96, 80, mid + 96, 320), fill=hair)
    pencil.ellipse((mid - 190, 300, mid + 190, 700), fill=suit)
    pencil.polygon([(mid - 42, 300), (mid + 42, 300), (mid, 392)], fill=(236, 236, 238))
    pencil.rectangle((mid - 30, 250, mid + 30, 318), fill=tuple(int(v * 0.9) for v in skin))
    pencil.ellipse((mid - 72, 96, mid + 72, 284), fill=skin)
    pencil.chord((mid - 76, 82, mid + 76, 250), 180, 360, fill=hair)
    pencil.ellipse((mid - 62, 128, mid + 62, 268), fill=skin)
    picture = picture.filter(ImageFilter.GaussianBlur(5.5))
    values = np.asarray(picture, dtype=np.float64)
    light = _smooth(noise, width, height, 2, 2)[..., None] * 26 - 13
    return _jpeg(values + light + noise.normal(0, 4, values.shape))
