"""Lines to blocks: paragraphs on one line as a model reads them best, headings known by their type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.document import Block, BlockKind
from pipeline.extract.geometry import around, overlap
from pipeline.extract.lines import BULLET, LIST_MARK, Line

_HEADING_SIZE = 1.15
_HEADING_LENGTH = 160
_HEADING_LINES = 3
_LEADING = 1.9
_ADDRESS_LINES = 6
_ADDRESS_WIDTH = 40
_HYPHENS = ("-", "\u2010", "\u00ad")
_LONGEST_WORD = 60
_HYPHENATED = re.compile(r"[^\W\d_]{2,}[-\u2010\u00ad]$")
_KEEPS_HYPHEN = re.compile(
    "all|anti|co|cross|ex|first|full|half|high|in|inter|long|low|mid|multi|non|off|on|one|over|post|pre|real|second|"
    "self|semi|short|single|so|state|sub|third|two|under|up|well|year",
    re.IGNORECASE,
)


def body_size(lines: Sequence[Line]) -> float:
    """The font size in points that most characters are set in; 10 where there are none."""
    sizes: dict[float, int] = {}
    for line in lines:
        sizes[line.size] = sizes.get(line.size, 0) + len(line.text)
    return max(sizes, key=lambda size: sizes[size], default=10.0)


def paragraphs(lines: Sequence[Line], body: float) -> list[Block]:
    """The blocks that lines in reading order make, `body` being the document's own size of type in points."""
    grouped: list[list[Line]] = []
    for line in lines:
        if grouped and _continues(grouped[-1], line):
            grouped[-1].append(line)
        else:
            grouped.append([line])
    return [_block(group, kind_of(group, body)) for group in grouped]


def _block(lines: Sequence[Line], kind: BlockKind) -> Block:
    if len(lines) == 1:
        return Block(lines[0].text, lines[0].box, kind)
    listed = kind == "text" and len(lines) <= _ADDRESS_LINES
    listed = listed and max([len(line.text) for line in lines]) < _ADDRESS_WIDTH
    return Block(_joined(lines, listed=listed), around([line.box for line in lines]), kind)


def _continues(block: Sequence[Line], line: Line) -> bool:
    """Whether a line goes on with the block: as MuPDF has it, else where the type, the leading and the edge agree."""
    last = block[-1]
    if last.level != line.level:
        return False
    if not line.level:
        return last.group == line.group
    same_type = abs(last.size - line.size) <= 0.1 * line.size and last.bold == line.bold
    if overlap(last.box, line.box, 1) > 0.5:
        return last.group == line.group
    if last.group == line.group:
        return same_type or not (_stands_out(block, line) or line.size > 1.1 * last.size)
    leading = line.box[1] - last.box[1]
    before = last.box[1] - block[-2].box[1] if len(block) > 1 else _LEADING * line.size
    return (
        same_type
        and overlap(last.box, line.box, 0) > 0.5
        and 0 < leading <= min(before * 1.1, _LEADING * line.size)
        and not LIST_MARK.match(line.words[0].text)
        and not _room_left(block, line)
    )


def _stands_out(block: Sequence[Line], line: Line) -> bool:
    """Whether the block so far is a heading over the line: all of it larger or bold, which the line is not.

    A line that begins small goes on with bold words, as where a paragraph's first ones are.
    """
    larger = all(before.size > 1.1 * line.size for before in block)
    return larger or (all(before.bold for before in block) and not (line.bold or line.text[0].islower()))


def _room_left(block: Sequence[Line], line: Line, right: float | None = None) -> bool:
    """Whether the line's first word would have fitted on the line before: then that one was ended on purpose."""
    edge = max(one.box[2] for one in (*block, line)) if right is None else right
    first = line.words[0].box
    return block[-1].box[2] + 0.3 * line.size + (first[2] - first[0]) < edge - 0.5 * line.size


def _joined(block: Sequence[Line], *, listed: bool) -> str:
    """The block's text: lines run on, but where one was ended on purpose, at a list's item, and in an address."""
    right = max([line.box[2] for line in block])
    text = block[0].text
    for last, line in pairwise(block):
        same_row = line.level and overlap(last.box, line.box, 1) > 0.5
        if same_row or not line.level:
            text += " " + line.text
        elif _starts_anew(line, listed=listed) or _room_left([last], line, right):
            text += "\n" + line.text
        else:
            text = run_on(text, line.text)
    return text


def _starts_anew(line: Line, *, listed: bool) -> bool:
    return bool(LIST_MARK.fullmatch(line.words[0].text)) or (listed and not line.text[0].islower())


def run_on(text: str, more: str) -> str:
    """Text and its next line on one; a word cut at the line's end is put together where that is safe.

    It is where both halves are letters and the second begins small, but not after "well-", "self-" and their like,
    nor where the first half already holds a hyphen: "state-of-the-" keeps it.
    """
    cut = _HYPHENATED.search(text, max(len(text) - _LONGEST_WORD, 0)) if text[-1:] in _HYPHENS else None
    if not cut or not more[:1].islower():
        return f"{text} {more}"
    head = cut[0][:-1]
    before = text[cut.start() - 1 : cut.start()]
    if text[-1] != "\u00ad" and (_KEEPS_HYPHEN.fullmatch(head) or before in ("-", "\u2010")):
        return text + more
    return text[:-1] + more


def kind_of(block: Sequence[Line], body: float) -> BlockKind:
    """A heading is short, and larger than the document's type, or bold and not a sentence; else it is text."""
    if len(block) > _HEADING_LINES:
        return "text"
    larger = min([line.size for line in block]) >= _HEADING_SIZE * body
    if not larger and not (block[0].size >= 0.95 * body and all(line.bold for line in block)):
        return "text"
    text = " ".join(line.text for line in block)
    if len(text) > _HEADING_LENGTH or sum(map(str.isalpha, text)) < 2 or BULLET.match(text):
        return "text"
    return "heading" if larger or text[-1] not in ".,;" else "text"
