"""The financial part of a report: review, statements, notes, auditor's report."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable, Paragraph

from . import charts
from .report_desk import Desk
from .report_figures import Year
from .stock import stock

NAMES = {"EUR": "euros", "USD": "US dollars", "GBP": "pounds sterling", "CHF": "Swiss francs"}
SIGNS = {"EUR": "€", "USD": "US$", "GBP": "£", "CHF": "CHF"}
HALF = [0.62, 0.19, 0.19]


def unit_line(d: Desk) -> str:
    """In which unit the figures are, in the words of this report, with the marks of unit and currency."""
    f = d.figures
    d.gold.put("/currency", f.currency)
    d.gold.put("/unit", f.unit)
    code = {"millions": "million", "thousands": "thousand"}[f.unit]
    forms = [f"in {f.unit} of {NAMES[f.currency]}", f"{f.currency} {code}", f"{SIGNS[f.currency]} {f.unit}"]
    return d.gold.mark("/currency /unit") + forms[len(f.company.name) % 3]


def heads(d: Desk) -> list[str]:
    year = d.figures.end.year
    return [unit_line(d), str(year), str(year - 1)]


def _rows(d: Desk, pairs: list[tuple[str, int, int, str | None]]) -> list[list[str]]:
    """Label, this year and last; with a pointer, this year's amount is gold."""
    made = []
    for label, now, before, pointer in pairs:
        made.append([label, d.told(pointer, now) if pointer else d.amount(now), d.amount(before)])
    return made


def income(d: Desk) -> list[Flowable]:
    """The income statement."""
    f = d.figures
    now, before = f.years[:2]
    revenue = [
        d.rng.choice(["Revenue", "Sales", "Net sales", "Turnover"]),
        d.told("/revenue", now.revenue),
        d.told("/revenue_previous_year", before.revenue),
    ]
    costs = _rows(
        d,
        [
            ("Cost of sales", -now.cost_of_sales, -before.cost_of_sales, None),
            ("<b>Gross profit</b>", now.revenue - now.cost_of_sales, before.revenue - before.cost_of_sales, None),
            ("Selling expenses", -now.selling, -before.selling, None),
            ("Administrative expenses", -now.administration, -before.administration, None),
            ("Research and development", -now.research, -before.research, None),
            (
                d.rng.choice(["Operating profit", "Operating profit (EBIT)", "Result from operations"]),
                now.operating_profit,
                before.operating_profit,
                "/operating_profit",
            ),
            ("Finance cost, net", -now.finance, -before.finance, None),
            ("Profit before tax", now.operating_profit - now.finance, before.operating_profit - before.finance, None),
            ("Income taxes", -now.tax, -before.tax, None),
            (
                d.rng.choice(["Profit for the year", "Net profit", "Net income for the year"]),
                now.net_profit,
                before.net_profit,
                "/net_profit",
            ),
        ],
    )
    story = [
        *d.opening("Consolidated income statement"),
        _until(d),
        d.table([heads(d), revenue, *costs], HALF, bold=[7, 11]),
    ]
    if f.listed:
        label = d.rng.choice(["Basic earnings per share", "Earnings per share, basic"])
        value = f.per_share(now)
        told = d.gold.tag("/earnings_per_share", value, f"{value:.2f}")
        rows = [[f"in {f.currency}", str(f.end.year), str(f.end.year - 1)], [label, told, f"{f.per_share(before):.2f}"]]
        rows.append(["Diluted earnings per share", f"{value * 0.98:.2f}", f"{f.per_share(before) * 0.98:.2f}"])
        rows.append(["Shares outstanding (number)", f"{f.shares:,}", f"{f.shares:,}"])
        story.append(d.table(rows, HALF))
    return story


def _until(d: Desk) -> Flowable:
    day = d.figures.end
    shown = f"{day.day} {day:%B} {day.year}"
    told = d.gold.tag("/fiscal_year_end", day.isoformat(), shown)
    return Paragraph(f"for the year ended {told}", d.look.text(scale=1.05, spaceAfter=8))


def balance(d: Desk) -> list[Flowable]:
    """The balance sheet."""
    now, before = d.figures.years[:2]

    def liabilities(year: Year) -> int:
        return year.assets - year.equity

    assets = _rows(
        d,
        [
            ("Property, plant and equipment", now.plant, before.plant, None),
            ("Goodwill and intangible assets", now.goodwill, before.goodwill, None),
            ("Non-current assets", now.plant + now.goodwill, before.plant + before.goodwill, None),
            ("Inventories", now.inventories, before.inventories, None),
            ("Trade and other receivables", now.receivables, before.receivables, None),
            ("Cash and cash equivalents", now.cash, before.cash, None),
            ("Total assets", now.assets, before.assets, "/total_assets"),
        ],
    )
    sources = _rows(
        d,
        [
            ("Share capital", now.equity // 5, before.equity // 5, None),
            ("Reserves and retained earnings", now.equity - now.equity // 5, before.equity - before.equity // 5, None),
            (
                d.rng.choice(["Total equity", "Equity", "Shareholders' equity"]),
                now.equity,
                before.equity,
                "/total_equity",
            ),
            ("Borrowings", now.debt, before.debt, None),
            ("Provisions and deferred tax", now.provisions, before.provisions, None),
            ("Trade and other payables", now.payables, before.payables, None),
            ("Total liabilities", liabilities(now), liabilities(before), None),
            ("Total equity and liabilities", now.assets, before.assets, None),
        ],
    )
    at = Paragraph(f"at {d.figures.end.day} {d.figures.end:%B} {d.figures.end.year}", d.look.text(spaceAfter=8))
    return [
        *d.opening("Consolidated balance sheet"),
        at,
        d.table([heads(d), *assets], HALF, bold=[3, 7]),
        d.table([heads(d), *sources], HALF, bold=[3, 7, 8]),
    ]


def cash_flow(d: Desk) -> list[Flowable]:
    """The statement of cash flows, and that of changes in equity."""
    years = d.figures.years[:3]
    now, before = years[:2]

    def other(year: Year, earlier: Year) -> int:
        known = year.operating_cash_flow - year.investment - year.dividend_paid + year.debt - earlier.debt
        return year.cash - earlier.cash - known

    pairs: list[tuple[str, int, int, str | None]] = [
        ("Profit for the year", now.net_profit, before.net_profit, None),
        ("Depreciation and amortisation", now.depreciation, before.depreciation, None),
        ("Change in working capital", -now.working_capital_change, -before.working_capital_change, None),
        (
            d.rng.choice(["Net cash from operating activities", "Cash flow from operating activities"]),
            now.operating_cash_flow,
            before.operating_cash_flow,
            "/operating_cash_flow",
        ),
        ("Capital expenditure", -now.investment, -before.investment, None),
        ("Dividends paid", -now.dividend_paid, -before.dividend_paid, None),
        ("Change in borrowings", now.debt - before.debt, before.debt - years[2].debt, None),
        ("Disposals and other", other(now, before), other(before, years[2]), None),
        ("Change in cash and cash equivalents", now.cash - before.cash, before.cash - years[2].cash, None),
        ("Cash at the end of the year", now.cash, before.cash, None),
    ]
    story = [
        *d.opening("Consolidated statement of cash flows"),
        d.table([heads(d), *_rows(d, pairs)], HALF, bold=[4, 9, 10]),
    ]
    rest = [
        now.equity - before.equity - now.net_profit + now.dividend_paid,
        before.equity - years[2].equity - before.net_profit + before.dividend_paid,
    ]
    changes: list[tuple[str, int, int, str | None]] = [
        ("Equity at the beginning of the year", before.equity, years[2].equity, None),
        ("Profit for the year", now.net_profit, before.net_profit, None),
        ("Dividends", -now.dividend_paid, -before.dividend_paid, None),
        ("Other comprehensive income and other changes", rest[0], rest[1], None),
        ("Equity at the end of the year", now.equity, before.equity, None),
    ]
    return [
        *story,
        *d.heading("Statement of changes in equity", table=True),
        d.table([heads(d), *_rows(d, changes)], HALF, bold=[5]),
    ]


def review(d: Desk) -> list[Flowable]:
    """The financial review with the summary of five years."""
    f = d.figures
    story = [*d.opening("Financial review"), *d.say(d.prose.section(stock("report")["review"], keep=1))]
    ends = [str(f.end.year - back) for back in range(5)]
    series = [charts.Series("Revenue", [float(d.worth(year.revenue)) for year in reversed(f.years)])]
    label = f"{f.currency} {f.unit}"
    chart = charts.bars(d.pen, ends[::-1], series, label, (6.3, 2.9))
    margins = [100 * year.operating_profit / year.revenue for year in reversed(f.years)]
    line = charts.lines(
        d.pen,
        [float(end) for end in ends[::-1]],
        [charts.Series("Margin", margins)],
        ("", "Operating margin (%)"),
        (6.3, 2.7),
    )
    return [
        *story,
        d.picture(chart, f"Revenue over five years, {label}", chart=True),
        d.picture(line, "Operating margin in per cent of revenue", chart=True),
        *d.heading("Five-year summary", table=True),
        summary(d, f.years, f.end.year),
    ]


def summary(d: Desk, years: Sequence[Year], latest: int) -> Flowable:
    """Five years in figures, `latest` being the first of them; the year reported on carries its gold."""

    def told(pointer: str, year: Year, value: int) -> str:
        return d.told(pointer, value) if year is d.figures.years[0] else d.amount(value)

    rows = [
        ["Revenue", *(told("/revenue", y, y.revenue) for y in years)],
        ["Operating profit", *(told("/operating_profit", y, y.operating_profit) for y in years)],
        ["Profit for the year", *(told("/net_profit", y, y.net_profit) for y in years)],
        ["Total assets", *(told("/total_assets", y, y.assets) for y in years)],
        ["Total equity", *(told("/total_equity", y, y.equity) for y in years)],
        ["Equity ratio (%)", *(f"{100 * y.equity / y.assets:.1f}" for y in years)],
        ["Capital expenditure", *(d.amount(y.investment) for y in years)],
    ]
    if d.figures.state_employees:
        label = "Employees (31 December)" if d.figures.end.month == 12 else "Employees (year-end)"
        counts = [f"{y.employees:,}" for y in years]
        if years[0] is d.figures.years[0]:
            counts[0] = d.gold.tag("/employees", years[0].employees, counts[0])
        rows.append([label, *counts])
    heads = [unit_line(d), *(str(latest - back) for back in range(len(years)))]
    return d.table([heads, *rows], [0.3, 0.14, 0.14, 0.14, 0.14, 0.14])


def segment_note(d: Desk) -> list[Flowable]:
    """The note on segments: the table that the gold's segments come from."""
    f = d.figures
    heads = [unit_line(d), "External revenue", "previous year"]
    heads += ["Operating profit", "previous year"] if f.segment_profit else []
    rows = []
    for index, part in enumerate(f.segments):
        at = f"/segments/{index}"
        row = [d.gold.tag(f"{at}/name", part.name), d.told(f"{at}/revenue", part.revenue[0]), d.amount(part.revenue[1])]
        if f.segment_profit:
            row += [d.told(f"{at}/operating_profit", part.profit[0]), d.amount(part.profit[1])]
        rows.append(row)
    now, before = f.years[:2]
    total = ["Group", d.amount(now.revenue), d.amount(before.revenue)]
    total += [d.amount(now.operating_profit), d.amount(before.operating_profit)] if f.segment_profit else []
    widths = [0.32, 0.17, 0.17, 0.17, 0.17] if f.segment_profit else HALF
    return [d.table([heads, *rows, total], widths, bold=[len(rows) + 1])]
