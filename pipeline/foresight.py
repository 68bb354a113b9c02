"""What will come of planned requests as far as it is known: which were answered before, and which will be divided."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.ask.answer import Usage
from pipeline.ask.answers import fingerprint
from pipeline.ask.attempt import Attempt
from pipeline.ask.limits import Limits
from pipeline.ask.prompts import Prompt
from pipeline.errors import EndpointError, PromptTooLong, UsageError
from pipeline.job import Job
from pipeline.pack.fitted import Fitted
from pipeline.pack.request import Request
from pipeline.settling import Division, divided, division_for, kept_division


@dataclass(frozen=True, slots=True)
class Foresight:
    """Requests that will be sent, those that were answered before, and how many others are divided into them."""

    sent: Sequence[Request] = ()
    stored: Sequence[Request] = ()
    divided: int = 0


def foresee(requests: Iterable[Request], job: Job) -> Foresight:
    """What will come of the requests if they are asked now. Nothing is sent.

    They are looked up and divided just as they will be when they are asked: in the store under the same fingerprints,
    and by what the endpoint was found to take.
    """
    sent: list[Request] = []
    stored: list[Request] = []
    count = 0
    limits = job.target.limits.narrowed(job.answers.learned(job.target).limits)
    waiting = [*requests][::-1]
    while waiting:
        request = waiting.pop()
        prompt = job.reading(request)
        key = fingerprint(request, prompt, job.target)
        if not job.settings.fresh and job.answers.reply(key, request, prompt, job.model, Usage(attempts=0)) is not None:
            stored.append(request)
            continue
        division = None if job.settings.fresh else kept_division(job, key)
        pieces = _pieces(request, division or _division(request, prompt, limits, job), job)
        if pieces:
            count += 1
            waiting += pieces[::-1]
        else:
            sent.append(request)
    return Foresight(sent, stored, count)


def _division(request: Request, prompt: Prompt, limits: Limits, job: Job) -> Division | None:
    """How the request will be divided for what the endpoint is known to take; None where it will be sent as it is."""
    attempt = Attempt(request, prompt, job.target, job.target.mode(limits), random.Random())
    try:
        attempt.check(limits)
        if limits.size is not None:
            attempt.body(Fitted(job.work).get, limits)
    except EndpointError as error:
        if isinstance(error, PromptTooLong):
            error.beside = attempt.beside
        return division_for(request, error, job)[0]
    return None


def _pieces(request: Request, division: Division | None, job: Job) -> list[Request]:
    try:
        return divided(request, division, job) if division is not None else []
    except UsageError:
        return []  # it will fail, and say why: here it counts at what it would have cost
