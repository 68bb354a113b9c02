"""Setting type: fonts, styles and a canvas that tells the gold on which page each value was drawn."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

import matplotlib
from reportlab import rl_config
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, PageTemplate

from .gold import Gold

Align = Literal["left", "right", "center", "justify"]
_ALIGN: dict[str, Literal[0, 1, 2, 4]] = {"left": 0, "center": 1, "right": 2, "justify": 4}
rl_config.useA85 = 0  # binary streams: a quarter smaller, and what most producers write


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface: the names of its roman, bold and italic fonts."""

    roman: str
    bold: str
    italic: str


@cache
def face(name: str) -> Face:
    """One of sans, serif, mono (standard fonts), plain, book, stix (embedded; they come with matplotlib)."""
    standard = {
        "sans": Face("Helvetica", "Helvetica-Bold", "Helvetica-Oblique"),
        "serif": Face("Times-Roman", "Times-Bold", "Times-Italic"),
        "mono": Face("Courier", "Courier-Bold", "Courier-Oblique"),
    }
    if name in standard:
        return standard[name]
    files = {
        "plain": ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique"),
        "book": ("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic"),
        "stix": ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic"),
    }[name]
    for file in files:
        path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{file}.ttf"
        pdfmetrics.registerFont(TTFont(file, str(path)))
    pdfmetrics.registerFontFamily(files[0], normal=files[0], bold=files[1], italic=files[2], boldItalic=files[1])
    return Face(*files)


def style(font: str, size: float, *, lead: float = 1.25, align: Align = "left", **more: Any) -> ParagraphStyle:
    """A paragraph style of `font` at `size` points; `lead` is the line height as a multiple of the size."""
    return ParagraphStyle(
        f"{font}-{size}", fontName=font, fontSize=size, leading=size * lead, alignment=_ALIGN[align], **more
    )


def plain(text: str) -> str:
    """Text as paragraph markup."""
    return escape(text)


class Bookmark(Flowable):  # type: ignore[misc,unused-ignore]
    """An outline entry at this place, `level` from 1; draws nothing."""

    def __init__(self, title: str, level: int = 1) -> None:
        super().__init__()
        self.width = self.height = 0
        self.title, self.level = title, level

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        """No room at all."""
        return 0, 0

    def draw(self) -> None:
        """Set the entry."""
        canvas = self.canv
        key = f"{canvas.getPageNumber()}-{self.title}"
        canvas.bookmarkPage(key)
        canvas.addOutlineEntry(self.title, key, self.level - 1, closed=self.level > 1)


def canvas_for(gold: Gold) -> Callable[..., Canvas]:
    """What makes a canvas whose marks report to `gold`."""

    def made(*given: Any, **named: Any) -> Canvas:
        canvas = Canvas(*given, **named)
        canvas.setNamedCB("mark", lambda drawn, _, label: gold.seen(label, drawn.getPageNumber()))
        return canvas

    return made


@dataclass(frozen=True, slots=True)
class Meta:
    """What the PDF says of itself."""

    title: str
    author: str
    subject: str = ""


def compose(
    gold: Gold,
    meta: Meta,
    size: tuple[float, float],
    templates: Sequence[PageTemplate],
    story: Callable[[], list[Flowable]],
) -> bytes:
    """Draw `story` once and give the bytes of the PDF; the same story gives the same bytes."""
    gold.forget_pages()
    target = io.BytesIO()
    document = BaseDocTemplate(
        target,
        pagesize=size,
        title=meta.title,
        author=meta.author,
        subject=meta.subject,
        invariant=1,
        pageCompression=1,
    )
    document.addPageTemplates(list(templates))
    document.build(story(), canvasmaker=canvas_for(gold))
    return target.getvalue()
