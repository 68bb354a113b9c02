"""What all tasks of one process share: a session, and claims. The last one to leave closes it.

So a flow's documents have one client, one pace, one budget and one set of reading processes, as those of `quire run`
have. A task that runs elsewhere, on a cluster's worker, shares with whoever is there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from flows.claims import Claims
from pipeline.job import Job
from pipeline.places import open_place
from pipeline.session import Session
from pipeline.settings import Settings

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


@dataclass(slots=True)
class _Open(Generic[_Value]):
    """What is open, how it is closed, and how many use it."""

    closing: AbstractContextManager[_Value]
    value: _Value
    users: int = 1


class _Shared(Generic[_Key, _Value]):
    """Things by their keys, each opened by the first who wants it and closed by the last."""

    def __init__(self) -> None:
        self._open: dict[_Key, _Open[_Value]] = {}
        self._lock = Lock()

    @contextmanager
    def use(self, key: _Key, make: Callable[[], AbstractContextManager[_Value]]) -> Iterator[_Value]:
        """The thing of that key while the context lasts."""
        with self._lock:
            if key in self._open:
                self._open[key].users += 1
            else:
                made = make()
                self._open[key] = _Open(made, made.__enter__())
            value = self._open[key].value
        try:
            yield value
        finally:
            with self._lock:
                one = self._open[key]
                one.users -= 1
                if not one.users:
                    del self._open[key]
                    one.closing.__exit__(None, None, None)


_sessions: _Shared[Settings, Session] = _Shared()
_claims: _Shared[str, Claims] = _Shared()


def sharing(job: Job, *, spent: float = 0.0) -> AbstractContextManager[Session]:
    """The session of this process for the job's settings. `spent` are US dollars that its run has spent elsewhere."""
    return _sessions.use(job.settings, lambda: Session(job, spent=spent))


def sharing_claims(job: Job) -> AbstractContextManager[Claims]:
    """The claims of this process on documents, in the store that all workers share."""
    store = job.settings.store
    return _claims.use(store, lambda: Claims(open_place(store), "documents"))
