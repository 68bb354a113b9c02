"""The bytes of a placed picture, as a PNG or a JPEG that a browser reads.

The stored bytes are taken where they show what the page shows; else the picture is decoded and written as PNG; and
where it is masked, turned, in strips or not to be had alone, its place on the page is rendered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.document import BBox
from pipeline.extract.drawn import Drawn
from pipeline.extract.geometry import UNMOVED, Affine, common, finite, moved
from pipeline.extract.placements import RENDER_DPI, Placement
from pipeline.extract.upright import turning
from pipeline.extract.work import WorkStore

if TYPE_CHECKING:
    import pymupdf

MAX_SIDE = 4000
_MAX_DECODED_PIXELS = 50_000_000


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture in the work store: its hash, pixels and type; `plain` says that all its pixels are the same."""

    sha256: str
    width: int
    height: int
    media_type: str
    plain: bool


class Imagery:
    """Gets the bytes of pictures into the work store, each object of the file once."""

    def __init__(self, document: pymupdf.Document, work: WorkStore) -> None:
        self._document = document
        self._work = work
        self._known: dict[int, Stored] = {}

    def store(self, page: pymupdf.Page, drawn: Drawn, placed: Placement) -> Stored:
        """The picture of one placement. Raises what MuPDF raises on a broken one, ValueError on an empty one."""
        alone = placed.xref and placed.upright and not placed.stencil
        if not alone or placed.width * placed.height > _MAX_DECODED_PIXELS:
            return self.render(page, drawn, placed.box, placed.dpi, placed.degrees)
        if placed.xref not in self._known:
            try:
                self._known[placed.xref] = self._as_stored(placed) or self._decoded(placed)
            except Exception:  # what MuPDF cannot decode alone, it may still draw; blank paper is no picture
                rendering = self.render(page, drawn, placed.box)
                if rendering.plain:
                    raise
                return rendering
        return self._known[placed.xref]

    def render(
        self, page: pymupdf.Page, drawn: Drawn, box: BBox, dpi: float = RENDER_DPI, degrees: float = 0.0
    ) -> Stored:
        """What the page shows in that box, turned clockwise, at most 4,000 pixels a side."""
        turn = turning(degrees, finite(page.rect)) if degrees else UNMOVED
        return self._png(rendered(page, box, dpi, turn=turn, sheet=drawn.sheet))

    def _as_stored(self, placed: Placement) -> Stored | None:
        """The JPEG as it is in the file, where a browser shows it as the page does; None elsewhere."""
        import pymupdf

        xref, document = placed.xref, self._document
        altered = any(document.xref_get_key(xref, key)[0] != "null" for key in ("Decode", "Mask", "SMask"))
        if altered or document.xref_get_key(xref, "Filter")[1] not in ("/DCTDecode", "[/DCTDecode]"):
            return None
        image = document.extract_image(xref)
        fits = 1 < max(image["width"], image["height"]) <= MAX_SIDE and image["colorspace"] in (1, 3)
        if image["ext"] != "jpeg" or not fits:
            return None
        width, height, data = image["width"], image["height"], image["image"]
        plain = len(data) < 2000 + width * height / 50 and is_plain(pymupdf.Pixmap(data))
        return Stored(self._work.put(data, ".jpg"), width, height, "image/jpeg", plain)

    def _decoded(self, placed: Placement) -> Stored:
        """The picture decoded, in RGB or grey, over white where it is transparent (over black where it is white)."""
        import pymupdf

        pixels = pymupdf.Pixmap(self._document, placed.xref)
        if pixels.colorspace is None or pixels.colorspace.n not in (1, 3):
            pixels = pymupdf.Pixmap(pymupdf.csRGB, pixels)
        if placed.soft_mask:
            mask = pymupdf.Pixmap(self._document, placed.soft_mask)
            if (mask.width, mask.height) != (pixels.width, pixels.height):
                mask = pymupdf.Pixmap(mask, pixels.width, pixels.height, None)
            pixels = pymupdf.Pixmap(pymupdf.Pixmap(pixels, 0) if pixels.alpha else pixels, mask)
        if pixels.alpha:
            on_white = _flattened(pixels, (1, 1, 1))
            pixels = _flattened(pixels, (0, 0, 0)) if is_plain(on_white) else on_white
        return self._png(_bounded(pixels))

    def _png(self, pixels: pymupdf.Pixmap) -> Stored:
        if pixels.width < 1 or pixels.height < 1:
            raise ValueError("the picture has no pixels")
        sha256 = self._work.put(pixels.tobytes("png"), ".png")
        return Stored(sha256, pixels.width, pixels.height, "image/png", plain=is_plain(pixels))


def is_plain(pixels: pymupdf.Pixmap) -> bool:
    """Whether all pixels are the same. PyMuPDF's own test looks at one pixel at a time, a second for a page."""
    samples, stride = pixels.samples_mv, pixels.stride
    row = bytes(samples[: pixels.n]) * pixels.width
    return all(bytes(samples[at : at + len(row)]) == row for at in range(0, stride * pixels.height, stride))


def rendered(
    page: pymupdf.Page,
    box: BBox,
    dpi: float,
    *,
    grey: bool = False,
    turn: Affine = UNMOVED,
    sheet: pymupdf.DisplayList | None = None,
) -> pymupdf.Pixmap:
    """The pixels of a box of the displayed page, at most 4,000 a side, turned as `turn` turns the page.

    `sheet` is the page interpreted, where it has been already.
    """
    import pymupdf

    clip = common(box, finite(page.rect))
    if max(clip[2] - clip[0], clip[3] - clip[1]) <= 0:
        raise ValueError("the box lies off the page")
    x0, y0, x1, y1 = moved(clip, turn)
    zoom = min(dpi / 72, MAX_SIDE / max(x1 - x0, y1 - y0))
    matrix = pymupdf.Matrix(*turn) * pymupdf.Matrix(zoom, zoom)
    space = pymupdf.csGRAY if grey else pymupdf.csRGB
    sheet = sheet or page.get_displaylist()
    pixels: pymupdf.Pixmap = sheet.get_pixmap(matrix=matrix, clip=clip, colorspace=space, alpha=False)
    return pixels


def _flattened(pixels: pymupdf.Pixmap, colour: tuple[int, int, int]) -> pymupdf.Pixmap:
    """Transparent pixels over one colour, by drawing them on a page of that colour."""
    import pymupdf

    with pymupdf.open() as sheet:
        page = sheet.new_page(width=pixels.width, height=pixels.height)
        page.draw_rect(page.rect, color=None, fill=colour)
        page.insert_image(page.rect, pixmap=pixels)
        flat: pymupdf.Pixmap = page.get_pixmap(alpha=False)
        return flat


def _bounded(pixels: pymupdf.Pixmap) -> pymupdf.Pixmap:
    """The picture, made smaller where a side is over 4,000 pixels."""
    import pymupdf

    longest = max(pixels.width, pixels.height)
    if longest <= MAX_SIDE:
        return pixels
    scale = MAX_SIDE / longest
    return pymupdf.Pixmap(pixels, max(round(pixels.width * scale), 1), max(round(pixels.height * scale), 1), None)
