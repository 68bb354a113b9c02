"""Who is at work on a store: marks that runs leave in it, so that nothing is taken away beneath them.

A mark is a small record, put there before anything else and taken away at the end. That of a process which is no
longer there counts no more; a process of another machine cannot be seen, so its mark counts for two days.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import StorageError
from pipeline.extract.work import WorkStore
from pipeline.processes import at_work, whereabouts
from pipeline.settings import Settings, shown_address

_log = logging.getLogger(__name__)
_CLEARING = "clearing"


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Be a run on the store of these settings. Raises StorageError where the store is being cleared.

    A store that takes no mark may still be read: then the run goes on without one.
    """
    store = _marks(settings)
    try:
        name = _leave(store, "run")
    except StorageError as error:
        _log.warning("The store cannot be marked as in use: %s", error)
        yield
        return
    try:
        if any(one.startswith(_CLEARING) for one in _counting(store)):
            shown = shown_address(settings.store)
            raise StorageError(f"The store {shown} is being cleared: run it again when that is done.")
        yield
    finally:
        store.remove(name)


@contextmanager
def clearing(settings: Settings) -> Iterator[None]:
    """Be alone on the store of these settings, to take things away. Raises StorageError where a run is under way.

    Each leaves its own mark before it looks for others', so that of two that come at once one sees the other.
    """
    store = _marks(settings)
    name = _leave(store, _CLEARING)
    try:
        if any(one != name for one in _counting(store)):
            shown = shown_address(settings.store)
            raise StorageError(f"A run is under way on the store {shown}: clear it when that is done.")
        yield
    finally:
        store.remove(name)


def _marks(settings: Settings) -> WorkStore:
    return WorkStore(f"{settings.store.rstrip('/')}/present")


def _leave(store: WorkStore, kind: str) -> str:
    """Leave a mark; its name."""
    host, process = whereabouts()
    name = f"{kind}-{uuid.uuid4().hex}.json"
    store.save(name, json.dumps({"host": host, "process": process, "began": time.time()}).encode())
    return name


def _counting(store: WorkStore) -> list[str]:
    """The names of the marks that count; those of processes that are gone are taken away."""
    counting = []
    for entry in store.entries():
        data = store.load(entry.name) if entry.name.endswith(".json") else None
        if data is None:
            continue  # its owner has just gone, or is just coming and looks for others after this
        if _counts(data):
            counting.append(entry.name)
        else:
            store.remove(entry.name)
    return counting


def _counts(data: bytes) -> bool:
    try:
        mark = json.loads(data)
        return at_work(str(mark["host"]), int(mark["process"]), float(mark["began"]))
    except (ValueError, KeyError, TypeError):
        return False  # Nobody wrote it who is at work here.
