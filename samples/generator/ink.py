"""Signatures and stamps, as a pen and an ink pad leave them."""

from __future__ import annotations

import random

from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable


class Signature(Flowable):
    """A scrawl over a line, its shape from `seed`; with a name, its company's round stamp beside it."""

    def __init__(self, seed: float, stamp: str | None) -> None:
        super().__init__()
        self.width, self.height, self.seed, self.stamp = 70 * mm, 24 * mm, seed, stamp

    def draw(self) -> None:
        """Draw both."""
        rng, canvas = random.Random(self.seed), self.canv
        canvas.setStrokeColor(colors.Color(0.08, 0.1, 0.4))
        canvas.setLineWidth(1.1)
        path = canvas.beginPath()
        x, y = 4 * mm, 8 * mm
        path.moveTo(x, y)
        for _ in range(rng.randint(7, 11)):
            step = rng.uniform(3, 7) * mm
            up, down = y + rng.uniform(2, 14) * mm, y - rng.uniform(2, 8) * mm
            path.curveTo(x + step * 0.2, up, x + step * 0.6, down, x + step, y + rng.uniform(-1, 2) * mm)
            x += step
        canvas.drawPath(path)
        canvas.setStrokeColor(colors.black)
        canvas.setLineWidth(0.5)
        canvas.line(0, 4 * mm, 68 * mm, 4 * mm)
        if self.stamp:
            _stamp(canvas, self.stamp, rng.uniform(-20, 20))


def _stamp(canvas: Canvas, name: str, angle: float) -> None:
    canvas.saveState()
    canvas.translate(52 * mm, 13 * mm)
    canvas.rotate(angle)
    ink = colors.Color(0.65, 0.08, 0.12, 0.75)
    canvas.setStrokeColor(ink)
    canvas.setFillColor(ink)
    canvas.setLineWidth(1.4)
    canvas.circle(0, 0, 13 * mm)
    canvas.circle(0, 0, 11 * mm)
    canvas.setFont("Helvetica-Bold", 6.5)
    words = name.split()
    for index, line in enumerate([" ".join(words[:2]), " ".join(words[2:])]):
        canvas.drawCentredString(0, 3 - 9 * index, line)
    canvas.restoreState()
