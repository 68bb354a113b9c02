"""Requests and their checked answers as chats, to fine-tune a model of one's own on.

A result keeps the fingerprints of its requests, and the store the answers that were paid for. The requests themselves
are made again: the document is read and packed as it was, and what has the same fingerprint is what was sent, to the
last word and picture. What has not (another version of the prompts, another reader, a store that was cleared) is told
of, and left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pipeline.ask.answer import Answer, Reply, Usage
from pipeline.ask.answers import fingerprint
from pipeline.ask.prompts import READINGS
from pipeline.ask.replies import read_answer
from pipeline.ask.wire import to_chat
from pipeline.foresight import foresee
from pipeline.job import Job, make_job
from pipeline.merge.evidence import Finder
from pipeline.merge.values import merge_values
from pipeline.pack.fitted import Fitted
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.plan import Plan, opened, plan, sent_sources
from pipeline.ranges import format_ranges
from pipeline.result.model import Result
from pipeline.settings import BUDGETS, Secret, Settings


@dataclass(frozen=True, slots=True)
class Chat:
    """One request and its answer as the messages of a chat, and where they are from."""

    messages: list[dict[str, Any]]
    metadata: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """As a line of a training file has it."""
        return {"messages": self.messages, "metadata": self.metadata}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A request that became no chat, and why; `lost` where it could not be made again."""

    request: str
    reason: str
    lost: bool


def chats(
    result: Result,
    path: Path,
    *,
    store: str,
    password: Secret | None = None,
    pictures: bool = True,
    min_verified: float = 1.0,
) -> Iterator[Chat | LeftOut]:
    """Each answered reading request of a result as a chat, or why it is none, in the document's order.

    `path` is the document, `store` where the answers are kept. An answer is taken if it is certain that its request was
    read whole, and if at least a share of `min_verified` of its values and key points was found in the document's text;
    one that says nothing has nothing to be found. Without `pictures` none is in the request, and no figure described in
    the answer. Nothing is sent. Raises UnreadableDocument, PasswordNeeded, UsageError or StorageError.
    """
    job = make_job(_settings(result, store), result.extraction.schema_ if result.extraction else None, key=False)
    wanted = {one.fingerprint: one.id for one in result.requests if one.kind == "read" and one.fate == "answered"}
    with opened(path, job, password) as reading:
        made = plan(reading, job)
        finder = Finder(made.pages, reading.words, _sent(made), sent_sources(made))
        for request in foresee(made.requests, job).stored:
            prompt = job.reading(request)
            key = fingerprint(request, prompt, job.target)
            name = wanted.pop(key, None)
            reply = job.answers.reply(key, request, prompt, job.model, Usage()) if name is not None else None
            if reply is not None:
                yield _chat(result, job, request, reply, finder, pictures, min_verified)
    for name in wanted.values():
        yield LeftOut(name, "It can't be made again: its answer or its very words are not there any more.", True)


def _settings(result: Result, store: str) -> Settings:
    """The settings of the run, where they shape requests; the store is the user's own, whatever the file says."""
    known = {one.name for one in fields(Settings)} - {"sources", "fresh", "batch", *BUDGETS}
    given = {name: value for name, value in result.run.settings.items() if name in known}
    return replace(Settings(**given), store=store)


def _sent(made: Plan) -> set[str]:
    return {name for request in made.requests for name in request.pictures}


def _chat(
    result: Result, job: Job, request: Request, reply: Reply, finder: Finder, pictures: bool, min_verified: float
) -> Chat | LeftOut:
    if reply.doubt:
        return LeftOut(request.id, f"It is not certain that it was read whole: {reply.doubt}.", False)
    verified, values = _verified(read_answer(request, reply), job, request, finder)
    share = verified / values if values else 1.0
    if share < min_verified:
        return LeftOut(request.id, f"{verified} of its {values} values were found in the document.", False)
    unseen: dict[str, Any] = {} if pictures else {name: [] for name in ("figures", READINGS) if name in reply.found}
    found = {**reply.found, **unseen}
    metadata = {
        "document": result.document.file,
        "sha256": result.document.sha256,
        "request": request.id,
        "pages": format_ranges(request.pages),
        "fingerprint": reply.fingerprint,
        "model": job.target.model_id,
        "generative": job.target.profile.generative,
        "values": values,
        "verified": round(share, 4),
    }
    answer = {"role": "assistant", "content": json.dumps(found, ensure_ascii=False)}
    return Chat([*_messages(job, request, pictures), answer], metadata)


def _messages(job: Job, request: Request, pictures: bool) -> list[dict[str, Any]]:
    """The messages that were sent, the pictures as data URLs or left out."""
    if not pictures:
        request = replace(request, parts=tuple(part for part in request.parts if isinstance(part, TextPart)))
    limits = job.target.limits.narrowed(job.answers.learned(job.target).limits)
    body = to_chat(request, job.reading(request), Fitted(job.work).get, {}, job.target.mode(limits))
    found: list[dict[str, Any]] = body["messages"]
    return found


def _verified(answer: Answer, job: Job, request: Request, finder: Finder) -> tuple[int, int]:
    """How many values and key points of an answer were found in the document's text, and how many there are."""
    points = [finder.locate(point.quote, point.page, request.pages).verified for point in answer.key_points]
    if job.schema is None or answer.data is None:
        return sum(points), len(points)
    merged = merge_values([answer], [request], job.schema, finder)
    values = {*merged.evidence, *merged.unverified}
    return sum(points) + len(values - {*merged.unverified}), len(points) + len(values)
