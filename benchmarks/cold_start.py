"""How long a user waits for the first sign of work: of `make demo` and of `quire serve`, set up already.

    python benchmarks/cold_start.py

Each is started twice in a folder of its own: cold, where Prefect has no database yet, and warm, with the one of the
first time. Beside them what cannot be shorter: Prefect imported, and its server alone until it is healthy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.prefect_server import prefect_server
from tests.serving import serve
from tests.strict_wire import ROOT

Steps = Mapping[str, float]
"""Seconds since the start, by what was reached."""


def imported(module: str) -> Steps:
    """A fresh interpreter that imports a module and ends."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, check=True)
    return {"imported": time.monotonic() - began}


def plain_server(home: Path) -> Steps:
    """Prefect's server as its own command starts it."""
    began = time.monotonic()
    with prefect_server(home):
        return {"healthy": time.monotonic() - began}


def demo(home: Path) -> Steps:
    """`make demo`, of which the set-up is done; its documents are understood anew each time."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    own |= {"PREFECT_HOME": str(home / "prefect"), "QUIRE_STORE": tempfile.mkdtemp(dir=home)}
    command = [sys.executable, "-u", "-m", "flows.demo"]
    reached: dict[str, float] = {}
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            for mark, step in (("Starting", "said"), ("Beginning", "first run begun"), ("Finished", "first run done")):
                if mark in line:
                    reached.setdefault(step, time.monotonic() - began)
        reached["all four done"] = time.monotonic() - began
    assert process.wait() == 0
    return reached


def served(home: Path) -> Steps:
    """`quire serve`, until its worker takes runs."""
    shutil.rmtree(home / "work" / "state", ignore_errors=True)  # The logs of the last time tell of a worker as well.
    began = time.monotonic()
    with serve(home / "work", ""):
        return {"a worker takes runs": time.monotonic() - began}


def main() -> int:
    """Print each with its steps."""
    with tempfile.TemporaryDirectory(prefix="quire-start-") as name:
        home = Path(name)
        _show("import pipeline", imported("pipeline"))
        _show("import prefect.flows", imported("prefect.flows"))
        for kind in ("cold", "warm"):
            _show(f"prefect server start, {kind}", plain_server(home / "plain"))
            _show(f"quire serve, {kind}", served(home))
            _show(f"make demo, {kind}", demo(home))
    return 0


def _show(what: str, steps: Steps) -> None:
    print(f"{what:28s}" + ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps.items()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
