"""The chapters of a report before the accounts: letter, profile, strategy, segments, people, risks, governance."""

from __future__ import annotations

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from . import charts, photos
from .report_desk import ROOM, Desk
from .report_figures import QUARTERS, Segment
from .report_governance import audit_committee, governance, outlook, shares, terms
from .report_photos import photo
from .report_statements import unit_line
from .stock import stock


def _letter(d: Desk) -> list[Flowable]:
    f = d.figures
    title = d.rng.choice(["Letter to shareholders", "To our shareholders", "Letter from the Chief Executive"])
    portrait = d.pieces(photos.portrait(d.rng.randrange(10**6)), f"{f.chief}, Chief Executive Officer", 0.28)
    paragraphs = d.say(d.prose.section(stock("report")["letter"], keep=0.95, sizes=(2, 3)))
    head = Table(
        [[portrait, [Paragraph("Dear shareholders,", d.look.text(bold=True, spaceAfter=8)), *paragraphs[:2]]]],
        colWidths=[ROOM * 0.34, ROOM * 0.66],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)],
    )
    closing = f"{d.gold.tag('/chief_executive', f.chief)}<br/>Chief Executive Officer"
    story = [*d.opening(title), head, *paragraphs[2:]]
    if f.dividend is not None:
        told = d.gold.tag("/dividend_per_share", f.dividend, f"{f.dividend:.2f}")
        story += d.say(
            [
                f"The Board will propose to the general meeting a dividend of {f.currency} {told} per share, "
                f"after {f.currency} {f.dividend * 0.9:.2f} last year."
            ]
        )
    return [
        *story,
        Spacer(1, 8 * mm),
        Paragraph("Sincerely yours,", d.text),
        Spacer(1, 6 * mm),
        Paragraph(closing, d.text),
    ]


def _profile(d: Desk) -> list[Flowable]:
    regions = ["Europe", "North America", "Asia", "Other"]
    pie = charts.pie(
        d.pen,
        regions,
        [d.rng.uniform(3, 6), d.rng.uniform(1, 3), d.rng.uniform(1, 3), d.rng.uniform(0.4, 1)],
        (5, 3.2),
        hole=True,
    )
    return [
        *d.opening("The group at a glance"),
        *d.say(d.prose.section(stock("report")["profile"], keep=1, sizes=(2, 4))),
        photo(d, "facade"),
        d.picture(pie, "Revenue by region, in per cent", 0.7, chart=True),
        *_history(d),
    ]


def _strategy(d: Desk) -> list[Flowable]:
    paragraphs = d.say(d.prose.section(stock("report")["strategy"], keep=1, sizes=(2, 4)))
    ends = [str(d.figures.end.year - back) for back in range(5)][::-1]
    series = [
        charts.Series("Variants offered (index)", [100 - 5 * n - d.rng.uniform(0, 2) * (n > 0) for n in range(5)])
    ]
    chart = charts.lines(d.pen, [float(end) for end in ends], series, ("", "Variants (index)"), (6.2, 2.7))
    half = len(paragraphs) // 2
    return [
        *d.opening("Strategy"),
        *d.heading("Where we want to go"),
        *paragraphs[:half],
        d.picture(chart, "Number of variants, index", chart=True),
        *d.heading("How we use our means"),
        *paragraphs[half:-1],
        photo(d, share=0.9),
        paragraphs[-1],
    ]


def _orders(d: Desk) -> list[Flowable]:
    """Orders of a segment, as examples: amounts that are no total of anything."""
    things = [
        "Treatment plant",
        "Framework contract",
        "Fleet renewal",
        "Spare parts, five years",
        "Modernisation",
        "Pilot line",
        "Service agreement",
    ]
    buyers = [
        "Municipal utility",
        "Retail group",
        "Railway operator",
        "Hospital association",
        "Energy supplier",
        "Port authority",
    ]
    rows = [["Order", "Customer", f"Value ({d.figures.currency} million)"]]
    for thing in d.rng.sample(things, 5):
        rows.append([thing, d.rng.choice(buyers), f"{d.rng.uniform(1.2, 38):.1f}"])
    return [*d.heading("Selected orders", listed=False, table=True), d.table(rows, [0.4, 0.34, 0.26], texts=2)]


def _history(d: Desk) -> list[Flowable]:
    """Steps in the history of the group: years that are none of the reported ones."""
    events = [
        "First foreign subsidiary",
        "Move to the present headquarters",
        "Purchase of a competitor",
        "First fully electric plant",
        "Foundation of the research centre",
        "Sale of the wholesale business",
        "Introduction of the employee savings plan",
        "Listing on the stock exchange" if d.figures.listed else "Transfer of shares to a family foundation",
    ]
    years = sorted(d.rng.sample(range(1976, d.figures.end.year - 4), len(events)))
    d.rng.shuffle(events)
    return [
        *d.heading("Milestones", table=True),
        d.table([["Event", "Year"], *([e, str(y)] for e, y in zip(events, years, strict=True))], [0.75, 0.25]),
    ]


def _divider(d: Desk, title: str, part: str) -> list[Flowable]:
    """A page that opens a part of the report: a few words over a large picture."""
    words = d.say(d.prose.section(stock("report")["parts"][part], keep=1, sizes=(2, 3)))
    view = photos.landscape(d.rng.randrange(10**6), 900, 840)
    return [*d.opening(title), *words, d.picture(view, d.fresh(stock("report")["parts"]["captions"]))]


def _practice(d: Desk) -> list[Flowable]:
    """A customer's story, with its picture between the paragraphs."""
    first, *others = d.say(d.prose.section(stock("report")["practice"], keep=0.9, sizes=(3, 4)))
    return [*d.heading("From practice"), first, photo(d, share=0.85), *others]


def _segment(d: Desk, part: Segment) -> list[Flowable]:
    f = d.figures
    shown = [d.amount(value) for value in part.revenue]
    unit = {"millions": "million", "thousands": "thousand"}[f.unit]
    d.prose.also(
        {
            "name": part.name,
            "segment_round": f"{f.currency} {shown[0]} {unit}",
            "segment_before_round": f"{f.currency} {shown[1]} {unit}",
        }
    )
    paragraphs = d.say(d.prose.section(stock("report")["segment"], keep=0.75, sizes=(3, 5)))
    quarters, last = (
        [float(d.worth(int(amount * share))) for share in shares]
        for amount, shares in zip(part.revenue, QUARTERS, strict=True)
    )
    series = [charts.Series(str(f.end.year - 1), last), charts.Series(str(f.end.year), quarters)]
    chart = charts.bars(d.pen, ["Q1", "Q2", "Q3", "Q4"], series, f"{f.currency} {f.unit}", (6.2, 2.8), stacked=False)
    index = f.segments.index(part)
    figures = [["Revenue", d.told(f"/segments/{index}/revenue", part.revenue[0]), shown[1]]]
    if f.segment_profit:
        told = d.told(f"/segments/{index}/operating_profit", part.profit[0])
        figures.append(["Operating profit", told, d.amount(part.profit[1])])
    figures.append(["Order intake", *(d.amount(int(value * d.rng.uniform(0.92, 1.12))) for value in part.revenue)])
    heads = [unit_line(d), str(f.end.year), str(f.end.year - 1)]
    half = len(paragraphs) // 2
    return [
        *d.opening(f"Segment: {part.name}"),
        photo(d, share=0.92),
        *d.heading("The year"),
        *paragraphs[:half],
        d.table([heads, *figures], [0.5, 0.25, 0.25]),
        *d.heading("Markets and products"),
        *paragraphs[half:],
        d.picture(chart, f"Revenue of {part.name} by quarter", chart=True),
        *_orders(d),
        *d.heading("What comes next", listed=False),
        *d.say(d.prose.section(stock("report")["segment_outlook"], keep=1)),
        *_practice(d),
    ]


def _sustainability(d: Desk) -> list[Flowable]:
    paragraphs = d.say(d.prose.section(stock("report")["sustainability"], keep=1, sizes=(2, 3)))
    ends = [str(d.figures.end.year - back) for back in range(4)]
    rows = []
    for label, start, places in (
        ("Energy (GWh)", 412.0, 1),
        ("Share of renewable electricity (%)", 61.0, 0),
        ("Emissions, scope 1 and 2 (kt CO2e)", 88.0, 1),
        ("Water withdrawal (1,000 m³)", 1240.0, 0),
        ("Waste (kt)", 19.0, 1),
    ):
        base = start * d.rng.uniform(0.7, 1.4)
        step = -0.06 if label.startswith("Share") else 0.05
        values = [base * (1 + step * n) for n in range(4)]
        rows.append([label, *(f"{value:,.{places}f}" for value in values)])
        if label.startswith("Emissions"):
            own = [value * d.rng.uniform(0.4, 0.5) for value in reversed(values)]
            bought = [value - part for value, part in zip(reversed(values), own, strict=True)]
    series = [charts.Series("Scope 1", own), charts.Series("Scope 2", bought)]
    chart = charts.bars(d.pen, ends[::-1], series, "kt CO2e", (6.2, 2.8), stacked=True)
    printed = d.picture(
        photos.landscape(d.rng.randrange(10**6), 800, 480, cmyk=True), "Renatured river bank beside the old works."
    )
    return [
        *d.opening("Sustainability"),
        *paragraphs[:3],
        printed,
        *d.heading("Figures on the environment", table=True),
        d.table([["", *ends], *rows], [0.44, 0.14, 0.14, 0.14, 0.14]),
        d.picture(chart, "Emissions from own sources and bought energy", chart=True),
        *d.heading("Society and suppliers"),
        *paragraphs[3:],
    ]


def _people(d: Desk) -> list[Flowable]:
    f = d.figures
    *paragraphs, last = d.say(d.prose.section(stock("report")["people"], keep=1, sizes=(2, 3)))
    story = [*d.opening("Our people"), *paragraphs]
    if f.state_employees:
        count = f.years[0].employees
        told = d.gold.tag("/employees", count, f"{count:,}")
        day = f"{f.end.day} {f.end:%B}"
        story += d.say(
            [
                d.rng.choice(
                    [
                        f"At the end of the year the group had {told} employees.",
                        f"On {day} {told} people worked for the group.",
                        f"The head count on {day} was {told}.",
                    ]
                )
            ]
        )
    weights = [d.rng.uniform(2, 5) for _ in range(4)]
    shares = [100 * weight / sum(weights) for weight in weights]
    ages = charts.bars(
        d.pen,
        ["under 30", "30 to 44", "45 to 59", "60 and over"],
        [charts.Series("Share", shares)],
        "Share (%)",
        (6.2, 2.6),
    )
    return [*story, d.picture(ages, "Employees by age", chart=True), *_learning(d, last)]


def _learning(d: Desk, opening: Flowable) -> list[Flowable]:
    """What the group does for training, after a photograph."""
    told = d.say(d.prose.section(stock("report")["learning"], keep=0.9, sizes=(2, 3)))
    return [photo(d, "facade", 0.8), opening, *d.heading("Learning at work"), *told]


def _risks(d: Desk) -> list[Flowable]:
    paragraphs = d.say(d.prose.section(stock("report")["risk"], keep=1, sizes=(2, 2)))
    rows = [["Risk", "Likelihood", "Effect", "Change"]]
    for name in (
        "Business cycle",
        "Procurement",
        "Exchange rates",
        "Information security",
        "Legal disputes",
        "Climate",
    ):
        rows.append(
            [
                name,
                d.rng.choice(["low", "medium", "high"]),
                d.rng.choice(["minor", "moderate", "major"]),
                d.rng.choice(["unchanged", "up", "down"]),
            ]
        )
    return [
        *d.opening("Risks and opportunities"),
        *paragraphs[:2],
        *d.heading("Overview", table=True),
        d.table(rows, [0.4, 0.2, 0.2, 0.2], texts=4),
        *d.heading("The risks in detail"),
        *paragraphs[2:-1],
        photo(d, "landscape", 0.9),
        paragraphs[-1],
    ]


def _markets(d: Desk) -> list[Flowable]:
    ends = [d.figures.end.year - back for back in range(5)][::-1]
    series = [
        charts.Series(name, [100 + n * d.rng.uniform(-3, 6) for n in range(5)])
        for name in ("Europe", "North America", "Asia")
    ]
    chart = charts.lines(d.pen, ends, series, ("", "Demand (index)"), (6.2, 2.9))
    *paragraphs, last = d.say(d.prose.section(stock("report")["markets"], keep=1, sizes=(2, 3)))
    return [*d.opening("Markets"), *paragraphs, d.picture(chart, "Demand in our markets, index", chart=True), last]


def _innovation(d: Desk) -> list[Flowable]:
    released, word = d.rng.choice([(14, "fourteen"), (19, "nineteen"), (23, "twenty-three")])
    d.prose.also({"new_products": word})
    paragraphs = d.say(d.prose.section(stock("report")["innovation"], keep=1, sizes=(2, 3)))
    counts = [*(float(d.rng.randint(9, 30)) for _ in range(4)), float(released)]
    ends = [str(d.figures.end.year - back) for back in range(5)][::-1]
    chart = charts.bars(d.pen, ends, [charts.Series("New products", counts)], "New products", (6.2, 2.6))
    story = [*d.opening("Innovation"), *paragraphs[:2], photo(d, "texture", 0.9), *paragraphs[2:-1]]
    phrases = stock("report")["products"]
    rows = [["Product", "Use", "On sale since"]]
    for name in d.rng.sample(phrases["names"], d.rng.randint(5, 8)):
        rows.append([name, d.rng.choice(phrases["uses"]), d.rng.choice(phrases["since"])])
    table = d.table(rows, [0.42, 0.34, 0.24], texts=3)
    shown = [d.picture(chart, "New products by year", chart=True), paragraphs[-1]]
    return [*story, *shown, *d.heading("Selected new products", table=True), table]


def chapters(d: Desk) -> list[Flowable]:
    """All chapters before the accounts, in the order of this report."""
    middle = [_innovation, _sustainability, _people, _risks]
    d.rng.shuffle(middle)
    story = [*_letter(d), *_profile(d), *_strategy(d), *_markets(d)]
    story += _divider(d, "Our business", "business")
    for part in d.figures.segments:
        story += _segment(d, part)
    story += _divider(d, "Responsibility", "responsibility")
    for chapter in (*middle, governance, audit_committee, shares, outlook):
        story += chapter(d)
    return [*story, *terms(d), *_divider(d, "Accounts", "accounts")]
