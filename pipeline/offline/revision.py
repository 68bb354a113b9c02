"""Which embedded engine this is: its code is to it what weights are to a model."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from pipeline import ocr


@cache
def revision() -> str:
    """A hash of the engine's own files and the name of the OCR at hand: what was kept of another is not taken."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in (".py", ".toml"):
            digest.update(path.read_bytes())
    return f"{digest.hexdigest()[:16]}-{ocr.engine() or 'no-ocr'}"
