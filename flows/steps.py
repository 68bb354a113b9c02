"""The three tasks of a document: read, ask, write.

They hand on a path, a hash and settings, never bytes: each takes what the one before it made from the stores, and makes
again what is absent, so that it runs as well on another worker.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from flows.artifacts import show_document, watched
from flows.inputs import Source, result_path
from flows.limits import within_limits
from flows.metrics import tell_document
from flows.parameters import DocumentRun
from flows.runfile import Row, row_of
from flows.sharing import sharing
from flows.states import ended, passed_on, stopped
from pipeline import QuireError, UnreadableDocument, write_result
from pipeline.ask.answer import Usage
from pipeline.asking import Kept, recall
from pipeline.extract.reader import Reading
from pipeline.plan import Plan, plan
from pipeline.progress import Report
from pipeline.run import ask, conclude
from pipeline.session import Session
from pipeline.settings import password_from_environment

RETRY_SECONDS = (60.0, 300.0, 900.0)
"""Before each new try at an endpoint that cannot be reached; the last holds for all after it."""
UNREACHABLE = 5
"""The exit code of an endpoint that cannot be reached or refuses the key."""


@contextmanager
def _opened(
    session: Session, run: DocumentRun, report: Report, sha256: str | None = None
) -> Iterator[tuple[Reading, Plan]]:
    """The document and its plan; pages that were read before come from the work store."""
    with session.opened(run.path, password_from_environment()) as reading:
        if sha256 is not None and reading.document.sha256 != sha256:
            raise UnreadableDocument(f"{reading.document.file} changed while it was worked on: run it again.")
        with session.hand():
            made = plan(reading, session.job, session.told(report))
        yield reading, made


def unreachable(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again can help: the endpoint could not be reached."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, QuireError) and error.exit_code == UNREACHABLE


@task(name="read", cache_policy=NO_CACHE)
def read_pages(run: DocumentRun) -> str | State[Any]:
    """Read the document into the work store; its hash names it from here on."""
    try:
        with sharing(run.job()) as session, watched(run.path) as report, _opened(session, run, report) as (_, made):
            pictures = sum(len(page.pictures) for page in made.pages)
    except QuireError as error:
        return stopped(error)
    get_run_logger().info("%d pages, %d pictures: %d requests", len(made.pages), pictures, len(made.requests))
    return made.document.sha256


@task(name="ask", cache_policy=NO_CACHE, retry_delay_seconds=list(RETRY_SECONDS), retry_condition_fn=unreachable)
def ask_requests(run: DocumentRun, sha256: str) -> list[dict[str, Any]] | State[Any]:
    """Ask every request. Answers go into the store; what came of each comes back, without its content."""
    try:
        with (
            sharing(run.job()) as session,
            watched(run.path) as report,
            _opened(session, run, report, sha256) as (reading, made),
            within_limits(session.job, len(made.requests)),
        ):
            reading.rest()
            settled = ask(made, session, session.told(report))
    except QuireError as error:
        return stopped(error)
    kept = [Kept.of(one) for one in settled]
    failed = [one for one in kept if one.reason is not None]
    get_run_logger().info("%d of %d requests answered", len(kept) - len(failed), len(kept))
    return [asdict(one) for one in kept]


@task(name="write", cache_policy=NO_CACHE)
def write_document(
    run: DocumentRun, sha256: str, asked: list[dict[str, Any]], began: float
) -> dict[str, Any] | State[Any]:
    """Merge what was answered, prove the coverage, and write the result; its row comes back."""
    kept = [Kept(**{**one, "usage": Usage(**one["usage"])}) for one in asked]
    spent = sum(one.usage.cost_usd + one.usage.unsure_usd for one in kept)
    try:
        with sharing(run.job(), spent=spent) as session, watched(run.path) as report:
            with _opened(session, run, report, sha256) as (reading, made):
                result = conclude(made, session, recall(made, session.job, kept), reading.words, began)
            source = Source(run.path, run.name or Path(run.path).stem)
            path = result_path(source, sha256, session.job.settings.out, {})
            result = write_result(result, path, session.job.settings)
    except QuireError as error:
        return stopped(error)
    row = row_of(source.path, result, path)
    show_document(result, row, run.artifacts)
    tell_document(row)
    get_run_logger().info("%s with %d gaps: %s", result.status, len(result.coverage.gaps), row.result)
    return asdict(row)


def take_steps(run: DocumentRun) -> State[Any]:
    """The three tasks one after the other; the state in which the first of them failed, or that of the document."""
    began = time.time()
    read: State[Any] = read_pages(run, return_state=True)
    if not read.is_completed():
        return passed_on(read)
    sha256 = read.result()
    asking = ask_requests.with_options(retries=run.retries) if run.retries else ask_requests
    asked: State[Any] = asking(run, sha256, return_state=True)
    if not asked.is_completed():
        return passed_on(asked)
    written: State[Any] = write_document(run, sha256, asked.result(), began, return_state=True)
    return ended(Row(**written.result())) if written.is_completed() else passed_on(written)
