"""The work store: pictures by the hash of their bytes, and what was read by name.

Nothing in it is precious: whatever is absent is made again from the document. Two writers of the same thing write the
same bytes, so the last one wins harmlessly; a reader never sees half of a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NoReturn

from pipeline.errors import StorageError
from pipeline.extract.shelves import Entry, Folder, Remote, Shelf
from pipeline.places.remote import reason
from pipeline.settings import local_folder, shown_address

_SUFFIXES = (".png", ".jpg", "")


class WorkStore:
    """A place for what is read: a folder by default, or any address that fsspec knows (s3://..., memory://...).

    Raises StorageError where the place refuses to be read or written, or lacks what is asked for, UsageError where
    nobody here knows such an address.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        folder = local_folder(root)
        self._local = folder is not None
        try:
            self._shelf: Shelf = Remote(root) if folder is None else Folder(folder)
        except OSError as fault:
            self._refuse("be made", fault)

    def put(self, data: bytes, suffix: str = "") -> str:
        """Keep bytes under their SHA-256, which is given back; `suffix` (".png", ".jpg") helps whoever looks in."""
        name = hashlib.sha256(data).hexdigest()
        if not self.has(name):
            self.save(_picture(name, suffix), data)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes of that SHA-256."""
        for suffix in _SUFFIXES:
            data = self.load(_picture(sha256, suffix))
            if data is not None:
                return data
        raise StorageError(f"The work store lacks {sha256[:12]}: read the document again.")

    def has(self, sha256: str) -> bool:
        """Whether bytes of that SHA-256 are here."""
        return any(self._shelf.has(_picture(sha256, suffix)) for suffix in _SUFFIXES)

    def save(self, name: str, data: bytes) -> None:
        """Keep a record under a name of the caller's ("pages/<key>/12.json"), whole or not at all."""
        try:
            self._shelf.write(name, data)
        except Exception as fault:
            self._refuse("be written", fault)

    def load(self, name: str) -> bytes | None:
        """The record of that name, None where there is none."""
        try:
            return self._shelf.read(name)
        except FileNotFoundError:
            return None
        except Exception as fault:
            self._refuse("be read", fault)

    def entries(self) -> Iterator[Entry]:
        """All that is kept, in no order; a place that is not there holds nothing."""
        try:
            yield from self._shelf.entries()
        except Exception as fault:
            self._refuse("be listed", fault)

    def remove(self, name: str) -> bool:
        """Take away what is kept under a name; whether it was still there."""
        try:
            self._shelf.remove(name)
        except FileNotFoundError:
            return False
        except Exception as fault:
            self._refuse("be cleared", fault)
        return True

    def _refuse(self, what: str, fault: Exception) -> NoReturn:
        """The error in one sentence; what a library says of another machine may hold keys, so it is not repeated."""
        why = (getattr(fault, "strerror", None) or fault) if self._local else reason(fault)
        raise StorageError(f"The store cannot {what} ({why}): check {shown_address(self.root)}.") from fault


def _picture(sha256: str, suffix: str) -> str:
    return f"pictures/{sha256[:2]}/{sha256}{suffix}"
