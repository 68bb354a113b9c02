"""What an annual report is set with: styles, headings, figures, tables, and the pages' furniture."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from .charts import Pen
from .gold import Gold
from .look import Look
from .prose import Prose
from .report_figures import Figures
from .sheet import Bookmark, plain

SIDE = 26 * mm
ROOM = A4[0] - 2 * SIDE
HEIGHT = A4[1] - 44 * mm
"""Room for text on a page: its width and its height, in points."""
FRONT = 3
"""Pages of front matter, which carry Roman labels: cover, key figures, contents."""


@dataclass(slots=True)
class Desk:
    """The facts, the words and the looks of one report, and what is set so far.

    `places` maps a chapter to its page as drawn before, `length` is the number of pages drawn, `count` that of charts.
    """

    figures: Figures
    prose: Prose
    gold: Gold
    rng: random.Random
    look: Look
    pen: Pen
    ruled: bool
    brackets: bool
    places: dict[str, int]
    chapter: list[str] = field(default_factory=lambda: [""])
    count: int = 0
    length: int = 0
    captions: set[str] = field(default_factory=set)

    def amount(self, value: int) -> str:
        """An amount in the unit of the statements; a negative one as the house writes it."""
        shown = f"{abs(value) / 10**self.figures.places:,.{self.figures.places}f}"
        if self.figures.currency == "CHF":
            shown = shown.replace(",", "'")
        return shown if value >= 0 else f"({shown})" if self.brackets else f"-{shown}"

    def worth(self, value: int) -> float | int:
        """The same amount as the gold holds it."""
        return value / 10**self.figures.places if self.figures.places else value

    def told(self, pointer: str, value: int) -> str:
        """An amount that the gold holds at `pointer`, as markup."""
        return self.gold.tag(pointer, self.worth(value), self.amount(value))

    @property
    def text(self) -> Any:
        """The style of running text."""
        return self.look.text("justify", lead=1.5, spaceAfter=8)

    def opening(self, title: str) -> list[Flowable]:
        """A chapter: new page, bookmark, large heading."""
        big = self.look.text(bold=True, scale=2.2, textColor=self.look.colour, spaceAfter=16)
        return [PageBreak(), Chapter(title, self.chapter, self.places), Bookmark(title), Paragraph(plain(title), big)]

    def heading(self, title: str, *, listed: bool = True, table: bool = False) -> list[Flowable]:
        """A section: heading, and a bookmark of the second level where it is `listed`.

        It begins a page where little room is left, so that it never stands alone at the foot of one; before a `table`
        (or faces) more room is wanted than before text.
        """
        room = 210 if table else 96
        styling = self.look.text(bold=True, scale=1.25, textColor=self.look.colour, spaceBefore=8, spaceAfter=5)
        return [CondPageBreak(room), *([Bookmark(title, 2)] if listed else []), Paragraph(plain(title), styling)]

    def say(self, paragraphs: Sequence[str]) -> list[Flowable]:
        """Running text."""
        return [Paragraph(text, self.text) for text in paragraphs]

    def picture(self, content: bytes, caption: str, share: float = 1.0, *, chart: bool = False) -> Flowable:
        """A picture over its caption that no page break parts."""
        return KeepTogether(self.pieces(content, caption, share, chart=chart))

    def pieces(self, content: bytes, caption: str, share: float = 1.0, *, chart: bool = False) -> list[Flowable]:
        """A picture of a `share` of the text's width, and its caption; charts are numbered."""
        made = Image(io.BytesIO(content), lazy=0)
        made.drawWidth = ROOM * share
        made.drawHeight = made.drawWidth * made.imageHeight / made.imageWidth
        made.hAlign = "LEFT"
        if chart:
            self.count += 1
            caption = f"<b>Figure {self.count}:</b> {caption}"
        words = Paragraph(caption, self.look.text(scale=0.85, textColor=colors.HexColor("#555555")))
        return [Spacer(1, 4), made, Spacer(1, 3), words, Spacer(1, 9)]

    def table(
        self, rows: Sequence[Sequence[str]], widths: Sequence[float], *, bold: Sequence[int] = (), texts: int = 1
    ) -> Flowable:
        """A table with a head; its first `texts` columns are words, the others figures; `bold` rows are sums.

        No page break parts a table of fewer than ten rows.
        """
        cells = []
        for at, row in enumerate(rows):
            strong = at == 0 or at in bold
            scale = 0.92
            left = self.look.text(bold=strong, scale=scale)
            right = self.look.text("right", bold=strong, scale=scale)
            cells.append([Paragraph(cell, left if index < texts else right) for index, cell in enumerate(row)])
        rules: list[Any] = [
            ("TOPPADDING", (0, 0), (-1, -1), 2.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.6),
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ]
        if self.ruled:
            rules += [
                ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#b8b8b8")),
                ("LINEBELOW", (0, 0), (-1, 0), 1, self.look.colour),
            ]
            rules += [("LINEABOVE", (0, at), (-1, at), 0.8, colors.black) for at in bold]
        made = Table(cells, colWidths=[ROOM * width for width in widths], style=rules, repeatRows=1, hAlign="LEFT")
        made.spaceAfter = 12
        return KeepTogether([made]) if len(rows) < 10 else made

    def fresh(self, captions: Sequence[str]) -> str:
        """One of the captions that this report has not used yet, while there are any."""
        chosen = self.rng.choice([text for text in captions if text not in self.captions] or captions)
        self.captions.add(chosen)
        return chosen

    def note(self, text: str) -> Flowable:
        """A footnote under a table."""
        return Paragraph(text, self.look.text(scale=0.8, spaceAfter=8))


class Chapter(Flowable):
    """Tells the running title and the contents that a chapter begins here; draws nothing."""

    def __init__(self, title: str, current: list[str], places: dict[str, int]) -> None:
        super().__init__()
        self.width = self.height = 0
        self.title, self.current, self.places = title, current, places

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:
        """No room at all."""
        return 0, 0

    def draw(self) -> None:
        """Set the running title, and note the page as it is labelled."""
        self.current[0] = self.title
        self.places[self.title] = self.canv.getPageNumber() - FRONT


def logo_png(colour: str, letter: str) -> bytes:
    """The company's mark as a small picture, the same on every page."""
    picture = Pillow.new("RGB", (132, 132), "white")
    pencil = ImageDraw.Draw(picture)
    pencil.rounded_rectangle((4, 4, 127, 127), 26, fill=colour)
    shift = ord(letter) % 3
    for step in range(3):
        high = 34 + ((step + shift) % 3) * 24
        pencil.rectangle((30 + step * 26, 106 - high, 48 + step * 26, 106), fill="white")
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def templates(desk: Desk, cover: bytes, colour: str) -> list[PageTemplate]:
    """The cover, full of its picture; and all other pages, with header, logo and page label."""
    name = desk.figures.company.name
    mark = ImageReader(io.BytesIO(logo_png(colour, name[0])))
    title = f"Annual Report {desk.figures.end.year}"

    def draw_cover(canvas: Canvas, _: Any) -> None:
        canvas.addPageLabel(0, "ROMAN_LOWER", 1)
        canvas.addPageLabel(FRONT, "ARABIC", 1)
        canvas.drawImage(ImageReader(io.BytesIO(cover)), 0, A4[1] * 0.36, A4[0], A4[1] * 0.64)
        canvas.setFillColor(desk.look.colour)
        canvas.rect(0, 0, A4[0], A4[1] * 0.36, stroke=0, fill=1)
        canvas.drawImage(mark, SIDE, A4[1] * 0.36 - 40 * mm, 20 * mm, 20 * mm)

    def draw_page(canvas: Canvas, _: Any) -> None:
        page = desk.length = canvas.getPageNumber()
        canvas.saveState()
        canvas.drawImage(mark, A4[0] - SIDE - 8 * mm, A4[1] - 17 * mm, 8 * mm, 8 * mm)
        canvas.setFillColor(colors.HexColor("#666666"))
        canvas.setFont(desk.look.type.roman, 8)
        canvas.drawString(SIDE, A4[1] - 14 * mm, f"{name} · {title}")
        label = ["i", "ii", "iii"][page - 1] if page <= FRONT else str(page - FRONT)
        canvas.drawRightString(A4[0] - SIDE, 11 * mm, label)
        canvas.setLineWidth(0.4)
        canvas.setStrokeColor(colors.HexColor("#aaaaaa"))
        canvas.line(SIDE, 15 * mm, A4[0] - SIDE, 15 * mm)
        canvas.restoreState()

    def draw_foot(canvas: Canvas, _: Any) -> None:
        canvas.setFillColor(colors.HexColor("#666666"))
        canvas.setFont(desk.look.type.roman, 8)
        canvas.drawString(SIDE, 11 * mm, desk.chapter[0])

    low = Frame(SIDE + 26 * mm, 20 * mm, ROOM - 26 * mm, A4[1] * 0.36 - 40 * mm, 0, 0, 0, 0)
    body = Frame(SIDE, 20 * mm, ROOM, HEIGHT, 0, 0, 0, 0)
    return [
        PageTemplate("cover", [low], onPage=draw_cover),
        PageTemplate("page", [body], onPage=draw_page, onPageEnd=draw_foot),
    ]
