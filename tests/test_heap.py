"""Threads share the heap: a run with many of them keeps no more than it needs at once."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys

import pytest

from tests.strict_wire import ROOT

SCRIPT = """
import ctypes, threading
from pipeline.heap import share_arenas

share_arenas()
together = threading.Barrier(12)

def work():
    held = [bytes(5000) for _ in range(100)]  # too large for Python's own heap
    together.wait(60)

threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library has arenas")


def test_threads_share_two_arenas() -> None:
    place = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    place["PYTHONPATH"] = str(ROOT)
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=place, capture_output=True, text=True, check=True)
    assert len(re.findall(r"^Arena \d+:", done.stderr, re.MULTILINE)) == 2
