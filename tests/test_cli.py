"""The command line as a user meets it: what it writes, what it says, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from flows.cli.main import COMMANDS, main
from pipeline.result.model import SCHEMA_FILE
from tests.chat_server import Reply, answer_nothing, chat_response, chat_server, nothing_found, usage_of
from tests.commands import run_json as _run
from tests.pdfs import make_pdf

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = {"type": "object", "properties": {"revenue": {"type": "number"}, "company": {"type": "string"}}}


def test_a_document_ends_as_a_checked_file_and_a_readable_one(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "report.pdf", picture=True)
    code, summary, err = _run("run", "report.pdf", capsys=capsys)
    assert code == summary["exit_code"] == 0
    result = json.loads((inbox / "outputs" / "report.json").read_bytes())
    Draft202012Validator(json.loads(SCHEMA_FILE.read_bytes())).validate(result)
    assert result["status"] == "complete"
    assert [page["fate"] for page in result["coverage"]["pages"]] == ["answered"] * 3
    assert [picture["id"] for picture in result["coverage"]["pictures"]] == ["p1-f1"]
    assert (inbox / "outputs" / "report.figures" / "p1-f1.png").is_file()
    assert "Revenue rose to 12.4 million euros" in (inbox / "outputs" / "report.md").read_text()
    (row,) = summary["documents"]
    assert row["result"] == "outputs/report.json" and row["pages"] == 3 and row["gaps"] == 0
    assert json.loads((inbox / "outputs" / "run.json").read_bytes()) == summary
    assert "complete" in err


def test_any_compatible_server_works_with_an_address_and_a_model(
    inbox: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pdf(inbox / "report.pdf")
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "must-not-leave")
    with chat_server() as server:
        code, summary, _ = _run("run", "report.pdf", "--engine", server.address, "--model", "m", capsys=capsys)
    assert code == 0 and summary["documents"][0]["status"] == "complete"
    assert "must-not-leave" not in json.dumps([server.headers, server.bodies])
    assert not {"authorization", "openai-organization", "openai-project"} & set(server.headers[0])
    assert {body["model"] for body in server.bodies} == {"m"}
    assert json.loads((inbox / "outputs" / "report.json").read_bytes())["summary"]["text"] == "A summary."


@pytest.mark.parametrize("window", ["4096", "6000", "128000"])
def test_the_estimate_is_what_is_then_sent(window: str, inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "long.pdf", ["A paragraph about the harvest of the year. " * 60] * 9, picture=True)
    flags = ["--model", "mistralai/mistral-small-3.2-24b-instruct", "--window-tokens", window]
    with chat_server() as server:
        _, estimated, _ = _run("estimate", "long.pdf", "--engine", server.address, *flags, capsys=capsys)
        assert server.bodies == [], "an estimate sends nothing"
        code, _, _ = _run("run", "long.pdf", "--engine", server.address, *flags, capsys=capsys)
    assert code == 0
    first = estimated["documents"][0]["estimates"][0]
    result = json.loads((inbox / "outputs" / "long.json").read_bytes())
    read = [request for request in result["requests"] if request["kind"] == "read"]
    joins = [request for request in result["requests"] if request["kind"] == "merge"]
    assert first["reading_requests"] == len(read)
    assert first["reading"]["prompt"] == sum(request["tokens"] for request in read)
    assert first["joining_requests"] >= len(joins)
    assert first["joining"]["prompt"] >= sum(request["tokens"] for request in joins)
    assert len(server.bodies) == len(read) + len(joins)


def test_a_failed_request_is_a_gap_and_the_exit_code_says_so(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "long.pdf", ["A paragraph about the harvest of the year. " * 60] * 9)

    def answer(body: dict[str, Any]) -> Reply:
        flagged = '<page n="1">' in str(body["messages"])
        return Reply({"error": {"message": "flagged by moderation"}}, 403) if flagged else answer_nothing(body)

    with chat_server(answer) as server:
        flags = ("--engine", server.address, "--model", "m", "--window-tokens", 6000)
        code, _, err = _run("run", "long.pdf", *flags, capsys=capsys)
    result = json.loads((inbox / "outputs" / "long.json").read_bytes())
    assert code == 3 and result["status"] == "incomplete"
    failed = [page["page"] for page in result["coverage"]["pages"] if page["fate"] == "failed"]
    assert failed and failed == [gap["page"] for gap in result["coverage"]["gaps"]]
    assert 9 not in failed and "flagged by moderation" in result["coverage"]["gaps"][0]["reason"]
    assert "gaps" in err


def test_a_wrong_key_and_a_dead_address_end_with_5_and_write_no_result(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "report.pdf")
    with chat_server(lambda body: Reply({"error": {"message": "bad key"}}, status=401)) as server:
        code, summary, _ = _run("run", "report.pdf", "--engine", server.address, "--model", "m", capsys=capsys)
    assert code == 5 and "QUIRE_API_KEY" in summary["documents"][0]["reason"]
    code, summary, _ = _run("run", "report.pdf", "--engine", server.address, "--model", "m", capsys=capsys)
    assert code == 5 and server.address in summary["documents"][0]["reason"]
    assert not (inbox / "outputs" / "report.json").exists()


def test_a_budget_that_is_too_small_ends_with_4_and_sends_nothing(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "report.pdf")
    model = "mistral-small-3.2-24b"
    with chat_server() as server:
        flags = ("--engine", server.address, "--model", model, "--max-cost", 0.000001)
        code, _, _ = _run("run", "report.pdf", *flags, capsys=capsys)
    assert code == 4 and server.bodies == []


def test_the_budget_is_the_runs_and_not_each_documents(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        make_pdf(inbox / "in" / f"{number}.pdf", [f"Report number {number}."])

    def answer(body: dict[str, Any]) -> Reply:
        found = nothing_found(body)
        return Reply(chat_response(found, usage={**usage_of(body), "cost": 0.0033}))

    with chat_server(answer) as server:
        flags = ("--engine", server.address, "--model", "mistral-small-3.2-24b", "--max-cost", 0.008)
        code, summary, _ = _run("run", "in", *flags, capsys=capsys)
    assert code == 4 and len(server.bodies) == 2
    assert [row["exit_code"] for row in summary["documents"]] == [0, 0, 4]
    assert summary["totals"]["cost_usd"] <= 0.008 and summary["documents"][2]["status"] == "incomplete"


def test_the_password_comes_from_a_variable_or_a_file_and_is_shown_nowhere(
    inbox: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pdf(inbox / "locked.pdf", password="hunter2")
    code, _, err = _run("run", "locked.pdf", capsys=capsys)
    assert code == 2 and "password" in err
    (inbox / "secret.txt").write_text("hunter2\n")
    code, _, _ = _run("run", "locked.pdf", "--password-file", "secret.txt", capsys=capsys)
    assert code == 0
    monkeypatch.setenv("QUIRE_PDF_PASSWORD", "hunter2")
    code, _, err = _run("run", "locked.pdf", "--out", "again", capsys=capsys)
    assert code == 0
    for path in [*inbox.rglob("*"), *Path(os.environ["QUIRE_STORE"]).rglob("*")]:
        if path.is_file() and path.name not in ("secret.txt", "locked.pdf"):
            assert b"hunter2" not in path.read_bytes()
    assert "hunter2" not in err


def test_pages_and_pictures_that_the_user_leaves_out_have_that_fate(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "report.pdf", picture=True)
    code, _, _ = _run("run", "report.pdf", "--pages", "2-", capsys=capsys)
    result = json.loads((inbox / "outputs" / "report.json").read_bytes())
    assert code == 0
    assert [page["fate"] for page in result["coverage"]["pages"]] == ["excluded", "answered", "answered"]
    assert [picture["fate"] for picture in result["coverage"]["pictures"]] == ["excluded"]
    code, _, _ = _run("run", "report.pdf", "--images", "none", capsys=capsys)
    result = json.loads((inbox / "outputs" / "report.json").read_bytes())
    assert code == 0 and [picture["fate"] for picture in result["coverage"]["pictures"]] == ["excluded"]


def test_a_budget_that_ends_before_all_is_asked_is_told(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "long.pdf", ["A paragraph about the harvest of the year. " * 60] * 9)

    def answer(body: dict[str, Any]) -> Reply:
        found = nothing_found(body)
        usage = {"prompt_tokens": 4000, "completion_tokens": 100, "cost": 0.0005}
        return Reply(chat_response({**found, "summary": "A year."}, usage=usage))

    model = ("--model", "mistral-small-3.2-24b", "--window-tokens", 6000)
    with chat_server(answer) as server:
        flags = ("--engine", server.address, *model)
        _, estimated, _ = _run("estimate", "long.pdf", *flags, capsys=capsys)
        requests = estimated["documents"][0]["estimates"][0]["reading_requests"]
        budget = ("--concurrency", 1, "--max-cost", 0.0005 * requests + 0.0002)
        code, _, _ = _run("run", "long.pdf", *flags, *budget, capsys=capsys)
    result = json.loads((inbox / "outputs" / "long.json").read_bytes())
    failed = [request["kind"] for request in result["requests"] if request["fate"] == "failed"]
    assert code == 4 and failed and result["run"]["cost_usd"] <= 0.0005 * requests + 0.0002


def test_running_again_asks_nothing_and_gives_the_same_content(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "report.pdf")

    def content() -> dict[str, Any]:
        found: dict[str, Any] = json.loads((inbox / "outputs" / "report.json").read_bytes())
        return found

    with chat_server() as server:
        flags = ("--engine", server.address, "--model", "m")
        _run("run", "report.pdf", *flags, capsys=capsys)
        first = content()
        _run("run", "report.pdf", *flags, capsys=capsys)
        assert len(server.bodies) == 1
        assert content()["content_sha256"] == first["content_sha256"]
        assert content()["run"]["requests"][0]["from_store"] is True
        _run("run", "report.pdf", *flags, "--fresh", capsys=capsys)
        assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "report.pdf", "--schema", "nosuch"], "no schema 'nosuch'"),
        (["run", "report.pdf", "--schema", "broken.json"], "is no JSON"),
        (["run", "report.pdf", "--schema", "list.json"], "must describe an object"),
        (["run", "report.pdf", "--engine", "gpt"], "No engine is called 'gpt'"),
        (["run", "report.pdf", "--engine", "openrouter"], "OPENROUTER_API_KEY"),
        (["run", "report.pdf", "--engine", "http://me:secret@127.0.0.1/v1"], "QUIRE_API_KEY"),
        (["run", "report.pdf", "--window-tokens", "1100", "--schema", "big.json"], "window"),
        (["run", "report.pdf", "--pages", "7-9"], "names no page"),
        (["run", "empty-folder"], "holds no PDF"),
        (["run", "*.docx"], "No file matches"),
        (["run", "report.pdf", "--password-file", "gone.txt"], "can't be read"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    arguments: list[str], says: str, inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "report.pdf")
    (inbox / "empty-folder").mkdir()
    (inbox / "broken.json").write_text("{")
    (inbox / "list.json").write_text('{"type": "array", "items": {}}')
    note = {"type": "string", "description": "Word for word as the contract has it, on whichever page. " * 200}
    big = {"type": "object", "properties": {"note": note}}
    (inbox / "big.json").write_text(json.dumps(big))
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert says in out + err and "Traceback" not in err and "secret" not in err
    assert err.count("\n") <= 2


def test_help_lists_what_works_and_is_quick_to_load() -> None:
    probe = "import sys, flows.cli.main as m; m.parser().format_help(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert not loaded & {"prefect", "openai", "pymupdf", "PIL", "rich", "pydantic", "tiktoken", "rapidfuzz"}
    for name in COMMANDS:
        assert main_help(name).startswith(f"usage: quire {name}")


def main_help(name: str) -> str:
    command = [sys.executable, "-m", "flows.cli.main", name, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_doctor_looks_at_the_machine_and_the_endpoint(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = _run("doctor", capsys=capsys)
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert code == 0 and states["reading"] == states["tokens"] == states["store"] == "ok"

    def answer(body: dict[str, Any]) -> Reply:
        if "image_url" in str(body["messages"]):
            return Reply({"error": {"message": "this model takes no pictures"}}, status=400)
        return Reply(chat_response(nothing_found(body)))

    with chat_server(answer) as server:
        code, found, _ = _run("doctor", "--engine", server.address, "--model", "m", capsys=capsys)
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert code == 0 and states["endpoint"] == "ok" and states["pictures"] == "note"
    assert found["settings"]["engine"] == "flag"
    code, found, _ = _run("doctor", "--engine", server.address, capsys=capsys)
    assert code == 5


def test_models_are_listed_with_windows_and_prices(capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = _run("models", capsys=capsys)
    names = {model["name"]: model for model in found["models"]}
    assert code == 0 and names["mistral-small-3.2"]["window"] == 128_000
    assert {"offline", "openrouter", "vllm", "llamacpp", "ollama"} <= {engine["name"] for engine in found["engines"]}
    assert main(["models"]) == 0
    assert "mistral-small-3.2" in capsys.readouterr().out


def test_a_picture_that_cannot_be_decoded_is_a_gap_and_costs_no_page(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "report.pdf", picture=True)
    _run("estimate", "report.pdf", capsys=capsys)
    (stored,) = (path for path in Path(os.environ["QUIRE_STORE"], "work", "pictures").rglob("*") if path.is_file())
    for kept in Path(os.environ["QUIRE_STORE"], "work", "fitted").rglob("*-*"):
        kept.unlink()
    stored.write_bytes(b"\x89PNG damaged on the disk")
    code, _, _ = _run("run", "report.pdf", capsys=capsys)
    result = json.loads((inbox / "outputs" / "report.json").read_bytes())
    assert code == 3
    assert [page["fate"] for page in result["coverage"]["pages"]] == ["answered"] * 3
    (gap,) = result["coverage"]["gaps"]
    assert (gap["kind"], gap["page"], gap["id"]) == ("picture", 1, "p1-f1") and "cannot be decoded" in gap["reason"]
