"""Asking what was planned: the reading requests all at once, then those that join summaries."""

from __future__ import annotations

import asyncio
import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.ask.answer import Answer, Divided, Failure, Outcome, Usage
from pipeline.ask.endpoint import Endpoint
from pipeline.ask.ledger import Account, Ledger
from pipeline.ask.prompts import Prompt
from pipeline.ask.replies import read_answer
from pipeline.errors import EndpointError, StorageError
from pipeline.job import Job
from pipeline.merge.summaries import AGAIN_TOKENS, ALONE, ATTEMPTS, Again, Joined, Section
from pipeline.pack.fitted import Fitted
from pipeline.pack.layout import escape
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.plan import Plan
from pipeline.profiles import OFFLINE
from pipeline.progress import Progress, Report
from pipeline.settling import Settled, Settler, divided_before

MARK_TOKENS = 48
"""The most that the marks around one summary take in a request that joins several."""
POINTS_TOKENS = 2048
"""The most that the key points of one summary take in such a request."""
PAGES_CHARS = 20
"""Longest list of pages in such a mark; a longer one is named by its first and its last."""


def open_endpoint(job: Job, ledger: Ledger) -> Endpoint:
    """The job's endpoint; the embedded engine stands behind the same client, on a transport of its own."""
    transport = None
    if job.target.profile.name == OFFLINE:
        from pipeline.offline.transport import OfflineTransport

        transport = OfflineTransport(processes=job.target.concurrency)
    return Endpoint(
        job.target,
        fetch=Fitted(job.work).get,
        store=job.answers,
        ledger=ledger,
        fresh=job.settings.fresh,
        transport=transport,
    )


async def ask_all(made: Plan, job: Job, endpoint: Endpoint, account: Account, report: Report) -> list[Settled]:
    """What came of every reading request, and of those that it was divided into, in the document's order; at the cost
    of the document's account."""
    total, done, tokens, cost = len(made.requests), 0, 0, 0.0
    report(Progress("ask", 0, total))

    def told(settled: Settled) -> None:
        nonlocal total, done, tokens, cost
        if isinstance(settled.outcome, Divided):
            total += settled.outcome.pieces - 1
        else:
            done, tokens = done + 1, tokens + settled.request.tokens
        cost += settled.outcome.usage.cost_usd
        report(Progress("ask", done, total, tokens, cost))

    settler = Settler(job, endpoint, told, account)
    return [one for few in await asyncio.gather(*map(settler.settle, made.requests)) for one in few]


@dataclass(slots=True)
class Joiner:
    """Joins summaries by asking, at the cost of the document's account; keeps what it sent and what came of it, for
    the result's books."""

    job: Job
    endpoint: Endpoint
    account: Account | None = None
    requests: list[Request] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def __call__(self, sections: Sequence[Section], again: Again | None = None) -> Joined:
        """The summary of the sections, and which of their key points matter most.

        Raises EndpointError where none came, or they pass the window.
        """
        prompt = self.job.joining(again.chars, again.why) if again else self.job.join
        request = join_request(f"m{next(self._numbers)}", sections, self.job, prompt)
        if request.tokens + request.reserve > self.job.window:
            raise EndpointError("The summaries do not fit into one request.")
        self.requests.append(request)
        reply = await self.endpoint.ask(request, prompt, self.account)
        if isinstance(reply, Failure):
            self.outcomes.append(reply)
            raise EndpointError(reply.reason)
        text = str(reply.found["summary"])
        self.outcomes.append(Answer(request.id, reply.fingerprint, text, usage=reply.usage))
        return Joined(text, tuple(reply.found["key_points"]))


def join_request(name: str, sections: Sequence[Section], job: Job, prompt: Prompt) -> Request:
    """The request that joins sections."""
    numbers = itertools.count(1)
    text = "".join(
        f'<summary n="{number}" pages="{_named(section.pages)}">\n{escape(section.text)}\n</summary>\n'
        + "".join(f'<point n="{next(numbers)}">{escape(point.text)}</point>\n' for point in section.points)
        for number, section in enumerate(sections, 1)
    )
    part = TextPart(text)
    counted = job.counter.request(prompt.system, (part,))
    return Request(name, "merge", prompt.system, (part,), (), (), counted, job.join_reserve)


def _named(pages: str) -> str:
    """Ranges of pages as a mark names them."""
    numbers = re.findall(r"\d+", pages)
    return pages if len(pages) <= PAGES_CHARS or not numbers else f"{numbers[0]} … {numbers[-1]}"


def join_budget(job: Job) -> int:
    """Tokens of summaries that one joining request can hold, the model's margin allowed for; 0 where it can hold none.

    Counts of joined texts are not the sum of their counts to the token: the marks' share covers the difference.
    """
    room, system = job.window - job.join_reserve, job.join.system
    return max(bisect_right(range(room), room, key=lambda tokens: job.counter.prompt(system, tokens)) - 1, 0)


def points_room(job: Job) -> int:
    """Tokens of key points that go with each summary: none where two summaries of the longest fill a request alone."""
    left = join_budget(job) // 2 - job.settings.summary_chars - MARK_TOKENS
    return max(min(left, POINTS_TOKENS), 0)


def join_count(job: Job, text: str) -> int:
    """Tokens that a summary takes in a joining request, its marks included."""
    return (job.counter.text(escape(text)) if text else 0) + MARK_TOKENS


def most_joins(summaries: int, job: Job) -> list[Request]:
    """Requests of which joining so many summaries can take no more, nor more tokens, whatever the answers say.

    Each level of the tree makes of `n` summaries `ceil(n / together)` at the most, where `together` of the longest go
    into one request. Where not even two do, shorter ones may: then every request is as full as it can be, and takes
    away one summary. `ATTEMPTS` more are counted for a summary that is asked for again.
    """
    longest, budget = job.settings.summary_chars + MARK_TOKENS + points_room(job), join_budget(job)
    together = budget // longest
    content = []
    while summaries > 1 and together > 1:
        full, rest = divmod(summaries, together)
        content += [together * longest] * full + ([rest * longest] if rest else [])
        summaries = full + bool(rest)
    content += [budget] * (summaries - 1)
    content += [min(ALONE * job.settings.summary_chars + MARK_TOKENS + AGAIN_TOKENS, budget)] * ATTEMPTS
    system, reserve = job.join.system, job.join_reserve
    return [
        Request(f"m{number}", "merge", system, (), (), (), job.counter.prompt(system, tokens), reserve)
        for number, tokens in enumerate(content, 1)
    ]


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a request, without its content: what one process tells another of it.

    `reason` is None for an answer; `pieces` is how many others it was divided into, 0 where it was not.
    """

    fingerprint: str
    usage: Usage
    reason: str | None = None
    exit_code: int = 0
    pieces: int = 0

    @classmethod
    def of(cls, settled: Settled) -> Kept:
        """What came of the request, without its content."""
        outcome = settled.outcome
        if isinstance(outcome, Failure):
            return cls(outcome.fingerprint, outcome.usage, outcome.reason, outcome.exit_code)
        if isinstance(outcome, Divided):
            return cls(outcome.fingerprint, outcome.usage, outcome.reason, pieces=outcome.pieces)
        return cls(outcome.fingerprint, outcome.usage)


def recall(made: Plan, job: Job, kept: Sequence[Kept]) -> list[Settled]:
    """What came of requests that another process asked, in the order in which it told them.

    Failures are as they were, answers come from the store, and requests are divided as they were.
    """
    told = iter(kept)

    def settled(request: Request) -> list[Settled]:
        one = next(told)
        if not one.pieces:
            return [Settled(request, _recalled(request, one, job))]
        pieces = divided_before(request, one.fingerprint, job)
        if len(pieces) != one.pieces:
            raise StorageError("What was stored of the requests is no longer there: run it again.")
        why = Divided(request.id, one.fingerprint, one.reason or "", one.pieces, one.usage)
        return [Settled(request, why), *(below for piece in pieces for below in settled(piece))]

    return [one for request in made.requests for one in settled(request)]


def _recalled(request: Request, one: Kept, job: Job) -> Outcome:
    if one.reason is not None:
        return Failure(request.id, one.fingerprint, one.reason, one.usage, one.exit_code)
    reply = job.answers.reply(one.fingerprint, request, job.reading(request), job.model, one.usage)
    if reply is None:
        return Failure(request.id, one.fingerprint, "The answer is no longer in the store: run it again.", one.usage)
    return read_answer(request, replace(reply, usage=one.usage))
