"""The flows over many documents: what changed since the last time, in chunks, one after the other or on workers.

understand-batch    finds what is new or changed, hands out chunks, writes `run.json`
understand-chunk    some documents, several at once: a task for each, and its three steps below it

Chunks are small since a run with more than a hundred task runs ends slowly on SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.artifacts import show_batch
from flows.changes import unchanged
from flows.inputs import Source, claims, content_hash, expand, result_name
from flows.parameters import BatchRun, ChunkRun, DocumentRun, Item
from flows.pool import keep_rows, on_workers
from flows.runfile import Row, failed_row, prepare_out, write_run
from flows.sharing import sharing, sharing_claims
from flows.states import all_ended, ended, rows_in, stopped
from flows.steps import take_steps
from flows.turns import turn
from pipeline import QuireError, UsageError
from pipeline.job import Job
from pipeline.places import below, is_remote, parted
from pipeline.result.remote import tidy
from pipeline.session import Session

Rows: TypeAlias = dict[int, Row]
"""Rows by the place of their document in what was given."""


@flow(name="understand-batch", flow_run_name="batch of {run.title}")
def understand_batch(run: BatchRun) -> State[Any]:
    """A folder or a list of documents: those that are new or changed since the last time."""
    try:
        job = run.job()
        out = job.settings.out
        prepare_out(out)
        sources = expand(run.paths)
        rows, items = _looked_up(sources, run, job)
        get_run_logger().info("%d documents: %d to do, %d unchanged", len(sources), len(items), _unchanged(rows))
        rows |= _done(items, run)
        every = [rows[place] for place in sorted(rows)]
        show_batch(every)
        write_run(every, out)
    except QuireError as error:
        return stopped(error)
    return all_ended(every)


def _unchanged(rows: Rows) -> int:
    return sum(row.unchanged for row in rows.values())


def _looked_up(sources: Sequence[Source], run: BatchRun, job: Job) -> tuple[Rows, dict[int, Item]]:
    """The rows that are known already, and what is to be done, by its place among the sources."""
    owners = claims(sources)
    rows, items = Rows(), dict[int, Item]()
    for place, source in enumerate(sources):
        if source.problem is not None:
            rows[place] = failed_row(source.path, UsageError(source.problem))
            continue
        name, sha256 = source.name, content_hash(source.path)
        if sha256 is not None:
            name = result_name(source, sha256, job.settings.out, owners)
            path = below(job.settings.out, f"{name}.json")
            row = unchanged(source, path, sha256, job) if run.unchanged == "skip" and not run.fresh else None
            if row is not None:
                rows[place] = row
                continue
        items[place] = Item(path=str(source.path), name=name)
    return rows, items


def _done(items: dict[int, Item], run: BatchRun) -> Rows:
    """The rows of what was to be done. The budget of the run is shared among its chunks, before or as they are done."""
    places = list(items)
    chunks = [places[at : at + run.chunk] for at in range(0, len(places), run.chunk)]
    if run.workers:
        share = None if run.max_cost is None else run.max_cost / max(len(chunks), 1)
        made = [run.part([items[place] for place in chunk], share) for chunk in chunks]
        return {
            place: row
            for chunk, found in zip(chunks, on_workers(made), strict=True)
            for place, row in zip(chunk, found, strict=True)
        }
    rows, spent = Rows(), 0.0
    for chunk in chunks:
        left = None if run.max_cost is None else max(run.max_cost - spent, 0.0)
        found = run_chunk(run.part([items[place] for place in chunk], left))
        rows |= dict(zip(chunk, found, strict=True))
        spent += sum(row.cost_usd + row.unsure_usd for row in found)
    return rows


def run_chunk(run: ChunkRun) -> list[Row]:
    """The flow over a chunk, here and now; where it fails as a whole each document's row says why."""
    state: State[Any] = understand_chunk(run, return_state=True)
    return rows_in(state, [item.path for item in run.items])


@flow(name="understand-chunk", flow_run_name="{run.title}")
def understand_chunk(run: ChunkRun) -> State[Any]:
    """Some documents of a batch, as many at once as the endpoint and the machine take."""
    try:
        job = run.job()
        with sharing(job) as session, sharing_claims(job), _runner(run, session) as runner:
            each = [run.document(item) for item in run.items]
            futures = [runner.submit(understand_one, {"run": one}) for one in each]
            for future in futures:
                future.wait()
            rows = [rows_in(future.state, [one.path])[0] for future, one in zip(futures, each, strict=True)]
    except QuireError as error:
        return stopped(error)
    show_batch(rows, key="chunk")
    keep_rows(run, rows)
    return all_ended(rows)


@contextmanager
def _runner(run: ChunkRun, session: Session) -> Iterator[TaskRunner[Any]]:
    """Where the documents' tasks run: in threads of this process, or on a Dask cluster."""
    if not run.dask:
        threads: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=session.at_once)
        with threads:
            yield threads
        return
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        raise UsageError("A Dask cluster needs the extra 'dask': pip install 'quire[dask]'.") from None
    with DaskTaskRunner(address=run.dask) as cluster:
        yield cluster


@task(name="document", task_run_name="{run.path}", cache_policy=NO_CACHE)
def understand_one(run: DocumentRun) -> State[Any]:
    """One document of a chunk, unless another worker has done it by now."""
    try:
        job, sha256 = run.job(), content_hash(run.path)
        if sha256 is None:
            return take_steps(run)  # It cannot be read: the first step says why.
        out, source = job.settings.out, Source(run.path, run.name)
        result = below(out, f"{result_name(source, sha256, out, {})}.json")
        with sharing_claims(job) as claims, turn(claims, sha256, str(result)):
            stands = None if run.fresh else unchanged(source, result, sha256, job)
            if stands is None:
                return take_steps(run)
            if is_remote(result):
                tidy(*parted(str(result)))
            return ended(stands)
    except QuireError as error:
        return stopped(error)
