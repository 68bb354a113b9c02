"""Text folded for comparison, and never for output: what a reader would call the same words becomes the same string.

`fold` works on characters, so that a word keeps its place:

    "“Ofﬁce”"  ->  "\"office\""        quote marks, ligatures, case
    "2019–20"  ->  "2019-20"           dashes
    "m²"       ->  "m²"                superscripts stay: 10² is not 102
    "۱۲ ﻛـﺘﺎب"  ->  "12 کتاب"           digits of every script, letters of two kinds, no points of vowels

`squeeze` then takes out what printing puts in, spaces and hyphens within words, and keeps a map of the way back:

    "the exam- ple of 12 500 kg"  ->  "theexampleof12 500kg"

A space between two digits stays, since "5 10" (two cells) is not "510".
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from dataclasses import dataclass

_SINGLE = "'‘’‚‛′`´ʼ＇"
_DOUBLE = '"“”„‟″«»〝〞＂'
_DASHES = "−⁃﹘﹣－"
_SAME_LETTER = {"ي": "ی", "ك": "ک", "ـ": "", "٫": ".", "٬": ","}
"""Letters that Arabic and Persian keyboards have two of, the line that only stretches a word, marks within numbers."""
_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
"""How Hebrew and Arabic letters are to be spoken: most texts have none of it."""
_SAME_CHARACTER = ("<compat>", "<wide>", "<narrow>", "<font>", "<initial>", "<medial>", "<final>", "<isolated>")
_PRINTED = re.compile(r"(?<=[^\W\d_])\s*-\s*(?=[^\W\d_])|(?<!\d)\s+|\s+(?!\d)")


def _folded(char: str) -> str:
    """One character as it is compared; "" where it is not seen (soft hyphens, zero-width marks, controls)."""
    if char in _SINGLE:
        return "'"
    if char in _DOUBLE:
        return '"'
    if char in _SAME_LETTER or _POINTS.match(char):
        return _SAME_LETTER.get(char, "")
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd" or char in _DASHES:
        return "-"
    if char.isspace() or category.startswith("Z"):
        return " "
    if category in ("Cf", "Cc", "Cs"):
        return ""
    if unicodedata.decomposition(char).startswith(_SAME_CHARACTER):
        plain = unicodedata.normalize("NFKC", char)
        return char if " " in plain else "".join(map(_folded, plain))
    return char


class _Table(dict[int, str]):
    """`str.translate`'s table, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


_TABLE = _Table()


def fold(text: str) -> str:
    """The text as it is compared: one form of quote marks, dashes, ligatures, widths and case."""
    return unicodedata.normalize("NFC", text).translate(_TABLE).casefold()


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A folded text without spaces and hyphens within words, and where each kept piece came from."""

    text: str
    kept: array[int]
    origin: array[int]

    def place(self, index: int) -> int:
        """The offset in the folded text of the character at `index`."""
        piece = bisect_right(self.kept, index) - 1
        return self.origin[piece] + index - self.kept[piece]


def squeeze(folded: str) -> Squeezed:
    """Take spaces and hyphens within words out of a folded text whose runs of space are single."""
    pieces: list[str] = []
    kept, origin = array("L"), array("L")
    at = length = 0
    for gap in _PRINTED.finditer(folded):
        if gap.start() > at:
            pieces.append(folded[at : gap.start()])
            kept.append(length)
            origin.append(at)
            length += gap.start() - at
        at = gap.end()
    if at < len(folded) or not pieces:
        pieces.append(folded[at:])
        kept.append(length)
        origin.append(at)
    return Squeezed("".join(pieces), kept, origin)
