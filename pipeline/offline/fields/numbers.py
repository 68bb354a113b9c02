"""Numbers as documents print them: separators, signs, scale words, currencies, percentages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

_WORDS = {
    "EUR": "€ euro euros", "USD": "$ us$ dollar dollars", "GBP": "£ pounds", "JPY": "¥ yen", "INR": "₹", "KRW": "₩",
    "RUB": "₽", "PLN": "zł", "CZK": "kč", "CHF": "fr. sfr.", "AUD": "a$", "CAD": "c$ ca$", "HKD": "hk$", "NZD": "nz$",
    "SGD": "s$", "BRL": "r$",
}  # fmt: skip
_SYMBOLS = {word: code for code, words in _WORDS.items() for word in words.split()} | {
    "u.s. dollars": "USD",
    "us dollars": "USD",
    "pounds sterling": "GBP",
    "swiss francs": "CHF",
}
CODES = frozenset(
    "EUR USD GBP CHF JPY CNY CAD AUD NZD SEK NOK DKK PLN CZK HUF RON BGN TRY INR BRL MXN ZAR SGD HKD KRW RUB UAH ILS "
    "AED SAR THB IDR MYR PHP VND ARS CLP COP PEN EGP NGN KES MAD ISK TWD".split()
)
_POWERS = {
    3: "thousand thousands k tsd tausend mille milliers miles mil teur",
    6: "million millions mio mn m mm millionen millones millón mln mill meur",
    9: "billion billions bn b mrd milliarden milliards milliard milliarde md",
    12: "trillion trillions tn",
}
SCALES = {word: power for power, words in _POWERS.items() for word in words.split()}
"""Powers of ten by scale word."""
_LETTER_SCALES = {"k", "m", "b", "mm", "md", "mil"}

_SPACE = "[ \u00a0\u202f\u2009]"
_DIGITS = rf"\d{{1,3}}(?:{_SPACE}\d{{3}})+(?:[.,]\d+)?(?!\d)|\d{{1,3}}(?:['’]\d{{3}})+(?:\.\d+)?|\d[\d.,]*\d|\d"
_MONEY = (
    r"US\$|HK\$|NZ\$|CA\$|[AaCcSsR]\$|[€$£¥₹₩₽]|\b(?:" + "|".join(sorted(CODES)) + r")\b|\b(?:Euros?|S?Fr\.)(?=\s?\d)"
)
_AFTER = (
    r"[€$£¥₹₩₽]|\b(?:"
    + "|".join(sorted(CODES))
    + r"|[Ee]uros?|(?:U\.?S\.? )?[Dd]ollars|[Pp]ounds(?: sterling)?|zł|Kč|Fr\.|Yen|Swiss francs)(?!\w)"
)
_SCALE = (
    r"(?:thousands?|millions?|billions?|trillions?|Tsd\.?|Tausend|Mio\.?|Millionen|Mrd\.?|Milliarden?|milliers|"
    r"milliards?|millones|millón|mil(?= millones)|mln|mill\.|mn|bn|[kKMmBb]|MM|tn)(?![\w])"
)
_NUMBER = re.compile(
    rf"(?P<open>\()?\s?(?P<sign>[-−–+](?=[\s€$£\d]))?\s?(?P<before>{_MONEY})?{_SPACE}?(?P<sign2>[-−–](?=\d))?"
    rf"(?<![\w.,:/])(?P<digits>{_DIGITS})(?:{_SPACE}?(?P<scale>{_SCALE}))?(?P<close>\))?"
    rf"{_SPACE}?(?P<after>{_AFTER}|%|(?i:percent|per cent|prozent|pour cent|por ciento)\b)?(?P<close2>\))?"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: its value as printed, its scale (6 for millions, None where none is said), its currency."""

    value: Decimal
    start: int
    end: int
    text: str
    scale: int | None = None
    currency: str | None = None
    percent: bool = False
    digits: str = ""

    @property
    def full(self) -> Decimal:
        """The value with its scale word worked in."""
        return self.value.scaleb(self.scale or 0)


def decimal_mark(texts: Iterable[str]) -> str | None:
    """The decimal mark of a document, "." or ",", by the numbers that leave no doubt; None where they do not say."""
    points = commas = 0
    for text in texts:
        points += len(re.findall(r"(?<![\d.,])(?:\d{1,3}(?:,\d{3})+\.\d{1,2}|\d+\.\d{2})(?![\d.,])", text))
        points += len(re.findall(r"(?<![\d.,])\d{1,3}(?:,\d{3}){2,}(?![\d.,])", text))
        commas += len(
            re.findall(r"(?<![\d.,])(?:\d{1,3}(?:[.\u00a0\u202f ]\d{3})+,\d{1,2}|\d+,\d{1,2})(?![\d.,])", text)
        )
    if points == commas or min(points, commas) * 4 > max(points, commas):
        return None
    return "." if points > commas else ","


def find_numbers(text: str, mark: str | None = None) -> list[Number]:
    """Every number of a text that can be read without doubt; `mark` is the document's decimal mark if known."""
    found = []
    for match in _NUMBER.finditer(text):
        digits = match["digits"].rstrip(".,")
        value = _value(digits, mark)
        if value is not None and not _part_of_a_code(text, match.start("digits"), match.start("digits") + len(digits)):
            found.append(_number(match, digits, value))
    return found


def _number(match: re.Match[str], digits: str, value: Decimal) -> Number:
    whole = digits == match["digits"]
    after = (match["after"] or "").strip() if whole else ""
    closed = bool(match["open"]) and bool(match["close"] or match["close2"])
    percent = bool(re.fullmatch(r"%|percent|per cent|prozent|pour cent|por ciento", after, re.IGNORECASE))
    if percent and match["close2"] and match[0].strip() != match.string.strip():
        closed = False  # "VAT (20 %)" is a remark, a cell that holds "(20 %)" alone is negative
    if closed or match["sign"] in ("-", "−", "–") or match["sign2"]:
        value = -value
    money = _currency(match["before"]) or (None if percent else _currency(after))
    scale = _scale(match["scale"] if whole else None, bool(money))
    ends = match.end() if whole and (after or scale is not None or closed) else match.start("digits") + len(digits)
    start = next(
        at
        for at in (
            match.start("open") if closed else -1,
            match.start("sign"),
            match.start("before"),
            match.start("sign2"),
            match.start("digits"),
        )
        if at >= 0
    )
    return Number(value, start, ends, match.string[start:ends].strip(), scale, money, percent, digits)


def _part_of_a_code(text: str, start: int, end: int) -> bool:
    """Digits inside of a date, a time, a reference or a name such as "ISO-9001", "12/2024" or "3.2.1"."""
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    if before and (before.isalpha() or before in "_#/:@"):
        return text[max(0, start - 3) : start] not in ("EUR", "USD", "GBP", "CHF") and not text[:start].endswith("/ ")
    if before == "-" and start > 1 and text[start - 2].isalnum():
        return True
    if after[:1] in ("/", ":", "-", "_") and len(after) > 1 and after[1].isdigit():
        return True
    return bool(after[:1]) and after[0].isalpha() and after[0] not in "kKmMbBT€%"


def _value(digits: str, mark: str | None) -> Decimal | None:
    """Digits with their separators as a number; None where a lone separator leaves open what it is.

    >>> _value("1.234,56", None), _value("1,234", None), _value("1.234", None)
    (Decimal('1234.56'), Decimal('1234'), None)
    """
    plain = re.sub(r"['’\s\u00a0\u202f\u2009]", "", digits)
    points, commas = plain.count("."), plain.count(",")
    if points and commas:
        last = max(plain.rfind("."), plain.rfind(","))
        other = "," if plain[last] == "." else "."
        if plain.count(plain[last]) > 1 or not re.fullmatch(r"\d{1,3}(?:\D\d{2,3})*\D\d+", plain):
            return None
        return Decimal(plain.replace(other, "").replace(",", "."))
    if not points and not commas:
        return Decimal(plain)
    return _one_separator(plain, "." if points else ",", mark)


def _one_separator(plain: str, separator: str, mark: str | None) -> Decimal | None:
    groups = plain.split(separator)
    thousands = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3 and groups[0] != "0"
    if len(groups) > 2:
        return Decimal("".join(groups)) if thousands and separator != mark else None
    if not groups[0] or not groups[1]:
        return None
    if not thousands or separator == mark:
        return Decimal(f"{groups[0]}.{groups[1]}")
    if mark is not None or separator == ",":
        return Decimal("".join(groups))
    return None


def _currency(text: str | None) -> str | None:
    if not text:
        return None
    if text.upper() in CODES:
        return text.upper()
    return _SYMBOLS.get(text.casefold())


def _scale(text: str | None, money: bool) -> int | None:
    """Powers of ten that a scale word says; single letters count only beside a currency ("5 m" may be metres)."""
    word = (text or "").rstrip(".").casefold()
    if not word or (word in _LETTER_SCALES and not money):
        return None
    return SCALES.get(word)


_UNITS = re.compile(
    r"(?P<words>\b(?:in|en|expressed in|amounts in|dollars in|figures in|values in|angaben in|beträge in|all "
    r"amounts in)\s+"
    r"(?:[A-Z]{3}\s|US\$\s|[€$£]\s?|u\.?s\.?\s(?:dollars?)?\s?|of\s)?"
    r"(?P<scale>thousands?|millions?|billions?|tsd\.?|tausend|mio\.?|millionen|mrd\.?|milliarden|milliers|"
    r"milliards|millones|miles)\b)"
    r"|(?:€|EUR|\$|US\$|USD|£|GBP|CHF)\s?(?P<short>k|m|mn|mio\.?|mm|bn|mrd\.?|tsd\.?|thousands?|millions?|"
    r"billions?|000|['’]000)(?![\w])"
    r"|(?P<tail>\b(?:Mio|Mrd|Tsd)\.?\s?(?:€|EUR|CHF|USD|\$))|\b(?P<fused>TEUR|T€|MEUR|kEUR|k€|M€|m€)(?!\w)"
    r"|[\"(']?(?:€|\$|£)?['’]000s?\b",
    re.IGNORECASE,
)


def unit_scale(text: str) -> int | None:
    """The scale that a header or a line above a table states: 3 for "in thousands" or "TEUR", 6 for "Mio. EUR"."""
    match = _UNITS.search(text)
    if not match:
        return None
    if match["tail"]:
        return {"mio": 6, "mrd": 9, "tsd": 3}[match["tail"][:3].casefold()]
    if match["fused"]:
        return 3 if match["fused"][0] in "Tktk" else 6
    word = (match["scale"] or match["short"] or "000").rstrip(".").casefold()
    return 3 if word.endswith("000") else SCALES.get(word)


def currency_of(text: str) -> str | None:
    """The one currency that a text names by sign or code; None where it names none or several."""
    found = {_currency(sign) for sign in re.findall(_MONEY + "|" + _AFTER, text)}
    found |= {"EUR" for _ in re.findall(r"\b(?:TEUR|MEUR|kEUR)\b|[TkMm]€", text)}
    found.discard(None)
    return found.pop() if len(found) == 1 else None
