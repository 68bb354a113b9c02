"""Seals: two words that open and close a request, asked back where no count of ours can tell that it arrived whole.

    <seal>bodavi</seal>
    <page n="1">
    ...
    </page>
    <seal>kutelo</seal>

The words are drawn from what the request holds: the same request has the same ones, and no other does. They stand in
nothing else that a model is told, so that it can only have read them there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pipeline.pack.parts import Part, TextPart

SEALS_TOKENS = 48
"""The most that both marks take."""

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = 3


def sealed(parts: Sequence[Part]) -> tuple[tuple[str, ...], tuple[Part, ...]]:
    """The seals of a request of these parts, and the parts between them; nothing of none."""
    if not parts:
        return (), ()
    digest = hashlib.sha256()
    for part in parts:
        digest.update((part.text if isinstance(part, TextPart) else part.sha256).encode("utf-8", "surrogatepass"))
    number = int.from_bytes(digest.digest())
    first, number = _word(number)
    last, _ = _word(number)
    return (first, last), (_mark(first), *parts, _mark(last))


def _word(number: int) -> tuple[str, int]:
    """A word that can be said, and what is left of the number that it was drawn from."""
    word = ""
    for _ in range(_SYLLABLES):
        number, consonant = divmod(number, len(_CONSONANTS))
        number, vowel = divmod(number, len(_VOWELS))
        word += _CONSONANTS[consonant] + _VOWELS[vowel]
    return word, number


def _mark(word: str) -> TextPart:
    return TextPart(f"<seal>{word}</seal>\n")
