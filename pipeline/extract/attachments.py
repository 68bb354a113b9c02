"""Files within the file, attached to the document or pinned to a page: what each is called, and what it says.

The content of text is read at once. A PDF is only known here, by its place in the file: it is read apart, as a document
of its own, where that is wanted. Of anything else the name is all that can be told, and the reason is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.document import Holding, SourceText
from pipeline.extract.cleaning import clean, one_line

if TYPE_CHECKING:
    import pymupdf

_TEXT_FILES = (
    *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".md", ".html", ".htm"),
    *(".yaml", ".yml", ".log", ".ini"),
)
_LARGEST_TEXT = 5_000_000
_LARGEST_PDF = 200_000_000
_MOST_CHARS = 400_000
_MOST_FILES = 200
_LONGEST_NAME = 120
_LONGEST = 2000
_SECONDS = 10.0
_PDF_WITHIN = 1024
"""Bytes in which the mark of a PDF belongs (ISO 32000-1, annex H.3.4.1)."""


def attached_files(document: pymupdf.Document) -> list[SourceText]:
    """The files attached to the document: of each its name, what is said of it, and what it holds where that is text.

    Small files can unfold to large ones: what is not opened after 10 seconds is left closed, and says so.
    """
    names = document.embfile_names()
    end = time.monotonic() + _SECONDS
    found = [_attached(document, index, key, time.monotonic() > end) for index, key in enumerate(names[:_MOST_FILES])]
    if len(names) > _MOST_FILES:
        left = f"{len(names) - _MOST_FILES} of {len(names)} attached files are left out"
        found.append(SourceText("attachments", "", left))
    return found


def _attached(document: pymupdf.Document, index: int, key: str, late: bool) -> SourceText:
    try:
        info = document.embfile_info(index)
        name = named(info.get("ufilename"), info.get("filename"), key)
        size = max(info["length"], info["size"])
        about = info.get("description")
    except Exception as fault:  # MuPDF raises five unrelated kinds on broken files; this one costs no other
        return SourceText(f"attachment:{named(key)}", "", f"it is broken ({type(fault).__name__})")
    if late:
        return described(name, about, SourceText("", "", "the files before it took too long to open"))
    held = content(name, size, lambda: bytes(document.embfile_get(index)), ("embedded", index + 1))
    return described(name, about, held)


def named(*names: object) -> str:
    """The first of these names that says something."""
    return next((shown for name in names if (shown := one_line(name, _LONGEST_NAME))), "(no name)")


def described(name: str, about: object, held: SourceText) -> SourceText:
    """The source for a file of that name, `held` being its content: name, description and content as one text."""
    told = one_line(about, _LONGEST)
    said = (f"Attached file: {name}", f"Description: {told}" if told and told != name else "", held.text)
    return replace(held, id=f"attachment:{name}", text="\n".join(part for part in said if part))


def content(name: str, size: int, read: Callable[[], bytes], place: tuple[Holding, int]) -> SourceText:
    """What a file holds, as a source without a name: its text, or where the PDF is, or why it has neither."""
    if name.lower().endswith(".pdf"):
        return SourceText("", "", pdf=place)
    large = SourceText("", "", f"it is larger than {_LARGEST_TEXT:,} bytes")
    if size > _LARGEST_TEXT:
        return large
    try:
        data = read()
    except MemoryError:
        return SourceText("", "", "it needs more memory than the limit allows")
    except Exception as fault:  # MuPDF raises five unrelated kinds on broken files
        return SourceText("", "", f"it is broken ({type(fault).__name__})")
    if b"%PDF" in data[:_PDF_WITHIN]:
        return SourceText("", "", pdf=place)
    if len(data) > _LARGEST_TEXT:
        return large
    text = content_of(name, data)
    if text is None:
        return SourceText("", "", "what it holds is neither text nor a PDF: it is known by its name alone")
    if len(text) > _MOST_CHARS:
        return SourceText("", text[:_MOST_CHARS], f"only its first {_MOST_CHARS:,} characters are sent")
    return SourceText("", text)


def content_of(name: str, data: bytes) -> str | None:
    """The text of a file; None where it is none by its name or its bytes."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not name.lower().endswith(_TEXT_FILES) or (b"\0" in data[:1000] and not wide):
        return None
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:  # what is not Unicode is in the code page of Western Windows, mostly
        text = data.decode("cp1252", "replace")
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))


def attached_pdf(document: pymupdf.Document, place: tuple[Holding, int]) -> bytes | None:
    """The bytes of an attached PDF by its place; None where they are more than 200 MB."""
    holding, number = place
    data = document.embfile_get(number - 1) if holding == "embedded" else document.xref_stream(number)
    data = bytes(data or b"")
    return data if len(data) <= _LARGEST_PDF else None
