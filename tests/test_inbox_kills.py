"""Many files arrive while two watchers run, which are killed at random moments and started again.

Each content is done once, each bad file is in `failed/` with its reason, and none is lost.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tests.chat_server import Reply, answer_nothing, chat_server
from tests.pdfs import AES_256

ROOT = Path(__file__).resolve().parent.parent
QUIRE = [sys.executable, "-c", "import sys; from flows.cli.main import main; sys.exit(main())"]
SECONDS = 800.0
"""How long is waited for the last file; a watcher that never comes to it fails the test."""
NAMES = ("report {}.pdf", "Ünï cödé {} 報告.pdf", "two\nlines {}.pdf", "a/b c/{}.pdf", "--{}.pdf", "$(rm {}).pdf")
MARK = "This is report number {}."


@dataclass(slots=True)
class Arrivals:
    """Files to put into an inbox: by name their bytes, and which of them are bad, with a word of the reason."""

    files: dict[str, bytes] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)


def _pdf(number: int, *, password: str | None = None) -> bytes:
    document = pymupdf.open()
    page: pymupdf.Page = document.new_page()
    page.insert_text((60, 60), MARK.format(number))
    if password is None:
        return bytes(document.tobytes())
    return bytes(document.tobytes(encryption=AES_256, user_pw=password, owner_pw="owner"))


def _arrivals(count: int, rng: random.Random) -> Arrivals:
    """So many files: of ten, seven are good, two the same as another, and one is broken, locked, empty or no PDF."""
    made, good = Arrivals(), list[str]()
    bad: tuple[tuple[Callable[[int], bytes], str], ...] = (
        (lambda number: b"%PDF-1.7 garbage" + bytes([number % 256]) * 99 + b"%%EOF", "broken"),
        (lambda number: _pdf(number, password="x"), "password"),
        (lambda number: b"", "empty"),
        (lambda number: f"letter {number}".encode(), "is no PDF"),
        (lambda number: _pdf(number)[:300], "broken"),
    )
    for number in range(count):
        name = NAMES[number % len(NAMES)].format(number)
        if number % 10 == 9:
            make, made.bad[name] = bad[number // 10 % len(bad)]
            name_and_bytes = name, make(number)
        elif number % 10 in (3, 6):
            name_and_bytes = name, made.files[rng.choice(good)]
        else:
            good.append(name)
            name_and_bytes = name, _pdf(number)
        made.files[name_and_bytes[0]] = name_and_bytes[1]
        if number % 25 == 1:
            made.slow.add(name)
    return made


def _put(inbox: Path, made: Arrivals, rng: random.Random, pause: float) -> None:
    """Let the files arrive, in any order, some written piece by piece."""
    names, threads = list(made.files), []
    rng.shuffle(names)
    for name in names:
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in made.slow:
            threads.append(threading.Thread(target=_put_slowly, args=(path, made.files[name])))
            threads[-1].start()
        else:
            path.write_bytes(made.files[name])
        time.sleep(pause * rng.random())
    for thread in threads:
        thread.join()


def _put_slowly(path: Path, data: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        for at in range(0, len(data), max(len(data) // 4, 1)):
            file.write(data[at : at + max(len(data) // 4, 1)])
            time.sleep(0.2)


class Watchers:
    """Two watchers on one inbox, as they would be on two machines that share it; `kills` are those so far."""

    def __init__(self, folder: Path, flags: list[str]) -> None:
        self._folder, self._flags = folder, flags
        self.kills = 0
        self._processes = [self._start(number) for number in range(2)]

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        flags = ["--settle", "1", "--every", "0.3", "--out", str(self._folder / "out"), *self._flags]
        with (self._folder / f"said-{number}").open("ab") as said:
            return subprocess.Popen(
                [*QUIRE, "watch", str(self._folder / "inbox"), *flags],
                env={**os.environ, "PYTHONPATH": str(ROOT), "QUIRE_STORE": str(self._folder / "store")},
                cwd=self._folder,
                stderr=said,
            )

    def kill(self, number: int) -> None:
        """Kill one as a power cut would, and start it again."""
        self._processes[number].kill()
        self._processes[number].wait()
        self.kills += 1
        self._processes[number] = self._start(number)

    def end(self) -> None:
        """End both as a service manager does."""
        for process in self._processes:
            process.terminate()
        codes = [process.wait(60) for process in self._processes]
        assert codes == [0, 0]

    def said(self) -> str:
        """What both said."""
        return "".join((self._folder / f"said-{number}").read_text() for number in range(2))


def _arriving(inbox: Path) -> list[str]:
    """What has not been taken yet."""
    found = (path for path in inbox.rglob("*") if path.is_file())
    names = (path.relative_to(inbox).as_posix() for path in found)
    return [name for name in names if not name.startswith(("done/", "failed/", ".quire/"))]


@contextmanager
def _watched(folder: Path, flags: list[str]) -> Iterator[Watchers]:
    watchers = Watchers(folder, flags)
    try:
        yield watchers
    finally:
        for process in watchers._processes:
            if process.poll() is None:
                process.kill()


def _run(folder: Path, made: Arrivals, seed: int, *, kills: int, pause: float, flags: list[str]) -> Watchers:
    """Let files arrive under two watchers and kill one of them so many times; ends when the inbox is empty."""
    rng = random.Random(seed)
    inbox = folder / "inbox"
    inbox.mkdir()
    with _watched(folder, flags) as watchers:
        arriving = threading.Thread(target=_put, args=(inbox, made, random.Random(seed), pause))
        arriving.start()
        deadline = time.monotonic() + SECONDS
        while arriving.is_alive() or _arriving(inbox):
            assert time.monotonic() < deadline, f"{_arriving(inbox)[:5]} are left; {watchers.said()[-2000:]}"
            time.sleep(rng.uniform(0.3, 4.0))
            if watchers.kills < kills:
                watchers.kill(rng.randrange(2))
        watchers.end()
    return watchers


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _check(folder: Path, made: Arrivals) -> dict[str, int]:
    """Each file is where it belongs, with what belongs beside it; how many there are of each kind."""
    inbox, records = folder / "inbox", dict[str, dict[str, Any]]()
    for state in ("done", "failed"):
        for path in (inbox / state).rglob("*"):
            if not path.is_file() or path.name.startswith(".") or not Path(f"{path}.json").exists():
                continue
            record = json.loads(Path(f"{path}.json").read_bytes())
            assert record["file"] not in records, "a file is in one place"
            records[record["file"]] = {**record, "state": state}
            assert _sha(path.read_bytes()) == record["sha256"] == _sha(made.files[record["file"]])
    assert set(records) == set(made.files), "none is lost"
    assert {name for name, record in records.items() if record["state"] == "failed"} == set(made.bad)
    for name, word in made.bad.items():
        assert word in records[name]["reason"], (name, records[name]["reason"])
        assert word in (inbox / f"failed/{name}.txt").read_text()
    firsts = Counter(record["sha256"] for record in records.values() if not record.get("duplicate_of"))
    contents = {_sha(data) for name, data in made.files.items() if name not in made.bad}
    done = {sha: count for sha, count in firsts.items() if sha in contents}
    assert done == dict.fromkeys(contents, 1), "each content is done once, and the others are told to be the same"
    results = [json.loads(path.read_bytes()) for path in (folder / "out").rglob("*.json") if path.name != "run.json"]
    assert Counter(result["document"]["sha256"] for result in results) == dict.fromkeys(contents, 1)
    assert {result["status"] for result in results} == {"complete"}
    assert not [path for path in (inbox / ".quire/claims").rglob("*") if path.is_file() and path.name[0] != "."]
    duplicates = sum(bool(record.get("duplicate_of")) for record in records.values())
    return {"done": len(contents), "duplicates": duplicates, "failed": len(made.bad)}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_watchers_are_killed_and_no_answer_is_paid_for_twice(tmp_path: Path) -> None:
    made = _arrivals(40, random.Random(1))
    asked = Counter[int]()
    lock = threading.Lock()

    def answer(body: dict[str, Any]) -> Reply:
        text = str(body["messages"])
        with lock:
            asked[next(number for number in range(40) if MARK.format(number) in text)] += 1
        return answer_nothing(body)

    with chat_server(answer) as server:
        flags = ["--engine", server.address, "--model", "m", "--concurrency", "2"]
        watchers = _run(tmp_path, made, 1, kills=4, pause=0.1, flags=flags)
    counts = _check(tmp_path, made)
    assert counts == {"done": 28, "duplicates": 8, "failed": 4}
    again = sum(asked.values()) - len(asked)
    assert len(asked) == 28
    assert again <= 2 * watchers.kills, "only what was under way when a watcher was killed was asked for again"
    assert "Traceback" not in watchers.said()


@pytest.mark.slow
@pytest.mark.timeout(900)  # a minute on an idle machine
@pytest.mark.parametrize("seed", [1, 2])
def test_five_hundred_files_arrive_and_none_is_lost(
    seed: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    made = _arrivals(500, random.Random(seed))
    watchers = _run(tmp_path, made, seed, kills=20, pause=0.2, flags=[])
    counts = _check(tmp_path, made)
    assert counts == {"done": 350, "duplicates": 100, "failed": 50}
    assert "Traceback" not in watchers.said()
    for name, figure in {**counts, "kills": watchers.kills, "seconds": round(time.monotonic() - began)}.items():
        record_property(name, figure)
    shutil.rmtree(tmp_path / "store")
