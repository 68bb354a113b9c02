"""Chunks on the workers of a pool: handed out, waited for, and handed out again where a worker died.

The rows of a chunk are kept in the store under its ticket, so that whoever waits for it on another machine finds them.
A chunk that ends without them, since its worker is gone, is handed out again: what was answered is in the store, so
nothing is paid for twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID, uuid4

from prefect import get_client, get_run_logger
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment

from flows.parameters import ChunkRun
from flows.runfile import Row, failed_row
from pipeline import QuireError
from pipeline.extract.work import WorkStore

CHUNK = "understand-chunk/chunk"
"""The deployment that workers take chunks from."""
TRIES = 3
"""Times that a chunk is handed out, where its worker dies."""
POLL_SECONDS = 2.0


@dataclass(slots=True)
class _Given:
    """A chunk that was handed out: its run, and how many before it died."""

    run: ChunkRun
    flow_run: UUID
    tries: int = 1


def keep_rows(run: ChunkRun, rows: Sequence[Row]) -> None:
    """Keep what became of a chunk's documents where whoever waits for it looks."""
    if run.ticket:
        data = json.dumps([asdict(row) for row in rows]).encode()
        _store(run).save(f"{run.ticket}.json", data)


def on_workers(chunks: Sequence[ChunkRun]) -> list[list[Row]]:
    """The rows of every chunk, once all were done by workers, or given up."""
    given = [_hand_out(run.model_copy(update={"ticket": uuid4().hex})) for run in chunks]
    rows: dict[int, list[Row]] = {}
    with get_client(sync_client=True) as client:
        while len(rows) < len(given):
            for place, one in enumerate(given):
                if place not in rows and (found := _rows(one, client)) is not None:
                    rows[place] = found
            if len(rows) < len(given):
                time.sleep(POLL_SECONDS)
    return [rows[place] for place in range(len(given))]


def _hand_out(run: ChunkRun, tries: int = 1) -> _Given:
    made = run_deployment(CHUNK, parameters={"run": run.model_dump(mode="json", exclude_none=True)}, timeout=0)
    assert isinstance(made, FlowRun)
    return _Given(run, made.id, tries)


def _rows(one: _Given, client: SyncPrefectClient) -> list[Row] | None:
    """The rows of a chunk that has ended; None while it has not, or is handed out again."""
    state = client.read_flow_run(one.flow_run).state
    if state is None or not state.is_final():
        return None
    store, name = _store(one.run), f"{one.run.ticket}.json"
    kept = store.load(name)
    if kept is not None:
        store.remove(name)
        return [Row(**row) for row in json.loads(kept)]
    if state.is_crashed() and one.tries < TRIES:
        get_run_logger().warning("The worker of %s is gone: it is handed out again", one.run.title)
        again = _hand_out(one.run, one.tries + 1)
        one.flow_run, one.tries = again.flow_run, again.tries
        return None
    error = QuireError(f"The run of its chunk ended as {state.name}: {state.message or 'without a word'}")
    return [failed_row(item.path, error) for item in one.run.items]


def _store(run: ChunkRun) -> WorkStore:
    return WorkStore(f"{run.settings().store.rstrip('/')}/rows")
