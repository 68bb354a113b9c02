"""What has changed since the last time: a document is left alone where its result stands and would be the same.

A result is its own record: it names the document's hash, the settings and the schema that it was made with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.inputs import Source
from flows.runfile import Row
from pipeline import QuireError
from pipeline.job import Job
from pipeline.places import read
from pipeline.provenance import settings_shown, versions
from pipeline.settings import shown_address

_IRRELEVANT = frozenset(
    "out store schema concurrency requests_per_minute tokens_per_minute fresh batch max_cost max_cost_document "
    "max_cost_day page_seconds memory_mb timeout_seconds wait_seconds".split()
)
"""Settings that change nothing of a complete result: where it goes, how fast and for how much. The schema is compared
itself."""


def unchanged(source: Source, path: str | Path, sha256: str, job: Job) -> Row | None:
    """The row of a document whose result at `path` is complete, of these bytes, and made as it would be made now."""
    try:
        found = json.loads(read(path) or b"")
        same = (
            found["status"] == "complete"
            and found["document"]["sha256"] == sha256
            and _schema(found) == (None if job.schema is None else dict(job.schema))
            and _relevant(found["run"]["settings"]) == _relevant(settings_shown(job.settings))
            and found["run"]["versions"] == versions()
        )
        return _row(source, path, found) if same else None
    except (QuireError, ValueError, KeyError, TypeError, RecursionError):
        return None  # Whatever stands there is no result of this version: the document is done again.


def _schema(found: Mapping[str, Any]) -> Any:
    return found["extraction"]["schema"] if found["extraction"] else None


def _relevant(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in _IRRELEVANT}


def _row(source: Source, path: str | Path, found: Mapping[str, Any]) -> Row:
    return Row(
        path=source.shown,
        status="complete",
        exit_code=0,
        result=shown_address(str(path)),
        sha256=found["document"]["sha256"],
        pages=found["document"]["page_count"],
        pictures=len(found["coverage"]["pictures"]),
        requests=len(found["requests"]),
        unchanged=True,
    )
