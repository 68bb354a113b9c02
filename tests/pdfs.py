"""Small real PDFs, made for a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pymupdf

AES_256 = 5
"""PyMuPDF's PDF_ENCRYPT_AES_256, which its type hints leave out."""

REPORT = (
    "Borealis Ltd published its annual report. Revenue rose to 12.4 million euros in 2025, from 11.1 million in 2024.",
    "The company employs 340 people in three countries. The board proposes a dividend of 0.45 euros a share.",
    "The outlook for 2026 is stable. Orders on hand were 5.2 million euros at the end of the year.",
)


def draw_table(
    page: pymupdf.Page,
    rows: Sequence[Sequence[str]],
    top: float,
    *,
    height: float,
    wide: float = 150,
    ruled: bool = True,
) -> None:
    """A table of three columns from `top` down, each row so high and each column so wide, in points."""
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.insert_text((60 + wide * column, top + height * (at + 0.7)), cell, fontsize=min(0.6 * height, 10))
    if ruled:
        for line in range(len(rows) + 1):
            page.draw_line((55, top + height * line), (55 + wide * 3, top + height * line))
        for line in range(4):
            page.draw_line((55 + wide * line, top), (55 + wide * line, top + height * len(rows)))


def make_pdf(path: Path, texts: Sequence[str] = REPORT, *, password: str | None = None, picture: bool = False) -> Path:
    """A PDF with one page for each text; with `picture`, the first page shows a coloured one."""
    document = pymupdf.open()
    for text in texts:
        page = document.new_page(width=595, height=842)
        left = page.insert_textbox((60, 60, 535, 440), text, fontsize=9)
        assert left >= 0, "a text that does not fit is not drawn at all"
    if picture:
        pixmap = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 300, 200))
        pixmap.clear_with(200)
        pixmap.set_rect(pymupdf.IRect(20, 20, 200, 150), (200, 30, 30))
        document[0].insert_image((100, 450, 400, 650), pixmap=pixmap)
    path.parent.mkdir(parents=True, exist_ok=True)
    if password is None:
        document.save(path)
    else:
        document.save(path, encryption=AES_256, user_pw=password, owner_pw="owner")
    document.close()
    return path
