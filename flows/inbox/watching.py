"""Watching an inbox: a look every so often, several documents at once, and patience where nothing can be done.

Looking is a plain scan, which works on every share and bucket. Where the endpoint, the day's budget or a disk refuses,
files stay where they are: it is said once, the watcher waits, twice as long each time, and then tries with one file.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from threading import Event

from flows.documents import Watch, own_fault
from flows.inbox.inbox import Inbox, Outcome, Taken
from flows.inbox.work import Work
from flows.runfile import Row, failed_row
from pipeline import QuireError, Report, StorageError

EVERY_SECONDS = 2.0
_LONGEST_PAUSE = 600.0
_MOST_TRIES = 3
"""So many times a file may be refused while others are not: then it is the file that is at fault."""
_END = ("done", "failed")
_AGAIN = {"changed": "was changed while it was read", "lost": "was taken over by another watcher"}

Process = Callable[[Taken, Report], Work]
Told = Callable[["Handled"], None]


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a file that was tried: None where it could not be taken. `first` is whose duplicate it is."""

    name: str
    outcome: Outcome | None = None
    row: Row | None = None
    problem: str | None = None
    first: str | None = None


@dataclass(slots=True)
class Watcher:
    """Takes files of an inbox as they become whole, and has them worked on, `at_once` at a time.

    `told` hears of each file that was tried, `say` of what concerns no file alone; both from one thread. `again` is
    called before what refused is tried again; the first time that is after `pause` seconds.
    """

    inbox: Inbox
    process: Process
    at_once: int
    watch: Watch
    told: Told
    say: Callable[[str], None]
    again: Callable[[], None]
    every: float = EVERY_SECONDS
    pause: float = 5.0
    clock: Callable[[], float] = time.monotonic
    _queue: deque[str] = field(default_factory=deque)
    _pending: dict[Future[Handled], str] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _tries: Counter[str] = field(default_factory=Counter)
    _alone: Counter[str] = field(default_factory=Counter)
    _met: dict[str, int] = field(default_factory=dict)
    _ends: int = 0
    _refusals: int = 0
    _resume: float = 0.0
    _stopping: Event = field(default_factory=Event)

    def run(self, stop: Callable[[], None], *, once: bool = False) -> None:
        """Watch until it is interrupted; or, once, until all that can be done now is done.

        `stop` makes what is under way give up; it is called where this is interrupted, and the files stay.
        """
        with ThreadPoolExecutor(self.at_once, thread_name_prefix="document") as pool:
            try:
                self._sweep(pool) if once else self._go_on(pool)
            except BaseException:
                self._stopping.set()
                stop()
                pool.shutdown(cancel_futures=True)
                self._collect()
                raise

    def _go_on(self, pool: ThreadPoolExecutor) -> None:
        looked = self.clock() - self.every
        while True:
            if self.clock() - looked >= self.every:
                looked = self.clock()
                try:
                    self._look()
                except StorageError as error:
                    self._refused(str(error))
            self._submit(pool)
            self._rest(max(looked + self.every - self.clock(), 0.0))

    def _sweep(self, pool: ThreadPoolExecutor) -> None:
        """Passes over the inbox until one brings nothing to an end, or something refuses."""
        while not self._refusals:
            self._look()
            progress = bool(self.inbox.looks.settling)
            while (self._queue and not self._refusals) or self._pending:
                self._submit(pool)
                progress |= self._rest(self.every)
            if not progress:
                return
            if self.inbox.looks.settling:
                self._stopping.wait(min(self.every, 1.0))

    def _look(self) -> None:
        """Look for files that are whole now; what can't be taken is told once."""
        whole = self.inbox.whole()
        busy = set(self._pending.values())
        # Of those that wait, the ones that were tried least come first: none keeps the others from their turn.
        self._queue = deque(sorted((name for name in whole if name not in busy), key=self._tries.__getitem__))
        for name, reason in self.inbox.odd.items():
            self._say_once(f"{name} {reason}.")

    def _submit(self, pool: ThreadPoolExecutor) -> None:
        """Give files to threads that are free: to one alone while something refuses."""
        if self.clock() < self._resume:
            return
        room = 1 if self._refusals else self.at_once
        if self._refusals and self._queue and not self._pending:
            self.again()
        while self._queue and len(self._pending) < room:
            name = self._queue.popleft()
            self._pending[pool.submit(self._handle, name, self._alone[name] < _MOST_TRIES)] = name

    def _rest(self, seconds: float) -> bool:
        """Wait until a document is done or the time is over; whether one came to an end."""
        if self._pending:
            wait(self._pending, timeout=seconds or 0.05, return_when=FIRST_COMPLETED)
        else:
            self._stopping.wait(seconds)
        return self._collect()

    def _collect(self) -> bool:
        """Hear of what is done; whether a file came to its end."""
        ended = False
        for future in [one for one in self._pending if one.done()]:
            del self._pending[future]
            if not future.cancelled():
                ended |= self._hear(future.result())
        return ended

    def _hear(self, handled: Handled) -> bool:
        """Tell what became of a file; whether it came to its end."""
        name = handled.name
        if handled.outcome in _END:
            self._ends += 1
            for known in (self._tries, self._alone, self._met):
                known.pop(name, None)
            if self._refusals:
                self.say("It goes on.")
            self._refusals, self._resume = 0, 0.0
            self.told(handled)
            return True
        if handled.outcome == "waits":
            self._tries[name] += 1
            self._alone[name] += self._met.get(name, self._ends) < self._ends
            self._met[name] = self._ends
            self.told(handled)
            self._refused(handled.problem or f"{name} can't be finished.")
        elif handled.outcome is not None:
            self.say(f"{name} {_AGAIN[handled.outcome]}: it stays for now.")
        elif handled.problem:
            self._say_once(f"{name} waits: {handled.problem}")
            self.told(handled)
        return False

    def _refused(self, problem: str) -> None:
        """Leave the inbox alone for a while; of several that were under way together the first counts."""
        if self.clock() < self._resume:
            return
        pause = min(self.pause * 2**self._refusals, _LONGEST_PAUSE)
        if not self._refusals:
            self.say(f"{problem} The files stay in the inbox until it does better.")
        self._refusals = min(self._refusals + 1, 30)
        self._resume = self.clock() + pause

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self.say(line)

    def _handle(self, name: str, patient: bool) -> Handled:
        """Take a file, have it worked on, and finish it; in a thread of its own."""
        try:
            taken = self.inbox.take(name)
            return Handled(name) if taken is None else self._finished(taken, patient)
        except QuireError as error:  # of this file, or of the schema that is for it
            return self._without(name, error)
        except CancelledError:
            return Handled(name)
        except Exception as error:  # A fault of ours costs this file its turn, not the others.
            return self._without(name, own_fault(error))

    def _without(self, name: str, error: QuireError) -> Handled:
        return Handled(name, row=failed_row(self._shown(name), error), problem=str(error))

    def _shown(self, name: str) -> str:
        return f"{self.inbox.place.address}/{name}"

    def _finished(self, taken: Taken, patient: bool) -> Handled:
        name = taken.name
        try:
            work = self._worked(taken)
            if self._stopping.is_set() and work.row.status != "complete":
                raise CancelledError("What was given up has not failed.")
        except BaseException:
            self.inbox.give_up(taken)
            raise
        try:
            outcome = self.inbox.finish(taken, work.row, work.document_type, patient=patient)
        except StorageError as error:
            return Handled(name, "waits", failed_row(self._shown(name), error), str(error))
        first = str(taken.receipt["file"]) if taken.receipt and taken.receipt.get("file") != name else None
        return Handled(name, outcome, work.row, work.row.reason if outcome == "waits" else None, first)

    def _worked(self, taken: Taken) -> Work:
        if taken.row is not None:
            return Work(replace(taken.row, path=self._shown(taken.name)))
        with self.watch(taken.name) as report:
            return self.process(taken, report)
