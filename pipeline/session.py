"""What all documents of one run share, so that many of them can be worked on at once."""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from pipeline.ask.endpoint import Endpoint
from pipeline.ask.ledger import Account
from pipeline.asking import open_endpoint
from pipeline.books import open_ledger
from pipeline.extract.limits import cores
from pipeline.extract.nursery import nursery
from pipeline.extract.reader import Reading
from pipeline.heap import share_arenas
from pipeline.job import Job
from pipeline.places import fetched
from pipeline.plan import open_document
from pipeline.presence import running
from pipeline.progress import Progress, Report
from pipeline.settings import Secret

MOST_PAGES = 2000
"""Pages of all documents at once, which are held in memory; a document that has more of them is worked on alone."""

_T = TypeVar("_T")


class Session:
    """The job, the endpoint, the budget, the processes that read, and how much is done at once.

    A context manager. Each document has a thread of its caller's; all of them ask in one event loop, so that the limit
    on requests at once, the budget and the answers under way are those of the run. `spent` are US dollars that the run
    has spent before.
    """

    endpoint: Endpoint

    def __init__(self, job: Job, *, spent: float = 0.0) -> None:
        self.job = job
        self.ledger = open_ledger(job, spent)
        self._on_document = 0.0
        self._hands = Hands(cores())
        self._room = Room(MOST_PAGES)
        self._readings: set[Reading] = set()
        self._stopped = Event()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="asking", daemon=True)
        self._closing = ExitStack()

    @property
    def at_once(self) -> int:
        """How many documents to work on at once: as many as can be computed on, and as many as can be asked about."""
        return cores() + self.job.target.concurrency

    def __enter__(self) -> Self:
        share_arenas()
        with ExitStack() as opening:  # where the store refuses, what was begun is ended
            opening.enter_context(running(self.job.settings))
            opening.enter_context(nursery())
            self._thread.start()
            opening.callback(self._end_loop)
            self.endpoint = open_endpoint(self.job, self.ledger)
            opening.callback(lambda: self.wait(self.endpoint.close()))
            self._closing = opening.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if fault is not None:
            self.stop()
        self._closing.close()

    def doing(self, job: Job, *, spent: float = 0.0) -> Session:
        """This session at another job, of another schema or other pages: what is shared stays shared. To be used while
        this one lasts; `spent` are US dollars that its document has taken before."""
        other = copy.copy(self)
        other.job, other._on_document = job, spent
        return other

    def account(self, spent: float = 0.0) -> Account:
        """The account of one document, of which so much was spent by now."""
        return self.ledger.document(self._on_document + spent)

    def wait(self, asking: Coroutine[Any, Any, _T]) -> _T:
        """What the asking comes to. Raises CancelledError where the session is stopped meanwhile."""
        return asyncio.run_coroutine_threadsafe(asking, self._loop).result()

    @contextmanager
    def opened(self, path: str | Path, password: Secret | None = None) -> Iterator[Reading]:
        """A document to work on, once there is room for it; a copy of it is here meanwhile, where it is at an address.

        Raises what `open_document` raises.
        """
        with fetched(path) as file:
            with self.hand():
                reading = open_document(file, self.job, password)
            reading.processes = lambda: 1 + self._hands.free  # as many as cores, of all documents together
            self._readings.add(reading)
            try:
                with self._room.of(reading.document.page_count):
                    yield reading
            finally:
                self._readings.discard(reading)
                reading.close()

    @contextmanager
    def hand(self) -> Iterator[None]:
        """One of as many turns to compute as there are cores. Not to be held while an endpoint is waited for."""
        with self._hands.one():
            self._check()
            yield

    def told(self, report: Report) -> Report:
        """The same report, which ends the work that it tells of where the session is stopped."""

        def tell(progress: Progress) -> None:
            self._check()
            report(progress)

        return tell

    def stop(self) -> None:
        """Give up what is under way: every document's thread ends soon, most with a CancelledError."""
        self._stopped.set()
        self._loop.call_soon_threadsafe(self._cancel)
        for reading in tuple(self._readings):
            reading.close()

    def _check(self) -> None:
        if self._stopped.is_set():
            raise CancelledError("The run was stopped.")

    def _cancel(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def _end_loop(self) -> None:
        self.wait(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Hands:
    """So many turns to compute, taken and given back; `free` is how many of them nobody has now."""

    def __init__(self, count: int) -> None:
        self.free = count
        self._changed = Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a turn, and give it back at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self.free)
            self.free -= 1
        try:
            yield
        finally:
            with self._changed:
                self.free += 1
                self._changed.notify()


class Room:
    """Lets documents in, in the order in which they come, while their pages together are not too many.

    One that has too many by itself is let in when it is alone.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._changed = Condition()
        self._waiting: deque[object] = deque()

    @contextmanager
    def of(self, pages: int) -> Iterator[None]:
        """Wait for so much room, and give it back at the end."""
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            self._changed.wait_for(lambda: self._waiting[0] is turn and self._fits(pages))
            self._waiting.popleft()
            self._taken += pages
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._taken -= pages
                self._changed.notify_all()

    def _fits(self, pages: int) -> bool:
        return not self._taken or self._taken + pages <= self._most
