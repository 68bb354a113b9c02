"""Tokens and dollars: what requests will cost, what they did cost, and the budget that they may not pass."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.ask.clock import Clock
from pipeline.ask.daybook import DayBook
from pipeline.errors import OverBudget, StorageError
from pipeline.pack.request import Request
from pipeline.profiles import ModelProfile

_log = logging.getLogger(__name__)

ANSWER_TOKENS = 2000
"""What an answer without fields is expected to take: a summary and its key points."""
DAYS = "day's budget"
"""How the day's budget is called where it is too small: another day brings a new one."""
_LEASE_SECONDS = 60.0
"""How much longer than an attempt takes at the most the day's book believes that it is under way."""
_LOOK_AGAIN_SECONDS = 2.0
"""How often the day's book is looked at for what other processes have in flight."""


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


class Account:
    """What was spent out of one budget in US dollars (None: no budget), and what is in flight.

    `unsure` is the most that attempts may have cost of which nothing came back: the endpoint may have charged for
    them, so they count. `whose` and `flag` say which budget it is.
    """

    def __init__(self, budget: float | None, spent: float = 0.0, *, whose: str, flag: str) -> None:
        self.budget = budget
        self.spent = spent
        self.unsure = 0.0
        self.in_flight: list[float] = []
        self._whose = whose
        self._flag = flag

    def fits(self, most: float) -> bool:
        """Whether so much more may be sent."""
        return self.budget is None or self.spent + self.unsure + sum(self.in_flight) + most <= self.budget

    def check(self, most: float) -> None:
        """Raise OverBudget where so much more may not be sent."""
        if self.budget is not None and not self.fits(most):
            left = max(self.budget - self.spent - self.unsure, 0.0)
            raise over(most, left, self.budget, f"{self._whose} budget", f"raise {self._flag} to have it answered")

    def settle(self, most: float, cost: float | None) -> None:
        """What was in flight at so much came to that cost; None where it is not known."""
        self.in_flight.remove(most)  # a sum would keep the rest of rounding, and never be nothing again
        if cost is None:
            self.unsure += most
        else:
            self.spent += cost


def over(most: float, left: float, budget: float, which: str, advice: str) -> OverBudget:
    """The error that says which budget is too small."""
    return OverBudget(
        f"Not sent: it may cost ${most:.4f}, and ${left:.4f} of the {which} of ${budget:.4f} are left; {advice}."
    )


class Ledger:
    """What a run has spent and has in flight, against the budgets of the run, of each document and of the day.

    A request is entered at the most that it can cost before it is sent, and at what it did cost afterwards, so that
    every budget holds whatever is in flight. `attempt_seconds` is how long an attempt can be under way. Used within
    one event loop.
    """

    def __init__(
        self,
        profile: ModelProfile,
        budget: float | None,
        spent: float = 0.0,
        *,
        document_budget: float | None = None,
        day: DayBook | None = None,
        attempt_seconds: float = 600.0,
        clock: Clock = Clock(),  # noqa: B008 - frozen
    ) -> None:
        self.run = Account(budget, spent, whose="run's", flag="--max-cost")
        self._profile = profile
        self._document_budget = document_budget
        self._day = day
        self._attempt_seconds = attempt_seconds
        self._clock = clock
        self._dearer = 1.0
        self._settled = asyncio.Condition()

    def document(self, spent: float = 0.0) -> Account:
        """The account of one document, of which so much was spent before."""
        return Account(self._document_budget, spent, whose="document's", flag="--max-cost-document")

    @asynccontextmanager
    async def entered(self, request: Request, document: Account | None = None) -> AsyncIterator[Entry]:
        """The request's place in the books while it is under way.

        Where too little is left only because of what is in flight, that is waited for. Raises OverBudget where too
        little is left.
        """
        known = bill(self._profile, [request]).cost_usd or 0.0
        async with self.held(known * self._dearer, document) as entry:
            yield entry
        if entry.cost is not None and known > 0:
            # An endpoint may charge more than its profile says: what is sent from now on is entered at so much more.
            self._dearer = max(self._dearer, entry.cost / known)

    @asynccontextmanager
    async def held(
        self, most: float, document: Account | None = None, *, seconds: float | None = None
    ) -> AsyncIterator[Entry]:
        """The same for so many dollars, held for so many seconds at the most; None for those of an attempt."""
        accounts = [self.run, *([document] if document else [])]
        hold = await self._enter(most, accounts, seconds or self._attempt_seconds + _LEASE_SECONDS)
        entry = Entry(most)
        try:
            yield entry
        finally:
            async with self._settled:
                for account in accounts:
                    account.settle(most, entry.cost)
                self._settle_day(hold, entry)
                self._settled.notify_all()

    async def _enter(self, most: float, accounts: Sequence[Account], seconds: float) -> str | None:
        """Hold so much in every book, or in none; the name of the day's hold."""
        while True:
            async with self._settled:
                await self._settled.wait_for(lambda: all(one.fits(most) or not one.in_flight for one in accounts))
                for account in accounts:
                    account.check(most)
                hold, waiting = self._hold_day(most, seconds)
                if not waiting:
                    for account in accounts:
                        account.in_flight.append(most)
                    return hold
            await self._clock.sleep(_LOOK_AGAIN_SECONDS)

    def _hold_day(self, most: float, seconds: float) -> tuple[str | None, bool]:
        """The name of the day's hold, or None with whether it is worth waiting for what is in flight."""
        if self._day is None:
            return None, False
        try:
            hold, day = self._day.hold(most, seconds)
        except StorageError as error:
            if self._day.budget is not None:
                raise
            _log.warning("What this run costs is not in the day's book: %s", error)
            return None, False
        if hold is not None or self._day.budget is None:
            return hold, False
        if day.taken - day.in_flight + most <= self._day.budget:
            return None, True
        left = max(self._day.budget - day.taken + day.in_flight, 0.0)
        advice = "raise --max-cost-day, or run again tomorrow (UTC)"
        raise over(most, left, self._day.budget, DAYS, advice)

    def _settle_day(self, hold: str | None, entry: Entry) -> None:
        if self._day is None or hold is None:
            return
        try:
            self._day.settle(hold, entry.most if entry.cost is None else entry.cost)
        except StorageError as error:  # the hold stays, so it counts at the most that it may have cost
            _log.warning("What a request cost is not in the day's book: %s", error)


@dataclass(slots=True)
class Entry:
    """The most that one attempt may cost, and what it came to; None until it is known, or where it never will be."""

    most: float
    cost: float | None = None
