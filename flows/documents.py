"""One document from its path to its row: understood, written, or failed with its reason."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flows.inputs import Source, result_path
from flows.runfile import Row, failed_row, row_of
from pipeline import (
    PasswordNeeded,
    QuireError,
    Report,
    Settings,
    StorageError,
    UsageError,
    understand,
    write_result,
)
from pipeline.settings import Secret

AskPassword = Callable[[str], Secret | None]


@dataclass(slots=True)
class Desk:
    """What every document of a run shares: settings, schema, output folder, password, and the names given out."""

    settings: Settings
    schema: Mapping[str, Any] | None
    out: Path
    password: Secret | None = None
    ask_password: AskPassword | None = None
    taken: dict[Path, str] = field(default_factory=dict)
    spent: float = 0.0

    @property
    def left(self) -> Settings:
        """The settings of the next document: the budget is the run's, so it gets what the ones before it left."""
        budget = self.settings.max_cost
        return self.settings if budget is None else replace(self.settings, max_cost=max(budget - self.spent, 0.0))


def process(source: Source, desk: Desk, report: Report) -> Row:
    """Understand one document and write its result. Whatever goes wrong becomes a row, so that the run goes on."""
    if source.problem is not None:
        return failed_row(source.path, UsageError(source.problem))
    try:
        return _understood(source, desk, report, desk.password)
    except PasswordNeeded as error:
        typed = desk.ask_password(source.path.name) if desk.ask_password else None
        if typed is None:
            return failed_row(source.path, error)
        try:
            return _understood(source, desk, report, typed)
        except QuireError as again:
            return failed_row(source.path, again)
    except QuireError as error:
        return failed_row(source.path, error)
    except Exception as error:  # A fault of ours costs this document, not the run.
        return failed_row(source.path, own_fault(error))


def _understood(source: Source, desk: Desk, report: Report, password: Secret | None) -> Row:
    result = understand(source.path, desk.left, schema=desk.schema, password=password, report=report)
    desk.spent += result.run.cost_usd
    path = result_path(source, result.document.sha256, desk.out, desk.taken)
    row = row_of(source.path, result, path)
    try:
        write_result(result, path, desk.settings)
    except StorageError as error:
        # What was spent is told all the same; the answers are in the store.
        return replace(row, status="failed", exit_code=error.exit_code, reason=str(error), result=None)
    return row


def own_fault(error: Exception) -> QuireError:
    """An unforeseen error in one sentence that helps to report it; no text of the document is in it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return QuireError(f"Quire itself failed ({type(error).__name__} at {place}): please report it.")
