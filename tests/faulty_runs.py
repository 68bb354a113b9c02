"""Runs of the whole product against the strict server, in simulated time, without a process for reading."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pipeline.run
import pipeline.session
from pipeline.errors import QuireError
from pipeline.result.model import Result
from pipeline.settings import Settings
from tests import simulated
from tests.faulty_documents import Book
from tests.strict_server import StrictServer
from tests.strict_wire import served

MODEL = "mistralai/mistral-small-3.2-24b-instruct"


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run: a result or an error, and the simulated seconds that it took."""

    result: Result | None
    error: QuireError | None
    seconds: float


def run(book: Book, server: StrictServer, store: Path, schema: Mapping[str, Any] | None = None, **given: Any) -> Run:
    """Ask the server about the document. `store` keeps the answers; `given` are settings."""
    store.mkdir(parents=True, exist_ok=True)
    if not (store / "work").exists():
        (store / "work").symlink_to(book.work)
    with served(server) as address, simulated_time() as loops, _kept(book):
        settings = Settings(engine=address, store=str(store), **{"model": MODEL, **given})
        try:
            result = pipeline.run.understand(book.path, settings, schema=schema)
        except QuireError as error:
            return Run(None, error, sum(loop.time() for loop in loops))
    return Run(result, None, sum(loop.time() for loop in loops))


@contextmanager
def _kept(book: Book) -> Iterator[None]:
    """The document is opened as it was read before."""
    with mock.patch.object(pipeline.session, "open_document", lambda *given: book.reading()):
        yield


class _Selector(simulated.Selector):
    """Time passes at once while the loop has something to wait for; else another thread is waited for.

    What waits for what never comes is cancelled, so that a test fails and does not stand still.
    """

    loop: asyncio.AbstractEventLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None:
            return super().select(timeout)
        if stuck := asyncio.all_tasks(self.loop):
            for task in stuck:
                task.cancel("it waits for what never comes")
            return []
        return selectors.DefaultSelector.select(self)


@contextmanager
def simulated_time() -> Iterator[list[simulated.SimulatedLoop]]:
    """Every event loop that is made while the block runs keeps simulated time, also in a thread of its own; they."""
    loops: list[simulated.SimulatedLoop] = []

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> simulated.SimulatedLoop:
            clock = _Selector()
            clock.loop = loop = simulated.SimulatedLoop(clock)
            loops.append(loop)
            return loop

    before = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(Policy())
    try:
        yield loops
    finally:
        asyncio.set_event_loop_policy(before)
