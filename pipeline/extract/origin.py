"""The process that has a document open, and off which the workers that read its pages are forked."""

from __future__ import annotations

import threading
from dataclasses import replace

from pipeline.document import Document
from pipeline.errors import PasswordNeeded, UnreadableDocument
from pipeline.extract.messages import Opening
from pipeline.extract.nursery import fresh
from pipeline.extract.process import Worker, WorkerGone


class Origin:
    """Opens the document when that is needed first, and again where its process has died. Safe for several threads."""

    def __init__(self, opening: Opening, name: str) -> None:
        self._opening = opening
        self._name = name
        self._worker: Worker | None = None
        self._dead: str | None = None
        self._lock = threading.Lock()

    def open(self) -> Document:
        """What is known of the document as a whole. Raises UnreadableDocument or PasswordNeeded."""
        with self._lock:
            return self._open()

    def fork(self) -> Worker:
        """A worker that has the document open. Raises WorkerGone, with the reason."""
        with self._lock:
            if self._dead:
                raise WorkerGone(self._dead)
            try:
                if self._worker is None:
                    self._open()
                assert self._worker
                return self._worker.fork()
            except WorkerGone:  # killed by the system, it may be, while it only waited
                self._close()
                raise
            except UnreadableDocument as fault:  # it opened before, and does no longer: no page of it can be read
                self._dead = str(fault).rstrip(".")
                raise WorkerGone(self._dead) from fault

    def rest(self) -> None:
        """End the process for now; the next fork opens the document again."""
        with self._lock:
            self._close()

    def end(self) -> None:
        """End the process for good, even one that opens the document in another thread. Safe to call twice."""
        self._dead = "reading was ended"
        if worker := self._worker:
            worker.close()
        with self._lock:
            self._close()

    def _open(self) -> Document:
        self._close()
        try:
            self._worker = fresh()
            reply = self._worker.open(self._opening)
        except WorkerGone as gone:
            self._close()
            raise UnreadableDocument(
                f"{self._name} could not be opened: {gone}; repair the file or leave it out."
            ) from gone
        if reply.document is None:
            self._close()
            kind = PasswordNeeded if reply.refused == "password" else UnreadableDocument
            raise kind(f"{self._name} {reply.why}")
        self._opening = replace(self._opening, describe=False)
        return reply.document

    def _close(self) -> None:
        if self._worker:
            self._worker.close()
            self._worker = None
