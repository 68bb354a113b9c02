"""The Prefect flow, on a real embedded Prefect server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import chat_server
from tests.pdfs import make_pdf

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    """One `quire run --prefect` over a good, a missing and an encrypted document, with a key in the environment."""
    folder = tmp_path_factory.mktemp("flow")
    make_pdf(folder / "report.pdf", picture=True)
    make_pdf(folder / "locked.pdf", password="hunter2")
    with chat_server() as server:
        environment = {
            **os.environ,
            "PREFECT_HOME": str(folder / "prefect"),
            "QUIRE_STORE": str(folder / "store"),
            "QUIRE_API_KEY": "secret-key",
        }
        command = [sys.executable, "-m", "flows.cli.main", "run", "report.pdf", "gone.pdf", "locked.pdf", "--prefect"]
        command += ["--json", "--engine", server.address, "--model", "m"]
        paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=folder, env={**environment, "PYTHONPATH": paths}, timeout=280
        )
        assert [headers["authorization"] for headers in server.headers] == ["Bearer secret-key"]
    yield folder, done


@pytest.mark.slow
def test_each_document_is_a_run_of_its_own_and_a_failed_one_stops_no_other(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = ran
    assert done.returncode == 2, done.stderr[-2000:]
    summary: dict[str, Any] = json.loads(done.stdout)
    assert [row["status"] for row in summary["documents"]] == ["complete", "failed", "failed"]
    assert "gone.pdf is not there" in summary["documents"][1]["reason"]
    assert "password" in summary["documents"][2]["reason"]
    result = json.loads((folder / "outputs" / "report.json").read_bytes())
    assert result["status"] == "complete" and result["run"]["cost_usd"] == 0
    assert result["run"]["requests"][0]["attempts"] == 1, "what the ask task spent is told by the write task"


@pytest.mark.slow
def test_the_log_names_no_traceback_no_telemetry_and_no_key(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = ran
    assert "Traceback" not in done.stderr and "telemetry" not in done.stderr
    assert "3 pages, 1 pictures: 1 requests" in done.stderr
    assert "Borealis" not in done.stderr, "no document text in the log"
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"secret-key" not in path.read_bytes(), path
