"""Lines in scripts that are read from right to left: their words as they are read, whatever order MuPDF gives them in.

MuPDF gives the runs of such a line from left to right, each as it is read, and puts words together that stand far
apart where no space was set between them. Capital letters are read from right to left here:

    shown      "EGNARO NA dna ELPPA NA"     given  "AN ORANGE", "and", "AN APPLE"    read  "AN APPLE and AN ORANGE"
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from pipeline.document import BBox, Word
from pipeline.extract.geometry import around

Letter = tuple[str, BBox]
"""A character and its box."""
Letters = Mapping[tuple[str, BBox], Sequence[Letter]]
"""The characters of words, by their text and box."""

LEFTWARD = re.compile(r"(?=[^\W\d_])[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ONWARD = re.compile(r"[^\W\d_]")
_ASTRAY = 8
"""So many letters of a page may belong to none of the words that are looked at."""
_PIECE = re.compile(r"\d+|[/:٫٬]")
_NUMBER = re.compile(r"\d+(?:[/:٫٬]\d+)+")
"""A date or a number. With full stops it may be that of a section, whose parts some programs set from the right."""
_APART = 0.5
"""Times the height of a letter: what is further from the one before is no part of the same word."""
_TOUCHES = 0.15
"""Times the height: so close to a word stand the signs that belong to it."""
_NO_WIDTH = 0.05


def is_leftward(texts: Iterable[str]) -> bool:
    """Whether most letters of some words are of scripts that are read from right to left."""
    text = "".join(texts)
    return 2 * len(LEFTWARD.findall(text)) > sum(map(str.isalpha, text))


def by_word(words: Sequence[tuple[str, BBox]], letters: Iterable[Letter]) -> Letters:
    """The letters of each word, of the same ones in the same order but for a few that only one of them has."""
    left = [one for one in letters if not one[0].isspace()]
    text = "".join(char[:1] for char, _ in left)
    found: dict[tuple[str, BBox], Sequence[Letter]] = {}
    at, astray = 0, _ASTRAY
    for word, box in words:
        start = text.find(word, at, at + astray + len(word))
        while start >= 0 and not _lies_in(left[start][1], box):
            start = text.find(word, start + 1, at + astray + len(word))
        if start < 0:
            astray += len(word)
            continue
        found[word, box] = left[start : start + len(word)]
        at, astray = start + len(word), _ASTRAY
    return found


def _lies_in(one: BBox, box: BBox) -> bool:
    return box[0] - 1 <= (one[0] + one[2]) / 2 <= box[2] + 1 and box[1] - 1 <= (one[1] + one[3]) / 2 <= box[3] + 1


def in_order(words: Sequence[Word], letters: Letters) -> list[Word]:
    """The words of a line that is read from right to left, in that order, runs of another script from left to right."""
    parts = sorted((part for word in words for part in _parted(word, letters)), key=lambda part: -_middle(part))
    parts = [part for _, part in numbers(parts)]
    ordered: list[Word] = []
    for onward, run in groupby(zip(parts, _onward(parts), strict=True), key=lambda one: one[1]):
        found = [part for part, _ in run]
        ordered += found[::-1] if onward else found
    return _with_signs(ordered)


def numbers(words: Sequence[Word]) -> Iterator[tuple[int, Word]]:
    """The words with those as one that are parts of a number or a date, and of how many words each is.

    "19", "/" and "09", each on the left of the one before and touching it, are 09/19: numbers are read from the left.
    """
    at = 0
    while at < len(words):
        size = _size_of_number(words[at:])
        run = words[at : at + size]
        text = "".join(word.text for word in run[::-1])
        yield size, Word(text, around([word.box for word in run]), run[0].source) if size > 1 else run[0]
        at += size


def _size_of_number(words: Sequence[Word]) -> int:
    """Of how many words from the first on a number is made; 1 where that is none of several."""
    size, text = 1, words[0].text
    for at, (one, other) in enumerate(pairwise(words), 2):
        if not (_PIECE.fullmatch(one.text) and _PIECE.fullmatch(other.text) and _goes_left(one, other)):
            break
        text = other.text + text
        size = at if _NUMBER.fullmatch(text) else size
    return size


def _goes_left(one: Word, other: Word) -> bool:
    return _middle(other) < _middle(one) and _touch(one.box, other.box)


def _middle(word: Word) -> float:
    return (word.box[0] + word.box[2]) / 2


def _onward(parts: Sequence[Word]) -> list[bool]:
    """Which of the words, from the right, belong to runs that are read from left to right: from a word of letters of
    such a script to the last one or number that stands to the right of it with none of the other kind between.
    """
    onward = [False] * len(parts)
    last = None
    for at, word in enumerate(parts):
        if LEFTWARD.search(word.text):
            last = None
        elif _ONWARD.search(word.text):
            first = at if last is None else last
            onward[first : at + 1] = [True] * (at + 1 - first)
            last = first
        elif last is None and any(map(str.isdigit, word.text)):
            last = at
    return onward


def _parted(word: Word, letters: Letters) -> Iterator[Word]:
    """A word as it is read: its parts where it stands in several places, or where the script changes, and the letters
    of one glyph in their order.
    """
    known = letters.get((word.text, word.box), ())
    if "".join(char for char, _ in known) != word.text:
        yield word
        return
    part: list[Letter] = []
    for letter in known:
        if part and (_is_apart(part[-1][1], letter[1]) or _turns(part, letter)):
            yield _joined(part, word)
            part = []
        part.append(letter)
    yield _joined(part, word)


def _is_apart(one: BBox, other: BBox) -> bool:
    gap = max(one[0], other[0]) - min(one[2], other[2])
    return gap > _APART * max(one[3] - one[1], other[3] - other[1])


def _turns(part: Sequence[Letter], letter: Letter) -> bool:
    """Whether a letter is read the other way than the ones before."""
    text = "".join(char for char, _ in part)
    if LEFTWARD.match(letter[0]):
        return not LEFTWARD.search(text) and _ONWARD.search(text) is not None
    return LEFTWARD.search(text) is not None and _ONWARD.match(letter[0]) is not None


def _joined(part: Sequence[Letter], word: Word) -> Word:
    """Letters as one word. Of a glyph of several the first has the width; MuPDF gives those of scripts that are read
    from right to left the wrong way round, the ones without width before it.
    """
    text, waiting = "", ""
    for char, (x0, _, x1, _) in part:
        if x1 - x0 < _NO_WIDTH and LEFTWARD.match(char) and not unicodedata.combining(char):
            waiting = char + waiting
        else:
            text += char + waiting
            waiting = ""
    return Word(text + waiting, around([box for _, box in part]), word.source)


def _with_signs(words: Sequence[Word]) -> list[Word]:
    """The words with the signs that touch the one before put to it: a full stop is no word."""
    made: list[Word] = []
    for word in words:
        if made and not any(map(str.isalnum, word.text)) and _touch(made[-1].box, word.box):
            last = made[-1]
            made[-1] = Word(last.text + word.text, around([last.box, word.box]), last.source)
        else:
            made.append(word)
    return made


def _touch(one: BBox, other: BBox) -> bool:
    return max(one[0], other[0]) - min(one[2], other[2]) < _TOUCHES * (one[3] - one[1])
