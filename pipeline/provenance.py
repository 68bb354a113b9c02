"""With what a result was made: settings and versions, none of them a secret."""

from __future__ import annotations

import platform
from dataclasses import fields
from importlib.metadata import version
from typing import Any

from pipeline import ocr
from pipeline.ask.prompts import VERSION
from pipeline.extract.reader import READER_VERSION
from pipeline.settings import Settings, shown_address


def settings_shown(settings: Settings) -> dict[str, Any]:
    """The settings as a result tells them. Keys and passwords are none, and left out of addresses."""
    shown = {one.name: getattr(settings, one.name) for one in fields(settings) if one.name != "sources"}
    return {**shown, "out": shown_address(settings.out), "store": shown_address(settings.store)}


def versions() -> dict[str, str]:
    """The versions of all that shapes a result."""
    return {
        "quire": version("quire"),
        "python": platform.python_version(),
        "pymupdf": version("pymupdf"),
        "prompts": VERSION,
        "reader": READER_VERSION,
        "ocr": ocr.engine() or "none",
    }
