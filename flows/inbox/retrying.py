"""Failed files taken up again: moved back to where they arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.inbox.layout import FAILED
from flows.inbox.records import put_back, read_record
from pipeline.errors import UsageError
from pipeline.places import Place, is_plain

_BESIDE = (".txt", ".json")
"""In this order they are taken away: one that stands alone would be taken for a file that failed."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A file that was moved back: its name in `failed/`, its name in the inbox now, and why it had failed."""

    failed: str
    file: str
    reason: str


def retry(place: Place, names: Sequence[str] = ()) -> list[Moved]:
    """Move failed files back into the inbox and take their reasons away: those named, or all.

    A name is that of the file in `failed/`, or of a folder in it. Raises UsageError where there is no such file, and
    nothing is moved then.
    """
    found = {entry.name for entry in place.entries(FAILED) if entry.kind == "file"}
    files = {name.removeprefix(f"{FAILED}/"): name for name in found if not _is_beside(place, name, found)}
    chosen = set[str]() if names else {*files}
    for name in names:
        meant = name.removeprefix(f"{FAILED}/").strip("/")
        matches = {file for file in files if file == meant or file.startswith(f"{meant}/")}
        if not matches:
            raise UsageError(f"There is no failed file {name!r}: `quire retry INBOX` takes up all that there are.")
        chosen |= matches
    return [one for one in (_moved_back(place, file) for file in sorted(chosen)) if one is not None]


def _moved_back(place: Place, file: str) -> Moved | None:
    """Move one file back; a crash after that leaves its reasons, which the next failure writes over."""
    failed = f"{FAILED}/{file}"
    record = read_record(place, f"{failed}.json")
    arrived = record.get("file")
    home = arrived if isinstance(arrived, str) and is_plain(arrived) else file
    name = put_back(place, failed, home)
    if name is None:
        return None
    for ending in _BESIDE:
        place.remove(f"{failed}{ending}")
    return Moved(file, name, str(record.get("reason") or "no reason was written down"))


def _is_beside(place: Place, name: str, found: set[str]) -> bool:
    """Whether a file is what was written of another one, which stands there or is just being moved."""
    stem, dot, ending = name.rpartition(".")
    if f"{dot}{ending}" not in _BESIDE or f"{name}.json" in found:
        return False
    return f"{stem}.json" in found and "sha256" in read_record(place, f"{stem}.json")
