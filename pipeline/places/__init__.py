"""Places: a folder, or an address that fsspec knows (s3://bucket/inbox), behind the same few operations.

What several processes and machines agree on rests on two of them: `create` makes a file that nobody else made, whole at
once; `move` never lands on another file. Where a place can't promise the first it says so, and nothing is done there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.errors import StorageError, UnreadableDocument, UsageError
from pipeline.places.bucket import Bucket
from pipeline.places.folder import Folder
from pipeline.places.place import Found, Full, Gone, Place, is_plain
from pipeline.settings import local_folder, shown_address

__all__ = [
    "Bucket",
    "Folder",
    "Found",
    "Full",
    "Gone",
    "Place",
    "below",
    "fetched",
    "is_plain",
    "is_remote",
    "open_place",
    "parted",
    "read",
]


def open_place(address: str | Path) -> Place:
    """The place at an address. Raises UsageError where nobody here knows such an address."""
    folder = local_folder(os.fspath(address))
    return Folder(folder) if folder is not None else Bucket(os.fspath(address))


def is_remote(path: str | Path) -> bool:
    """Whether it is an address of something that is no file or folder of this machine."""
    return local_folder(os.fspath(path)) is None


def below(folder: str | Path, name: str) -> str | Path:
    """The path of a file below a folder, or its address below an address."""
    local = local_folder(os.fspath(folder))
    return f"{os.fspath(folder).rstrip('/')}/{name}" if local is None else local / name


def read(path: str | Path) -> bytes | None:
    """The bytes of a file, here or at an address; None where there is none. Raises StorageError."""
    if is_remote(path):
        place, name = parted(os.fspath(path))
        return place.read(name)
    return Folder(Path(path).parent).read(Path(path).name)


def parted(address: str) -> tuple[Place, str]:
    """The place that a file is in, by the file's address, and its name there. Raises UsageError."""
    above, mark, name = address.rpartition("/")
    if not mark or not name or above.endswith((":/", "::")) or "::" in address:
        raise UsageError(f"{shown_address(address)} names no file: give the address of one.")
    if "?" in name and address.startswith("http"):
        raise UsageError(f"{shown_address(address)} was given with a signature: fetch it to a file first.")
    return open_place(above), name


@contextmanager
def fetched(path: str | Path) -> Iterator[Path]:
    """A document as a file of this machine: itself, or a copy of what is at an address, while the context lasts.

    Raises UnreadableDocument where it cannot be fetched.
    """
    local = local_folder(os.fspath(path))
    if local is not None:
        yield local
        return
    place, name = parted(os.fspath(path))
    with ExitStack() as stack:
        try:
            file = stack.enter_context(place.fetch(name))
        except Gone as fault:
            raise UnreadableDocument(f"{name} is not there: check the address, {place.address}.") from fault
        except StorageError as fault:
            raise UnreadableDocument(str(fault)) from fault
        yield file
