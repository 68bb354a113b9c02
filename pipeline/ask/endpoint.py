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
from pipeline.ask.ledger import Ledger, cost_of, tokens
from pipeline.ask.limits import Limits
from pipeline.ask.modes import below
from pipeline.ask.pace import Pace
from pipeline.ask.prompts import Prompt
from pipeline.ask.replies import parse
from pipeline.ask.target import Target
from pipeline.ask.wire import Fetch, to_chat
from pipeline.errors import (
    AnswerError,
    AnswerInvalid,
    AnswerTooLong,
    EndpointError,
    EndpointUnreachable,
    KeyRefused,
    ModeRefused,
    OverBudget,
    PromptCut,
    PromptTooLong,
    QuireError,
    StorageError,
    TooManyPictures,
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
        profile = target.profile
        self.target = target
        self.learned = store.learned(profile.base_url, target.model_id)
        self._known = Limits(window=target.window, pictures=profile.pictures)
        self._fetch = fetch
        self._store = store
        self._ledger = ledger
        self._fresh = fresh
        self._clock = clock
        self._chance = random.Random()
        self._pace = Pace(
            clock, target.concurrency, requests=profile.requests_per_minute, tokens=profile.tokens_per_minute
        )
        self._circuit = Circuit(clock)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._client = Client(target, clock, transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._client.close()

    async def ask(self, request: Request, prompt: Prompt) -> Reply | Failure:
        """The checked answer to a request: from the store where it was paid for before, else from the endpoint."""
        key = self.fingerprint(request, prompt)
        # The same request may be under way for another document: it is waited for, and not paid for again.
        async with self._turns.setdefault(key, asyncio.Lock()):
            return self.stored(key, prompt) or await self._asked(request, prompt, key)

    def fingerprint(self, request: Request, prompt: Prompt) -> str:
        """The name that the answer to a request is kept under."""
        target = self.target
        parameters, revision = target.parameters, target.revision
        return fingerprint(request, prompt, model=target.model_id, parameters=parameters, revision=revision)

    def stored(self, key: str, prompt: Prompt) -> Reply | None:
        """The kept answer, if there is one that still reads; one that does not is asked for again."""
        response = None if self._fresh else self._store.get(key)
        if response is None:
            return None
        try:
            return Reply(parse(response, prompt), key, _counted(response, Usage(attempts=0, from_store=True)))
        except AnswerError:
            return None

    async def _asked(self, request: Request, prompt: Prompt, key: str) -> Reply | Failure:
        began = self._clock.now()
        attempt = Attempt(request, prompt, self.target, self._mode(), self._chance)
        try:
            reply = await self._answered(attempt, key)
        except QuireError as error:
            usage = replace(attempt.usage, seconds=self._clock.now() - began)
            return Failure(request.id, key, str(error), usage, error.exit_code, error)
        return replace(reply, usage=replace(reply.usage, seconds=self._clock.now() - began))

    def _mode(self) -> Mode:
        return self.learned.limits.mode or self.target.profile.modes[0]

    async def _answered(self, attempt: Attempt, key: str) -> Reply:
        """Ask until there is an answer; raises what no further attempt can mend."""
        while True:
            left = self._clock.now()
            try:
                self._circuit.check()
                async with self._pace.turn(attempt.tokens) as left:
                    self._circuit.check()
                    self._check(attempt)
                    response = await self._paid(attempt)
                self._pace.answered()
                found = parse(response, attempt.prompt)
                self._check_whole(attempt)
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
                return Reply(found, key, attempt.usage)

    @property
    def limits(self) -> Limits:
        """What the endpoint takes, as far as it is known by now."""
        return self._known.narrowed(self.learned.limits)

    def _check(self, attempt: Attempt) -> None:
        """Raise what the endpoint would say to a request that passes its limits: nothing is sent to hear it again."""
        request, limits = attempt.request, self.limits
        if limits.window is not None and attempt.tokens + request.reserve > limits.window:
            taken = f"{attempt.tokens:,} and {request.reserve:,} for the answer"
            room = limits.window - (attempt.tokens - request.tokens)
            raise PromptTooLong(f"The endpoint takes {limits.window:,} tokens, not {taken}.", window=room)
        if limits.output is not None and request.reserve > limits.output:
            raise AnswerTooLong(f"The endpoint gives answers of {limits.output:,} tokens.", limit=limits.output)
        if limits.pictures is not None and len(request.pictures) > limits.pictures:
            taken = f"{limits.pictures} pictures" if limits.pictures else "no picture"
            raise TooManyPictures(f"The endpoint takes {taken} in a request.", limit=limits.pictures)

    def _check_whole(self, attempt: Attempt) -> None:
        """Raise PromptCut where the endpoint's own count says that it did not read the whole prompt.

        Only an exact count of ours can tell.
        """
        read, sent = attempt.usage.prompt, attempt.request.tokens
        if self.target.model.exact and read is not None and read < sent:
            raise PromptCut(
                f"The server counted {read:,} of the {sent:,} tokens that it was sent: it read only a part.",
                window=read,
            )

    async def _paid(self, attempt: Attempt) -> dict[str, Any]:
        """The response to one attempt; the ledger is settled whatever comes."""
        async with self._ledger.entered(attempt.request) as entry:
            parameters = self.target.parameters
            body = await asyncio.to_thread(
                to_chat, attempt.request, attempt.prompt, self._fetch, parameters, attempt.mode, attempt.turns
            )
            attempt.usage = replace(attempt.usage, attempts=attempt.usage.attempts + 1)
            try:
                response = await self._client.post({**body, **self.target.profile.extra_body})
            except EndpointError as error:
                # Where a status says that it was refused, nothing was charged. Where nothing came back, who knows.
                refused = error.status is not None or isinstance(error, EndpointUnreachable)
                entry.cost = 0.0 if refused else None
                raise
            entry.cost = cost_of(response, self.target.model)
            spent = attempt.usage.cost_usd + entry.cost
            attempt.usage = _counted(response, replace(attempt.usage, cost_usd=spent))
        self._circuit.heard()
        return response

    def _step_down(self, attempt: Attempt, error: ModeRefused) -> None:
        """Ask in the next way from now on, as do all requests to come; raises the refusal where there is none."""
        known = self._mode()
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
        await self._clock.sleep(pause)

    def _keep(self, key: str, response: Mapping[str, Any]) -> None:
        """Store what was paid for. A store that refuses costs only that: the answer itself stands."""
        try:
            self._store.put(key, response)
        except StorageError as error:
            _log.warning("An answer could not be kept, so it will be asked for again: %s", error)


def _counted(response: Mapping[str, Any], usage: Usage) -> Usage:
    """The usage with the server's own token counts, where it gives them."""
    counts = response.get("usage")
    counts = counts if isinstance(counts, Mapping) else {}
    return replace(usage, prompt=tokens(counts, "prompt_tokens"), completion=tokens(counts, "completion_tokens"))
