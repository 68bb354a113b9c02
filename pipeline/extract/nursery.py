"""One process that has loaded all that reading takes, and forks one for each document: 10 ms and not half a second.

It opens nothing itself and has no keys, so that what it forks begins as clean as what is started.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.extract.process import Worker, WorkerGone

_log = logging.getLogger(__name__)


class Nursery:
    """The process that forks, started at the first need. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: Worker | None = None

    def fork(self) -> Worker:
        """A process with nothing open. Raises WorkerGone where the one that forks is lost: the next call starts one."""
        with self._lock:
            self._worker = self._worker or Worker.start()
            try:
                return self._worker.fork()
            except WorkerGone:
                self._worker.close()
                self._worker = None
                raise

    def close(self) -> None:
        """End the process that forks; what it forked is to be ended before."""
        with self._lock:
            if self._worker:
                self._worker.close()
                self._worker = None


_open: list[Nursery] = []
_lock = threading.Lock()


@contextmanager
def nursery() -> Iterator[None]:
    """While the block runs, `fresh` forks. Blocks may overlap: the first one's process serves until its own ends."""
    own = Nursery()
    with _lock:
        _open.append(own)
    try:
        yield
    finally:
        with _lock:
            _open.remove(own)
        own.close()


def fresh() -> Worker:
    """A process with nothing open: forked where a nursery is open, else started. Raises WorkerGone."""
    with _lock:
        first = _open[0] if _open else None
    if first is None:
        return Worker.start()
    try:
        return first.fork()
    except WorkerGone as gone:
        _log.warning("The process that forks readers is gone (%s); one is started instead.", gone)
        return Worker.start()
