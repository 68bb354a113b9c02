"""Seals: two words that open and close a request, asked back where no count of ours can tell that it arrived whole.

    <seal>S482135</seal>
    <page n="1">
    ...
    </page>
    <seal>S900417</seal>

The words are drawn from what the request holds: the same request has the same ones, and hardly any other does. They
stand in nothing else that a model is told, so that it can only have read them there. A digit is always one token, so
that all seals take the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pipeline.pack.parts import Part, TextPart

SEALS_TOKENS = 30
"""What both marks take."""

_DIGITS = 6


def sealed(parts: Sequence[Part]) -> tuple[tuple[str, ...], tuple[Part, ...]]:
    """The seals of a request of these parts, and the parts between them; nothing of none."""
    if not parts:
        return (), ()
    digest = hashlib.sha256()
    for part in parts:
        digest.update((part.text if isinstance(part, TextPart) else part.sha256).encode("utf-8", "surrogatepass"))
    last, first = divmod(int.from_bytes(digest.digest()), 10**_DIGITS)
    seals = tuple(f"S{number % 10**_DIGITS:0{_DIGITS}}" for number in (first, last))
    opening, closing = (TextPart(f"<seal>{seal}</seal>\n") for seal in seals)
    return seals, (opening, *parts, closing)
