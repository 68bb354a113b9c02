"""A document's look: typeface, size, colour, paper, and a company's mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reportlab.lib import colors
from reportlab.pdfgen.canvas import Canvas

from .sheet import Align, Face, style

PALETTE = ["#1f4e79", "#7a1f2b", "#2f5d3a", "#3b3b6d", "#8a5a14", "#0f6b6b", "#444444"]


@dataclass(frozen=True, slots=True)
class Look:
    """What the seed chose for this document's looks: type, size, colour, paper."""

    type: Face
    size: float
    colour: colors.Color
    paper: tuple[float, float]
    mark: int

    def text(self, align: Align = "left", *, bold: bool = False, scale: float = 1.0, **more: Any) -> Any:
        """A paragraph style in this look."""
        return style(self.type.bold if bold else self.type.roman, round(self.size * scale, 1), align=align, **more)


def logo(canvas: Canvas, x: float, y: float, side: float, look: Look) -> None:
    """A small vector mark in one of four shapes."""
    canvas.saveState()
    canvas.setFillColor(look.colour)
    half = side / 2
    if look.mark == 0:
        canvas.circle(x + half, y + half, half, stroke=0, fill=1)
        canvas.setFillColor(colors.white)
        canvas.circle(x + half * 1.3, y + half * 1.1, half * 0.55, stroke=0, fill=1)
    elif look.mark == 1:
        for step in range(3):
            canvas.rect(x + step * side * 0.36, y, side * 0.24, side * (0.5 + 0.25 * step), stroke=0, fill=1)
    elif look.mark == 2:
        path = canvas.beginPath()
        path.moveTo(x + half, y + side)
        for px, py in ((side, half), (half, 0), (0, half)):
            path.lineTo(x + px, y + py)
        canvas.drawPath(path, stroke=0, fill=1)
    else:
        canvas.roundRect(x, y, side, side, side * 0.22, stroke=0, fill=1)
        canvas.setStrokeColor(colors.white)
        canvas.setLineWidth(side * 0.09)
        canvas.arc(x + side * 0.2, y + side * 0.2, x + side * 0.8, y + side * 0.8, 30, 240)
    canvas.restoreState()
