"""The process that parses: `python -m pipeline.extract.worker` reads requests on stdin and answers on stdout.

It has one thread, one document and no keys. It limits its own memory, and its own time too, so that it ends even when
the program that started it is gone.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import sys
from typing import IO

import pymupdf

from pipeline.document import Document
from pipeline.extract.messages import ASK, OPENING, REPLY, Ask, Opening, Reply, Stage, native
from pipeline.extract.opening import Refused, describe, open_pdf, sample
from pipeline.extract.pages import Source, read_page, read_words
from pipeline.extract.work import WorkStore

_GRACE_SECONDS = 5.0


class Session:
    """One open document, and the stream that its answers go to."""

    def __init__(self, opening: Opening, out: IO[bytes]) -> None:
        self._opening = opening
        self._out = out
        self._source: Source | None = None
        data = native(opening.path).read_bytes()
        if hashlib.sha256(data).hexdigest() != opening.sha256:
            raise Refused("changed while it was read: wait until it is whole and read it again.")
        opened = open_pdf(data, opening.password)
        self._document = opened.document
        size, count = len(data), self._document.page_count
        if opening.describe:
            document = describe(opened, opening.sha256, size)
            self.opened = Reply(document=document, sample="" if document.language else sample(self._document))
        else:
            self.opened = Reply(document=Document(file="", sha256=opening.sha256, bytes=size, page_count=count))

    def answer(self, ask: Ask) -> Reply:
        """What was asked for, or the problem with it."""
        _alarm(self._opening.limits.page_seconds)
        try:
            if self._source is None:
                work = WorkStore(self._opening.store)
                self._source = Source(self._document, work, self._opening.ocr, self._announce)
            if ask.do == "words":
                return Reply(words=read_words(self._source, ask))
            return Reply(page=read_page(self._source, ask))
        except MemoryError:
            return Reply(problem="it needs more memory than the limit allows")
        except Exception as fault:  # MuPDF raises five unrelated kinds; the reader turns this into the page's problem
            return Reply(problem=f"it is broken ({type(fault).__name__})")

    def _announce(self, stage: Stage) -> None:
        """Tell the reader what is under way; OCR may take its own time."""
        if stage == "ocr":
            _alarm(self._opening.limits.ocr_seconds)
        _write(self._out, Reply(stage=stage))


def main() -> None:
    """Answer until stdin ends. What MuPDF or a library prints goes to stderr: stdout is for answers alone."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    requests = iter(sys.stdin.buffer.readline, b"")
    first = next(requests, None)
    if first is None:
        return
    opening = OPENING.validate_json(first)
    _bound_memory(opening.limits.memory_mb)
    _alarm(opening.limits.open_seconds)
    try:
        session = Session(opening, out)
    except Refused as refused:
        _write(out, Reply(refused=refused.kind, why=str(refused)))
        return
    except MemoryError:
        _write(out, Reply(refused="unreadable", why="needs more memory to open than the limit allows: raise it."))
        return
    _write(out, session.opened)
    signal.alarm(0)
    for line in requests:
        _write(out, session.answer(ASK.validate_json(line)))
        signal.alarm(0)


def _write(out: IO[bytes], reply: Reply) -> None:
    out.write(REPLY.dump_json(reply) + b"\n")
    out.flush()


def _alarm(seconds: float) -> None:
    """Let the kernel end this process after a while; the reader ends it before, if it is still there."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(seconds + _GRACE_SECONDS))


def _bound_memory(megabytes: int) -> None:
    if megabytes:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main()
