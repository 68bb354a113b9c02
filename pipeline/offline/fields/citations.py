"""The list of works cited, one record an entry, in the common forms of numbered and unnumbered lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.offline.fields.find import Finder
from pipeline.offline.fields.labels import Reading, best_likeness, readings
from pipeline.offline.fields.source import Record, Source
from pipeline.offline.fields.values import TYPED, read
from pipeline.offline.fields.wanted import Field, Path

_CITATION: Reading = frozenset({"citation"})
_OPENS = re.compile(r"(?:^|(?<=\s))(?:\[(?P<n>\d{1,3})\]|(?P<m>\d{1,3})\.(?=\s[A-ZÀ-Þ]))\s*")
_YEAR = re.compile(r"(?<![\d-])(?:19|20)\d\d(?![\d-])")
_QUOTED = re.compile(r"[“\"„«](?P<title>[^”\"“»]{8,300}?)[,.]?[”\"“»]")
_AUTHORS = re.compile(
    r"^(?:(?:[A-ZÀ-Þ][\w'’-]*\.?|[A-ZÀ-Þ]\.(?:-?[A-ZÀ-Þ]\.)*|de|van|von|der|et al\.?|and|und|et|&|,|"
    r";)[\s,]*)+?(?:\((?:19|20)\d\d[a-z]?\)|(?:19|20)\d\d[a-z]?)?[.:]\s+(?=[A-ZÀ-Þ\d“\"])"
)


def citations(name: str, properties: Mapping[Path, Field], finder: Finder) -> list[Record]:
    """The entries of the reference list, where the array asks for it."""
    if best_likeness(readings(name, False), [_CITATION]) < 0.8:
        return []
    found = [_record(*entry, properties, finder) for entry in entries(finder.source)]
    kept = [record for record in found if record]
    return kept if len(kept) >= 2 else []


def entries(source: Source) -> Iterator[tuple[int | None, str, int, str]]:
    """(number, text, page, quote) of each entry; of one that goes on over a page's end the quote is its beginning."""
    pending: tuple[int | None, str, int, str] | None = None
    for line, page in _list_lines(source):
        opens = list(_OPENS.finditer(line))
        head = line[: opens[0].start()].strip() if opens else line
        if head and pending:
            number, text, begun, quote = pending
            pending = (number, f"{text} {head}", begun, f"{quote} {head}" if page == begun else quote)
        for at, match in enumerate(opens):
            if pending:
                yield pending
            stop = opens[at + 1].start() if at + 1 < len(opens) else len(line)
            text = line[match.end() : stop].strip()
            pending = (int(match["n"] or match["m"]), text, page, text)
    if pending:
        yield pending


def _list_lines(source: Source) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    inside = False
    for block in source.blocks:
        if block.kind == "heading":
            inside = best_likeness([_CITATION], readings(block.text)) >= 0.8 or (
                inside and bool(_OPENS.match(block.text))
            )
        elif inside and block.kind == "text":
            found += [(line, block.page) for line in block.lines]
    return found


def _record(
    number: int | None, text: str, page: int, quote: str, properties: Mapping[Path, Field], finder: Finder
) -> Record | None:
    title = title_of(text)
    values: dict[Path, Any] = dict.fromkeys(properties)
    for key, wanted in properties.items():
        said = _part(wanted, number, text, title)
        if said and "author" in set[str]().union(*wanted.names):
            values[key] = said if finder.wire.valid(said, wanted.schema) else None  # all of them, not the first
            continue
        got = read(wanted, said, finder.source.usage, finder.wire) if said else None
        values[key] = got.value if got else None
    return Record(values, quote, page) if title and any(value is not None for value in values.values()) else None


def _part(wanted: Field, number: int | None, text: str, title: str) -> str:
    """The part of an entry that a property asks for; "" where that is not known."""
    words = set[str]().union(*wanted.names)
    if "title" in words:
        return title
    if wanted.kind in TYPED:
        match = TYPED[wanted.kind].search(text)
        return match[0] if match else ""
    if "year" in words or wanted.kind in ("year", "date"):
        years = _YEAR.findall(text.replace(title, " "))
        return str(years[-1]) if years else ""
    if "author" in words:
        named = re.sub(r"\(?(?:19|20)\d\d[a-z]?\)?\W*$", "", text[: text.find(title)]) if title else ""
        return named.strip(' .,:(“"')
    return str(number) if number is not None and words & {"number", "index"} else ""


def title_of(text: str) -> str:
    """The title in an entry: what is quoted, else the sentence behind the authors; "" where neither can be told."""
    quoted = _QUOTED.search(text)
    if quoted:
        return quoted["title"].strip()
    authors = _AUTHORS.match(text)
    if not authors:
        return ""
    rest = text[authors.end() :]
    ends = re.search(r"[?!]|\.(?=\s+(?:[A-ZÀ-Þ“]|arXiv|In\b|in\b|\d))|\.$", rest)
    title = rest[: ends.start() + (1 if ends[0] in "?!" else 0)] if ends else rest
    return title.strip() if len(title.split()) >= 2 and len(title) < 300 else ""
