"""Which documents a command was given, and where the result of each one goes."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import UsageError

MAGIC = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Source:
    """One document that was given: its path, and the name of its result below the output folder, without an ending."""

    path: Path
    name: str


def expand(given: Sequence[str]) -> list[Source]:
    """The documents that files, folders and patterns name, each path once, in the order given.

    A file counts whatever it is called. Of a folder, what is called .pdf or begins as a PDF counts, hidden files apart,
    and the paths below it are kept. A path that does not exist is kept too: it is reported, and the run goes on.
    Raises UsageError where a folder or a pattern holds no document.
    """
    found: dict[Path, Source] = {}
    for text in given:
        for source in _sources(text):
            found.setdefault(source.path.absolute(), source)
    return list(found.values())


def _sources(text: str) -> Iterable[Source]:
    path = Path(text)
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if _counts(file, path)]
        if not files:
            raise UsageError(f"The folder {text} holds no PDF: name a folder or a file that does.")
        return [Source(file, str(file.relative_to(path).with_suffix(""))) for file in files]
    if not path.exists() and any(sign in text for sign in "*?["):
        matches = sorted(Path(match) for match in glob.glob(text, recursive=True))
        if not matches:
            raise UsageError(f"No file matches the pattern {text}.")
        return [source for match in matches for source in _sources(str(match))]
    return [Source(path, path.stem or path.name)]


def _counts(file: Path, folder: Path) -> bool:
    if any(part.startswith(".") for part in file.relative_to(folder).parts) or not file.is_file():
        return False
    if file.suffix.lower() == ".pdf":
        return True
    try:
        with file.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def result_path(source: Source, sha256: str, out: Path, taken: dict[Path, str]) -> Path:
    """Where the result goes: OUT/name.json, with a piece of the content hash where another document has that name.

    `taken` maps the paths given out in this run to the hash that they stand for, and is added to.
    """
    plain = out / f"{source.name}.json"
    path = plain
    if taken.get(plain, sha256) != sha256 or _document_in(plain) not in (None, sha256):
        path = out / f"{source.name}-{sha256[:8]}.json"
    taken[path] = sha256
    return path


def _document_in(path: Path) -> str | None:
    """The hash of the document that a file is the result of; "" where it is no result, None where there is no file."""
    if not path.exists():
        return None
    try:
        return str(json.loads(path.read_bytes())["document"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
