"""A command that is run and watched: what it printed, how long it took, how much memory it and its children held."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Watched:
    """Standard output, the exit code, wall seconds, and the peak in megabytes (0 on a system other than Linux)."""

    printed: str
    code: int
    wall: float
    memory: float


def watched(command: Sequence[str], environment: Mapping[str, str] | None = None, seconds: float = 3600.0) -> Watched:
    """Run a command to its end, and look 20 times a second at what all of its processes hold.

    Proportional set sizes are added up, so that a page of memory that several processes share counts once.
    """
    peak = [0.0]
    started = time.perf_counter()
    env = {**os.environ, **(environment or {})}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env) as process:
        watching = threading.Thread(target=_watch, args=(process, peak), daemon=True)
        watching.start()
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, _ = process.communicate()
        watching.join()
    return Watched(printed, process.returncode, time.perf_counter() - started, peak[0])


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_held(pid) for pid in _family(process.pid)))
        time.sleep(_EVERY_SECONDS)


def _family(pid: int) -> list[int]:
    children: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += map(int, path.read_text().split())
        except OSError:
            continue  # the thread ended between two looks
    return [pid, *(one for child in children for one in _family(child))]


def _held(pid: int) -> float:
    """Megabytes of its proportional set size, 0 where it is gone or this is no Linux."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))
