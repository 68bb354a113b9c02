"""A quote to its place: which page it stands on, in which boxes, and how well it agrees with what is there."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from types import MappingProxyType
from typing import Literal, TypeVar

from pipeline.document import BBox, Page, Picture, SourcePage, SourceText, Word
from pipeline.merge.folding import Squeezed, fold, squeeze
from pipeline.merge.page_index import PageIndex, Span
from pipeline.merge.rows import cells, find_region, find_rows
from pipeline.merge.wording import ELLIPSIS, find_worded
from pipeline.pack.layout import unescape

Match = Literal["exact", "normalised", "fuzzy", "cell", "field", "ocr", "picture", "none"]
Words = Callable[[Collection[int]], Mapping[int, tuple[Word, ...]]]
"""Gives the words of some pages."""

LEAST_CHARS = 2
"""A quote of fewer letters and digits says nothing: it is no evidence, wherever it stands."""
MOVED_CHARS = 8
"""A quote of fewer letters and digits than this is looked for on the page named alone: it would stand on many."""
KEPT_PAGES = 1024
"""Pages whose index is kept (about 30 KB each)."""
FETCHED_PAGES = 64
"""Pages whose words are asked for at once."""
ALIKE_PAGES = 3
"""Other pages on which a quote that stands nowhere as it is is looked for by similarity."""
SHARED_WORDS = 0.6
"""Least share of the quote's words that such a page must have."""

_MARK = re.compile(r"\A\s*(?:#{1,6}|[-*+>•])\s+|\*\*|`|(?<![^\W_])[*_]+(?=\S)|(?<=\S)[*_]+(?![^\W_])")
"""Markdown of headings, lists, emphasis and code, which is no part of the page."""
_WRAPPED = re.compile(r"""\A["'“”„‟‘’«»(\[]+(?=\w)|(?<=\w)\s*["'“”’«»)\].,;:]+\Z""")
"""Signs around a quote, which it may have been given."""
_WORD = re.compile(r"\w+")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value stands.

    `page` counts from 1 and is None where the document has no such page; `boxes` are in points, one for each line.
    `match` tells how the quote agrees with the page: "exact" letter by letter; "normalised" but for spaces, hyphens at
    line ends, ligatures, quote marks, dashes and case; "cell" the cells of one row of a table; "fuzzy" by its words,
    numbers and signs alone, of which it may lack a few words (`wording.py`); "field" in what a form field holds; "ocr"
    alike to what OCR read; "picture" not checked, since only a picture that was sent can show it (`boxes`: the one that
    is meant, or all of the page that were sent); "none" not found. `score` is the similarity, from 0 to 1, None for a
    picture. `source` is None for the page itself, "comment" for one on it, else the id of a text that has no page.
    `moved_from` is the page that the answer named, where the quote stands on another one.
    """

    page: int | None
    quote: str
    boxes: tuple[BBox, ...] = ()
    match: Match = "none"
    score: float | None = 0.0
    source: str | None = None
    moved_from: int | None = None

    @property
    def verified(self) -> bool:
        """Whether the quote was found in the document's text."""
        return self.match not in ("none", "picture")


@dataclass(frozen=True, slots=True)
class _Quote:
    """A quote in one form that it is looked for in; a row of a table also as its cells."""

    text: str
    folded: str
    squeezed: Squeezed
    cells: tuple[str, ...] = ()

    @classmethod
    def of(cls, quote: str, cells: Sequence[str] = ()) -> _Quote:
        text = " ".join(quote.split())
        folded = " ".join(fold(text).split())
        return cls(text, folded, squeeze(folded), tuple(cells))

    def names(self, id: str) -> bool:
        """Whether the quote names a picture by its id."""
        return re.search(rf"(?<![\w-]){re.escape(id)}(?![\w-])", self.text) is not None

    def stands_in(self, text: str) -> bool:
        """Whether a text has the quote in it, with its words and numbers whole."""
        return next(PageIndex([Word(text, (0.0, 0.0, 0.0, 0.0))]).normalised(self.squeezed), None) is not None


def _forms(quote: str) -> tuple[_Quote, ...]:
    """The quote as it is, without what models put around it, and as the cells of a row where it reads like one."""
    bare = _bare(quote)
    row = [_bare(cell) for cell in cells(quote)]
    texts = dict.fromkeys((" ".join(quote.split()), bare))
    forms = tuple(_Quote.of(text) for text in texts)
    return (*forms, _Quote.of(" ".join(row), row)) if row else forms


def _bare(quote: str) -> str:
    """A quote without Markdown, an ellipsis at its ends, and the quote marks or the rules of a table around it."""
    inner = quote.strip("| \t\n")
    # Of one cell the rules tell that it is one; of a text with such signs of its own they are none of it.
    text = _MARK.sub("", " ".join((inner if "|" in inner else quote).split()))
    pieces = [piece for piece in ELLIPSIS.split(text) if piece]
    if len(pieces) < 2:
        text = "".join(pieces)
    return _WRAPPED.sub("", text.strip())


class Finder:
    """Finds quotes on the pages of one document; each page's words are read and indexed when they are first needed.

    `sent` holds the ids of the pictures that went out in requests: only they can be what an answer saw; `described`
    what answers said of some of them. `sources` are the texts that belong to no page, and the pages of attached PDFs,
    that went out.
    """

    def __init__(
        self,
        pages: Sequence[Page],
        words: Words,
        sent: Collection[str] = (),
        sources: Sequence[SourceText | SourcePage] = (),
        described: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._pages = {page.number: page for page in pages}
        self._words = words
        self._sent = frozenset(sent)
        self._sources = sources
        self._described = described
        self._source_indexes: dict[str, PageIndex] = {}
        self._indexes: OrderedDict[int, PageIndex] = OrderedDict()

    def locate(self, quote: str, page: int | None, among: Collection[int], occurrence: int = 0) -> Evidence:
        """The evidence for a quote that an answer says stands on `page`, one of the pages `among` of its request.

        The page named is looked at first, or the sources where none is, then the other pages, the nearest first. Of a
        quote that stands several times on a page the `occurrence`-th place is given, counted from 0, and the last where
        there are fewer.
        """
        forms = _forms(unescape(quote))
        named = page if page in among and page in self._pages else None
        if _letters(forms[-1].squeezed.text) >= LEAST_CHARS:
            found = self._in_sources(forms) if named is None else self._on_page(forms, named, occurrence)
            if found is None and _letters(forms[-1].squeezed.text) >= MOVED_CHARS:
                found = self._elsewhere(forms, named, among, occurrence, page)
            found = found or self._in_sources(forms)
            if found is not None:
                return replace(found, quote=quote)
            shown = self._pictures(named, forms[-1])
            if shown:
                return Evidence(named, quote, tuple(picture.box for picture in shown), "picture", None)
        return Evidence(named, quote)

    def _on_page(self, forms: Sequence[_Quote], page: int, occurrence: int) -> Evidence | None:
        """The quote on the page that was named, in every form that is known."""
        index = self._index(page)
        row = forms[-1].cells
        runs = (_in_a_run(order, forms, occurrence) for order in index.orders)
        rows = (_as_row(order, row, occurrence) for order in index.orders if row)
        place = next(filter(None, chain(runs, rows)), None)
        if place is not None:
            return Evidence(page, forms[0].text, place.boxes, place.match, 1.0, place.source)
        found = None
        if index.has_figures(forms[-1].folded):
            by_words = (self._alike(forms[-1], page, order) for order in index.orders)
            region = (self._as_region(forms, page, occurrence) for _ in range(1))
            found = next(filter(None, chain(region, by_words) if row else chain(by_words, region)), None)
        if found is None and self._pages[page].ocr:
            found = next(filter(None, (self._alike(forms[-1], page, order, ocr=True) for order in index.orders)), None)
        return found

    def _as_region(self, forms: Sequence[_Quote], page: int, occurrence: int) -> Evidence | None:
        """The quote as a part of the page that holds just its words."""
        boxes = _nth(find_region(self._index(page), forms[-1].folded), occurrence)
        return Evidence(page, forms[0].text, boxes, "cell" if forms[-1].cells else "normalised", 1.0) if boxes else None

    def _in_sources(self, forms: Sequence[_Quote]) -> Evidence | None:
        """The quote in a text that belongs to no page, as it stands there; such a place has no boxes."""
        for source in self._sources:
            index = self._source_indexes.get(source.id)
            if index is None:
                index = self._source_indexes[source.id] = PageIndex(_words_of(source))
            place = _in_a_run(index, forms, 0)
            if place is not None:
                return Evidence(None, forms[0].text, (), place.match, 1.0, source.id)
        return None

    def _alike(self, wanted: _Quote, page: int, order: PageIndex, *, ocr: bool = False) -> Evidence | None:
        """The quote by its words in an order of the page, or in those that OCR may have misread."""
        found = find_worded(order, wanted.folded, ocr=ocr)
        if found is None:
            return None
        span, score = found
        if ocr:
            score = min(score, _likeness(wanted.squeezed.text, squeeze(order.words_in(span)).text))
        place = _place(order, span, "fuzzy")
        return Evidence(page, wanted.text, place.boxes, place.match, score, place.source)

    def _elsewhere(
        self, forms: Sequence[_Quote], named: int | None, among: Collection[int], occurrence: int, claimed: int | None
    ) -> Evidence | None:
        """The quote on the nearest other page of the request where it stands, or else on the page most like it."""
        near = claimed if claimed is not None else 0
        others = sorted(
            (number for number in among if number in self._pages and number != named),
            key=lambda number: (abs(number - near), number),
        )
        for number in self._ready(others):
            standing = _in_a_run(self._index(number), forms, occurrence)
            if standing is not None:
                return Evidence(
                    number, forms[0].text, standing.boxes, standing.match, 1.0, standing.source, moved_from=claimed
                )
        for number in self._sharing(forms[-1], others):
            found = self._on_page(forms, number, occurrence)
            if found is not None:
                return replace(found, moved_from=claimed)
        return None

    def _sharing(self, wanted: _Quote, others: Sequence[int]) -> list[int]:
        """The few pages that have most of the quote's words, the best first."""
        words = set(_WORD.findall(wanted.folded))
        shares = []
        for number in self._ready(others):
            text = self._index(number).squeezed.text
            shared = sum(map(text.__contains__, words))
            if shared >= SHARED_WORDS * len(words):
                shares.append((-shared, number))
        return [number for _, number in sorted(shares)[:ALIKE_PAGES]]

    def _pictures(self, page: int | None, wanted: _Quote) -> list[Picture]:
        """The pictures of a page that were sent, where their text was not read: nothing can be held against them.

        Those that the quote names by their id, or whose description by an answer has its words, where there are any.
        """
        if page is None or self._pages[page].ocr:
            return []
        shown = [picture for picture in self._pages[page].pictures if picture.id in self._sent]
        meant = [picture for picture in shown if wanted.names(picture.id)]
        return meant or [one for one in shown if wanted.stands_in(self._described.get(one.id, ""))] or shown

    def _ready(self, numbers: Sequence[int]) -> Iterable[int]:
        """The same pages, with their words read a batch at a time."""
        for start in range(0, len(numbers), FETCHED_PAGES):
            batch = numbers[start : start + FETCHED_PAGES]
            self._read(batch)
            yield from batch

    def _index(self, page: int) -> PageIndex:
        if page not in self._indexes:
            self._read([page])
        self._indexes.move_to_end(page)
        return self._indexes[page]

    def _read(self, numbers: Sequence[int]) -> None:
        missing = [number for number in numbers if number not in self._indexes]
        if not missing:
            return
        words = self._words(missing)
        for number in missing:
            self._indexes[number] = PageIndex(words.get(number, ()))
        while len(self._indexes) > KEPT_PAGES:
            self._indexes.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where on a page a quote stands as it is, and in which form; `source` is that of Evidence."""

    match: Match
    boxes: tuple[BBox, ...]
    source: str | None = None


def _place(index: PageIndex, span: Span, match: Match) -> _Place:
    """The place of a span; what OCR read and what a field holds is told by `match`."""
    source = index.source(span)
    kind: Match = source if source in ("ocr", "field") else match
    return _Place(kind, index.lines(span), "comment" if source == "comment" else None)


def _in_a_run(index: PageIndex, forms: Sequence[_Quote], occurrence: int) -> _Place | None:
    """The quote as one run of words: sooner where it is all of them than where it is a part of one, "12/2002"."""
    for whole in (True, False):
        for form in forms:
            kinds: tuple[tuple[Match, Iterator[Span]], ...] = (
                ("exact", index.exact(form.text)),
                ("normalised", index.normalised(form.squeezed)),
            )
            letters = _letters(form.folded)
            for match, spans in kinds:
                span = _nth((one for one in spans if not whole or index.is_whole(one, letters)), occurrence)
                if span is not None:
                    return _place(index, span, "cell" if form.cells else match)
    return None


def _as_row(index: PageIndex, row: Sequence[str], occurrence: int) -> _Place | None:
    """The quoted row, its cells side by side."""
    boxes = _nth(find_rows(index, row), occurrence)
    return _Place("cell", boxes) if boxes else None


def _words_of(source: SourceText | SourcePage) -> list[Word]:
    """The words of a source, which have no place; the rules of a table are none."""
    nowhere: BBox = (0.0, 0.0, 0.0, 0.0)
    if isinstance(source, SourceText):
        return [Word(text, nowhere) for text in source.text.split()]
    return [
        Word(text, nowhere, "ocr" if block.kind == "ocr" else "text")
        for block in source.page.blocks
        for text in block.text.split()
        if text.strip("|:-") or block.kind != "table"
    ]


def _likeness(one: str, other: str) -> float:
    from rapidfuzz import fuzz

    return round(fuzz.ratio(one, other) / 100, 3)


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _nth(found: Iterator[_T], number: int) -> _T | None:
    """The item of that number, counted from 0, or the last where there are fewer."""
    places = list(islice(found, number + 1))
    return places[-1] if places else None
