"""A pool of workers as on several machines: PostgreSQL, S3 and a model's server, and workers that share nothing else.

Each worker has folders of its own for all that it keeps, and processes that are known by a mark in their environment,
so that a machine can lose its power.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec

from tests.postgres import postgres
from tests.prefect_server import PrefectServer, prefect_server
from tests.processes import free_port, started
from tests.strict_log import Exchange, read_log
from tests.strict_wire import ROOT, in_a_process

BUCKET = "documents"
POOL = "quire"
MARK = "QUIRES_TEST_MACHINE"
_RUN = """
import sys
from flows.batch import understand_batch
from flows.parameters import BatchRun
state = understand_batch(BatchRun.model_validate_json(sys.argv[1]), return_state=True)
print(state.name, state.message)
sys.exit(not state.is_completed())
"""


@dataclass
class Machines:
    """What the machines share; `workers` are those that were started, by name."""

    server: PrefectServer
    database: str
    s3: str
    model: str
    log: Path
    folder: Path
    stack: ExitStack
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        """That of a machine: folders of its own, and where the shared ones are."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        own = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), MARK: name, "PYTHONPATH": str(ROOT)}
        own |= {variable: str(home / variable) for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME")}
        return (
            own
            | self.server.environment
            | s3_variables(self.s3)
            | {
                "PREFECT_HOME": str(home / "prefect"),
                "QUIRE_STORE": f"s3://{BUCKET}/store",
            }
        )

    def start_worker(self, name: str) -> None:
        """Start a machine's worker, which takes one run at a time, and wait until it does."""
        command = [sys.executable, "-m", "prefect", "--no-prompt", "worker", "start", "--type", "process"]
        command += ["--pool", POOL, "--limit", "1", "--install-policy", "never"]
        log, home = self.folder / f"{name}.log", self.folder / name
        environment = self.environment(name)
        self.stack.callback(kill_machine, name)
        self.workers[name] = self.stack.enter_context(started(command, log, env=environment, cwd=home))
        wait(lambda: "started!" in log.read_text("utf-8", "replace"), 120, f"the worker {name}")

    def start_batch(self, **parameters: Any) -> subprocess.Popen[bytes]:
        """Hand out a batch, from a process that does nothing but wait for its chunks."""
        given = {"engine": "other", "server": self.model, "workers": True, **parameters}
        command = [sys.executable, "-c", _RUN, json.dumps(given)]
        return self.stack.enter_context(
            started(command, self.folder / "batch.log", env=self.environment("batch"), cwd=self.folder / "batch")
        )

    def exchanges(self) -> list[Exchange]:
        """What the model's server received."""
        return read_log(self.log)

    def said(self) -> str:
        """The ends of all logs, for whoever looks why a test failed."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text('utf-8', 'replace')[-3000:]}" for log in logs)


@contextmanager
def machines(folder: Path, rules: dict[str, Any]) -> Iterator[Machines]:
    """All that workers share, with the deployments in place and an empty bucket, while the block runs."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres())
        server = stack.enter_context(prefect_server(folder / "server", database))
        s3 = stack.enter_context(_s3_server(folder / "s3.log"))
        model = stack.enter_context(in_a_process(json.dumps(rules), folder / "model.jsonl"))
        made = Machines(server, database, s3, model, folder / "model.jsonl", folder, stack)
        command = [sys.executable, "-m", "flows.cli.main", "serve", "--setup"]
        subprocess.run(command, env=made.environment("setup"), cwd=folder, check=True, capture_output=True, timeout=120)
        yield made


@contextmanager
def _s3_server(log: Path) -> Iterator[str]:
    """A server of S3 in a process of its own, with a bucket."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with started([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], log):
        wait(lambda: "Running on" in log.read_text("utf-8", "replace"), 60, "S3")
        bucket(address).mkdir(BUCKET)
        yield address


def s3_variables(address: str) -> dict[str, str]:
    """What S3's libraries look for in the environment."""
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_DEFAULT_REGION": "us-east-1"}
    return {**keys, "AWS_ENDPOINT_URL": address}


def bucket(address: str) -> Any:
    """The file system of that server of S3."""
    return fsspec.filesystem(
        "s3",
        key="testing",
        secret="very-secret",
        endpoint_url=address,
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def kill_machine(name: str) -> None:
    """End all processes of a machine at once, as when its power fails: nobody is told, nothing is tidied up."""
    mark = f"{MARK}={name}".encode()
    while found := [process for process in _processes() if mark in _environment(process)]:
        for process in sorted(found):  # the worker is the oldest: it shall not see its run die
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)


def _processes() -> list[int]:
    return [int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()]


def _environment(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return []  # It has just ended, or ends and waits to be told of.


def wait(reached: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, f"{what} was not there after {seconds} s"
        time.sleep(0.2)
