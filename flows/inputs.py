"""Which documents a command was given, and where the result of each one goes."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.result.store import is_free

MAGIC = b"%PDF-"
LONGEST_NAME = 200
"""Bytes of a result's bare name; file systems take 255, its ending included."""
RESERVED = "run"
"""`run.json` is the run's own."""


@dataclass(frozen=True, slots=True)
class Source:
    """One document that was given: its path, and the name of its result below the output folder, without an ending.

    `problem` says why nothing can be read there, where that is known already.
    """

    path: Path
    name: str
    problem: str | None = None


def expand(given: Sequence[str]) -> list[Source]:
    """The documents that files, folders and patterns name, each once, in the order given.

    A file counts whatever it is called. Of a folder, what is called .pdf or begins as a PDF counts, hidden files apart,
    and the paths below it are kept. What names nothing is kept too, with its problem: it is reported, and the run goes
    on.
    """
    found: dict[str, Source] = {}
    for text in given:
        for source in _sources(text):
            found.setdefault(os.path.realpath(source.path), source)
    return list(found.values())


def _sources(text: str) -> Iterable[Source]:
    path = Path(text)
    if os.path.isdir(text):
        files = sorted(_files(path))
        if not files:
            return [Source(path, path.name, f"The folder {text} holds no PDF: name a folder or a file that does.")]
        return [Source(file, _name(file.relative_to(path).with_suffix(""))) for file in files]
    if not os.path.lexists(text) and any(sign in text for sign in "*?["):
        matches = sorted(glob.glob(text, recursive=True))
        if not matches:
            return [Source(path, path.name, f"No file matches the pattern {text}.")]
        return [source for match in matches for source in _sources(match)]
    return [Source(path, _name(Path(path.stem or path.name)))]


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
        yield from (Path(place, name) for name in files if not name.startswith(".") and _counts(Path(place, name)))


def _counts(file: Path) -> bool:
    if file.suffix.lower() == ".pdf":
        return True
    try:
        with file.open("rb") as stream:
            return file.is_file() and stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False  # It is not called a PDF, and nothing can be seen of it.


def _name(path: Path) -> str:
    """A result's name that any program can write: bytes that are no UTF-8 are shown as such, long ones cut."""
    shown = Path(os.fsencode(path).decode("utf-8", "replace"))
    return str(shown.with_name(shown.name.encode()[:LONGEST_NAME].decode("utf-8", "ignore")))


def claims(sources: Sequence[Source]) -> dict[str, str]:
    """Of each name that several documents want, the content hash of the first one, which gets it.

    So names do not depend on which document is done first. Case is no difference: on some file systems it is none.
    """
    wanted: dict[str, list[Path]] = {}
    for source in sources:
        wanted.setdefault(source.name.casefold(), []).append(source.path)
    hashes = ((name, _hash(paths)) for name, paths in wanted.items() if len(paths) > 1)
    return {name: found for name, found in hashes if found}


def _hash(paths: Iterable[Path]) -> str | None:
    """SHA-256 of the first of the files that can be read."""
    for path in paths:
        try:
            if path.is_file():
                with path.open("rb") as file:
                    return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue  # Reading it fails likewise, and tells why.
    return None


def result_path(source: Source, sha256: str, out: Path, claims: Mapping[str, str]) -> Path:
    """Where the result goes: OUT/name.json, with a piece of the content hash where that name is another's.

    Another's is what an earlier document of this run has a claim on, what holds the result of another document, what
    Quire did not write, and the run's own `run.json`; not what a killed run has left of the same document's result.
    """
    plain = out / f"{source.name}.json"
    own = source.name != RESERVED and claims.get(source.name.casefold(), sha256) == sha256
    return plain if own and is_free(plain, sha256) else out / f"{source.name}-{sha256[:8]}.json"
