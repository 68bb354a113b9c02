"""`make demo` in a checkout of its own: complete results, and no address but this machine's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import LOOPBACK, ROOT, WATCHED, hosts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_demo_understands_the_samples_and_calls_nobody(tmp_path: Path) -> None:
    checkout, sockets = tmp_path / "checkout", tmp_path / "sockets.log"
    for part in ("flows", "pipeline", "samples"):
        shutil.copytree(ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "QUIRE_", "PYTHON"))}
    own |= {
        "QUIRE_TEST_SOCKETS": str(sockets),
        "PYTHONPATH": os.pathsep.join([str(WATCHED), str(checkout)]),
        "HOME": str(tmp_path / "home"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "flows.demo"], cwd=checkout, env=own, capture_output=True, text=True, timeout=540
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results = {path.name: json.loads(path.read_bytes()) for path in (checkout / "outputs").glob("*.json")}
    assert {name: result["status"] for name, result in results.items()} == dict.fromkeys(
        ("annual-report.json", "contract-scan.json", "invoice.json", "paper.json"), "complete"
    )
    assert all(name.removesuffix(".json") in done.stdout for name in results), "the table names each"
    called = hosts(sockets)
    assert "127.0.0.1" in called, "Prefect inside was called: the sockets were watched"
    assert called <= LOOPBACK, called
    assert sorted(path.name for path in checkout.iterdir()) == [".quire", "flows", "outputs", "pipeline", "samples"]
