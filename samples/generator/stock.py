"""The stock of words that documents are made of: TOML files in `phrases/`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "phrases"


@cache
def stock(name: str) -> dict[str, Any]:
    """The stock of that name; callers only read it."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
