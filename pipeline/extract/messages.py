"""What the reader and its worker process say to each other: one JSON object a line, never a pickle.

The worker parses hostile files, so what it says is validated here before anything believes it.

    reader                                   worker
    {"do": "open", ...}                  ->  {"document": {...}} or {"refused": "...", "why": "..."}
    {"do": "page", "number": 3}          ->  {"stage": "pictures"}, {"stage": "ocr"}, {"page": {...}}
    {"do": "words", "number": 3}         ->  {"words": [...]} or {"problem": "..."}
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from pipeline.document import Document, Page, Word
from pipeline.extract.limits import Limits
from pipeline.settings import Ocr

Stage = Literal["text", "pictures", "ocr"]
"""How far a page has come: what is under way when the worker dies names what is left out at the second try."""


def portable(path: Path) -> str:
    """A path as text that JSON takes, whatever bytes it is made of: one character for each byte."""
    return os.fsencode(path).decode("latin-1")


def native(path: str) -> Path:
    """The path that `portable` was given."""
    return Path(os.fsdecode(path.encode("latin-1")))


@dataclass(frozen=True, slots=True)
class Opening:
    """Open this file: its path (made `portable`), the hash that it must have, where the work store is, and how to read.

    Without `describe` the answer holds no more of the document than that it is open.
    """

    path: str
    sha256: str
    store: str
    ocr: Ocr
    password: str | None
    limits: Limits
    describe: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """Read page `number` (from 1), or its words; `without` leaves out a stage that ended the worker before."""

    do: Literal["page", "words"]
    number: int
    without: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """One line of the worker; exactly one field is set, but for `refused`, which comes with `why`, and `sample`.

    `sample` is text of a document whose language its catalog does not name; the reader tells it from that.
    """

    document: Document | None = None
    sample: str = ""
    page: Page | None = None
    words: tuple[Word, ...] | None = None
    stage: Stage | None = None
    refused: Literal["unreadable", "password"] | None = None
    why: str | None = None
    problem: str | None = None


COMPLAINT = "MuPDF: "
"""How a page's note begins that passes on what the PDF library complained of."""

OPENING = TypeAdapter(Opening)
ASK = TypeAdapter(Ask)
REPLY = TypeAdapter(Reply)
DOCUMENT = TypeAdapter(Document)
PAGE = TypeAdapter(Page)
