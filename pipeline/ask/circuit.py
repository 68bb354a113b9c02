"""Stops a run at an endpoint that will answer nothing, and never for the fault of a single request."""

from __future__ import annotations

from pipeline.ask.clock import Clock
from pipeline.errors import EndpointError, EndpointUnreachable, KeyRefused

_LEAST_FAILURES = 3
_NEW_SECONDS = 2.0
"""How long connections may fail to an endpoint that has never answered: an address is wrong, or a server is down ..."""
_KNOWN_SECONDS = 60.0
"""... and to one that has: it may be starting again."""


class Circuit:
    """Open once the key is refused, or once connections have failed for a while with nothing heard in between."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard = False
        self._failures = 0
        self._since = 0.0
        self._dead: EndpointError | None = None

    def check(self) -> None:
        """Raise the error that opened it, if one did."""
        if self._dead is not None:
            raise self._dead

    def heard(self) -> None:
        """A response came, whatever it said: the endpoint lives."""
        self._heard = True
        self._failures = 0

    def failed(self, error: EndpointError) -> None:
        """Note what came of a request; an error that only concerns that request changes nothing."""
        if isinstance(error, KeyRefused):
            self._dead = error
        elif isinstance(error, EndpointUnreachable):
            self._since = self._since if self._failures else self._clock.now()
            self._failures += 1
            most = _KNOWN_SECONDS if self._heard else _NEW_SECONDS
            if self._failures >= _LEAST_FAILURES and self._clock.now() - self._since >= most:
                self._dead = error
