"""Which processes are still there, of those that left a record of themselves in a place that several share."""

from __future__ import annotations

import os
import socket


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
