"""Time for tests: an event loop whose time is simulated, and a clock by which waiting beside a real server is brief."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.ask.clock import Clock

_T = TypeVar("_T")


class Selector(selectors.DefaultSelector):
    """Where the loop would wait for time to pass, it passes at once."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("the simulation waits for what never comes")
        self.passed += timeout
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Runs tasks in simulated time; what would run in a thread runs here, at once."""

    def __init__(self, clock: Selector | None = None) -> None:
        self._clock = clock or Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.passed

    def run_in_executor(self, executor: Any, call: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        done: asyncio.Future[Any] = self.create_future()
        try:
            done.set_result(call(*args))
        except Exception as fault:  # a thread's fault is its future's, as it would be
            done.set_exception(fault)
        return done


def simulated(work: Coroutine[Any, Any, _T]) -> tuple[_T, float]:
    """What the work comes to, and the simulated seconds that it took."""
    loop = SimulatedLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        came = runner.run(work)
        return came, loop.time()


@dataclass(frozen=True, slots=True)
class BriefClock(Clock):
    """By which every wait has passed as soon as it begins; `waits` are those that were asked for."""

    waits: list[float] = field(default_factory=list)

    def now(self) -> float:
        return Clock.now(self) + sum(self.waits)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)
