"""How fast requests leave: as many at once as the endpoint takes, within the limits that are known.

Requests at once rise by one after each full round of answers and halve when the endpoint says that it is too much
(additive increase, multiplicative decrease, as TCP does it: RFC 5681). Requests and tokens per minute are counted over
the last 60 seconds as they leave, which no server's own way of counting a minute finds too many.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.ask.clock import Clock

_MINUTE = 60.0
_MARGIN = 0.5
"""Seconds that the endpoint's minute may be longer than ours: a request is under way for longer than the one before."""


class Pace:
    """Lets requests go one by one. Used within one event loop.

    `most` is how many may be under way at once; `requests` and `tokens` how many may leave in a minute, None for as
    many as there are.
    """

    def __init__(self, clock: Clock, most: int, *, requests: int | None = None, tokens: int | None = None) -> None:
        self._clock = clock
        self._most = most
        self._allowed = float(most)
        self._under_way = 0
        self._limits = [(requests, False), (tokens, True)]
        self._left: deque[tuple[float, int]] = deque()
        self._not_before = 0.0
        self._halved_at = -1.0
        self._changed = asyncio.Condition()
        self._turn = asyncio.Lock()

    @property
    def allowed(self) -> int:
        """How many requests may be under way now."""
        return max(int(self._allowed), 1)

    @asynccontextmanager
    async def turn(self, tokens: int) -> AsyncIterator[float]:
        """Wait until a request of that many tokens may leave, and be under way while the block runs; the moment it
        left."""
        async with self._turn:  # first come, first served: a large request is not passed by small ones for ever
            async with self._changed:
                await self._changed.wait_for(lambda: self._under_way < self.allowed)
                self._under_way += 1
            try:
                left = await self._minute(tokens)
            except BaseException:
                await self._back()
                raise
        try:
            yield left
        finally:
            await self._back()

    async def _back(self) -> None:
        async with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    async def _minute(self, tokens: int) -> float:
        """Wait until the last minute has room for the request, and put it there."""
        while (wait := self._wait(tokens)) > 0:
            await self._clock.sleep(wait)
        now = self._clock.now()
        self._left.append((now, tokens))
        return now

    def _wait(self, tokens: int) -> float:
        now = self._clock.now()
        while self._left and self._left[0][0] <= now - _MINUTE - _MARGIN:
            self._left.popleft()
        until = self._not_before
        for limit, by_tokens in self._limits:
            if limit is None:
                continue
            held = tokens if by_tokens else 1
            # A request larger than the whole limit leaves alone: the server says no, or it does not.
            for moment, count in reversed(self._left):
                held += count if by_tokens else 1
                if held > limit:
                    until = max(until, moment + _MINUTE + _MARGIN)
                    break
        return until - now

    def answered(self) -> None:
        """An answer came: a little more may be under way."""
        self._allowed = min(self._allowed + 1 / self._allowed, float(self._most))

    def limited(self, left: float, wait: float) -> None:
        """The endpoint said that it is too much to a request that left at `left`: half as many from now on, and none
        for `wait` seconds.

        Requests that left before the last halving knew nothing of it: they halve no further.
        """
        self._not_before = max(self._not_before, self._clock.now() + wait)
        if left > self._halved_at:
            self._allowed = max(self._allowed / 2, 1.0)
            self._halved_at = self._clock.now()
