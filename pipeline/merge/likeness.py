"""When a place that reads almost like a quote may stand for it: its numbers, its negations and its words must agree.

Similar text is no proof: "12 million in 2022" and "19 million in 2023" are 90 % alike. So beside a floor on the
similarity, what carries the meaning has to be the same in both.
"""

from __future__ import annotations

import re

from pipeline.merge.folding import squeeze
from pipeline.merge.page_index import PageIndex, Span
from pipeline.merge.terms import NUMBER, negations

OCR_FLOOR = 0.80
"""Least similarity (1 - insertions and deletions over the lengths of both) of a quote to words that OCR read."""
FUZZY_CHARS = 12
"""A quote of fewer letters than this must stand as it is: one changed letter of it may be another word."""
WORD_FLOOR = 0.80
"""Least similarity of each word of the quote to a word of the place; "increased" and "decreased" have 0.78."""
OCR_WORD_FLOOR = 0.70
"""The same to words that OCR read: "arnount" for "amount" has 0.77."""

_LONE_NUMBER = re.compile(rf"(?<![^\W_]){NUMBER.pattern}(?![^\W_])")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def find_misread(index: PageIndex, quote: str) -> tuple[Span, float] | None:
    """The words that OCR read which are most like the folded quote, and how much, where they may stand for it."""
    from rapidfuzz import fuzz

    wanted, page = squeeze(quote).text, index.squeezed.text
    if len(wanted) < FUZZY_CHARS or len(page) < OCR_FLOOR * len(wanted):
        return None
    if len(wanted) < len(page):
        best = fuzz.partial_ratio_alignment(wanted, page, score_cutoff=100 * OCR_FLOOR)
        if best is None or best.dest_end <= best.dest_start:
            return None
        span = index.span_of(best.dest_start, best.dest_end)
    else:
        span = index.span_of(0, len(page))
    found = index.words_in(span)
    score = fuzz.ratio(wanted, squeeze(found).text) / 100
    if score < OCR_FLOOR or not agree(quote, found, ocr=True):
        return None
    return span, round(score, 3)


def agree(quote: str, found: str, *, ocr: bool = False) -> bool:
    """Whether the folded words found have the quote's numbers and negations, and a like word for each of its words.

    OCR reads letters as digits ("t0tal"), so of its words only the numbers that touch no letter are held against it.
    """
    number = _LONE_NUMBER if ocr else NUMBER
    if number.findall(quote) != number.findall(found) or negations(quote) != negations(found):
        return False
    return _words_agree(quote, found, OCR_WORD_FLOOR if ocr else WORD_FLOOR)


def _words_agree(quote: str, found: str, floor: float) -> bool:
    from rapidfuzz import fuzz, process

    words, whole = _WORD.findall(found), squeeze(found).text
    for word in set(_WORD.findall(quote)):
        if len(word) < 3 or word in whole:
            continue
        if not words or process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=100 * floor) is None:
            return False
    return True
