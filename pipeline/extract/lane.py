"""One worker at a time over one document: forked when it is needed, and anew where it died or has taken much memory."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.document import Holding, Page, Word
from pipeline.errors import UnreadableDocument
from pipeline.extract.messages import Ask, Look, Mark, MarkAll, Question, Reply, Sample, Stage, View, portable
from pipeline.extract.origin import Origin
from pipeline.extract.process import Worker, WorkerGone

_log = logging.getLogger(__name__)


class Read(NamedTuple):
    """A page, and whether all that was asked for of it is there, so that it may be kept."""

    page: Page
    whole: bool


class Lane:
    """Reads pages of one document. Not for use by several threads at once."""

    def __init__(self, origin: Origin, name: str) -> None:
        self._origin = origin
        self.name = name
        self.worker: Worker | None = None

    def close(self) -> None:
        """End the worker process; the next page forks another. Safe to call twice."""
        if self.worker:
            self.worker.close()
            self.worker = None

    def sample(self) -> Sample:
        """What a few pages tell of the document; nothing where one of them ends the worker."""
        reply = self._ask(Ask("sample"))
        if isinstance(reply, WorkerGone) or reply.sample is None:
            _log.warning("%s: its language and size of type are not known: %s", self.name, _why(reply))
            return Sample()
        return reply.sample

    def page(self, number: int, body: float) -> Read:
        """Read a page; where a stage ends the worker, read it once more without that stage, and say so.

        A page that crashes, hangs or breaks the worker comes with its `problem` set. `body` is the document's usual
        size of type in points.
        """
        without: tuple[Stage, ...] = ()
        while True:
            reply = self._ask(Ask("page", number, without, body))
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
            _log.warning("%s: no words for page %d: %s", self.name, number, _why(reply))
            return ()
        return reply.words

    def file(self, place: tuple[Holding, int]) -> str:
        """Put an attached file into the work store, and its SHA-256. Raises UnreadableDocument, with the reason."""
        reply = self._ask(Ask("file", place=place))
        if isinstance(reply, WorkerGone) or reply.file is None:
            raise UnreadableDocument(f"The file attached to {self.name} could not be taken out: {_why(reply)}.")
        return reply.file

    def look(self, look: Look) -> View | str:
        """A page to look at, or why there is nothing to see."""
        reply = self._ask(look)
        return _why(reply) if isinstance(reply, WorkerGone) or reply.view is None else reply.view

    def mark(self, target: Path, marks: Sequence[Mark]) -> int:
        """Write a copy with marks, and how many there are. Raises UnreadableDocument, with the reason."""
        reply = self._ask(MarkAll(portable(target.absolute()), tuple(marks)))
        if isinstance(reply, WorkerGone) or reply.marked is None:
            raise UnreadableDocument(f"No copy of {self.name} with marks could be written: {_why(reply)}.")
        return reply.marked

    def _ask(self, ask: Question) -> Reply | WorkerGone:
        """One question, to a fresh worker where the last one died or has taken much memory."""
        try:
            self.worker = self.worker or self._origin.fork()
            reply = self.worker.ask(ask)
        except WorkerGone as gone:
            self.close()
            return gone
        if reply.grown:
            self.close()
        return reply


def _why(reply: Reply | WorkerGone) -> str:
    return str(reply) if isinstance(reply, WorkerGone) else (reply.problem or "the reading process gave nothing")
