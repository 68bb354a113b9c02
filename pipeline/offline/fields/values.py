"""A piece of text read as a value of the kind that a field holds, or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.offline.fields import numbers
from pipeline.offline.fields.dates import Day, find_dates
from pipeline.offline.fields.labels import readings
from pipeline.offline.fields.names import PERSON, SALUTATION, company_name, is_company
from pipeline.offline.fields.numbers import Number, find_numbers
from pipeline.offline.fields.wanted import Field
from pipeline.offline.wire import Wire, type_of


@dataclass(frozen=True, slots=True)
class Usage:
    """How this document writes: decimal mark, order of day and month, language, the one currency, the tables' scale."""

    mark: str | None = None
    days_first: bool | None = None
    language: str = ""
    currency: str | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A value read from a text: the value, how surely it is of the kind (0 to 1), and the words it was read from."""

    value: Any
    fit: float
    piece: str


_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'|)\]]+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|de|fr|edu|gov|eu|co\.uk|"
    r"es)/[^\s<>\"'|)\]]+"
)
_PHONE = re.compile(r"(?:\+|00)?\(?\d[\d\s()./-]{5,18}\d(?!\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")
_BIC = re.compile(r"\b[A-Z]{4}\s?[A-Z]{2}\s?[A-Z0-9]{2}(?:\s?[A-Z0-9]{3})?\b")
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>|,;]+[^\s\"<>|.,;)\]]")
_YEAR = re.compile(r"(?<![\d./,-])(?:1[89]|20|21)\d\d(?![\d,/-]|\.\d)")
_DURATION = re.compile(
    r"\b(?P<n>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|eighteen|"
    r"twenty(?:-four)?|thirty|"
    r"forty-five|sixty|ninety|eine[mnrs]?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|une?|deux|trois|"
    r"quatre|cinq|six|"
    r"douze|dos|tres|cuatro|cinco|seis|doce)(?:\s?\((?P<p>\d{1,3})\))?[\s-](?P<more>(?:calendar|business|working|"
    r"full|consecutive|volle[nr]?)\s)?"
    r"(?P<unit>days?|weeks?|months?|years?|Tage?n?|Wochen?|Monate?n?|Jahre?n?|jours?|semaines?|mois|ans?|années?|"
    r"días?|semanas?|meses|mes|años?)\b"
    r"['’]?",
    re.IGNORECASE,
)
_NUMERALS = {
    1: "a an one eine einem einen einer eines un une",
    2: "two zwei deux dos",
    3: "three drei trois tres",
    4: "four vier quatre cuatro",
    5: "five fünf cinq cinco",
    6: "six sechs seis",
    7: "seven sieben",
    8: "eight acht",
    9: "nine neun",
    10: "ten zehn",
    12: "twelve zwölf douze doce",
    15: "fifteen",
    18: "eighteen",
    20: "twenty",
    24: "twenty-four",
    30: "thirty",
    45: "forty-five",
    60: "sixty",
    90: "ninety",
}
_COUNT = {word: number for number, words in _NUMERALS.items() for word in words.split()}
_UNITS = {
    "year": "year jahr an año",
    "month": "month monat mois mes",
    "week": "week woche sema",
    "day": "day tag jour dí",
}
_YES = re.compile(
    r"^\W*(yes|ja|oui|sí|si|true|x|☒|☑|✓|✔|wahr|vrai|included|required|applicable)\b|^[☒☑✓✔]", re.IGNORECASE
)
_NO = re.compile(
    r"^\W*(no|nein|non|false|not (?:included|required|applicable)|none|falsch|faux|keine?)\b\W*|^[☐✗✘]", re.IGNORECASE
)


def read(
    field: Field, text: str, usage: Usage, wire: Wire, scale: int | None = None, currency: str | None = None
) -> Found | None:
    """The value that a field can take from a text, or None. `scale` and `currency` are those of the table around it."""
    text = text.strip().strip("\u2022·|").strip()
    if not text:
        return None
    if field.kind in ("money", "number", "integer", "percent"):
        found = _read_number(field, text, usage, scale)
    elif field.kind == "date":
        found = _read_date(field, text, usage)
    elif field.kind == "currency":
        found = _read_currency(field, text, currency)
    else:
        found = _READERS.get(field.kind, _read_text)(field, text)
    return found if found and wire.valid(found.value, field.schema) else None


def _read_number(field: Field, text: str, usage: Usage, scale: int | None) -> Found | None:
    every = [one for one in find_numbers(text, usage.mark) if _sort_fits(field, one, text)]
    if not every:
        return None
    best = max(every, key=lambda one: (_sort_fits(field, one, text), -one.start))
    value = in_asked_scale(field, best, scale, usage)
    if value is None:
        return None
    rest = len(re.sub(r"[\W_]", "", text)) - len(re.sub(r"[\W_]", "", best.text))
    fit = (
        _sort_fits(field, best, text)
        * (1.0 if rest <= 4 else 0.85 if rest < 30 else 0.7)
        * (1.0 if len(every) == 1 else 0.85)
    )
    return Found(plain(value, field), fit, best.text)


def _sort_fits(field: Field, number: Number, text: str) -> float:
    """How well a number's dress suits the field: a percentage is no amount, and an amount no percentage or count."""
    if field.kind == "percent":
        return 1.0 if number.percent else 0.0 if number.currency or number.scale else 0.8
    if number.percent:
        return 0.0
    bare_year = not (number.currency or number.scale) and bool(re.fullmatch(r"(?:19|20)\d\d", number.digits))
    if bare_year and len(text.strip()) > len(number.text):
        return 0.0
    if field.kind == "money":
        return 1.0 if number.currency else 0.9 if number.scale or "." in number.digits or "," in number.digits else 0.75
    if number.currency and field.kind == "integer":
        return 0.0
    if field.kind == "integer" and number.full != number.full.to_integral_value():
        return 0.0
    return 0.8 if number.currency else 0.95


_ASKED = re.compile(
    r"\bin (?:\w+ ){0,2}(thousand|million|billion)s?\b|\b(thousand|million|billion)s? (?:of "
    r")?(?:euro|dollar|usd|eur|us|gbp|chf)",
    re.IGNORECASE,
)
_AS_PRINTED = re.compile(
    r"as (?:printed|stated|reported|shown|given|it stands|written)|unit of the (?:table|statements?)|"
    r"\bin (?:the )?[`'\"]?unit[`'\"]?(?=[\s.,;]|$)|without (?:the )?scal|exclude (?:units|scale)",
    re.IGNORECASE,
)


def asked_scale(field: Field) -> int | None:
    """The scale that the description asks for: 6 for "in millions of euros"; None where it asks for none."""
    match = _ASKED.search(field.description) or re.search(
        r"_(thousand|million|billion)s?$", field.path[-1] if field.path else ""
    )
    word = next((group for group in match.groups() if group), "") if match else ""
    return numbers.SCALES.get(word.casefold())


def in_asked_scale(field: Field, number: Number, scale: int | None, usage: Usage) -> Decimal | None:
    """A number in the unit that the field asks for; None where its own scale is open and matters.

    A field that asks for amounts as they are printed gets them in the unit of most of the document's tables.
    """
    if field.kind == "percent":
        return (
            number.value / 100
            if re.search(r"\b(?:fraction|0 to 1|0-1|decimal fraction)\b", field.description)
            else number.value
        )
    asked = asked_scale(field)
    if asked is None and _AS_PRINTED.search(field.description):
        said = number.scale if number.scale is not None else scale
        return number.value if said is None or usage.scale is None else number.value.scaleb(said - usage.scale)
    own = number.scale if number.scale is not None else (scale if field.kind == "money" or (scale and asked) else None)
    if asked is None:
        return number.value.scaleb(own or 0)
    if own is None and abs(number.value) < Decimal(10) ** (asked - 1):
        return None
    return number.value.scaleb((own or 0) - asked)


_TAKEN_OFF = set("discount paid deduction rebate repurchase cost expense expenditure deposit withholding".split())


def plain(value: Decimal, field: Field) -> int | float:
    """A JSON number: whole where it is whole, without its sign where the field counts what is taken off."""
    if value < 0 and (field.schema.get("minimum") == 0 or _TAKEN_OFF & {word for name in field.names for word in name}):
        value = -value
    if value == value.to_integral_value():
        return int(value)
    return float(value)


def _read_date(field: Field, text: str, usage: Usage) -> Found | None:
    days = find_dates(text, usage.days_first)
    if not days:
        return None
    wants_end = bool({"end", "due", "expiry", "maturity", "last"} & {word for name in field.names for word in name})
    whole = [day for day in days if day.day] or ([] if _wants_day(field) else days)
    if not whole:
        return None
    day = whole[-1] if wants_end and len(whole) == 2 else whole[0]
    rest = len(re.sub(r"[\W_]", "", text)) - len(re.sub(r"[\W_]", "", day.text))
    fit = (1.0 if rest <= 4 else 0.88 if rest < 40 else 0.75) * (1.0 if len(whole) == 1 else 0.85)
    return Found(_as_asked(field, day), fit, day.text)


def _wants_day(field: Field) -> bool:
    return field.schema.get("format") in ("date", "date-time") or "yyyy-mm-dd" in field.description.casefold()


def _as_asked(field: Field, day: Day) -> str:
    """ISO where the schema asks for it, else as the document writes it."""
    if field.schema.get("format") == "date-time":
        return f"{day.iso}T00:00:00Z"
    if _wants_day(field) or re.search(r"iso|yyyy-mm", field.description, re.IGNORECASE):
        return day.iso
    return day.text.strip(" ,")


def _read_currency(field: Field, text: str, currency: str | None) -> Found | None:
    code = numbers.currency_of(text) or currency
    return Found(code, 1.0, text) if code else None


def _read_boolean(field: Field, text: str) -> Found | None:
    if _YES.match(text):
        return Found(True, 1.0, text)
    return Found(False, 1.0, text) if _NO.match(text) else None


def _read_enum(field: Field, text: str) -> Found | None:
    """The one value of an enum that the text says, in its own spelling or by the same words in another language."""
    said = {word for reading in readings(text) for word in reading}
    plain_text = re.sub(r"[\W_]+", " ", text).casefold().strip()
    best: list[tuple[float, Any]] = []
    for option in field.schema["enum"]:
        spelt = re.sub(r"[\W_]+", " ", str(option)).casefold().strip()
        if not spelt:
            continue
        if plain_text == spelt:
            best.append((1.0, option))
        elif re.search(rf"\b{re.escape(spelt)}\b", plain_text):
            best.append((0.9, option))
        elif any(reading <= said for reading in readings(str(option))):
            best.append((0.75, option))
    best.sort(key=lambda pair: -pair[0])
    if not best or (len(best) > 1 and best[0][0] - best[1][0] < 0.05):
        return None
    return Found(best[0][1], best[0][0] * (1.0 if len(text) < 60 else 0.8), text)


def _read_year(field: Field, text: str) -> Found | None:
    years = _YEAR.findall(text)
    return Found(int(years[0]), 1.0 if len(set(years)) == 1 else 0.7, years[0]) if years else None


def _read_pattern(pattern: re.Pattern[str]) -> Any:
    def reader(field: Field, text: str) -> Found | None:
        match = pattern.search(text)
        if not match:
            return None
        piece = match[0].strip()
        return Found(piece.rstrip(".,;"), 1.0, piece)

    return reader


_IBAN_LENGTHS = {
    "DE": 22, "FR": 27, "GB": 22, "NL": 18, "ES": 24, "IT": 27, "CH": 21, "AT": 20, "BE": 16, "LU": 20, "PT": 25,
    "IE": 22, "PL": 28, "SE": 24, "DK": 18, "NO": 15, "FI": 18, "CZ": 24,
}  # fmt: skip
"""Lengths of IBANs by country (ISO 13616 registry)."""


def _read_iban(field: Field, text: str) -> Found | None:
    match = _IBAN.search(text)
    plain_text = re.sub(r"\s", "", match[0]) if match else ""
    if not match or len(plain_text) != _IBAN_LENGTHS.get(plain_text[:2], len(plain_text)):
        return None
    return Found(match[0].strip(), 1.0, match[0].strip())


def _read_phone(field: Field, text: str) -> Found | None:
    match = _PHONE.search(text)
    if not match or not 6 <= sum(sign.isdigit() for sign in match[0]) <= 16 or find_dates(match[0], True):
        return None
    return Found(match[0].strip(), 0.95, match[0].strip())


def _read_duration(field: Field, text: str) -> Found | None:
    match = _DURATION.search(text)
    if type_of(field.schema) not in ("integer", "number"):
        return Found(match[0].strip(), 1.0 if len(text) < 60 else 0.85, match[0]) if match else None
    told = f"{field.description} {field.path[-1] if field.path else ''}"
    asked = next(
        (unit for unit in ("day", "week", "month", "year") if re.search(rf"(?:\b|_){unit}s?\b", told, re.I)), ""
    )
    if not match:
        bare = re.fullmatch(r"\d{1,4}", text)
        return Found(int(text), 0.9, text) if bare else None
    count = int(match["p"] or 0) or _COUNT.get(match["n"].casefold()) or int(match["n"])
    said = match["unit"].casefold()
    unit = next(name for name, starts in _UNITS.items() if said.startswith(tuple(starts.split())))
    if unit == "year" and asked == "month":
        return Found(count * 12, 0.95, match[0])
    return Found(count, 1.0, match[0]) if unit == asked else None


def _read_code(field: Field, text: str) -> Found | None:
    """An identifier: a token with a digit in it; a short value without small letters is taken whole."""
    text = re.sub(r"(?<=\d)\s+[A-Za-z]{3,}\b.*", "", text.strip(" .,;:#"))
    whole = re.fullmatch(r"[A-Z0-9][A-Z0-9 ./_-]{0,30}", text)
    if whole and re.search(r"\d", text) and len(text.split()) <= 4 and not find_dates(text, True):
        return Found(text, 1.0, text)
    match = re.search(r"(?<![\w.])(?=[\w/.-]*\d)[A-Za-z0-9][\w/.-]*[A-Za-z0-9](?![\w])|^\d$", text)
    if match and not find_dates(match[0], True) and not re.search(r"[€$£%]|,\d\d\b", text[: match.end() + 3]):
        return Found(match[0], 0.95 if match.start() < 4 else 0.55, match[0])
    return None


def _read_person(field: Field, text: str) -> Found | None:
    text = SALUTATION.sub("", text.strip('"“”„ '))
    match = PERSON.match(text)
    if not match or is_company(match[0]) or len(text) > 200 or _is_office(match[0]):
        return None
    name = match[0].strip(" ,;")
    return Found(name, 1.0 if len(text) - len(name) < 25 else 0.8, name)


_OFFICES = frozenset(
    "chair officer director president executive secretary manager member partner signatory head".split()
)


def _is_office(text: str) -> bool:
    """Whether words in capitals are an office ("Deputy Chair") and nobody's name."""
    return any(reading & _OFFICES for reading in readings(text, False))


def _read_company(field: Field, text: str) -> Found | None:
    name = company_name(text)
    if (
        not 2 <= len(name) <= 90
        or "@" in name
        or not re.search(r"[^\W\d_]{3}|[A-ZÀ-Ý]{2}", name)
        or not name[0].isalnum()
        or not any(sign.isupper() for sign in name)
        or find_dates(name, True)
    ):
        return None
    if len(name.split()) > 10 or re.search(r"\b(shall|will|must|hereby|muss|doit|may|is|are|was)\b", name):
        return None
    return Found(name, 1.0 if is_company(name) else 0.85, name)


def _read_address(field: Field, text: str) -> Found | None:
    text = text.strip(" ,;")
    if not re.search(r"\d", text) or len(text) > 200 or _MAIL.fullmatch(text) or len(text) < 8:
        return Found(text, 0.78, text) if 2 < len(text) < 60 and text[:1].isupper() and not text.endswith(":") else None
    return Found(text, 0.95, text)


def _read_text(field: Field, text: str) -> Found | None:
    text = text.strip(" ;,")
    if not (any(sign.isalnum() for sign in text) or text in ("%", "‰", "°")) or text.endswith(":") or len(text) > 200:
        return None
    fit = 1.0 if len(text) <= 80 else 0.85
    return Found(text, fit, text)


def _read_long(field: Field, text: str) -> Found | None:
    text = text.strip()
    return Found(text, 0.95, text) if len(text.split()) >= 3 and len(text) <= 4000 else None


_READERS: dict[str, Any] = {
    "boolean": _read_boolean, "enum": _read_enum, "year": _read_year, "email": _read_pattern(_MAIL),
    "url": _read_pattern(_URL),
    "phone": _read_phone, "iban": _read_iban, "bic": _read_pattern(_BIC),
    "doi": _read_pattern(_DOI), "duration": _read_duration, "code": _read_code, "person": _read_person,
    "company": _read_company, "address": _read_address, "long": _read_long,
}  # fmt: skip
TYPED = {"email": _MAIL, "url": _URL, "iban": _IBAN, "doi": _DOI}
"""Kinds that show by themselves: where a document holds one such value, no label is needed."""
