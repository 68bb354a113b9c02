"""What reading one document may take."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

_MOST_PROCESSES = 8


def cores() -> int:
    """The cores that this program may use, at most eight."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MOST_PROCESSES)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of wall time to open a document, to read one page and to recognise one page's text; memory in MiB.

    `memory_mb` bounds the address space of the reading process (0 for no bound); the OCR models alone take about 1,000.
    A process that holds `growth_mb` more than at its start makes room for a fresh one: what MuPDF and malloc have taken
    they hardly give back. At most `processes` read one document at once; where it is short, one does.
    """

    open_seconds: float = 60.0
    page_seconds: float = 120.0
    ocr_seconds: float = 300.0
    memory_mb: int = 4096
    growth_mb: int = 24
    processes: int = field(default_factory=cores)
