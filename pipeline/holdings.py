"""What a store holds, and clearing it: all of it, or what has not been written for some days."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.extract.shelves import Entry
from pipeline.extract.work import WorkStore
from pipeline.job import make_work
from pipeline.presence import clearing
from pipeline.settings import Settings

_PAID = {"": "answers", ".divided": "divisions"}
_NAMES = {"learned": "limits learned", "fitted": "pictures as sent", "pictures": "pictures", "pages": "pages"}
_BY_HASH = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(\.\w+)?\.json")


@dataclass(frozen=True, slots=True)
class Holding:
    """All things of one kind: how many, their bytes, and when the oldest and the newest was written, in seconds since
    the epoch (None where the store does not tell)."""

    kind: str
    count: int
    size: int
    oldest: float | None
    newest: float | None


def holdings(settings: Settings) -> list[Holding]:
    """What the store of these settings holds, by kind. Raises StorageError."""
    return _summed((kind, entry) for _, kind, entry in _everything(settings))


def clear(settings: Settings, *, days: float | None = None) -> list[Holding]:
    """Take away all that the store holds, or what was written more than `days` days ago; what was taken away.

    What the store does not tell the age of stays where it is asked for. Raises StorageError where a run is under way.
    """
    before = None if days is None else time.time() - days * 86400
    with clearing(settings):
        return _summed(
            (kind, entry)
            for store, kind, entry in list(_everything(settings))
            if (before is None or (entry.modified is not None and entry.modified < before)) and store.remove(entry.name)
        )


def _everything(settings: Settings) -> Iterator[tuple[WorkStore, str, Entry]]:
    """Everything in the store, with where it is and its kind; what a day costs is no part of it."""
    for store in (WorkStore(f"{settings.store.rstrip('/')}/answers"), make_work(settings)):
        for entry in store.entries():
            yield store, _kind(entry.name), entry


def _kind(name: str) -> str:
    if name.endswith(".tmp"):
        return "left unfinished"
    if paid := _BY_HASH.fullmatch(name):
        return _PAID.get(paid[1] or "", "answers")
    folder = name.partition("/")[0]
    return _NAMES.get(folder, folder)


def _summed(things: Iterable[tuple[str, Entry]]) -> list[Holding]:
    kinds: dict[str, list[Entry]] = {}
    for kind, entry in things:
        kinds.setdefault(kind, []).append(entry)
    return [_holding(kind, entries) for kind, entries in sorted(kinds.items())]


def _holding(kind: str, entries: list[Entry]) -> Holding:
    written = [entry.modified for entry in entries if entry.modified is not None]
    size = sum(entry.size for entry in entries)
    return Holding(kind, len(entries), size, min(written, default=None), max(written, default=None))
