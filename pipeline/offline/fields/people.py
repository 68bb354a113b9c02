"""Records of people and parties: the authors under a title, the parties at the head of an agreement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.offline.blocks import Block
from pipeline.offline.fields.entries import pairs
from pipeline.offline.fields.find import Finder
from pipeline.offline.fields.labels import Reading, best_likeness, readings
from pipeline.offline.fields.names import is_company
from pipeline.offline.fields.prose import name_before
from pipeline.offline.fields.source import Record
from pipeline.offline.fields.values import TYPED, read
from pipeline.offline.fields.wanted import Field, Path

AUTHOR: Reading = frozenset({"author"})
_PARTY: Reading = frozenset({"party"})
_HEAD = 14
"""Blocks at the head of a document in which authors are looked for."""
_MARKS = re.compile(r"[\d*†‡§¶∗⋆]+(?:,[\d*†‡§¶∗⋆]+)*")
_NAME = re.compile(
    r"[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:\s(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*|de|van|von|der|den|da|di|del|la|le|al|bin|el)){1,4}"
)
_PLACE = re.compile(
    r"\b(?:Universit\w+|Institut\w*|Hochschule|College|School|Laborator\w+|Department|Cent(?:re|er|"
    r"rum)|Research|Academy|Inc|"
    r"Labs?|École|Faculty|Fakultät|Hospital|Google|Meta|Microsoft|NVIDIA|Corporation)\b"
)
_ROLE = re.compile(
    r"(?:,|\()\s*(?:(?:hereinafter|hereafter|nachfolgend|im Folgenden|ci-après)\s*)?(?:referred to as|called|known "
    r"as|genannt|bezeichnet als|"
    r"dénommée?s?|désignée?s?)?\s*(?:the|der|die|das|le|la|als)?\s*[\"“”„«]\s*(?:the |der |die |das |le |la )?"
    r"(?P<role>[A-ZÀ-ÖØ-Þ][\w -]{2,40}?)\s*[\"“”»]"
)


def people(name: str, properties: Mapping[Path, Field], finder: Finder) -> list[Record]:
    """Records of authors or of parties, where that is what the array asks for; else none."""
    asked = readings(name, False)
    if best_likeness(asked, [AUTHOR]) >= 0.8:
        return _authors(properties, finder)
    if best_likeness(asked, [_PARTY]) >= 0.8:
        return _parties(properties, finder)
    return []


def _key(properties: Mapping[Path, Field], *words: str) -> Path | None:
    """The property whose name says one of the words."""
    return next(
        (key for key, wanted in properties.items() if any(reading & set(words) for reading in wanted.own)), None
    )


def _authors(properties: Mapping[Path, Field], finder: Finder) -> list[Record]:
    """Names in a row below the title, with the one institution and the addresses that go with them."""
    named = _key(properties, "name", "author")
    head = _byline(finder)
    if not named or not head:
        return []
    text = " ".join(block.text for block in head)
    found = [(piece, block) for block in head for piece in author_names(block.text)]
    mails = TYPED["email"].findall(text)
    places = [piece for block in head for piece in _institutions(block)]
    where, mail = _key(properties, "affiliation", "organization", "company"), _key(properties, "email")
    out = []
    for piece, block in found:
        values: dict[Path, Any] = dict.fromkeys(properties)
        values[named] = piece
        if where and len(set(places)) == 1:
            values[where] = places[0]
        if mail:
            last = re.sub(r"\W", "", piece.split()[-1]).casefold()
            own = [one for one in mails if last[:5] in re.sub(r"\W", "", one.partition("@")[0]).casefold()]
            values[mail] = own[0] if len(own) == 1 else None
        out.append(Record(values, piece, block.page))
    return out


def author_list(finder: Finder) -> list[Record]:
    """The authors' names alone."""
    return [Record(name, name, block.page) for block in _byline(finder) for name in author_names(block.text)]


def _byline(finder: Finder) -> list[Block]:
    """The blocks between the title and the abstract or the first section."""
    found: list[Block] = []
    title = finder.source.title
    past = False
    for block in finder.source.blocks[:_HEAD]:
        if title and block.text == title[0]:
            past = True
        elif past and (
            block.kind == "heading"
            or len(block.text) > 700
            or re.match(r"(?:abstract|summary|keywords)\b", block.text, re.IGNORECASE)
        ):
            break
        elif past and block.kind == "text":
            found.append(block)
    return found


def author_names(text: str) -> list[str]:
    """The names at the head of a line of authors: "Ada Byron1, Max Weber2 and Li Na" gives three.

    A last piece may run on into an institution, which is cut off.
    """
    plain = _MARKS.sub("", re.split(r"\s(?=\S+@)", text, maxsplit=1)[0])
    found = []
    for piece in re.split(r",\s*|;\s*|\s+(?:and|und|et|y|&)\s+|\s[·•]\s", plain):
        match = _NAME.match(piece.strip())
        if not match or "@" in piece:
            break
        words = match[0].split()
        place = _PLACE.search(piece)
        name = " ".join(words[:2]) if (place and place.start() < len(match[0])) or len(words) > 4 else match[0]
        if not place or place.start() > 6:
            found.append(name)
        if len(piece.strip()) > len(match[0]):
            break
    return found if len(found) > 1 or (found and len(text) < 60 and not _PLACE.search(text)) else []


def _institutions(block: Block) -> list[str]:
    """What stands behind the names of a line, or alone on one, and reads like an institution."""
    found = []
    for line in block.lines:
        names = author_names(line)
        rest = line[line.find(names[-1]) + len(names[-1]) :] if names else line
        rest = _MARKS.sub("", rest).strip(" ,;")
        if 4 < len(rest) < 90 and "@" not in rest and (_PLACE.search(rest) or is_company(rest)):
            found.append(rest)
    return found


def _parties(properties: Mapping[Path, Field], finder: Finder) -> list[Record]:
    """Parties by the roles that an agreement's head gives them, with what stands between a name and its role."""
    named, role = _key(properties, "name", "party"), _key(properties, "role", "title", "type")
    if not named:
        return []
    out: dict[str, Record] = {}
    for text, page in _head_texts(finder):
        at = 0
        for match in _ROLE.finditer(text):
            before, quote = text[at : match.start()], text[at : match.end()].strip()
            at = match.end()
            name = name_before(_first_of(before))
            got = read(properties[named], name, finder.source.usage, finder.wire) if name else None
            if got and match["role"] not in out:
                values = _party(properties, named, role, got.value, match["role"], before, finder)
                out[match["role"]] = Record(values, _tail(quote), page)
    return list(out.values()) if len(out) >= 2 else []


def _tail(quote: str) -> str:
    """The end of a long quote, where the name and the role stand."""
    return quote if len(quote) <= 280 else quote[-280:].partition(" ")[2]


def _head_texts(finder: Finder) -> list[tuple[str, int]]:
    """The running text of each of the first three pages."""
    pages: dict[int, str] = {}
    for block in finder.source.blocks:
        if block.kind == "text" and len(pages) <= 3:
            pages[block.page] = f"{pages.get(block.page, '')} {block.text}".strip()
    return [(text[:6000], page) for page, text in list(pages.items())[:3]]


def _first_of(text: str) -> str:
    """The clause that opens with "between", "and" or a number in brackets, up to the first detail behind the name."""
    starts = list(
        re.finditer(r"\b(?:between|among|and|zwischen|und|entre|et)\b[\s:]*(?:\(?\d\)?[.)]?\s*)?(?=[A-ZÀ-Ý])", text)
    )
    text = text[starts[0].end() :] if starts else text
    return re.split(r",\s(?:a|an|company|entered|registered|having|of|with|whose|eine?|une)\b|\s\(", text, maxsplit=1)[
        0
    ]


def _party(
    properties: Mapping[Path, Field], named: Path, role: Path | None, name: Any, called: str, told: str, finder: Finder
) -> dict[Path, Any]:
    values: dict[Path, Any] = dict.fromkeys(properties)
    values[named] = name
    if role:
        values[role] = called
    whose = next(iter(readings(called)), frozenset())
    for key, wanted in properties.items():
        if values[key] is None and wanted.kind == "code":
            number = re.search(r"(?:number|no\.?|nr\.?|n°)\s+([A-Z]{0,4}\s?\d[\w/-]{3,})", told, re.IGNORECASE)
            got = read(wanted, number[1], finder.source.usage, finder.wire) if number else None
            values[key] = got.value if got else None
    _signature(values, properties, whose, finder)
    return values


def _signature(values: dict[Path, Any], properties: Mapping[Path, Field], whose: Reading, finder: Finder) -> None:
    """Who signs for a party, by the block under "For the Lessor"."""
    signer, office = _key(properties, "signatory"), None
    office = next((key for key in properties if key != signer and key[-1].startswith("signatory")), None)
    for entry in finder.source.entries:
        if not whose or not whose <= entry.around or pairs(entry.value, frozenset()):
            continue
        for key, label in ((signer, "name"), (office, "title")):
            if key and values[key] is None and frozenset({label}) in entry.readings:
                got = read(properties[key], entry.value, finder.source.usage, finder.wire)
                values[key] = got.value if got else None
