"""What reading one document may take before it is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ocr = Literal["auto", "always", "never"]
"""OCR for pages that are scans, for every page, or for none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of wall time to open a document, to read one page and to recognise one page's text; memory in MiB.

    `memory_mb` bounds the address space of the reading process (0 for no bound); the OCR models alone take about 1,000.
    """

    open_seconds: float = 60.0
    page_seconds: float = 120.0
    ocr_seconds: float = 300.0
    memory_mb: int = 4096
