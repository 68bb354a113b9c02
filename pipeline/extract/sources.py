"""Text of a document that belongs to no page: its properties."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import TYPE_CHECKING

from pipeline.document import SourceText
from pipeline.extract.annotations import decoded
from pipeline.extract.cleaning import one_line

if TYPE_CHECKING:
    import pymupdf

_LONGEST = 2000
_LARGEST_PACKET = 500_000
_ELEMENT = re.compile(
    r"<dc:(title|creator|description|subject|rights|publisher|coverage)\b[^>]*>(.*?)</dc:\1>", re.DOTALL
)
_DATE = re.compile(r"D:\d{4}")
_TAG = re.compile(r"<[^>]*>")
_OF_PROGRAMS = ("Creator", "Producer", "Trapped", "PTEX", "GTS_", "AAPL")
"""How the names of properties begin that programs write for programs."""
_MOST = 50
_PROPERTIES = {"title": "Title", "author": "Author", "subject": "Subject", "keywords": "Keywords"}


def properties(
    metadata: Mapping[str, object], packet: str = "", custom: Mapping[str, str] | None = None
) -> SourceText | None:
    """What the file says of itself, one property a line; None where it says nothing.

    `custom` are further entries of its information dictionary (ISO 32000-1, 14.3.3), which people add by hand.

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
    said += [(name, value) for name, value in (custom or {}).items() if value not in known]
    text = "\n".join(f"{label}: {value}" for label, value in said if value)
    return SourceText("metadata", text) if text else None


def custom_properties(document: pymupdf.Document) -> dict[str, str]:
    """The entries of the information dictionary that are neither of the format nor of a program, at most 50."""
    kind, value = document.xref_get_key(-1, "Info")
    if kind != "xref":
        return {}
    xref = int(value.split()[0])
    found: dict[str, str] = {}
    for key in document.xref_get_keys(xref)[:_MOST]:
        name = one_line(decoded(key))
        if not name or name.lower() in _PROPERTIES or name.startswith(_OF_PROGRAMS):
            continue
        kind, raw = document.xref_get_key(xref, key)
        told = one_line(raw, _LONGEST) if kind == "string" else None
        if told and not _DATE.match(told):
            found[name] = told
    return found
