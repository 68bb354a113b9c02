"""What carries the meaning of a text: its words, its numbers, and its signs of money, shares and comparison."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.merge.folding import fold

NUMBER = re.compile(r"(?:(?<![^\W_])(?<!\))[+-])?\d+(?:[.,']\d+)*")
_SPACED_NEGATION = frozenset(
    fold(word)
    for words in (
        "no not nor none never neither nothing nobody without cannot except unless only",
        "nicht kein keine keinen keinem keiner keines nie niemals ohne weder",
        "ne pas aucun aucune jamais sans non ni sin nunca ningún ninguna ninguno",
        "senza mai nessun nessuna né não sem nem nenhum nenhuma geen niet nooit zonder",
        "inte ingen inga aldrig utan ikke aldri uden uten nie bez nigdy ani nikdy",
        "не ни нет без никогда لا ليس لم لن غير دون بدون نه نیست هیچ هرگز אין לא ללא",
    )
    for word in words.split()
)
_UNSPACED_NEGATION = re.compile("[不没沒無无非未否别莫勿]|ない|ません|ไม่|않|없|아니")
_SCALES = frozenset("hundred thousand million billion trillion percent percentage tausend millionen milliarden".split())
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_WORD = r"[^\W\d_]+(?:'(?!s(?![^\W\d_]))[^\W\d_]+)*"
_SIGN = r"[%‰°<>=≤≥≠±×÷$¢£¤¥฿₠-⃀\ufdd0]"
_TERM = re.compile(rf"(?P<number>{NUMBER.pattern})|(?P<word>{_WORD})|'s|(?P<sign>{_SIGN})")

_AS_DIGIT = {"o": "0", "l": "1", "i": "1", "|": "1"}
_AS_LETTER = {"0": "o", "1": "l", "5": "s", "|": "l"}
_IN_NUMBER = re.compile(r"(?<=\d)[oli|](?=\d)|(?<=\d)o(?![^\W_])|(?<![^\W_])[li|](?=\d)")
_IN_WORD = re.compile(r"(?<=[^\W\d_])[015|](?=[^\W\d_])")
_READ_AS = {"rn": "m", "cl": "d", "vv": "w", "i": "l", "ı": "l", "j": "l"}
_MISREAD = re.compile("|".join(_READ_AS))


@dataclass(frozen=True, slots=True)
class Term:
    """A word, a number or a sign in the form in which two are compared.

    `kept` says that no quote may lack it; `negates` that it may not even where the quote tells of an omission.
    """

    form: str
    kept: bool = False
    negates: bool = False


def terms(folded: str) -> tuple[Term, ...]:
    """The terms of folded text. The edges of a number count: "5 10" is not "510"."""
    return tuple(_term(found) for found in _TERM.finditer(folded) if found.lastgroup)


terms_of_word = lru_cache(20_000)(terms)
"""The same of a word: most words of a page were seen before."""


def _term(found: re.Match[str]) -> Term:
    if found["number"]:
        return Term(f"#{found[0]}#", kept=True)
    if found["sign"]:
        return Term(found[0], kept=True)
    negates = bool(negations(found[0]))
    return Term(found[0].replace("'", ""), negates or found[0] in _SCALES, negates)


def form_of(folded: str) -> str:
    """A folded text by its terms alone."""
    return "".join(term.form for term in terms(folded))


def figures(folded: str) -> Iterator[str]:
    """The numbers and signs of a folded text."""
    for found in _TERM.finditer(folded):
        if found["number"] or found["sign"]:
            yield found[0]


def read_by_ocr(folded: str) -> str:
    """A folded text in which what OCR takes for each other is the same: "t0tal arnount" and "total amount".

    No digit becomes another one, and none a letter but between letters.
    """
    text = _IN_WORD.sub(lambda one: _AS_LETTER[one[0]], _IN_NUMBER.sub(lambda one: _AS_DIGIT[one[0]], folded))
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return _MISREAD.sub(lambda one: _READ_AS[one[0]], bare)


def negations(text: str) -> Counter[str]:
    """The negations of a folded text, and how often each stands there."""
    words = [word for word in _LETTERS.findall(text) if word in _SPACED_NEGATION or word.endswith("n't")]
    return Counter(words + _UNSPACED_NEGATION.findall(text))
