"""Asking about conflicts, where the user wants that: once, about them alone, with the words of both places."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.ask.answer import Answer, Failure
from pipeline.ask.endpoint import Endpoint
from pipeline.ask.ledger import Account
from pipeline.ask.prompts import Prompt
from pipeline.ask.verdicts import ENVELOPE_TOKENS, VERDICT_TOKENS, read_verdicts, verdict_prompt
from pipeline.job import Job
from pipeline.merge.candidates import Candidate
from pipeline.merge.decided import decided, disputed
from pipeline.merge.notice import Notice
from pipeline.merge.values import Extraction
from pipeline.pack.layout import escape
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.settling import Settled


@dataclass(frozen=True, slots=True)
class _Case:
    """A request, its prompt, and the places of the conflicts that it asks about."""

    request: Request
    prompt: Prompt
    places: tuple[int, ...]


async def adjudicate(
    extraction: Extraction, job: Job, endpoint: Endpoint, account: Account
) -> tuple[Extraction, list[Settled]]:
    """What was extracted, with the model's verdict on each conflict, and what was asked for that.

    Where no verdict comes, or none that can stand, the earlier rule's choice does, with a warning.
    """
    cases = _cases(extraction, job)
    replies = await asyncio.gather(*(endpoint.ask(one.request, one.prompt, account) for one in cases))
    verdicts: dict[int, int | None] = {}
    settled, reasons = [], dict.fromkeys(disputed(extraction), "it does not fit into a request")
    for case, reply in zip(cases, replies, strict=True):
        if isinstance(reply, Failure):
            settled.append(Settled(case.request, reply))
            reasons |= dict.fromkeys(case.places, reply.reason.rstrip("."))
            continue
        settled.append(Settled(case.request, Answer(case.request.id, reply.fingerprint, "", usage=reply.usage)))
        counts = [len(extraction.conflicts[place].candidates) for place in case.places]
        reasons |= dict.fromkeys(case.places, "the answer chose none of the candidates by its number")
        verdicts |= {case.places[at]: place for at, place in read_verdicts(reply.found, counts).items()}
    left = {extraction.conflicts[at].pointer: why for at, why in reasons.items() if at not in verdicts}
    notices = [
        Notice("not-adjudicated", f"{pointer}: the earlier rule's choice stands: {why}.")
        for pointer, why in left.items()
    ]
    return replace(decided(extraction, verdicts), notices=(*extraction.notices, *notices)), settled


def _cases(extraction: Extraction, job: Job) -> list[_Case]:
    """The conflicts in as few requests as hold them in their order; one that fits into none is in none."""
    most = max((job.reserve - ENVELOPE_TOKENS) // VERDICT_TOKENS, 1)
    groups: list[list[int]] = []
    for at in disputed(extraction):
        if groups and len(groups[-1]) < most and _fits(_case("a", extraction, [*groups[-1], at], job), job):
            groups[-1].append(at)
        elif _fits(_case("a", extraction, [at], job), job):
            groups.append([at])
    return [_case(f"a{number}", extraction, places, job) for number, places in enumerate(groups, 1)]


def _fits(case: _Case, job: Job) -> bool:
    return case.request.tokens + case.request.reserve <= job.window


def _case(name: str, extraction: Extraction, places: Sequence[int], job: Job) -> _Case:
    prompt = verdict_prompt(len(places), job.target.profile.keywords)
    shown = [
        {
            "n": number,
            "field": conflict.pointer,
            "candidates": [_shown(*one) for one in enumerate(conflict.candidates, 1)],
        }
        for number, conflict in enumerate((extraction.conflicts[place] for place in places), 1)
    ]
    part = TextPart(escape(json.dumps({"conflicts": shown}, ensure_ascii=False)))
    tokens = job.counter.request(prompt.system, (part,))
    reserve = min(ENVELOPE_TOKENS + VERDICT_TOKENS * len(places), job.reserve)
    return _Case(Request(name, "adjudicate", prompt.system, (part,), (), (), tokens, reserve), prompt, tuple(places))


def _shown(number: int, candidate: Candidate) -> dict[str, Any]:
    places = [{"page": one.page, "quote": one.quote} for one in candidate.evidence]
    return {"n": number, "value": candidate.value, "places": places}
