"""Annual reports: sixty pages of a company's year, with charts, photographs and statements that add up."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, NextPageTemplate, PageBreak, Paragraph, Spacer, Table

from . import charts, photos
from .gold import Gold
from .look import PALETTE, Look
from .prose import Prose
from .report_chapters import chapters
from .report_desk import ROOM, Chapter, Desk, templates
from .report_figures import Figures, figures
from .report_further import further
from .report_notes import auditor, notes, parent
from .report_statements import SIGNS, balance, cash_flow, income, review, unit_line
from .sheet import Meta, compose, face, plain
from .words import digits

PAGES = 60


def _round(d: Figures, value: int) -> str:
    """An amount as prose says it: with its currency, rounded."""
    whole = value / 10**d.places
    millions = whole if d.unit == "millions" else whole / 1000
    shown = f"{millions / 1000:.1f} billion" if millions >= 1000 else f"{millions:.0f} million"
    return f"{SIGNS[d.currency]}{shown}" if d.currency != "CHF" else f"CHF {shown}"


def _fillings(f: Figures, rng: random.Random) -> dict[str, Any]:
    now, before = f.years[:2]
    names = [part.name for part in f.segments]
    return {
        "company": plain(f.company.name),
        "short": f.company.stem,
        "chair": next(d.name for d in f.directors if d.role == "Chair"),
        "segment": names,
        "segment2": names,
        "segment_count": {3: "three", 4: "four", 5: "five"}[len(names)],
        "founded": str(rng.randint(1868, 1974)),
        "year_ago": str(f.end.year - rng.randint(3, 6)),
        "region": {"CHF": "Switzerland", "GBP": "the United Kingdom"}.get(f.currency, "the European Union"),
        "revenue_round": _round(f, now.revenue),
        "revenue_before_round": _round(f, before.revenue),
        "profit_round": _round(f, now.operating_profit),
        "growth": f"{100 * (now.revenue / before.revenue - 1):.1f}",
        "average_staff": f"{now.employees * 197 // 2000 * 10:,}",
        "discount": rng.choice(["7.9", "8.4", "8.8"]),
        "audit_meetings": rng.choice(["five", "six"]),
        "margin_aim": str(100 * now.operating_profit // now.revenue + 1),
        "amount_small": lambda: f"{SIGNS[f.currency]} {rng.randint(3, 48)} million".replace("£ ", "£").replace(
            "€ ", "€"
        ),
    }


def _cover(d: Desk) -> list[Flowable]:
    title = d.rng.choice(["Annual Report", "Annual Report and Accounts", "Report and Financial Statements"])
    year = d.figures.end.year
    shown = f"{title} {year}" if d.figures.end.month == 12 else f"{title} {year - 1}/{year % 100:02}"
    return [
        Paragraph(
            d.gold.tag("/company", d.figures.company.name), d.look.text(bold=True, scale=2.1, textColor=colors.white)
        ),
        Spacer(1, 5 * mm),
        Paragraph(shown, d.look.text(scale=1.7, textColor=colors.white)),
        NextPageTemplate("page"),
        PageBreak(),
    ]


def _key_rows(d: Desk) -> list[list[str]]:
    """Label, this year, last year and the change of each key figure."""
    f = d.figures
    now, before = f.years[:2]
    made = [("Revenue", d.told("/revenue", now.revenue), d.told("/revenue_previous_year", before.revenue), "revenue")]
    for label, name, pointer in (
        ("Operating profit", "operating_profit", "/operating_profit"),
        ("Profit for the year", "net_profit", "/net_profit"),
        ("Operating cash flow", "operating_cash_flow", "/operating_cash_flow"),
        ("Total assets", "assets", "/total_assets"),
    ):
        made.append((label, d.told(pointer, getattr(now, name)), d.amount(getattr(before, name)), name))
    if f.state_employees:
        count = d.gold.tag("/employees", now.employees, f"{now.employees:,}")
        made.append(("Employees at year-end", count, f"{before.employees:,}", "employees"))
    return [[*shown, f"{100 * (getattr(now, name) / getattr(before, name) - 1):+.1f} %"] for *shown, name in made]


def _key_figures(d: Desk) -> list[Flowable]:
    f = d.figures
    rows = _key_rows(d)
    if f.dividend is not None:
        told = d.gold.tag("/dividend_per_share", f.dividend, f"{f.dividend:.2f}")
        rows.append([f"Dividend per share ({f.currency})", told, f"{f.dividend * 0.9:.2f}", ""])
    heads = [unit_line(d), str(f.end.year), str(f.end.year - 1), "Change"]
    names, values = [s.name for s in f.segments], [float(s.revenue[0]) for s in f.segments]
    pie = charts.pie(d.pen, names, values, (5.2, 3.4), hole=d.rng.random() < 0.5)
    opening = d.opening("Key figures")[1:]
    return [
        *opening,
        d.table([heads, *rows], [0.4, 0.2, 0.2, 0.2]),
        d.picture(pie, "Revenue by segment", 0.75, chart=True),
    ]


def _contents(d: Desk, titles: list[str]) -> list[Flowable]:
    left, right = d.look.text(), d.look.text("right")
    rows = [[Paragraph(plain(title), left), Paragraph(str(d.places.get(title, 0)), right)] for title in titles]
    table = Table(rows, colWidths=[ROOM * 0.85, ROOM * 0.15], style=[("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
    return [*d.opening("Contents"), table]


def _imprint(d: Desk) -> list[Flowable]:
    f = d.figures
    story = d.opening("Financial calendar and contact")
    rows = [["Event", "Date"]]
    for name, days in (
        ("Publication of the annual report", 95),
        ("Annual general meeting", 138),
        ("Half-year report", 228),
        ("Nine-month figures", 315),
    ):
        day = f.end + timedelta(days=days)
        rows.append([name, f"{day.day} {day:%B} {day.year}"])
    lines = [f"<b>{d.gold.tag('/company', f.company.name)}</b>"]
    if f.office:
        place = d.gold.tag("/registered_office", f.office)
        lines.append(
            d.rng.choice(
                [f"Registered office: {place}", f"{f.company.street}, {f.company.place} (registered office: {place})"]
            )
        )
    if f.registration:
        number = d.gold.tag("/registration_number", f.registration)
        lines.append(
            d.rng.choice(
                [f"Registration number: {number}", f"Commercial register: {number}", f"Registered under no. {number}"]
            )
        )
    lines += [
        f"Investor relations: investors@{f.company.domain}",
        f"Telephone +00 {digits(d.rng, 3)} {digits(d.rng, 6)}",
    ]
    story += [d.table(rows, [0.6, 0.4]), Spacer(1, 10), *(Paragraph(line, d.text) for line in lines)]
    evening = d.picture(photos.landscape(d.rng.randrange(10**6)), "Evening over the valley of the main plant.", 0.8)
    return [*story, evening]


def _desk(seed: int, gold: Gold, places: dict[str, int]) -> tuple[Desk, str]:
    """The desk of one report; the same each time that it is asked for."""
    rng = random.Random(f"annual-report-{seed}")
    f = figures(seed, rng)
    colour = rng.choice(PALETTE)
    look = Look(
        face(rng.choice(["sans", "serif", "stix", "sans"])), rng.choice([10.4, 10.8]), colors.HexColor(colour), A4, 0
    )
    prose = Prose(rng, _fillings(f, rng))
    return Desk(f, prose, gold, rng, look, charts.pen(rng), rng.random() < 0.65, rng.random() < 0.5, places), colour


def _draw(seed: int, gold: Gold, places: dict[str, int], more: int) -> tuple[bytes, int]:
    """The report with `more` pages of further information, and the number of its pages."""
    d, colour = _desk(seed, gold, places)
    cover = photos.landscape(d.rng.randrange(10**6), 1000, 900)
    opening = _key_figures(d)
    body = chapters(d)
    financial = [review, income, balance, cash_flow, notes, auditor, parent]
    for chapter in financial:
        body += chapter(d)
    imprint = _imprint(d)
    body += further(d, more) + imprint
    titles = [flowable.title for flowable in body if isinstance(flowable, Chapter)]
    story = [*_cover(d), *opening, *_contents(d, titles), *body]
    meta = Meta(f"{d.figures.company.name}: Annual Report {d.figures.end.year}", d.figures.company.name)
    return compose(gold, meta, A4, templates(d, cover, colour), lambda: story), d.length


def make(seed: int) -> tuple[bytes, dict[str, Any]]:
    """One annual report of `PAGES` pages as PDF, and its gold.

    It is drawn three times: the first drawing tells how many pages are wanting, the second on which page each chapter
    begins, the third prints that in the contents.
    """
    gold = Gold("annual-report")
    places: dict[str, int] = {}
    _, length = _draw(seed, gold, places, 0)
    more = PAGES - length
    _draw(seed, gold, places, more)
    content, length = _draw(seed, gold, places, more)
    if length != PAGES or more < 1:
        raise ValueError(f"the report of seed {seed} has {length} pages, {more} of them further information")
    return content, gold.finish()
