"""A quote that has the words of its place, whatever signs stand between them, and with small cuts.

What a quote says stands in its words, its numbers and its signs of money and of comparison. It may lack a few words of
its place, as these do, but has none of its own, and lacks no number and no negation:

    the page       "The board, in 2022, did not approve the annual report of Acme."
    found          "the board in 2022 did not approve the report of Acme"          "annual" is left out
    found          "The board ... did not approve the annual rep"                  an omission that is told; a cut word
    not found      "The board, in 2022, did approve the annual report"             a negation is left out
    not found      "The board, in 2022, did not approve the annual report of Acne" a word of its own
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise

from pipeline.merge.page_index import PageIndex, Span
from pipeline.merge.terms import Term, form_of, read_by_ocr, terms, terms_of_word

CUT = 0.2
"""What a quote may lack of the letters of its place, as a share of its own letters."""
CUT_CHARS = 12
"""A quote of fewer letters lacks nothing: with one word less it may be another text."""
ONE_WORD = 12
"""Letters that a quote of twice as many may lack at any rate: those of one word."""
ONE_GAP = 16
"""Letters that it may lack in one place: after more of them another item of a list could follow."""
FRAGMENT_CHARS = 24
"""A quote of fewer letters ends in no cut word."""
OMITTED_CHARS = 300
"""Letters that may be left out where the quote says so with an ellipsis."""
TOLD_CHARS = 8
"""On both sides of such an omission stand so many letters: after less, any number of a page could follow."""
_LEADERS = re.compile(r"\.(?:\s\.){3,}|\.{5,}")
"""The dots of a table of contents, which leave out nothing."""

_ENDS = (".", "!", "?", "。", "؟")
"""Where a sentence may end: a quote that lacks its last word would be made of two."""
_CUT_STATE = re.compile(r"\[[^\]]*\Z")
"""The beginning of what is said of a check box, "[not" without "checked]": of it no quote has a part."""

ELLIPSIS = re.compile(r"\s*(?:\[\s*)?(?:\.\s?\.\s?\.|…)\.*(?:\s*\])?\s*")
_PREFIXES = frozenset(
    "a ab anti bi co contra counter de dis down ex extra hyper hypo il im in inter intra ir kilo mega micro mid milli "
    "mini mis mono multi nano non off on out over para poly post pre pro re semi sub super trans tri un uni up "
    "under".split()
)
"""Beginnings without which a word is another word: "legal" is no cut "illegal"."""


@dataclass(frozen=True, slots=True)
class _State:
    """A way to read the quote so far: letters of the page that it lacks, those of its omissions, where it began.

    `gap` are those that it lacks since the last one that it has.
    """

    cut: int
    omitted: int
    first: int
    gap: int = 0


def find_worded(index: PageIndex, quote: str, *, ocr: bool = False) -> tuple[Span, float] | None:
    """The words of the page that a folded quote was taken from, the least of them left out, and the similarity.

    The similarity is 2 x the letters of the quote, over those and the letters of the place. With `ocr` what OCR takes
    for each other is the same.
    """
    quote = read_by_ocr(quote) if ocr else quote
    pieces = [form_of(piece) for piece in ELLIPSIS.split(_LEADERS.sub(" ", quote))]
    pieces = [piece for piece in pieces if piece]
    wanted = "".join(pieces)
    if not wanted:
        return None
    ends = zip(accumulate(map(len, pieces)), pairwise(pieces), strict=False)
    told = frozenset(end for end, sides in ends if min(map(len, sides)) >= TOLD_CHARS)
    found = _Reading(wanted, told).along(index, _terms_misread if ocr else terms_of_word)
    if found is None:
        return None
    state, last = found
    if _CUT_STATE.search(index.words_in(Span(last, last))) or index.only_names(Span(state.first, last)):
        return None
    return Span(state.first, last), round(2 * len(wanted) / (2 * len(wanted) + state.cut), 3)


@lru_cache(20_000)
def _terms_misread(word: str) -> tuple[Term, ...]:
    return terms(read_by_ocr(word))


class _Reading:
    """One quote read along the terms of a page; `gaps` are the places in it where it tells of an omission."""

    def __init__(self, wanted: str, gaps: frozenset[int]) -> None:
        self._wanted = wanted
        self._gaps = gaps
        self._most = int(CUT * len(wanted)) if len(wanted) >= CUT_CHARS else 0
        if len(wanted) >= 2 * ONE_WORD:
            self._most = max(self._most, ONE_WORD)
        self._cut_words = len(wanted) >= FRAGMENT_CHARS
        self._states: dict[int, _State] = {}

    def along(self, page: PageIndex, terms_of: Callable[[str], Iterable[Term]]) -> tuple[_State, int] | None:
        """The way with the least left out, the first of several, and the word of the page that it ends with."""
        best: tuple[_State, int] | None = None
        end = len(self._wanted)
        # The signs at the end of a line stand apart from the words of the next.
        for word, text in enumerate(page.words):
            ends = text.endswith(_ENDS)
            for found in terms_of(text):
                term = replace(found, kept=True) if ends else found
                states, self._states = self._states, {}
                for at, state in states.items():
                    self._step(at, state, term)
                self._begin(term, word)
                whole = self._states.pop(end, None)
                if whole and (best is None or _cost(whole) < _cost(best[0])):
                    best = whole, word
                    if not whole.cut:
                        return best
        return best

    def _step(self, at: int, state: _State, term: Term) -> None:
        """What may become of a way at the next term: it is the quote's next one, or left out."""
        size = len(term.form)
        if self._wanted.startswith(term.form, at):
            self._reach(at + size, replace(state, gap=0))
        elif self._cut_words and _is_cut(self._wanted[at:], term.form):
            self._reach(
                len(self._wanted), _State(state.cut + size - len(self._wanted) + at, state.omitted, state.first)
            )
        if at in self._gaps and not term.negates and state.omitted + size <= OMITTED_CHARS:
            self._reach(at, _State(state.cut, state.omitted + size, state.first))
        elif not term.kept and state.gap + size <= ONE_GAP:
            self._reach(at, _State(state.cut + size, state.omitted, state.first, state.gap + size))

    def _begin(self, term: Term, word: int) -> None:
        if self._wanted.startswith(term.form):
            self._reach(len(term.form), _State(0, 0, word))
        if self._cut_words and term.form.isalpha():
            for size in range(1, len(term.form) - 1):
                if self._wanted.startswith(term.form[size:]) and term.form[:size] not in _PREFIXES:
                    self._reach(len(term.form) - size, _State(size, 0, word))
                    break

    def _reach(self, at: int, state: _State) -> None:
        known = self._states.get(at)
        if state.cut <= self._most and (known is None or _cost(state) < _cost(known)):
            self._states[at] = state


def _cost(state: _State) -> tuple[int, int, int]:
    """What is left out; of two ways that leave out as much, the one that began later is shorter."""
    return state.cut, state.omitted, -state.first


def _is_cut(rest: str, form: str) -> bool:
    """Whether the rest of a quote is the beginning of a word."""
    return 2 <= len(rest) < len(form) and form.isalpha() and form.startswith(rest)
