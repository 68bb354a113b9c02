"""Processes that a test starts beside itself, each in a session of its own, and ends whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


def free_port() -> int:
    """A port of the loopback interface that nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def started(
    command: Sequence[str],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    end: signal.Signals = signal.SIGTERM,
    patience: float = 10.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process while the block runs; what it says goes to `log`. It is asked to end by a signal, then killed with all
    that it started.

    A session of its own, so that it does not inherit that signals are ignored, and can be killed as a whole.
    """
    if shutil.which("setpriv"):  # Also where the tests themselves are killed: then nobody is left to end it.
        command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=cwd, user=user, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(end)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started, as a machine that loses its power would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
