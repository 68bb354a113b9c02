"""Five looks of an invoice: letterhead, colour band, window letter, ledger print-out, sidebar."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from .gold import Gold
from .look import PALETTE, Look, logo
from .sheet import Align, Meta, compose, face

if TYPE_CHECKING:
    from .invoice import Wording


def _paras(lines: list[str], styling: Any) -> list[Flowable]:
    return [Paragraph(line, styling) for line in lines]


def _widths(text: Wording, look: Look, room: float) -> list[float]:
    """Column widths: numbers and codes as wide as they need, the description what is left."""
    wide = [stringWidth(head, look.type.bold, look.size) + 9 for head in text.heads]
    first = next(i for i, cell in enumerate(text.rows[0]) if "/description" in cell)
    for row in text.rows:
        for index, cell in enumerate(row):
            if index != first:
                shown = cell[cell.rindex(">") + 1 :]
                wide[index] = max(wide[index], stringWidth(shown, look.type.roman, look.size) + 9)
    wide[first] = room - sum(w for i, w in enumerate(wide) if i != first)
    return wide


def _items(text: Wording, look: Look, room: float, commands: list[Any], head_colour: colors.Color) -> Table:
    count = len(text.heads)
    align: list[Align] = ["right" if index >= count - 3 else "left" for index in range(count)]
    heads = [
        Paragraph(head, look.text(side, bold=True, textColor=head_colour))
        for head, side in zip(text.heads, align, strict=True)
    ]
    body = [[Paragraph(cell, look.text(side)) for cell, side in zip(row, align, strict=True)] for row in text.rows]
    common = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
    return Table([heads, *body], colWidths=_widths(text, look, room), repeatRows=1, style=[*common, *commands])


def _pairs(
    rows: list[tuple[str, str]], look: Look, widths: tuple[float, float], colon: str = "", side: Align = "left"
) -> Table:
    cells = [[Paragraph(label + colon, look.text()), Paragraph(value, look.text(side))] for label, value in rows]
    return Table(
        cells,
        colWidths=widths,
        style=[
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ],
    )


def _sums(text: Wording, look: Look, width: float, commands: list[Any], strong: colors.Color | None = None) -> Table:
    cells, marked = [], list(commands)
    for index, (label, value, bold) in enumerate(text.totals):
        colour = colors.white if bold and strong else colors.black
        styles = [
            look.text(side, bold=bold, scale=1.1 if bold else 1.0, textColor=colour) for side in ("left", "right")
        ]
        cells.append([Paragraph(label, styles[0]), Paragraph(value, styles[1])])
        if bold and strong:
            marked.append(("BACKGROUND", (0, index), (-1, index), strong))
        elif bold:
            marked.append(("LINEABOVE", (0, index), (-1, index), 0.8, colors.black))
    pad = [("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3)]
    return Table(cells, colWidths=[width * 0.58, width * 0.42], hAlign="RIGHT", style=pad + marked)


def _beside(left: Any, right: Any, widths: tuple[float, float]) -> Table:
    return Table(
        [[left, right]],
        colWidths=widths,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ],
    )


def _end(text: Wording, look: Look, extra: list[str]) -> list[Flowable]:
    notes = _paras([*text.notes, *extra], look.text(spaceAfter=3))
    return [Spacer(1, 5 * mm), KeepTogether(notes)]


def _letterhead(text: Wording, look: Look, room: float) -> list[Flowable]:
    title = Paragraph(text.title, look.text("right", bold=True, scale=2.2, textColor=look.colour))
    rule = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), look.colour)]
    return [
        _beside([Spacer(1, 13 * mm), *_paras(text.seller, look.text())], title, (room * 0.6, room * 0.4)),
        Spacer(1, 8 * mm),
        _beside(
            [Paragraph(text.buyer_label, look.text(bold=True)), *_paras(text.buyer, look.text())],
            _pairs(text.meta, look, (room * 0.2, room * 0.25), side="right"),
            (room * 0.55, room * 0.45),
        ),
        Spacer(1, 7 * mm),
        _items(text, look, room, rule, colors.white),
        Spacer(1, 4 * mm),
        KeepTogether(_sums(text, look, room * 0.48, [])),
        *_end(text, look, text.bank + text.registry),
    ]


def _boxes(text: Wording, look: Look, room: float) -> Table:
    """Number, dates and references in boxes, four to a row, each under its label."""
    wide = min(4, len(text.meta))
    small, strong = look.text(scale=0.8, textColor=colors.grey), look.text(bold=True)
    rows = []
    for start in range(0, len(text.meta), wide):
        part = text.meta[start : start + wide]
        part += [("", "")] * (wide - len(part))
        rows.append([[Paragraph(label, small), Paragraph(value, strong)] for label, value in part])
    grid: list[Any] = [
        ("BOX", (0, 0), (-1, -1), 0.5, colors.lightgrey),
        ("INNERGRID", (0, 0), (-1, -1), 0.5, colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return Table(rows, colWidths=[room / wide] * wide, style=grid)


def _band(text: Wording, look: Look, room: float) -> list[Flowable]:
    head = Table(
        [
            [
                Paragraph(text.title, look.text(bold=True, scale=2.4, textColor=colors.white)),
                Paragraph(text.brand, look.text("right", bold=True, scale=1.5, textColor=colors.white)),
            ]
        ],
        colWidths=[room * 0.6, room * 0.4],
        rowHeights=[18 * mm],
        style=[
            ("BACKGROUND", (0, 0), (-1, -1), look.colour),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), 10),
            ("RIGHTPADDING", (0, 0), (-1, -1), 10),
        ],
    )
    tint = colors.Color(look.colour.red, look.colour.green, look.colour.blue, 0.08)
    zebra = [
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, tint]),
        ("LINEBELOW", (0, 0), (-1, 0), 1.2, look.colour),
    ]
    return [
        head,
        Spacer(1, 6 * mm),
        _beside(
            _paras(text.seller, look.text()),
            [
                Paragraph(text.buyer_label, look.text(bold=True, textColor=look.colour)),
                *_paras(text.buyer, look.text()),
            ],
            (room * 0.5, room * 0.5),
        ),
        Spacer(1, 6 * mm),
        _boxes(text, look, room),
        Spacer(1, 6 * mm),
        _items(text, look, room, zebra, look.colour),
        Spacer(1, 4 * mm),
        KeepTogether(_sums(text, look, room * 0.46, [], strong=look.colour)),
        *_end(text, look, [" · ".join(text.bank), " · ".join(text.registry)]),
    ]


def _window(text: Wording, look: Look, room: float) -> list[Flowable]:
    bare = [part.replace("<b>", "").replace("</b>", "") for part in text.seller[:3]]
    sender = Paragraph(" · ".join(bare), look.text(scale=0.76, textColor=colors.HexColor("#555555")))
    lines = [
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.lightgrey),
    ]
    return [
        Paragraph(text.brand, look.text("right", bold=True, scale=1.9, textColor=look.colour)),
        Spacer(1, 16 * mm),
        _beside(
            [sender, Spacer(1, 3 * mm), *_paras(text.buyer, look.text(scale=1.08))],
            _pairs(text.meta, look, (room * 0.19, room * 0.23), colon=":"),
            (room * 0.58, room * 0.42),
        ),
        Spacer(1, 18 * mm),
        Paragraph(text.title, look.text(bold=True, scale=1.6)),
        Spacer(1, 4 * mm),
        _items(text, look, room, lines, colors.black),
        Spacer(1, 3 * mm),
        KeepTogether(_sums(text, look, room * 0.5, [])),
        *_end(text, look, []),
        Spacer(1, 6 * mm),
        Table(
            [
                [
                    _paras(text.seller[3:] or [text.brand], look.text(scale=0.75)),
                    _paras(text.bank, look.text(scale=0.75)),
                    _paras(text.registry, look.text(scale=0.75)),
                ]
            ],
            colWidths=[room / 3] * 3,
            style=[("LINEABOVE", (0, 0), (-1, 0), 0.5, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")],
        ),
    ]


def _ledger(text: Wording, look: Look, room: float) -> list[Flowable]:
    dashes = (1, (2, 2))
    lines = [
        ("LINEABOVE", (0, 0), (-1, 0), 0.6, colors.black, *dashes),
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, colors.black, *dashes),
        ("LINEBELOW", (0, -1), (-1, -1), 0.6, colors.black, *dashes),
    ]
    half = (len(text.meta) + 1) // 2
    return [
        _beside(
            [
                Paragraph(text.title, look.text(bold=True, scale=1.3)),
                Spacer(1, 3 * mm),
                *_paras(text.seller, look.text()),
            ],
            [Paragraph(text.buyer_label + ":", look.text()), *_paras(text.buyer, look.text())],
            (room * 0.55, room * 0.45),
        ),
        Spacer(1, 6 * mm),
        _beside(
            _pairs(text.meta[:half], look, (room * 0.22, room * 0.28), colon=":"),
            _pairs(text.meta[half:], look, (room * 0.22, room * 0.28), colon=":") if text.meta[half:] else "",
            (room * 0.5, room * 0.5),
        ),
        Spacer(1, 6 * mm),
        _items(text, look, room, lines, colors.black),
        Spacer(1, 3 * mm),
        KeepTogether(_sums(text, look, room * 0.52, [])),
        *_end(text, look, text.bank + text.registry),
    ]


def _sidebar(text: Wording, look: Look, room: float) -> list[Flowable]:
    lines = [
        ("LINEBELOW", (0, 0), (-1, 0), 1, look.colour),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.lightgrey),
        ("LINEBELOW", (0, -1), (-1, -1), 1, look.colour),
    ]
    return [
        Paragraph(text.title, look.text(bold=True, scale=2.6, textColor=look.colour)),
        Spacer(1, 9 * mm),
        _beside(
            [
                Paragraph(text.buyer_label, look.text(scale=0.85, textColor=colors.grey)),
                *_paras(text.buyer, look.text()),
            ],
            _pairs(text.meta, look, (room * 0.21, room * 0.27)),
            (room * 0.52, room * 0.48),
        ),
        Spacer(1, 8 * mm),
        _items(text, look, room, lines, look.colour),
        Spacer(1, 4 * mm),
        KeepTogether(_sums(text, look, room * 0.55, [])),
        *_end(text, look, []),
    ]


def _drawn_sidebar(text: Wording, look: Look) -> Callable[[Canvas], None]:
    def draw_side(canvas: Canvas) -> None:
        height = look.paper[1]
        tint = colors.Color(look.colour.red, look.colour.green, look.colour.blue, 0.12)
        canvas.setFillColor(tint)
        canvas.rect(0, 0, 50 * mm, height, stroke=0, fill=1)
        logo(canvas, 10 * mm, height - 32 * mm, 14 * mm, look)
        story = [*_paras(text.seller, look.text(scale=0.9)), Spacer(1, 10 * mm)]
        story += [
            *_paras(text.bank, look.text(scale=0.85)),
            Spacer(1, 6 * mm),
            *_paras(text.registry, look.text(scale=0.85)),
        ]
        Frame(7 * mm, 20 * mm, 40 * mm, height - 62 * mm, leftPadding=0, rightPadding=0).addFromList(story, canvas)

    return draw_side


LAYOUTS: dict[str, Callable[[Wording, Look, float], list[Flowable]]] = {
    "letterhead": _letterhead,
    "band": _band,
    "window": _window,
    "ledger": _ledger,
    "sidebar": _sidebar,
}


def draw(text: Wording, gold: Gold, rng: random.Random, author: str) -> bytes:
    """The invoice as PDF in a look that the seed chooses; drawn twice, since it prints its count of pages."""
    name = rng.choice(sorted(LAYOUTS))
    type_name = (
        "mono" if name == "ledger" and rng.random() < 0.7 else rng.choice(["sans", "sans", "serif", "plain", "stix"])
    )
    size = {"mono": 7.6, "plain": 7.8}.get(type_name, rng.choice([8.6, 9.0, 9.4]))
    colour = colors.HexColor(rng.choice(PALETTE))
    paper = LETTER if "$" in text.totals[-1][1] else A4
    look = Look(face(type_name), size, colour, paper, rng.randrange(4))
    left = 58 * mm if name == "sidebar" else rng.choice([18, 20, 23]) * mm
    room = paper[0] - left - 17 * mm
    pages = [1]

    def decorate(canvas: Canvas, document: Any) -> None:
        canvas.saveState()
        if name == "sidebar":
            _drawn_sidebar(text, look)(canvas)
        elif name == "letterhead" and canvas.getPageNumber() == 1:
            logo(canvas, left, paper[1] - 30 * mm, 12 * mm, look)
        canvas.setFont(look.type.roman, 7.5)
        canvas.setFillColor(colors.grey)
        canvas.drawRightString(paper[0] - 17 * mm, 9 * mm, f"{text.page_word} {canvas.getPageNumber()} / {pages[0]}")
        canvas.restoreState()

    def once() -> bytes:
        count = 0

        def story() -> list[Flowable]:
            return LAYOUTS[name](text, look, room)

        def number(canvas: Canvas) -> None:
            nonlocal count
            count = max(count, canvas.getPageNumber())

        frame = Frame(left, 15 * mm, room, paper[1] - 31 * mm, 0, 0, 0, 0)
        template = PageTemplate(frames=[frame], onPage=decorate, onPageEnd=lambda canvas, _: number(canvas))
        drawn = compose(gold, Meta(text.title, author), paper, [template], story)
        pages[0] = count
        return drawn

    once()
    return once()
