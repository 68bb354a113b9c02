"""Every planned request settled: answered, divided until its pieces are, or failed with a reason.

A request that the endpoint does not take whole, or cannot answer whole, is divided, and the pieces are asked. How it
was divided is kept beside the answers, so that whoever comes to the same request again divides it in the same way: what
was paid for is found again, whatever has been learned of the endpoint meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.ask.answer import Divided, Failure, Outcome, Reply, Usage
from pipeline.ask.answers import fingerprint
from pipeline.ask.endpoint import Endpoint
from pipeline.ask.ledger import Account
from pipeline.ask.limits import Limits
from pipeline.ask.replies import read_answer
from pipeline.errors import (
    AnswerCut,
    AnswerTooLong,
    BodyTooLarge,
    EndpointError,
    EndpointUnreachable,
    KeyRefused,
    ModeRefused,
    PromptTooLong,
    QuireError,
    TooManyPictures,
    UsageError,
)
from pipeline.job import Job
from pipeline.pack.dividing import Bounds, halves, within_bounds
from pipeline.pack.request import Request
from pipeline.wanted import expected_of, in_halves, mostly_fields, wanted_of

_SHRUNK = 0.75
"""A request that is refused for its length, without a word on the window, is made to fit so much of what it took."""
_ELSEWHERE = (404, 429)
"""What no page is the cause of: a model that is not there, and too many requests."""


@dataclass(frozen=True, slots=True)
class Division:
    """How a request is divided: to fit a window, an output cap and a number of pictures; else into halves, of its
    pages or of its `fields`. `reason` is why; `local` says that a fault of some of its pages is.
    """

    window: int | None = None
    output: int | None = None
    pictures: int | None = None
    fields: bool = False
    reason: str = field(default="", compare=False)
    local: bool = field(default=False, compare=False)


_DIVISION = TypeAdapter(Division)


@dataclass(frozen=True, slots=True)
class Settled:
    """One request and what came of it."""

    request: Request
    outcome: Outcome | Divided


Told = Callable[[Settled], None]


class Settler:
    """Settles the reading requests of one document, at its account's cost. `told` hears of each as it is settled."""

    def __init__(self, job: Job, endpoint: Endpoint, told: Told, account: Account | None = None) -> None:
        self._job = job
        self._endpoint = endpoint
        self._told = told
        self._account = account

    async def settle(self, request: Request, *, local: bool = False) -> list[Settled]:
        """What came of the request, and of those that it was divided into, in the document's order.

        `local` says that it is a piece of one whose fault is known to be that of some of its pages.
        """
        prompt = self._job.reading(request)
        key = fingerprint(request, prompt, self._job.target)
        division = None if self._job.settings.fresh else kept_division(self._job, key)
        if division is not None:
            return await self._divided(request, key, division, Usage(attempts=0))
        return await self._settled(request, await self._endpoint.ask(request, prompt, self._account), local)

    async def _settled(self, request: Request, reply: Reply | Failure, local: bool) -> list[Settled]:
        """What the reply to a request comes to."""
        if isinstance(reply, Reply):
            return self._done(request, read_answer(request, reply))
        division = self._division(request, reply.cause)
        if division is None and len(request.units) > 1 and _may_be_local(reply.cause):
            if not local:
                return await self._isolated(request, reply)
            division = Division()
        if division is None:
            return self._done(request, reply)
        division = replace(division, reason=reply.reason, local=local)
        self._job.answers.divide(reply.fingerprint, asdict(division))
        return await self._divided(request, reply.fingerprint, division, reply.usage)

    async def _isolated(self, request: Request, failure: Failure) -> list[Settled]:
        """A request that failed, in halves: what a single page is the cause of costs that page alone.

        Where no half is answered, the fault is not a page's, and the request fails as a whole. Else what fails of them
        is halved until its pages stand alone, at two requests for each time that such a page is halved.
        """
        key, division = failure.fingerprint, Division(reason=failure.reason, local=True)

        async def asked(half: Request) -> Reply | Failure:
            reply = await self._endpoint.ask(half, self._job.reading(half), self._account)
            if _answered(reply):
                self._job.answers.divide(key, asdict(division))
            return reply

        pieces = divided(request, division, self._job)
        replies = await asyncio.gather(*map(asked, pieces))
        if not any(map(_answered, replies)):
            usage = _together(failure.usage, *(one.usage for one in replies))
            return self._done(request, replace(failure, usage=usage))
        parent = self._done(request, Divided(request.id, key, failure.reason, len(pieces), failure.usage))
        return [*parent, *_flat(await asyncio.gather(*map(partial(self._settled, local=True), pieces, replies)))]

    def _done(self, request: Request, outcome: Outcome | Divided) -> list[Settled]:
        settled = Settled(request, outcome)
        self._told(settled)
        return [settled]

    async def _divided(self, request: Request, key: str, division: Division, usage: Usage) -> list[Settled]:
        """The request's pieces, settled; it fails where it has none that are smaller."""
        reason = division.reason
        try:
            pieces = divided(request, division, self._job)
        except UsageError as error:
            pieces, reason = [], f"{reason} {error}"
        if not pieces:
            return self._done(request, Failure(request.id, key, reason, usage))
        parent = self._done(request, Divided(request.id, key, reason, len(pieces), usage))
        return [*parent, *_flat(await asyncio.gather(*map(partial(self.settle, local=division.local), pieces)))]

    def _division(self, request: Request, cause: QuireError | None) -> Division | None:
        """How to divide a request that failed for that cause, None where dividing does not help; what the cause tells
        of the endpoint is learned."""
        division, told = division_for(request, cause, self._job)
        if division is not None:
            self._endpoint.learned.learn(told)
        return division


def division_for(request: Request, cause: QuireError | None, job: Job) -> tuple[Division | None, Limits]:
    """How to divide a request that failed for that cause, None where dividing does not help; and what limits of the
    endpoint the cause tells."""
    taken = request.tokens + request.reserve
    if isinstance(cause, PromptTooLong):
        if cause.window is None or cause.window >= taken + cause.beside:
            return Division(window=int(taken * _SHRUNK)), Limits()
        return Division(window=cause.window - cause.beside), Limits(window=cause.window)
    if isinstance(cause, AnswerTooLong):
        output = cause.limit if cause.limit is not None and cause.limit < request.reserve else request.reserve // 2
        return Division(output=output), Limits(output=cause.limit)
    if isinstance(cause, TooManyPictures):
        held = request.images
        if not held or (cause.limit is not None and cause.limit >= held):
            return None, Limits()
        most = held // 2 if cause.limit is None else cause.limit
        return Division(pictures=most), Limits(pictures=cause.limit)
    if isinstance(cause, AnswerCut):
        return Division(fields=mostly_fields(request, job) or len(halved(request, job)) == 1), Limits()
    if isinstance(cause, BodyTooLarge):
        return Division(), Limits(size=cause.limit)
    return None, Limits()


def _may_be_local(cause: QuireError | None) -> bool:
    """Whether a page may be what makes a request fail, and not the endpoint, the key, the pace or the budget."""
    elsewhere = (EndpointUnreachable, KeyRefused, ModeRefused)
    return isinstance(cause, EndpointError) and not isinstance(cause, elsewhere) and cause.status not in _ELSEWHERE


def _answered(reply: Reply | Failure) -> bool:
    return isinstance(reply, Reply) or isinstance(reply.cause, AnswerCut)


def _together(first: Usage, *others: Usage) -> Usage:
    """What a request took, and others that were asked for its sake alone."""
    every = (first, *others)
    return replace(
        first,
        seconds=sum(one.seconds for one in every),
        cost_usd=sum(one.cost_usd for one in every),
        unsure_usd=sum(one.unsure_usd for one in every),
        attempts=sum(one.attempts for one in every),
    )


def _flat(settled: Iterable[list[Settled]]) -> list[Settled]:
    return [one for few in settled for one in few]


def divided(request: Request, division: Division, job: Job) -> list[Request]:
    """The requests that a request is divided into; none where they would be no smaller.

    Raises UsageError where what cannot be cut does not fit.
    """
    if division in (Division(), Division(fields=True)):
        pieces = in_halves(request, job) if division.fields else halved(request, job)
        return _numbered(request, pieces) if len(pieces) > 1 else []
    window = min(division.window or job.window, job.window)
    reserve = min(job.reserve_in(window, division.output), request.reserve)
    pieces = []
    for one in wanted_of(request, job, reserve):
        bounds = Bounds(window, reserve, division.pictures, one.expected)
        pieces += within_bounds(one.of(request, job), bounds, job.counter)
    same = len(pieces) == 1 and (pieces[0].parts, pieces[0].reserve) == (request.parts, request.reserve)
    return [] if same else _numbered(request, pieces)


def halved(request: Request, job: Job) -> list[Request]:
    """The request in two by its pages, or by the text of its one page; itself alone where that is too short."""
    return halves(request, job.counter, expected_of(request, job))


def _numbered(request: Request, pieces: Sequence[Request]) -> list[Request]:
    """The pieces named after the request: "r3.1", "r3.2" and so on."""
    return [replace(piece, id=f"{request.id}.{number}") for number, piece in enumerate(pieces, 1)]


def divided_before(request: Request, key: str, job: Job) -> list[Request]:
    """The requests that the one of that fingerprint was divided into; none where it is not known."""
    division = _read(job.answers.division(key))
    return divided(request, division, job) if division is not None else []


def kept_division(job: Job, key: str) -> Division | None:
    """How the request of that fingerprint was divided before, where it has not been answered since."""
    found = job.answers.division(key)
    return _read(found) if found is not None and job.answers.get(key) is None else None


def _read(found: Mapping[str, Any] | None) -> Division | None:
    try:
        return _DIVISION.validate_python(found)
    except ValidationError:
        return None
