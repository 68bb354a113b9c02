"""What a perfect reader answers to a chat request: everything that is on its pages, in the schema that it asks for.

It goes by simple rules, so that what it should say is known. Of a page with these lines

    Total amount: 812                                 data.total_amount     812, on a field of that name
    Record: serial = KX-34627; amount = 43            data.record           a record of an array of that name
    | Serial   | Amount |
    | -------- | ------ |
    | MM-22347 | 17     |                             ...                   a record of every array with such fields

each page gives one key point: its first line that holds a token such as KX-34627, else its first line. A picture is
described by the tokens of the block codes in it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from typing import Any

from benchmarks.carriers import blockcode
from tests.strict_schema import least

Json = dict[str, Any]

TOKEN = re.compile(rf"[{blockcode.LETTERS}]{{2}}-[{blockcode.DIGITS}]{{5}}")
RESUME = re.compile(r"\b(?:continue|resume|go on|the rest of|after the last)\b", re.IGNORECASE)
"""What a further turn says that wants the rest of a list, and not the whole answer again."""

_MARK = re.compile(
    r'<(/?)(page|figure|source|summary|running|continued|seal|sheet|point)\b((?:\s+[\w-]+="[^"]*")*)\s*>'
)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_NOT_LETTERS = re.compile(r"[\W_]+")
_QUOTE_CHARS = 300
_ITSELF = "itself"
"""Where a sheet of pictures is shown, and not a picture on one."""


@dataclass(slots=True)
class Sheet:
    """A page, a part of one ("2/3"), or a text that belongs to none (page 0): its text, its lines."""

    page: int
    part: str = ""
    text: str = ""

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines() if line.strip()]


@dataclass(slots=True)
class Shown:
    """A picture: its id, its page, its data URL ("" where none came)."""

    id: str
    page: int
    url: str = ""
    sheet: str = ""


@dataclass(slots=True)
class Heard:
    """What a request holds. `done` are texts that name the records given in earlier turns, the best first."""

    sheets: list[Sheet] = field(default_factory=list)
    pictures: list[Shown] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)
    points: int = 0
    loose: int = 0
    seals: list[str] = field(default_factory=list)
    conflicts: list[Json] = field(default_factory=list)
    done: tuple[str, ...] = ()

    @property
    def tokens(self) -> set[str]:
        """The tokens on its pages and in its pictures."""
        found = {token for sheet in self.sheets for token in TOKEN.findall(sheet.text)}
        return found.union(*(codes(one.url) for one in self.pictures))

    @property
    def shared(self) -> list[list[int]]:
        """The pages that have pictures on one sheet, sheet by sheet."""
        names = {one.sheet for one in self.pictures if one.sheet}
        return [sorted({one.page for one in self.pictures if one.sheet == name}) for name in sorted(names)]


def hear(messages: Sequence[Mapping[str, Any]]) -> Heard:
    """What the messages hold: the first of the user's is the document, what comes after it are further turns."""
    users = [message for message in messages if message.get("role") == "user"]
    heard = _follow(users[0].get("content")) if users else Heard()
    if len(users) > 1:
        last = _text(users[-1].get("content"))
        before = [_text(one.get("content")) for one in messages if one.get("role") == "assistant"]
        records = "\n".join(text.partition('"data"')[2] for text in before)
        heard.done = (last, records) if RESUME.search(last) else ()
    return heard


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return str(content or "")


def _follow(content: Any) -> Heard:
    """Read the marks; what stands before the first, where a prompt was cut, belongs to no page that is known."""
    heard = Heard()
    if _text(content).startswith('{"conflicts":'):
        heard.conflicts = json.loads(_text(content))["conflicts"]
        return heard
    current: Sheet | None = None
    parts: list[Any] = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    for part in parts:
        if part.get("type") == "image_url":
            if heard.pictures and not heard.pictures[-1].url:
                heard.pictures[-1].url = part["image_url"]["url"]
            else:
                heard.loose += 1
            continue
        at, text = 0, part.get("text", "")
        for mark in _MARK.finditer(text):
            _add(current, text[at : mark.start()])
            current = _mark(heard, current, mark)
            at = mark.end()
        _add(current, text[at:])
    heard.summaries = [sheet.text.strip() for sheet in heard.sheets if sheet.part == "summary"]
    heard.pictures = _off_sheets(heard.pictures)
    heard.seals = [sheet.text.strip() for sheet in heard.sheets if sheet.part == "seal"]
    heard.points = sum(sheet.part == "point" for sheet in heard.sheets)
    heard.sheets = [sheet for sheet in heard.sheets if sheet.part not in ("summary", "running", "seal", "point")]
    return heard


def _off_sheets(pictures: list[Shown]) -> list[Shown]:
    """Pictures without the sheets: what such a one shows is what its pictures show."""
    urls = {one.id: one.url for one in pictures if one.sheet == _ITSELF}
    for one in pictures:
        one.url = urls.get(one.sheet, one.url)
    return [one for one in pictures if one.sheet != _ITSELF]


def _add(sheet: Sheet | None, text: str) -> None:
    if sheet is not None:
        sheet.text += text


def _mark(heard: Heard, current: Sheet | None, mark: re.Match[str]) -> Sheet | None:
    closing, name, values = bool(mark[1]), mark[2], dict(_ATTRIBUTE.findall(mark[3]))
    if name == "figure":
        if not closing:
            shown = Shown(values.get("id", ""), current.page if current else 0, sheet=values.get("sheet", ""))
            heard.pictures.append(shown)
        return current
    if name == "sheet":
        if not closing:
            heard.pictures.append(Shown(values.get("id", ""), 0, sheet=_ITSELF))
        return None
    if name == "continued":
        _add(current, f"\n{unescape(values.get('head', ''))}\n")
        return current
    if closing:
        return None
    part = name if name in ("summary", "running", "seal", "point") else values.get("part", "")
    heard.sheets.append(Sheet(int(values.get("n", "0")) if name == "page" else 0, part))
    return heard.sheets[-1]


@lru_cache(10_000)
def codes(url: str) -> frozenset[str]:
    """The tokens of the block codes in a picture that comes as a data URL."""
    return frozenset(blockcode.read(base64.b64decode(url.partition(",")[2]))) if url else frozenset()


def answer(schema: Json, heard: Heard) -> Json:
    """The answer in the schema of an envelope; what of it this reader does not know gets the least that it takes."""
    given = {}
    for name, child in schema.get("properties", {}).items():
        if name == "summary":
            given[name] = _bounded(_summary(heard), child)
        elif name == "key_points" and heard.summaries:
            given[name] = _few([*range(heard.points, 0, -1)], child)
        elif name == "key_points":
            given[name] = _few([_shaped(point, child["items"]) for point in _points(heard)], child)
        elif name == "figures":
            given[name] = _few([_shaped(one, child["items"]) for one in _figures(heard)], child)
        elif name == "data":
            given[name] = _fill(child, "", heard)
        elif name == "seals":
            given[name] = _few([_bounded(word, child["items"]) for word in heard.seals], child)
        elif name == "verdicts":
            given[name] = _few([_verdict(one) for one in heard.conflicts], child)
        else:
            given[name] = least(child)
    return given


def _verdict(conflict: Json) -> Json:
    """The last candidate whose value stands in one of its quotes as it is written."""
    held = (
        one for one in reversed(conflict["candidates"]) if any(str(one["value"]) in at["quote"] for at in one["places"])
    )
    return {"conflict": conflict["n"], "candidate": next((one["n"] for one in held), None)}


def _summary(heard: Heard) -> str:
    if heard.summaries:
        return " ".join(heard.summaries)
    pages = sorted({sheet.page for sheet in heard.sheets if sheet.page})
    return f"Read: pages {', '.join(map(str, pages))}." if pages else "Read: no page."


def _points(heard: Heard) -> list[Json]:
    points = []
    for sheet in heard.sheets:
        lines = sheet.lines
        if sheet.page and lines:
            quote = next((line for line in lines if TOKEN.search(line)), lines[0])[:_QUOTE_CHARS]
            points.append({"text": f"It says: {quote}", "page": sheet.page, "quote": quote})
    return points


def _figures(heard: Heard) -> list[Json]:
    return [
        {"id": one.id, "description": f"It shows {', '.join(sorted(codes(one.url))) or 'no token'}."}
        for one in heard.pictures
        if one.url
    ]


def _shaped(known: Json, schema: Json) -> Json:
    return {
        name: _bounded(known[name], child) if name in known else least(child)
        for name, child in schema.get("properties", {}).items()
    }


def _bounded(value: Any, schema: Json) -> Any:
    return value[: schema.get("maxLength", len(value))] if isinstance(value, str) else value


def _few(items: list[Any], schema: Json) -> list[Any]:
    return items[: schema.get("maxItems", len(items))]


def _fill(schema: Json, name: str, heard: Heard) -> Any:
    """The value of one node of the wire's `data`."""
    schema = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
    names = set(schema.get("properties", ()))
    if names == {"quote", "page", "value"}:
        return next(_said(schema["properties"]["value"], name, heard), None)
    if names:
        return {child: _fill(node, child, heard) for child, node in schema["properties"].items()}
    if schema.get("type") == "array":
        value = schema["items"].get("properties", {}).get("value", {})
        found = list(_records(value, name, heard) if "properties" in value else _said(value, name, heard))
        return _few(_undone(found, heard.done), schema)
    return None


def _undone(records: list[Json], done: Sequence[str]) -> list[Json]:
    """The records after the last that was given before."""
    for text in done:
        given = [number for number, record in enumerate(records) if record["quote"] in text]
        if given:
            return records[given[-1] + 1 :]
    return records


def _said(schema: Json, name: str, heard: Heard) -> Iterator[Json]:
    """Each value on a line of its own, after its label and a colon."""
    for sheet, line in _lines(heard):
        label, colon, text = line.partition(":")
        if colon and _folded(label) == _folded(name) and (value := _typed(text.strip(), schema)) is not None:
            yield {"quote": line[:_QUOTE_CHARS], "page": sheet.page, "value": value}


def _records(schema: Json, name: str, heard: Heard) -> Iterator[Json]:
    """Each line `Name: a = 1; b = 2`, and each row of a table with columns of those names."""
    heads: list[str] = []
    for sheet, line in _lines(heard):
        row = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        label, _, rest = line.partition(":")
        if row and {_folded(cell) for cell in row} & {_folded(one) for one in schema["properties"]}:
            heads = row
        elif row and len(row) == len(heads) and not set("".join(row)) <= set("-: "):
            yield _record(schema, dict(zip(heads, row, strict=True)), sheet, line)
        elif _folded(label) == _folded(name) and "=" in rest:
            pairs = (piece.partition("=") for piece in rest.split(";"))
            yield _record(schema, {key.strip(): value.strip() for key, _, value in pairs}, sheet, line)


def _record(schema: Json, said: Mapping[str, str], sheet: Sheet, line: str) -> Json:
    by_name = {_folded(key): value for key, value in said.items()}
    value = {
        key: _typed(by_name[_folded(key)], node) if _folded(key) in by_name else least(node)
        for key, node in schema["properties"].items()
    }
    return {"quote": line[:_QUOTE_CHARS], "page": sheet.page, "value": value}


def _lines(heard: Heard) -> Iterator[tuple[Sheet, str]]:
    return ((sheet, line) for sheet in heard.sheets if sheet.page for line in sheet.lines)


def _folded(name: str) -> str:
    return _NOT_LETTERS.sub("", name).casefold()


def _typed(text: str, schema: Json) -> Any:
    """A text as the type that the schema asks for, None where it is not of it."""
    schema = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
    if "enum" in schema:
        return text if text in schema["enum"] else None
    kind = schema.get("type", "string")
    digits = re.fullmatch(r"-?[\d,]+(\.\d+)?", text)
    if kind in ("integer", "number"):
        if digits is None or (kind == "integer" and digits[1]):
            return None
        return int(text.replace(",", "")) if kind == "integer" else float(text.replace(",", ""))
    if kind == "boolean":
        return {"yes": True, "true": True, "no": False, "false": False}.get(text.casefold())
    return _bounded(text, schema) if kind == "string" and text else None
