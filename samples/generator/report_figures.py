"""A company's year in figures that add up: statements, segments, five years. Amounts are whole steps of the unit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .words import Company, company, digits, maybe, people

COUNTRIES = ["en-GB", "de-DE", "en-US", "en-EU", "de-CH", "fr-FR"]
YEAR_ENDS = [(12, 31), (12, 31), (12, 31), (9, 30), (3, 31), (6, 30)]
AUDITORS = [
    "Marlowe Thackray LLP",
    "Brandstätter & Partner AG",
    "Osei Kincaid Audit Ltd",
    "Vasseur Fontenelle Audit SAS",
]
BUSINESSES = [
    ["Water Systems", "Pumps and Valves", "Building Services", "Digital Monitoring", "Service and Spare Parts"],
    ["Consumer Foods", "Ingredients", "Food Service", "Plant-based Nutrition", "Private Label"],
    ["Rail Technology", "Signalling", "Urban Mobility", "Maintenance", "Components"],
    ["Diagnostics", "Laboratory Equipment", "Life Science Reagents", "Clinical Services", "Imaging"],
    ["Packaging Board", "Specialty Papers", "Recycling", "Industrial Films", "Labels"],
]
QUARTERS = ((0.22, 0.25, 0.24, 0.29), (0.23, 0.24, 0.25, 0.28))
"""Shares of the quarters in a segment's revenue, this year and the year before."""
ROLES = ["Deputy Chair", "Senior Independent Director", "Non-executive Director", "Chief Financial Officer"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: external revenue and operating profit, this year and the year before."""

    name: str
    revenue: tuple[int, int]
    profit: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Director:
    """One member of the board and the year of joining it."""

    name: str
    role: str
    since: int


@dataclass(frozen=True, slots=True)
class Year:
    """One year's figures. Costs are positive. All but shares and employees are in steps of the unit."""

    revenue: int
    cost_of_sales: int
    selling: int
    administration: int
    research: int
    finance: int
    tax: int
    depreciation: int
    plant: int
    goodwill: int
    inventories: int
    receivables: int
    cash: int
    equity: int
    debt: int
    payables: int
    working_capital_change: int
    investment: int
    dividend_paid: int
    employees: int

    @property
    def operating_profit(self) -> int:
        """Revenue less operating costs."""
        return self.revenue - self.cost_of_sales - self.selling - self.administration - self.research

    @property
    def net_profit(self) -> int:
        """What is left after finance cost and tax."""
        return self.operating_profit - self.finance - self.tax

    @property
    def assets(self) -> int:
        """Total assets."""
        return self.plant + self.goodwill + self.inventories + self.receivables + self.cash

    @property
    def provisions(self) -> int:
        """The part of the liabilities that balances the sheet."""
        return self.assets - self.equity - self.debt - self.payables

    @property
    def operating_cash_flow(self) -> int:
        """Profit before depreciation, less what working capital took."""
        return self.net_profit + self.depreciation - self.working_capital_change


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the report states; None is what it does not state. `years` run from the latest back."""

    company: Company
    end: date
    currency: str
    unit: str
    places: int
    years: list[Year]
    segments: list[Segment]
    directors: list[Director]
    chief: str
    auditor: str
    registration: str | None
    office: str | None
    shares: int
    listed: bool
    dividend: float | None
    state_employees: bool
    segment_profit: bool
    since_column: bool

    def per_share(self, year: Year) -> float:
        """Earnings per share in whole units of the currency."""
        scale = 1e6 if self.unit == "millions" else 1e3
        return round(year.net_profit / float(10**self.places) * scale / self.shares, 2)


def _year(rng: random.Random, revenue: int, employees: int) -> Year:
    def part(low: float, high: float) -> int:
        return int(revenue * rng.uniform(low, high))

    year: dict[str, Any] = {
        "revenue": revenue,
        "cost_of_sales": part(0.55, 0.63),
        "selling": part(0.12, 0.16),
        "administration": part(0.05, 0.08),
        "research": part(0.01, 0.04),
        "finance": part(0.004, 0.012),
        "depreciation": part(0.03, 0.05),
        "plant": part(0.25, 0.4),
        "goodwill": part(0.05, 0.2),
        "inventories": part(0.1, 0.18),
        "receivables": part(0.12, 0.2),
        "cash": part(0.05, 0.14),
        "debt": part(0.1, 0.2),
        "payables": part(0.08, 0.14),
        "working_capital_change": part(-0.01, 0.02),
        "investment": part(0.03, 0.06),
        "dividend_paid": part(0.008, 0.02),
        "employees": employees,
    }
    costs = sum(year[name] for name in ("cost_of_sales", "selling", "administration", "research", "finance"))
    year["tax"] = int((revenue - costs) * rng.uniform(0.22, 0.29))
    assets = sum(year[name] for name in ("plant", "goodwill", "inventories", "receivables", "cash"))
    year["equity"] = int((assets - year["debt"] - year["payables"]) * rng.uniform(0.7, 0.88))
    return Year(**year)


def _years(rng: random.Random, revenue: int, employees: int) -> list[Year]:
    """Five years, from one of this revenue and number of employees back."""
    years = []
    for _ in range(5):
        years.append(_year(rng, revenue, employees))
        revenue, employees = int(revenue / rng.uniform(0.95, 1.13)), int(employees / rng.uniform(0.96, 1.08))
    return years


def earlier(rng: random.Random, last: Year) -> list[Year]:
    """The five years before `last`, from the latest back."""
    return _years(rng, int(last.revenue / rng.uniform(0.96, 1.1)), int(last.employees / rng.uniform(0.97, 1.05)))


def split(total: int, weights: Sequence[float]) -> list[int]:
    """`total` in parts of these weights that add up to it."""
    parts = [int(total * weight / sum(weights)) for weight in weights]
    parts[0] += total - sum(parts)
    return parts


def _segments(rng: random.Random, now: Year, before: Year) -> list[Segment]:
    names = rng.sample(rng.choice(BUSINESSES), rng.randint(3, 5))
    weights = [rng.uniform(0.5, 1.8) for _ in names]

    def moved(spread: float) -> list[float]:
        return [weight * rng.uniform(1 - spread, 1 + spread) for weight in weights]

    revenue = zip(split(now.revenue, weights), split(before.revenue, moved(0.1)), strict=True)
    profits = split(now.operating_profit, moved(0.4)), split(before.operating_profit, moved(0.4))
    return [Segment(name, r, p) for name, r, p in zip(names, revenue, zip(*profits, strict=True), strict=True)]


def _directors(rng: random.Random, year: int) -> list[Director]:
    names = people(rng, rng.randint(6, 9))
    roles = ["Chair", "Chief Executive Officer", *rng.sample(ROLES, rng.randint(2, 4))]
    roles += ["Non-executive Director"] * (len(names) - len(roles))
    return [Director(name, role, year - rng.randint(1, 14)) for name, role in zip(names, roles, strict=True)]


def figures(seed: int, rng: random.Random) -> Figures:
    """The figures of one report."""
    country = COUNTRIES[seed % len(COUNTRIES)]
    firm = company(rng, country)
    form = {"en-GB": "plc", "de-DE": "AG", "en-US": "Inc.", "en-EU": "N.V.", "de-CH": "AG", "fr-FR": "SA"}[country]
    stem = firm.stem
    kind = rng.choice(["Group", "Holding", "Industries", "International"])
    firm = replace(firm, name=f"{stem} {kind} {form}")
    month, day = rng.choice(YEAR_ENDS)
    end = date(rng.randint(2018, 2026), month, day)
    unit, places = rng.choice([("millions", 1), ("thousands", 0), ("millions", 0)])
    revenue = rng.randint(3200, 48000) if unit == "millions" else rng.randint(240_000, 980_000)
    staff = rng.randint(1800, 21000)
    years = _years(rng, revenue, staff)
    directors = _directors(rng, end.year)
    listed = rng.random() < 0.8
    made = Figures(
        company=firm,
        end=end,
        currency={"en-GB": "GBP", "en-US": "USD", "de-CH": "CHF"}.get(country, "EUR"),
        unit=unit,
        places=places,
        years=years,
        segments=_segments(rng, years[0], years[1]),
        directors=directors,
        chief=next(d.name for d in directors if d.role == "Chief Executive Officer"),
        auditor=rng.choice(AUDITORS),
        registration=maybe(
            rng, 0.6, rng.choice([f"HRB {digits(rng, 6)}", digits(rng, 8), f"{digits(rng, 3)} {digits(rng, 3)}"])
        ),
        office=maybe(rng, 0.85, firm.city),
        shares=rng.randint(20, 180) * (6_000_000 if unit == "millions" and places == 0 else 1_000_000),
        listed=listed,
        dividend=None,
        state_employees=rng.random() < 0.85,
        segment_profit=rng.random() < 0.75,
        since_column=rng.random() < 0.6,
    )
    if not listed or rng.random() < 0.2:
        return made
    dividend = round(max(0.05, made.per_share(years[0]) * rng.uniform(0.25, 0.5)), 2)
    return replace(made, dividend=dividend)
