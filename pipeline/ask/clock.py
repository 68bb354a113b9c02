"""The time that asking goes by: the event loop's own, so that a loop whose time is simulated makes all of it so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time and lets it pass. `today` gives seconds since the epoch: dates are told by it, spans never."""

    today: Callable[[], float] = time.time

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Come back after that many seconds."""
        await asyncio.sleep(seconds)
