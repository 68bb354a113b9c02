"""A run that is killed while it writes its result: run again it gives the same files under the same names, and no more.

A process of its own writes, and ends without a word before its first, second, third... step on the disk.
"""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.inputs import Source, result_path
from pipeline.beside import left
from pipeline.result.store import write_result
from tests.test_result import fetch, made

SOURCE = Source(Path("report.pdf"), "report")
RESULT = made()
OWN = RESULT.document.sha256
STEPS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree")
"""The steps on the disk that Python tells of; what a file holds is not on the disk before it is flushed."""
KILLED = 9


def _write(out: Path) -> None:
    write_result(RESULT, result_path(SOURCE, OWN, out, {}), fetch)


def _killed(out: Path, step: int) -> bool:
    """Whether a process was killed that ends before that step of writing the result."""
    child = os.fork()
    if not child:
        try:
            _end_before(step, out)
            _write(out)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def _end_before(step: int, out: Path) -> None:
    taken = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal taken
        if event in STEPS and str(arguments[0]).startswith(str(out)):
            taken += 1
            if taken > step:
                os._exit(KILLED)

    sys.addaudithook(watch)


def _states(tmp_path: Path, before: Path | None = None) -> Iterator[Path]:
    """Output folders as each prefix of the writes leaves them, until one is written to the end."""
    for step in range(100):
        out = tmp_path / f"{step}"
        shutil.copytree(before, out) if before else out.mkdir(parents=True)
        killed = _killed(out, step)
        yield out
        if not killed:
            assert step > 10, "as many steps were seen as it takes"
            return
    pytest.fail("the result was never written to the end")


def _all(out: Path) -> dict[str, bytes]:
    return {str(one.relative_to(out)): one.read_bytes() for one in out.rglob("*") if one.is_file()}


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_the_same_names_as_without_a_kill_and_nothing_left(again: bool, tmp_path: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    _write(undisturbed)
    for out in _states(tmp_path, undisturbed if again else None):
        assert result_path(SOURCE, OWN, out, {}) == out / "report.json"
        _write(out)
        assert _all(out) == _all(undisturbed)


def test_killed_twice(tmp_path: Path) -> None:
    _write(tmp_path / "undisturbed")
    once = next(out for out in _states(tmp_path / "once") if (out / "report.md").exists())
    for out in _states(tmp_path / "twice", once):
        _write(out)
        assert _all(out) == _all(tmp_path / "undisturbed")


def test_what_another_document_was_killed_at_is_not_overwritten(tmp_path: Path) -> None:
    other = "0" * 64
    for out in _states(tmp_path):
        begun = (out / "report.md").exists()
        assert result_path(SOURCE, other, out, {}).name == (f"report-{other[:8]}.json" if begun else "report.json")


def test_what_a_user_puts_there_after_the_kill_is_not_overwritten(tmp_path: Path) -> None:
    for out in _states(tmp_path):
        if not (out / "report.md").exists():
            (out / "report.md").write_text("my own words")
            _write(out)
            assert (out / "report.md").read_text() == "my own words"
            assert (out / f"report-{OWN[:8]}.json").exists()


def test_what_is_written_at_the_same_time_stays(tmp_path: Path) -> None:
    for out in _states(tmp_path):
        for apart in left(out / "report.json"):
            _, token, process, host = apart.name.split("-", 3)
            running = apart.with_name(apart.name.replace(f"{token}-{process}-{host}", f"{token}-{os.getpid()}-{host}"))
            apart.rename(running)
            _write(out)
            assert running.exists(), "its process is there"
