"""A real Prefect server of a test's own, with its home in a folder and on a free port of the loopback interface.

with prefect_server(tmp_path / "prefect") as server:
    subprocess.run([...], env={**os.environ, **server.environment})
    assert server.states() == {"COMPLETED": 3}
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.processes import free_port, started

START_SECONDS = 120
_PAGE = 200
"""The most rows that the API gives at once."""


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """Where the server is: `api` the address of its API, `ui` that of its pages, `home` its folder, `log` what it
    says."""

    api: str
    ui: str
    home: Path
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a client or a worker needs in its environment to reach it, and nothing else."""
        return {"PREFECT_HOME": str(self.home), "PREFECT_API_URL": self.api, **_QUIET}

    def get(self, path: str) -> Any:
        """What the API answers to GET, such as `/flow_runs/<id>`."""
        answer = httpx2.get(f"{self.api}{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """What the API answers to POST, such as `/flow_runs/count`."""
        answer = httpx2.post(f"{self.api}{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def rows(self, kind: str, **filters: Any) -> list[dict[str, Any]]:
        """All rows of a kind: "flow_runs", "task_runs", "artifacts", "deployments", "work_pools"."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.post(f"/{kind}/filter", limit=_PAGE, offset=len(found), **filters)
            found += page
            if len(page) < _PAGE:
                return found

    def states(self, **filters: Any) -> Counter[str]:
        """How many flow runs are in which state ("COMPLETED", "RUNNING", ...)."""
        return Counter(str(row["state_type"]) for row in self.rows("flow_runs", **filters))

    def wait(self, reached: Callable[[], bool], seconds: float, what: str = "the state waited for") -> None:
        """Wait until something is so; fails with the states that there are when that takes too long."""
        until = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < until, f"{what} was not reached in {seconds} s: {dict(self.states())}"
            time.sleep(0.5)


_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "NO_COLOR": "1",
}


@contextmanager
def prefect_server(home: Path, database: str | None = None) -> Iterator[PrefectServer]:
    """The server while the block runs, on a database of its own in `home` or that one (`postgresql+asyncpg://...`)."""
    home.mkdir(parents=True, exist_ok=True)
    base = f"http://127.0.0.1:{(port := free_port())}"
    server = PrefectServer(f"{base}/api", base, home, home / "server.log")
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    own |= {**server.environment, "PREFECT_SERVER_UI_API_URL": server.api}
    if database is not None:
        own["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database
    command = [str(Path(sys.executable).with_name("prefect")), "server", "start", "--host", "127.0.0.1"]
    with started([*command, "--port", str(port)], server.log, env=own, cwd=home) as process:
        until = time.monotonic() + START_SECONDS
        while not _healthy(server):
            said = server.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            assert process.poll() is None and time.monotonic() < until, f"Prefect's server did not start: {said}"
            time.sleep(0.2)
        yield server


def _healthy(server: PrefectServer) -> bool:
    try:
        return httpx2.get(f"{server.api}/health", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False  # Not yet there: the caller asks again, and gives up in the end.


@contextmanager
def used_here(server: PrefectServer) -> Iterator[None]:
    """The flows of this process talk to the server, and keep what they keep in its home."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, PREFECT_HOME, temporary_settings

    mine: Any = {PREFECT_API_URL: server.api, PREFECT_HOME: server.home, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(mine):
        yield
        # What tells the server of events and logs keeps its address as long as it lives.
        for teller in (EventsWorker, APILogWorker):
            teller.drain_all(timeout=10)
