"""What is sold: patterns of goods and services with their prices, in three languages."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from .stock import stock

_STOCK = stock("catalogue")
TRADES: dict[str, dict[str, list[tuple[str, float]]]] = _STOCK["trades"]


@dataclass(frozen=True, slots=True)
class Article:
    """One thing for sale: its number, its description and the price of one unit."""

    number: str
    description: str
    price: Decimal


def articles(rng: random.Random, language: str, trade: str, count: int) -> list[Article]:
    """`count` articles of a trade, no description twice."""
    found: dict[str, Article] = {}
    prefix = rng.choice(["", "A-", "{}-".format(rng.choice(["HX", "KL", "QM", "ST"]))])
    while len(found) < count:
        pattern, price = rng.choice(TRADES[language][trade])
        text = pattern.format(
            n=rng.choice(["100", "250", "500", "1200", "2500"]),
            w=rng.choice([16, 20, 25, 40, 50, 60, 75, 80]),
            k=rng.randint(2, 12),
            c=rng.choice(_STOCK["colours"][language]),
            m=f"{rng.choice('ACEKRTX')}{rng.randint(12, 98)}0",
            p=rng.choice(_STOCK["periods"][language]),
        )
        exact = Decimal(str(round(price * rng.uniform(0.7, 1.6), 2)))
        found.setdefault(text, Article(f"{prefix}{rng.randint(10000, 99999)}", text, exact))
    return list(found.values())
