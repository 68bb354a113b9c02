"""The parts of a run put together to the output file."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.ask.answer import Answer, Divided, Failure
from pipeline.document import Document, Page
from pipeline.merge.candidates import Candidate
from pipeline.merge.evidence import Evidence
from pipeline.merge.notice import Notice
from pipeline.merge.points import Point
from pipeline.merge.summaries import Summary
from pipeline.merge.values import Extraction
from pipeline.pack.request import Request
from pipeline.ranges import format_ranges
from pipeline.result import model
from pipeline.result.coverage import Coverage
from pipeline.result.figures import figures, rounded, unknown_figures


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What differs from one run to the next. `started` is ISO 8601 in UTC, money in US dollars, None where unknown.

    `counted` are the prompt tokens as counted before sending; what the server counted is summed from the requests.
    """

    id: str
    engine: str
    model: str
    generative: bool
    started: str
    seconds: float
    exit_code: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    counted: int = 0
    cost_usd: float = 0.0
    estimate_usd: float | None = None
    budget_usd: float | None = None
    unsure_usd: float = 0.0
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and what came of it."""

    request: Request
    outcome: Answer | Failure | Divided

    @property
    def fate(self) -> str:
        """What became of the request."""
        return {Answer: "answered", Divided: "divided", Failure: "failed"}[type(self.outcome)]


def build(
    *,
    name: str,
    document: Document,
    pages: Sequence[Page],
    coverage: Coverage,
    asked: Sequence[Asked],
    summary: Summary,
    points: Sequence[Point],
    extraction: Extraction | None,
    run: RunInfo,
    picture_tokens: Mapping[str, int] | None = None,
    notices: Sequence[Notice] = (),
) -> model.Result:
    """The result of a run, with the hash of its content.

    `name` is the output file's name without its ending; the pictures stand in `NAME.figures` beside it.
    `picture_tokens` are what each picture that was sent cost, by id.
    """
    answered = [(row.request.pictures, row.outcome) for row in asked if isinstance(row.outcome, Answer)]
    all_notices = (
        *_reading_notices(document, pages),
        *summary.notices,
        *(extraction.notices if extraction else ()),
        *unknown_figures(answered),
        *notices,
    )
    content = {
        "schema_version": model.SCHEMA_VERSION,
        "status": "complete" if coverage.complete else "incomplete",
        "document": _document(document),
        "summary": _summary(summary, points),
        "extraction": _extraction(extraction) if extraction else None,
        "figures": figures(name, _carriers(document, pages), coverage, answered),
        "coverage": {
            **_coverage(pages, coverage, points, extraction, picture_tokens or {}),
            "running": _running(row.request for row in asked if not isinstance(row.outcome, Divided)),
        },
        "requests": [_request(row) for row in asked],
        "hidden_text": [
            {"page": None if source else page.number, "source": source, "text": one.text, "why": one.why}
            for page, source in _carriers(document, pages)
            for one in page.hidden
        ],
        "warnings": [asdict(one) for one in all_notices],
    }
    whole = {**clean(content), "content_sha256": "0" * 64, "run": clean(_run(run, asked))}
    return sealed(model.Result.model_validate(whole))


def sealed(result: model.Result) -> model.Result:
    """The result with the hash of its content."""
    return result.model_copy(update={"content_sha256": content_hash(result.to_dict())})


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON (sorted keys, no spaces, UTF-8) of a result's all but `run` and the hash itself."""
    kept = {key: value for key, value in content.items() if key not in ("run", "content_sha256")}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def clean(value: Any) -> Any:
    """The value as a JSON file can hold it.

    A lone surrogate, which an answer may spell out, becomes U+FFFD; an infinite number is shown as the text that it is.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Mapping):
        return {clean(key): clean(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(child) for child in value]
    return value


def _document(document: Document) -> dict[str, Any]:
    return {
        "file": document.file,
        "sha256": document.sha256,
        "bytes": document.bytes,
        "page_count": document.page_count,
        "title": document.title,
        "author": document.author,
        "language": document.language,
        "toc": [{"level": one.level, "title": one.title, "page": one.page} for one in document.toc],
        "encrypted": document.encrypted,
        "attachments": document.attachments,
    }


def _evidence(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [
        {
            "page": one.page,
            "source": one.source,
            "quote": one.quote,
            "boxes": [rounded(box) for box in one.boxes],
            "match": one.match,
            "score": one.score,
        }
        for one in evidence
    ]


def _summary(summary: Summary, points: Sequence[Point]) -> dict[str, Any]:
    ranks = {point: rank for rank, point in enumerate(summary.chosen, 1)}
    return {
        "text": summary.text,
        "key_points": [
            {"text": point.text, "evidence": _evidence(point.evidence), "rank": ranks.get(point)} for point in points
        ],
        "sections": [
            {
                "title": one.title,
                "pages": one.pages,
                "text": one.text,
                "chapters": [asdict(chapter) for chapter in one.chapters],
            }
            for one in summary.sections
        ],
    }


def _extraction(extraction: Extraction) -> dict[str, Any]:
    return {
        "schema": extraction.schema,
        "data": extraction.data,
        "valid": extraction.valid,
        "evidence": {pointer: _evidence(found) for pointer, found in extraction.evidence.items()},
        "conflicts": [
            {
                "pointer": one.pointer,
                "chosen": one.chosen,
                "candidates": [_candidate(candidate) for candidate in one.candidates],
                "rule": one.rule,
            }
            for one in extraction.conflicts
        ],
        "not_found": extraction.not_found,
        "unverified": extraction.unverified,
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {"value": candidate.value, "evidence": _evidence(candidate.evidence)}


def _carriers(document: Document, pages: Sequence[Page]) -> list[tuple[Page, str | None]]:
    """The pages of the document, and those of the PDFs attached to it with the id of their source."""
    return [*((page, None) for page in pages), *((one.page, one.id) for one in document.attached)]


def _coverage(
    pages: Sequence[Page],
    coverage: Coverage,
    points: Sequence[Point],
    extraction: Extraction | None,
    tokens: Mapping[str, int],
) -> dict[str, Any]:
    by_number = {page.number: page for page in pages}
    found = [one for point in points for one in point.evidence]
    found += [one for some in (extraction.evidence.values() if extraction else ()) for one in some]
    return {
        "pages": [
            {
                **_page(by_number.get(one.page)),
                "page": one.page,
                "fate": one.fate,
                "requests": one.requests,
                "reason": one.reason,
            }
            for one in coverage.pages
        ],
        "pictures": [
            {
                "id": one.picture.id,
                "page": one.page,
                "source": one.source,
                "bbox": rounded(one.picture.box),
                "fate": one.fate,
                "requests": one.requests,
                "reason": one.reason,
                "tokens": tokens.get(one.picture.id, 0),
            }
            for one in coverage.pictures
        ],
        "sources": [asdict(one) for one in coverage.sources],
        "gaps": [{"kind": one.kind, "page": one.page, "id": one.id, "reason": one.reason} for one in coverage.gaps],
        "pages_cited": format_ranges(one.page for one in found if one.page is not None and one.match != "none"),
    }


def _running(requests: Iterable[Request]) -> list[dict[str, Any]]:
    """What each request gave once for several pages."""
    return [
        {"text": line.text, "pages": format_ranges(line.pages), "request": request.id}
        for request in requests
        for line in request.running
    ]


def _page(page: Page | None) -> dict[str, Any]:
    """What is known of a page; nothing of one that was not read."""
    if page is None:
        return {"label": None, "width": None, "height": None, "rotation": None, "chars": 0, "ocr": False, "pictures": 0}
    return {
        "label": page.label,
        "width": round(page.width, 2),
        "height": round(page.height, 2),
        "rotation": page.rotation,
        "chars": page.chars,
        "ocr": page.ocr,
        "pictures": len(page.pictures),
    }


def _request(row: Asked) -> dict[str, Any]:
    return {
        "id": row.request.id,
        "kind": row.request.kind,
        "pages": format_ranges(row.request.pages),
        "tokens": row.request.tokens,
        "pictures": len(row.request.pictures),
        "fingerprint": row.outcome.fingerprint,
        "fate": row.fate,
    }


def _reading_notices(document: Document, pages: Sequence[Page]) -> list[Notice]:
    """What reading found worth saying of the document and its pages."""
    of_pages = [Notice("reading", note, page.number) for page in pages for note in page.notes]
    of_attached = [Notice("reading", f"{one.id}: {note}") for one in document.attached for note in one.page.notes]
    return [*(Notice("reading", note) for note in document.notes), *of_pages, *of_attached]


def _run(run: RunInfo, asked: Sequence[Asked]) -> dict[str, Any]:
    return {
        "id": run.id,
        "engine": run.engine,
        "model": run.model,
        "generative": run.generative,
        "started": run.started,
        "seconds": round(run.seconds, 3),
        "exit_code": run.exit_code,
        "settings": run.settings,
        "versions": run.versions,
        "tokens": {
            "counted": run.counted,
            "prompt": _sum(row.outcome.usage.prompt for row in asked),
            "completion": _sum(row.outcome.usage.completion for row in asked),
        },
        "cost_usd": run.cost_usd,
        "estimate_usd": run.estimate_usd,
        "budget_usd": run.budget_usd,
        "unsure_usd": run.unsure_usd,
        "warnings": [asdict(one) for one in run.notices],
        "requests": [
            {
                "id": row.request.id,
                "attempts": row.outcome.usage.attempts,
                "seconds": round(row.outcome.usage.seconds, 3),
                "cost_usd": row.outcome.usage.cost_usd,
                "from_store": row.outcome.usage.from_store,
                "tokens": {"prompt": row.outcome.usage.prompt, "completion": row.outcome.usage.completion},
            }
            for row in asked
        ],
    }


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
