"""`quire watch` and `quire retry`: documents in, results out, and what is said of those that have none."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from flows.cli.main import main
from flows.inbox.inbox import Inbox
from flows.inbox.watching import Watcher
from flows.inbox.work import Worker
from pipeline.ask.daybook import DayBook
from pipeline.job import make_job
from pipeline.places import open_place
from pipeline.progress import silent
from pipeline.session import Session
from pipeline.settings import Settings
from tests.buckets import use_bucket
from tests.chat_server import Reply, answer_nothing, chat_response, chat_server, nothing_found
from tests.commands import run_json
from tests.pdfs import make_pdf

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 120.0
"""How long a test waits for what must come; it fails then, and does not wait for ever."""
ONCE = ("--once", "--settle", "0.05", "--every", "0.05")
QUIRE = [sys.executable, "-c", "import sys; from flows.cli.main import main; sys.exit(main())"]


def _once(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    return run_json("watch", "inbox", *ONCE, *arguments, capsys=capsys)


def _names(folder: Path) -> set[str]:
    """What lies in an inbox but for its own state."""
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in files if not name.startswith(".quire/")}


def _record(inbox: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((inbox / "inbox" / f"{name}.json").read_bytes())
    return found


def test_one_sweep_takes_all_that_is_there(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = inbox / "inbox"
    shutil.copy(make_pdf(folder / "a b.pdf", ["Boats."]), folder / "copy.pdf")
    make_pdf(folder / "sub" / "two\nlines\x1b[31m.pdf", ["Ships."])
    make_pdf(folder / "locked.pdf", password="secret")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n\x00garbage %%EOF")
    (folder / "letter.docx").write_bytes(b"PK")
    code, summary, err = _once(capsys=capsys)
    assert code == summary["exit_code"] == 2
    assert {name: summary["totals"][name] for name in ("documents", "complete", "failed")} == {
        "documents": 6,
        "complete": 3,
        "failed": 3,
    }
    done = {f"done/{name}" for name in ("a b.pdf", "copy.pdf", "sub/two\nlines\x1b[31m.pdf")}
    failed = {f"failed/{name}" for name in ("locked.pdf", "broken.pdf", "letter.docx")}
    beside = {f"{name}.json" for name in done | failed} | {f"{name}.txt" for name in failed}
    assert _names(folder) == done | failed | beside
    assert "\x1b" not in err and "2 done, 1 duplicates, 3 failed" in err
    assert (folder / "failed/letter.docx.txt").read_text() == "letter.docx is no PDF: only PDFs are understood.\n"
    assert _record(inbox, "failed/locked.pdf")["error"] == "PasswordNeeded"
    firsts = {name: _record(inbox, f"done/{name}")["duplicate_of"] for name in ("a b.pdf", "copy.pdf")}
    assert firsts in ({"a b.pdf": None, "copy.pdf": "a b.pdf"}, {"a b.pdf": "copy.pdf", "copy.pdf": None})
    result = json.loads(Path(_record(inbox, "done/sub/two\nlines\x1b[31m.pdf")["result"]).read_bytes())
    assert "Ships" in result["summary"]["text"]
    assert _once(capsys=capsys)[:2][0] == 0, "there is nothing left to do"


def test_failed_files_are_taken_up_again(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "inbox" / "sub" / "locked.pdf", ["A secret of ships."], password="sesame")
    assert _once(capsys=capsys)[0] == 2
    code, told, err = run_json("retry", "inbox", "sub/locked.pdf", capsys=capsys)
    assert code == 0 and told["moved"][0]["file"] == "sub/locked.pdf" and "password" in err
    assert _names(inbox / "inbox") == {"sub/locked.pdf"}
    (inbox / "password").write_text("sesame\n")
    code, summary, _ = _once("--password-file", "password", capsys=capsys)
    assert (code, summary["totals"]["complete"]) == (0, 1)
    assert _names(inbox / "inbox") == {"done/sub/locked.pdf", "done/sub/locked.pdf.json"}
    assert "sesame" not in "".join(
        path.read_text() for path in (inbox / "inbox" / ".quire").rglob("*") if path.is_file()
    )
    assert main(["retry", "inbox", "sub/locked.pdf"]) == 2


def test_folders_and_types_choose_the_schema(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = inbox / "inbox"
    (folder / "invoices").mkdir(parents=True)
    shutil.copy(ROOT / "samples" / "invoice.pdf", folder / "invoices" / "one.pdf")
    make_pdf(folder / "letter.pdf", ["Dear Ada, the boats are in the harbour. Yours, Bob."])
    (folder / "bill.pdf").write_bytes((ROOT / "samples" / "invoice.pdf").read_bytes() + b"\n")
    code, _, _ = _once("--classify", "invoice,contract", capsys=capsys)
    assert code == 0
    assert _record(inbox, "done/invoices/one.pdf")["schema"] == "invoice"
    assert _record(inbox, "done/invoices/one.pdf")["document_type"] is None
    bill = _record(inbox, "done/bill.pdf")
    assert (bill["schema"], bill["document_type"]["type"], bill["document_type"]["page"]) == ("invoice", "invoice", 1)
    assert "invoice" in bill["document_type"]["quote"].lower()
    one = _record(inbox, "done/invoices/one.pdf")
    data = [json.loads(Path(record["result"]).read_bytes())["extraction"]["data"] for record in (bill, one)]
    assert data[0] == data[1] and data[0]["invoice_number"]
    letter = _record(inbox, "done/letter.pdf")
    assert (letter["schema"], letter["document_type"]["type"]) == (None, "unknown")
    assert json.loads(Path(letter["result"]).read_bytes())["extraction"] is None


def test_a_type_that_the_model_made_up_is_unknown(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "inbox" / "a.pdf", ["Dear Ada, the boats are in the harbour."])

    def answer(body: dict[str, Any]) -> Reply:
        found = nothing_found(body) | {"summary": "A summary."}
        if "document_type" in (found.get("data") or {}):
            found["data"] = {"document_type": {"quote": "This is an invoice.", "page": 1, "value": "invoice"}}
        return Reply(chat_response(found))

    with chat_server(answer) as server:
        code, _, _ = _once("--classify", "invoice", "--engine", server.address, "--model", "m", capsys=capsys)
    assert (code, len(server.bodies)) == (0, 2)
    assert _record(inbox, "done/a.pdf")["document_type"]["type"] == "unknown"


def test_a_broken_schema_costs_nobody_anything(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "inbox" / "bills" / "a.pdf", ["Boats."])
    (inbox / "inbox" / "bill.json").write_text("{ no json")
    code, summary, err = _once(capsys=capsys)
    assert (code, summary["totals"]["failed"]) == (2, 1), "it stays, and is told"
    assert err.count("bill.json is no JSON") == 1
    assert (inbox / "inbox" / "bills" / "a.pdf").exists()


def test_where_the_endpoint_is_down_the_files_stay(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        make_pdf(inbox / "inbox" / f"{number}.pdf", [f"Number {number}."])
    engine = ("--engine", "http://127.0.0.1:9", "--model", "m")
    monkeypatch.setenv("QUIRE_WAIT_SECONDS", "0")
    code, _, err = _once(*engine, capsys=capsys)
    assert code == 5
    assert len(_names(inbox / "inbox")) == 5, "none of them failed for that"
    assert err.count("The files stay in the inbox") == 1
    assert _once(capsys=capsys)[0] == 0


def test_an_endpoint_that_comes_back_is_tried_again(inbox: Path) -> None:
    """The same watcher goes on, though its key was refused before and though nothing was there at all."""
    for number in range(3):
        make_pdf(inbox / "inbox" / f"{number}.pdf", [f"Number {number}."])
    said: list[str] = []
    refusing = threading.Event()
    refusing.set()

    def answer(body: dict[str, Any]) -> Reply:
        return Reply({"error": {"message": "no credit"}}, status=402) if refusing.is_set() else answer_nothing(body)

    def say(line: str) -> None:
        said.append(line)
        refusing.clear()
        if line == "It goes on.":
            raise KeyboardInterrupt

    with chat_server(answer) as server:
        settings = Settings(engine=server.address, model="m", out="out", store="store")
        place = open_place("inbox")
        with Inbox(place, settings, settle=0) as box, Session(make_job(settings, None)) as session:
            watcher = Watcher(
                box,
                Worker(box, session),
                2,
                lambda name: nullcontext(silent),
                told=lambda handled: None,
                say=say,
                again=session.endpoint.try_again,
                every=0.01,
                pause=0.05,
            )
            with pytest.raises(KeyboardInterrupt):
                watcher.run(session.stop)
    assert len(said) == 2 and "402" in said[0]
    assert [name for name in _names(inbox / "inbox") if name.startswith("done/")]
    assert not [name for name in _names(inbox / "inbox") if name.startswith("failed/")]


def test_the_days_budget_keeps_files_waiting(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "inbox" / "a.pdf", ["Boats."])
    with chat_server() as server:
        flags = ("--engine", server.address, "--model", "mistral-small-3.2-24b", "--max-cost-day", 0.05)
        day = DayBook(inbox.parent / "store" / "spent.sqlite", 1.0)
        hold, _ = day.hold(0.05, 60)
        day.settle(str(hold), 0.05)
        code, _, err = _once(*flags, capsys=capsys)
        assert (code, len(server.bodies)) == (4, 0)
        assert "day's budget" in err and _names(inbox / "inbox") == {"a.pdf"}


def test_the_documents_own_budget_is_its_own_fault(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "inbox" / "a.pdf", ["Boats."])
    with chat_server() as server:
        engine = ("--engine", server.address, "--model", "mistral-small-3.2-24b")
        code, _, _ = _once(*engine, "--max-cost-document", 0.000001, capsys=capsys)
        assert (code, len(server.bodies)) == (4, 0)
        assert (inbox / "inbox/failed/a.pdf.txt").read_text().startswith("incomplete: ")
        assert main(["retry", "inbox"]) == 0
        capsys.readouterr()
        assert _once(*engine, capsys=capsys)[0] == 0
    assert (inbox / "inbox/done/a.pdf").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inbox", "--max-cost", "1"], "--max-cost-day"),
        (["inbox", "--json"], "--once"),
        (["inbox", "--out", "inbox/results"], "within the inbox"),
        (["elsewhere"], "There is no folder elsewhere"),
        (["inbox", "--classify", "invoice,nonsense"], "no schema 'nonsense'"),
        (["inbox", "--settle", "-1"], "--settle"),
        (["nonsense://inbox"], "Nothing here can use nonsense"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    inbox: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (inbox / "inbox").mkdir()
    assert main(["watch", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_an_inbox_in_a_bucket(
    inbox: Path, s3: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = f"s3://{use_bucket(s3, monkeypatch)}"
    address, place = f"{bucket}/inbox", open_place(f"{bucket}/inbox")
    boats, ships = (make_pdf(inbox / "made.pdf", [text]).read_bytes() for text in ("Boats.", "Ships."))
    for name, data in {"a.pdf": boats, "sub/ünï cödé.pdf": ships, "b.pdf": boats}.items():
        place.write(name, data)
    place.write("broken.pdf", b"%PDF-1.7 nothing")
    assert main(["watch", address, "--out", f"{address}/results"]) == 2, "its results would arrive in it again"
    code, summary, err = run_json("watch", address, *ONCE, "--out", f"{bucket}/results", capsys=capsys)
    assert (code, summary["totals"]["complete"], summary["totals"]["failed"]) == (2, 3, 1)
    names = {found.name for found in place.entries() if not found.name.startswith(".quire/")}
    done = {f"done/{name}{end}" for name in ("a.pdf", "sub/ünï cödé.pdf", "b.pdf") for end in ("", ".json")}
    assert names == done | {f"failed/broken.pdf{end}" for end in ("", ".json", ".txt")}
    assert "very-secret" not in err
    results = [one.name for one in open_place(f"{bucket}/results").entries() if one.name.endswith(".json")]
    assert len(results) == 2, "the same content is worked on once"
    assert main(["retry", address]) == 0


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_that_is_ended_leaves_everything_in_order(inbox: Path, end: signal.Signals) -> None:
    for number in range(4):
        make_pdf(inbox / "inbox" / f"{number}.pdf", [f"This is number {number}."])
    never, asked = threading.Event(), threading.Semaphore(0)

    def answer(body: dict[str, Any]) -> Reply:
        if "number 0" not in str(body["messages"]):
            asked.release()
            never.wait(SECONDS)
        return answer_nothing(body)

    with chat_server(answer) as server:
        flags = ["--engine", server.address, "--model", "m", "--settle", "0.05", "--every", "0.05"]
        command = [*QUIRE, "watch", "inbox", *flags]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(3):
            assert asked.acquire(timeout=SECONDS)
        for _ in range(int(SECONDS * 100)):
            if (inbox / "inbox/done/0.pdf").exists():
                break
            never.wait(0.01)
        process.send_signal(end)
        _, said = process.communicate(timeout=SECONDS)
        never.set()
    assert process.returncode == 0
    assert "stopped: 1 done" in said and "Traceback" not in said
    assert _names(inbox / "inbox") == {"1.pdf", "2.pdf", "3.pdf", "done/0.pdf", "done/0.pdf.json"}
    assert not [path for path in (inbox / "inbox/.quire/claims").rglob("*") if path.is_file()]


DOCS = (ROOT / "docs" / "inbox.md").read_text(encoding="utf-8")


def test_the_commands_of_the_documentation_work(inbox: Path) -> None:
    shutil.copytree(ROOT / "samples", inbox / "samples", ignore=shutil.ignore_patterns("generator"))
    lines = re.findall(r"^    (\S.*?)(?: +#.*)?$", DOCS, re.MULTILINE)
    commands = [shlex.split(line) for line in lines]
    assert len(commands) == 7
    for command in commands:
        if command[0] != ".venv/bin/quire":
            subprocess.run(command, check=True)
        elif "watch" not in command or "--once" in command:
            assert main([*command[1:], *(["--no-open"] if "report" in command else [])]) == 0, command
    assert _names(inbox / "inbox") == {"done/invoices/invoice.pdf", "done/invoices/invoice.pdf.json"}
