"""The pages as the engine searches them: labels with values, tables, sentences, and how this document writes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.offline import sentences
from pipeline.offline.blocks import Block
from pipeline.offline.fields import numbers
from pipeline.offline.fields.dates import day_first, find_dates
from pipeline.offline.fields.entries import Entry, Names, line_entries
from pipeline.offline.fields.labels import Reading, best_likeness, is_label, mentions, readings
from pipeline.offline.fields.names import is_company
from pipeline.offline.fields.tables import Table, read_tables, table_entries
from pipeline.offline.fields.values import Usage

_COMMON = {
    "en": "the of and to in is for with that by on this are be".split(),
    "de": "der die und das den von mit für ist im zu des auf nicht wird sie eine".split(),
    "fr": "le la les des et est une dans pour par sur au du qui que avec".split(),
    "es": "el los las y una en por con para que se del al es".split(),
    "it": "il di che e la per una con del della sono gli nel".split(),
    "nl": "de het een van en is dat op te voor met zijn niet".split(),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a field may have, with its place and how much speaks for it (0 to 1 and a little above)."""

    value: Any
    quote: str
    page: int
    score: float
    order: int


@dataclass(frozen=True, slots=True)
class Record:
    """One item of an array: its value, the words it stands on, and their page."""

    value: Any
    quote: str
    page: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence with the known words in it: what they mean, and from where to where they stand."""

    text: str
    page: int
    order: int
    mentions: tuple[tuple[Reading, int, int], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """All that is looked at to fill the fields of one request."""

    blocks: Sequence[Block]
    entries: Sequence[Entry]
    tables: Sequence[Table]
    statements: Sequence[Statement]
    usage: Usage
    unit: tuple[int, str, int] | None
    """The scale that most tables state, the words that state it, and their page."""
    currency: tuple[str, str, int] | None
    """The document's one currency, the words that show it, and their page."""
    title: tuple[str, int] | None
    """The document's title and its page: its first heading, else a short first line."""
    names: Names

    def is_label(self, text: str) -> bool:
        """Whether a text is a label in itself, and so no value."""
        return is_label(text, self.names) and not re.search(r"\d", text)


def read_source(blocks: Sequence[Block], names: Names) -> Source:
    """Index the blocks of a request; `names` are the words of the fields that are asked for."""
    texts = [line for block in blocks for line in block.lines]
    language = language_of(texts)
    currency = _main_currency(blocks)
    tables = read_tables(blocks)
    unit = _main_unit(tables)
    usage = Usage(
        numbers.decimal_mark(texts),
        day_first(texts, language),
        language,
        currency[0] if currency else None,
        unit[0] if unit else None,
    )
    entries = [*line_entries(blocks, names), *table_entries(tables, names)]
    entries += [end for entry in entries for end in _period_ends(entry, usage)]
    return Source(blocks, entries, tables, _statements(blocks), usage, unit, currency, _title(blocks), names)


def _title(blocks: Sequence[Block]) -> tuple[str, int] | None:
    first = [block for block in blocks[:8] if block.page == blocks[0].page and block.kind != "table"]
    headings = [block for block in first if block.kind == "heading" and len(block.text) > 4]
    lines = [block for block in first[:3] if len(block.lines) == 1 and 2 <= len(block.text.split()) <= 14]
    for block in headings or lines:
        if (
            not block.text.endswith((".", ":"))
            and not is_company(block.text)
            and any(sign.isalpha() for sign in block.text)
        ):
            return block.text, block.page
    return None


def language_of(texts: Sequence[str]) -> str:
    """The language whose small words are the most frequent, such as "en" or "de"; "" where there are few."""
    words = Counter(word for text in texts[:4000] for word in text.casefold().split())
    scores = {language: sum(words[word] for word in common) for language, common in _COMMON.items()}
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] >= 5 else ""


def _period_ends(entry: Entry, usage: Usage) -> list[Entry]:
    """A period of two dates, as its beginning and its end."""
    if not any(reading & {"period", "duration", "term"} for reading in entry.readings):
        return []
    days = find_dates(entry.value, usage.days_first)
    if len(days) != 2 or not (days[0].day and days[1].day):
        return []
    ends = ((days[0], ("effective date", "start date")), (days[1], ("end date",)))
    return [
        replace(
            entry,
            value=day.text,
            readings=tuple(frozenset(name.split()) for name in names),
            prior=0.85,
            column="",
            group=-1,
        )
        for day, names in ends
    ]


def _main_unit(tables: Sequence[Table]) -> tuple[int, str, int] | None:
    scales = Counter(table.scale for table in tables if table.scale is not None and table.pages)
    if not scales:
        return None
    scale, _ = scales.most_common(1)[0]
    table = next(table for table in tables if table.scale == scale and table.pages)
    words = next((text for text in (*table.header, table.title) if numbers.unit_scale(text) is not None), table.head)
    return scale, words, table.pages[0]


def _main_currency(blocks: Sequence[Block]) -> tuple[str, str, int] | None:
    """The currency of nine in ten amounts, where there is one."""
    seen: Counter[str] = Counter()
    first: dict[str, tuple[str, int]] = {}
    for block in blocks:
        for line in block.lines:
            code = numbers.currency_of(line)
            if code and _is_money(line):
                seen[code] += 1
                first.setdefault(code, (line, block.page))
    if not seen:
        return None
    code, count = seen.most_common(1)[0]
    return (code, *first[code]) if count >= 0.8 * seen.total() else None


def _is_money(line: str) -> bool:
    """Whether a currency's sign stands beside a figure or a unit: "$1$" is a formula, "$5" is none."""
    beside = any(number.currency for number in numbers.find_numbers(re.sub(r"\$[^$\n]{0,40}\$", " ", line)))
    return beside or numbers.unit_scale(line) is not None or "currency" in line.casefold()


def _statements(blocks: Sequence[Block]) -> list[Statement]:
    found = []
    for block in blocks:
        if block.kind == "text":
            for text in sentences.split(block.text):
                if len(text) > 20:
                    found.append(Statement(text, block.page, block.index, mentions(text)))
    return found


_BULLET = re.compile(r"^[•●▪■◦‣*–—-]\s*")


def section_lines(name: str, source: Source) -> list[tuple[str, int]]:
    """The lines (with their pages) under the heading that carries a name, to the next heading."""
    found: list[tuple[str, int]] = []
    inside = False
    for block in source.blocks:
        if block.kind == "heading":
            if found:
                break
            inside = best_likeness(readings(name, False), readings(block.text)) >= 0.8
        elif inside and block.kind == "text":
            found += [(_BULLET.sub("", line), block.page) for line in block.lines]
    return found
