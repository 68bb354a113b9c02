"""Whether a quote holds the value that it was given for.

A genuine sentence of the page is no evidence for a value that it does not have:

    12400000      "revenue of 12.4 million euros"     holds: 12.4, a million times
    "2026-05-12"  "Berlin, den 12. Mai 2026"          holds: its day, its month by name, its year
    999999        "revenue of 12.4 million euros"     does not
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.merge.folding import fold

LIKENESS = 80
"""Least similarity, in percent, of a text to the part of the quote that is most like it."""
SCALES = tuple(Decimal(10) ** power for power in (0, 3, 6, 9))
"""What a number may be larger or smaller than it is written: thousands, millions, thousand millions."""
WHOLE_WORD = 4
"""A text of fewer letters must stand in the quote as words of their own: it is part of too many others."""

EXCERPT = 0.6
EXCERPT_CHARS = 200
"""A text that is longer than its quote is held by one that has this share of it, or so many characters, and all of
them from it: quotes are asked to be short."""

_CHUNK = re.compile(r"\d+(?:[.,'’٫٬]\d+)*")
_SEPARATOR = re.compile(r"[.,'’٫٬]")
_PERCENT = re.compile(r"[%‰٪]|per ?cent|prozent|pour cent|por cien|procent", re.IGNORECASE)
_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?")
_MONTHS = (
    "jan gen ene sty led янв 一",
    "feb fév fev lut úno фев",
    "mar mär maa mrt mrz bře мар",
    "apr avr abr kwi dub апр",
    "may mai mei maj mag kvě мая май",
    "jun juin giu cze čer июн",
    "jul juil lug lip июл",
    "aug août aou ago sie srp авг",
    "sep set wrz zář сен",
    "oct okt ott out paź říj окт",
    "nov lis ноя",
    "dec dez déc dic gru pro дек",
)
"""How the months' names begin in the languages that are written most, folded."""


def holds(value: Any, quote: str) -> bool:
    """Whether the value, a text or a number, stands in the quote; what is true or false stands in no particular words.

    A number stands there in any usual spelling, also as percent, thousands, millions or thousand millions. A date
    (ISO 8601) stands there by its day, month and year. Of any other text the numbers must stand there, and its words
    nearly so; of one that is longer than the quote, those of the quote in it.
    """
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, (int, float)):
        return _holds_number(Decimal(repr(value)), quote)
    text = str(value)
    date = _ISO_DATE.fullmatch(text.strip())
    if date and _holds_date(int(date[1]), int(date[2]), int(date[3]), quote):
        return True
    return _holds_text(text, quote)


def _holds_number(value: Decimal, quote: str) -> bool:
    size = abs(value)
    wanted = {size * scale for scale in SCALES} | {size / scale for scale in SCALES}
    if _PERCENT.search(quote):
        wanted.add(size * 100)
    return any(number in wanted for number in _numbers(quote))


def _numbers(quote: str) -> Iterator[Decimal]:
    """Every number that may be read in the quote, without its sign."""
    chunks = list(_CHUNK.finditer(quote))
    for place, chunk in enumerate(chunks):
        text = chunk[0]
        yield from _readings(text)
        for before, after in zip(chunks[place:], chunks[place + 1 :], strict=False):
            gap = quote[before.end() : after.start()]
            if len(gap) != 1 or not gap.isspace() or not re.match(r"\d{3}(?!\d)", after[0]):
                break
            text += after[0]
            yield from _readings(text)
    for char in quote:
        if not char.isdigit():
            numeral = unicodedata.numeric(char, None)
            if numeral is not None:
                yield Decimal(repr(numeral))


def _readings(chunk: str) -> Iterator[Decimal]:
    """What digits with separators may mean: 1.234 is one thousand or one and a bit, 12.05.2025 three numbers."""
    groups, marks = _SEPARATOR.split(chunk), set(_SEPARATOR.findall(chunk))
    grouped = all(len(group) in (2, 3) for group in groups[1:-1]) and len(groups[-1]) == 3
    try:
        if len(groups) == 1 or grouped:
            yield Decimal("".join(groups))
        if len(groups) > 1:
            yield Decimal("".join(groups[:-1]) + "." + groups[-1])
        if len(groups) > 2 and not grouped and len(marks) == 1:
            yield from map(Decimal, groups)
    except InvalidOperation:  # digits of two scripts in one number: nobody writes so, and it is no reading
        return


def _holds_date(year: int, month: int, day: int, quote: str) -> bool:
    runs = [int(run) for run in re.findall(r"\d+", quote) if len(run) <= 4]
    for wanted in ({year, year % 100}, {day}):
        found = next((run for run in sorted(runs, reverse=True) if run in wanted), None)
        if found is None:
            return False
        runs.remove(found)
    if month in runs:
        return True
    words = re.findall(r"[^\W\d_]+", fold(quote))
    return 1 <= month <= 12 and any(word.startswith(tuple(_MONTHS[month - 1].split())) for word in words)


def _holds_text(text: str, quote: str) -> bool:
    from rapidfuzz import fuzz

    wanted, found = (" ".join(fold(one).split()) for one in (text, quote))
    if len(found) < min(EXCERPT * len(wanted), EXCERPT_CHARS):
        return False
    if len(found) < len(wanted):
        wanted, found = found, wanted
    if not _has_digits(re.findall(r"\d+", wanted), re.findall(r"\d+", found)):
        return False
    if len(wanted) >= WHOLE_WORD:
        return fuzz.partial_ratio(wanted, found) >= LIKENESS
    if not (wanted.isascii() and wanted.isalnum()):
        return wanted in found
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", found) is not None


def _has_digits(wanted: list[str], found: list[str]) -> bool:
    """Whether the numbers of a text stand in the quote, each for itself or all in a row, however they are parted."""
    if set(wanted) <= set(found):
        return True
    row = "".join(wanted)
    return any(
        "".join(found[first:last]) == row for first in range(len(found)) for last in range(first + 1, len(found) + 1)
    )
