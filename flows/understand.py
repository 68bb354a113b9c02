"""The flow over one document, and over the documents of `quire run --prefect`, one run for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.documents import own_fault
from flows.inputs import Source
from flows.parameters import DocumentRun
from flows.runfile import Row, failed_row
from flows.sharing import sharing
from flows.steps import stopped, take_steps
from pipeline import QuireError, Settings, UsageError


@flow(name="understand", flow_run_name="understand {run.path}")
def understand_document(run: DocumentRun) -> State[Any]:
    """One document, from its path to its result: a JSON file in which every value has its page, quote and place."""
    try:
        with sharing(run.job()):
            return ended(take_steps(run))
    except QuireError as error:
        return stopped(error)


def ended(came: dict[str, Any] | State[Any]) -> State[Any]:
    """The state in which a document's run ends; where there are gaps it is none of success."""
    if isinstance(came, State):
        return came
    if came["status"] == "complete":
        return Completed(message=f"Complete: {came['pages']} pages, {came['result']}", data=came)
    return Failed(message=f"{came['gaps']} gaps, the first: {came['reason']}", data=came, name="Incomplete")


def row_in(state: State[Any], path: str) -> Row:
    """The row of a document whose run or task ended in that state; a failed one becomes one too."""
    came: Any = state.result(raise_on_failure=False)
    if isinstance(came, dict):
        return Row(**came)
    if isinstance(came, QuireError):
        return failed_row(path, came)
    return failed_row(path, own_fault(came) if isinstance(came, Exception) else QuireError(str(state.message)))


def run_document(run: DocumentRun) -> Row:
    """Run the flow over one document here and now; a failed one becomes its row."""
    state: State[Any] = understand_document(run, return_state=True)
    return row_in(state, run.path)


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
