"""Stations of a career: records with a beginning, an end, an organisation and a title, by the dates beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.offline.fields.find import Finder
from pipeline.offline.fields.labels import best_likeness, readings, tokens
from pipeline.offline.fields.names import is_company
from pipeline.offline.fields.source import Record
from pipeline.offline.fields.values import read
from pipeline.offline.fields.wanted import Field, Path

_WHEN = r"(?:[A-Z][a-zé]{2,9}\.?\s)?(?:19|20)\d\d"
_SPAN = re.compile(
    rf"(?<![\w-])(?P<start>{_WHEN})\s*(?:[-–—]|to|bis|à)\s*"
    rf"(?P<end>{_WHEN}|(?P<now>present|current|now|today|heute|aujourd['’]hui|actualidad))\)?\s*$",
    re.IGNORECASE,
)
_WORK = re.compile(
    r"(?:(?:work|professional|academic|industry|relevant|teaching|research)\s+)?(?:experience|appointments)|"
    r"(?:employment|career|work)(?:\s+history)?|berufserfahrung|expérience professionnelle|experiencia laboral",
    re.IGNORECASE,
)
_SCHOOL = re.compile(r"education(?: and training)?|ausbildung|formation|formación|academic background", re.IGNORECASE)
_PLACES = ("employer", "institution", "company", "organization", "organisation", "school", "university")
_TITLES = ("title", "role", "position", "degree", "qualification")
_GLUE = " \t|,;·•–—-("


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a section; `head` where it is a heading of its own."""

    text: str
    page: int
    head: bool


def stations(name: str, properties: Mapping[Path, Field], finder: Finder) -> list[Record]:
    """The stations below the heading of the array's name; [] where its records are of another sort."""
    start, end, place, title = (_key(properties, *words) for words in (("start",), ("end",), _PLACES, _TITLES))
    if not (start and end and place and title):
        return []
    now = _key(properties, "current")
    lines = list(_section(name, _SCHOOL if place[-1] in ("institution", "school", "university") else _WORK, finder))
    found = []
    for at, line in enumerate(lines):
        span = _SPAN.search(line.text)
        told = _told(lines, at, line.text[: span.start()].strip(_GLUE)) if span else None
        if span is None or told is None:
            continue
        values: dict[Path, Any] = dict.fromkeys(properties)
        texts = {start: span["start"], end: "" if span["now"] else span["end"], title: told[0], place: told[1]}
        for key, text in texts.items():
            values[key] = _as_asked(properties[key], text, finder)
        if now:
            values[now] = bool(span["now"])
        found.append(Record(values, told[2] if told[2] else line.text, line.page))
    return found


def _key(properties: Mapping[Path, Field], *words: str) -> Path | None:
    return next(
        (key for key in properties if set(tokens(key[-1])) & {one for word in words for one in tokens(word)}), None
    )


def _section(name: str, called: re.Pattern[str], finder: Finder) -> Iterator[_Line]:
    """The lines below each heading of that name, to the next heading in capitals, or to one that is no station's."""
    inside = capitals = False
    for block in finder.source.blocks:
        if block.kind == "heading":
            text = block.text.strip()
            if called.fullmatch(text) or best_likeness(readings(name, False), readings(text)) >= 0.9:
                inside, capitals = True, text.isupper()
                continue
            inside = inside and capitals and not text.isupper()
        if inside and block.kind != "table":
            yield from (_Line(line, block.page, block.kind == "heading") for line in block.lines)


def _told(lines: list[_Line], at: int, before: str) -> tuple[str, str, str] | None:
    """(title, place, quote) of the station whose dates end line `at`; None where it stays open which is which.

    Beside the dates stands the place, above it the title as a heading; or the dates stand alone, and above them
    "Title - Place", of which one reads like an organisation.
    """
    above = lines[at - 1] if at else None
    if above is None or _SPAN.search(above.text):
        return None
    if before:
        place = before.split(" | ")[0].strip(_GLUE)
        return (above.text, place, lines[at].text) if above.head and place else None
    pieces = re.split(r"\s[-–—|]\s", above.text)
    if len(pieces) != 2 or len(above.text) > 120 or is_company(pieces[0]) == is_company(pieces[1]):
        return None
    title, place = reversed(pieces) if is_company(pieces[0]) else pieces
    return title, place, f"{above.text} {lines[at].text}" if above.page == lines[at].page else above.text


def _as_asked(wanted: Field, text: str, finder: Finder) -> Any:
    """A date as the schema has dates, a lone year as a number where it asks for one; else the text as it stands."""
    if wanted.kind in ("date", "year") and text:
        got = read(wanted, text, finder.source.usage, finder.wire)
        text = str(got.value) if got else text
    forms = (text, int(text)) if text.isdecimal() else (text,)
    return next((form for form in forms if form != "" and finder.wire.valid(form, wanted.schema)), None)
