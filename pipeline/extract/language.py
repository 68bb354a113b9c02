"""Which language a text is in, by a small model that comes with its wheel (py3langid); nothing is downloaded."""

from __future__ import annotations

from functools import cache
from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_ENOUGH_LETTERS = 60
_SURE = 0.9
_NO_LANGUAGE = "zxx"
_loading = Lock()


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the text's language, None for too little text or where the model is not sure."""
    sample = " ".join(text[:20_000].split())
    if sum(char.isalpha() for char in sample) < _ENOUGH_LETTERS:
        return None
    with _loading:
        identifier = _identifier()
    code, sure = identifier.classify(sample)
    return str(code) if sure >= _SURE and code != _NO_LANGUAGE else None


def get_ready() -> None:
    """Load the model in a thread, so that `detect` need not: a third of a second, while a file is being opened."""
    if not _identifier.cache_info().currsize:
        Thread(target=_load, name="language").start()


def let_go() -> None:
    """Give back the 75 MB that the model takes; whatever is detected next loads it again."""
    with _loading:
        _identifier.cache_clear()


def _load() -> None:
    with _loading:
        _identifier()


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
