"""One page's words, indexed once, so that a quote is found with `str.find` and its words give the boxes."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from pipeline.document import BBox, Word, WordSource
from pipeline.merge.folding import Squeezed, fold, squeeze
from pipeline.merge.signs import turned
from pipeline.merge.terms import figures

_UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts whose words are not set apart by spaces, or take endings without one: a quote may begin anywhere in them."""
_LEFTWARD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""Letters of scripts that are read from right to left."""
_SEPARATORS = ".,'"
NEAR = 2
"""Lines above and below in which the gap between two columns goes on."""
_UNEVEN = 1.1
"""Times the height of the higher one: a box around two words that is higher may reach into another line."""
_NEAR = 0.5
"""Points above and below a box in which the middle of a word counts as in it."""
_BREAK = Word("\ufdd0", (0.0, 0.0, 0.0, 0.0))
"""Stands between the columns, so that nothing is read across them: no text has that character."""
_SOURCES: tuple[WordSource, ...] = ("text", "field", "ocr", "comment")


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last` of a page, both included."""

    first: int
    last: int

    @property
    def numbers(self) -> range:
        """The numbers of those words."""
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True)
class _Gap:
    """Where nothing stands after a word, and how high the word is."""

    word: int
    left: float
    right: float
    height: float

    def goes_on(self, other: _Gap) -> bool:
        """Whether another line has much the same gap."""
        return min(self.right, other.right) - max(self.left, other.left) > self.height / 2


def cuts(text: str, at: int) -> bool:
    """Whether a quote that begins or ends at `at` would cut a word or a number in two: 234 is not in 1,234.

    A letter beside a digit is no cut: footnote marks and units stand so.
    """
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isdigit() and after.isdigit():
        return True
    if before.isalpha() and after.isalpha():
        return not (_UNSPACED.match(before) or _UNSPACED.match(after))
    if before in _SEPARATORS and after.isdigit():
        return at >= 2 and text[at - 2].isdigit()
    if before.isdigit() and after in _SEPARATORS:
        return at + 1 < len(text) and text[at + 1].isdigit()
    return False


class PageIndex:
    """A page's words as they stand, folded, and squeezed; each form is made when it is first looked at."""

    def __init__(self, words: Sequence[Word], page: PageIndex | None = None) -> None:
        self._texts = [" ".join(word.text.split()) for word in words]
        self._boxes = array("d", [edge for word in words for edge in word.box])
        self._sources = bytearray(_SOURCES.index(word.source) for word in words)
        self.text, self._starts = _joined(self._texts)
        self._page: PageIndex | None = page and (page._page or page)

    @cached_property
    def _fold(self) -> tuple[str, array[int]]:
        return _joined([fold(text) for text in self._texts])

    @property
    def words(self) -> list[str]:
        """The page's words, each folded."""
        folded, starts = self._fold
        return [folded[start : end - 1] for start, end in pairwise((*starts, len(folded) + 1))]

    @cached_property
    def _figures(self) -> frozenset[str]:
        return frozenset(one for word in self.words for one in figures(word))

    def has_figures(self, folded: str) -> bool:
        """Whether every number and sign of a folded text is one of the page: else it stands there in no order."""
        return self._figures.issuperset(figures(folded))

    @property
    def folded(self) -> str:
        """The page's words, folded and joined by spaces."""
        return self._fold[0]

    @cached_property
    def squeezed(self) -> Squeezed:
        """The folded page without spaces and hyphens within words."""
        return squeeze(self.folded)

    @cached_property
    def orders(self) -> tuple[PageIndex, ...]:
        """The page in every order in which it may be read: as it is, by its lines, and down its columns.

        Where words were put in that are not printed (what fields are called, where links lead), the same without them,
        without all that fields hold, which files have apart, and what fields hold alone. From right to left also with
        the signs of numbers on their other side.
        """
        found: dict[str, PageIndex] = {}
        for order in self._every_order():
            found.setdefault(order.text, order)
        return tuple(found.values())

    def _every_order(self) -> Iterator[PageIndex]:
        yield self
        lines = self.by_lines[0]
        yield lines
        yield self.by_columns
        printed, ruled = self._printed(), lines._printed()
        if len(ruled) < len(lines):
            yield from self._read_as(printed, ruled)
        held = [word for word in ruled if word.source == "field"]
        if held:
            yield from self._read_as(*([one for one in some if one.source != "field"] for some in (printed, ruled)))
            yield PageIndex(held, self)
        if _LEFTWARD.search(self.text):
            yield from (PageIndex(turned(some), self) for some in (printed, ruled))

    def _printed(self) -> list[Word]:
        """The words but those that were put in."""
        kept = (word for word in range(len(self)) if not self.is_name(word) and not self._repeats(word))
        return [self.word(word) for word in kept]

    def _read_as(self, printed: Sequence[Word], ruled: Sequence[Word]) -> Iterator[PageIndex]:
        """Some of the words in the page's order, by its lines, and down its columns."""
        yield PageIndex(printed, self)
        index = PageIndex(ruled, self)
        yield index
        yield index.by_columns

    @cached_property
    def by_lines(self) -> tuple[PageIndex, tuple[Span, ...]]:
        """The words, but for comments, in the order of the printed lines, as the script is read, and those lines.

        A page's own order may be another one: labels first and then all values, or column by column.
        """
        lines: list[list[int]] = []
        printed = [word for word, source in enumerate(self._sources) if _SOURCES[source] != "comment"]
        for word in sorted(printed, key=lambda word: (self.box(word)[1] + self.box(word)[3], word)):
            if lines and _level(self.box(lines[-1][0]), self.box(word)):
                lines[-1].append(word)
            else:
                lines.append([word])
        way = -1 if 2 * len(_LEFTWARD.findall(self.text)) > sum(map(str.isalpha, self.text)) else 1
        ordered = [sorted(line, key=lambda word: way * self.box(word)[0]) for line in lines]
        index = PageIndex([self.word(word) for line in ordered for word in line], self)
        ends = list(accumulate(map(len, ordered)))
        return index, tuple(Span(end - len(line), end - 1) for end, line in zip(ends, ordered, strict=True))

    @cached_property
    def by_columns(self) -> PageIndex:
        """The words, but for comments, in columns as narrow as they come, each read down: a cell that wraps is a run.

        What stands on a line without a wide gap goes on with what stands close below it and over half of its width:

            Consulting, senior    12      ->  Consulting, senior architect 12 3
            architect              3
        """
        lines, spans = self.by_lines
        columns: list[list[Span]] = []
        for piece in lines._pieces(spans):
            above = next((one for one in reversed(columns) if _below(lines.area(one[-1]), lines.area(piece))), None)
            if above is None:
                columns.append([piece])
            else:
                above.append(piece)
        words: list[Word] = []
        for column in columns:
            words += (lines.word(word) for piece in column for word in piece.numbers)
            words.append(_BREAK)
        return PageIndex(words, self)

    def _pieces(self, lines: Sequence[Span]) -> Iterator[Span]:
        """The lines cut at their wide gaps: those as wide as the line is high, or half of it where the gap goes on in a
        line near by, as between two columns.
        """
        gaps = [list(self._gaps(line)) for line in lines]
        for number, line in enumerate(lines):
            near = [
                gap
                for one in gaps[max(number - NEAR, 0) : number] + gaps[number + 1 : number + NEAR + 1]
                for gap in one
            ]
            first = line.first
            for gap in gaps[number]:
                if gap.right - gap.left > gap.height or any(map(gap.goes_on, near)):
                    yield Span(first, gap.word)
                    first = gap.word + 1
            yield Span(first, line.last)

    def _gaps(self, line: Span) -> Iterator[_Gap]:
        """The gaps of a line that are wider than half of its height."""
        for word in range(line.first, line.last):
            one, other = sorted((self.box(word), self.box(word + 1)))
            gap = _Gap(word, one[2], other[0], one[3] - one[1])
            if gap.right - gap.left > gap.height / 2:
                yield gap

    def area(self, span: Span) -> BBox:
        """The box around the words of a span."""
        boxes = [self.box(word) for word in span.numbers]
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return (min(lefts), min(tops), max(rights), max(bottoms))

    def __len__(self) -> int:
        return len(self._texts)

    def word(self, word: int) -> Word:
        """The word of that number."""
        return Word(self._texts[word], self.box(word), _SOURCES[self._sources[word]])

    def is_name(self, word: int) -> bool:
        """Whether a word is of what a field is called, which is not printed and has no width."""
        left, _, right, _ = self.box(word)
        return self._sources[word] == _SOURCES.index("field") and left == right

    def is_empty(self, box: BBox) -> bool:
        """Whether the middle of no word lies in a box."""
        return not any(_holds(box, self.box(word)) for word in range(len(self)))

    def only_names(self, span: Span) -> bool:
        """Whether a span has nothing but what fields are called: "03" of f1_03 is nothing that the page says."""
        return all(map(self.is_name, span.numbers))

    def _repeats(self, word: int) -> bool:
        """Whether a word stands just where the one before does: so the address of a link is put after its words."""
        return word > 0 and self.box(word) == self.box(word - 1)

    def box(self, word: int) -> BBox:
        """Where a word stands."""
        x0, y0, x1, y1 = self._boxes[4 * word : 4 * word + 4]
        return (x0, y0, x1, y1)

    def source(self, span: Span) -> WordSource:
        """Where the words come from: "comment", "ocr" or "field" where any of them does, the first that holds."""
        return _SOURCES[max(self._sources[span.first : span.last + 1], default=0)]

    def words_in(self, span: Span) -> str:
        """The folded words of a span."""
        folded, starts = self._fold
        end = starts[span.last + 1] if span.last + 1 < len(starts) else len(folded)
        return folded[starts[span.first] : end].strip()

    def exact(self, quote: str) -> Iterator[Span]:
        """Where the quote stands letter by letter; a run of space counts as one space."""
        for at in _found(quote, self.text):
            end = at + len(quote)
            span = _span(self._starts, at, end)
            if not cuts(self.text, at) and not cuts(self.text, end) and not self.only_names(span):
                yield span

    def normalised(self, quote: Squeezed) -> Iterator[Span]:
        """Where the squeezed quote stands in the squeezed page, without cutting a word or a number."""
        for at in _found(quote.text, self.squeezed.text):
            start, end = self._unsqueezed(at, at + len(quote.text))
            span = _span(self._fold[1], start, end)
            if not cuts(self.folded, start) and not cuts(self.folded, end) and not self.only_names(span):
                yield span

    def span_of(self, start: int, end: int) -> Span:
        """The whole words that a piece of the squeezed page touches."""
        return _span(self._fold[1], *self._unsqueezed(start, end))

    def _unsqueezed(self, start: int, end: int) -> tuple[int, int]:
        return self.squeezed.place(start), self.squeezed.place(end - 1) + 1

    def is_whole(self, span: Span, letters: int) -> bool:
        """Whether a quote of so many letters and digits is all that the words of its place have of them."""
        return sum(map(str.isalnum, self.words_in(span))) == letters

    def lines(self, span: Span) -> tuple[BBox, ...]:
        """One box for each line that the words of a span stand on, in points rounded to hundredths.

        Where words of the page that are none of the span's would stand in a box, there are two.
        """
        boxes: list[BBox] = []
        own = frozenset(map(self.box, span.numbers))
        for word in span.numbers:
            box = self.box(word)
            if boxes and _same_line(boxes[-1], box) and not self._parted(boxes[-1], box, own):
                boxes[-1] = _both(boxes[-1], box)
            else:
                boxes.append(box)
        return tuple((round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)) for x0, y0, x1, y1 in boxes)

    def _parted(self, line: BBox, box: BBox, own: Collection[BBox]) -> bool:
        """Whether a box around two would have words in it that stand in neither, and are not the quote's own: in a gap
        wider than a line is high, or since one stands higher than the other.
        """
        left, top, right, bottom = whole = _both(line, box)
        gap = max(line[0], box[0]) - min(line[2], box[2])
        high = max(line[3] - line[1], box[3] - box[1])
        if gap <= box[3] - box[1] and whole[3] - whole[1] <= _UNEVEN * high:
            return False
        page = self._page or self
        edges: Iterable[BBox] = zip(*[iter(page._boxes)] * 4, strict=True)
        near = (left, top - _NEAR, right, bottom + _NEAR)
        return any(
            _holds(near, one) and not (_holds(line, one) or _holds(box, one) or one in own or page.is_name(word))
            for word, one in enumerate(edges)
        )


def _both(one: BBox, other: BBox) -> BBox:
    """The box around two."""
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))


def _holds(box: BBox, one: BBox) -> bool:
    """Whether the middle of one lies in a box."""
    return 2 * box[0] < one[0] + one[2] < 2 * box[2] and 2 * box[1] < one[1] + one[3] < 2 * box[3]


def _joined(texts: Sequence[str]) -> tuple[str, array[int]]:
    starts, at = array("L"), 0
    for text in texts:
        starts.append(at)
        at += len(text) + 1
    return " ".join(texts), starts


def _found(needle: str, text: str) -> Iterator[int]:
    at = text.find(needle) if needle else -1
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


def _span(starts: array[int], start: int, end: int) -> Span:
    return Span(bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1)


def _same_line(line: BBox, box: BBox) -> bool:
    """Whether a word goes on a line: level with it and to its right, or anywhere along it where it is as high."""
    if not _level(line, box):
        return False
    beyond = box[0] >= line[0] and line[2] - box[0] < 0.5 * (box[2] - box[0])
    return beyond or abs(line[1] + line[3] - box[1] - box[3]) < 0.5 * (box[3] - box[1])


def _level(one: BBox, other: BBox) -> bool:
    """Whether two boxes overlap from top to bottom by more than half of the lower height."""
    overlap = min(one[3], other[3]) - max(one[1], other[1])
    return overlap > 0.5 * min(one[3] - one[1], other[3] - other[1])


def _below(above: BBox, box: BBox) -> bool:
    """Whether a box goes on what is above it: within a line's height, and over more than half of the narrower one."""
    overlap = min(above[2], box[2]) - max(above[0], box[0])
    height = min(above[3] - above[1], box[3] - box[1])
    return -height / 2 <= box[1] - above[3] <= height and overlap > 0.5 * min(above[2] - above[0], box[2] - box[0])
