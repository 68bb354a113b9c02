"""Which documents a command was given, and where the result of each one goes."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import overload

from flows.addresses import MAGIC, documents
from pipeline import QuireError
from pipeline.places import below, is_remote, parted
from pipeline.result import remote
from pipeline.result.store import is_free
from pipeline.settings import local_folder, shown_address

LONGEST_NAME = 200
"""Bytes of a result's bare name; file systems take 255, its ending included."""
RESERVED = "run"
"""`run.json` is the run's own."""


@dataclass(frozen=True, slots=True)
class Source:
    """One document that was given: its path or address, and the name of its result below the output folder, without an
    ending.

    `problem` says why nothing can be read there, where that is known already.
    """

    path: str | Path
    name: str
    problem: str | None = None

    @property
    def file(self) -> str:
        """Its bare name."""
        return PurePosixPath(self.shown).name if is_remote(self.path) else Path(self.path).name

    @property
    def shown(self) -> str:
        """Its path as it may be told: nothing that is secret in an address is in it."""
        return shown_address(str(self.path))


def expand(given: Sequence[str]) -> list[Source]:
    """The documents that files, folders and patterns name, each once, in the order given.

    A file counts whatever it is called. Of a folder, what is called .pdf or begins as a PDF counts, hidden files apart,
    and the paths below it are kept. What names nothing is kept too, with its problem: it is reported, and the run goes
    on.
    """
    found: dict[str, Source] = {}
    for text in given:
        for source in _sources(text):
            key = source.shown if is_remote(source.path) else os.path.realpath(source.path)
            found.setdefault(key, source)
    return list(found.values())


def _sources(text: str) -> Iterable[Source]:
    local = local_folder(text)
    if local is None:
        return _at(text)
    path = Path(text)
    if "://" in text:
        path, text = local, str(local)
    if os.path.isdir(text):
        files = sorted(_files(path))
        if not files:
            return [Source(path, path.name, f"The folder {text} holds no PDF: name a folder or a file that does.")]
        return [Source(file, bare_name(file.relative_to(path).with_suffix(""))) for file in files]
    if not os.path.lexists(text) and any(sign in text for sign in "*?["):
        matches = sorted(glob.glob(text, recursive=True))
        if not matches:
            return [Source(path, path.name, f"No file matches the pattern {text}.")]
        return [source for match in matches for source in _sources(match)]
    return [Source(path, bare_name(Path(path.stem or path.name)))]


def _at(address: str) -> list[Source]:
    """The documents at an address; where there is none, it with its problem."""
    try:
        return [Source(one, bare_name(Path(name).with_suffix(""))) for one, name in documents(address)]
    except QuireError as error:
        return [Source(address, bare_name(Path(PurePosixPath(shown_address(address)).name)), str(error))]


def _files(folder: Path) -> Iterator[Path]:
    """The documents below a folder, links followed, no folder entered twice."""
    entered = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        entered.add(os.path.realpath(place))
        folders[:] = [
            name
            for name in sorted(folders)
            if not name.startswith(".") and os.path.realpath(os.path.join(place, name)) not in entered
        ]
        yield from (
            Path(place, name) for name in files if not name.startswith(".") and looks_like_pdf(Path(place, name))
        )


def looks_like_pdf(file: Path) -> bool:
    """Whether a file is called .pdf or begins as a PDF."""
    if file.suffix.lower() == ".pdf":
        return True
    try:
        with file.open("rb") as stream:
            return file.is_file() and stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False  # It is not called a PDF, and nothing can be seen of it.


def bare_name(path: Path) -> str:
    """A result's name that any program can write: bytes that are no UTF-8 are shown as such, long ones cut."""
    shown = Path(os.fsencode(path).decode("utf-8", "replace"))
    return str(shown.with_name(shown.name.encode()[:LONGEST_NAME].decode("utf-8", "ignore")))


def claims(sources: Sequence[Source]) -> dict[str, str]:
    """Of each name that several documents want, the content hash of the first one, which gets it.

    So names do not depend on which document is done first. Case is no difference: on some file systems it is none.
    """
    wanted: dict[str, list[str | Path]] = {}
    for source in sources:
        wanted.setdefault(source.name.casefold(), []).append(source.path)
    hashes = ((name, _hash(paths)) for name, paths in wanted.items() if len(paths) > 1)
    return {name: found for name, found in hashes if found}


def _hash(paths: Iterable[str | Path]) -> str | None:
    """SHA-256 of the first of the files that can be read."""
    return next(filter(None, map(content_hash, paths)), None)


def content_hash(path: str | Path) -> str | None:
    """SHA-256 of a file, here or at an address; None where it cannot be read."""
    try:
        if is_remote(path):
            place, name = parted(str(path))
            return place.sha256(name)
        if Path(path).is_file():
            with Path(path).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, QuireError):
        return None  # Reading it fails likewise, and tells why.
    return None


def result_name(source: Source, sha256: str, out: str | Path, claims: Mapping[str, str]) -> str:
    """The name of the result below OUT, without an ending, with a piece of the content hash where that is another's.

    Another's is what an earlier document of this run has a claim on, what holds the result of another document, what
    Quire did not write, and the run's own `run.json`; not what a killed run has left of the same document's result.
    """
    own = source.name != RESERVED and claims.get(source.name.casefold(), sha256) == sha256
    plain = below(out, f"{source.name}.json")
    return source.name if own and _is_free(plain, sha256) else f"{source.name}-{sha256[:8]}"


@overload
def result_path(source: Source, sha256: str, out: Path, claims: Mapping[str, str]) -> Path: ...


@overload
def result_path(source: Source, sha256: str, out: str, claims: Mapping[str, str]) -> str | Path: ...


@overload
def result_path(source: Source, sha256: str, out: str | Path, claims: Mapping[str, str]) -> str | Path: ...


def result_path(source: Source, sha256: str, out: str | Path, claims: Mapping[str, str]) -> str | Path:
    """Where the result goes: OUT/name.json, a path or an address as OUT is."""
    return below(out, f"{result_name(source, sha256, out, claims)}.json")


def _is_free(path: str | Path, sha256: str) -> bool:
    if isinstance(path, Path):
        return is_free(path, sha256)
    place, name = parted(path)
    return remote.is_free(place, name, sha256)
