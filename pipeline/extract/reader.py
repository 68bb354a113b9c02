"""Read a document page by page through a worker process, so that no file can crash, hang or fill the program."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from pipeline import ocr as recognition
from pipeline.document import Document, Holding, Page, Word
from pipeline.errors import UnreadableDocument
from pipeline.extract.lane import Lane
from pipeline.extract.language import detect, get_ready, let_go
from pipeline.extract.limits import Limits
from pipeline.extract.messages import COMPLAINT, DOCUMENT, PAGE, Opening, Sample, native, portable
from pipeline.extract.order import in_order
from pipeline.extract.origin import Origin
from pipeline.extract.work import WorkStore
from pipeline.settings import Ocr

READER_VERSION = "9"
"""Part of the name that pages are kept under: raise it whenever the same file would be read differently."""

_LONG_PAGES = 1000
"""From here on memory counts for more than the third of a second that the model of languages takes to load again."""

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
    opening = Opening(portable(path.absolute()), sha256, work.root, ocr, password, limits)
    return Reading(opening, size, work)


class Reading:
    """An open document: what is known of it as a whole, and its pages as they are asked for.

    Pages that were read before come from the work store; a worker process is started when the first one is missing.
    `processes` tells how many may read at once, whenever more of them would pay; who has many documents may change it.
    """

    document: Document
    processes: Callable[[], int]

    def __init__(self, opening: Opening, size: int, work: WorkStore) -> None:
        self._opening = opening
        self._work = work
        self._name = _shown(native(opening.path).name)
        self._key = _key(opening)
        known = _document(work.load(f"pages/{self._key}/document.json"))
        self._origin = Origin(replace(opening, describe=known is None), self._name)
        self._lanes = [Lane(self._origin, self._name)]
        self.processes = lambda: opening.limits.processes
        self._sample: Sample | None = None
        self._lock = threading.Lock()
        self.document = replace(known or self._described(), file=self._name, bytes=size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def without_ocr(self) -> Reading:
        """The same document, opened once more, to be read without OCR."""
        return Reading(replace(self._opening, ocr="never"), self.document.bytes, self._work)

    def rest(self) -> None:
        """End the worker processes for now; whatever is asked next starts them again."""
        for lane in self._lanes:
            lane.close()
        self._origin.rest()

    def close(self) -> None:
        """End the worker processes. Safe to call twice."""
        for lane in self._lanes:
            lane.close()
        self._origin.end()

    def pages(self, numbers: Collection[int] | None = None) -> Iterator[Page]:
        """The pages of those numbers (from 1; all by default), in order and each as soon as it is read.

        A page that crashes, hangs or breaks the worker comes with its `problem` set; none is ever missing. Where it
        pays, several workers read at once. What MuPDF complains of is told on the first page where it did.
        """
        everything = range(1, self.document.page_count + 1)
        wanted = everything if numbers is None else sorted(set(numbers) & set(everything))
        told: set[str] = set()
        for page in in_order(wanted, self._lanes[0], self._further, self._page, self.processes):
            fresh = tuple(note for note in page.notes if note not in told or not note.startswith(COMPLAINT))
            told.update(page.notes)
            yield page if fresh == page.notes else replace(page, notes=fresh)

    def words(self, numbers: Collection[int]) -> dict[int, tuple[Word, ...]]:
        """The words of those pages with their boxes, in reading order; none for a page that cannot be read.

        The words of a page that went through OCR are those of its OCR.
        """
        return {number: self._lanes[0].words(number) for number in sorted(set(numbers))}

    def attached(self, place: tuple[Holding, int]) -> bytes:
        """The bytes of an attached PDF. Raises UnreadableDocument where they cannot be had."""
        holding, number = place
        name = f"pages/{self._key}/{holding}-{number}"
        known = (self._work.load(name) or b"").decode()
        if not known or not self._work.has(known):
            known = self._lanes[0].file(place)
            self._work.save(name, known.encode())
        return self._work.get(known)

    def beside(self, path: Path) -> Reading:
        """Another file, opened to be read as this one is. Raises what `read_document` raises."""
        own = self._opening
        return read_document(path, self._work, ocr=own.ocr, password=own.password, limits=own.limits)

    def _described(self) -> Document:
        """The document as it is when it is opened first, and kept so. Raises UnreadableDocument or PasswordNeeded."""
        get_ready()
        document = self._origin.open()
        if not document.language:
            # Here, and not in a process that reads, the model that knows languages serves all documents.
            document = replace(document, language=detect(self._sampled().text))
        if document.page_count >= _LONG_PAGES:
            let_go()
        self._work.save(f"pages/{self._key}/document.json", DOCUMENT.dump_json(document))
        return document

    def _sampled(self) -> Sample:
        """What a few of its pages tell of the document, looked at when that is needed first."""
        with self._lock:
            if self._sample is None:
                self._sample = self._lanes[0].sample()
            return self._sample

    def _further(self) -> Lane:
        """One more lane, ended with the others."""
        self._lanes.append(Lane(self._origin, self._name))
        return self._lanes[-1]

    def _page(self, lane: Lane, number: int) -> Page:
        """The page as it was kept, else read now."""
        kept = self._kept(number)
        if kept:
            return kept
        page, whole = lane.page(number, self._sampled().body)
        if whole:
            self._work.save(f"pages/{self._key}/{number}.json", PAGE.dump_json(page))
        return page

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
        # Asked before it is opened: a pipe would wait for whoever writes into it, a device may never end.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UnreadableDocument(f"{name} is a pipe or a device: copy its content to a file.")
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
