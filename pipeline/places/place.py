"""What a place can do, and what is told of the files in it."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.errors import StorageError

Kind = Literal["file", "link", "other", "closed"]
"""A regular file, a symbolic link, a pipe, socket or device, and a folder that can't be listed."""
Enter = Callable[[str], bool]


class Found(NamedTuple):
    """A file of a place: its name with forward slashes, its bytes, when it was changed by the place's own clock in
    seconds since the epoch (None: not told), and a stamp that is another one once the file is."""

    name: str
    size: int
    modified: float | None
    stamp: str
    kind: Kind = "file"


class Gone(StorageError):
    """A file that was there is not there any longer."""


class Full(StorageError):
    """A place has no room left."""


class Place(ABC):
    """Files by their names, which are relative, with forward slashes. Raises StorageError where it refuses.

    `address` names the place to people, without what is secret in it.
    """

    address: str
    grows: bool
    """Whether a file may be seen before all of it is there."""

    @abstractmethod
    def entries(self, under: str = "", enter: Enter = lambda folder: True) -> Iterator[Found]:
        """All files below a folder ("": of the place), in no order, but for those in folders that `enter` refuses."""

    @abstractmethod
    def find(self, name: str) -> Found | None:
        """What is known of a file, None where there is none."""

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """The bytes of a file, None where there is none."""

    @abstractmethod
    def stream(self, name: str) -> Iterator[bytes]:
        """The bytes of a file in pieces. Raises Gone."""

    @abstractmethod
    def ends(self, name: str, first: int, last: int) -> tuple[bytes, bytes]:
        """So many bytes of a file at its beginning, and so many at its end; none where there is no such file."""

    @abstractmethod
    def fetch(self, name: str) -> AbstractContextManager[Path]:
        """A local file with these bytes and this last part of the name, while the context lasts. Raises Gone."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write a file whole, over the one that is there."""

    @abstractmethod
    def create(self, name: str, data: bytes) -> bool:
        """Write a file whole where there is none; False where there is one. Of several who try, one succeeds."""

    @abstractmethod
    def move(self, name: str, to: str) -> bool:
        """Give a file another name; False where that is taken. Raises Gone."""

    @abstractmethod
    def remove(self, name: str) -> bool:
        """Take a file away; whether it was still there."""

    def begins(self, name: str, size: int) -> bytes:
        """The first bytes of a file. Raises Gone."""
        return next(self.stream(name), b"")[:size]

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return self.find(name) is not None

    def sha256(self, name: str) -> str | None:
        """The SHA-256 of a file that is read to its end, None where there is none."""
        digest = hashlib.sha256()
        try:
            for piece in self.stream(name):
                digest.update(piece)
        except Gone:
            return None
        return digest.hexdigest()


def is_plain(name: str) -> bool:
    """Whether a name stays below its place on every system: no empty part, no `.` or `..`, nothing absolute."""
    parts = name.split("/")
    odd = "\0" in name or (os.name == "nt" and any(sign in name for sign in "\\:"))
    return not odd and all(part not in ("", ".", "..") for part in parts)


def checked(name: str) -> str:
    """The name. Raises StorageError where it leads out of its place."""
    if not is_plain(name):
        raise StorageError(f"The name {name!r} leads out of its folder: give the file another one.")
    return name
