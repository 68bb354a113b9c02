"""What follows a report's accounts and brings it to its length: ten years, quarters, questions, directory of sites."""

from __future__ import annotations

from collections.abc import Callable

from reportlab.platypus import Flowable, Paragraph

from . import charts
from .report_desk import HEIGHT, ROOM, Desk
from .report_figures import QUARTERS, earlier
from .report_statements import summary, unit_line
from .stock import stock

SITES = ["Place", "Country", "Kind", "Opened", "Area (m²)"]
SITE_WIDTHS = [0.24, 0.24, 0.26, 0.12, 0.14]


def _decade(d: Desk) -> list[Flowable]:
    """Ten years in figures; those of the five-year summary are the same."""
    f = d.figures
    before = earlier(d.rng, f.years[-1])
    revenue = [float(d.worth(year.revenue)) for year in reversed(f.years + before)]
    label = f"{f.currency} {f.unit}"
    ends = [str(f.end.year - back) for back in range(10)][::-1]
    chart = charts.bars(d.pen, ends, [charts.Series("Revenue", revenue)], label, (6.3, 2.1))
    return [
        *d.opening("Ten-year review"),
        *d.say(d.prose.section(stock("further")["decade"], keep=1)),
        d.picture(chart, f"Revenue over ten years, {label}", chart=True),
        *d.heading(f"{f.end.year} to {f.end.year - 4}", listed=False, table=True),
        summary(d, f.years, f.end.year),
        *d.heading(f"{f.end.year - 5} to {f.end.year - 9}", listed=False, table=True),
        summary(d, before, f.end.year - 5),
    ]


def _by_quarter(d: Desk, name: str, spread: float) -> Flowable:
    """An item of each segment and of the group by quarters, which add up to the year's amount in the statements."""
    rows, group = [], [0, 0, 0, 0]
    for index, part in enumerate(d.figures.segments):
        total = (part.revenue if name == "revenue" else part.profit)[0]
        first = [int(total * share * d.rng.uniform(1 - spread, 1 + spread)) for share in QUARTERS[0][:3]]
        quarters = [*first, total - sum(first)]
        group = [a + b for a, b in zip(group, quarters, strict=True)]
        if name == "revenue" or d.figures.segment_profit:
            rows.append([part.name, *map(d.amount, quarters), d.told(f"/segments/{index}/{name}", total)])
    rows.append(["Group", *map(d.amount, group), d.told(f"/{name}", sum(group))])
    heads = [unit_line(d), "Q1", "Q2", "Q3", "Q4", str(d.figures.end.year)]
    return d.table([heads, *rows], [0.3, 0.14, 0.14, 0.14, 0.14, 0.14], bold=[len(rows)])


def _quarters(d: Desk) -> list[Flowable]:
    """The year by quarters."""
    return [
        *d.opening("The year by quarters"),
        *d.say(d.prose.section(stock("further")["quarters"], keep=1)),
        *d.heading("Revenue by quarter", listed=False, table=True),
        _by_quarter(d, "revenue", 0),
        *d.heading("Operating profit by quarter", listed=False, table=True),
        _by_quarter(d, "operating_profit", 0.15),
    ]


def _questions(d: Desk) -> list[Flowable]:
    """What shareholders asked, and what they were told."""
    bold = d.look.text(bold=True, lead=1.4, spaceBefore=4, spaceAfter=3)
    story = d.opening("Questions from shareholders")
    for entry in d.rng.sample(stock("further")["questions"], 7):
        story += [Paragraph(d.prose.say(entry["ask"]), bold), *d.say(d.prose.section(entry["answer"], keep=1))]
    return story


def _meeting(d: Desk) -> list[Flowable]:
    """The resolutions of the last general meeting, which was about the year before."""
    phrases = stock("further")
    present = d.rng.uniform(58, 81)
    d.prose.also({"present": f"{present:.1f}"})
    rows = [["Resolution", "For (%)", "Against (%)"]]
    for subject in d.rng.sample(phrases["resolutions"], 8):
        share = d.rng.uniform(84, 99.9)
        rows.append([subject, f"{share:.1f}", f"{100 - round(share, 1):.1f}"])
    return [
        *d.opening("The last general meeting"),
        *d.say(d.prose.section(phrases["meeting"], keep=1, sizes=(2, 3))),
        *d.heading("Resolutions", listed=False, table=True),
        d.table(rows, [0.6, 0.2, 0.2]),
    ]


def _rows_within(d: Desk, room: float) -> int:
    """How many rows of one line stand under the head of the table of sites within `room` points."""
    ten, twenty = (d.table([SITES] * count, SITE_WIDTHS, texts=3).wrap(ROOM, room)[1] for count in (10, 20))
    return int(10 * room / (twenty - ten)) - 1


def _sites(d: Desk, pages: int) -> list[Flowable]:
    """The directory of sites: one table that ends on the last of this many pages."""
    phrases = stock("further")
    story = [*d.opening("Sales and service sites"), *d.say(d.prose.section(phrases["sites"], keep=1))]
    above = sum(part.wrap(ROOM, HEIGHT)[1] + part.getSpaceBefore() + part.getSpaceAfter() for part in story[1:])
    count = _rows_within(d, HEIGHT - above) + (pages - 1) * _rows_within(d, HEIGHT) - d.rng.randint(2, 9)
    every = [
        (country, city, kind)
        for country, cities in phrases["cities"].items()
        for city in cities
        for kind in phrases["kinds"]
    ]
    rows = []
    for country, city, kind in sorted(d.rng.sample(every, count)):
        opened, area = d.rng.randint(1974, d.figures.end.year - 1), d.rng.randint(14, 420) * 10
        rows.append([city, country, kind, str(opened), f"{area:,}"])
    return [*story, d.table([SITES, *rows], SITE_WIDTHS, texts=3)]


def further(d: Desk, pages: int) -> list[Flowable]:
    """Exactly this many pages of further information: a chapter of one page each, then the sites over the others."""
    chapters: list[Callable[[Desk], list[Flowable]]] = [_decade, _questions, _quarters, _meeting]
    chosen = chapters[: max(0, pages - 1)]
    story = [flowable for chapter in chosen for flowable in chapter(d)]
    return [*story, *_sites(d, pages - len(chosen))] if pages > 0 else story
