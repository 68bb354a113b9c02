"""Strings as they come out of a hostile file, made fit for JSON, a terminal and a model."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline; lone surrogates; non-characters; zero-width no-break space.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control characters, lone surrogates shown as U+FFFD."""
    if text.isprintable():
        return text
    return _UNFIT.sub("", _SURROGATE.sub("\ufffd", text))


def one_line(text: object, longest: int = 300) -> str | None:
    """The text on one line of at most `longest` characters; None where nothing is left, or where it is no text."""
    if not isinstance(text, str):
        return None
    return " ".join(clean(text).split())[:longest].strip() or None
