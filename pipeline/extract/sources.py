"""Text of a document that belongs to no page: its properties."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from pipeline.document import SourceText
from pipeline.extract.cleaning import one_line

_LONGEST = 2000
_LARGEST_PACKET = 500_000
_ELEMENT = re.compile(
    r"<dc:(title|creator|description|subject|rights|publisher|coverage)\b[^>]*>(.*?)</dc:\1>", re.DOTALL
)
_TAG = re.compile(r"<[^>]*>")
_PROPERTIES = {"title": "Title", "author": "Author", "subject": "Subject", "keywords": "Keywords"}


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
