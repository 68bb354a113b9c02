"""Strings as they come out of a hostile file, made fit for JSON, a terminal and a model."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline; lone surrogates; non-characters; zero-width no-break space.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEXADECIMAL = re.compile("<((?:[0-9A-Fa-f]{2})+)>")


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


def page_label(text: object) -> str | None:
    """A page's label, at most 40 characters. PyMuPDF gives a prefix that is not in ASCII as the file has it, in
    hexadecimal digits: `<FEFF00C4>7` is "Ä7".
    """
    return one_line(_HEXADECIMAL.sub(lambda one: from_digits(one[1]), text) if isinstance(text, str) else None, 40)


def from_digits(digits: str) -> str:
    """The text string that a file has in pairs of hexadecimal digits (ISO 32000-1, 7.3.4.3 and 7.9.2.2)."""
    data = bytes.fromhex(digits)
    return data.decode("utf-16" if data.startswith((b"\xfe\xff", b"\xff\xfe")) else "latin-1", "replace")
