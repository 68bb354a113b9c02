"""The work store: pictures by the hash of their bytes, and what was read by name, through fsspec.

Nothing in it is precious: whatever is absent is made again from the document. Two writers of the same thing write the
same bytes, so the last one wins harmlessly; a reader never sees half of a file.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from pipeline.errors import StorageError
from pipeline.places.remote import connect, get, modified, put, reason
from pipeline.settings import shown_address

_SUFFIXES = (".png", ".jpg", "")


class Entry(NamedTuple):
    """One thing in a store: its name, its bytes, when it was written in seconds since the epoch (None: not told)."""

    name: str
    size: int
    modified: float | None


class WorkStore:
    """A place for what is read: a folder by default, or any address that fsspec knows (s3://..., memory://...).

    Raises StorageError where the place refuses to be read or written, or lacks what is asked for, UsageError where
    nobody here knows such an address.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._fs, self._base = connect(root)
        self._local = "file" in self._fs.protocol
        if self._local and not os.path.exists(self._base):
            self._make_private()

    def _make_private(self) -> None:
        """Make the folder for its owner alone: it holds documents' text, that of encrypted ones too."""
        try:
            os.makedirs(self._base, mode=0o700, exist_ok=True)
        except OSError as fault:
            self._refuse("be made", fault)

    def put(self, data: bytes, suffix: str = "") -> str:
        """Keep bytes under their SHA-256, which is given back; `suffix` (".png", ".jpg") helps whoever looks in."""
        name = hashlib.sha256(data).hexdigest()
        if not self.has(name):
            self._write(self._place(name, suffix), data)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes of that SHA-256."""
        for suffix in _SUFFIXES:
            data = self._read(self._place(sha256, suffix))
            if data is not None:
                return data
        raise StorageError(f"The work store lacks {sha256[:12]}: read the document again.")

    def has(self, sha256: str) -> bool:
        """Whether bytes of that SHA-256 are here."""
        return any(self._fs.exists(self._place(sha256, suffix)) for suffix in _SUFFIXES)

    def save(self, name: str, data: bytes) -> None:
        """Keep a record under a name of the caller's ("pages/<key>/12.json")."""
        self._write(f"{self._base}/{name}", data)

    def load(self, name: str) -> bytes | None:
        """The record of that name, None where there is none."""
        return self._read(f"{self._base}/{name}")

    def entries(self) -> Iterator[Entry]:
        """All that is kept, in no order; a place that is not there holds nothing."""
        try:
            found = self._fs.find(self._base, detail=True)
        except FileNotFoundError:
            return
        except Exception as fault:
            self._refuse("be listed", fault)
        base = self._fs._strip_protocol(self._base).rstrip("/") + "/"
        for path, details in found.items():
            yield Entry(path.removeprefix(base), int(details.get("size") or 0), modified(details))

    def remove(self, name: str) -> bool:
        """Take away what is kept under a name; whether it was still there."""
        try:
            self._fs.rm_file(f"{self._base}/{name}")
        except FileNotFoundError:
            return False
        except Exception as fault:
            self._refuse("be cleared", fault)
        return True

    def _place(self, sha256: str, suffix: str) -> str:
        return f"{self._base}/pictures/{sha256[:2]}/{sha256}{suffix}"

    def _read(self, path: str) -> bytes | None:
        try:
            return get(self._fs, path)
        except FileNotFoundError:
            return None
        except Exception as fault:
            self._refuse("be read", fault)

    def _write(self, path: str, data: bytes) -> None:
        """Write whole or not at all; here without waiting for the disk, since nothing in it is precious."""
        try:
            if not self._local:
                put(self._fs, path, data)
                return
            beside = f"{path}.{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(beside, data)
            os.replace(beside, path)
        except Exception as fault:
            self._refuse("be written", fault)

    def _refuse(self, what: str, fault: Exception) -> NoReturn:
        """The error in one sentence; what a library says of another machine may hold keys, so it is not repeated."""
        why = (getattr(fault, "strerror", None) or fault) if self._local else reason(fault)
        raise StorageError(f"The store cannot {what} ({why}): check {shown_address(self.root)}.") from fault
