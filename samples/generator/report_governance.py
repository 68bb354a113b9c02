"""The chapters of a report on the board, its pay, the share, the outlook; its terms and its index of disclosures."""

from __future__ import annotations

from reportlab.platypus import Flowable, Paragraph, Table

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
    table = d.table(rows, [0.38, 0.38, 0.24], texts=3)
    left = f"{until}, {former} was also a member of the Board."
    return [*d.heading("Board of Directors", table=True), strip, table, d.note(left), *_attendance(d)]


def _attendance(d: Desk) -> list[Flowable]:
    """Who was at how many of the year's meetings of the Board, which are as many as the text on governance says."""
    held = d.rng.randint(9, 11)
    d.prose.also({"meetings": str(held), "directors": str(len(d.figures.directors))})
    rows = [["Member", "Meetings attended"]]
    for member in d.figures.directors:
        rows.append([member.name, f"{held - d.rng.choice([0, 0, 0, 1])} of {held}"])
    told = d.say(d.prose.section(stock("report")["committees"], keep=1, sizes=(2, 3)))
    return [*d.heading("Meetings and committees"), *told, d.table(rows, [0.7, 0.3])]


def governance(d: Desk) -> list[Flowable]:
    phrases = stock("report")
    story = [
        *d.opening("Corporate governance"),
        *d.say(d.prose.section(phrases["governance"], keep=1, sizes=(2, 3))),
        *_board(d),
    ]
    story += [*d.opening("Remuneration"), *d.say(d.prose.section(phrases["remuneration"], keep=1, sizes=(2, 3)))]
    rows = [[f"{d.figures.currency} thousand", "Fixed", "Variable", "Total"]]
    for member in d.figures.directors:
        executive = "Chief" in member.role
        fixed = d.rng.randint(420, 900) if executive else d.rng.randint(60, 180)
        variable = d.rng.randint(80, 700) if executive else 0
        rows.append([member.name, f"{fixed:,}", f"{variable:,}", f"{fixed + variable:,}"])
    return [*story, *d.heading("Remuneration of the members", table=True), d.table(rows, [0.46, 0.18, 0.18, 0.18])]


def shares(d: Desk) -> list[Flowable]:
    """The chapter on the share, with the words on its price from the prices; a company that is not listed has none."""
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
    marks = {"low": min(prices), "high": max(prices), "close": prices[-1]}
    d.prose.also({name: f"{f.currency} {value:.2f}" for name, value in marks.items()})
    return [
        *d.opening("The share"),
        *d.say(d.prose.section(stock("report")["share"], keep=1)),
        *d.say([dividend]),
        d.picture(chart, "Month-end price of the share", chart=True),
        *_share_facts(d, marks),
    ]


def _share_facts(d: Desk, marks: dict[str, float]) -> list[Flowable]:
    """The share in figures: those of the income statement, and the prices of the chart."""
    f = d.figures
    earned = f.per_share(f.years[0])
    rows = [[f"in {f.currency}", str(f.end.year)]]
    rows += [[f"Month-end price, {name}", f"{value:.2f}"] for name, value in marks.items()]
    rows.append(["Earnings per share", d.gold.tag("/earnings_per_share", earned, f"{earned:.2f}")])
    rows.append(["Shares outstanding (number)", f"{f.shares:,}"])
    return [*d.heading("The share in figures", listed=False, table=True), d.table(rows, [0.7, 0.3])]


def audit_committee(d: Desk) -> list[Flowable]:
    """The committee's report, which follows that on pay."""
    paragraphs = d.say(d.prose.section(stock("report")["audit_committee"], keep=1, sizes=(2, 2)))
    return [*d.heading("Report of the Audit Committee"), *paragraphs]


def outlook(d: Desk) -> list[Flowable]:
    """What is expected: figures of no year that has ended."""
    rows = [["Forecast", f"{d.figures.end.year + 1}", f"{d.figures.end.year + 2}"]]
    margin = 100 * d.figures.years[0].operating_profit / d.figures.years[0].revenue
    for name, low, high in (
        ("Growth of revenue (%)", 2, 5),
        ("Operating margin (%)", margin, margin + 0.5),
        ("Tax rate (%)", 24, 28),
        ("Capital expenditure (% of revenue)", 3, 6),
    ):
        rows.append([name, f"{d.rng.uniform(low, high):.1f}", f"{d.rng.uniform(low, high):.1f}"])
    paragraphs = d.say(d.prose.section(stock("report")["outlook"], keep=1, sizes=(2, 3)))
    shown = photo(d, "landscape", 0.9)
    return [*d.opening("Outlook"), *paragraphs[:-1], shown, d.table(rows, [0.6, 0.2, 0.2]), paragraphs[-1]]


def terms(d: Desk) -> list[Flowable]:
    """Terms and their meaning, and where the subjects of reporting standards are dealt with."""
    glossary = [[f"<b>{term}</b>", meaning] for term, meaning in stock("report")["glossary"]]
    cells = [[Paragraph(cell, d.look.text()) for cell in row] for row in glossary]
    meanings = Table(cells, colWidths=[ROOM * 0.3, ROOM * 0.7], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])
    rows = [["Subject", "Chapter"], *([topic, place] for topic, place in stock("report")["index"])]
    table = d.table(rows, [0.5, 0.5], texts=2)
    return [*d.opening("Terms used in this report"), meanings, *d.heading("Index of disclosures", table=True), table]
