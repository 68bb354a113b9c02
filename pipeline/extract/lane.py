"""One worker process at a time over one document: started when it is needed, and anew where it died or grew old."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import NamedTuple

from pipeline.document import Document, Page, Word
from pipeline.errors import PasswordNeeded, UnreadableDocument
from pipeline.extract.language import detect
from pipeline.extract.messages import Ask, Opening, Reply, Stage
from pipeline.extract.process import Worker, WorkerGone

_MOST_PAGES = 2000
"""A worker's memory grows with the pages that it has read, by a few kilobytes each; a fresh one gives it back."""

_log = logging.getLogger(__name__)


class Read(NamedTuple):
    """A page, and whether all that was asked for of it is there, so that it may be kept."""

    page: Page
    whole: bool


class Lane:
    """Reads pages of one document. Not for use by several threads at once."""

    def __init__(self, opening: Opening, name: str) -> None:
        self._opening = opening
        self._name = name
        self._dead: str | None = None
        self._asked = 0
        self.worker: Worker | None = None

    def open(self) -> Document:
        """Start a worker, and what it says of the document. Raises UnreadableDocument or PasswordNeeded."""
        self.close()
        self._asked = 0
        self.worker = Worker(self._opening.limits)
        try:
            reply = self.worker.open(self._opening)
        except WorkerGone as gone:
            self.close()
            raise UnreadableDocument(
                f"{self._name} could not be opened: {gone}; repair the file or leave it out."
            ) from gone
        if reply.document is None:
            self.close()
            kind = PasswordNeeded if reply.refused == "password" else UnreadableDocument
            raise kind(f"{self._name} {reply.why}")
        self._opening = replace(self._opening, describe=False)
        # The model that knows languages takes 120 MB and half a second: here it is loaded once for all documents.
        return replace(reply.document, language=reply.document.language or detect(reply.sample))

    def close(self) -> None:
        """End the worker process; the next page starts another. Safe to call twice."""
        if self.worker:
            self.worker.close()
            self.worker = None

    def end(self) -> None:
        """End the worker process for good."""
        self._dead = "reading was ended"
        self.close()

    def page(self, number: int) -> Read:
        """Read a page; where a stage ends the worker, read it once more without that stage, and say so.

        A page that crashes, hangs or breaks the worker comes with its `problem` set.
        """
        without: tuple[Stage, ...] = ()
        while True:
            reply = self._ask(Ask("page", number, without))
            if isinstance(reply, Reply) and reply.page is not None:
                return Read(reply.page, whole=not without)
            if isinstance(reply, Reply) or reply.stage == "text" or reply.stage in without:
                problem = f"Page {number} could not be read: {_why(reply)}."
                return Read(Page(number, label=None, width=0.0, height=0.0, rotation=0, problem=problem), whole=False)
            without = (*without, reply.stage)

    def words(self, number: int) -> tuple[Word, ...]:
        """The words of a page with their boxes, in reading order; none for a page that cannot be read."""
        reply = self._ask(Ask("words", number))
        if isinstance(reply, WorkerGone) or reply.words is None:
            _log.warning("%s: no words for page %d: %s", self._name, number, _why(reply))
            return ()
        return reply.words

    def _ask(self, ask: Ask) -> Reply | WorkerGone:
        """One question, to a fresh worker where the last one died or has read its share."""
        if self._dead:
            return WorkerGone(self._dead, "text")
        try:
            if self.worker is None or self._asked >= _MOST_PAGES:
                self.open()
            assert self.worker
            self._asked += 1
            return self.worker.ask(ask)
        except WorkerGone as gone:
            self.close()
            return gone
        except UnreadableDocument as fault:  # it opened before, and does no longer: each further page would fail too
            self._dead = str(fault).rstrip(".")
            return WorkerGone(self._dead, "text")


def _why(reply: Reply | WorkerGone) -> str:
    return str(reply) if isinstance(reply, WorkerGone) else (reply.problem or "the reading process gave nothing")
