"""A bucket, or any other address that fsspec knows, as a place."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from pipeline.errors import StorageError, UsageError
from pipeline.places.place import Enter, Found, Gone, Place, checked

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_EXCLUSIVE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
"""Where fsspec's mode "create" is one step of the server's own; elsewhere it looks first, and two may both succeed."""


class Bucket(Place):
    """An address that fsspec knows. An object is there when it is whole; a move is a copy and then a removal."""

    grows = False

    def __init__(self, address: str) -> None:
        protocol, _, rest = address.partition("://")
        self.address = f"{protocol}://{re.sub(r'^[^/]*@', '', rest)}".rstrip("/")
        self._exclusive = protocol in _EXCLUSIVE
        try:
            from fsspec.core import url_to_fs

            self._fs: AbstractFileSystem
            self._fs, base = url_to_fs(address, use_listings_cache=False)
        except ImportError as fault:
            raise UsageError(f"{self.address} needs a library that is not here: install quire[s3].") from fault
        except ValueError as fault:
            raise UsageError(f"Nothing here knows addresses of the kind {protocol}://.") from fault
        self._base = str(base).rstrip("/")

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
            return bytes(self._fs.cat_file(self._path(name)))
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
        """One put, which is seen when it is whole."""
        try:
            self._fs.pipe_file(self._path(name), data)
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
        why = "access is refused" if isinstance(fault, PermissionError) else type(fault).__name__
        raise StorageError(f"{what} in {self.address} ({why}): check the address and the credentials.") from fault


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


def modified(details: Mapping[str, Any]) -> float | None:
    """When a file was written; each of fsspec's systems tells it in a way of its own."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        told = details.get(name)
        if isinstance(told, str):
            try:
                told = datetime.fromisoformat(told)
            except ValueError:
                continue  # in words that nobody here knows: it counts as not told
        if isinstance(told, datetime):
            return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
        if isinstance(told, (int, float)):
            return float(told)
    return None
