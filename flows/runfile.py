"""`run.json`: one row for every document given, the unreadable ones with their reason, and the exit code of it all."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import QuireError, Result, StorageError
from pipeline.places import below, open_place
from pipeline.settings import shown_address

NAME = "run.json"
PRECEDENCE = (1, 5, 4, 3, 2, 0)
"""Over many documents a run ends with the first of these exit codes that one of them has."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one document. `status`: "complete", "incomplete" or "failed"; money in US dollars.

    `unsure_usd` is the most that attempts may have cost of which nothing came back. `unchanged`: the result stood there
    already, and nothing was done. `error` is the kind of error, by its name, of a document that has no result.
    """

    path: str
    status: str
    exit_code: int
    reason: str | None = None
    result: str | None = None
    sha256: str | None = None
    pages: int = 0
    pictures: int = 0
    requests: int = 0
    gaps: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    unsure_usd: float = 0.0
    seconds: float = 0.0
    unchanged: bool = False
    error: str | None = None


def row_of(path: str | Path, result: Result, written: str | Path) -> Row:
    """The row of a document that has a result."""
    gaps = result.coverage.gaps
    return Row(
        path=shown_address(str(path)),
        status=result.status,
        exit_code=result.run.exit_code,
        reason=gaps[0].reason if gaps else None,
        result=shown_address(str(written)),
        sha256=result.document.sha256,
        pages=result.document.page_count,
        pictures=len(result.coverage.pictures),
        requests=len(result.requests),
        gaps=len(gaps),
        tokens=result.run.tokens.counted,
        cost_usd=result.run.cost_usd,
        unsure_usd=result.run.unsure_usd,
        seconds=result.run.seconds,
    )


def failed_row(path: str | Path, error: QuireError) -> Row:
    """The row of a document that has none."""
    return Row(
        path=shown_address(str(path)),
        status="failed",
        exit_code=error.exit_code,
        reason=str(error),
        error=type(error).__name__,
    )


def exit_code(codes: Iterable[int]) -> int:
    """The exit code of a run over many documents."""
    seen = set(codes)
    return next((code for code in PRECEDENCE if code in seen), max(seen, default=0))


def run_summary(rows: Sequence[Row]) -> dict[str, Any]:
    """The content of `run.json`."""
    return {
        "exit_code": exit_code(row.exit_code for row in rows),
        "documents": [asdict(row) for row in rows],
        "totals": {
            "documents": len(rows),
            "complete": sum(row.status == "complete" for row in rows),
            "incomplete": sum(row.status == "incomplete" for row in rows),
            "failed": sum(row.status == "failed" for row in rows),
            "unchanged": sum(row.unchanged for row in rows),
            "pages": sum(row.pages for row in rows),
            "requests": sum(row.requests for row in rows),
            "tokens": sum(row.tokens for row in rows),
            "gaps": sum(row.gaps for row in rows),
            "cost_usd": sum(row.cost_usd for row in rows),
            "unsure_usd": sum(row.unsure_usd for row in rows),
        },
    }


def prepare_out(out: str | Path) -> None:
    """Make the output folder and see that `run.json` can be written, before anything is paid for.

    Raises StorageError where it can't, or where a `run.json` stands there that is none of Quire's; UsageError where
    nobody here knows such an address.
    """
    place = open_place(out)
    stands = place.read(NAME)
    if stands is not None and not _is_run(stands):
        path = below(place.address, NAME)
        raise StorageError(f"{path} is no file of Quire's and would be overwritten: choose another --out.")
    look = f".{secrets.token_hex(8)}.part"
    try:
        place.write(look, b"Quire looks whether it may write here.")
        place.remove(look)
    except StorageError as error:
        raise StorageError(f"{str(error).rstrip('.')}, or choose another --out.") from error


def _is_run(data: bytes) -> bool:
    try:
        return {"exit_code", "documents", "totals"} <= set(json.loads(data))
    except (ValueError, TypeError, RecursionError):
        return False  # Whatever it is, it is not ours.


def write_run(rows: Sequence[Row], out: str | Path) -> str | Path:
    """Write `run.json` below the output folder, all or nothing; where it is now. Raises StorageError."""
    place = open_place(out)
    place.write(NAME, json.dumps(run_summary(rows), ensure_ascii=True, indent=2).encode())
    return below(place.address, NAME)
