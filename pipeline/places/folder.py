"""A folder as a place."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, NoReturn

from pipeline.beside import write_file
from pipeline.errors import StorageError
from pipeline.places.place import Enter, Found, Full, Gone, Kind, Place, checked

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_REASONS = {
    errno.ENOSPC: "there is no room left",
    errno.EDQUOT: "the quota is used up",
    errno.EROFS: "it can only be read",
}
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Folder(Place):
    """A folder of this machine, or of a share that is mounted on it."""

    grows = True

    def __init__(self, root: Path) -> None:
        self.root = root
        self.address = str(root)

    def entries(self, under: str = "", enter: Enter = lambda folder: True) -> Iterator[Found]:
        """All files below the folder; links are told and not followed."""
        waiting = [checked(under) if under else ""]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(self.root / folder) as inside:
                    listed = list(inside)
            except FileNotFoundError:
                continue  # it has just been taken away, with all that was in it
            except OSError:
                yield Found(folder or ".", 0, None, "", "closed")
                continue
            for entry in listed:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting += [name] if enter(name) else []
                elif (found := self._found(name)) is not None:
                    yield found

    def find(self, name: str) -> Found | None:
        """What is known of a file; a folder is none."""
        return self._found(checked(name))

    def read(self, name: str) -> bytes | None:
        """The bytes of a file."""
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as fault:
            self._refuse(f"{name!r} can't be read", fault)

    def stream(self, name: str) -> Iterator[bytes]:
        """The bytes of a file in pieces of a megabyte; no link is followed, and no pipe waited for."""
        try:
            with self._opened(name) as file:
                while piece := file.read(1 << 20):
                    yield piece
        except OSError as fault:
            self._refuse(f"{name!r} can't be read", fault)

    def ends(self, name: str, first: int, last: int) -> tuple[bytes, bytes]:
        """The file's beginning and end."""
        try:
            with self._opened(name) as file:
                head, size = file.read(first), file.seek(0, os.SEEK_END)
                file.seek(max(size - last, 0))
                return head, file.read(last)
        except FileNotFoundError:
            return b"", b""
        except OSError as fault:
            self._refuse(f"{name!r} can't be read", fault)

    def fetch(self, name: str) -> AbstractContextManager[Path]:
        """The file itself."""
        if not os.path.lexists(self._path(name)):
            raise Gone(f"{name!r} is no longer in {self.address}.")
        return nullcontext(self._path(name))

    def write(self, name: str, data: bytes) -> None:
        """To a temporary file, flushed to disk, then renamed."""
        try:
            self._path(name).parent.mkdir(parents=True, exist_ok=True)
            write_file(self._path(name), data)
        except OSError as fault:
            self._refuse(f"{name!r} can't be written", fault)

    def create(self, name: str, data: bytes) -> bool:
        """To a temporary file that gets its name by a hard link, which is refused where there is such a name."""
        path = self._path(name)
        beside = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(path):
                return False
            try:
                with open(beside, "xb") as file:
                    _fill(file.fileno(), data)
                return _linked(beside, path) or self._create_plain(path, data)
            except FileExistsError:
                return False
            finally:
                beside.unlink(missing_ok=True)
        except OSError as fault:
            self._refuse(f"{name!r} can't be made", fault)

    def move(self, name: str, to: str) -> bool:
        """By a hard link that takes the old name's place: a name that is taken refuses it."""
        source, target = self._path(name), self._path(to)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target):
                return False
            try:
                if _linked(source, target):
                    source.unlink()
                else:  # Such a disk has no links: between looking and renaming somebody else would have to come.
                    os.rename(source, target)
            except FileExistsError:
                return False
        except OSError as fault:
            self._refuse(f"{name!r} can't be moved", fault)
        return True

    def remove(self, name: str) -> bool:
        """Take the file away; its folder stays."""
        try:
            self._path(name).unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as fault:
            self._refuse(f"{name!r} can't be taken away", fault)
        return True

    def _path(self, name: str) -> Path:
        return self.root / checked(name)

    def _opened(self, name: str) -> BinaryIO:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        return open(os.open(self._path(name), flags), "rb")

    def _found(self, name: str) -> Found | None:
        try:
            told = os.lstat(self.root / name)
        except OSError:
            return None  # it has just been taken away, or its folder tells nothing of it
        if stat.S_ISDIR(told.st_mode):
            return None
        kind: Kind = "file" if stat.S_ISREG(told.st_mode) else "link" if stat.S_ISLNK(told.st_mode) else "other"
        stamp = f"{told.st_size}-{told.st_mtime_ns}-{told.st_ino}"
        return Found(name, told.st_size, told.st_mtime, stamp, kind)

    @staticmethod
    def _create_plain(path: Path, data: bytes) -> bool:
        """Where a disk has no hard links: still made by one alone, but for a moment without all of its bytes."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _fill(handle, data)
        finally:
            os.close(handle)
        return True

    def _refuse(self, what: str, fault: OSError) -> NoReturn:
        if isinstance(fault, FileNotFoundError):
            raise Gone(f"{what}: it is no longer in {self.address}.") from fault
        why = _REASONS.get(fault.errno or 0, (fault.strerror or str(fault)).lower())
        kind = Full if fault.errno in _FULL else StorageError
        raise kind(f"{what} in {self.address} ({why}): check the folder.") from fault


def _fill(handle: int, data: bytes) -> None:
    with memoryview(data) as left:
        at = 0
        while at < len(left):
            at += os.write(handle, left[at:])
    os.fsync(handle)


def _linked(source: Path, target: Path) -> bool:
    """Whether the file got a second name; False where the disk has no hard links. Raises FileExistsError."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as fault:
        if fault.errno in _NO_LINKS:
            return False
        raise
    return True
