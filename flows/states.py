"""How runs end: as states whose message is one sentence, and which hold the rows of their documents."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.documents import own_fault
from flows.runfile import Row, exit_code, failed_row, run_summary
from pipeline import QuireError


class Incomplete(QuireError):
    """A run came to its end, and not all of it is complete: `rows` tell what became of each document."""

    def __init__(self, message: str, rows: Sequence[Row]) -> None:
        super().__init__(message)
        self.rows = tuple(rows)
        self.exit_code = exit_code(row.exit_code for row in rows)

    def __reduce__(self) -> Any:
        """Both arguments are needed where another process makes it again."""
        return type(self), (str(self), self.rows)


def stopped(error: QuireError) -> State[Any]:
    """The end of a run that could not go on: the error's sentence is the message, and no traceback is logged."""
    return Failed(message=str(error), data=error)


def passed_on(state: State[Any]) -> State[Any]:
    """A task's end as that of what called it: a state of another run would be counted instead of shown."""
    return Failed(message=state.message, name=state.name, data=state.result(raise_on_failure=False))


def ended(row: Row) -> State[Any]:
    """The end of one document's run; where there are gaps it is none of success."""
    if row.exit_code == 0:
        return Completed(message=f"Complete: {row.pages} pages, {row.result}", data=asdict(row))
    message = f"{row.gaps} gaps, the first: {row.reason}"
    return Failed(message=message, name="Incomplete", data=Incomplete(message, [row]))


def all_ended(rows: Sequence[Row]) -> State[Any]:
    """The end of a run over documents: a success only where every one is complete."""
    totals = run_summary(rows)["totals"]
    named = ", ".join(f"{totals[name]} {name}" for name in ("complete", "incomplete", "failed", "unchanged"))
    message = f"{len(rows)} documents: {named}"
    if exit_code(row.exit_code for row in rows) == 0:
        return Completed(message=message, data=[asdict(row) for row in rows])
    first = next(row for row in rows if row.exit_code)
    message += f"; the first: {Path(first.path).name}: {first.reason}"
    return Failed(message=message, name="Incomplete", data=Incomplete(message, rows))


def rows_in(state: State[Any], paths: Sequence[str]) -> list[Row]:
    """The rows of the documents at those paths, whose run or task ended in that state; a failed one becomes one too."""
    came: Any = state.result(raise_on_failure=False)
    if isinstance(came, Incomplete):
        return list(came.rows)
    if isinstance(came, list):
        return [Row(**row) for row in came]
    if isinstance(came, dict):
        return [Row(**came)]
    error = came if isinstance(came, QuireError) else own_fault(came) if isinstance(came, Exception) else None
    return [failed_row(path, error or QuireError(str(state.message))) for path in paths]


class _Sentences(logging.Filter):
    """Takes the traceback off what Prefect says of a run that ended by an error of ours: it is one sentence."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, QuireError):
            record.msg, record.args, record.exc_info = f"{record.getMessage()}: {error}", (), None
        return True


for _name in ("prefect.flow_runs", "prefect.engine"):
    logging.getLogger(_name).addFilter(_Sentences())
