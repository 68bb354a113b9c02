"""A PostgreSQL server of a test's own: in a temporary folder, on a free port of the loopback interface."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import free_port, started

_DEBIAN = Path("/usr/lib/postgresql")


def _programs() -> Path:
    """The folder of the server's programs: on the path, or where Debian keeps each version's."""
    found = [Path(name).resolve().parent for name in filter(None, [shutil.which("initdb")])]
    found += sorted(_DEBIAN.glob("*/bin"), reverse=True)
    if not found:
        pytest.skip("no PostgreSQL here: on Debian, apt-get install postgresql")
    return found[0]


@contextmanager
def postgres() -> Iterator[str]:
    """The server while the block runs; the address of an empty database as SQLAlchemy with asyncpg takes it."""
    programs, port = _programs(), free_port()
    owner = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    with tempfile.TemporaryDirectory(prefix="quire-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if owner:
            shutil.chown(folder, owner)
        data, log = folder / "data", folder / "log"
        make = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "-N"]
        subprocess.run([*make, "--locale=C"], check=True, capture_output=True, cwd=folder, user=owner, timeout=60)
        serve = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
        settings = ("listen_addresses=127.0.0.1", "fsync=off", "max_connections=200")
        for one in settings:
            serve += ["-c", one]
        with started(serve, log, cwd=folder, user=owner, end=signal.SIGINT) as process:
            _wait(programs, port, process, log)
            yield f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"


def _wait(programs: Path, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server takes connections."""
    for _ in range(300):
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2000:]
        ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        if subprocess.run(ready, capture_output=True, timeout=10).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(f"PostgreSQL did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
