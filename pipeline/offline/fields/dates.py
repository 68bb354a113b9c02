"""Dates as documents print them, in several languages, day and month told apart only where that can be settled."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_MONTHS = (
    "january jan januar jänner janvier janv enero ene gennaio januari januar",
    "february feb februar février févr fevrier febrero febbraio februari",
    "march mar märz mrz mars marzo maart maerz",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mei",
    "june jun juni juin junio giugno",
    "july jul juli juillet juil julio luglio",
    "august aug août aout agosto ago augustus",
    "september sep sept septembre septiembre settembre",
    "october oct oktober okt octobre octubre ottobre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc decembre diciembre dic dicembre",
)


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


_MONTH_OF = {_plain(word): number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_NAME = "|".join(sorted({word for words in _MONTHS for word in words.split()} | set(_MONTH_OF), key=len, reverse=True))
_YEAR = r"(?:1[89]|20|21)\d\d"
_FORMS = (
    ("ymd", re.compile(rf"(?<![\d.])(?P<y>{_YEAR})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?!\d)")),
    ("ymd", re.compile(rf"(?P<y>{_YEAR})\s?年\s?(?P<m>\d{{1,2}})\s?月\s?(?P<d>\d{{1,2}})\s?日")),
    ("dmy", re.compile(
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|\.|\s?day)?(?:\s+(?:of|de|day of))?[\s-]*(?P<n>{_NAME})\b\.?,?"
        rf"(?:\s+(?:de|del)\s+|[\s,-]*)(?P<y>{_YEAR}|(?<=-)\d\d(?!\d)|['’]\d\d)(?!\d)", re.IGNORECASE)),
    ("mdy", re.compile(
        rf"\b(?P<n>{_NAME})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+)(?P<y>{_YEAR})(?!\d)", re.IGNORECASE)),
    ("numeric", re.compile(
        rf"(?<![\d.,/-])(?P<a>\d{{1,2}})(?P<s>[./-])(?P<b>\d{{1,2}})(?P=s)(?P<y>{_YEAR}|\d\d)(?![\d/-]|\.\d)")),
    ("my", re.compile(rf"\b(?P<n>{_NAME})\b\.?,?(?:\s+(?:de|del|of))?\s*(?P<y>{_YEAR})(?!\d)", re.IGNORECASE)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """A date in a text. `day` is None where only month and year are said."""

    year: int
    month: int
    day: int | None
    start: int
    end: int
    text: str

    @property
    def iso(self) -> str:
        """YYYY-MM-DD, or YYYY-MM where no day is said."""
        return f"{self.year:04}-{self.month:02}" + (f"-{self.day:02}" if self.day else "")


def month_of(word: str) -> int | None:
    """The month (1 to 12) that a word names, or None."""
    return _MONTH_OF.get(_plain(word))


def day_first(texts: Iterable[str], language: str) -> bool | None:
    """Whether 02/09/2025 is the 2nd of September here: by the other dates, then by the language; None if open."""
    first = second = 0
    pattern = next(form for name, form in _FORMS if name == "numeric")
    for text in texts:
        for match in pattern.finditer(text):
            first += int(match["a"]) > 12 >= int(match["b"])
            second += int(match["b"]) > 12 >= int(match["a"])
    if bool(first) != bool(second):
        return bool(first)
    return None if first or language == "en" or not language else True


def find_dates(text: str, days_first: bool | None) -> list[Day]:
    """Every date of a text in order, an earlier form winning where two overlap; doubtful ones are left out."""
    found: list[Day] = []
    taken: list[tuple[int, int]] = []
    for form, pattern in _FORMS:
        for match in pattern.finditer(text):
            if all(match.end() <= start or match.start() >= end for start, end in taken):
                taken.append(match.span())
                day = _day(form, match, days_first)
                found += [day] if day else []
    return sorted(found, key=lambda day: day.start)


def _day(form: str, match: re.Match[str], days_first: bool | None) -> Day | None:
    values = match.groupdict()
    year = _full_year(values["y"])
    number: int | None = int(values["d"]) if values.get("d") else None
    if form == "numeric":
        order = _order(int(values["a"]), int(values["b"]), values["s"], days_first)
        if order is None:
            return None
        number, month = order
    else:
        month = _MONTH_OF[_plain(values["n"])] if values.get("n") else int(values["m"])
    try:
        date(year, month, number or 1)
    except ValueError:  # no such day in the calendar: not a date
        return None
    return Day(year, month, number, match.start(), match.end(), match[0])


def _order(first: int, second: int, separator: str, days_first: bool | None) -> tuple[int, int] | None:
    """(day, month) of two numbers; None where either could be the day."""
    if first > 12 or separator == "." or first == second:
        return first, second
    if second > 12:
        return second, first
    if days_first is None:
        return None
    return (first, second) if days_first else (second, first)


def _full_year(text: str) -> int:
    text = text.lstrip("'’")
    if len(text) == 4:
        return int(text)
    return 2000 + int(text) if int(text) < 70 else 1900 + int(text)
