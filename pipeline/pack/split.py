"""A page that is larger than a window, cut into parts that are not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import accumulate
from typing import NamedTuple

from pipeline.document import Page, SourcePage, SourceText
from pipeline.errors import UsageError
from pipeline.pack.layout import Continued, Head, Piece, escape, framed
from pipeline.pack.tokens import Counter

FRAGMENTS = 32
"""Text is cut into fragments of a thirty-second of the room, so that a part is nearly full ..."""

PARAGRAPH = 256
"""... but of so many tokens at least where a quarter of the room holds them, so that paragraphs stay whole."""

_SEPARATORS = ("\n\n", "\n", "。", ". ", " ")
"""Where text may be cut, best first: between paragraphs, lines, sentences, words."""

RULE = re.compile(r"\|(\s*:?-+:?\s*\|)+")
"""The line under the head of a table in Markdown."""

_CELL_END = re.compile(r"(?<!\\)\|")

_BYTES_OF_CHARACTER = 4
"""UTF-8 bytes, and so tokens, that one character takes at most."""

WIDEST_PART = "99999/99999"
"""Stands for a part's number while it is not known yet: every digit is one token."""


def split_pieces(
    page: Page | SourceText | SourcePage, pieces: Sequence[Piece], room: int, counter: Counter
) -> list[tuple[Piece, ...]]:
    """The pieces of a page (or of a text that belongs to none) in groups that take at most `room` tokens each.

    Joined, the groups' text is the page's, every figure goes with the text where it stands, and the cuts are at
    paragraphs where they can be. A group that begins within a table begins with its head. UsageError where a single
    figure is larger than the room.
    """

    def cost(begin: int, end: int) -> int:
        return counter.parts(framed(page, _joined(fragments[begin:end]), WIDEST_PART))

    frame = counter.parts(framed(page, ("",), WIDEST_PART))
    free = room - frame
    longest = max(free // FRAGMENTS, min(PARAGRAPH, free // 4), _BYTES_OF_CHARACTER)
    fragments = list(_fragments(pieces, longest, counter))
    alone = (counter.parts(framed(page, (one.piece,), WIDEST_PART)) - frame for one in fragments)
    sums = [0, *accumulate(alone)]
    groups: list[tuple[Piece, ...]] = []
    start = 0
    while start < len(fragments):
        end = max(bisect_right(sums, sums[start] + free) - 1, start + 1)
        if cost(start, end) > room:  # the sums miss what a seam can add, and a table's head
            end = start + bisect_right(range(start + 1, end), room, key=partial(cost, start))
        if end == start:
            raise UsageError(
                f"The window is too small: a piece of {_called(page)} takes {cost(start, start + 1):,} tokens and "
                f"{room:,} are free beside instructions and answer; choose a larger window, or leave out pictures."
            )
        groups.append(_joined(fragments[start:end]))
        start = end
    return groups


def _called(page: Page | SourceText | SourcePage) -> str:
    return f"page {page.number}" if isinstance(page, Page) else page.id


class Fragment(NamedTuple):
    """A piece, or a stretch of one, with the number of the piece that it is of.

    `head` is that of the table within which a stretch begins, "" elsewhere.
    """

    number: int
    piece: Piece
    head: str = ""


def _fragments(pieces: Sequence[Piece], longest: int, counter: Counter) -> Iterator[Fragment]:
    """Figures whole; text in stretches of at most `longest` tokens, which, joined, are the text."""
    for number, piece in enumerate(pieces):
        if isinstance(piece, Head):
            continue
        if not isinstance(piece, str):
            yield Fragment(number, piece)
            continue
        heads = _heads(piece, _head_of(pieces[number - 1]) if number else "")
        at = 0
        for stretch in _stretches(piece, longest, counter):
            head = heads.get(at, "")
            yield Fragment(number, stretch, head if counter.text(head) <= longest else "")
            at += len(stretch)


def _head_of(before: Piece) -> str:
    """The head of the rows that a text begins with, where what stands before it gives that."""
    if isinstance(before, Continued) and before.head:
        return f"{before.head}\n|{' --- |' * (len(_CELL_END.findall(before.head)) - 1)}"
    return before.text if isinstance(before, Head) else ""


def _heads(text: str, head: str) -> dict[int, str]:
    """Where in a text each row of a table begins, its head apart, with that head; `head` is that of the first rows."""
    found: dict[int, str] = {}
    lines = text.splitlines(keepends=True)
    at = 0
    for number, line in enumerate(lines):
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if not line.startswith("|"):
            head = ""
        elif not head and RULE.fullmatch(following):
            head = line + following
        elif head and not RULE.fullmatch(line.strip()):
            found[at] = head
        at += len(line)
    return found


def _stretches(text: str, longest: int, counter: Counter) -> Iterator[str]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    @lru_cache(1 << 16)  # the splitter counts every word by itself
    def count(text: str) -> int:
        return counter.text(escape(text))

    splitter = RecursiveCharacterTextSplitter(
        separators=list(_SEPARATORS),
        keep_separator="end",
        strip_whitespace=False,
        chunk_size=longest,
        chunk_overlap=0,
        length_function=count,
    )
    surely = max(longest // _BYTES_OF_CHARACTER, 1)
    for stretch in splitter.split_text(text):
        step = len(stretch) if count(stretch) <= longest else surely  # a word longer than a stretch is cut anywhere
        yield from (stretch[start : start + step] for start in range(0, len(stretch), step))


def _joined(fragments: Sequence[Fragment]) -> tuple[Piece, ...]:
    """Stretches of one piece that follow each other, as one again; before them the head of a table that they are of."""
    joined: list[Fragment] = []
    for one in fragments:
        last = joined[-1] if joined else Fragment(-1, "")
        if last.number == one.number and isinstance(last.piece, str) and isinstance(one.piece, str):
            joined[-1] = last._replace(piece=last.piece + one.piece)
        else:
            joined.append(one)
    head: tuple[Piece, ...] = (Head(fragments[0].head),) if fragments and fragments[0].head else ()
    return (*head, *(one.piece for one in joined))
