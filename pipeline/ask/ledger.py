"""Tokens and dollars: what requests will cost, what they did cost, and the budget that they may not pass."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.errors import OverBudget
from pipeline.pack.request import Request
from pipeline.profiles import ModelProfile

ANSWER_TOKENS = 2000
"""What an answer without fields is expected to take: a summary and its key points."""


@dataclass(frozen=True, slots=True)
class Bill:
    """Tokens and US dollars of some requests at the most, and the seconds that they are expected to take in turn."""

    prompt: int
    completion: int
    cost_usd: float | None
    seconds: float


def price(profile: ModelProfile, prompt: int, completion: int) -> float | None:
    """US dollars for so many tokens at the profile's prices per million; None where they are not known."""
    if profile.price_in is None or profile.price_out is None:
        return None
    return (prompt * profile.price_in + completion * profile.price_out) / 1_000_000


def bill(profile: ModelProfile, requests: Sequence[Request]) -> Bill:
    """What requests cost at the most, every answer as long as it may be, and their time with answers as they are."""
    prompt = sum(request.tokens for request in requests)
    completion = sum(request.reserve for request in requests)
    written = sum(min(request.reserve, ANSWER_TOKENS) for request in requests)
    seconds = prompt / profile.speed_in + written / profile.speed_out
    return Bill(prompt, completion, price(profile, prompt, completion), seconds)


def cost_of(response: Mapping[str, Any], profile: ModelProfile) -> float:
    """What a response cost: the provider's own figure where it gives one, else its tokens at the profile's prices.

    Where neither is known it counts as nothing; the result then warns that the price is not known.
    """
    usage = response.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    own = usage.get("cost")
    if isinstance(own, (int, float)) and not isinstance(own, bool) and math.isfinite(own) and own >= 0:
        return float(own)
    return price(profile, tokens(usage, "prompt_tokens") or 0, tokens(usage, "completion_tokens") or 0) or 0.0


def tokens(usage: Mapping[str, Any], name: str) -> int | None:
    """One of a server's own counts; None where it gives none, or something that is no count."""
    count = usage.get(name)
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 1 << 40 else None


class Ledger:
    """What a run has spent and has in flight, against its budget in US dollars (None: no budget).

    A request is entered at the most that it can cost before it is sent, and at what it did cost afterwards, so that
    the budget holds whatever is in flight. `unsure` is the most that attempts may have cost of which nothing came
    back: the endpoint may have charged for them, so they count against the budget. Used within one event loop.
    """

    def __init__(self, profile: ModelProfile, budget: float | None, spent: float = 0.0) -> None:
        self._profile = profile
        self.budget = budget
        self.spent = spent
        self.unsure = 0.0
        self._in_flight: list[float] = []
        self._settled = asyncio.Condition()

    @asynccontextmanager
    async def entered(self, request: Request) -> AsyncIterator[Entry]:
        """The request's place in the books while it is under way.

        Where too little is left only because of what is in flight, that is waited for. Raises OverBudget where too
        little is left.
        """
        most = bill(self._profile, [request]).cost_usd or 0.0
        async with self._settled:
            await self._settled.wait_for(lambda: not self._in_flight or self._fits(most))
            if not self._fits(most):
                left = max((self.budget or 0.0) - self.spent - self.unsure, 0.0)
                raise OverBudget(
                    f"Not sent: it may cost ${most:.4f}, and ${left:.4f} of the budget of ${self.budget:.4f} are left;"
                    " raise --max-cost to have it answered."
                )
            self._in_flight.append(most)
        entry = Entry()
        try:
            yield entry
        finally:
            async with self._settled:
                self._in_flight.remove(most)  # a sum would keep the rest of rounding, and never be nothing again
                if entry.cost is None:
                    self.unsure += most
                else:
                    self.spent += entry.cost
                self._settled.notify_all()

    def _fits(self, most: float) -> bool:
        return self.budget is None or self.spent + self.unsure + sum(self._in_flight) + most <= self.budget


@dataclass(slots=True)
class Entry:
    """What one attempt came to cost; None until it is known, or where it never will be."""

    cost: float | None = None
