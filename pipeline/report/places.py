"""The places on pages that the report points at, each once, numbered in the order in which they are met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.result.model import Box, Evidence

KINDS = {
    "exact": "word for word",
    "normalised": "word for word, but for spacing and signs",
    "cell": "cells of a table's row",
    "field": "in a form field",
    "fuzzy": "alike",
    "ocr": "in text that OCR read",
    "picture": "in a picture: not checked",
    "none": "not found there",
    "figure": "a figure",
    "gap": "missing",
}
"""What each way of standing there is called; the first eight are those of evidence."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place: boxes in points on the page as displayed; no page where it is in a source that has none."""

    page: int | None
    source: str | None
    quote: str
    boxes: tuple[Box, ...]
    kind: str
    score: float | None = None


@dataclass(slots=True)
class Places:
    """The places so far. What points at some of them holds their numbers as text, such as "3 17"."""

    _numbers: dict[Place, int] = field(default_factory=dict)

    def of(self, evidence: Iterable[Evidence]) -> str:
        """The numbers of where some evidence stands."""
        return self._add([Place(e.page, e.source, e.quote, e.boxes, e.match, e.score) for e in evidence])

    def area(self, page: int | None, source: str | None, box: Box, kind: str, text: str) -> str:
        """The number of an area: a figure, or a picture that is missing."""
        return self._add([Place(page, source, text, (box,), kind)])

    def pages(self) -> list[int]:
        """The pages that are pointed at, in the order in which they were first."""
        return list(dict.fromkeys(place.page for place in self._numbers if place.page is not None))

    def plain(self) -> list[list[Any]]:
        """The places as plain data, in the order of their numbers."""
        return [
            [one.page, one.source, one.quote, [list(box) for box in one.boxes], one.kind, one.score]
            for one in self._numbers
        ]

    def _add(self, places: Sequence[Place]) -> str:
        return " ".join(str(self._numbers.setdefault(place, len(self._numbers))) for place in places)
