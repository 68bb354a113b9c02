"""How numbers, money and dates are written in a country."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
}
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}
SPACE = "\u00a0"


def cents(value: Decimal) -> Decimal:
    """Rounded to two places, halves up as accountants do."""
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Writing:
    """One way to write: language, thousands and decimal marks, where the currency stands, which form of dates."""

    language: str
    thousands: str
    decimal: str
    currency: str
    money_form: str
    date_form: str

    def number(self, value: Decimal | int | float, places: int = 2) -> str:
        """A number with `places` decimals: 1,234.56 or 1.234,56 or 1 234,56."""
        text = f"{value:,.{places}f}"
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})

    def quantity(self, value: Decimal) -> str:
        """A quantity with no more decimals than it needs."""
        return self.number(value, max(0, -int(value.normalize().as_tuple().exponent)))

    def money(self, value: Decimal) -> str:
        """An amount with its currency, as the form says: {n} is the number, {s} the sign, {c} the code."""
        sign = SIGNS.get(self.currency, self.currency)
        return self.money_form.format(n=self.number(value), s=sign, c=self.currency)

    def date(self, day: date) -> str:
        """A date, as the form says."""
        month = MONTHS[self.language][day.month - 1]
        return self.date_form.format(
            d=day.day, dd=f"{day.day:02}", m=f"{day.month:02}", y=day.year, month=month, mon=month[:3]
        )


_DATES = {
    "en-GB": ["{d} {month} {y}", "{dd} {mon} {y}", "{y}-{m}-{dd}", "{dd}-{mon}-{y}"],
    "en-US": ["{month} {d}, {y}", "{mon} {d}, {y}", "{y}-{m}-{dd}"],
    "en-EU": ["{d} {month} {y}", "{y}-{m}-{dd}", "{dd}.{m}.{y}"],
    "de-DE": ["{dd}.{m}.{y}", "{d}. {month} {y}", "{dd}.{m}.{y}"],
    "de-CH": ["{dd}.{m}.{y}", "{d}. {month} {y}"],
    "fr-FR": ["{dd}/{m}/{y}", "{d} {month} {y}", "{dd}/{m}/{y}"],
}
_NUMBERS = {
    "en-GB": (",", ".", "GBP"),
    "en-US": (",", ".", "USD"),
    "en-EU": (",", ".", "EUR"),
    "de-DE": (".", ",", "EUR"),
    "de-CH": ("'", ".", "CHF"),
    "fr-FR": (SPACE, ",", "EUR"),
}
_MONEY = {
    "en": ["{s}{n}", "{c} {n}", "{s} {n}"],
    "de": ["{n} {s}", "{n} {c}"],
    "fr": ["{n} {s}", "{n} {s}"],
}


def writing(country: str, rng: random.Random) -> Writing:
    """One of the ways that `country` (en-GB, en-US, en-EU, de-DE, de-CH, fr-FR) writes."""
    thousands, decimal, currency = _NUMBERS[country]
    form = "{c} {n}" if currency == "CHF" else rng.choice(_MONEY[country[:2]])
    form = form.replace(" ", SPACE)
    return Writing(country[:2], thousands, decimal, currency, form, rng.choice(_DATES[country]))
