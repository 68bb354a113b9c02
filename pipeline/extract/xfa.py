"""Forms that are drawn by a program from XML (XFA, ISO 32000-1, 12.7.8): their pages say next to nothing without it."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from pipeline.document import SourceText
from pipeline.extract.cleaning import one_line

if TYPE_CHECKING:
    import pymupdf

XFA = (
    "This is a dynamic XFA form: its pages are drawn by a program that is not run here, and may say little. The values "
    "that are filled in are sent as they stand in its data."
)

_LARGEST = 4_000_000
_MOST_VALUES = 5_000
_LONGEST = 2_000
_DATASETS = re.compile(r"\(datasets\)\s*(\d+) 0 R")
_DATA = re.compile(r"<xfa:data\b[^<>]*>(.*?)</xfa:data>", re.DOTALL)
_LEAF = re.compile(r"<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>([^<>]+)</\1>")
_EMPTY = re.compile(r"\[\s*\]|null")


def is_dynamic(document: pymupdf.Document) -> bool:
    """Whether it is a form that must be drawn: the file says so, or it holds no field of the usual kind."""
    catalog = document.pdf_catalog()
    if document.xref_get_key(catalog, "AcroForm/XFA")[0] == "null":
        return False
    drawn = document.xref_get_key(catalog, "NeedsRendering")[1] == "true"
    return drawn or bool(_EMPTY.fullmatch(document.xref_get_key(catalog, "AcroForm/Fields")[1]))


def form_data(document: pymupdf.Document) -> SourceText | None:
    """The values of a dynamic form by their names, one a line; None where there are none.

    The XML is searched for elements that hold text alone, not parsed: a hostile one costs nothing.
    """
    text = _datasets(document)
    inner = _DATA.search(text)
    found = _LEAF.findall(inner[1] if inner else text)
    lines = [
        f"{name.rpartition(':')[2]}: {value}" for name, raw in found if (value := one_line(unescape(raw), _LONGEST))
    ]
    if not lines:
        return None
    more = f"only the first {_MOST_VALUES:,} of its values are sent" if len(lines) > _MOST_VALUES else ""
    return SourceText("xfa", "\n".join(lines[:_MOST_VALUES]), more or None)


def _datasets(document: pymupdf.Document) -> str:
    """The packet that holds the values, "" where the form has none."""
    catalog = document.pdf_catalog()
    kind, value = document.xref_get_key(catalog, "AcroForm/XFA")
    if kind == "xref":
        number = int(value.split()[0])
        if document.xref_is_stream(number):  # all packets in one
            return _decoded(document.xref_stream(number))
        value = document.xref_object(number)
    named = _DATASETS.search(value)
    return _decoded(document.xref_stream(int(named[1]))) if named else ""


def _decoded(data: bytes | None) -> str:
    data = (data or b"")[:_LARGEST]
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
