"""Text of a document that belongs to no page: its properties, and the files that are attached to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import TYPE_CHECKING

from pipeline.document import SourceText
from pipeline.extract.cleaning import clean, one_line

if TYPE_CHECKING:
    import pymupdf

_TEXT_FILES = (
    ".txt",
    ".csv",
    ".tsv",
    ".json",
    ".jsonl",
    ".xml",
    ".md",
    ".html",
    ".htm",
    ".yaml",
    ".yml",
    ".log",
    ".ini",
)
_LARGEST_FILE = 5_000_000
_MOST_CHARS = 400_000
_MOST_FILES = 200
_LONGEST = 2000
_LARGEST_PACKET = 500_000
_ELEMENT = re.compile(
    r"<dc:(title|creator|description|subject|rights|publisher|coverage)\b[^>]*>(.*?)</dc:\1>", re.DOTALL
)
_TAG = re.compile(r"<[^>]*>")
_PROPERTIES = {"title": "Title", "author": "Author", "subject": "Subject", "keywords": "Keywords"}


def sources_of(document: pymupdf.Document, metadata: Mapping[str, object], notes: list[str]) -> tuple[SourceText, ...]:
    """The properties and the attached files of a document; what cannot be sent is said in `notes`."""
    said = properties(metadata, document.get_xml_metadata())
    return (*([said] if said else []), *attached(document, notes))


def properties(metadata: Mapping[str, object], packet: str = "") -> SourceText | None:
    """What the file says of itself, one property a line; None where it says nothing.

    `packet` is its XMP packet, of which the Dublin Core elements (ISO 16684-1, 8.3) are told where they say more. It is
    searched, not parsed: a hostile packet costs nothing.
    """
    said = [(label, one_line(metadata.get(key), _LONGEST)) for key, label in _PROPERTIES.items()]
    known = {value for _, value in said}
    for element, inner in _ELEMENT.findall(packet[:_LARGEST_PACKET]):
        items = [one_line(unescape(item), _LONGEST) for item in _TAG.split(inner)]
        value = ", ".join(item for item in items if item)
        if value not in known:
            said.append((element.capitalize(), value))
    text = "\n".join(f"{label}: {value}" for label, value in said if value)
    return SourceText("metadata", text) if text else None


def attached(document: pymupdf.Document, notes: list[str]) -> list[SourceText]:
    """The attached files: name and description of each, and what it holds where that is text.

    What is not sent is said in `notes`: it is no text, or too large.
    """
    names = document.embfile_names()
    found: dict[str, SourceText] = {}
    for index, key in enumerate(names[:_MOST_FILES]):
        info = document.embfile_info(index)
        name = one_line(info.get("ufilename")) or one_line(info.get("filename")) or one_line(key) or "(no name)"
        description = one_line(info.get("description"), _LONGEST)
        held = _held(document, index, name, max(info["length"], info["size"]))
        if held is None:
            notes.append(f"The attached file {name} is no text, too large or broken: it is known by its name alone.")
        elif len(held) == _MOST_CHARS:
            notes.append(f"Of the attached file {name} the first {_MOST_CHARS:,} characters are sent.")
        id = f"attachment:{name}"
        while id in found:
            id += "'"
        said = [f"Attached file: {name}", f"Description: {description}" if description and description != name else ""]
        found[id] = SourceText(id, "\n".join(part for part in (*said, held or "") if part))
    if len(names) > _MOST_FILES:
        notes.append(f"{len(names) - _MOST_FILES} of {len(names)} attached files are left out.")
    return list(found.values())


def _held(document: pymupdf.Document, index: int, name: str, size: int) -> str | None:
    """The text of one attached file; None where it has none, is too large or broken."""
    if size > _LARGEST_FILE:
        return None
    try:
        return content_of(name, document.embfile_get(index))
    except (Exception, MemoryError):  # the notes name the file; it costs no other
        return None


def content_of(name: str, data: bytes) -> str | None:
    """The text of an attached file, at most 400,000 characters; None where it is none by its name or its bytes."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not name.lower().endswith(_TEXT_FILES) or (b"\0" in data[:1000] and not wide):
        return None
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:  # what is not Unicode is in the code page of Western Windows, mostly
        text = data.decode("cp1252", "replace")
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))[:_MOST_CHARS]
