"""The flow over one document, and over the documents of `quire run --prefect`, one run for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.inputs import Source
from flows.parameters import DocumentRun
from flows.runfile import Row, failed_row
from flows.sharing import sharing
from flows.states import rows_in, stopped
from flows.steps import take_steps
from pipeline import QuireError, Settings, UsageError


@flow(name="understand", flow_run_name="understand {run.path}")
def understand_document(run: DocumentRun) -> State[Any]:
    """One document, from its path to its result: a JSON file in which every value has its page, quote and place."""
    try:
        with sharing(run.job()):
            return take_steps(run)
    except QuireError as error:
        return stopped(error)


def run_document(run: DocumentRun) -> Row:
    """Run the flow over one document here and now; a failed one becomes its row."""
    state: State[Any] = understand_document(run, return_state=True)
    return rows_in(state, [run.path])[0]


def run_flow(sources: Sequence[Source], settings: Settings) -> Iterator[Row]:
    """Run the flow over documents, one run for each; each one's row as soon as it is done.

    The budget is that of all runs together, so each one gets what those before it left.
    """
    spent = 0.0
    for source in sources:
        if source.problem is not None:
            yield failed_row(source.path, UsageError(source.problem))
            continue
        if source.shown != str(source.path):
            error = UsageError(f"{source.shown} was given with a password, which Prefect would keep: set it elsewhere.")
            yield failed_row(source.path, error)
            continue
        given = {} if settings.max_cost is None else {"max_cost": max(settings.max_cost - spent, 0.0)}
        row = run_document(DocumentRun.of(settings, path=str(source.path), name=source.name, **given))
        spent += row.cost_usd + row.unsure_usd
        yield row
