"""Whether files are whole: at rest for a while by this process's own watch, and with an end where a PDF has one.

Times of files are not believed: copying may set them to whatever they were elsewhere. A file is looked at twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flows.addresses import MAGIC
from pipeline.errors import StorageError
from pipeline.places import Found, Place

UNFINISHED = 12
"""So many times longer is waited for a file that is empty, or begins as a PDF and has no end: a copy may pause."""
_OLD_SECONDS = 3600.0
_END = b"%%EOF"
_TAIL = 2048


@dataclass(slots=True)
class _Look:
    stamp: str
    since: float
    finished: bool | None = None


class Looks:
    """What was seen of the files of an inbox so far. `settle` are the seconds that a file has to be at rest; `now`
    tells the place's own time."""

    def __init__(
        self,
        place: Place,
        settle: float,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._place = place
        self._settle = settle
        self._clock = clock
        self._now = now
        self._looks: dict[str, _Look] = {}
        self.settling = 0
        """How many files of the last look are whole before long, if they stay as they are."""
        self.unfinished = 0
        """How many seem to be without their end."""

    def whole(self, files: Iterable[Found]) -> list[Found]:
        """Those of the files that are whole, the longest there first."""
        now, before, seen = self._clock(), self._looks, list(files)
        self._looks = {found.name: self._look(found, before.get(found.name), now) for found in seen}
        self.settling = self.unfinished = 0
        whole = [found for found in seen if self._is_whole(found, self._looks[found.name], now)]
        return sorted(whole, key=lambda found: (found.modified or 0.0, found.name))

    @staticmethod
    def _look(found: Found, before: _Look | None, now: float) -> _Look:
        return before if before is not None and before.stamp == found.stamp else _Look(found.stamp, now)

    def _is_whole(self, found: Found, look: _Look, now: float) -> bool:
        if not self._place.grows:
            return True  # an object is seen when it is whole
        rested = now - look.since
        if rested < self._settle:
            self.settling += 1
            return False
        if look.finished is None:
            look.finished = self._has_end(found)
        if look.finished or rested >= UNFINISHED * self._settle or self._is_old(found):
            return True
        self.unfinished += 1
        return False

    def _is_old(self, found: Found) -> bool:
        """Whether a file was left alone for so long that nobody goes on with it, so that one look more is enough."""
        now = self._now()
        return now is not None and found.modified is not None and now - found.modified >= _OLD_SECONDS

    def _has_end(self, found: Found) -> bool:
        try:
            head, tail = self._place.ends(found.name, len(MAGIC), _TAIL)
        except StorageError:
            return True  # who takes it finds the same, and tells
        return bool(head) and (head != MAGIC or _END in tail)
