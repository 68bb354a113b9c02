"""The reader's end of the worker process: start it, ask it, and kill it when it takes too long."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from pipeline.errors import QuireError
from pipeline.extract.limits import Limits
from pipeline.extract.messages import ASK, OPENING, REPLY, Ask, Opening, Reply, Stage

_ROOT = Path(__file__).resolve().parents[2]
_log = logging.getLogger(__name__)


class WorkerGone(QuireError):
    """The worker process died or was killed for taking too long, as the message says; `stage` is how far it was."""

    def __init__(self, message: str, stage: Stage) -> None:
        super().__init__(message)
        self.stage = stage


class Worker:
    """One worker process with one open document. Not for use by several threads at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        # -P: nothing is imported from the working directory. A session of its own: it is killed with its OCR.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.extract.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=_environment(),
            start_new_session=True,
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._pump, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id, for whoever watches it."""
        return self._process.pid

    def open(self, opening: Opening) -> Reply:
        """Its document, or its refusal. Raises WorkerGone."""
        return self._say(OPENING.dump_json(opening), self._limits.open_seconds)

    def ask(self, ask: Ask) -> Reply:
        """The page or the words asked for, or a problem. Raises WorkerGone."""
        return self._say(ASK.dump_json(ask), self._limits.page_seconds)

    def close(self) -> None:
        """Kill it and whatever it started. Safe to call twice."""
        with contextlib.suppress(ProcessLookupError):  # it is gone already, as it should be
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):  # the last request never reached it
                    stream.close()
        self._stderr.close()

    def _pump(self) -> None:
        assert self._process.stdout
        try:
            for line in self._process.stdout:
                self._lines.put(line)
        except ValueError:
            _log.debug("the worker's output was closed while it was read")
        self._lines.put(None)

    def _say(self, message: bytes, seconds: float) -> Reply:
        """Send one line, and wait for the reply. A stage that is announced may take its own time."""
        assert self._process.stdin
        stage: Stage = "text"
        try:
            self._process.stdin.write(message + b"\n")
            self._process.stdin.flush()
        except OSError as fault:
            raise self._gone(stage) from fault
        deadline = time.monotonic() + seconds
        while True:
            reply = self._next(deadline, stage)
            if reply.stage is None:
                return reply
            stage = reply.stage
            if stage == "ocr":
                deadline = time.monotonic() + self._limits.ocr_seconds

    def _next(self, deadline: float, stage: Stage) -> Reply:
        try:
            line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.0))
        except queue.Empty:
            raise WorkerGone("took longer than its time limit", stage) from None
        if line is None:
            raise self._gone(stage)
        try:
            return REPLY.validate_json(line)
        except ValidationError as fault:
            raise WorkerGone(
                f"the reading process gave something that makes no sense ({fault.title})", stage
            ) from fault

    def _gone(self, stage: Stage) -> WorkerGone:
        """Why it died, from its exit code; what it said at last is for the log alone."""
        code = self._process.wait()
        self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(self._stderr.tell() - 2000, 0))
        _log.debug("reading process ended with %s: %s", code, self._stderr.read().decode("utf-8", "replace"))
        if code == -signal.SIGALRM:
            return WorkerGone("took longer than its time limit", stage)
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return WorkerGone(f"the reading process crashed ({name})", stage)


def _environment() -> dict[str, str]:
    """The environment without keys and settings: what parses hostile files has no use for them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("QUIRE_") and not name.endswith(("_API_KEY", "_TOKEN", "_PASSWORD"))
    }
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
