"""Claims: of several processes on several machines one at a time works on a key, and whoever dies holds none for long.

The claim on KEY is the file with the highest number among KEY.1, KEY.2, ...: each is made by one owner alone and never
changed. Whoever finds the owner of the highest one gone makes the next; with that the old owner's claim is lost, even
if it was only asleep, and it is told so when it asks `holds()` before it makes its work known.

    KEY.1   made by A                        A holds KEY
    KEY.2   made by B, once A stood still    B does; A.holds() is False from here on
    (none)  B took KEY.1, then KEY.2 away    nobody does; A.holds() stays False: its very file is gone

That an owner is there is shown by a file of its own that it writes again and again. Nobody compares clocks of two
machines: others see whether that file still changes, by their own watch, or how old it is by the place's own clock. On
the same machine a process that has ended is seen at once.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from pipeline.errors import StorageError
from pipeline.places import Found, Place
from pipeline.processes import started, whereabouts_exact

_log = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
"""How long an owner may stand still before others take its claims."""
_BEATS = 4
"""How often an owner shows itself within that time."""
_OLD = 10
"""So many times that long by the place's own clock, and a claim is free for whoever sees it for the first time."""
_FORGOTTEN_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that was made: on which key, its number, and what its file looks like."""

    claims: Claims
    key: str
    number: int
    stamp: str

    def holds(self) -> bool:
        """Whether the key is still this claim's, seen at one moment. Raises StorageError where that can't be told."""
        standing = self.claims.standing(self.key)
        return bool(standing) and max(standing) == self.number and standing[self.number].stamp == self.stamp

    def release(self) -> None:
        """Give the key back; where it was lost, nothing of the new owner's is touched. Raises StorageError."""
        self.claims.release(self)


class Claims:
    """The claims of one owner, below a folder of a place. A context manager: its end gives back what is still held.

    `owner` tells this owner from others of the same process. `clock` gives seconds that only go forward.
    """

    def __init__(
        self,
        place: Place,
        under: str = "claims",
        *,
        lease: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        machine: str | None = None,
    ) -> None:
        self._place = place
        self._keys, self._owners = f"{under}/held", f"{under}/owners"
        self._lease = lease
        self._clock = clock
        here, process, since = whereabouts_exact()
        self._machine = machine or here
        self._own = {"owner": uuid.uuid4().hex, "machine": self._machine, "process": process, "started": since}
        self._beat = 0
        self._seen: dict[str, tuple[str, float]] = {}
        self._held: set[Claim] = set()
        self._lock = Lock()
        self._ending = Event()
        self._thread = Thread(target=self._keep_beating, name="claims", daemon=True)

    def __enter__(self) -> Self:
        self.beat()
        self._tidy()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._ending.set()
        self._thread.join()
        try:
            for claim in tuple(self._held):
                self.release(claim)
            self._place.remove(self._owner_file(self._own["owner"]))
        except StorageError as error:  # then they are free once this process is seen to be gone
            _log.warning("A claim could not be given back: %s", error)

    def acquire(self, key: str) -> Claim | None:
        """Claim a key that nobody holds; None where somebody does, or was faster. Raises StorageError."""
        standing = self.standing(key)
        top = max(standing, default=0)
        if top and not self._is_free(standing[top]):
            return None
        if not self._place.create(self._file(key, top + 1), self._record()):
            return None
        now = self.standing(key)
        own = now.get(top + 1)
        if own is None:
            return None  # taken away by somebody who took this owner for gone
        claim = Claim(self, key, top + 1, own.stamp)
        others = {number: found for number, found in now.items() if number != top + 1}
        if any(number not in standing or found.stamp != standing[number].stamp for number, found in others.items()):
            self.release(claim)  # Meanwhile it was free, and somebody new claimed it.
            return None
        with self._lock:
            self._held.add(claim)
        return claim

    def standing(self, key: str) -> dict[int, Found]:
        """The files of a key's claims by their numbers."""
        numbers = ((found.name.rpartition("."), found) for found in self._place.entries(self._keys))
        wanted = f"{self._keys}/{key}"
        return {int(name[2]): found for name, found in numbers if name[0] == wanted and name[2].isdecimal()}

    def release(self, claim: Claim) -> None:
        """Take the claim's file away, and before it those of owners that lost the key to it."""
        with self._lock:
            self._held.discard(claim)
        standing = self.standing(claim.key)
        own = standing.get(claim.number)
        if own is None or own.stamp != claim.stamp:
            return
        for number in sorted(standing):
            if number < claim.number and max(standing) == claim.number:
                self._place.remove(self._file(claim.key, number))
        self._place.remove(self._file(claim.key, claim.number))

    def now(self) -> float | None:
        """The place's own time as of this owner's last sign of life; None where it tells none."""
        own = self._place.find(self._owner_file(self._own["owner"]))
        return own.modified if own else None

    def beat(self) -> None:
        """Show that this owner is there."""
        self._beat += 1
        self._place.write(self._owner_file(self._own["owner"]), json.dumps({**self._own, "beat": self._beat}).encode())

    def _keep_beating(self) -> None:
        while not self._ending.wait(self._lease / _BEATS):
            try:
                self.beat()
            except StorageError as error:  # others may take the claims over then, and `holds` tells
                _log.warning("A claim could not be renewed: %s", error)

    def _is_free(self, found: Found) -> bool:
        """Whether the owner of a claim is gone, as far as can be seen from here."""
        data = self._place.read(found.name)
        if data is None:
            return False  # It is just being given back: the next look finds it free.
        record = _parsed(data)
        if self._has_ended(record):
            return True
        owner = record.get("owner")
        sign = self._place.find(self._owner_file(owner)) if isinstance(owner, str) and owner.isalnum() else None
        return self._stands_still(f"{found.name} {found.stamp}", sign) or self._is_old(sign or found)

    def _has_ended(self, record: dict[str, Any]) -> bool:
        """Whether the process can be seen from here, and is not there."""
        process = record.get("process")
        if record.get("machine") != self._machine or not isinstance(process, int):
            return False
        return started(process) != record.get("started")

    def _stands_still(self, what: str, sign: Found | None) -> bool:
        """Whether the owner's file has not changed for a lease, by this owner's own watch."""
        now, stamp = self._clock(), "" if sign is None else f"{sign.stamp} {sign.modified}"
        before, since = self._seen.get(what, (None, now))
        if before != stamp:
            since = now
        self._seen[what] = (stamp, since)
        return now - since >= self._lease

    def _is_old(self, sign: Found) -> bool:
        now = self.now()
        return now is not None and sign.modified is not None and now - sign.modified >= _OLD * self._lease

    def _tidy(self) -> None:
        """Take away what owners left that ended without a word: their claims, then their own files."""
        for key in set(_held_keys(self._place, self._keys)):
            claim = self.acquire(key)
            if claim is not None:
                claim.release()
        now = self.now()
        for found in list(self._place.entries(self._owners)):
            old = now and found.modified and now - found.modified > _FORGOTTEN_SECONDS
            if old or self._has_ended(_parsed(self._place.read(found.name) or b"")):
                self._place.remove(found.name)

    def _record(self) -> bytes:
        return json.dumps({**self._own, "claim": uuid.uuid4().hex}).encode()

    def _file(self, key: str, number: int) -> str:
        return f"{self._keys}/{key}.{number}"

    def _owner_file(self, owner: Any) -> str:
        return f"{self._owners}/{owner}.json"


def _held_keys(place: Place, under: str) -> Iterator[str]:
    return (found.name.rpartition("/")[2].rpartition(".")[0] for found in place.entries(under))


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        record = json.loads(data)
    except ValueError:
        return {}  # not whole yet, or nobody here wrote it: it counts while it is new
    return record if isinstance(record, dict) else {}
