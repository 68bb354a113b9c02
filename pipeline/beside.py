"""Where a file is written until it is whole: beside its place, under a name that tells for what and by which process.

    .<digest of the file's name>-<token>-<process>-<machine>.part

What a killed process leaves is found by that name, and taken away when the same file is written again.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

from pipeline.processes import at_work, whereabouts

_OWNER = re.compile(r"\.[0-9a-f]{12}-[0-9a-f]{8}-(\d+)-(.*)\.part")


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A place for what will stand at `path`, a file or a folder with it; nothing stands there in the end."""
    host, process = whereabouts()
    apart = path.with_name(f"{_prefix(path)}{secrets.token_hex(4)}-{process}-{quote(host, safe='')}.part")
    try:
        yield apart
    finally:
        _remove(apart)
    for one in left(path):
        if _is_abandoned(one):
            _remove(one)


def left(path: Path) -> list[Path]:
    """What is being written for `path`, or was when its process was killed."""
    return sorted(path.parent.glob(f"{_prefix(path)}*.part"))


def write_through(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, down to the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: to a temporary file in the same folder, flushed to disk, then renamed."""
    with beside(path) as apart:
        write_through(apart, data)
        put_in_place({apart: path})


def put_in_place(files: Mapping[Path, Path]) -> None:
    """Rename whole files, in the order given."""
    for apart, path in files.items():
        path.parent.mkdir(exist_ok=True)
        os.replace(apart, path)
    for folder in {path.parent for path in files.values()}:
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself last, where the system lets a folder be opened (Windows does not)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prefix(path: Path) -> str:
    """The name itself may be as long as a file system allows: its digest stands for it."""
    return f".{sha256(os.fsencode(path.name)).hexdigest()[:12]}-"


def _is_abandoned(apart: Path) -> bool:
    owner = _OWNER.fullmatch(apart.name)
    try:
        return owner is not None and not at_work(unquote(owner[2]), int(owner[1]), apart.lstat().st_mtime)
    except FileNotFoundError:
        return False  # Its process has just put it in place.


def _remove(apart: Path) -> None:
    """Take it away; what the disk keeps does no harm under a name that nobody else looks for."""
    if apart.is_dir():
        shutil.rmtree(apart, ignore_errors=True)
    with suppress(OSError):
        apart.unlink(missing_ok=True)
