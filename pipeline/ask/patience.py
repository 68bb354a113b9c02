"""When a request that failed is asked again, and when it is given up."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from pipeline.errors import EndpointError, EndpointUnreachable

_LIMITED = 429


@dataclass(slots=True)
class Patience:
    """Attempts and waits of one request.

    A pause is drawn evenly from zero to a bound that doubles each time ("full jitter": requests that failed together
    do not come back together). What the endpoint itself asks to wait is waited in full. Rate limits are no faults: they
    are waited for as long as all waits together stay below `seconds`; other faults get `attempts` attempts in all.
    A connection that cannot be made is tried until the circuit opens.
    """

    chance: random.Random
    attempts: int = 6
    seconds: float = 900.0
    base: float = 1.0
    cap: float = 60.0
    _faults: int = field(default=0, init=False)
    _tries: int = field(default=0, init=False)
    _waited: float = field(default=0.0, init=False)

    def pause(self, error: EndpointError) -> float | None:
        """Seconds until the next attempt after this error; None where there is to be none."""
        unreachable = isinstance(error, EndpointUnreachable)
        if not (error.retryable or unreachable):
            return None
        limited = error.status == _LIMITED
        self._faults += not (limited or unreachable)
        if self._faults >= self.attempts:
            return None
        drawn = self.chance.uniform(0, min(self.cap, self.base * 2**self._tries))
        wait = drawn if error.wait is None else error.wait + min(drawn, self.base)
        self._tries += 1
        if self._waited + wait > self.seconds:
            return None
        self._waited += wait
        return wait
