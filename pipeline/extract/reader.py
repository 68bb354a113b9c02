"""Read a document page by page through a worker process, so that no file can crash, hang or fill the program."""

from __future__ import annotations

import hashlib
import json
import logging
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from pipeline import ocr as recognition
from pipeline.document import Document, Page, Word
from pipeline.errors import PasswordNeeded, UnreadableDocument
from pipeline.extract.limits import Limits, Ocr
from pipeline.extract.messages import DOCUMENT, PAGE, Ask, Opening, Reply, Stage
from pipeline.extract.process import Worker, WorkerGone
from pipeline.extract.work import WorkStore

READER_VERSION = "1"
"""Part of the name that pages are kept under: raise it whenever the same file would be read differently."""

_log = logging.getLogger(__name__)


def read_document(
    path: Path,
    work: WorkStore,
    *,
    ocr: Ocr = "auto",
    password: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Reading:
    """Open a PDF for reading; close the Reading, or use it as a context manager.

    Raises UnreadableDocument where it is no PDF, empty, broken or not there, PasswordNeeded where it is encrypted and
    the password is missing or wrong, StorageError where the work store refuses.
    """
    sha256, size = _fingerprint(path)
    opening = Opening(str(path.absolute()), sha256, work.root, ocr, password, limits)
    return Reading(opening, size, work)


class Reading:
    """An open document: what is known of it as a whole, and its pages as they are asked for.

    Pages that were read before come from the work store; a worker process is started when the first one is missing.
    """

    document: Document

    def __init__(self, opening: Opening, size: int, work: WorkStore) -> None:
        self._opening = opening
        self._work = work
        self._name = _shown(Path(opening.path).name)
        self._key = _key(opening)
        self._worker: Worker | None = None
        self._dead: str | None = None
        known = _document(work.load(f"pages/{self._key}/document.json"))
        self.document = known or self._open()
        if known is None:
            work.save(f"pages/{self._key}/document.json", DOCUMENT.dump_json(self.document))
        self.document = replace(self.document, file=self._name, bytes=size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def without_ocr(self) -> Reading:
        """The same document, opened once more, to be read without OCR."""
        return Reading(replace(self._opening, ocr="never"), self.document.bytes, self._work)

    def close(self) -> None:
        """End the worker process. Safe to call twice."""
        if self._worker:
            self._worker.close()
            self._worker = None

    def pages(self, numbers: Collection[int] | None = None) -> Iterator[Page]:
        """The pages of those numbers (from 1; all by default), in order and each as soon as it is read.

        A page that crashes, hangs or breaks the worker comes with its `problem` set; none is ever missing.
        """
        wanted = range(1, self.document.page_count + 1)
        for number in wanted if numbers is None else sorted(set(numbers) & set(wanted)):
            yield self._kept(number) or self._read(number)

    def words(self, numbers: Collection[int]) -> dict[int, tuple[Word, ...]]:
        """The words of those pages with their boxes, in reading order; none for a page that cannot be read.

        The words of a page that went through OCR are those of its OCR.
        """
        found: dict[int, tuple[Word, ...]] = {}
        for number in sorted(set(numbers)):
            reply = self._ask(Ask("words", number))
            if isinstance(reply, WorkerGone) or reply.words is None:
                _log.warning("%s: no words for page %d: %s", self._name, number, _why(reply))
            found[number] = (not isinstance(reply, WorkerGone) and reply.words) or ()
        return found

    def _kept(self, number: int) -> Page | None:
        """The page as it was read before, where it is whole: its pictures must still be in the work store."""
        data = self._work.load(f"pages/{self._key}/{number}.json")
        if data is None:
            return None
        try:
            page = PAGE.validate_json(data)
        except ValidationError:
            _log.warning("%s: page %d is kept in a form that makes no sense; it is read again", self._name, number)
            return None
        return page if all(self._work.has(picture.sha256) for picture in page.pictures if picture.sha256) else None

    def _read(self, number: int) -> Page:
        """Read a page; where a stage ends the worker, read it once more without that stage, and say so."""
        without: tuple[Stage, ...] = ()
        while True:
            reply = self._ask(Ask("page", number, without))
            if isinstance(reply, Reply) and reply.page is not None:
                if not without:
                    self._work.save(f"pages/{self._key}/{number}.json", PAGE.dump_json(reply.page))
                return reply.page
            if isinstance(reply, Reply) or reply.stage == "text" or reply.stage in without:
                problem = f"Page {number} could not be read: {_why(reply)}."
                return Page(number=number, label=None, width=0.0, height=0.0, rotation=0, problem=problem)
            without = (*without, reply.stage)

    def _ask(self, ask: Ask) -> Reply | WorkerGone:
        """One question, to a fresh worker where the last one died."""
        if self._dead:
            return WorkerGone(self._dead, "text")
        try:
            if self._worker is None:
                self._open()
            assert self._worker
            return self._worker.ask(ask)
        except WorkerGone as gone:
            self.close()
            return gone
        except UnreadableDocument as fault:  # it opened before, and does no longer: each further page would fail too
            self._dead = str(fault).rstrip(".")
            return WorkerGone(self._dead, "text")

    def _open(self) -> Document:
        """Start a worker and open the document in it."""
        self._worker = Worker(self._opening.limits)
        try:
            reply = self._worker.open(self._opening)
        except WorkerGone as gone:
            self.close()
            raise UnreadableDocument(
                f"{self._name} could not be opened: {gone}; repair the file or leave it out."
            ) from gone
        if reply.document is None:
            self.close()
            kind = PasswordNeeded if reply.refused == "password" else UnreadableDocument
            raise kind(f"{self._name} {reply.why}")
        return reply.document


def mark_duplicates(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The same pages, each picture whose bytes an earlier one of them already shows marked with that one's id.

    Only a picture that can be sent stands for others: one with bytes, that is neither decorative nor part of another.
    """
    first: dict[str, str] = {}
    marked = []
    for page in pages:
        pictures = []
        for picture in page.pictures:
            sendable = bool(picture.sha256) and not (picture.decorative or picture.part_of or picture.problem)
            earlier = first.setdefault(picture.sha256, picture.id) if sendable else picture.id
            pictures.append(replace(picture, duplicate_of=None if earlier == picture.id else earlier))
        marked.append(replace(page, pictures=tuple(pictures)))
    return tuple(marked)


def _fingerprint(path: Path) -> tuple[str, int]:
    """SHA-256 and size of the file, or an UnreadableDocument that says what is wrong with it."""
    name = _shown(path.name)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            size = file.tell()
    except FileNotFoundError as fault:
        raise UnreadableDocument(f"{name} is not there: check the path.") from fault
    except IsADirectoryError as fault:
        raise UnreadableDocument(f"{name} is a folder: name a PDF file in it.") from fault
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or "its name is no file name"
        raise UnreadableDocument(f"{name} cannot be read ({why}): check the file and its permissions.") from fault
    if size == 0:
        raise UnreadableDocument(f"{name} is empty: it holds no bytes; copy it again from where it came.")
    return digest.hexdigest(), size


def _key(opening: Opening) -> str:
    """The name that pages are kept under: all that decides how they are read.

    A password is part of it, hashed slowly (RFC 7914), so that no one reads an encrypted document from the work store
    by its hash alone, nor finds the password in the name.
    """
    salt = opening.sha256.encode()
    secret = hashlib.scrypt(opening.password.encode(), salt=salt, n=2**14, r=8, p=1).hex() if opening.password else None
    engine = recognition.engine() if opening.ocr != "never" else None
    parts = [opening.sha256, READER_VERSION, version("pymupdf"), opening.ocr, engine, secret]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _document(data: bytes | None) -> Document | None:
    try:
        return DOCUMENT.validate_json(data) if data else None
    except ValidationError:
        _log.warning("a kept document makes no sense; it is read again")
        return None


def _shown(name: str) -> str:
    """A file's name without what could change how a terminal shows it."""
    kept = "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char for char in name)
    return kept.strip()[:200] or "The file"


def _why(reply: Reply | WorkerGone) -> str:
    return str(reply) if isinstance(reply, WorkerGone) else (reply.problem or "the reading process gave nothing")
