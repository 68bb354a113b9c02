"""The notes to a report's statements, the list of companies, the parent company's figures, the auditor's report."""

from __future__ import annotations

from datetime import timedelta

from reportlab.platypus import Flowable, Paragraph, Spacer

from .report_desk import Desk
from .report_figures import split
from .report_statements import HALF, heads, segment_note, unit_line
from .sheet import plain
from .stock import stock
from .words import company


def _note_table(d: Desk, total: int, before: int, labels: list[str]) -> Flowable:
    """A total of both years in uneven parts."""

    def parts(amount: int) -> list[int]:
        return split(amount, [d.rng.uniform(0.4, 1.6) for _ in labels])

    rows = [[label, d.amount(a), d.amount(b)] for label, a, b in zip(labels, parts(total), parts(before), strict=True)]
    rows.append(["Total", d.amount(total), d.amount(before)])
    return d.table([heads(d), *rows], HALF, bold=[len(rows)])


def _movement(d: Desk, opening: int, closing: int, labels: list[str]) -> Flowable:
    """How an item moved in the year, in all and by its first two parts."""
    parts = [0.5, 0.3]
    columns = []
    for share in (*parts, 1.0):
        first, last = int(opening * share), int(closing * share)
        added = abs(last - first) + int(first * d.rng.uniform(0.05, 0.2))
        columns.append([first, added, last - first - added, last])
    names = ["At the beginning of the year", "Additions", "Disposals, use and exchange rates", "At the end of the year"]
    rows = [[name, *(d.amount(column[at]) for column in columns)] for at, name in enumerate(names)]
    return d.table([[unit_line(d), *labels[:2], "Total"], *rows], [0.43, 0.19, 0.19, 0.19], bold=[4])


def _subsidiaries(d: Desk) -> list[Flowable]:
    """The list of companies in the group: many names, none of them the company's own."""
    rng, rows = d.rng, [["Company", "Country", "Share (%)"]]
    places = {
        "en-GB": "United Kingdom",
        "en-US": "United States",
        "de-DE": "Germany",
        "fr-FR": "France",
        "de-CH": "Switzerland",
        "en-EU": "Netherlands",
    }
    for _ in range(rng.randint(34, 48)):
        country = rng.choice(sorted(places))
        firm = company(rng, country, taken=d.figures.company.stem)
        rows.append(
            [plain(firm.name), places[country], rng.choice(["100.0", "100.0", "100.0", "75.1", "51.0", "60.0"])]
        )
    return [*d.heading("14 Companies of the group"), d.table(rows, [0.55, 0.27, 0.18], texts=2)]


def _last_notes(d: Desk) -> list[Flowable]:
    """The notes after the list of companies: related parties, and the auditor's fees."""
    fees = [d.rng.randint(600, 2400), d.rng.randint(600, 2400)]
    others = [int(fee * d.rng.uniform(0.04, 0.09)) for fee in fees]
    rows = [[f"{d.figures.currency} thousand", *heads(d)[1:]]]
    for label, amounts in (("Audit of the statements", fees), ("Other services", others)):
        rows.append([label, *(f"{amount:,}" for amount in amounts)])
    rows.append(["Total", *(f"{fee + other:,}" for fee, other in zip(fees, others, strict=True))])
    return [
        *d.heading("15 Related parties"),
        *d.say(d.prose.section(stock("report")["related"], keep=1)),
        *d.heading("16 Fees of the auditor", table=True),
        d.table(rows, HALF, bold=[3]),
    ]


def notes(d: Desk) -> list[Flowable]:
    """The notes to the statements."""
    now, before = d.figures.years[:2]
    phrases = stock("report")
    story = [*d.opening("Notes to the financial statements"), *d.heading("1 Accounting policies")]
    story += d.say(d.prose.section(phrases["policies"], keep=1, sizes=(2, 3)))
    story += [
        *d.heading("2 Segment reporting"),
        *d.say(d.prose.section(d.rng.sample(phrases["notes"], 3), keep=1)),
        *segment_note(d),
    ]
    segments = [part.name for part in d.figures.segments]
    for number, entry in enumerate(phrases["items"], 3):
        this, last = getattr(now, entry["item"]), getattr(before, entry["item"])
        labels = entry["parts"] or segments
        story += d.heading(f"{number} {entry['title']}", table=True)
        story.append(_note_table(d, this, last, labels))
        story += d.say(d.prose.section(d.rng.sample(phrases["notes"], 6), keep=1, sizes=(3, 3)))
        if entry.get("moves"):
            story.append(_movement(d, last, this, labels))
    report_day = d.figures.end + timedelta(days=d.rng.randint(50, 90))
    story += d.heading("13 Events after the balance sheet date")
    story += d.say(
        [
            f"Between the end of the year and {report_day.day} {report_day:%B} {report_day.year}, when the Board "
            "released these statements, no event of importance occurred."
        ]
    )
    return [*story, *_subsidiaries(d), *_last_notes(d)]


def parent(d: Desk) -> list[Flowable]:
    """The statements of the parent company alone: the same words as the group's, with other figures."""
    share = [d.rng.uniform(0.12, 0.3) for _ in range(2)]
    years = d.figures.years[:2]

    def pair(name: str) -> tuple[int, int]:
        now, before = (int(getattr(year, name) * part) for year, part in zip(years, share, strict=True))
        return now, before

    labels = {"Revenue": "revenue", "Operating profit": "operating_profit", "Profit for the year": "net_profit"}
    items = {"Total assets": "assets", "Equity": "equity", "Borrowings": "debt", "Cash": "cash"}
    story = [*d.opening("Statements of the parent company")]
    story += d.say([f"The following figures concern {plain(d.figures.company.name)} alone, without its subsidiaries."])
    for title, chosen in (
        ("Income statement of the parent company", labels),
        ("Balance sheet of the parent company", items),
    ):
        rows = [[label, *(d.amount(value) for value in pair(name))] for label, name in chosen.items()]
        story += [*d.heading(title, table=True), d.table([heads(d), *rows], HALF)]
    notes_given = d.say(d.prose.section(d.rng.sample(stock("report")["notes"], 6), keep=1))
    return [*story, *d.heading("Notes of the parent company", listed=False), *notes_given]


def auditor(d: Desk) -> list[Flowable]:
    """The auditor's report, signed."""
    f = d.figures
    signed = f.end + timedelta(days=d.rng.randint(91, 110))
    story = [*d.opening("Independent auditor's report"), *d.say([f"To the shareholders of {f.company.name}"])]
    story += d.say(d.prose.section(stock("report")["audit"], keep=1, sizes=(1, 2)))
    day = f"{signed.day} {signed:%B} {signed.year}"
    signatures = [d.gold.tag("/auditor", f.auditor), "Certified public accountants", f"{f.company.city}, {day}"]
    return [*story, Spacer(1, 20), *(Paragraph(line, d.look.text()) for line in signatures)]
