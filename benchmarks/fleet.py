"""A small simulation of documents over machines: cores, an endpoint's limits that all share, and machines that die.

Each machine takes documents from one queue, as many at once as it may. A document is read on a core, waits for its turn
at the endpoint and for its answers, and is merged and written on a core. A machine that dies loses what it had in hand:
those documents are given out again once their lease is over. Answers that had come are kept, so they cost nothing then;
those on their way are asked for again. Nothing of it is random but what a seed gives.

    one machine, one core, two documents, one request a minute:

    read 1  read 2                      merge 1                     merge 2
    |-------|-------|                   |--|                        |--|
            ask 1 ............answer 1  |          answer 2 ........|
                    (waits for the minute) ask 2 ...................
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count


@dataclass(frozen=True, slots=True)
class Load:
    """What a document takes: seconds of a core before and after it is asked about, requests, and their tokens."""

    before: float
    after: float
    requests: int = 1
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Fleet:
    """The machines and what they share. Times in seconds, limits a minute; None is no limit, and no death. What hands
    the documents out has a limit too, of documents a minute.

    `at_once` are the documents that a machine has in hand; `answer` is how long an answer takes; `life` the mean time
    after which a machine dies, `restart` how long it is away then, `lease` after which what it had is given out again.
    """

    machines: int
    cores: int = 2
    at_once: int = 18
    answer: float = 20.0
    requests_a_minute: float | None = None
    tokens_a_minute: float | None = None
    documents_a_minute: float | None = None
    life: float | None = None
    restart: float = 300.0
    lease: float = 120.0

    def gaps(self, load: Load) -> tuple[float, float, float]:
        """Seconds for which each limit lets nobody else go after a document's requests."""
        limits = (
            (load.requests, self.requests_a_minute),
            (load.tokens, self.tokens_a_minute),
            (1, self.documents_a_minute),
        )
        requests, tokens, documents = (60 * taken / limit if limit else 0.0 for taken, limit in limits)
        return requests, tokens, documents


@dataclass(slots=True)
class Outcome:
    """How it went: seconds until all was done, how often each document was, requests that were answered and those whose
    answers a dying machine lost, deaths, and seconds of cores that were used."""

    seconds: float
    done: list[int]
    paid: int
    lost: int
    deaths: int
    computed: float


@dataclass(slots=True)
class _Machine:
    free: int
    up: bool = True
    life: int = 0  # what was begun in an earlier life does not happen any more
    hand: set[int] = field(default_factory=set)
    waiting: deque[tuple[float, Callable[[], None]]] = field(default_factory=deque)


class Simulation:
    """One run over some documents. `run` may be called once."""

    def __init__(self, loads: Sequence[Load], fleet: Fleet, seed: int = 0) -> None:
        self._loads, self._fleet = loads, fleet
        self._chance = random.Random(f"fleet/{seed}")
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._now, self._free = 0.0, [0.0, 0.0, 0.0]
        self._queue = deque(range(len(loads)))
        self._machines = [_Machine(fleet.cores) for _ in range(fleet.machines)]
        self._answered, self._asking = [False] * len(loads), [False] * len(loads)
        self._left = len(loads)
        self._outcome = Outcome(0.0, [0] * len(loads), 0, 0, 0, 0.0)

    def run(self) -> Outcome:
        """Until every document is done."""
        for machine in self._machines:
            self._plan_death(machine)
            self._take(machine)
        while self._left:
            self._now, _, happen = heapq.heappop(self._events)
            happen()
        self._outcome.seconds = self._now
        return self._outcome

    def _at(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._order), happen))

    def _of(self, machine: _Machine, happen: Callable[[], None]) -> Callable[[], None]:
        """The same, unless the machine has died by then."""
        life = machine.life
        return lambda: happen() if machine.life == life else None

    def _take(self, machine: _Machine) -> None:
        while machine.up and self._queue and len(machine.hand) < self._fleet.at_once:
            document = self._queue.popleft()
            machine.hand.add(document)
            self._compute(machine, self._loads[document].before, partial(self._ask, machine, document))

    def _compute(self, machine: _Machine, seconds: float, then: Callable[[], None]) -> None:
        """Have a core for so long, in turn."""
        if not machine.free:
            machine.waiting.append((seconds, then))
            return
        machine.free -= 1

        def finish() -> None:
            self._outcome.computed += seconds
            machine.free += 1
            if machine.waiting:
                self._compute(machine, *machine.waiting.popleft())
            then()

        self._at(seconds, self._of(machine, finish))

    def _ask(self, machine: _Machine, document: int) -> None:
        load = self._loads[document]
        if self._answered[document]:  # in an earlier life: the answer is in the store
            self._compute(machine, load.after, lambda: self._finish(machine, document))
            return
        leaves = max(self._now, *self._free)
        self._free = [max(free, self._now) + gap for free, gap in zip(self._free, self._fleet.gaps(load), strict=True)]
        self._asking[document] = True

        def answer() -> None:
            self._asking[document], self._answered[document] = False, True
            self._outcome.paid += load.requests
            self._compute(machine, load.after, lambda: self._finish(machine, document))

        self._at(leaves - self._now + self._fleet.answer, self._of(machine, answer))

    def _finish(self, machine: _Machine, document: int) -> None:
        self._outcome.done[document] += 1
        self._left -= 1
        machine.hand.remove(document)
        self._take(machine)

    def _plan_death(self, machine: _Machine) -> None:
        if self._fleet.life is not None:
            self._at(self._chance.expovariate(1 / self._fleet.life), lambda: self._die(machine))

    def _die(self, machine: _Machine) -> None:
        lost = sorted(machine.hand)
        self._outcome.deaths += 1
        self._outcome.lost += sum(self._loads[one].requests for one in lost if self._asking[one])
        for one in lost:
            self._asking[one] = False
        machine.up, machine.life, machine.free = False, machine.life + 1, self._fleet.cores
        machine.hand.clear()
        machine.waiting.clear()
        self._at(self._fleet.lease, lambda: self._give_out(lost))
        self._at(self._fleet.restart, lambda: self._rise(machine))

    def _give_out(self, documents: Sequence[int]) -> None:
        self._queue.extend(documents)
        for machine in self._machines:
            self._take(machine)

    def _rise(self, machine: _Machine) -> None:
        machine.up = True
        self._plan_death(machine)
        self._take(machine)


def simulate(loads: Sequence[Load], fleet: Fleet, seed: int = 0) -> Outcome:
    """What becomes of the documents on that fleet."""
    return Simulation(loads, fleet, seed).run()


def bounds(loads: Sequence[Load], fleet: Fleet) -> dict[str, float]:
    """Seconds that no fleet like this can beat, by what would hold it up."""
    cores = sum(load.before + load.after for load in loads) / (fleet.machines * fleet.cores)
    slots = sum(load.before + fleet.answer + load.after for load in loads) / (fleet.machines * fleet.at_once)
    requests, tokens = sum(load.requests for load in loads), sum(load.tokens for load in loads)
    found = {"cores": cores, "documents at once": slots}
    if fleet.requests_a_minute:
        found["requests a minute"] = 60 * requests / fleet.requests_a_minute
    if fleet.documents_a_minute:
        found["documents a minute"] = 60 * len(loads) / fleet.documents_a_minute
    if fleet.tokens_a_minute:
        found["tokens a minute"] = 60 * tokens / fleet.tokens_a_minute
    return found
