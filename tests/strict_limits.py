"""Requests and tokens a minute, as a server counts them."""

from __future__ import annotations

from collections import deque

MINUTE = 60.0


class Minute:
    """What was let in over the last minute; what is refused does not count."""

    def __init__(self, requests: int | None, tokens: int | None) -> None:
        self._requests = requests
        self._tokens = tokens
        self._let_in: deque[tuple[float, int]] = deque()

    def wait(self, tokens: int, now: float) -> float:
        """Let a request in and give 0, or the seconds until it may come again."""
        while self._let_in and self._let_in[0][0] <= now - MINUTE:
            self._let_in.popleft()
        until = max(self._until(self._requests, 1, by_tokens=False), self._until(self._tokens, tokens, by_tokens=True))
        if until > now:
            return until - now
        self._let_in.append((now, tokens))
        return 0.0

    def _until(self, limit: int | None, more: int, *, by_tokens: bool) -> float:
        """When enough of what was let in is over a minute old."""
        if limit is None:
            return 0.0
        held = more
        for moment, tokens in reversed(self._let_in):
            held += tokens if by_tokens else 1
            if held > limit:
                return moment + MINUTE
        return 0.0
