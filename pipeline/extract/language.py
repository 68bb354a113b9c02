"""Which language a text is in, by a small model that comes with its wheel (py3langid); nothing is downloaded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_ENOUGH_LETTERS = 60
_SURE = 0.9
_NO_LANGUAGE = "zxx"


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the text's language, None for too little text or where the model is not sure."""
    sample = " ".join(text[:20_000].split())
    if sum(char.isalpha() for char in sample) < _ENOUGH_LETTERS:
        return None
    code, sure = _identifier().classify(sample)
    return str(code) if sure >= _SURE and code != _NO_LANGUAGE else None


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
