"""What a value means, so that two which a reader would call the same compare equal; never for output.

    "$1.2 million"   "USD 1,200,000.00"      a number, in one currency
    "12 March 2025"  "12.03.2025"            a day
    "Dr. Doe, John"  "John Doe"              the same words, a title and the order apart

The schema says what a value can be: what is chosen from a list is only itself, a text with a `pattern` or a `format` is
folded text, a `date` no number. Some values leave something open: the third of April or the fourth of March, J. or
John, dollars of which country. Such a value is the same as another one where exactly one is at hand that it may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from pipeline.merge import amounts
from pipeline.merge.dates import dated
from pipeline.merge.folding import fold


class Meaning(NamedTuple):
    """What a value is, and which one; equal for values that are the same."""

    form: str
    what: Hashable


Means = Callable[[Any], Meaning]
"""What the values at one place of a schema mean."""

LONGEST = 100
"""Characters beyond which a text is neither a number, nor a date, nor a name."""

_DATES = ("date", "date-time")
_TITLES = frozenset(
    "mr mrs ms miss dr prof professor sir dame herr frau mme mlle monsieur madame sr sra sig dipl-ing".split()
)
_DEGREES = frozenset("phd md esq mba cpa jd".split())
_WORD = r"[^\W\d_]+(?:['-][^\W\d_]+)*"
_WORDS = re.compile(rf"{_WORD}(?:(?:\.? |\.){_WORD})*\.?")
"""Words with a sign between any two: where there may be none, a text that is none takes for ever to tell."""
_SIDE = 2
"""Words that may stand on either side of the comma of "Doe, John"."""


def meaning(value: Any, schema: Mapping[str, Any] | None = None, day_first: bool | None = None) -> Meaning:
    """What a plain value of the (resolved) schema means; without a schema, any number, date or text.

    `day_first` tells how the document writes dates in numbers, None where it does not show.
    """
    schema = schema or {}
    if isinstance(value, Mapping):
        inner = schema.get("properties", {})
        fields = ((name, meaning(child, inner.get(name), day_first)) for name, child in value.items())
        return Meaning("object", tuple(sorted(fields, key=lambda field: field[0])))
    if isinstance(value, list):
        return Meaning("array", tuple(meaning(child, schema.get("items"), day_first) for child in value))
    if value is None or isinstance(value, bool) or _is_listed(schema):
        return Meaning("constant", (type(value).__name__, value))
    if isinstance(value, (int, float)):
        number = Decimal(repr(value))
        return Meaning("amount", (number, "")) if number.is_finite() else Meaning("text", repr(value))
    return _text(" ".join(fold(str(value)).split()), schema, day_first)


def _is_listed(schema: Mapping[str, Any]) -> bool:
    """Whether the value is chosen from a list, in which "A" and "a" may be two things."""
    return any("enum" in one or "const" in one for one in (schema, *schema.get("anyOf", ())))


def listed(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value as the schema's list spells it, where exactly one of the list is the same but for case and spaces."""
    options = schema.get("enum")
    if not options or not isinstance(value, str) or value in options:
        return value
    same = [one for one in options if isinstance(one, str) and fold(one).split() == fold(value).split()]
    return same[0] if len(same) == 1 else value


def _text(folded: str, schema: Mapping[str, Any], day_first: bool | None) -> Meaning:
    if len(folded) > LONGEST:
        return Meaning("text", folded)
    form = schema.get("format")
    if not form or form in _DATES:
        day = dated(folded, day_first)
        if day:
            return Meaning(*day)
    if form or "pattern" in schema:
        return Meaning("text", folded)
    amount = amounts.amount_of(folded)
    return Meaning("amount", amount) if amount else Meaning("text", _named(folded))


def _named(folded: str) -> str:
    """A text of a few words without the dots, the titles and the order that names are written with."""
    before, comma, after = (side.strip() for side in folded.partition(","))
    if not _WORDS.fullmatch(before) or (comma and not _WORDS.fullmatch(after)):
        return folded
    first, last = _parts(before), _parts(after)
    if comma and len(last) == 1 and last[0] in _DEGREES:
        last = []
    elif comma and max(len(first), len(last)) > _SIDE:
        return folded
    words = [*last, *first]
    while len(words) > _SIDE and words[0] in _TITLES:
        words = words[1:]
    return " ".join(words)


def _parts(words: str) -> list[str]:
    return words.replace(".", " ").split()


def openness(one: Meaning) -> int:
    """How much the value leaves open, 0 where it is one thing."""
    if one.form == "amount" and isinstance(one.what, tuple):
        return amounts.openness(one.what[1])
    if one.form == "text":
        return sum(len(word) == 1 for word in _first_names(one))
    return int(one.form == "date?")


def may_be(one: Meaning, other: Meaning) -> bool:
    """Whether a value that leaves something open may be the other one."""
    if one.form == "date?" and other.form == "date" and isinstance(one.what, tuple):
        year, first, second = one.what
        return other.what in ((year, first, second), (year, second, first))
    if one.form != other.form:
        return False
    if one.form == "amount" and isinstance(one.what, tuple) and isinstance(other.what, tuple):
        return one.what[0] == other.what[0] and amounts.may_be(one.what[1], other.what[1])
    return one.form == "text" and _abbreviates(str(one.what).split(), str(other.what).split())


def _first_names(one: Meaning) -> Sequence[str]:
    """The words of a short text but its last, which is of more than one letter: what may be initials."""
    words = str(one.what).split()
    short = 2 <= len(words) <= 2 * _SIDE and all(word.isalpha() for word in words) and len(words[-1]) > 1
    return words[:-1] if short else ()


def _abbreviates(words: Sequence[str], others: Sequence[str]) -> bool:
    if len(words) != len(others) or words[-1] != others[-1]:
        return False
    return all(
        one == other or (len(one) == 1 and other.startswith(one)) for one, other in zip(words, others, strict=True)
    )


def classes(meanings: Iterable[Meaning]) -> dict[Meaning, Meaning]:
    """For each meaning the one that it counts as: itself, or the only one at hand that it may be."""
    counted: dict[Meaning, Meaning] = {}
    for one in sorted(set(meanings), key=openness):
        could = {counted[other] for other in counted if may_be(one, other)} if openness(one) else set()
        counted[one] = could.pop() if len(could) == 1 else one
    return counted
