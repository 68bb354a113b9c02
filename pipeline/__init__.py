"""Quire: long PDFs, text and pictures, to checked JSON in which every page is accounted for.

    from pipeline import understand

    result = understand("report.pdf", schema="invoice")
    print(result.summary.text, result.extraction.data)

Names are loaded when they are first used, so that importing the package costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pipeline.errors import (
    AnswerError,
    EndpointError,
    EndpointUnreachable,
    KeyRefused,
    OverBudget,
    PasswordNeeded,
    QuireError,
    SchemaError,
    StorageError,
    UnreadableDocument,
    UsageError,
)
from pipeline.progress import Progress, Report
from pipeline.settings import Secret, Settings, load_settings

if TYPE_CHECKING:
    from pipeline.estimates import Estimate, estimate
    from pipeline.result.model import Result
    from pipeline.run import understand, write_result

_LATE = {
    "Estimate": "pipeline.estimates",
    "Result": "pipeline.result.model",
    "estimate": "pipeline.estimates",
    "understand": "pipeline.run",
    "write_result": "pipeline.run",
}

__all__ = [
    "AnswerError",
    "EndpointError",
    "EndpointUnreachable",
    "Estimate",
    "KeyRefused",
    "OverBudget",
    "PasswordNeeded",
    "Progress",
    "QuireError",
    "Report",
    "Result",
    "SchemaError",
    "Secret",
    "Settings",
    "StorageError",
    "UnreadableDocument",
    "UsageError",
    "estimate",
    "load_settings",
    "understand",
    "write_result",
]


def __getattr__(name: str) -> Any:
    """Load a late name from its module."""
    if name not in _LATE:
        raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
    return getattr(importlib.import_module(_LATE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
