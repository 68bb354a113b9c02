"""When a place that reads almost like a quote may stand for it: its numbers, its negations and its words must agree.

Similar text is no proof: "12 million in 2022" and "19 million in 2023" are 90 % alike. So beside a floor on the
similarity, what carries the meaning has to be the same in both.
"""

from __future__ import annotations

import re

from pipeline.merge.folding import squeeze
from pipeline.merge.terms import NUMBER, negations

FUZZY_CHARS = 12
"""A quote of fewer letters than this must stand as it is: one changed letter of it may be another word."""
WORD_FLOOR = 0.80
"""Least similarity of each word of the quote to a word of the place; "increased" and "decreased" have 0.78."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def agree(quote: str, found: str) -> bool:
    """Whether the folded words found have the quote's numbers and negations, and a like word for each of its words."""
    if NUMBER.findall(quote) != NUMBER.findall(found) or negations(quote) != negations(found):
        return False
    return _words_agree(quote, found, WORD_FLOOR)


def _words_agree(quote: str, found: str, floor: float) -> bool:
    from rapidfuzz import fuzz, process

    words, whole = _WORD.findall(found), squeeze(found).text
    for word in set(_WORD.findall(quote)):
        if len(word) < 3 or word in whole:
            continue
        if not words or process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=100 * floor) is None:
            return False
    return True
