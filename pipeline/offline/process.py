"""The engine in a process of its own: `python -m pipeline.offline.process` answers chat requests on stdin.

Answering is computing, and one interpreter computes one thing at a time. What goes each way is a line with a length,
and then so many bytes; an answer's line begins with its HTTP status.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import IO, Any

from pipeline.offline.engine import answer, error
from pipeline.settings import clean_environment


class EngineProcess:
    """One such process: it ends with this program, or when it is told to."""

    def __init__(self) -> None:
        # -P: nothing is imported from the working directory. A session of its own: Ctrl-C is for this program.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.offline.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=clean_environment(),
            start_new_session=True,
        )

    def complete(self, content: bytes) -> tuple[int, bytes]:
        """HTTP status and body for the body of a chat request. Raises OSError where the process is gone."""
        assert self._process.stdin and self._process.stdout
        try:
            _write(self._process.stdin, b"%d\n" % len(content), content)
            status, length = self._process.stdout.readline().split()
            body = self._process.stdout.read(int(length))
        except (ValueError, BrokenPipeError) as fault:  # no such line, its stream was closed by `end`, or nobody reads
            raise OSError("the engine's process ended") from fault
        if len(body) < int(length):
            raise OSError("the engine's process ended within its answer")
        return int(status), body

    def end(self) -> None:
        """Kill it and the OCR that it may have started; whoever waits for its answer gets an OSError."""
        with contextlib.suppress(ProcessLookupError):  # it is gone already
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def complete(content: bytes) -> tuple[int, bytes]:
    """HTTP status and body for the body of a chat request."""
    try:
        status, body = _answer(content)
    except Exception as fault:  # a fault of the engine's own costs this request, which is told what it was
        status, body = 500, error(f"The embedded engine failed ({type(fault).__name__}).", "server_error")
    return status, json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _answer(content: bytes) -> tuple[int, dict[str, Any]]:
    try:
        chat = json.loads(content)
    except ValueError:
        return 400, error("The body is no valid JSON.", "invalid_request_error")
    return answer(chat)


def _write(stream: IO[bytes], *parts: bytes) -> None:
    for part in parts:
        stream.write(part)
    stream.flush()


def main() -> None:
    """Answer until stdin ends. What a library prints goes where stderr goes: stdout is for answers alone."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while line := sys.stdin.buffer.readline():
        status, body = complete(sys.stdin.buffer.read(int(line)))
        _write(out, b"%d %d\n" % (status, len(body)), body)


if __name__ == "__main__":
    main()
