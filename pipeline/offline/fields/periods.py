"""The periods that a statement's columns stand for, and the names that a company's own year gives them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.offline.fields.dates import month_of

_SPANS = {
    3: "three quarter 3 13 thirteen",
    6: "six half 6 26 twenty-six",
    9: "nine 9 39 thirty-nine",
    12: "twelve year 12 52 53 fifty-two",
}
_MONTHS_OF = {word: months for months, words in _SPANS.items() for word in words.split()}
_SPAN = re.compile(
    r"\b(?P<n>three|six|nine|twelve|3|6|9|12)(?:[\s-]+months?\b|(?=\s+and\s+(?:six|nine|twelve|6|9|12)[\s-]+month))"
    r"|\b(?P<w>thirteen|twenty-six|thirty-nine|fifty-two|13|26|39|52|53)[\s-]+weeks?\b"
    r"|\b(?P<q>quarter|half)(?:ly period)?\b|\b(?P<y>year)s?[\s-]+(?:ended|ending)\b",
    re.IGNORECASE,
)
_DAY = re.compile(r"\b(?P<month>[A-Za-z]{3,9})\.?\s+(?P<day>\d{1,2})\b")
_YEAR = re.compile(r"(?<![\d,.$])(?:19|20)\d\d(?![\d,.])")
_CHANGE = re.compile(r"%|\bchange\b|\bgrowth\b|\bvariance\b", re.IGNORECASE)
_YEAR_END = re.compile(
    r"\bfiscal\s+years?\s+(?:will\s+)?(?:ended|ending|ends?)\s+(?:on\s+|the\s+last\s+\w+\s+(?:of|in)\s+)?"
    r"(?P<month>[A-Za-z]{3,9})\b",
    re.IGNORECASE,
)
_WEEK = 7
"""Years of whole weeks end some days before or after a month does: a day up to this one is the month before's."""


@dataclass(frozen=True, slots=True)
class Period:
    """So many months that end in a month; 0 months where a column holds what stood on one day."""

    months: int
    year: int
    month: int
    day: int

    @property
    def index(self) -> int:
        """The last month, counted from the year 0."""
        return self.year * 12 + self.month - 1 - (self.day <= _WEEK)

    @property
    def iso(self) -> str:
        """The last day."""
        return f"{self.year:04}-{self.month:02}-{self.day:02}"

    def fiscal(self, year_end: int) -> str:
        """Its name in a year that ends with month `year_end` (1 to 12); "" where it has none.

        >>> Period(3, 2024, 12, 31).fiscal(6), Period(6, 2024, 12, 31).fiscal(6), Period(0, 2024, 6, 30).fiscal(6)
        ('FY2025 Q2', 'FY2025 H1', 'FY2024')
        """
        gone = (self.index - year_end) % 12 + 1
        name = f"FY{(self.index + 12 - gone) // 12}"
        if gone % 3 or self.months not in (0, 3, 6, 9, 12) or (self.months > gone):
            return ""
        if self.months in (0, 3) and not (self.months == 0 and gone == 12):
            return f"{name} Q{gone // 3}"
        if self.months == 6:
            return f"{name} H{gone // 6}" if gone % 6 == 0 else ""
        if self.months == 9:
            return f"{name} YTD" if gone == 9 else ""
        return name if gone == 12 else ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures: its period, or (`change`) how its row changed from the period `before` to that one."""

    head: str
    period: Period | None
    change: bool = False
    before: Period | None = None


def columns_of(header: Sequence[str], above: str) -> list[Column]:
    """The columns of figures under a header, in order; what it leaves out is taken from the lines above the table.

    >>> [column.period.year for column in columns_of(["", "2024", "2023"], "Six Months Ended December 31,")]
    [2024, 2023]
    """
    heads = [cell for cell in header[1:] if cell]
    spans = [_months(match) for match in _SPAN.finditer(above)]
    told = [match for match in _DAY.finditer(above) if month_of(match["month"])]
    shared = _shared(spans, [head for head in heads if _YEAR.search(head)])
    if shared is None:
        return []
    carried = _Carried(None, told[0] if _one(told) else None)
    found: list[Column] = []
    for head in heads:
        carried.months = shared.pop(0) if shared and _YEAR.search(head) else carried.months
        found.append(_column(head, carried, found))
    periods = [column.period for column in found if column.period and not column.change]
    understood = len(set(periods)) == len(periods) and 2 * len(periods) >= len(heads) - sum(
        column.change for column in found
    )
    return found if periods and understood else []


def _shared(spans: Sequence[int], dated: Sequence[str]) -> list[int] | None:
    """The span of each column with a year, by those above the table: one for all, or each for as many columns, where
    the years of these are the same; [] where none is said above, None where it stays open which is which."""
    if any(_SPAN.search(head) for head in dated) or not spans:
        return []
    if len(set(spans)) == 1:
        return [spans[0]] * len(dated)
    each, over = divmod(len(dated), len(spans))
    years = [match[0] for head in dated if (match := _YEAR.search(head))]
    if over or not each or any(years[at : at + each] != years[:each] for at in range(0, len(years), each)):
        return None
    return [span for span in spans for _ in range(each)]


def _one(told: Sequence[re.Match[str]]) -> bool:
    return len({(month_of(match["month"]), match["day"]) for match in told}) == 1


def _months(match: re.Match[str]) -> int:
    said = next(group for group in (match["n"], match["w"], match["q"], match["y"]) if group)
    return _MONTHS_OF[said.casefold()]


@dataclass(slots=True)
class _Carried:
    """What the columns so far have said: a column that says only a year goes on with it."""

    months: int | None
    day: re.Match[str] | None


def _column(head: str, carried: _Carried, before: Sequence[Column]) -> Column:
    span, year = _SPAN.search(head), _YEAR.search(head)
    days = [match for match in _DAY.finditer(head) if month_of(match["month"])]
    carried.months = _months(span) if span else carried.months
    carried.day = days[0] if days else carried.day
    if _CHANGE.search(head) or not year:
        known = [column.period for column in before if column.period and not column.change]
        fresh = not any(column.change for column in before[-1:])
        if _CHANGE.search(head) and len(known) >= 2 and fresh:
            return Column(head, known[-2], True, known[-1])
        return Column(head, None)
    if not carried.day:
        return Column(head, None)
    month = month_of(carried.day["month"]) or 1
    return Column(head, Period(carried.months or 0, int(year[0]), month, int(carried.day["day"])))


def year_end(texts: Iterable[str]) -> int | None:
    """The month that the fiscal year ends with, by what the text says of it the most often; None where it does not."""
    said = Counter(
        month for text in texts for match in _YEAR_END.finditer(text) if (month := month_of(match["month"])) is not None
    )
    return said.most_common(1)[0][0] if said else None


def balanced(pairs: Iterable[Sequence[Period]]) -> int | None:
    """The month that the fiscal year ends with, by balances: within a year, they stand beside that of the last one."""
    ends = Counter(
        past.index % 12 + 1 for now, past in pairs if now.months == past.months == 0 and 0 < now.index - past.index < 12
    )
    return ends.most_common(1)[0][0] if ends else None
