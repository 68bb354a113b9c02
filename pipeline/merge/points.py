"""The key points of all answers, each with its place in the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.ask.answer import Answer
from pipeline.merge.candidates import Candidate, equal_ones
from pipeline.merge.evidence import Evidence, Finder
from pipeline.pack.request import Request


@dataclass(frozen=True, slots=True)
class Point:
    """One statement, where it stands, and the request whose answer gave it first."""

    text: str
    evidence: tuple[Evidence, ...]
    request: str


def key_points(answers: Sequence[Answer], requests: Sequence[Request], finder: Finder) -> tuple[Point, ...]:
    """Every key point in the document's order; those that say the same in the same words are one."""
    positions = {request.id: (number, request.pages) for number, request in enumerate(requests)}
    candidates = []
    for answer in answers:
        number, pages = positions[answer.request]
        for place, point in enumerate(answer.key_points):
            found = finder.locate(point.quote, point.page, pages)
            page = found.page if found.page is not None else min(pages, default=0)
            candidates.append(Candidate(point.text, (found,), (page, number, place), found.verified))
    return tuple(Point(one.value, one.evidence, requests[one.order[1]].id) for one in equal_ones(candidates))
