"""Whether a summary is in the language that was asked for."""

from __future__ import annotations

import re

from pipeline.extract.language import detect

_CODE = re.compile(r"([a-z]{2})([-_].*)?", re.IGNORECASE)
_ALIKE = ({"no", "nb", "nn", "da"}, {"hr", "bs", "sr", "sl"}, {"id", "ms"}, {"cs", "sk"}, {"gl", "pt"}, {"xh", "zu"})
"""Languages that a few sentences do not tell apart for certain."""


def foreign(text: str, wanted: str | None) -> str | None:
    """The ISO 639-1 code of the text's language where it is surely another than the wanted one.

    None too where the text is too short to tell, and where `wanted` is no such code ("de", "de-AT"): a name of a
    language cannot be compared.
    """
    code = _CODE.fullmatch(wanted or "")
    if not code:
        return None
    asked, found = code[1].lower(), detect(text)
    if found is None or found == asked or any({asked, found} <= alike for alike in _ALIKE):
        return None
    return found
