"""Which documents a command takes, and which files it writes: every one has its row, nobody else's is touched."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.chat_server import chat_server
from tests.commands import run_json as _run
from tests.pdfs import make_pdf

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = {"type": "object", "properties": {"revenue": {"type": "number"}, "company": {"type": "string"}}}


def test_the_unreadable_ones_are_told_and_the_others_done(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "in" / "good.pdf")
    make_pdf(inbox / "in" / "locked.pdf", password="hunter2")
    (inbox / "in" / "empty.pdf").write_bytes(b"")
    (inbox / "in" / "page.pdf").write_text("<html>not a pdf</html>")
    (inbox / "in" / "broken.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00garbage" * 50)
    code, summary, err = _run("run", "in", "gone.pdf", capsys=capsys)
    assert code == 2
    states = {Path(row["path"]).name: row["status"] for row in summary["documents"]}
    assert states.pop("good.pdf") == "complete"
    assert set(states.values()) == {"failed"} and len(states) == 5
    for row in summary["documents"]:
        reason = row["reason"] or ""
        assert "Traceback" not in reason and "\n" not in reason
        assert (row["status"] == "failed") == reason.endswith((".", ":")) or row["status"] == "complete"
    assert {path.name for path in (inbox / "outputs").iterdir()} == {"good.json", "good.md", "run.json"}
    assert "Traceback" not in err


def test_results_of_a_folder_keep_their_paths_and_none_overwrites_another(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "a" / "2024" / "report.pdf", ["One."])
    make_pdf(inbox / "a" / "2025" / "report.pdf", ["Two."])
    make_pdf(inbox / "b" / "report.pdf", ["Three."])
    make_pdf(inbox / "c" / "report.pdf", ["Four."])
    _, summary, _ = _run("run", "a", "b/report.pdf", "c/*.pdf", capsys=capsys)
    results = [row["result"] for row in summary["documents"]]
    assert results[:3] == ["outputs/2024/report.json", "outputs/2025/report.json", "outputs/report.json"]
    assert len(set(results)) == 4
    texts = [json.loads((inbox / result).read_bytes())["summary"]["text"] for result in results]
    assert texts == ["One.", "Two.", "Three.", "Four."]
    _, again, _ = _run("run", "c/report.pdf", capsys=capsys)
    assert again["documents"][0]["result"] == results[3], "the same document's own result is written again"


def test_an_output_folder_that_refuses_is_told_before_anything_is_sent(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "report.pdf")
    (inbox / "outputs").write_text("a file where the folder should be")
    with chat_server() as server:
        code, summary, err = _run("run", "report.pdf", "--engine", server.address, capsys=capsys)
    assert code == summary["exit_code"] == 1 and server.bodies == []
    assert "choose another --out" in err and "choose another --out" in summary["error"]


def test_what_quire_did_not_write_is_never_overwritten(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = {"README.md": "my own words", "notes.json": "[]"}
    for name, text in own.items():
        (inbox / name).write_text(text)
    make_pdf(inbox / "README.pdf")
    make_pdf(inbox / "notes.pdf")
    make_pdf(inbox / "run.pdf")
    code, summary, _ = _run("run", "README.pdf", "notes.pdf", "run.pdf", "--out", ".", capsys=capsys)
    assert code == 0
    assert {name: (inbox / name).read_text() for name in own} == own
    for row in summary["documents"]:
        name = Path(row["path"]).stem
        assert row["result"] == f"{name}-{row['sha256'][:8]}.json" and (inbox / row["result"]).exists()
    assert json.loads((inbox / "run.json").read_bytes()) == summary
    (inbox / "other").mkdir()
    (inbox / "other" / "run.json").write_text('{"mine": true}')
    code, _, err = _run("run", "run.pdf", "--out", "other", capsys=capsys)
    assert code == 1 and "none of" not in err and "would be overwritten" in err


def test_every_document_given_has_a_row(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "elsewhere" / "linked.pdf", ["Linked."])
    make_pdf(inbox / "in" / "plain.pdf", ["Plain."])
    (inbox / "in" / "sub").symlink_to(inbox / "elsewhere")
    (inbox / "elsewhere" / "loop").symlink_to(inbox / "in")
    (inbox / "in" / "broken.pdf").symlink_to(inbox / "gone.pdf")
    (inbox / "in" / os.fsdecode(b"caf\xe9.pdf")).write_bytes((inbox / "in" / "plain.pdf").read_bytes())
    (inbox / "empty").mkdir()
    os.mkfifo(inbox / "pipe.pdf")
    given = ("in", "in/../in/plain.pdf", "empty", "*.docx", "pipe.pdf", "x" * 300 + ".pdf")
    code, summary, err = _run("run", *given, capsys=capsys)
    states = [(Path(row["path"]).name[:12], row["status"]) for row in summary["documents"]]
    assert code == 2 and "Traceback" not in err and "Quire itself" not in err
    assert [state for name, state in states if name in ("plain.pdf", "linked.pdf") or name.startswith("caf")] == [
        "complete",
        "complete",
        "complete",
    ]
    failed = [name for name, state in states if state == "failed"]
    assert failed == ["broken.pdf", "empty", "*.docx", "pipe.pdf", "x" * 12]


def test_hostile_names_reach_neither_the_terminal_nor_other_folders(
    inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "evil\x1b[31m\n<script>.pdf")
    code, summary, err = _run("run", ".", capsys=capsys)
    assert code == 0 and "\x1b" not in err
    written = Path(summary["documents"][0]["result"])
    assert written.exists() and written.parent == Path("outputs")
