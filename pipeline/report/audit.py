"""What the report shows of a result, in the order in which it is read; nothing of how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from pipeline.ranges import format_ranges
from pipeline.report.fields import Fields, Proof, fields_of, proof_of, shown
from pipeline.report.places import Places
from pipeline.result.model import (
    CoveragePart,
    FigureValue,
    GapPart,
    PicturePart,
    RequestPart,
    RequestRun,
    Result,
    SourcePart,
)

_CHUNK = 50
"""Rows and pages that are laid out together, and not before they come into sight."""
_NUMBERED = 60
"""Up to so many pages the strip has room for their numbers."""


@dataclass(frozen=True, slots=True)
class Point:
    """A key point, with its places."""

    text: str
    proof: Proof
    at: str
    quote: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing. `page` is None for what stands on no page."""

    what: str
    reason: str
    page: int | None
    at: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page in the strip; `says` is its whole story in words."""

    page: int
    look: str
    says: str


@dataclass(frozen=True, slots=True)
class Run:
    """Some pages of the strip that stand together."""

    label: str
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Pages, pictures and sources that have the same fate for the same reason."""

    fate: str
    reason: str
    what: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure. `shows` is what the model took it for, `values` what it read off a chart; `picture` is a data URI, ""
    where there is none; `file` is its file beside the result."""

    id: str
    at: str
    where: str
    caption: str
    description: str
    shows: str
    values: tuple[FigureValue, ...]
    picture: str
    file: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and what it took."""

    part: RequestPart
    run: RequestRun | None


@dataclass(frozen=True, slots=True)
class Audit:
    """The whole report."""

    result: Result
    points: tuple[Point, ...]
    fields: Fields | None
    gaps: tuple[Gap, ...]
    strip: tuple[Run, ...]
    numbered: bool
    cited: int
    fates: tuple[tuple[str, int, int, int], ...]
    reasons: tuple[Reason, ...]
    figures: tuple[Shown, ...]
    requests: tuple[Asked, ...]
    paragraphs: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    places: Places


def audit(result: Result, pictures: dict[str, str]) -> Audit:
    """The report of a result; `pictures` are the figures' pictures by id, as data URIs."""
    places = Places()
    gaps = tuple(_gap(gap, result.coverage, places) for gap in result.coverage.gaps)
    extraction = result.extraction
    fields = fields_of(extraction, places) if extraction else None
    points = tuple(
        Point(one.text, proof_of(one.evidence), places.of(one.evidence), one.evidence[0].quote if one.evidence else "")
        for one in sorted(result.summary.key_points, key=lambda point: point.rank or inf)
    )
    took = {one.id: one for one in result.run.requests}
    return Audit(
        result,
        points,
        fields,
        gaps,
        _strip(result.coverage),
        len(result.coverage.pages) <= _NUMBERED,
        len(_numbers(result.coverage.pages_cited)),
        _fates(result.coverage),
        _reasons(result.coverage),
        _figures(result, pictures, places),
        tuple(Asked(one, took.get(one.id)) for one in result.requests),
        tuple(filter(None, map(str.strip, re.split(r"\n\s*\n", result.summary.text)))),
        tuple((name, shown(value)) for name, value in {**result.run.settings, **result.run.versions}.items()),
        places,
    )


def chunks(rows: Sequence[Any]) -> list[Sequence[Any]]:
    """The rows in pieces that are laid out together."""
    return [rows[at : at + _CHUNK] for at in range(0, len(rows), _CHUNK)]


def _gap(gap: GapPart, coverage: CoveragePart, places: Places) -> Gap:
    at = ""
    if gap.kind == "picture":
        box = next((one.bbox for one in coverage.pictures if one.id == gap.id), None)
        at = places.area(gap.page, None, box, "gap", f"{gap.id}: {gap.reason}") if box and gap.page else ""
        return Gap(f"Picture {gap.id}" + (f" on page {gap.page}" if gap.page else ""), gap.reason, gap.page, at)
    return Gap(f"Page {gap.page}" if gap.kind == "page" else f"Source {gap.id}", gap.reason, gap.page, at)


def _strip(coverage: CoveragePart) -> tuple[Run, ...]:
    cited = _numbers(coverage.pages_cited)
    lost: dict[int, int] = {}
    for gap in coverage.gaps:
        if gap.kind == "picture" and gap.page:
            lost[gap.page] = lost.get(gap.page, 0) + 1
    sheets = []
    for page in coverage.pages:
        looks: list[str] = [page.fate]
        says = [f"Page {page.page}: {page.fate}"]
        if page.page in cited:
            looks.append("cited")
            says.append("cited")
        if page.fate == "failed":
            says.append("a gap")
        if missing := lost.get(page.page, 0):
            looks.append("hurt")
            says.append(f"{missing} of its pictures missing")
        if page.reason:
            says.append(page.reason)
        sheets.append(Sheet(page.page, " ".join(looks), ", ".join(says)))
    runs = chunks(sheets) if len(sheets) > _NUMBERED else [sheets]
    return tuple(Run(f"{run[0].page}–{run[-1].page}", tuple(run)) for run in runs if run)


def _numbers(ranges: str) -> set[int]:
    found: set[int] = set()
    for piece in filter(None, ranges.split(", ")):
        first, _, last = piece.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def _fates(coverage: CoveragePart) -> tuple[tuple[str, int, int, int], ...]:
    """Each fate with how many pages, pictures and sources have it."""
    kinds = [[one.fate for one in part] for part in (coverage.pages, coverage.pictures, coverage.sources)]
    fates = dict.fromkeys(fate for kind in kinds for fate in kind)
    return tuple((fate, kinds[0].count(fate), kinds[1].count(fate), kinds[2].count(fate)) for fate in fates)


def _reasons(coverage: CoveragePart) -> tuple[Reason, ...]:
    """What was not simply answered, by fate and reason."""
    pages: dict[tuple[str, str], list[int]] = {}
    others: dict[tuple[str, str], list[str]] = {}
    for page in coverage.pages:
        if page.reason:
            pages.setdefault((page.fate, page.reason), []).append(page.page)
    placed: tuple[PicturePart | SourcePart, ...] = (*coverage.pictures, *coverage.sources)
    for one in placed:
        if one.reason:
            others.setdefault((one.fate, one.reason), []).append(one.id)
    found = []
    for key in dict.fromkeys((*pages, *others)):
        at = [f"pages {format_ranges(pages[key])}"] if key in pages else []
        found.append(Reason(*key, ", ".join((*at, *others.get(key, ())))))
    return tuple(found)


def _figures(result: Result, pictures: dict[str, str], places: Places) -> tuple[Shown, ...]:
    found = []
    for one in result.figures:
        where = f"page {one.page}" if one.page else one.source or ""
        if one.also_on:
            where += f", also on {one.also_on}"
        at = places.area(one.page, one.source, one.bbox, "figure", one.caption or one.id)
        caption, description = one.caption or "", one.description or ""
        picture, file = pictures.get(one.id, ""), one.file or ""
        found.append(Shown(one.id, at, where, caption, description, one.shows or "", one.values, picture, file))
    return tuple(found)


def cited_pages(result: Result, pages: Iterable[int]) -> list[int]:
    """The pages that have a picture in the report, the weightiest first: those with gaps, then those pointed at."""
    gaps = (gap.page for gap in result.coverage.gaps if gap.page)
    return [page for page in dict.fromkeys((*gaps, *pages)) if 1 <= page <= result.document.page_count]
