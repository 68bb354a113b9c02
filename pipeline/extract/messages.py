"""What the reader and its worker processes say to each other: one JSON object a line, never a pickle.

A worker parses hostile files, so what it says is validated here before anything believes it.

    reader                                   worker
    {"do": "open", ...}                  ->  {"document": {...}} or {"refused": "...", "why": "..."}
    {"do": "fork"} and a socket          ->  {"child": 4711}, and a second worker, the same, answers on that socket
    {"do": "end", "pid": 4711}           ->  {"ended": -9}
    {"do": "sample"}                     ->  {"sample": {...}}
    {"do": "page", "number": 3}          ->  {"stage": "pictures"}, {"stage": "ocr"}, {"page": {...}}
    {"do": "words", "number": 3}         ->  {"words": [...]} or {"problem": "..."}
    {"do": "file", "place": [...]}       ->  {"file": "<sha256>"}, its bytes being in the work store
    {"do": "look", "number": 3, ...}     ->  {"view": {...}} or {"problem": "..."}
    {"do": "mark", "target": ..., ...}   ->  {"marked": 17}, the copy being there, or {"problem": "..."}
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from pipeline.document import BBox, Document, Holding, Page, Word
from pipeline.extract.limits import Limits
from pipeline.settings import Ocr

Stage = Literal["text", "pictures", "ocr"]
"""How far a page has come: what is under way when the worker dies names what is left out at the second try."""


BODY = 10.0
"""A document's usual size of type in points, where it is not known."""


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
    do: Literal["open"] = "open"


@dataclass(frozen=True, slots=True)
class Sample:
    """What a few pages tell of a document: text to know its language by, and its usual size of type in points."""

    text: str = ""
    body: float = BODY


@dataclass(frozen=True, slots=True)
class Ask:
    """Read page `number` (from 1), its words, a sample of the document, or the attached file at `place`.

    `without` leaves out a stage that ended the worker before; `body` is the document's usual size of type.
    """

    do: Literal["page", "words", "sample", "file"]
    number: int = 0
    without: tuple[Stage, ...] = ()
    body: float = BODY
    place: tuple[Holding, int] | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Draw page `number` (from 1) in at most so many bytes, 0 for no picture; with `text`, its plain text too."""

    number: int
    most: int
    text: bool = True
    do: Literal["look"] = "look"


@dataclass(frozen=True, slots=True)
class View:
    """A page to look at: its size in points as displayed, its picture as base64 ("" for none), its plain text."""

    width: float
    height: float
    picture: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One place on a page (from 1) to be marked, with a note; boxes in points as displayed, colour from 0 to 1."""

    page: int
    boxes: tuple[BBox, ...]
    note: str
    colour: tuple[float, float, float]
    kind: Literal["highlight", "frame"] = "highlight"


@dataclass(frozen=True, slots=True)
class MarkAll:
    """Write a copy of the document with those marks to `target` (made `portable`)."""

    target: str
    marks: tuple[Mark, ...]
    do: Literal["mark"] = "mark"


@dataclass(frozen=True, slots=True)
class Fork:
    """Go on as two processes: this one, and a child with all that is open here. The child's socket comes beside it."""

    do: Literal["fork"] = "fork"


@dataclass(frozen=True, slots=True)
class End:
    """Kill that child, and whatever it started, and say how it ended."""

    pid: int
    do: Literal["end"] = "end"


@dataclass(frozen=True, slots=True)
class Reply:
    """One line of a worker; exactly one field is set, but for `refused`, which comes with `why`, and `grown`.

    `ended` is the exit code of a child, or the signal that ended it as a negative number. `grown` says that the worker
    has taken so much memory that a fresh one should go on.
    """

    document: Document | None = None
    sample: Sample | None = None
    page: Page | None = None
    words: tuple[Word, ...] | None = None
    file: str | None = None
    view: View | None = None
    marked: int | None = None
    stage: Stage | None = None
    refused: Literal["unreadable", "password"] | None = None
    why: str | None = None
    problem: str | None = None
    child: int | None = None
    ended: int | None = None
    grown: bool = False


COMPLAINT = "MuPDF: "
"""How a page's note begins that passes on what the PDF library complained of."""

Question = Ask | Look | MarkAll
"""What is asked of a worker that has the document open."""

Message = Opening | Question | Fork | End
MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="do")])
REPLY = TypeAdapter(Reply)
DOCUMENT = TypeAdapter(Document)
PAGE = TypeAdapter(Page)
