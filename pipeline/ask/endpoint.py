"""Requests asked until they are answered, or until it is known why they are not.

From the store where an answer was paid for before; else from the endpoint, at its pace and within the budget, again
after faults that pass, one step down the ladder where a way of asking is refused, and with the validator's message
where an answer was invalid. What only another request could help comes back as the cause of the failure.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakValueDictionary

from pipeline.ask.answer import Failure, Reply, Usage
from pipeline.ask.answers import AnswerStore, fingerprint
from pipeline.ask.attempt import Attempt
from pipeline.ask.circuit import Circuit
from pipeline.ask.client import Client
from pipeline.ask.clock import Clock
from pipeline.ask.delivery import FEW, MOST_FEWER, check, few_words
from pipeline.ask.ledger import Account, Ledger, cost_of
from pipeline.ask.limits import Limits
from pipeline.ask.listing import Listing, listed
from pipeline.ask.modes import below
from pipeline.ask.pace import Pace
from pipeline.ask.prompts import BOUNDS, Prompt
from pipeline.ask.replies import counted, reply_of
from pipeline.ask.target import Target
from pipeline.ask.wire import Fetch
from pipeline.errors import (
    AnswerInvalid,
    EndpointError,
    EndpointUnreachable,
    KeyRefused,
    ModeRefused,
    OverBudget,
    PromptCut,
    PromptTooLong,
    QuireError,
    StorageError,
)
from pipeline.pack.request import Request
from pipeline.profiles import Mode

if TYPE_CHECKING:
    import httpx2

_log = logging.getLogger(__name__)
_LIMITED = 429


class Endpoint:
    """Asks requests, several at once; every one comes back as an answer or as a failure with its reason.

    Made and used within one event loop. `fresh` ignores answers in the store, but still keeps new ones. `learned`
    knows what the endpoint refuses, from earlier runs too.
    """

    def __init__(
        self,
        target: Target,
        *,
        fetch: Fetch,
        store: AnswerStore,
        ledger: Ledger,
        fresh: bool = False,
        transport: httpx2.AsyncBaseTransport | None = None,
        clock: Clock = Clock(),  # noqa: B008 - frozen
    ) -> None:
        self.target = target
        self.learned = store.learned(target)
        self._fetch = fetch
        self._store = store
        self._ledger = ledger
        self.fresh = fresh
        self._in_batches: dict[str, float] = {}
        self.clock = clock
        self._chance = random.Random()
        self._pace = Pace(
            clock, target.concurrency, requests=target.requests_per_minute, tokens=target.tokens_per_minute
        )
        self._circuit = Circuit(clock)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.client = Client(target, clock, transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *details: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self.client.close()

    async def ask(self, request: Request, prompt: Prompt, account: Account | None = None) -> Reply | Failure:
        """The checked answer to a request: from the store where it was paid for before, else from the endpoint.

        `account` is that of the document that pays for it.
        """
        key = fingerprint(request, prompt, self.target)
        # The same request may be under way for another document: it is waited for, and not paid for again.
        async with self._turns.setdefault(key, asyncio.Lock()):
            reply = self.stored(request, prompt, key)
            if reply is None:
                return await self._asked(request, prompt, key, account)
            if account is not None:
                account.spent += reply.usage.cost_usd
            return reply

    def try_again(self) -> None:
        """Believe in the endpoint again where it was given up: what was the matter may be over."""
        self._circuit = Circuit(self.clock)

    async def listed(self) -> Listing | None:
        """What the endpoint itself says of the model; None where it says nothing. Raises EndpointError."""
        return listed(await self.client.models(), self.target.model_id)

    def stored(self, request: Request, prompt: Prompt, key: str) -> Reply | None:
        """The kept answer, if there is one that still reads; one that does not is asked for again."""
        paid = key in self._in_batches
        if self.fresh and not paid:
            return None
        usage = Usage(attempts=int(paid), cost_usd=self._in_batches.get(key, 0.0), from_store=not paid)
        reply = self._store.reply(key, request, prompt, self.target.model, usage)
        if reply is not None:
            self._in_batches.pop(key, None)
        return reply

    def body(self, request: Request, prompt: Prompt) -> dict[str, Any]:
        """What is sent of a request at first. Raises what the endpoint is known to refuse it with."""
        attempt = Attempt(request, prompt, self.target, self.mode, self._chance)
        attempt.check(self.limits)
        return attempt.body(self._fetch, self.limits)

    def take(self, key: str, request: Request, prompt: Prompt, response: Mapping[str, Any], cost: float) -> None:
        """Keep an answer that came in a batch of this run, and tell its cost to who asks for it.

        Raises AnswerError or PromptCut where it is none: what it cost is then told with the next attempt.
        """
        self._in_batches[key] = cost
        reply = reply_of(response, request, prompt, self.target.model, key, Usage())
        check(request, self.target.model, reply.usage.prompt, reply.found, self.learned.limits.fewer or 0)
        self._keep(key, response)

    async def _asked(self, request: Request, prompt: Prompt, key: str, account: Account | None) -> Reply | Failure:
        began = self.clock.now()
        attempt = Attempt(request, prompt, self.target, self.mode, self._chance, account)
        attempt.usage = replace(attempt.usage, cost_usd=self._in_batches.pop(key, 0.0))
        try:
            reply = await self._answered(attempt, key)
        except QuireError as error:
            if isinstance(error, PromptTooLong):
                error.beside = attempt.beside
            usage = replace(attempt.usage, seconds=self.clock.now() - began)
            return Failure(request.id, key, str(error), usage, error.exit_code, error)
        return replace(reply, usage=replace(reply.usage, seconds=self.clock.now() - began))

    async def _answered(self, attempt: Attempt, key: str) -> Reply:
        """Ask until there is an answer; raises what no further attempt can mend."""
        while True:
            left = self.clock.now()
            try:
                self._circuit.check()
                async with self._pace.turn(attempt.tokens) as left:
                    self._circuit.check()
                    attempt.check(self.limits)
                    response = await self._paid(attempt)
                self._pace.answered()
                reply = reply_of(response, attempt.request, attempt.prompt, self.target.model, key, attempt.usage)
                await self._check_whole(attempt, reply)
            except OverBudget:
                raise
            except ModeRefused as error:
                self._circuit.heard()
                self._step_down(attempt, error)
            except AnswerInvalid as error:
                if not attempt.repaired(error):
                    raise
            except EndpointError as error:
                await self._wait(attempt, error, left)
            else:
                self._keep(key, response)
                return replace(reply, usage=attempt.usage)

    @property
    def limits(self) -> Limits:
        """What the endpoint takes, as far as it is known by now."""
        return self.target.limits.narrowed(self.learned.limits)

    @property
    def mode(self) -> Mode:
        """The way in which structured answers are asked for by now."""
        return self.target.mode(self.learned.limits)

    async def _check_whole(self, attempt: Attempt, reply: Reply) -> None:
        """Raise PromptCut where the endpoint did not read the whole prompt.

        Where its count is only a little below ours, a few words are asked about, which nobody would cut: if it counts
        as much less there, that is its way of counting, and is learned.
        """
        model, read, request = self.target.model, reply.usage.prompt, attempt.request
        try:
            check(request, model, read, reply.found, self.learned.limits.fewer or 0)
        except PromptCut:
            fewer = request.tokens - (read or 0)
            if not model.exact or fewer > MOST_FEWER or fewer != await self._counts_less(attempt):
                raise
            self.learned.learn(Limits(fewer=fewer))

    async def _counts_less(self, attempt: Attempt) -> int | None:
        """By how many tokens the endpoint counts less than we do of a few words, at the cost of a request under way;
        None where it does not say."""
        words = few_words(self.target.model)
        few = Attempt(words, FEW, self.target, "text", self._chance, attempt.account)
        try:
            async with self._pace.turn(words.tokens):
                await self._paid(few)
        except QuireError as error:
            _log.warning("How the endpoint counts could not be learned: %s", error)
        spent, unsure = (attempt.usage.cost_usd + few.usage.cost_usd, attempt.usage.unsure_usd + few.usage.unsure_usd)
        attempt.usage = replace(attempt.usage, cost_usd=spent, unsure_usd=unsure)
        return None if few.usage.prompt is None else words.tokens - few.usage.prompt

    async def _paid(self, attempt: Attempt) -> dict[str, Any]:
        """The response to one attempt; the ledger is settled whatever comes."""
        body = await asyncio.to_thread(attempt.body, self._fetch, self.limits)
        async with self._ledger.entered(attempt.request, attempt.account) as entry:
            attempt.usage = replace(attempt.usage, attempts=attempt.usage.attempts + 1)
            try:
                response = await self.client.post(body)
            except EndpointError as error:
                # Where a status says that it was refused, nothing was charged. Where nothing came back, who knows.
                refused = error.status is not None or isinstance(error, EndpointUnreachable)
                entry.cost = 0.0 if refused else None
                unsure = attempt.usage.unsure_usd + (0.0 if refused else entry.most)
                attempt.usage = replace(attempt.usage, unsure_usd=unsure)
                raise
            entry.cost = cost_of(response, self.target.model)
            spent = attempt.usage.cost_usd + entry.cost
            attempt.usage = counted(response, replace(attempt.usage, cost_usd=spent))
        self._circuit.heard()
        return response

    def _step_down(self, attempt: Attempt, error: ModeRefused) -> None:
        """Ask in the next way from now on, as do all requests to come; raises the refusal where there is none.

        Where it is the bounds in the schema that are refused, the same way is taken without them.
        """
        if attempt.bounded and any(keyword in str(error) for keyword in BOUNDS):
            self.learned.learn(Limits(unbounded=True))
            return
        known = self.mode
        lower = known if known != attempt.mode else below(attempt.mode, self.target.profile.modes)
        if lower is None:
            raise error
        self.learned.learn(Limits(mode=lower))
        attempt.mode = lower

    async def _wait(self, attempt: Attempt, error: EndpointError, left: float) -> None:
        """Wait until the request may be asked again; raises the error where it is not to be."""
        if error.status is not None and not isinstance(error, KeyRefused):
            self._circuit.heard()
        self._circuit.failed(error)
        self._circuit.check()
        pause = attempt.patience.pause(error)
        if pause is None:
            raise error
        if error.status == _LIMITED:
            self._pace.limited(left, error.wait or 0.0)
        await self.clock.sleep(pause)

    def _keep(self, key: str, response: Mapping[str, Any]) -> None:
        """Store what was paid for. A store that refuses costs only that: the answer itself stands."""
        try:
            self._store.put(key, response)
        except StorageError as error:
            _log.warning("An answer could not be kept, so it will be asked for again: %s", error)
