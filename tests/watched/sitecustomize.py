"""Writes down every address that a Python process of a test connects to or looks up.

Python imports this at its start where this folder is in PYTHONPATH; QUIRE_TEST_SOCKETS names the file.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_WATCHED = {"socket.connect": 1, "socket.getaddrinfo": 0, "socket.sendto": 1}


def _tell(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _WATCHED:
        address = arguments[_WATCHED[event]]
        host = address[0] if isinstance(address, tuple) else address
        with open(os.environ["QUIRE_TEST_SOCKETS"], "a", encoding="utf-8") as log:
            log.write(f"{event} {host!r}\n")


if "QUIRE_TEST_SOCKETS" in os.environ:
    sys.addaudithook(_tell)
