"""Which processes are still there, of those that left a record of themselves in a place that several share."""

from __future__ import annotations

import os
import socket
import time

_UNSEEN_SECONDS = 2 * 86400.0


def whereabouts() -> tuple[str, int]:
    """This machine and this process, as a record names them."""
    return socket.gethostname(), os.getpid()


def lives(host: str, process: int) -> bool | None:
    """Whether a process is there; None where it cannot be seen from here: on another machine, or no POSIX system."""
    if host != socket.gethostname() or os.name != "posix":  # elsewhere asking for a process may end it
        return None
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another user's, so it is there
    return True


def whereabouts_exact() -> tuple[str, int, str | None]:
    """The same so that nothing else is taken for it: machines of one name, containers and reboots apart, and since
    when the process is there (None where the system does not tell)."""
    marks = (_told("/proc/sys/kernel/random/boot_id"), _link("/proc/self/ns/pid"))
    return "/".join((socket.gethostname(), *filter(None, marks))), os.getpid(), started(os.getpid())


def started(process: int) -> str | None:
    """When a process of this machine began, in the system's own words; None where there is none or it is not told."""
    after_name = _told(f"/proc/{process}/stat").rpartition(")")[2].split()
    return after_name[19] if len(after_name) > 19 and after_name[0] != "Z" else None


def _told(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""  # no Linux, or no such process


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""  # no Linux


def at_work(host: str, process: int, since: float) -> bool:
    """Whether a process that left a record then is still there; one that cannot be seen counts for two days."""
    there = lives(host, process)
    return time.time() - since < _UNSEEN_SECONDS if there is None else there
