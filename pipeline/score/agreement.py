"""When two values agree. The rules and their limits are published in docs/scoring.md.

number   within 0.1 % of the gold
date     the same day, however written
exact    the same truth value; the same text after folding of case, white space, and punctuation at the ends
alike    texts with a rapidfuzz ratio of 90 or more, if every digit in them is the same
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from rapidfuzz import fuzz

TOLERANCE = 0.001
"""The most that a number may differ, as a share of the gold's."""
ALIKE = 90.0
"""The least similarity in percent (`rapidfuzz.fuzz.ratio`, the normalised indel similarity) of texts that agree."""
DATES = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d.%m.%Y", "%Y/%m/%d")
"""How days are written; 3/4/2025 is read as none, since it may be one of two."""
_KEPT = 1 << 16
"""Texts whose reading is kept: in lists the same ones are compared many times."""

Rule = Literal["exact", "number", "date", "alike", ""]


def agree(found: Any, gold: Any) -> Rule:
    """The name of the rule by which two leaves agree, "" where they do not."""
    if isinstance(gold, bool) or isinstance(found, bool):
        return "exact" if found is gold else ""
    if isinstance(gold, int | float):
        number = _number(found)
        return "number" if number is not None and abs(number - gold) <= TOLERANCE * abs(gold) else ""
    left, right = _folded(str(found)), _folded(str(gold))
    if left == right:
        return "exact"
    days = _day(str(found)), _day(str(gold))
    if None not in days:
        return "date" if days[0] == days[1] else ""
    return "alike" if _digits(left) == _digits(right) and fuzz.ratio(left, right) >= ALIKE else ""


def likeness(found: Any, gold: Any) -> float | None:
    """How alike two texts are once folded, from 0 to 1; None where one of them is none."""
    if not (isinstance(found, str) and isinstance(gold, str)):
        return None
    return round(fuzz.ratio(_folded(found), _folded(gold)) / 100, 3)


def _number(value: Any) -> float | None:
    try:
        return float(value.replace(",", "").strip()) if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


@lru_cache(maxsize=_KEPT)
def _folded(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return text.strip(" .,;:!?'\"()[]") or text


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@lru_cache(maxsize=_KEPT)
def _day(text: str) -> date | None:
    for form in DATES:
        try:
            return datetime.strptime(text.strip(), form).date()
        except ValueError:
            day = None
    return day
