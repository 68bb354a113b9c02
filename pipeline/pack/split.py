"""A page that is larger than a window, cut into parts that are not."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import accumulate

from pipeline.document import Page, SourcePage, SourceText
from pipeline.errors import UsageError
from pipeline.pack.layout import Piece, escape, framed
from pipeline.pack.tokens import Counter

FRAGMENTS = 32
"""Text is cut into fragments of a thirty-second of the room, so that a part is nearly full ..."""

PARAGRAPH = 256
"""... but of so many tokens at least where a quarter of the room holds them, so that paragraphs stay whole."""

_SEPARATORS = ("\n\n", "\n", "。", ". ", " ")
"""Where text may be cut, best first: between paragraphs, lines, sentences, words."""

_BYTES_OF_CHARACTER = 4
"""UTF-8 bytes, and so tokens, that one character takes at most."""

WIDEST_PART = "99999/99999"
"""Stands for a part's number while it is not known yet: every digit is one token."""


def split_pieces(
    page: Page | SourceText | SourcePage, pieces: Sequence[Piece], room: int, counter: Counter
) -> list[tuple[Piece, ...]]:
    """The pieces of a page (or of a text that belongs to none) in groups that take at most `room` tokens each.

    Joined, the groups' text is the page's, every figure goes with the text where it stands, and the cuts are at
    paragraphs where they can be. UsageError where a single figure is larger than the room.
    """

    def cost(begin: int, end: int) -> int:
        return counter.parts(framed(page, _joined(fragments[begin:end]), WIDEST_PART))

    frame = counter.parts(framed(page, ("",), WIDEST_PART))
    free = room - frame
    longest = max(free // FRAGMENTS, min(PARAGRAPH, free // 4), _BYTES_OF_CHARACTER)
    fragments = list(_fragments(pieces, longest, counter))
    sums = [0, *accumulate(cost(index, index + 1) - frame for index in range(len(fragments)))]
    groups: list[tuple[Piece, ...]] = []
    start = 0
    while start < len(fragments):
        end = max(bisect_right(sums, sums[start] + free) - 1, start + 1)
        if cost(start, end) > room:  # the sums miss what a seam can add
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


Fragment = tuple[int, Piece]
"""A piece, or a stretch of one, with the number of the piece that it is of."""


def _fragments(pieces: Sequence[Piece], longest: int, counter: Counter) -> Iterator[Fragment]:
    """Figures whole; text in stretches of at most `longest` tokens, which, joined, are the text."""
    for number, piece in enumerate(pieces):
        if not isinstance(piece, str):
            yield number, piece
            continue
        yield from ((number, stretch) for stretch in _stretches(piece, longest, counter))


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
    """Stretches of one piece that follow each other, as one again."""
    joined: list[Fragment] = []
    for number, piece in fragments:
        last = joined[-1] if joined else None
        if last is not None and last[0] == number and isinstance(last[1], str) and isinstance(piece, str):
            joined[-1] = number, last[1] + piece
        else:
            joined.append((number, piece))
    return tuple(piece for _, piece in joined)
