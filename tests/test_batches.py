"""Jobs that can wait: asked through a batch API, paid for once, resumed after a kill at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from flows.cli.main import main
from pipeline import Settings, UsageError, understand
from pipeline.ask.answers import AnswerStore
from pipeline.ask.ledger import cost_of
from pipeline.profiles import models
from pipeline.result.model import Result
from tests.batch_server import BatchServer, Json, batch_server, stand_in
from tests.chat_server import Reply, answer_nothing, chat_response, usage_of
from tests.pdfs import make_pdf

MODEL = "mistral-small-3.2-24b"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchServer]:
    with batch_server() as one:
        stand_in(one, monkeypatch)
        yield one


def document(folder: Path, name: str = "report", pages: int = 12) -> Path:
    path = folder / f"{name}.pdf"
    if not path.exists():
        make_pdf(path, [f"Page {n} of {name} begins. " + "All is well here. " * 90 for n in range(1, pages + 1)])
    return path


def run(folder: Path, **given: Any) -> Result:
    """Twelve pages in windows of 4,096 tokens: five requests or so."""
    values = {"model": MODEL, "window_tokens": 4096, "batch": True, "wait_seconds": 0, **given}
    return understand(document(folder), Settings(engine="openai", store=str(folder / "store"), **values))


def reading(bodies: list[Json]) -> list[Json]:
    """The bodies of requests that read pages."""
    return [body for body in bodies if "<page" in json.dumps(body["messages"][1])]


def test_all_requests_of_all_documents_go_into_one_batch_at_the_price_of_batches(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(document(tmp_path, name, 9)) for name in ("one", "two")]
    flags = ["--engine", "openai", "--model", MODEL, "--window-tokens", "4096", "--batch"]
    (tmp_path / "quire.toml").write_text(f'store = "{tmp_path / "store"}"\n')
    monkeypatch.chdir(tmp_path)
    assert main(["run", *paths, "--out", str(tmp_path / "out"), *flags]) == 0
    assert len(server.batches) == 1 and reading(server.bodies) == []
    results = [Result.model_validate_json((tmp_path / "out" / f"{one}.json").read_bytes()) for one in ("one", "two")]
    assert {page.fate for result in results for page in result.coverage.pages} == {"answered"}
    read = [row for result in results for row in result.requests if row.kind == "read"]
    assert sorted(server.asked) == sorted(row.fingerprint for row in read) and len(read) > 2
    rows = [row for result in results for row in result.run.requests if row.id.startswith("r")]
    full = [cost_of({"usage": usage}, models()["mistral-small-3.2"]) for usage in usages(server)]
    assert sum(row.cost_usd for row in rows) == pytest.approx(sum(full) / 2)
    assert not any(row.from_store for row in rows)
    assert sorted(server.deleted) == ["batch-1-output_file_id", "file-1"]


def usages(server: BatchServer) -> list[Mapping[str, Any]]:
    return [usage_of(json.loads(line)["body"]) for line in server.files["file-1"].splitlines()]


def test_answers_that_came_in_a_batch_are_paid_for_once(server: BatchServer, tmp_path: Path) -> None:
    first = run(tmp_path)
    directly = len(server.bodies)
    again, without = run(tmp_path), run(tmp_path, batch=False)
    assert first.status == "complete" and len(server.batches) == 1 and len(server.bodies) == directly
    assert again.content_sha256 == without.content_sha256 == first.content_sha256
    assert again.run.cost_usd == 0 < first.run.cost_usd
    run(tmp_path, fresh=True)
    assert len(server.batches) == 2 and len(reading(server.bodies)) == 0


@pytest.mark.parametrize("bad", ["none", "error", "invalid", "cut"])
def test_what_a_batch_does_not_answer_is_asked_directly(bad: str, server: BatchServer, tmp_path: Path) -> None:
    def answer(body: Json) -> Reply | None:
        asked_directly = server.bodies and body == server.bodies[-1]
        if asked_directly or '<page n=\\"1\\"' not in json.dumps(body["messages"][1]):
            return answer_nothing(body)
        cut = {**answer_nothing(body).body, "usage": {"prompt_tokens": 900, "completion_tokens": 2}}
        replies = {
            "none": None,
            "error": Reply({"error": {"message": "no"}}, 500),
            "invalid": Reply(chat_response("no JSON", usage=usage_of(body))),
            "cut": Reply(cut),
        }
        return replies[bad]

    server.answer = answer
    result = run(tmp_path)
    assert result.status == "complete" and len(reading(server.bodies)) == 1
    spent = [row.cost_usd for row in result.run.requests if row.id == "r1"]
    least = cost_of(answer_nothing(server.bodies[0]).body, models()["mistral-small-3.2"])
    assert (spent[0] > least) == (bad in ("invalid", "cut")), "what a bad answer cost is told"
    directly = len(server.bodies)
    again = run(tmp_path)
    assert len(server.batches) == 1 and len(server.bodies) == directly and again.run.cost_usd == 0


@pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
def test_a_batch_that_does_not_complete_costs_no_page(status: str, server: BatchServer, tmp_path: Path) -> None:
    server.status = status
    server.answer = lambda body: answer_nothing(body) if body in server.bodies else None
    result = run(tmp_path)
    assert result.status == "complete" and len(reading(server.bodies)) == len(server.asked)


class Killed(BaseException):
    """Ends a run where it stands."""


@pytest.mark.parametrize(
    ("moment", "batches"), [("put_in_batch", 1), ("keep_batch", 1), ("put", 1)], ids=["before", "made", "fetching"]
)
def test_a_run_that_ends_at_any_moment_finds_its_batch(
    moment: str, batches: int, server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = getattr(AnswerStore, moment)

    def ends(self: AnswerStore, *given: Any) -> None:
        calls.append(given)
        if len(calls) == 2 - (moment == "keep_batch"):
            raise Killed
        original(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(AnswerStore, moment, ends)
        with pytest.raises(Killed):
            run(tmp_path)
    result = run(tmp_path)
    assert result.status == "complete" and reading(server.bodies) == []
    assert len(server.batches) == batches and len(server.asked) == len(set(server.asked))


SCRIPT = """
import sys
from flows.cli.main import main
from pipeline import profiles
from tests.batch_server import as_openai
known = as_openai(sys.argv[1])
profiles.endpoints = lambda: known
import pipeline.ask.batch as batch
batch.FIRST_LOOK = batch.LAST_LOOK = 0.05
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.slow
def test_a_process_that_is_killed_while_it_waits_uploads_nothing_twice(server: BatchServer, tmp_path: Path) -> None:
    server.looks = 1_000_000
    flags = ["--engine", "openai", "--model", MODEL, "--window-tokens", "4096", "--batch", "--out", "out"]
    command = [sys.executable, "-c", SCRIPT, server.address, "run", str(document(tmp_path)), *flags]
    place = {**os.environ, "PYTHONPATH": str(ROOT), "QUIRE_STORE": str(tmp_path / "store")}
    process = subprocess.Popen(command, cwd=tmp_path, env=place, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not any(batch["looks"] > 2 for batch in server.batches.values()):
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.looks = 1
    done = subprocess.run(command, cwd=tmp_path, env=place, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (server.uploads, len(server.batches), reading(server.bodies)) == (1, 1, [])


@pytest.mark.slow
def test_faults_that_pass_make_no_second_batch(server: BatchServer, tmp_path: Path) -> None:
    made = server.post

    def post(path: str, content: bytes, kind: str) -> tuple[int, Json]:
        answered = made(path, content, kind)
        return (502, {"error": {"message": "bad gateway"}}) if path == "/v1/batches" else answered

    server.post = post  # type: ignore[method-assign]
    server.failing = {"POST /v1/files": [503], "GET /v1/batches/batch-1": [500, 502]}
    result = run(tmp_path, wait_seconds=0)
    assert result.status == "complete" and len(server.batches) == 1 and reading(server.bodies) == []


def test_a_batch_that_would_pass_the_budget_is_not_sent(server: BatchServer, tmp_path: Path) -> None:
    result = run(tmp_path, max_cost=0.0)
    assert not server.batches and not server.bodies and result.run.exit_code == 4


def test_of_a_batch_as_much_is_sent_as_the_budget_holds(server: BatchServer, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = run(tmp_path / "a")
    assert whole.run.estimate_usd is not None
    asked = len(server.asked)
    part = run(tmp_path / "b", max_cost=whole.run.estimate_usd / 12)
    assert 0 < len(server.asked) - asked < asked
    assert part.run.cost_usd <= whole.run.estimate_usd / 12


def test_only_an_endpoint_that_is_known_to_have_batches_is_asked_for_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no batch API"):
        understand(document(tmp_path), Settings(engine="http://127.0.0.1:1/v1", batch=True, store=str(tmp_path)))
