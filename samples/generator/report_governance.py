"""The chapters of a report on the board, its pay, the share, the outlook, and the index of disclosures."""

from __future__ import annotations

from reportlab.platypus import Flowable, Table

from . import charts, photos
from .report_desk import ROOM, Desk
from .report_photos import photo
from .stock import stock

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def _board(d: Desk) -> list[Flowable]:
    """The directors: a table, and the portraits of the first three."""
    f = d.figures
    rows = [["Name", "Office", *(["Member since"] if f.since_column else ["Committees"])]]
    for index, member in enumerate(f.directors):
        at = f"/directors/{index}"
        last = (
            d.gold.tag(f"{at}/since", member.since)
            if f.since_column
            else d.rng.choice(["Audit", "Nomination", "Remuneration", "-"])
        )
        rows.append([d.gold.tag(f"{at}/name", member.name), d.gold.tag(f"{at}/role", member.role), last])
    faces: list[list[Flowable]] = []
    for member in f.directors[:3]:
        faces.append(d.pieces(photos.portrait(d.rng.randrange(10**6)), f"{member.name}<br/>{member.role}", 0.25))
    strip = Table([faces], colWidths=[ROOM / 3] * 3, style=[("VALIGN", (0, 0), (-1, -1), "TOP")])
    until = d.rng.choice(["Until the general meeting in May", "Until March"])
    former = d.rng.choice(["Rupert Eastlake", "Ottilie Brand", "Jeanne Rochas"])
    left = f"{until}, {former} was also a member of the Board."
    return [*d.heading("Board of Directors"), strip, d.table(rows, [0.38, 0.38, 0.24], texts=3), d.note(left)]


def governance(d: Desk) -> list[Flowable]:
    phrases = stock("report")
    story = [
        *d.opening("Corporate governance"),
        *d.say(d.prose.section(phrases["governance"], keep=1, sizes=(2, 3))),
        *_board(d),
    ]
    story += [*d.opening("Remuneration"), *d.say(d.prose.section(phrases["remuneration"], keep=1, sizes=(2, 3)))]
    rows = [["thousand", "Fixed", "Variable", "Total"]]
    for member in d.figures.directors:
        fixed, variable = d.rng.randint(60, 900), d.rng.randint(0, 700) if "Chief" in member.role else 0
        rows.append([member.name, f"{fixed:,}", f"{variable:,}", f"{fixed + variable:,}"])
    return [*story, *d.heading("Remuneration of the members"), d.table(rows, [0.46, 0.18, 0.18, 0.18])]


def shares(d: Desk) -> list[Flowable]:
    """The chapter on the share; a company that is not listed has none."""
    f = d.figures
    if not f.listed:
        return []
    price, prices = d.rng.uniform(14, 90), []
    for _ in MONTHS:
        price *= d.rng.uniform(0.92, 1.1)
        prices.append(price)
    chart = charts.lines(
        d.pen, range(1, 13), [charts.Series("Price", prices)], ("Month", f"Price ({f.currency})"), (6.2, 2.8)
    )
    dividend = "The Board proposes that no dividend be paid."
    if f.dividend is not None:
        told = d.gold.tag("/dividend_per_share", f.dividend, f"{f.dividend:.2f}")
        dividend = (
            f"The dividend proposed for the year is {f.currency} {told} per share; "
            f"for the year before, {f.currency} {f.dividend * 0.9:.2f} was paid."
        )
    return [
        *d.opening("The share"),
        *d.say(d.prose.section(stock("report")["share"], keep=1)),
        *d.say([dividend]),
        d.picture(chart, "Month-end price of the share", chart=True),
    ]


def audit_committee(d: Desk) -> list[Flowable]:
    paragraphs = d.say(d.prose.section(stock("report")["audit_committee"], keep=1, sizes=(2, 2)))
    return [*d.opening("Report of the Audit Committee"), *paragraphs]


def outlook(d: Desk) -> list[Flowable]:
    """What is expected: figures of no year that has ended."""
    rows = [["Forecast", f"{d.figures.end.year + 1}", f"{d.figures.end.year + 2}"]]
    for name, low, high in (
        ("Growth of revenue (%)", 2, 5),
        ("Operating margin (%)", 9, 14),
        ("Tax rate (%)", 24, 28),
        ("Capital expenditure (% of revenue)", 3, 6),
    ):
        rows.append([name, f"{d.rng.uniform(low, high):.1f}", f"{d.rng.uniform(low, high):.1f}"])
    paragraphs = d.say(d.prose.section(stock("report")["outlook"], keep=1, sizes=(2, 3)))
    return [*d.opening("Outlook"), *paragraphs, d.table(rows, [0.6, 0.2, 0.2]), photo(d, "landscape", 0.9)]


def index(d: Desk) -> list[Flowable]:
    rows = [["Subject", "Chapter"], *([topic, place] for topic, place in stock("report")["index"])]
    return [*d.opening("Index of disclosures"), d.table(rows, [0.5, 0.5], texts=2)]
