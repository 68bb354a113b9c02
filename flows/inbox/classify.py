"""What type of document a file is: one field of a schema like any other, asked of its first pages, with its quote.

A type that is null, or that no quote on a page supports, is unknown: no model invents one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import Report, Result
from pipeline.job import Job, make_job
from pipeline.run import understand_in
from pipeline.session import Session
from pipeline.settings import Secret, Settings

UNKNOWN = "unknown"
FIRST_PAGES = "1-3"
_FIELD = "document_type"
_LONGEST = 300
"""Characters of what a schema says of itself."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type, and where the document says so; "unknown", and nowhere, where it does not. In US dollars and seconds.

    `problem` is there where the pages could not all be asked, with the exit code that this has.
    """

    name: str
    page: int | None
    quote: str | None
    cost_usd: float
    unsure_usd: float
    seconds: float
    problem: str | None = None
    exit_code: int = 0

    @property
    def told(self) -> dict[str, Any]:
        """What a record tells of it."""
        return {"type": self.name, "page": self.page, "quote": self.quote, "cost_usd": self.cost_usd}


def classifying(settings: Settings, among: Mapping[str, Mapping[str, Any]]) -> Job:
    """The job that tells these types apart."""
    pages = FIRST_PAGES if settings.pages is None else settings.pages
    return make_job(replace(settings, pages=pages, schema=None, attachments=False, adjudicate=False), _schema(among))


def classify(session: Session, path: Path, password: Secret | None, report: Report) -> Type:
    """The type of a document. Raises what `understand_in` raises."""
    result = understand_in(session, path, password=password, report=report)
    name, evidence = _found(result)
    gaps = result.coverage.gaps
    return Type(
        name=name,
        page=evidence.get("page"),
        quote=evidence.get("quote"),
        cost_usd=result.run.cost_usd,
        unsure_usd=result.run.unsure_usd,
        seconds=result.run.seconds,
        problem=gaps[0].reason if gaps and name == UNKNOWN else None,
        exit_code=result.run.exit_code if name == UNKNOWN else 0,
    )


def _found(result: Result) -> tuple[str, dict[str, Any]]:
    extraction = result.extraction
    name = extraction.data.get(_FIELD) if extraction is not None and isinstance(extraction.data, Mapping) else None
    if extraction is None or not isinstance(name, str) or f"/{_FIELD}" in extraction.unverified:
        return UNKNOWN, {}
    evidence = extraction.evidence.get(f"/{_FIELD}", ())
    return (name, evidence[0].model_dump()) if evidence else (UNKNOWN, {})


def _schema(among: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    types = "; ".join(f"{name}: {_said(schema)}" for name, schema in among.items())
    asked = f"What kind of document this is, as it says itself: {types}. Null where it is none of these."
    return {
        "title": "Document type",
        "type": "object",
        "required": [_FIELD],
        "additionalProperties": False,
        "properties": {
            _FIELD: {
                "type": ["string", "null"],
                "enum": [*among, None],
                "title": "Document type",
                "description": asked,
            }
        },
    }


def _said(schema: Mapping[str, Any]) -> str:
    texts = [str(schema[name]) for name in ("title", "description") if isinstance(schema.get(name), str)]
    return " - ".join(texts)[:_LONGEST] or "as its name says"
