"""`quire cache`: what the store holds, what is taken away of it, and that nothing is taken from beneath a run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from flows.cli.main import main
from pipeline.errors import StorageError
from pipeline.extract.work import WorkStore
from pipeline.holdings import clear, holdings
from pipeline.job import make_work
from pipeline.presence import clearing, running
from pipeline.settings import Settings, load_settings
from tests.chat_server import chat_server
from tests.commands import run_json as _run
from tests.conftest import ROOT
from tests.pdfs import make_pdf

DAY = 86_400.0


def _kinds(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["kind"]: row["count"] for row in rows}


def test_what_is_kept_is_shown_by_kind_and_cleared(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "report.pdf", picture=True)
    assert _run("cache", capsys=capsys)[1]["holdings"] == []
    with chat_server() as server:
        flags = ("--engine", server.address, "--model", "mistral-small-3.2-24b")
        _run("run", "report.pdf", *flags, capsys=capsys)
        code, found, _ = _run("cache", capsys=capsys)
        kinds = _kinds(found["holdings"])
        assert code == 0 and kinds["answers"] == 1 and kinds["pages"] >= 3 and kinds["pictures"] == 1
        assert all(row["size"] > 0 and row["oldest"] <= row["newest"] for row in found["holdings"])
        code, cleared, _ = _run("cache", "--clear", capsys=capsys)
        assert code == 0 and _kinds(cleared["removed"]) == kinds
        assert _run("cache", capsys=capsys)[1]["holdings"] == []
        assert Path(os.environ["QUIRE_STORE"], "spent.sqlite").exists(), "what the day has cost is no cache"
        _run("run", "report.pdf", *flags, capsys=capsys)
        assert len(server.bodies) == 2, "it was asked again"
    assert main(["cache"]) == 0 and "answers" in capsys.readouterr().out


def _filled(store: str) -> Settings:
    settings = Settings(store=store)
    answers, work = WorkStore(f"{store}/answers"), make_work(settings)
    key = "ab" + "0" * 62
    answers.save(f"ab/{key}.json", b"{}")
    answers.save(f"ab/{key}.divided.json", b"{}")
    answers.save("learned/x.json", b"{}")
    work.save("pages/p/1.json", b"{}")
    work.put(b"picture", ".png")
    return settings


def test_only_what_is_older_is_pruned(tmp_path: Path) -> None:
    settings = _filled(str(tmp_path / "store"))
    for path in (tmp_path / "store" / "answers").rglob("*.json"):
        os.utime(path, (time.time() - 40 * DAY,) * 2)
    (tmp_path / "store" / "work" / "pages" / "p" / "2.json.1-ab.tmp").write_bytes(b"half")
    assert {one.kind for one in clear(settings, days=30)} == {"answers", "divisions", "limits learned"}
    assert {one.kind: one.count for one in holdings(settings)} == {"left unfinished": 1, "pages": 1, "pictures": 1}


def test_a_store_that_is_no_folder_is_shown_and_cleared_too() -> None:
    settings = _filled("memory://cache-test")
    assert [(one.kind, one.count) for one in holdings(settings)] == [
        *(("answers", 1), ("divisions", 1), ("limits learned", 1), ("pages", 1), ("pictures", 1))
    ]
    assert clear(settings, days=1) == []
    assert len(clear(settings)) == 5 and holdings(settings) == []


def test_nothing_is_taken_from_beneath_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings()
    with running(settings):
        code, found, _ = _run("cache", "--clear", capsys=capsys)
        assert code == 1 and "A run is under way" in found["error"]
    assert _run("cache", "--clear", capsys=capsys)[0] == 0


def test_no_run_begins_while_the_store_is_cleared(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "report.pdf")
    with clearing(load_settings()):
        code, found, _ = _run("run", "report.pdf", capsys=capsys)
    assert code == 1 and "is being cleared" in found["documents"][0]["reason"]
    assert _run("run", "report.pdf", capsys=capsys)[0] == 0


KILLED = """
import os, signal, sys
from pipeline.presence import running
from pipeline.settings import Settings
with running(Settings(store=sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_that_was_killed_is_not_under_way(tmp_path: Path) -> None:
    store = tmp_path / "store"
    done = subprocess.run([sys.executable, "-c", KILLED, str(store)], cwd=ROOT, check=False)
    assert done.returncode != 0 and list((store / "present").iterdir())
    clear(Settings(store=str(store)))
    assert not list((store / "present").iterdir())


def test_another_machines_run_counts_for_two_days(tmp_path: Path) -> None:
    settings = _filled(str(tmp_path / "store"))
    mark = tmp_path / "store" / "present" / "run-1.json"
    mark.parent.mkdir()
    mark.write_text(f'{{"host": "elsewhere", "process": 1, "began": {time.time() - DAY}}}')
    with pytest.raises(Exception, match="A run is under way"):
        clear(settings)
    mark.write_text(f'{{"host": "elsewhere", "process": 1, "began": {time.time() - 3 * DAY}}}')
    assert clear(settings)


@pytest.mark.parametrize("days", ["-1", "nan"])
def test_days_are_a_number_from_0_on(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", f"--prune={days}"]) == 2
    assert "--prune takes" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["{}/store", "file://{}/store", "memory://{}/store"])
def test_a_store_is_the_same_wherever_it_is(address: str, tmp_path: Path) -> None:
    store = WorkStore(address.format(tmp_path))
    name = store.put(b"a picture", ".png")
    store.save("pages/one/1.json", b"first")
    store.save("pages/one/1.json", b"second")
    assert store.put(b"a picture", ".png") == name and store.has(name) and store.get(name) == b"a picture"
    assert store.load("pages/one/1.json") == b"second" and store.load("pages/one/2.json") is None
    found = {one.name: one.size for one in store.entries()}
    assert found == {f"pictures/{name[:2]}/{name}.png": 9, "pages/one/1.json": 6}
    assert store.remove("pages/one/1.json") and not store.remove("pages/one/1.json")
    with pytest.raises(StorageError, match="lacks"):
        store.get("0" * 64)


def test_a_folder_is_used_without_what_other_addresses_need(tmp_path: Path) -> None:
    code = f"""
import sys
from pipeline.errors import StorageError
from pipeline.extract.work import WorkStore
store = WorkStore({str(tmp_path / "store")!r})
store.save("a/b", b"c")
assert store.load("a/b") == b"c" and "fsspec" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "store").stat().st_mode & 0o077 == 0, "for its owner alone"
