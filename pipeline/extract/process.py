"""The reader's end of a worker process: start it, fork it, ask it, and kill it when it takes too long."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import IO, Self

from pydantic import ValidationError

from pipeline.errors import QuireError
from pipeline.extract.limits import Limits
from pipeline.extract.messages import MESSAGE, REPLY, End, Fork, Message, Opening, Question, Reply, Stage
from pipeline.settings import clean_environment

_FORK_SECONDS = 60.0
"""A fork takes milliseconds; the first answer of a fresh process half a second, on a busy machine several."""

_MOST_BYTES = 256 * 2**20
"""No page's JSON is so long: what sends more would fill the reader's memory."""

_log = logging.getLogger(__name__)


class WorkerGone(QuireError):
    """The worker process died or was killed for taking too long, as the message says; `stage` is how far it was."""

    def __init__(self, message: str, stage: Stage = "text") -> None:
        super().__init__(message)
        self.stage = stage


class Worker:
    """One worker process: started afresh, or forked off another with all that is open there.

    One thread at a time asks; `fork` and `close` of what was forked off may come from others at the same time.
    """

    def __init__(
        self, connection: socket.socket, pid: int, end: Callable[[], int | None], limits: Limits | None = None
    ) -> None:
        self.pid = pid
        self._limits = limits or Limits()
        self._connection = connection
        self._end = end
        self._received = bytearray()
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def start(cls) -> Self:
        """A fresh one, with nothing open: about half a second until it answers."""
        ours, theirs = socket.socketpair()
        printed = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        # -P: nothing is imported from the working directory. A session of its own: it is killed with all it started.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.extract.worker"],
            stdin=theirs.fileno(),
            stdout=printed,
            stderr=printed,
            env=clean_environment(),
            start_new_session=True,
        )
        theirs.close()
        return cls(ours, process.pid, lambda: _killed(process, printed))

    def fork(self) -> Worker:
        """Another one with the same document open, there in milliseconds; to be closed before this one.

        Raises WorkerGone.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                child = self._asked(Fork(), _FORK_SECONDS, theirs)
            except WorkerGone:
                ours.close()
                raise
        if child.child is None:
            ours.close()
            raise WorkerGone(child.problem or "the reading process gave nothing")
        pid = child.child
        return Worker(ours, pid, lambda: self._end_of(pid), self._limits)

    def open(self, opening: Opening) -> Reply:
        """Its document, or its refusal. Raises WorkerGone."""
        self._limits = opening.limits
        return self._asked(opening, opening.limits.open_seconds)

    def ask(self, ask: Question) -> Reply:
        """What was asked for, or a problem. Raises WorkerGone."""
        return self._asked(ask, self._limits.page_seconds)

    def close(self) -> int | None:
        """Kill it and whatever it started: its exit code, or less than 0 for a signal. Safe to call twice."""
        if self._closed:
            return None
        self._closed = True
        code = self._end()
        self._connection.close()
        return code

    def _end_of(self, child: int) -> int | None:
        """Have a child killed, and its exit code; None where this one is gone, and the child left to its own limits."""
        try:
            return self._asked(End(child), _FORK_SECONDS).ended
        except WorkerGone as gone:
            _log.debug("reading process %d could not be ended: %s", child, gone)
            return None

    def _asked(self, message: Message, seconds: float, given: socket.socket | None = None) -> Reply:
        """Send one line, and wait for the reply. A stage that is announced may take its own time."""
        with self._lock:
            stage: Stage = "text"
            deadline = time.monotonic() + seconds
            self._send(MESSAGE.dump_json(message) + b"\n", deadline, given)
            while True:
                reply = self._next(deadline, stage)
                if reply.stage is None:
                    return reply
                stage = reply.stage
                if stage == "ocr":
                    deadline = time.monotonic() + self._limits.ocr_seconds

    def _send(self, line: bytes, deadline: float, given: socket.socket | None) -> None:
        try:
            self._connection.settimeout(max(deadline - time.monotonic(), 0.001))
            if given:
                socket.send_fds(self._connection, [line], [given.fileno()])
            else:
                self._connection.sendall(line)
        except OSError as fault:
            raise self._gone("text") from fault

    def _next(self, deadline: float, stage: Stage) -> Reply:
        line = self._line(deadline, stage)
        try:
            return REPLY.validate_json(line)
        except ValidationError as fault:
            raise WorkerGone(
                f"the reading process gave something that makes no sense ({fault.title})", stage
            ) from fault

    def _line(self, deadline: float, stage: Stage) -> bytes:
        while (end := self._received.find(b"\n")) < 0:
            try:
                self._connection.settimeout(max(deadline - time.monotonic(), 0.001))
                data = self._connection.recv(1 << 20)
            except TimeoutError:
                raise WorkerGone("took longer than its time limit", stage) from None
            except OSError as fault:
                raise self._gone(stage) from fault
            if not data:
                raise self._gone(stage)
            self._received += data
            if len(self._received) > _MOST_BYTES:
                raise WorkerGone("the reading process gave more than any page holds", stage)
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line

    def _gone(self, stage: Stage) -> WorkerGone:
        """Why it died, from its exit code."""
        code = self.close()
        if code is None:
            return WorkerGone("the reading process was ended", stage)
        if code == -signal.SIGALRM:
            return WorkerGone("took longer than its time limit", stage)
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return WorkerGone(f"the reading process crashed ({name})", stage)


def _killed(process: subprocess.Popen[bytes], printed: IO[bytes]) -> int:
    """The exit code of a process that was started here, once it and its group are dead; what it printed is logged."""
    with contextlib.suppress(ProcessLookupError):  # it is gone already, as it should be
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    with printed:
        printed.seek(max(printed.seek(0, os.SEEK_END) - 2000, 0))
        _log.debug("reading process ended with %s: %s", code, printed.read().decode("utf-8", "replace"))
    return code
