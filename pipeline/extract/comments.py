"""Comments that people put on a page, and the addresses of its links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pipeline.document import BBox, Block, Hidden, SourceText, Word
from pipeline.extract.annotations import Annotation, as_text, spread
from pipeline.extract.attachments import content, described, named
from pipeline.extract.cleaning import clean, one_line
from pipeline.extract.geometry import around, overlap
from pipeline.extract.hidden import UNSEEN
from pipeline.extract.lines import Line

if TYPE_CHECKING:
    import pymupdf

_SAID = {
    "Highlight": "Comment",
    "Underline": "Comment",
    "Squiggly": "Comment",
    "StrikeOut": "Struck out",
    "Caret": "Insertion",
    "Stamp": "Stamp",
    "FileAttachment": "Attached file",
    "Redact": "Marked for removal",
    "Link": "Link",
    "Watermark": "Watermark",
    **dict.fromkeys(("3D", "Screen", "Movie", "RichMedia", "Sound"), "Media"),
}
_NO_COMMENTS = ("Widget", "Popup", "PrinterMark", "TrapNet")
_PRINTED_TOO = ("FreeText", "Stamp", "Link", "Watermark")
_LONGEST_QUOTE = 300
_LONGEST_COMMENT = 20_000
_LONGEST_ADDRESS = 300
_ADDRESS = re.compile(r"(https?|ftp|mailto|tel):", re.IGNORECASE)
_SCHEME = re.compile(r"^(https?://(www\.)?|ftp://|mailto:|tel:)", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"[\W_]+")


def comments(
    lines: Sequence[Line], found: Sequence[Annotation]
) -> tuple[list[Block], list[Hidden], tuple[SourceText, ...]]:
    """The comments of a page as blocks, those that are not displayed, and the pinned files of which more is to be said.

    A text box, a stamp or a link whose words the page's text holds already is no comment of its own; what is said of
    several places, as a link over two lines has, is told once. The name of a pinned file
    and its text are the comment's; it is a source too where it is a PDF, or has a problem.
    """
    made: list[Block] = []
    hidden: list[Hidden] = []
    files: list[SourceText] = []
    laid_over = [one for one in found if one.kind not in _NO_COMMENTS]
    printed = _letters(" ".join(line.text for line in lines)) if laid_over else ""
    for one in laid_over:
        marked = _marked(lines, one)
        file = _pinned(one) if one.kind == "FileAttachment" else None
        said = _said(one, marked, printed, file)
        if file and (file.pdf or file.problem) and not one.is_hidden:
            files.append(replace(file, text=""))
        if said and one.is_hidden:
            hidden.append(Hidden(said, UNSEEN))
        elif said and not (one.kind == "Link" and any(said == other.text for other in made)):
            made.append(Block(said, around(one.boxes("QuadPoints") or [one.box]), "comment"))
    return made, hidden, tuple(files)


def inserted(blocks: Sequence[Block], said: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with each comment after the one that it stands on or beside."""
    made = list(blocks)
    for comment in said:
        middle = (comment.box[1] + comment.box[3]) / 2
        level = [at for at, block in enumerate(made) if block.box[1] <= middle <= block.box[3]]
        on = [at for at in level if overlap(made[at].box, comment.box, 0) > 0.3]
        above = [at for at, block in enumerate(made) if block.box[3] <= middle]
        made.insert(max(on or level or above, default=-1) + 1, comment)
    return tuple(made)


def comment_words(said: Sequence[Block]) -> list[Word]:
    """The words of comments, each at its comment's place."""
    return [word for block in said for row in block.text.splitlines() for word in spread(row, block.box, "comment")]


def with_addresses(lines: Sequence[Line], found: Sequence[Annotation]) -> list[Line]:
    """The lines, each link's address put in angle brackets after its last word, where the text does not say it.

    An address is said once a page. One that has no words, a picture's, becomes a line of its own.
    """
    made = list(lines)
    links = [one for one in found if one.kind == "Link"]
    printed = _letters(" ".join(line.text for line in lines)) if links else ""
    last: dict[str, tuple[int, int] | None] = {}
    places: dict[str, BBox] = {}
    for one in links:
        address = (one_line(one.text("A/URI"), _LONGEST_ADDRESS) or "").replace(" ", "%20")
        if _ADDRESS.match(address) and not one.is_hidden and _letters(_SCHEME.sub("", address)) not in printed:
            last[address] = _last_word(lines, one.box) or last.get(address)
            places[address] = one.box
    for address, place in sorted(last.items(), key=lambda item: item[1] or (0, 0), reverse=True):
        if place is None:
            made.append(Line(spread(f"<{address}>", places[address], "text"), places[address], 10.0, False, -1))
            continue
        line, at = made[place[0]], place[1] + 1
        word = Word(f"<{address}>", line.words[at - 1].box)
        made[place[0]] = replace(line, words=(*line.words[:at], word, *line.words[at:]))
    return made


def _last_word(lines: Sequence[Line], box: BBox) -> tuple[int, int] | None:
    """The last word in a box, as the numbers of its line and of itself."""
    found = None
    for number, line in enumerate(lines):
        if line.box[3] < box[1] or line.box[1] > box[3]:
            continue
        for at, word in enumerate(line.words):
            if _is_in(word.box, box):
                found = (number, at)
    return found


def _said(one: Annotation, marked: str, printed: str, file: SourceText | None) -> str:
    """A comment in words: what it is, who made it, what it marks and what it says; "" where it says nothing."""
    text = clean(one.text("Contents"))[:_LONGEST_COMMENT].strip()
    if file:
        text = file.text.removeprefix("Attached file: ")
    if one.kind == "Stamp":
        text = text or one.name("Name")
    if one.kind == "Link" and not text:
        text = next(filter(None, map(one.text, ("A/F/UF", "A/F/F", "A/F"))), "")
    if not text and not (one.kind == "StrikeOut" and marked):
        return ""
    if one.kind in _PRINTED_TOO and _letters(text) in printed:
        return ""
    author = one_line(one.text("T"), 100)
    kind = "Reply" if one.reference("IRT") else _SAID.get(one.kind, "Comment")
    by = f" by {author}" if author else ""
    on = f" on “{marked}”" if marked else ""
    return f"{kind}{by}{on}: {text}" if text else f"{kind}{by}{on}"


def _pinned(one: Annotation) -> SourceText:
    """A file pinned to the page: its name, what is said of it, and what it holds if that is text."""
    file = one.reference("FS")
    own = [as_text(one.document, file, key) for key in ("UF", "F")] if file else []
    name = named(*own, one.text("FS/UF"), one.text("FS/F"))
    keys = ("EF/F", "EF/UF") if file else ("FS/EF/F", "FS/EF/UF")
    held = (one.document.xref_get_key(file or one.xref, key) for key in keys)
    stream = next((int(value.split()[0]) for kind, value in held if kind == "xref"), 0)
    if not stream:  # the file is elsewhere: its name is all that there is
        return described(name, one.text("Contents"), SourceText("", ""))
    size = one.document.xref_get_key(stream, "Params/Size")[1]
    read = partial(_stream, one.document, stream)
    found = content(name, int(size) if size.isdecimal() else 0, read, ("object", stream))
    return described(name, one.text("Contents"), found)


def _stream(document: pymupdf.Document, number: int) -> bytes:
    return bytes(document.xref_stream(number) or b"")


def _marked(lines: Sequence[Line], one: Annotation) -> str:
    """The words under a comment's marks."""
    quads = one.boxes("QuadPoints")
    words = [word.text for line in lines for word in line.words if any(_is_in(word.box, quad) for quad in quads)]
    return " ".join(words)[:_LONGEST_QUOTE] if quads else ""


def _is_in(word: BBox, box: BBox) -> bool:
    x, y = (word[0] + word[2]) / 2, (word[1] + word[3]) / 2
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()
