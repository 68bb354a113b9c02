"""Text of unknown origin with what would act unseen made visible: control characters, marks that turn its direction."""

from __future__ import annotations

import re
from typing import Any

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Control characters but for tab and line feed; overrides and isolates of direction; halves of characters; tags.

Marks that are part of how Arabic, Hebrew, Persian and Indic words are written stay.
"""


def visible(text: str) -> str:
    """The text, each such character replaced by what shows it: "\\x1b[31m" becomes "␛[31m", an override "[U+202E]"."""
    return _UNSEEN.sub(lambda found: _shown(ord(found[0])), text)


def _shown(code: int) -> str:
    if code in (0x2028, 0x2029):
        return "\n"
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return "�" if 0xD800 <= code <= 0xDFFF else f"[U+{code:04X}]"


def all_visible(data: Any) -> Any:
    """The same plain data with every text in it made visible, the names of fields too."""
    if isinstance(data, str):
        return visible(data)
    if isinstance(data, dict):
        return {visible(name): all_visible(value) for name, value in data.items()}
    return [all_visible(value) for value in data] if isinstance(data, list) else data
