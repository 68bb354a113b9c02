"""The Prefect server that flows are run by: the one that is there, or one of our own on this machine.

A server of our own listens on the loopback interface alone, calls nobody, keeps its data in Prefect's home (on SQLite,
or where PREFECT_API_DATABASE_CONNECTION_URL says), and ends with what started it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from pipeline import QuireError

START_SECONDS = 180.0
"""A server takes 7 to 21 s to start on a busy machine, its first database included; ten times that is a failure."""
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is; `ours` where it was started here."""

    api: str
    ours: bool

    @property
    def ui(self) -> str:
        """The address of its UI."""
        return self.api.removesuffix("/api")


def healthy(api: str) -> bool:
    """Whether a Prefect server answers at that address."""
    try:
        with urlopen(f"{api}/health", timeout=5) as answer:
            return bool(answer.read() == b"true")
    except (URLError, OSError, ValueError):
        return False


@contextmanager
def server(api: str | None, port: int, settings: Mapping[str, str], log: Path) -> Iterator[Server]:
    """The server at `api`, else the one that listens on `port`, else one that is started there, and stopped at the end.

    Raises QuireError where none can be had.
    """
    if api is not None:
        if not healthy(api):
            raise QuireError("No Prefect server answers at PREFECT_API_URL: start it, or unset that to have one here.")
        yield Server(api, ours=False)
        return
    here = f"http://127.0.0.1:{port}/api"
    if healthy(here):
        yield Server(here, ours=False)
        return
    command = ["-m", "uvicorn", "--factory", "flows.prefect_app:make", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--log-level", "error"]
    own = {"PREFECT_SERVER_UI_API_URL": here, "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false"}
    with child([sys.executable, *command], {**own, **settings}, log) as process:
        _await(here, process, log)
        yield Server(here, ours=True)


def _await(api: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not healthy(api):
        if process.poll() is not None:
            raise QuireError(f"The Prefect server ended as it was started: {_last(log)} ({log} has it all).")
        if time.monotonic() > until:
            raise QuireError(f"The Prefect server was not there after {START_SECONDS:.0f} s: see {log}.")
        time.sleep(0.25)


def _last(log: Path) -> str:
    """The last line of a log that says something."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


@contextmanager
def child(command: Sequence[str], settings: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, with what it says in a log, which is ended with all that it started.

    In a session of its own it does not get the terminal's Ctrl-C, so that what is stopped first is decided here.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as said:
        process = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process group to end, and end it where it does not."""
    for sign, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break  # All of it has ended.
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue  # The next signal is one that no process can disregard.
    process.wait()
