"""The process that parses: `python -m pipeline.extract.worker` answers requests on the socket that is its stdin.

It has one thread, one document and no keys. It limits its own memory, and its own time too, so that it ends even when
the program that started it is gone. Asked to, it forks: the child has the document open already, shares its memory, and
is there in milliseconds. The one that opened a document reads no page of it, so that it outlives what its children
meet.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import resource
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pymupdf

from pipeline.document import Document
from pipeline.extract.attachments import attached_pdf
from pipeline.extract.marking import save_marked
from pipeline.extract.messages import (
    MESSAGE,
    REPLY,
    End,
    Fork,
    Look,
    MarkAll,
    Message,
    Opening,
    Question,
    Reply,
    Stage,
    native,
)
from pipeline.extract.opening import Refused, describe, open_pdf
from pipeline.extract.pages import Source, read_page, read_words
from pipeline.extract.sampling import sample
from pipeline.extract.views import view
from pipeline.extract.work import WorkStore

_TOO_LARGE = "it is empty or too large"
_GRACE_SECONDS = 5.0


class Session:
    """One process's part of the talk: its socket, its children, and the document once it is open."""

    def __init__(
        self, connection: socket.socket, opening: Opening | None = None, document: pymupdf.Document | None = None
    ) -> None:
        self._connection = connection
        self._opening = opening
        self._document = document
        self._source: Source | None = None
        self._children: set[int] = set()
        self._received = bytearray()
        self._held_at_start = _held()

    def run(self) -> Session | None:
        """Answer until the other end is closed. In a child that was forked meanwhile: how it goes on."""
        while (heard := self._heard()) is not None:
            message, given = heard
            if isinstance(message, Fork):
                child = self._fork(given)
                if child:
                    return child
                continue
            self._say(self._answer(message))
            signal.alarm(0)
        for pid in tuple(self._children):
            self._end(pid)
        return None

    def _answer(self, message: Opening | Question | End) -> Reply:
        if isinstance(message, End):
            return Reply(ended=self._end(message.pid))
        if isinstance(message, Opening):
            return self._open(message)
        assert self._opening
        reply = self._read(message)
        return replace(reply, grown=_held() - self._held_at_start > self._opening.limits.growth_mb * 2**20)

    def _open(self, opening: Opening) -> Reply:
        _bound_memory(opening.limits.memory_mb)
        _alarm(opening.limits.open_seconds)
        self._opening = opening
        try:
            data = native(opening.path).read_bytes()
            if hashlib.sha256(data).hexdigest() != opening.sha256:
                raise Refused("changed while it was read: wait until it is whole and read it again.")
            opened = open_pdf(data, opening.password)
            self._document = opened.document
            size, count = len(data), self._document.page_count
            if opening.describe:
                return Reply(document=describe(opened, opening.sha256, size))
            return Reply(document=Document(file="", sha256=opening.sha256, bytes=size, page_count=count))
        except Refused as refused:
            return Reply(refused=refused.kind, why=str(refused))
        except MemoryError:
            return Reply(refused="unreadable", why="needs more memory to open than the limit allows: raise it.")

    def _read(self, ask: Question) -> Reply:
        """What was asked for, or the problem with it."""
        assert self._opening and self._document is not None
        _alarm(self._opening.limits.page_seconds)
        try:
            if isinstance(ask, Look):
                return Reply(view=view(self._document, ask))
            if isinstance(ask, MarkAll):
                return Reply(marked=save_marked(self._document, ask.marks, native(ask.target)))
            if ask.do == "sample":
                return Reply(sample=sample(self._document))
            if self._source is None:
                work = WorkStore(self._opening.store)
                self._source = Source(self._document, work, self._opening.ocr, self._announce, ask.body)
            if ask.place:
                data = attached_pdf(self._document, ask.place)
                return Reply(file=self._source.work.put(data)) if data else Reply(problem=_TOO_LARGE)
            if ask.do == "words":
                return Reply(words=read_words(self._source, ask))
            return Reply(page=read_page(self._source, ask))
        except MemoryError:
            return Reply(problem="it needs more memory than the limit allows")
        except Exception as fault:  # MuPDF raises five unrelated kinds; the reader turns this into the page's problem
            return Reply(problem=f"it is broken ({type(fault).__name__})")

    def _announce(self, stage: Stage) -> None:
        """Tell the reader what is under way; OCR may take its own time."""
        assert self._opening
        if stage == "ocr":
            _alarm(self._opening.limits.ocr_seconds)
        self._say(Reply(stage=stage))

    def _fork(self, given: int) -> Session | None:
        """Go on as two; the child answers on the socket that was given, and is a process group of its own."""
        gc.freeze()  # else the collector would write to, and so copy, the memory that the two share
        try:
            pid = os.fork()
        except OSError as fault:
            os.close(given)
            self._say(Reply(problem=f"no further process can be started ({fault.strerror})"))
            return None
        if pid == 0:
            os.setpgid(0, 0)
            self._connection.close()
            return Session(socket.socket(fileno=given), self._opening, self._document)
        os.close(given)
        with contextlib.suppress(OSError):  # it has done so itself, or is gone already
            os.setpgid(pid, pid)
        self._children.add(pid)
        self._say(Reply(child=pid))
        return None

    def _end(self, pid: int) -> int:
        """How that child ended, of itself or by being killed now."""
        self._children.remove(pid)
        with contextlib.suppress(ProcessLookupError):  # it is gone, and all that it started
            os.killpg(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _heard(self) -> tuple[Message, int] | None:
        """The next message, and the file descriptor that came with it (-1 for none); None at the end."""
        given = -1
        while b"\n" not in self._received:
            data, sent, _, _ = socket.recv_fds(self._connection, 1 << 16, 1)
            if not data:
                return None
            given = sent[0] if sent else given
            self._received += data
        line, _, rest = self._received.partition(b"\n")
        self._received = rest
        return MESSAGE.validate_json(bytes(line)), given

    def _say(self, reply: Reply) -> None:
        self._connection.sendall(REPLY.dump_json(reply) + b"\n")


def main() -> None:
    """Answer until the other end is closed. What is printed goes to the log: only the socket is for answers."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    collect_seldom()
    session: Session | None = Session(socket.socket(fileno=os.dup(0)))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # whoever asked is gone
        while session:
            session = session.run()


def collect_seldom() -> None:
    """Have Python look for rings of garbage once in some pages: a page leaves few, and makes thousands of objects."""
    gc.set_threshold(50_000, 20, 20)


def _alarm(seconds: float) -> None:
    """Let the kernel end this process after a while; the reader ends it before, if it is still there."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(seconds + _GRACE_SECONDS))


def _bound_memory(megabytes: int) -> None:
    if megabytes:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _held() -> int:
    """Bytes of memory that no file stands behind; 0 where the system does not tell (it does on Linux)."""
    try:
        _, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
    except OSError:
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize()


if __name__ == "__main__":
    main()
