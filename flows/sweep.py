"""The drop folder in Prefect: a flow that takes all that is whole now, for schedules; and a run for each document.

Taking, claiming and moving are the inbox's (`flows/inbox/`), as for `quire watch`: sweeps and watchers may run side by
side, on several machines.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from contextvars import copy_context
from itertools import count
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from flows.artifacts import show_batch
from flows.inbox.inbox import Inbox, Taken
from flows.inbox.kinds import Kinds
from flows.inbox.watching import Handled, Process, Watcher
from flows.inbox.work import Work, Worker
from flows.metrics import tell_document
from flows.parameters import SweepRun
from flows.runfile import Row, prepare_out
from flows.states import all_ended, ended, rows_in, stopped
from pipeline import QuireError, Report
from pipeline.errors import UsageError
from pipeline.job import make_job
from pipeline.places import Folder, open_place
from pipeline.progress import silent
from pipeline.session import Session
from pipeline.settings import password_from_environment

MOST_TASKS = 90
"""Documents of a sweep that have a task each; a run with more than a hundred tasks ends slowly on SQLite."""


@flow(name="inbox-sweep", flow_run_name="sweep of {run.inbox}")
def sweep_inbox(run: SweepRun) -> State[Any]:
    """All files of a drop folder that are whole now, each moved to `done/` or `failed/`."""
    rows: dict[str, Row] = {}
    log = get_run_logger()

    def told(handled: Handled) -> None:
        if handled.row is not None:
            rows[handled.name] = handled.row
            log.info("%r: %s", handled.name, handled.outcome)

    try:
        settings, place = run.settings(), open_place(run.inbox)
        if isinstance(place, Folder) and not place.root.is_dir():
            raise UsageError(f"There is no folder {run.inbox}: make it, or name another one.")
        prepare_out(settings.out)
        inbox = Inbox(place, settings, Kinds(place, settings.schema, run.classify), settle=run.settle)
        with inbox, Session(make_job(settings, None)) as session:
            worker = Worker(inbox, session, password_from_environment())
            Watcher(
                inbox,
                in_tasks(worker),
                session.at_once,
                lambda name: nullcontext(silent),
                told=told,
                say=lambda line: log.warning("%s", line),
                again=session.endpoint.try_again,
            ).run(session.stop, once=True)
    except QuireError as error:
        return stopped(error)
    found = list(rows.values())
    if found:
        show_batch(found, key="sweep")
    return all_ended(found)


def in_tasks(process: Process) -> Process:
    """The same work, as tasks of the run that is under way: of its first documents each has one."""
    here, numbers = copy_context(), count(1)

    def work(taken: Taken, report: Report) -> Work:
        if next(numbers) > MOST_TASKS:
            return _told(process(taken, report))
        # The threads that work know nothing of the run: each call gets what was known where this began.
        return here.copy().run(_done_in, _AS_TASK, taken.name, lambda: process(taken, report))

    return work


def in_runs(process: Process) -> Process:
    """The same work, as a flow run of its own for each document."""

    def work(taken: Taken, report: Report) -> Work:
        return _done_in(_AS_FLOW, taken.name, lambda: process(taken, report))

    return work


_AS_TASK: Any = task(name="document", task_run_name="{name}", cache_policy=NO_CACHE)
_AS_FLOW: Any = flow(name="understand-dropped", flow_run_name="{name}")


def _done_in(kind: Any, name: str, process: Callable[[], Work]) -> Work:
    """The work, done within a run that `kind` makes of a function, whose state tells how it ended."""
    done: list[Work] = []

    @kind  # type: ignore[untyped-decorator]
    def understand_dropped(name: str) -> State[Any]:
        done.append(process())
        row = done[0].row
        return ended(row) if row.result else stopped(QuireError(str(row.reason)))

    state = understand_dropped(name, return_state=True)
    if not done:
        raise QuireError(str(rows_in(state, [name])[0].reason))
    return _told(done[0])


def _told(work: Work) -> Work:
    """The work, its figures told to whoever counts them."""
    if work.row.sha256:
        tell_document(work.row)
    return work
