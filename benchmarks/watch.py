"""A command that is run and watched: what it printed, how long it took, how much memory it and its children held.

What others took of the machine meanwhile is told too: only where that is little do wall times say something.
"""

from __future__ import annotations

import os
import resource
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
    """Standard output, the exit code, wall seconds, and the peak in megabytes (0 on a system other than Linux).

    `others` is the share of all cores that other processes took meanwhile (0 on a system other than Linux).
    """

    printed: str
    code: int
    wall: float
    memory: float
    others: float = 0.0


def watched(command: Sequence[str], environment: Mapping[str, str] | None = None, seconds: float = 3600.0) -> Watched:
    """Run a command to its end, and look 20 times a second at what all of its processes hold.

    Proportional set sizes are added up, so that a page of memory that several processes share counts once.
    """
    peak = [0.0]
    started, busy, own = time.perf_counter(), _busy_seconds(), _own_seconds()
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
    wall = time.perf_counter() - started
    others = _busy_seconds() - busy - (_own_seconds() - own)
    return Watched(printed, process.returncode, wall, peak[0], max(others / wall / (os.cpu_count() or 1), 0.0))


def _busy_seconds() -> float:
    """Seconds that all cores together have been at work, since the system's start; 0 on a system other than Linux."""
    try:
        user, nice, system, _idle, _waiting, *interrupts = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    except OSError:
        return 0.0
    return sum(map(int, (user, nice, system, *interrupts))) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Processor seconds of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def spent(processes: Sequence[int]) -> float:
    """Processor seconds of those processes and of their children that have ended; 0 for one that is gone."""
    ticks = 0
    for pid in processes:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended: its parent tells what it took
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(held(pid) for pid in family(process.pid)))
        time.sleep(_EVERY_SECONDS)


def family(pid: int) -> list[int]:
    """The process and all that it started; those that end between two looks are left out."""
    children: list[int] = []
    for task in _tasks(pid):
        try:
            children += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:
            continue  # the thread ended between two looks
    return [pid, *(one for child in children for one in family(child))]


def _tasks(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []  # the process ended between two looks, or this is no Linux


def held(pid: int) -> float:
    """Megabytes of its proportional set size, 0 where it is gone or this is no Linux."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))
