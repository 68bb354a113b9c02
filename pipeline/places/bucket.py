"""A bucket, or any other address that fsspec knows, as a place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from pipeline.errors import StorageError
from pipeline.places.place import Enter, Found, Gone, Place, checked
from pipeline.places.remote import connect, get, is_flat, modified, put, reason
from pipeline.settings import shown_address

_EXCLUSIVE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
"""Where fsspec's mode "create" is one step of the server's own; elsewhere it looks first, and two may both succeed."""


class Bucket(Place):
    """An address that fsspec knows. An object is there when it is whole; a move is a copy and then a removal."""

    def __init__(self, address: str) -> None:
        self.address = shown_address(address).rstrip("/")
        self._exclusive = address.partition("://")[0] in _EXCLUSIVE
        self._fs, base = connect(address)
        self._base = base.rstrip("/")
        self.grows = not is_flat(self._fs)

    def entries(self, under: str = "", enter: Enter = lambda folder: True) -> Iterator[Found]:
        """All objects; what merely stands for a folder is none."""
        waiting = [checked(under) if under else ""]
        while waiting:
            folder = waiting.pop()
            try:
                listed = self._fs.ls(f"{self._base}/{folder}".rstrip("/"), detail=True, refresh=True)
            except FileNotFoundError:
                continue  # an empty folder of a bucket is not there
            except Exception as fault:
                self._refuse("The files can't be listed", fault)
            for details in listed:
                name = self._name(details["name"])
                if details["type"] == "directory":
                    waiting += [name] if name and name != folder and enter(name) else []
                elif name and name != folder and not details["name"].endswith("/"):
                    yield _object(name, details)

    def find(self, name: str) -> Found | None:
        """What is known of an object."""
        try:
            details = self._fs.info(self._path(name), refresh=True)
        except FileNotFoundError:
            return None
        except Exception as fault:
            self._refuse(f"{name!r} can't be seen", fault)
        return None if details["type"] == "directory" else _object(name, details)

    def read(self, name: str) -> bytes | None:
        """The bytes of an object."""
        try:
            return get(self._fs, self._path(name))
        except FileNotFoundError:
            return None
        except Exception as fault:
            self._refuse(f"{name!r} can't be read", fault)

    def stream(self, name: str) -> Iterator[bytes]:
        """The bytes of an object in pieces of some megabytes."""
        try:
            with self._fs.open(self._path(name), "rb") as file:
                while piece := file.read(1 << 22):
                    yield piece
        except Exception as fault:
            self._refuse(f"{name!r} can't be read", fault)

    def begins(self, name: str, size: int) -> bytes:
        """The first bytes of an object; no more of it comes."""
        try:
            return bytes(self._fs.cat_file(self._path(name), start=0, end=size))
        except Exception as fault:
            self._refuse(f"{name!r} can't be read", fault)

    def ends(self, name: str, first: int, last: int) -> tuple[bytes, bytes]:
        """The object's beginning and end, without what is between them."""
        found = self.find(name)
        if found is None or not found.size:
            return b"", b""
        try:
            head = self._fs.cat_file(self._path(name), start=0, end=min(first, found.size))
            return head, self._fs.cat_file(self._path(name), start=max(found.size - last, 0), end=found.size)
        except Exception as fault:
            self._refuse(f"{name!r} can't be read", fault)

    @contextmanager
    def fetch(self, name: str) -> Iterator[Path]:
        """A copy in a temporary folder."""
        with tempfile.TemporaryDirectory(prefix="quire-") as folder:
            path = Path(folder) / _short(PurePosixPath(name).name)
            try:
                self._fs.get_file(self._path(name), str(path))
            except Exception as fault:
                self._refuse(f"{name!r} can't be fetched", fault)
            yield path

    def write(self, name: str, data: bytes) -> None:
        """One put, which is seen when it is whole; where there are folders, beside its place and then renamed."""
        try:
            put(self._fs, self._path(name), data)
        except Exception as fault:
            self._refuse(f"{name!r} can't be written", fault)

    def create(self, name: str, data: bytes) -> bool:
        """One put on the condition that there is no such object."""
        if not self._exclusive:
            raise StorageError(
                f"{self.address} can't make a file that nobody else makes, so several watchers would take the same one:"
                " use a folder or a bucket (s3://, gs://, abfs://)."
            )
        try:
            self._fs.pipe_file(self._path(name), data, mode="create")
        except FileExistsError:
            return False
        except Exception as fault:
            if _is_taken(fault):
                return False
            self._refuse(f"{name!r} can't be made", fault)
        return True

    def move(self, name: str, to: str) -> bool:
        """A copy, then a removal: a crash between the two leaves both."""
        source, target = self._path(name), self._path(to)
        if self.exists(to):
            return False
        try:
            self._fs.cp_file(source, target)
            self._fs.rm_file(source)
        except Exception as fault:
            self._refuse(f"{name!r} can't be moved", fault)
        return True

    def remove(self, name: str) -> bool:
        """Take an object away."""
        there = self.exists(name)
        try:
            if there:
                self._fs.rm_file(self._path(name))
        except FileNotFoundError:
            return False
        except Exception as fault:
            self._refuse(f"{name!r} can't be taken away", fault)
        return there

    def _path(self, name: str) -> str:
        return f"{self._base}/{checked(name)}"

    def _name(self, path: str) -> str:
        return path.strip("/").removeprefix(self._base.strip("/")).lstrip("/")

    def _refuse(self, what: str, fault: Exception) -> NoReturn:
        """The error in words of our own: what libraries say may hold keys."""
        if isinstance(fault, StorageError):
            raise fault
        if isinstance(fault, FileNotFoundError):
            raise Gone(f"{what}: it is no longer in {self.address}.") from fault
        why = f"{what} in {self.address} ({reason(fault)})"
        raise StorageError(f"{why}: check the address and the credentials.") from fault


def _object(name: str, details: dict[str, Any]) -> Found:
    size, when = int(details.get("size") or 0), modified(details)
    return Found(name, size, when, f"{size}-{details.get('ETag') or when}")


def _is_taken(fault: BaseException) -> bool:
    """Whether a server refused a conditional put since there is such an object."""
    signs = ("PreconditionFailed", "ConditionalRequestConflict", "ResourceExists", "At least one of the pre-conditions")
    causes = (fault, fault.__cause__, fault.__context__)
    return any(sign in str(cause) for cause in causes if cause is not None for sign in signs)


def _short(name: str) -> str:
    """A name that a local disk takes."""
    return name if len(os.fsencode(name)) <= 200 else os.fsencode(name)[-200:].decode("utf-8", "ignore")
