"""Numbers as people write them: "$1.2 million", "1.234,56 EUR", "(1,234)", "12 %"; read to compare, never for output.

An amount is an exact number and its unit: a currency, "%", any other word, or none. What one sign leaves open stays
open: "$" may be of several countries, and a bare number of any currency.
"""

from __future__ import annotations

import re
from decimal import Decimal

Amount = tuple[Decimal, str]
"""The number, and in which unit: ISO 4217 in small letters, "%", another folded word, or ""."""

_CODES = frozenset(
    "aed ars aud bgn brl cad chf clp cny cop czk dkk egp eur gbp hkd huf idr ils inr isk jpy krw kzt mad mxn myr ngn"
    " nok nzd pen php pkr pln qar ron rsd rub sar sek sgd thb try twd uah usd vnd zar".split()
)
_SIGNS = {
    "€": "eur", "euro": "eur", "euros": "eur", "£": "gbp", "₹": "inr", "₽": "rub", "₩": "krw", "zł": "pln", "kč": "czk",
    "us$": "usd", "a$": "aud", "ca$": "cad", "c$": "cad", "nz$": "nzd", "hk$": "hkd", "s$": "sgd", "r$": "brl",
    "dollar": "$", "dollars": "$", "yen": "jpy", "yuan": "cny", "₺": "try", "₴": "uah", "₪": "ils",
}  # fmt: skip
_OPEN = {
    "": _CODES,
    "$": frozenset("usd cad aud nzd hkd sgd mxn ars clp cop twd".split()),
    "¥": frozenset(("jpy", "cny")),
    "kr": frozenset(("sek", "nok", "dkk", "isk")),
}
"""What leaves the currency open, and which ones it may be."""
_PERCENT = frozenset("% percent pct prozent".split()) | {"per cent", "pour cent", "por ciento", "per cento"}
_SCALES = {
    3: "thousand thousands tsd tausend k",
    5: "lakh lakhs",
    6: "million millions millionen millones milioni milhões miljoen miljoner millioner mio mn mln m",
    7: "crore crores",
    9: "billion billions bn milliard milliards milliarde milliarden miliardi miljard miljarder mrd b",
    12: "trillion trillions tn billionen billones",
}
_POWERS = {word: power for power, words in _SCALES.items() for word in words.split()}
_LETTERS = frozenset("kmb")
"""Scales of a single letter: they are scales of money alone, since "5 m" are metres."""

_MONEY = "|".join(sorted(map(re.escape, [*_CODES, *_SIGNS, "$", "¥", "kr"]), key=len, reverse=True))
_UNIT = r"[^\W\d_]+(?:/[^\W\d_]+)?|[%‰°][cf]?|per cent|pour cent|por ciento|per cento"
_WRITTEN = re.compile(
    rf"(?P<less>[+-])?\s*(?P<before>{_MONEY})?\s*(?P<minus>[+-])?\s*(?P<number>\d[\d.,' ]*)"
    rf"(?:\s*(?P<scale>{'|'.join(sorted(_POWERS, key=len, reverse=True))})\b\.?)?"
    rf"\s*(?P<unit>{_MONEY}|{_UNIT})?\.?"
)
_SPACED = re.compile(r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?")
_LEADING_ZERO = re.compile(r"0\d")


def amount_of(folded: str) -> Amount | None:
    """The amount that a folded text with single spaces is, None where it is anything else or more than that."""
    inner = folded[1:-1].strip() if folded.startswith("(") and folded.endswith(")") else folded
    found = _WRITTEN.fullmatch(inner)
    digits = _digits(found["number"].strip()) if found else None
    if not found or digits is None or (found["less"] and found["minus"]) or (found["before"] and _is_money(found)):
        return None
    word = found["before"] or found["unit"] or ""
    unit = "%" if word in _PERCENT else _SIGNS.get(word, word)
    power = _POWERS.get(found["scale"] or "", 0)
    if found["scale"] in _LETTERS and not (unit in _CODES or (unit and unit in _OPEN)):
        if unit:
            return None
        unit, power = found["scale"], 0
    if not unit and not power and _keeps_zeros(digits):
        return None
    negative = (inner is not folded) != ("-" in (found["less"], found["minus"]))
    return Decimal(f"{'-' if negative else ''}{digits}e{power}"), unit


def _keeps_zeros(digits: str) -> bool:
    """Whether a fraction ends in zeros that say something: a bare 1.10 may be a section, and is not 1.1."""
    fraction = digits.partition(".")[2]
    return fraction.endswith("0") and bool(fraction.strip("0"))


def _is_money(found: re.Match[str]) -> bool:
    """Whether a currency is named behind the number too, and another one than before it."""
    return found["unit"] is not None and _SIGNS.get(found["unit"], found["unit"]) != _SIGNS.get(
        found["before"], found["before"]
    )


def _digits(written: str) -> str | None:
    """Digits with separators as a plain decimal number; None where they are no number (a version, a name like 007).

    The last of two kinds of separators is the decimal one. A comma alone before three digits parts thousands, else it
    is a decimal one; a dot alone is a decimal one, several part thousands.
    """
    if _SPACED.fullmatch(written):
        written = written.replace(" ", "").replace("'", "")
    if " " in written or "'" in written or _LEADING_ZERO.match(written) or written[-1] in ".,":
        return None
    comma, dot = written.count(","), written.count(".")
    if comma and dot:
        mark, parts = (",", ".") if written.rfind(",") > written.rfind(".") else (".", ",")
        if written.count(mark) > 1 or not _parts_thousands(written.split(mark)[0], parts):
            return None
        return written.replace(parts, "").replace(mark, ".")
    if comma > 1 or (comma and _parts_thousands(written, ",")):
        return written.replace(",", "") if _parts_thousands(written, ",") else None
    if dot > 1:
        return written.replace(".", "") if _parts_thousands(written, ".") else None
    return written.replace(",", ".")


def _parts_thousands(written: str, mark: str) -> bool:
    """Whether the mark stands between groups of three digits; in India the first ones have two."""
    first, *groups = written.split(mark)
    middle = {len(group) for group in groups[:-1]}
    return 1 <= len(first) <= 3 and first != "0" and len(groups[-1]) == 3 and middle in (set(), {2}, {3})


def openness(unit: str) -> int:
    """How much the unit leaves open: 0 nothing, 1 which of some currencies, 2 which of all."""
    return 0 if unit not in _OPEN else 1 if unit else 2


def may_be(unit: str, other: str) -> bool:
    """Whether what leaves a currency open may be this one."""
    return other in _OPEN.get(unit, ()) or (not unit and openness(other) == 1)
