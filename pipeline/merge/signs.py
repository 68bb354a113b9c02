"""Signs beside numbers in scripts that are read from right to left: one says "50%", another "%50" of the same line.

Which side a sign is shown on depends on the letters before the number, and every program has its own view of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.document import Word

_SIGN = r"[%‰٪+\-−–]"
_NUMBER = r"\d+(?:[.,/:٫٬]\d+)*"
_BEFORE = re.compile(rf"({_SIGN})({_NUMBER})")
_AFTER = re.compile(rf"\A({_NUMBER})({_SIGN})\Z")


def turned(words: Sequence[Word]) -> list[Word]:
    """The words with every sign on the other side of its number."""
    made: list[Word] = []
    for word in words:
        if made and _is_pair(made[-1].text + word.text) and not _is_pair(made[-1].text):
            made.insert(-1, word)
        else:
            made.append(word)
    return [word._replace(text=_other_side(word.text)) for word in made]


def _is_pair(text: str) -> bool:
    return bool(_BEFORE.fullmatch(text) or _AFTER.fullmatch(text))


def _other_side(text: str) -> str:
    return _BEFORE.sub(r"\2\1", text) if _BEFORE.fullmatch(text) else _AFTER.sub(r"\2\1", text)
