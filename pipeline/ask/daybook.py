"""What all runs of one store spend in a day, in a small database that the processes of a machine share.

What may be charged for a request is held before it leaves, and becomes what it did cost. A process that dies leaves
its holds behind: nobody waits for them any longer, but they count until the day (UTC) is over, since the endpoint may
have charged for what was in flight.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StorageError
from pipeline.processes import lives, whereabouts

_TABLES = (
    "CREATE TABLE IF NOT EXISTS days (day TEXT PRIMARY KEY, spent REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS holds"
    " (id TEXT PRIMARY KEY, most REAL NOT NULL, until REAL NOT NULL, host TEXT NOT NULL, process INTEGER NOT NULL)",
)
_BUSY_SECONDS = 20.0
"""How long another process may have the book open; what it does there takes a millisecond."""
_DAYS_KEPT = 400


@dataclass(frozen=True, slots=True)
class Day:
    """A day (UTC) in US dollars: what was spent, what is in flight, and what was in flight of processes that ended."""

    day: str
    spent: float
    in_flight: float
    lost: float

    @property
    def taken(self) -> float:
        """What counts against the day's budget."""
        return self.spent + self.in_flight + self.lost


class DayBook:
    """One such book, in a file. `budget` is what a day may cost, None for as much as it does; it is then only kept.

    `today` gives seconds since the epoch. Raises StorageError where the file cannot be used.
    """

    def __init__(self, path: Path, budget: float | None = None, today: Callable[[], float] = time.time) -> None:
        self.path = path
        self.budget = budget
        self._today = today

    def hold(self, most: float, seconds: float) -> tuple[str | None, Day]:
        """Hold so many dollars, for what takes no longer than so many seconds: the hold's name, None where the budget
        has no room for it; and the day as it was found."""
        with self._opened() as book:
            day = self._read(book)
            if self.budget is not None and day.taken + most > self.budget:
                return None, day
            name = uuid.uuid4().hex
            row = (name, most, self._today() + seconds, *whereabouts())
            book.execute("INSERT INTO holds VALUES (?, ?, ?, ?, ?)", row)
            return name, day

    def settle(self, name: str, cost: float) -> None:
        """What was held under that name came to that cost."""
        with self._opened() as book:
            day = self._read(book).day
            book.execute("DELETE FROM holds WHERE id = ?", (name,))
            book.execute("UPDATE days SET spent = spent + ? WHERE day = ?", (cost, day))

    def read(self) -> Day:
        """The day so far."""
        with self._opened() as book:
            return self._read(book)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The book, in a transaction that no other process is in."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # What a transaction changes is written to a file beside first, so a process may be killed anywhere; not the
            # machine. That file stays: to make and remove one each time takes longer than all the rest.
            with closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)) as book:
                book.execute("PRAGMA synchronous=OFF")
                book.execute("PRAGMA journal_mode=PERSIST")
                book.execute("BEGIN IMMEDIATE")
                for table in _TABLES:
                    book.execute(table)
                yield book
                book.execute("COMMIT")
        except (sqlite3.Error, OSError) as fault:
            raise StorageError(f"The book of what a day costs cannot be used ({fault}): check {self.path}.") from fault

    def _read(self, book: sqlite3.Connection) -> Day:
        """The day as it stands; where a new one began, what ended processes held is no longer counted."""
        now = self._today()
        today = time.strftime("%Y-%m-%d", time.gmtime(now))
        holds = book.execute("SELECT id, most, until, host, process FROM holds").fetchall()
        lost = [(name, most) for name, most, until, host, process in holds if not _alive(until, host, process, now)]
        found = book.execute("SELECT spent FROM days WHERE day = ?", (today,)).fetchone()
        if found is None:
            book.executemany("DELETE FROM holds WHERE id = ?", [(name,) for name, _ in lost])
            book.execute("INSERT INTO days VALUES (?, 0)", (today,))
            first = time.strftime("%Y-%m-%d", time.gmtime(now - _DAYS_KEPT * 86400))
            book.execute("DELETE FROM days WHERE day < ?", (first,))
            lost_now = 0.0
        else:
            lost_now = sum(most for _, most in lost)
        gone = {name for name, _ in lost}
        in_flight = sum(most for name, most, *_ in holds if name not in gone)
        return Day(today, found[0] if found else 0.0, in_flight, lost_now)


def _alive(until: float, host: str, process: int, now: float) -> bool:
    """Whether somebody may still settle a hold: its time is not over, and its process, where it can be seen, lives."""
    return now <= until and lives(host, process) is not False
