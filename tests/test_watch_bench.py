"""The benchmarks' watch over a command: it misses no process, whatever ends while it looks."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.watch import family, watched

_PARENT = """
import subprocess, sys, time
for _ in range(20):
    subprocess.run(["true"])
subprocess.run([sys.executable, "-c", "import time; held = bytearray(100_000_000); time.sleep(0.5); print('done')"])
"""


def test_a_process_that_ended_between_two_looks_ends_no_watch() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert family(ended.pid) == [ended.pid]


def test_what_a_child_holds_is_counted_though_others_ended_before() -> None:
    seen = watched([sys.executable, "-c", _PARENT])
    assert seen.code == 0 and seen.printed == "done\n"
    assert seen.memory > 95
    assert 0 <= seen.others <= 1
