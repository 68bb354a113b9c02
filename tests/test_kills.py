"""A run that is killed and run again: nothing is paid for twice, and the result is the one that it would have been."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faulty_documents import SCHEMA, make_document
from tests.strict_log import Exchange, read_log
from tests.strict_wire import ROOT, in_a_process

AT_ONCE = 3
PAGES = 24
RULES = {"window": 4096, "speed_in": 8000.0, "speed_out": 1500.0, "costs": True}
"""The server's window is smaller than it is believed to be, so requests are divided in every run."""
KILLS = [pytest.param(number, marks=[pytest.mark.slow] if number >= 2 else []) for number in range(50)]


@dataclass(frozen=True, slots=True)
class Bench:
    """A server in a process of its own with its log, a document, and what an undisturbed run of it came to."""

    address: str
    log: Path
    folder: Path
    content: str = ""
    seconds: float = 0.0

    def start(self, home: Path) -> subprocess.Popen[bytes]:
        """The command line at work on the document, with its store and its results in `home`."""
        home.mkdir(exist_ok=True)
        flags = ["--engine", self.address, "--model", "mistral-small-3.2-24b", "--window-tokens", "6144"]
        flags += ["--schema", str(self.folder / "schema.json"), "--concurrency", str(AT_ONCE), "--out", str(home)]
        command = [sys.executable, "-c", "import sys; from flows.cli.main import main; sys.exit(main())", "run"]
        return subprocess.Popen(
            [*command, str(self.folder / "report.pdf"), *flags],
            cwd=ROOT,
            env={"QUIRE_STORE": str(home / "store"), "PATH": "/usr/bin:/bin", "HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def exchanges(self, since: int = 0) -> list[Exchange]:
        """What the server received after the first so many requests."""
        return read_log(self.log)[since:]


def finished(process: subprocess.Popen[bytes], home: Path) -> str:
    """The content's hash of the result that the process wrote."""
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()
    return str(json.loads((home / "report.json").read_bytes())["content_sha256"])


def stored(home: Path) -> set[str]:
    """The ids of the completions in the store."""
    found = (json.loads(path.read_bytes()) for path in (home / "store").glob("answers/??/*.json"))
    return {one["id"] for one in found if "choices" in one}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The server, the document, and an undisturbed run."""
    folder = tmp_path_factory.mktemp("kills")
    (folder / "report.pdf").write_bytes(make_document(7, PAGES)[0])
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    with in_a_process(json.dumps(RULES), folder / "log.jsonl") as address:
        bench, home, began = Bench(address, folder / "log.jsonl", folder), folder / "undisturbed", time.monotonic()
        content = finished(bench.start(home), home)
        assert any(one.status == 400 for one in bench.exchanges()), "the window was heard of"
        yield Bench(address, bench.log, folder, content, time.monotonic() - began)


@pytest.mark.parametrize("number", KILLS)
def test_no_answer_is_paid_for_twice_and_the_bytes_are_the_same(number: int, bench: Bench, tmp_path: Path) -> None:
    before = len(bench.exchanges())
    process = bench.start(tmp_path)
    time.sleep(random.Random(f"kill/{number}").uniform(0.3, bench.seconds))
    process.kill()
    process.communicate()
    kept, sent = stored(tmp_path), bench.exchanges(before)
    answered = {one.name for one in sent if one.sound and one.ended is not None}
    assert finished(bench.start(tmp_path), tmp_path) == bench.content
    again = [one.name for one in bench.exchanges(before + len(sent)) if one.sound]
    assert not kept & set(again), "an answer that was stored was asked for again"
    assert len(answered & set(again)) <= AT_ONCE, "no more was lost than was under way"
    assert len(again) == len(set(again))
