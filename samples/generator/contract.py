"""Scanned contracts: service and lease agreements, typeset, signed, stamped and put through a scanner."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, PageTemplate

from .contract_story import desk, tell
from .formats import SIGNS, Writing, writing
from .gold import Gold
from .scan import scan
from .sheet import Meta, compose, face
from .words import Company, company, maybe

COUNTRIES = ["en-GB", "en-US", "en-EU", "en-GB", "de-DE"]
LAWS = {
    "en-GB": [("England and Wales", "London"), ("England and Wales", "Manchester"), ("Scotland", "Edinburgh")],
    "en-US": [
        ("the State of New York", "New York"),
        ("the State of Delaware", "Wilmington"),
        ("the State of Oregon", "Portland"),
    ],
    "en-EU": [("the Netherlands", "Amsterdam"), ("the Netherlands", "Rotterdam")],
    "de-DE": [("Germany", "Hamburg"), ("the Federal Republic of Germany", "Munich")],
}
ROLES = {
    "service": [
        ("Supplier", "Client"),
        ("Contractor", "Customer"),
        ("Service Provider", "Company"),
        ("Consultant", "Client"),
    ],
    "lease": [("Landlord", "Tenant"), ("Lessor", "Lessee")],
}
WORK = [
    "industrial cleaning",
    "network maintenance",
    "warehouse logistics",
    "payroll accounting",
    "technical documentation",
    "laboratory testing",
]
PREMISES = [
    "Quay House, second floor",
    "Unit 7, Foundry Park",
    "the Old Granary",
    "Building C, Riverside Works",
    "Suite 410, Exchange Court",
]
NUMBERS = {
    10: "ten",
    12: "twelve",
    14: "fourteen",
    20: "twenty",
    24: "twenty-four",
    30: "thirty",
    36: "thirty-six",
    45: "forty-five",
    48: "forty-eight",
    60: "sixty",
    90: "ninety",
    180: "one hundred and eighty",
}
YEARS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed; None is what this agreement is silent on."""

    kind: str
    parties: tuple[Company, Company]
    roles: tuple[str, str]
    effective: date
    months: int
    signed: date
    stated_end: bool
    renewal: bool | None
    notice: int | None
    fee: int
    period: str
    deposit: int | None
    days: int | None
    late: float | None
    cap: int | None
    law: str
    city: str | None


def agree(rng: random.Random, country: str) -> Terms:
    """The terms of one agreement."""
    kind = rng.choice(["service", "service", "lease"])
    first = company(rng, country)
    law, city = rng.choice(LAWS[country])
    fee = rng.choice([1250, 1840, 2400, 3600, 4275, 5900, 7850, 9600, 12400, 18750, 26500])
    effective = date(rng.randint(2019, 2026), rng.randint(1, 12), rng.choice([1, 1, 1, 15]))
    return Terms(
        kind=kind,
        parties=(first, company(rng, country, first.stem)),
        roles=rng.choice(ROLES[kind]),
        effective=effective,
        months=rng.choice([12, 24, 36, 48, 60]),
        signed=effective - timedelta(days=rng.randint(2, 40)),
        stated_end=rng.random() < 0.5,
        renewal=rng.choice([True, False, None]),
        notice=maybe(rng, 0.85, rng.choice([30, 45, 60, 90, 180])),
        fee=fee,
        period=rng.choice(["month", "month", "quarter", "year"])
        if kind == "service"
        else rng.choice(["month", "quarter"]),
        deposit=maybe(rng, 0.8 if kind == "lease" else 0.15, fee * rng.choice([2, 3])),
        days=maybe(rng, 0.85, rng.choice([10, 14, 20, 30, 45, 60])),
        late=maybe(rng, 0.6, rng.choice([4, 5, 7.5, 8, 9, 12])),
        cap=maybe(rng, 0.5, rng.choice([50_000, 100_000, 250_000, 500_000, 1_000_000])),
        law=law,
        city=maybe(rng, 0.85, city),
    )


def last_day(first: date, months: int) -> date:
    """The day before the one that is `months` months after `first`."""
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, first.day) - timedelta(days=1)


def _words(t: Terms, w: Writing, gold: Gold, rng: random.Random) -> dict[str, str]:
    """The agreement's facts as marked words, by the names that the clauses use."""

    def spelled(n: int) -> str:
        return rng.choice([f"{NUMBERS[n]} ({n})", f"{n}"])

    def money(n: int) -> str:
        if rng.random() < 0.4:
            return f"{SIGNS[w.currency]}{w.number(n, 0)}"
        return f"{w.currency} {w.number(n, rng.choice([0, 2]))}"

    years = t.months // 12
    term = rng.choice([f"{spelled(t.months)} months", f"{YEARS[years]} ({years}) year{'s' * (years > 1)}"])
    text = {
        "A": f"the {t.roles[0]}",
        "B": f"the {t.roles[1]}",
        "field": rng.choice(WORK),
        "premises": rng.choice(PREMISES),
        "area": str(rng.randint(90, 1400)),
        "earlier": w.date(t.signed - timedelta(days=rng.randint(60, 400))),
        "small": money(rng.choice([65, 90, 120, 250])),
        "insured": money(rng.choice([2, 3, 5]) * 1_000_000),
        "period": t.period,
        "period_adj": {"month": "monthly", "quarter": "quarterly", "year": "yearly"}[t.period],
        "effective": gold.tag("/effective_date", t.effective.isoformat(), w.date(t.effective)),
        "term": gold.tag("/term_months", t.months, term),
        "fee": gold.mark("/fee/currency /fee/period") + gold.tag("/fee/amount", t.fee, money(t.fee)),
        "law": gold.tag("/governing_law", t.law.removeprefix("the "), t.law),
    }
    gold.put("/fee/currency", w.currency)
    gold.put("/fee/period", t.period)
    if t.stated_end:
        end = last_day(t.effective, t.months)
        text["end"] = gold.tag("/end_date", end.isoformat(), w.date(end))
    if t.notice is not None:
        text["notice"] = gold.tag("/notice_period_days", t.notice, spelled(t.notice))
    for name, pointer, amount in (("deposit", "/deposit", t.deposit), ("cap", "/liability_cap", t.cap)):
        if amount is not None:
            text[name] = gold.tag(pointer, amount, money(amount))
    if t.days is not None:
        text["days"] = gold.tag("/payment_days", t.days, spelled(t.days))
    if t.late is not None:
        text["late"] = gold.tag("/late_interest_percent", t.late)
    if t.city is not None:
        text["city"] = gold.tag("/jurisdiction", t.city)
    return text


def printed(seed: int) -> tuple[bytes, str, dict[str, Any]]:
    """The agreement before it is scanned (with its text), its title, and its gold."""
    rng = random.Random(f"contract-{seed}")
    gold = Gold("contract")
    country = COUNTRIES[seed % len(COUNTRIES)]
    terms = agree(rng, country)
    w = writing(country if country != "de-DE" else "en-EU", rng)
    type_face = face(rng.choice(["serif", "serif", "sans", "stix", "book"]))
    paper = LETTER if country == "en-US" else A4
    footer = rng.choice(["Page {n}", "{n}", "- {n} -"])

    def decorate(canvas: Canvas, _: Any) -> None:
        canvas.setFont(type_face.roman, 9)
        canvas.drawCentredString(paper[0] / 2, 13 * mm, footer.format(n=canvas.getPageNumber()))

    title, story = tell(desk(terms, _words(terms, w, gold, rng), w, gold, rng, type_face))
    frame = Frame(24 * mm, 22 * mm, paper[0] - 46 * mm, paper[1] - 46 * mm, 0, 0, 0, 0)
    content = compose(
        gold, Meta(title, terms.parties[0].name), paper, [PageTemplate(frames=[frame], onPage=decorate)], lambda: story
    )
    return content, title, gold.finish()


def make(seed: int) -> tuple[bytes, dict[str, Any]]:
    """One scanned contract as PDF without a text layer, and its gold."""
    content, _, gold = printed(seed)
    return scan(content, seed, f"Scan {seed}"), gold
