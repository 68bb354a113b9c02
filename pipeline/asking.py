"""Asking what was planned: the reading requests all at once, then those that join summaries."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.ask.answer import Answer, Failure, Outcome, Reply, Usage
from pipeline.ask.endpoint import Endpoint
from pipeline.ask.ledger import Ledger
from pipeline.ask.wire import parse, read_answer
from pipeline.errors import EndpointError
from pipeline.job import Job
from pipeline.merge.summaries import Section, plan_merges
from pipeline.pack.fitted import Fitted
from pipeline.pack.layout import escape
from pipeline.pack.parts import Request, TextPart
from pipeline.plan import Plan
from pipeline.profiles import OFFLINE
from pipeline.progress import Progress, Report

MARK_TOKENS = 48
"""The most that the marks around one summary take in a request that joins several."""


def open_endpoint(job: Job, ledger: Ledger) -> Endpoint:
    """The job's endpoint; the embedded engine stands behind the same client, on a transport of its own."""
    transport = None
    if job.target.profile.name == OFFLINE:
        from pipeline.offline.transport import OfflineTransport

        transport = OfflineTransport()
    return Endpoint(
        job.target,
        fetch=Fitted(job.work).get,
        store=job.answers,
        ledger=ledger,
        fresh=job.settings.fresh,
        transport=transport,
    )


async def ask_all(made: Plan, job: Job, endpoint: Endpoint, report: Report) -> list[Outcome]:
    """The outcome of every reading request, in the order of the requests."""
    total, done, tokens, cost = len(made.requests), 0, 0, 0.0
    report(Progress("ask", 0, total))

    async def ask(request: Request) -> Outcome:
        nonlocal done, tokens, cost
        reply = await endpoint.ask(request, job.read)
        outcome = reply if isinstance(reply, Failure) else read_answer(request, reply)
        done, tokens, cost = done + 1, tokens + request.tokens, cost + outcome.usage.cost_usd
        report(Progress("ask", done, total, tokens, cost))
        return outcome

    return list(await asyncio.gather(*(ask(request) for request in made.requests)))


@dataclass(slots=True)
class Joiner:
    """Joins summaries by asking; keeps what it sent and what came of it, for the result's books."""

    job: Job
    endpoint: Endpoint
    requests: list[Request] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def __call__(self, sections: Sequence[Section]) -> str:
        """The summary of the sections. Raises EndpointError where none came."""
        request = join_request(f"m{next(self._numbers)}", sections, self.job)
        self.requests.append(request)
        reply = await self.endpoint.ask(request, self.job.join)
        if isinstance(reply, Failure):
            self.outcomes.append(reply)
            raise EndpointError(reply.reason)
        text = str(reply.found["summary"])
        self.outcomes.append(Answer(request.id, reply.fingerprint, text, usage=reply.usage))
        return text


def join_request(name: str, sections: Sequence[Section], job: Job, *, upper: bool = False) -> Request:
    """The request that joins sections. With `upper` its tokens are the most that so long sections could take."""
    text = "".join(
        f'<summary n="{number}" pages="{section.pages}">\n{escape(section.text)}\n</summary>\n'
        for number, section in enumerate(sections, 1)
    )
    part = TextPart(text)
    system = job.join.system
    counted = job.counter.request(system, (part,))
    if upper:
        room = sum(len(section.text) + MARK_TOKENS for section in sections)
        counted = max(counted, job.counter.prompt(system, room))
    return Request(name, "merge", system, (part,), (), (), counted, join_reserve(job))


def join_reserve(job: Job) -> int:
    """Tokens kept for a joined summary: one a character is more than any script takes but for a few signs."""
    return min(job.settings.summary_chars + 256, job.reserve)


def join_budget(job: Job) -> int:
    """Tokens of summaries that one joining request can hold."""
    return job.window - join_reserve(job) - job.counter.prompt(job.join.system, 0) - 1


def join_count(job: Job, text: str) -> int:
    """Tokens that a summary takes in a joining request, its marks included."""
    return job.counter.text(escape(text)) + MARK_TOKENS


def most_joins(summaries: int, job: Job) -> list[int]:
    """How many summaries each joining request holds at the most, where all are as long as they may be.

    One more is counted for a summary that comes back too long and is asked for again.
    """
    sizes: list[int] = []
    tokens = job.settings.summary_chars + MARK_TOKENS
    while summaries > 1:
        groups = plan_merges([tokens] * summaries, join_budget(job))
        sizes += [len(group) for group in groups if len(group) > 1]
        if len(groups) == summaries:
            break
        summaries = len(groups)
    return [*sizes, 1]


@dataclass(frozen=True, slots=True)
class Kept:
    """An outcome without its content: what one process tells another of it. `reason` is None for an answer."""

    fingerprint: str
    usage: Usage
    reason: str | None = None
    exit_code: int = 0

    @classmethod
    def of(cls, outcome: Outcome) -> Kept:
        """The outcome without its content."""
        if isinstance(outcome, Failure):
            return cls(outcome.fingerprint, outcome.usage, outcome.reason, outcome.exit_code)
        return cls(outcome.fingerprint, outcome.usage)


def recall(made: Plan, job: Job, kept: Sequence[Kept]) -> list[Outcome]:
    """The outcomes of requests that another process asked: its failures as they were, its answers from the store."""
    outcomes: list[Outcome] = []
    for request, one in zip(made.requests, kept, strict=True):
        response = None if one.reason is not None else job.answers.get(one.fingerprint)
        if response is None:
            reason = one.reason or "The answer is no longer in the store: run it again."
            outcomes.append(Failure(request.id, one.fingerprint, reason, one.usage, one.exit_code))
        else:
            reply = Reply(parse(response, job.read), one.fingerprint, one.usage)
            outcomes.append(read_answer(request, reply))
    return outcomes
