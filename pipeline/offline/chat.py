"""An OpenAI chat request, read back into pages of text with their figures.

The marks that a request carries (`<page n="12" ocr="true">`, `<figure id="p12-f1">`, `<source id="...">`,
`<summary n="1" pages="1-47">`, `<point n="1">`, `<running pages="3-160">`) are ours alone: where a document's own text
holds the like, it comes escaped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_MARK = re.compile(r"<(/?)(page|figure|source|summary|running|continued|point)((?:\s+[\w-]+=\"[^\"]*\")*)\s*>")
_ATTACHED_PAGE = "#page="
"""What the id of a source has where that is a page of a PDF attached to the document ..."""
_NO_PAGE = 0
"""... so that what is quoted from it stands on no page of the document itself."""
_ATTRIBUTE = re.compile(r"([\w-]+)=\"([^\"]*)\"")
_DATA_URL = re.compile(r"data:[\w/+.-]*;base64,", re.IGNORECASE)


class BadRequest(Exception):
    """A request that cannot be answered; the message says why, in one sentence."""


@dataclass(slots=True)
class Figure:
    """One picture of a page: its id, the caption that came with it and its data URL ("" where none came)."""

    id: str
    page: int
    on_scan: bool
    caption: str = ""
    url: str = ""


@dataclass(slots=True)
class Sheet:
    """The text of one page (or of one part of a split page), captions of its figures included where they stand.

    `running` are lines at its head or foot that the pages after it have too.
    """

    number: int
    ocr: bool = False
    text: str = ""
    running: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)


@dataclass(slots=True)
class Chat:
    """A request, read: the wire schema and its name, the pages, what belongs to no page, and what is to be merged:
    summaries and key points.
    """

    name: str
    schema: dict[str, Any]
    sheets: list[Sheet]
    sources: dict[str, str]
    summaries: list[str]
    points: list[str]


def read_chat(body: Any) -> Chat:
    """Read a chat-completions body; BadRequest where it is none, or asks for what this engine does not do."""
    if not isinstance(body, dict):
        raise BadRequest("The body is no JSON object.")
    name, schema = _response_schema(body.get("response_format"))
    reader = _Reader()
    for kind, content in _user_parts(body.get("messages")):
        if kind == "text":
            reader.text(content)
        else:
            reader.picture(content)
    return Chat(name, schema, reader.pages(), reader.sources, reader.summaries, reader.points)


def _response_schema(response_format: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(response_format, dict) or response_format.get("type") != "json_schema":
        raise BadRequest("The embedded engine answers only requests with response_format json_schema.")
    wire = response_format.get("json_schema")
    schema = wire.get("schema") if isinstance(wire, dict) else None
    if not isinstance(wire, dict) or not isinstance(schema, dict):
        raise BadRequest("response_format.json_schema.schema is missing or is no object.")
    return str(wire.get("name", "")), schema


def _user_parts(messages: Any) -> list[tuple[str, str]]:
    """(kind, content) of every part of every user message: text as it is, a picture as its URL."""
    if not isinstance(messages, list) or not messages:
        raise BadRequest("messages is missing or empty.")
    found: list[tuple[str, str]] = []
    for message in messages:
        if not isinstance(message, dict):
            raise BadRequest("A message is no JSON object.")
        if message.get("role") == "user":
            found += _parts(message.get("content"))
    if not found:
        raise BadRequest("There is no user message with content.")
    return found


def _parts(content: Any) -> list[tuple[str, str]]:
    if isinstance(content, str):
        return [("text", content)]
    if not isinstance(content, list):
        raise BadRequest("A message's content is neither text nor a list of parts.")
    return [_part(part) for part in content]


def _part(part: Any) -> tuple[str, str]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return "text", part["text"]
    if kind == "image_url":
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(url, str) and _DATA_URL.match(url):
            return "picture", url
        raise BadRequest("A picture must come as a base64 data URL: nothing is fetched.")
    raise BadRequest(f"A content part of type {kind!r} cannot be read: only text and image_url can.")


class _Reader:
    """Follows the marks through the parts of a message and gathers what stands between them."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.sources: dict[str, str] = {}
        self.summaries: list[str] = []
        self.points: list[str] = []
        self._loose: list[str] = []
        self._running: list[str] = []
        self._inside: tuple[str, str] | None = None
        self._figure: Figure | None = None

    def text(self, text: str) -> None:
        at = 0
        for mark in _MARK.finditer(text):
            self._keep(text[at : mark.start()])
            self._mark(mark[2], bool(mark[1]), dict(_ATTRIBUTE.findall(mark[3])))
            at = mark.end()
        self._keep(text[at:])

    def picture(self, url: str) -> None:
        if self._figure is not None and not self._figure.url:
            self._figure.url = url

    def pages(self) -> list[Sheet]:
        """The pages; a message without any mark is one page, so that a plain question about a text works too."""
        unmarked = "".join(self._loose).strip()
        if not self.sheets and not self.sources and not self.summaries and unmarked:
            return [Sheet(1, text=unmarked)]
        return self.sheets

    def _mark(self, name: str, closing: bool, values: dict[str, str]) -> None:
        if name == "continued":
            return
        if name == "figure":
            self._mark_figure(closing, values)
        elif closing:
            self._inside = None
        elif name == "point":
            self.points.append("")
            self._inside = ("point", "")
        elif name == "page":
            number = _page_number(values.get("n", ""))
            self.sheets.append(Sheet(number, values.get("ocr") == "true", running=self._running))
            self._running = []
            self._inside = ("page", "")
        elif name == "running":
            self._running.append("")
            self._inside = ("running", "")
        elif name == "source" and _ATTACHED_PAGE in values.get("id", ""):
            self.sheets.append(Sheet(_NO_PAGE, values.get("ocr") == "true"))
            self._inside = ("page", "")
        elif name == "source":
            key = values.get("id", f"source {len(self.sources) + 1}")
            self.sources.setdefault(key, "")
            self._inside = ("source", key)
        else:
            self.summaries.append("")
            self._inside = ("summary", "")

    def _mark_figure(self, closing: bool, values: dict[str, str]) -> None:
        if closing or not self.sheets:
            self._figure = None
            return
        sheet = self.sheets[-1]
        self._figure = Figure(values.get("id", ""), sheet.number, sheet.ocr)
        sheet.figures.append(self._figure)
        sheet.text += "\n\n"

    def _keep(self, text: str) -> None:
        if self._figure is not None:
            self._figure.caption = f"{self._figure.caption} {text}".strip()
        if self._inside is None:
            self._loose.append(text)
        elif self._inside[0] == "page":
            self.sheets[-1].text += text
        elif self._inside[0] == "running":
            self._running[-1] += text
        elif self._inside[0] == "point":
            self.points[-1] += text
        elif self._inside[0] == "source":
            self.sources[self._inside[1]] += text
        else:
            self.summaries[-1] += text


def _page_number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise BadRequest(f"A page mark has the number {text!r}: pages are counted from 1.")
    return int(text)
