"""When a place that reads almost like a quote may stand for it: its numbers, its negations and its words must agree.

Similar text is no proof: "12 million in 2022" and "19 million in 2023" are 90 % alike. So beside a floor on the
similarity, what carries the meaning has to be the same in both.
"""

from __future__ import annotations

import re
from collections import Counter

from pipeline.merge.folding import squeeze
from pipeline.merge.page_index import PageIndex, Span

FUZZY_FLOOR = 0.90
"""Least similarity (1 - insertions and deletions over the lengths of both) of a quote to the words of a text layer."""
OCR_FLOOR = 0.80
"""The same to words that OCR read, which has its own misreadings."""
FUZZY_CHARS = 12
"""A quote of fewer letters than this must stand as it is: one changed letter of it may be another word."""
WORD_FLOOR = 0.80
"""Least similarity of each word of the quote to a word of the place; "increased" and "decreased" have 0.78."""
OCR_WORD_FLOOR = 0.70
"""The same to words that OCR read: "arnount" for "amount" has 0.77."""

_NUMBER = re.compile(r"(?:(?<![\w)])[+-])?\d+(?:[.,']\d+)*")
_LONE_NUMBER = re.compile(rf"(?<![^\W_]){_NUMBER.pattern}(?![^\W_])")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_UNSPACED_NEGATION = re.compile("[不没沒無无非未否别莫勿]|ない|ません|ไม่|않|없|아니")
_SPACED_NEGATION = frozenset(
    word
    for words in (
        "no not nor none never neither nothing nobody without cannot except unless",
        "nicht kein keine keinen keinem keiner keines nie niemals ohne weder",
        "ne pas aucun aucune jamais sans non ni sin nunca ningún ninguna ninguno",
        "senza mai nessun nessuna né não sem nem nenhum nenhuma geen niet nooit zonder",
        "inte ingen inga aldrig utan ikke aldri uden uten nie bez nigdy ani nikdy",
        "не ни нет без никогда لا ليس لم لن غير دون بدون אין לא ללא",
    )
    for word in words.split()
)


def find_alike(index: PageIndex, quote: str, *, ocr: bool) -> tuple[Span, float] | None:
    """The words of the page that are most like the folded quote, and how much, where they may stand for it."""
    from rapidfuzz import fuzz

    wanted, page = squeeze(quote).text, index.squeezed.text
    floor = OCR_FLOOR if ocr else FUZZY_FLOOR
    if len(wanted) < FUZZY_CHARS or len(page) < floor * len(wanted):
        return None
    if len(wanted) < len(page):
        best = fuzz.partial_ratio_alignment(wanted, page, score_cutoff=100 * floor)
        if best is None or best.dest_end <= best.dest_start:
            return None
        span = index.span_of(best.dest_start, best.dest_end)
    else:
        span = index.span_of(0, len(page))
    found = index.words_in(span)
    score = fuzz.ratio(wanted, squeeze(found).text) / 100
    if score < floor or not agree(quote, found, ocr=ocr):
        return None
    return span, round(score, 3)


def agree(quote: str, found: str, *, ocr: bool = False) -> bool:
    """Whether the folded words found have the quote's numbers and negations, and a like word for each of its words.

    OCR reads letters as digits ("t0tal"), so of its words only the numbers that touch no letter are held against it.
    """
    number = _LONE_NUMBER if ocr else _NUMBER
    if number.findall(quote) != number.findall(found) or _negations(quote) != _negations(found):
        return False
    return _words_agree(quote, found, OCR_WORD_FLOOR if ocr else WORD_FLOOR)


def _negations(text: str) -> Counter[str]:
    words = [word for word in _WORD.findall(text) if word in _SPACED_NEGATION or word.endswith("n't")]
    return Counter(words + _UNSPACED_NEGATION.findall(text))


def _words_agree(quote: str, found: str, floor: float) -> bool:
    from rapidfuzz import fuzz, process

    words, whole = _WORD.findall(found), squeeze(found).text
    for word in set(_WORD.findall(quote)):
        if len(word) < 3 or word in whole:
            continue
        if not words or process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=100 * floor) is None:
            return False
    return True
