"""A process that works on an inbox is killed at every single step: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import json
import multiprocessing
import signal
from pathlib import Path

import pytest

from tests.inbox_deaths import files, main

PDF = b"%PDF-1.7\n one %%EOF\n"
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["tests.inbox_deaths", "pipeline.result.store"])


def _run(root: Path, kind: str, deadly: int) -> bool:
    """Whether a process with this death was killed."""
    process = _FORK.Process(target=main, args=(root, kind, deadly))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def _fill(root: Path) -> None:
    (root / "inbox" / "sub").mkdir(parents=True)
    (root / "inbox" / "sub" / "a.pdf").write_bytes(PDF)


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="elsewhere a dead process's claim is free after a lease"
)
@pytest.mark.parametrize("kind", ["complete", "failed", "retry"])
def test_killed_at_any_step_it_goes_on_where_it_was(kind: str, tmp_path: Path) -> None:
    deaths = 0
    for deadly in range(1, 500):
        root = tmp_path / str(deadly)
        _fill(root)
        if kind == "retry":
            assert not _run(root, "failed", 0)
        killed = _run(root, kind, deadly)
        if not killed:
            break
        deaths += 1
        copies = [root / "inbox" / name for name in files(root) if name.endswith("a.pdf")]
        assert copies and {copy.read_bytes() for copy in copies} == {PDF}
        assert not _run(root, kind, 0)
        _check(root, kind)
    assert deaths > 10, "it was killed at each step that there is"


def _check(root: Path, kind: str) -> None:
    """What has to be there after the next process."""
    there = {*files(root)}
    if kind == "complete":
        assert there == {"done/sub/a.pdf", "done/sub/a.pdf.json"}
        record = json.loads((root / "inbox/done/sub/a.pdf.json").read_bytes())
        assert (record["file"], record["duplicate_of"]) == ("sub/a.pdf", None)
        assert len((root / "log").read_text().split()) <= 2
    elif kind == "failed":
        assert there == {"failed/sub/a.pdf", "failed/sub/a.pdf.json", "failed/sub/a.pdf.txt"}
    else:
        assert {name for name in there if name.endswith("a.pdf")} == {"sub/a.pdf"}
        assert not _run(root, "complete", 0)
        _check(root, "complete")
        return
    for state in ("held", "owners"):
        folder = root / "inbox/.quire/claims" / state
        assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
