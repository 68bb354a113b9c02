"""`quire serve`: the deployments, a worker for them on this machine, and a server where there is none."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import flows
import pipeline
from flows.embedded import prepare
from flows.server import Server, child, server
from flows.serving import Serving, load_serving
from pipeline import QuireError, UsageError
from pipeline.settings import state_folder


def execute(chosen: argparse.Namespace) -> int:
    """Serve until told to stop; then stop all that was started. 1 where the worker ended by itself."""
    _check_folder()
    given = {name: getattr(chosen, name) for name in ("port", "limit", "pool") if getattr(chosen, name) is not None}
    serving = load_serving().model_copy(update=given)
    prepare()
    logs = state_folder() / "serve"
    try:
        with _told_to_stop(), server(_api(), serving.port, _kept(serving), logs / "server.log") as where:
            _say(f"Prefect: {where.ui}" + (" (started here)" if where.ours else ""))
            for name in _deployed(serving, where):
                _say(f"  {name}")
            if chosen.setup:
                return 0
            _served(serving, where, logs / "worker.log")
    except Stopped:
        _say("Stopped, and all that was started here with it.")
    return 0


def _check_folder() -> None:
    """Refuse a folder whose own code would be run in place of ours: Prefect looks for a flow there first."""
    for package in (flows, pipeline):
        name = package.__name__
        for theirs in (Path(name, "__init__.py"), Path(f"{name}.py")):
            if theirs.exists() and not theirs.samefile(str(package.__file__)):
                raise UsageError(
                    f"This folder has a Python module of its own named {name} ({theirs}), which Prefect would take for"
                    " Quire's: run `quire serve` in another folder."
                )


class Stopped(Exception):
    """Somebody told the program to stop."""


def _api() -> str | None:
    """The server that the user named."""
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


def _kept(serving: Serving) -> Mapping[str, str]:
    """How long a server of our own keeps what has ended."""
    return {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(int(serving.keep_days * 86400)),
    }


def _deployed(serving: Serving, where: Server) -> list[str]:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.deployments import deploy

    with temporary_settings({PREFECT_API_URL: where.api}):
        return deploy(serving)


def _served(serving: Serving, where: Server, log: Path) -> None:
    """Work until the worker ends, which it does not by itself. Raises QuireError where it does."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "worker", "start", "--type", "process"]
    command += ["--pool", serving.pool, "--limit", str(serving.limit), "--install-policy", "never"]
    with child(command, {"PREFECT_API_URL": where.api}, log) as worker:
        _say(f"A worker takes up to {serving.limit} runs at once; its log: {log}. Ctrl-C stops.")
        worker.wait()
    raise QuireError(f"The worker ended by itself: see {log}.")


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """SIGINT and SIGTERM as an exception, also where a script's shell has them ignored."""

    def stop(number: int, frame: FrameType | None) -> None:
        for one in before:
            signal.signal(one, signal.SIG_IGN)  # once is enough: what is stopped now must not be left half stopped
        raise Stopped

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _say(line: str) -> None:
    print(line, flush=True)
