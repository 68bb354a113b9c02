"""Invoices: the facts, the words for them in English, German and French, and the document."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .catalogue import TRADES, articles
from .formats import Writing, cents, writing
from .gold import Gold
from .invoice_layouts import draw
from .stock import stock
from .words import Company, company, digits, person

COUNTRIES = ["en-GB", "en-US", "en-EU", "de-DE", "fr-FR", "en-GB", "en-US", "fr-FR", "de-DE", "de-CH"]
RATES = {
    "en-GB": ["20"],
    "en-US": ["8.25", "6", "7.5"],
    "en-EU": ["21", "21", "9", "0"],
    "de-DE": ["19", "19", "19", "7", "0"],
    "de-CH": ["8.1"],
    "fr-FR": ["20", "5.5"],
}


@dataclass(frozen=True, slots=True)
class Line:
    """One position: what, how many, at which price, and what that makes."""

    article: str | None
    description: str
    quantity: Decimal
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an invoice says, before any words; None is what this one does not say."""

    seller: Company
    buyer: Company
    number: str
    day: date
    due: date | None
    delivered: date | None
    order: str | None
    customer: str | None
    buyer_vat: str | None
    email: str | None
    iban: str | None
    days: int | None
    positions: bool
    lines: list[Line]
    discount: Decimal | None
    shipping: Decimal | None
    rate: Decimal
    paid: Decimal | None
    contact: str

    @property
    def subtotal(self) -> Decimal:
        """Sum of the positions."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def net(self) -> Decimal:
        """What is taxed."""
        return self.subtotal - (self.discount or 0) + (self.shipping or 0)

    @property
    def tax(self) -> Decimal:
        """The tax on it."""
        return cents(self.net * self.rate / 100)

    @property
    def total(self) -> Decimal:
        """Net and tax."""
        return self.net + self.tax


@dataclass(slots=True)
class Wording:
    """The invoice in words and markup, for a layout to arrange."""

    language: str
    title: str
    seller: list[str]
    buyer: list[str]
    buyer_label: str
    meta: list[tuple[str, str]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    totals: list[tuple[str, str, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bank: list[str] = field(default_factory=list)
    registry: list[str] = field(default_factory=list)
    brand: str = ""
    page_word: str = "Page"


def _number(rng: random.Random, day: date) -> str:
    serial = rng.randint(17, 9800)
    return rng.choice(
        [
            f"INV-{day.year}-{serial:05}",
            f"{day.year}{serial:05}",
            f"RE{day:%y%m}-{serial:04}",
            f"{serial:06}",
            f"F{day.year}/{serial:04}",
        ]
    )


def _bought(rng: random.Random, language: str, trade: str, count: int, numbered: bool) -> list[Line]:
    """The positions: cheap things by the hundred, dear ones singly, services by the hour."""
    lines = []
    for article in articles(rng, language, trade, count):
        most = 13 if article.price < 20 else 9 if article.price < 100 else 5
        quantity = Decimal(rng.choice([1, 1, 2, 3, 4, 6, 8, 10, 12, 20, 50, 100, 250][:most]))
        if trade == "services":
            quantity = Decimal(rng.choice(["1", "2", "3.5", "6", "7.25", "8", "12", "16.5", "24", "40"]))
        number = article.number if numbered else None
        amount = cents(article.price * quantity)
        lines.append(Line(number, article.description, quantity, article.price, amount))
    return lines


def facts(rng: random.Random, country: str, count: int | None = None) -> Facts:
    """The facts of one invoice of `country`, of `count` positions where that is given."""
    trade = rng.choice(sorted(TRADES[country[:2]]))
    seller = company(rng, country, trade=trade)
    buyer = company(rng, country, taken=seller.stem)
    day = date(rng.randint(2022, 2026), 1, 1) + timedelta(days=rng.randint(0, 364))
    days = rng.choice([10, 14, 21, 30, 30, 45, 60, None])
    rate = Decimal(rng.choice(RATES[country]))
    count = count or rng.choice([rng.randint(5, 12), rng.randint(8, 20), rng.randint(20, 60)])
    numbered = rng.random() < 0.7
    lines = _bought(rng, country[:2], trade, count, numbered)
    subtotal = sum((line.amount for line in lines), Decimal(0))
    discount = cents(subtotal * rng.choice([2, 3, 5, 10]) / 100) if rng.random() < 0.4 else None
    shipping = (
        Decimal(rng.choice(["9.90", "14.50", "24.00", "49.00", "85.00"]))
        if trade != "services" and rng.random() < 0.6
        else None
    )
    made = Facts(
        seller=seller,
        buyer=buyer,
        number=_number(rng, day),
        day=day,
        due=day + timedelta(days=days) if days and rng.random() < 0.75 else None,
        delivered=day - timedelta(days=rng.randint(1, 12)) if rng.random() < 0.5 else None,
        order=rng.choice([f"PO-{digits(rng, 6)}", f"45{digits(rng, 8)}", f"B-{day.year}-{digits(rng, 4)}"])
        if rng.random() < 0.75
        else None,
        customer=rng.choice([digits(rng, 5), f"K-{digits(rng, 6)}", f"C{digits(rng, 4)}"])
        if rng.random() < 0.65
        else None,
        buyer_vat=buyer.vat_id if country != "en-US" and rng.random() < 0.4 else None,
        email=f"{rng.choice(['accounts', 'billing', 'invoice', 'info'])}@{seller.domain}"
        if rng.random() < 0.8
        else None,
        iban=seller.iban if country != "en-US" and rng.random() < 0.9 else None,
        days=days,
        positions=rng.random() < 0.7,
        lines=lines,
        discount=discount,
        shipping=shipping,
        rate=rate,
        paid=None,
        contact=person(rng, country[:2]),
    )
    if rng.random() < 0.2:
        made = replace(made, paid=cents(made.total * Decimal("0.3")))
    return made


def _parties(f: Facts, w: Writing, label: dict[str, str], gold: Gold, rng: random.Random) -> Wording:
    named = gold.tag("/seller/name", f.seller.name)
    town = gold.mark("/seller/city") + f.seller.place
    gold.put("/seller/city", f.seller.city)
    seller = [f"<b>{named}</b>", f.seller.street, town]
    if f.email:
        seller.append(f"{label['email']}: " + gold.tag("/seller/email", f.email))
    gold.put("/buyer/city", f.buyer.city)
    buyer = [gold.tag("/buyer/name", f.buyer.name), f.buyer.street, gold.mark("/buyer/city") + f.buyer.place]
    if rng.random() < 0.4:
        buyer.insert(1, f"{label['attention']} {person(rng, w.language)}")
    if f.buyer_vat:
        buyer.append(f"{label['buyer_vat']}: " + gold.tag("/buyer/vat_id", f.buyer_vat))
    return Wording(
        w.language, label["title"], seller, buyer, label["buyer"], brand=f.seller.stem, page_word=label["page"]
    )


def _meta(f: Facts, w: Writing, label: dict[str, str], gold: Gold, rng: random.Random) -> list[tuple[str, str]]:
    rows: list[tuple[str, str, Any, str]] = [
        ("number", "/invoice_number", f.number, f.number),
        ("date", "/invoice_date", f.day.isoformat(), w.date(f.day)),
    ]
    if f.delivered:
        rows.append(("delivered", "/delivery_date", f.delivered.isoformat(), w.date(f.delivered)))
    if f.order:
        rows.append(("order", "/purchase_order", f.order, f.order))
    if f.customer:
        rows.append(("customer", "/buyer/customer_number", f.customer, f.customer))
    if f.due:
        rows.append(("due", "/due_date", f.due.isoformat(), w.date(f.due)))
    meta = [(label[key], gold.tag(pointer, value, text)) for key, pointer, value, text in rows]
    if rng.random() < 0.5:
        ordered = f.day - timedelta(days=rng.randint(14, 40))
        meta.append((label["ordered"], w.date(ordered)))
    if rng.random() < 0.5:
        meta.append((label["contact"], f.contact))
    head, rest = meta[:1], meta[1:]
    rng.shuffle(rest)
    return head + rest if rng.random() < 0.7 else rest[:1] + head + rest[1:]


def _lines(f: Facts, w: Writing, label: dict[str, str], gold: Gold) -> tuple[list[str], list[list[str]]]:
    numbered = f.lines[0].article is not None
    heads = [label["pos"]] * f.positions + [label["article"]] * numbered
    heads += [label["description"], label["quantity"], label["price"], label["amount"]]
    rows = []
    for index, line in enumerate(f.lines):
        at = f"/line_items/{index}"
        row = [gold.tag(f"{at}/position", index + 1)] if f.positions else []
        if line.article is not None:
            row.append(gold.tag(f"{at}/article_number", line.article))
        row += [
            gold.tag(f"{at}/description", line.description),
            gold.tag(f"{at}/quantity", float(line.quantity), w.quantity(line.quantity)),
            gold.tag(f"{at}/unit_price", float(line.price), w.number(line.price)),
            gold.tag(f"{at}/amount", float(line.amount), w.number(line.amount)),
        ]
        rows.append(row)
    return heads, rows


def _totals(f: Facts, w: Writing, label: dict[str, str], gold: Gold) -> list[tuple[str, str, bool]]:
    rows = [(label["subtotal"], gold.tag("/subtotal", float(f.subtotal), w.number(f.subtotal)), False)]
    if f.discount is not None:
        share = w.quantity(cents(f.discount / f.subtotal * 100).normalize() + 0)
        rows.append(
            (
                label["discount"].format(rate=share),
                "-" + gold.tag("/discount", float(f.discount), w.number(f.discount)),
                False,
            )
        )
    if f.shipping is not None:
        rows.append((label["shipping"], gold.tag("/shipping", float(f.shipping), w.number(f.shipping)), False))
    if len(rows) > 1:
        rows.append((label["net"], w.number(f.net), False))
    rate = gold.mark("/tax_rate") + w.quantity(f.rate)
    gold.put("/tax_rate", float(f.rate))
    rows.append((label["tax"].format(rate=rate), gold.tag("/tax_amount", float(f.tax), w.number(f.tax)), False))
    total = gold.mark("/currency") + gold.tag("/total", float(f.total), w.money(f.total))
    gold.put("/currency", w.currency)
    rows.append((label["total"], total, True))
    if f.paid is not None:
        rows.append((label["paid"], "-" + gold.tag("/amount_paid", float(f.paid), w.number(f.paid)), False))
        rows.append((label["open"], w.money(f.total - f.paid), True))
    return rows


def _notes(f: Facts, w: Writing, gold: Gold, rng: random.Random) -> list[str]:
    stocked = stock("invoice")["notes"][w.language]
    notes = []
    if f.days:
        days = gold.tag("/payment_days", f.days)
        notes.append(rng.choice(stocked["days"]).format(days=days))
        if f.days > 14 and rng.random() < 0.4:
            notes.append(rng.choice(stocked["early"]))
    if f.rate == 0:
        notes.append(rng.choice(stocked["reverse"]))
    notes += rng.sample(stocked["closing"], rng.randint(1, 2))
    return notes


def word(f: Facts, w: Writing, gold: Gold, rng: random.Random) -> Wording:
    """The invoice in words; each fact carries its mark."""
    label = {key: rng.choice(choices) for key, choices in stock("invoice")["labels"][w.language].items()}
    if f.seller.country == "en-US":
        label["tax"] = rng.choice(["Sales tax {rate}%", "Tax ({rate} %)"])
    text = _parties(f, w, label, gold, rng)
    text.meta = _meta(f, w, label, gold, rng)
    text.heads, text.rows = _lines(f, w, label, gold)
    text.totals = _totals(f, w, label, gold)
    text.notes = _notes(f, w, gold, rng)
    bank = rng.choice(["Handelsbank Nord", "First Harbour Bank", "Crédit Rhodanien", "Union Mercantile Bank"])
    text.bank = [f"{label['bank']}: {bank}"]
    if f.iban:
        text.bank.append("IBAN: " + gold.tag("/seller/iban", f.iban))
    elif f.seller.country == "en-US":
        text.bank.append(f"Routing {digits(rng, 9)} · Account {digits(rng, 10)}")
    if f.seller.country == "en-US":
        text.registry = [f"EIN {f.seller.vat_id}"]
    else:
        text.registry = [f"{label['vat']}: " + gold.tag("/seller/vat_id", f.seller.vat_id)]
    text.registry.append(f"{label['register']} {digits(rng, 6)}")
    return text


def make(seed: int, count: int | None = None) -> tuple[bytes, dict[str, Any]]:
    """One invoice as PDF and its gold; `count` fixes the number of its positions."""
    rng = random.Random(f"invoice-{seed}")
    gold = Gold("invoice")
    made = facts(rng, COUNTRIES[seed % len(COUNTRIES)], count)
    text = word(made, writing(made.seller.country, rng), gold, rng)
    return draw(text, gold, rng, made.seller.name), gold.finish()
