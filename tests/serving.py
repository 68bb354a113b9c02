"""`quire serve` as a user starts it, in a folder of its own, with a server and a worker, and all that it says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.prefect_server import PrefectServer
from tests.processes import free_port, started

ROOT = Path(__file__).resolve().parent.parent
WATCHED = Path(__file__).resolve().parent / "watched"
START_SECONDS = 200.0
LOOPBACK = {"127.0.0.1", "localhost", "::1", "", "None", "0.0.0.0"}


@dataclass(frozen=True, slots=True)
class Served:
    """The folder that it was started in, its server, its process, and the file with the addresses that it called."""

    folder: Path
    server: PrefectServer
    process: subprocess.Popen[bytes]
    sockets: Path

    def runs(self, flow: str, state: str | None = None) -> list[dict[str, Any]]:
        """The runs of a flow, the newest first; those in one state alone where it is given."""
        rows = self.server.rows("flow_runs", flows={"name": {"any_": [flow]}}, sort="START_TIME_DESC")
        return [row for row in rows if state is None or row["state_type"] == state]

    def wait(self, reached: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until something is so; fails with what was said when that takes too long."""
        until = time.monotonic() + seconds
        while not reached():
            assert self.process.poll() is None, f"quire serve ended: {said(self.folder)}"
            assert time.monotonic() < until, f"{what} was not reached in {seconds} s: {said(self.folder)}"
            time.sleep(0.5)


def said(folder: Path) -> str:
    """What `quire serve`, its server and its worker said."""
    logs = (folder / "serve.log", *sorted((folder / "state").rglob("*.log")))
    return "\n".join(f"== {log.name}\n{log.read_text(encoding='utf-8', errors='replace')[-6000:]}" for log in logs)


@contextmanager
def serve(folder: Path, config: str, **environment: str) -> Iterator[Served]:
    """`quire serve` with that `quire.toml` while the block runs; ready when its worker is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "quire.toml").write_text(config, encoding="utf-8")
    port, sockets = free_port(), folder.parent / f"{folder.name}-sockets.log"
    base = f"http://127.0.0.1:{port}"
    server = PrefectServer(f"{base}/api", base, folder / "prefect", folder / "serve.log")
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    own |= {
        "PREFECT_HOME": str(folder / "prefect"),
        "XDG_STATE_HOME": str(folder / "state"),
        "QUIRE_STORE": str(folder / "store"),
        "QUIRE_TEST_SOCKETS": str(sockets),
        "PYTHONPATH": os.pathsep.join([str(WATCHED), str(ROOT), own.get("PYTHONPATH", "")]),
        "NO_COLOR": "1",
        **environment,
    }
    command = [sys.executable, "-m", "flows.cli.main", "serve", "--port", str(port)]
    with started(command, server.log, env=own, cwd=folder, patience=90) as process:
        served = Served(folder, server, process, sockets)
        log = folder / "state" / "quire" / "serve" / "worker.log"
        served.wait(lambda: log.exists() and "started!" in log.read_text("utf-8"), START_SECONDS, "a worker")
        yield served


def hosts(sockets: Path) -> set[str]:
    """Whom the processes that were watched called or looked up."""
    return {line.partition(" ")[2].strip("'b") for line in sockets.read_text(encoding="utf-8").splitlines()}


def processes_of(folder: Path) -> list[str]:
    """The processes whose environment names the folder: all that was started below one that was given it."""
    mark, found = f"PREFECT_HOME={folder / 'prefect'}".encode(), []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                if mark in (place / "environ").read_bytes().split(b"\0"):
                    found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            except OSError:
                continue  # It ended meanwhile, which is what is hoped for.
    return found
