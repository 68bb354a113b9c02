"""Where a store's bytes are: in a folder, read and written as files are, or at any other address through fsspec.

Unlike a place (pipeline/places) nothing waits for the disk here, since nothing that is kept so is precious. What is
absent is a FileNotFoundError; whatever else goes wrong, in whose words ever, is the store's to tell.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from pipeline.places.remote import connect, get, modified, put


class Entry(NamedTuple):
    """One thing in a store: its name, its bytes, when it was written in seconds since the epoch (None: not told)."""

    name: str
    size: int
    modified: float | None


class Shelf(Protocol):
    """Bytes by name; a name has the form of a relative path with slashes."""

    def has(self, name: str) -> bool: ...

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, data: bytes) -> None: ...

    def remove(self, name: str) -> None: ...

    def entries(self) -> Iterator[Entry]: ...


class Folder:
    """A folder; made for its owner alone, since it holds documents' text, that of encrypted ones too.

    fsspec would do as well, but takes a tenth of a second to load in each process.
    """

    def __init__(self, path: Path) -> None:
        self._path = os.path.abspath(path.expanduser())
        if not os.path.exists(self._path):
            os.makedirs(self._path, mode=0o700, exist_ok=True)

    def has(self, name: str) -> bool:
        return os.path.exists(f"{self._path}/{name}")

    def read(self, name: str) -> bytes:
        with open(f"{self._path}/{name}", "rb") as file:
            return file.read()

    def write(self, name: str, data: bytes) -> None:
        """Write beside, then rename."""
        path = f"{self._path}/{name}"
        beside = f"{path}.{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(beside, "xb") as file:
            file.write(data)
        os.replace(beside, path)

    def remove(self, name: str) -> None:
        os.remove(f"{self._path}/{name}")

    def entries(self) -> Iterator[Entry]:
        for folder, _, names in os.walk(self._path):
            for path in (os.path.join(folder, name) for name in names):
                try:
                    told = os.stat(path)
                except FileNotFoundError:
                    continue  # it was taken away meanwhile
                yield Entry(os.path.relpath(path, self._path).replace(os.sep, "/"), told.st_size, told.st_mtime)


class Remote:
    """Any other address. Raises UsageError where nobody here knows such an address."""

    def __init__(self, address: str) -> None:
        self._fs, self._base = connect(address)

    def has(self, name: str) -> bool:
        return bool(self._fs.exists(f"{self._base}/{name}"))

    def read(self, name: str) -> bytes:
        return get(self._fs, f"{self._base}/{name}")

    def write(self, name: str, data: bytes) -> None:
        put(self._fs, f"{self._base}/{name}", data)

    def remove(self, name: str) -> None:
        self._fs.rm_file(f"{self._base}/{name}")

    def entries(self) -> Iterator[Entry]:
        try:
            found = self._fs.find(self._base, detail=True)
        except FileNotFoundError:
            return  # nothing was written there yet
        base = self._fs._strip_protocol(self._base).rstrip("/") + "/"
        for path, details in found.items():
            yield Entry(path.removeprefix(base), int(details.get("size") or 0), modified(details))
