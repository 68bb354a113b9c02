"""What carries the meaning of a text: its words, its numbers, and its signs of money, shares and comparison."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = re.compile(r"(?:(?<![^\W_])(?<!\))[+-])?\d+(?:[.,']\d+)*")
_SPACED_NEGATION = frozenset(
    word
    for words in (
        "no not nor none never neither nothing nobody without cannot except unless only",
        "nicht kein keine keinen keinem keiner keines nie niemals ohne weder",
        "ne pas aucun aucune jamais sans non ni sin nunca ningún ninguna ninguno",
        "senza mai nessun nessuna né não sem nem nenhum nenhuma geen niet nooit zonder",
        "inte ingen inga aldrig utan ikke aldri uden uten nie bez nigdy ani nikdy",
        "не ни нет без никогда لا ليس لم لن غير دون بدون אין לא ללא",
    )
    for word in words.split()
)
_UNSPACED_NEGATION = re.compile("[不没沒無无非未否别莫勿]|ない|ません|ไม่|않|없|아니")
_SCALES = frozenset("hundred thousand million billion trillion percent percentage tausend millionen milliarden".split())
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_WORD = r"[^\W\d_]+(?:'(?!s(?![^\W\d_]))[^\W\d_]+)*"
_SIGN = r"[%‰°<>=≤≥≠±×÷$¢£¤¥฿₠-⃀]"
_TERM = re.compile(rf"(?P<number>{NUMBER.pattern})|(?P<word>{_WORD})|'s|(?P<sign>{_SIGN})")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, a number or a sign in the form in which two are compared; `word` counts the words of the page.

    `kept` says that no quote may lack it; `negates` that it may not even where the quote tells of an omission.
    """

    form: str
    word: int = 0
    kept: bool = False
    negates: bool = False


def terms(folded: str, word: int = 0) -> Iterator[Term]:
    """The terms of folded text. The edges of a number count: "5 10" is not "510"."""
    for found in _TERM.finditer(folded):
        if found["number"]:
            yield Term(f"#{found[0]}#", word, kept=True)
        elif found["sign"]:
            yield Term(found[0], word, kept=True)
        else:
            negates = bool(negations(found[0]))
            yield Term(found[0].replace("'", ""), word, negates or found[0] in _SCALES, negates)


def negations(text: str) -> Counter[str]:
    """The negations of a folded text, and how often each stands there."""
    words = [word for word in _LETTERS.findall(text) if word in _SPACED_NEGATION or word.endswith("n't")]
    return Counter(words + _UNSPACED_NEGATION.findall(text))
