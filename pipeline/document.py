"""What a document is: frozen, slotted dataclasses (a word is a named tuple) and nothing that needs a library.

All geometry is in points on the page as a reader sees it (rotation applied), origin top left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

BBox = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points, origin top left of the displayed page."""

BlockKind = Literal["text", "heading", "table", "ocr", "comment"]

WordSource = Literal["text", "ocr", "field", "comment"]
"""Where a word comes from: the text layer, OCR, a form field's value, or a comment that someone put on the page."""


Holding = Literal["embedded", "object"]
"""How a file holds another one: among its attached files, or as any object."""


class Word(NamedTuple):
    """One word of a page and where it stands. A named tuple: it is made in a third of the time, and they are many."""

    text: str
    box: BBox
    source: WordSource = "text"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page's text in reading order: a paragraph, a heading, a table (as Markdown), OCR, a comment.

    `continues` is the number of the page that a table goes on from, `head` the row of its head there, as Markdown,
    where it is not given again here.
    """

    text: str
    box: BBox
    kind: BlockKind = "text"
    continues: int | None = None
    head: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """One placement of a picture on one page.

    `sha256` names its bytes in the work store; it is "" where `problem`, `decorative` or `part_of` says why.
    `width` and `height` are the pixels of those bytes. `after` counts the blocks of the page that come before it.
    `decorative` names the published rule that sets it aside; `duplicate_of` the id of the first placement of the same
    bytes in the document; `part_of` the id of the placement whose stored picture shows this one too (strips of a scan).
    `vector` says that it is no picture in the file but a figure drawn as lines and areas, which was rendered.
    `turned` says by how many degrees clockwise those bytes are turned against the page, so that their lines run level;
    `detail` which share of the pixels a side that its place can show holds all of its detail (1 until it is measured).
    """

    id: str
    page: int
    box: BBox
    sha256: str
    width: int
    height: int
    after: int
    media_type: str = "image/png"
    caption: str | None = None
    decorative: str | None = None
    duplicate_of: str | None = None
    part_of: str | None = None
    problem: str | None = None
    turned: float = 0.0
    detail: float = 1.0
    vector: bool = False


@dataclass(frozen=True, slots=True)
class Hidden:
    """Text of a page that its reader does not see, and why not: never sent as content."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class SourceText:
    """Text that belongs to no page. `id` says where it is from: "attachment:notes.txt", "metadata", "bookmarks".

    `problem` is set where it could not be had, or not all of it. `pdf` is set where it is an attached PDF that was not
    read: where in the file it is held, as the number of an attached file (from 1) or of an object.
    """

    id: str
    text: str
    problem: str | None = None
    pdf: tuple[Holding, int] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page, read. `problem` is set where it could not be read; its blocks and pictures may then be missing.

    `files` are files pinned to it whose content is no text, or not all there.
    """

    number: int
    label: str | None
    width: float
    height: float
    rotation: int
    blocks: tuple[Block, ...] = ()
    pictures: tuple[Picture, ...] = ()
    ocr: bool = False
    problem: str | None = None
    notes: tuple[str, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    files: tuple[SourceText, ...] = ()

    @property
    def chars(self) -> int:
        """Characters of text, OCR included."""
        return sum(len(block.text) for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Heading:
    """One bookmark: its level from 1, its title and the page (from 1) where it points."""

    level: int
    title: str
    page: int


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A page of a PDF that is attached. `id` is its place: "attachment:terms.pdf#page=3" (RFC 8118, 3).

    The ids of its pictures differ from all others of the document.
    """

    id: str
    page: Page


@dataclass(frozen=True, slots=True)
class Document:
    """A document as a whole; its pages are read apart, one by one. `file` is the bare name, never a path.

    `attached` are the pages of the PDFs attached to it, where they are wanted.
    """

    file: str
    sha256: str
    bytes: int
    page_count: int
    title: str | None = None
    author: str | None = None
    language: str | None = None
    toc: tuple[Heading, ...] = ()
    encrypted: bool = False
    attachments: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[SourceText, ...] = ()
    attached: tuple[SourcePage, ...] = ()
