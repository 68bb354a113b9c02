"""Limits that all workers of a Prefect server share: requests at once, and a minute, whatever machine asks.

They are global concurrency limits of the server, named by the endpoint's host: `quire-requests-HOST` and
`quire-rate-HOST` (`prefect gcl create`). Where there is none, nothing holds back but the limits of each process. A
document takes its share of them once, not each request: taking one costs a call to the server, 10 to 50 ms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from urllib.parse import urlsplit

from pipeline.job import Job
from pipeline.profiles import OFFLINE


def host_of(job: Job) -> str:
    """The endpoint's host and port as the names of limits have them."""
    address = urlsplit(job.target.profile.base_url).netloc.rpartition("@")[2]
    return re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")


@contextmanager
def within_limits(job: Job, requests: int) -> Iterator[None]:
    """Wait for, and hold, what a document of so many requests takes of the server's limits."""
    if job.target.profile.name == OFFLINE or not requests:
        yield
        return
    from prefect.concurrency.sync import concurrency, rate_limit

    rate, at_once = f"quire-rate-{host_of(job)}", f"quire-requests-{host_of(job)}"
    if _slots(rate):
        for _ in range(requests):
            rate_limit(rate, occupy=1)
    share = min(requests, job.target.concurrency, _slots(at_once))
    with concurrency(at_once, occupy=share) if share else nullcontext():
        yield


@cache
def _slots(name: str) -> int:
    """How many slots a limit of the server has, 0 where there is no such limit; asked once a process."""
    from prefect import get_client
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            return client.read_global_concurrency_limit_by_name(name).limit
        except ObjectNotFound:
            return 0
