"""Dates as people write them, in many languages: read to compare, never for output.

"12 March 2025", "12.03.2025", "le 12 mars 2025", "2025-03-12"   one day
"03/04/2025"                                                     the third of April, or the fourth of March
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Literal

Form = Literal["date", "month", "instant", "date?"]
Dated = tuple[Form, tuple[int, ...] | str]
"""A day, a month or an instant in UTC; "date?" is a year and two numbers of which either may be the month."""

CENTURY = 69
"""Years of two digits from this one on are of the last century, as POSIX has it (strptime, %y)."""

_MONTHS = (
    "january januar janvier enero gennaio janeiro januari stycznia styczeń ledna leden января січня ocak",
    "february februar février febrero febbraio fevereiro februari lutego luty února únor февраля лютого şubat",
    "march märz maerz mars marzo março maart mart marca marzec března březen марта березня",
    "april avril abril aprile kwietnia kwiecień dubna duben апреля квітня nisan",
    "may mai mayo maggio maio mei maj maja května květen мая травня mayıs",
    "june juni juin junio giugno junho czerwca czerwiec června červen июня червня haziran",
    "july juli juillet julio luglio julho lipca lipiec července červenec июля липня temmuz",
    "august août aout agosto augustus augusti sierpnia sierpień srpna srpen августа серпня ağustos",
    "september septembre septiembre settembre setembro września wrzesień září сентября вересня eylül",
    "october oktober octobre octubre ottobre outubro października październik října říjen октября жовтня ekim",
    "november novembre noviembre novembro listopada listopad listopadu ноября листопада kasım",
    "december dezember décembre diciembre dicembre dezembro grudnia grudzień prosince prosinec декабря грудня aralık",
)
_NAMES = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_SHORTEST = 3

_LETTERS = r"[^\W\d_]+"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?"
_MONTH = rf"(?P<month>{_LETTERS})\.?"
_OF = r"(?:\s+(?:de|del|of|di))?"
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{4}|\d{2})")
_SHOWN = re.compile(r"(?<![\d/.-])(\d{1,2})([-/])(\d{1,2})\2(\d{4})(?![\d/-])")
_EASTERN = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]")
_MONTH_ISO = re.compile(r"(?P<year>\d{4})-(?P<number>\d\d)")
_WRITTEN = tuple(
    re.compile(form)
    for form in (
        rf"{_DAY}{_OF}[\s/-]*{_MONTH},?{_OF}[\s/-]*(?P<year>\d{{4}})(?: ?(?:г|года|року|r)\.?)?",
        rf"{_MONTH}\s*{_DAY},?\s*(?P<year>\d{{4}})",
        rf"{_MONTH},?{_OF}\s*(?P<year>\d{{4}})",
    )
)
_BEFORE = re.compile(rf"(?:{_LETTERS}\.?,\s*|(?:the|le|el|il|am|den|du)\s+)+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:.*")


def dated(folded: str, day_first: bool | None = None) -> Dated | None:
    """The date that a folded text with single spaces is, None where it is none or more than that.

    Between dots the day stands first; between slashes or hyphens what is no month decides, then `day_first`.
    """
    if _INSTANT.fullmatch(folded):
        return _instant(folded)
    found = _ISO.fullmatch(folded) or _EASTERN.fullmatch(folded)
    if found:
        numbers = [int(one) for one in found.groups() if one.isdigit()]
        return _day(*numbers)
    found = _NUMERIC.fullmatch(folded)
    if found:
        return _numeric(found, day_first)
    return _written(_BEFORE.sub("", folded, count=1) if not folded[:1].isdigit() else folded) or _written(folded)


def order_of(texts: Iterable[str]) -> bool | None:
    """Whether a document's dates in numbers have the day first: as those do that can be read in one way alone.

    None where there are none of these, or they do not agree.
    """
    orders = set()
    for found in (one for text in texts for one in _SHOWN.finditer(text)):
        readings = _readings(found)
        if len(readings) == 1:
            orders |= readings
    return orders.pop() if len(orders) == 1 else None


def _numeric(found: re.Match[str], day_first: bool | None) -> Dated | None:
    first, mark, second, _ = found.groups()
    if mark == "." and len(found[4]) == 2 and len(first + second) < 4:
        return None
    year, readings = _year(found[4]), _readings(found)
    if mark == ".":
        readings &= {True}
    elif len(readings) == 2 and int(first) == int(second):
        readings = {True}
    elif len(readings) == 2 and day_first is not None:
        readings = {day_first}
    if len(readings) == 2:
        return "date?", (year, int(first), int(second))
    if not readings:
        return None
    day, month = (first, second) if readings == {True} else (second, first)
    return _day(year, int(month), int(day))


def _readings(found: re.Match[str]) -> set[bool]:
    """Whether the day stands first: each way in which the numbers are a day of the calendar."""
    year, first, second = _year(found[4]), int(found[1]), int(found[3])
    ways = {True: (second, first), False: (first, second)}
    return {way for way, (month, day) in ways.items() if _day(year, month, day)}


def _written(folded: str) -> Dated | None:
    """A date with its month by name, or a month alone."""
    iso = _MONTH_ISO.fullmatch(folded)
    if iso:
        number = int(iso["number"])
        return ("month", (int(iso["year"]), number)) if 1 <= number <= 12 else None
    for form in _WRITTEN:
        found = form.fullmatch(folded)
        month = _month(found["month"]) if found else None
        if found and month:
            if "day" not in form.groupindex:
                return "month", (int(found["year"]), month)
            return _day(int(found["year"]), month, int(found["day"]))
    return None


def _month(word: str) -> int | None:
    """The month that a word names, as a whole or by letters that begin the names of one month only."""
    if word in _NAMES:
        return _NAMES[word]
    if len(word) < _SHORTEST:
        return None
    meant = {number for name, number in _NAMES.items() if name.startswith(word) or (word == "sept" and number == 9)}
    return meant.pop() if len(meant) == 1 else None


def _year(written: str) -> int:
    year = int(written)
    return year if len(written) == 4 else year + (1900 if year >= CENTURY else 2000)


def _day(year: int, month: int, day: int) -> Dated | None:
    try:
        date(year, month, day)
    except ValueError:  # no day of the calendar: a text like any other
        return None
    return "date", (year, month, day)


def _instant(folded: str) -> Dated | None:
    try:
        instant = datetime.fromisoformat(folded.upper())
        return "instant", (instant.astimezone(UTC) if instant.tzinfo else instant).isoformat()
    except (ValueError, OverflowError):  # no time of the calendar: a text like any other
        return None
