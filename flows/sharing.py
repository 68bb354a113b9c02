"""The session that all tasks of one process share; a task that runs elsewhere opens one of its own.

So a flow's documents have one client, one pace, one budget and one set of reading processes, as those of `quire run`
have, and the same tasks still run by themselves on another worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.job import Job
from pipeline.session import Session
from pipeline.settings import Settings

_shared: dict[Settings, Session] = {}


@contextmanager
def sharing(job: Job, *, spent: float = 0.0) -> Iterator[Session]:
    """A session for every task of this process that has the same settings, while this lasts.

    `spent` are US dollars that the run has spent before. Where such a session is there already, it is given.
    """
    if job.settings in _shared:
        yield _shared[job.settings]
        return
    with Session(job, spent=spent) as session:
        _shared[job.settings] = session
        try:
            yield session
        finally:
            del _shared[job.settings]
