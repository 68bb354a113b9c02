"""What an endpoint can do: what it says of itself, and what two tiny requests show."""

from __future__ import annotations

import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator

from pipeline import EndpointError, Settings
from pipeline.ask.answer import Failure, Reply
from pipeline.ask.answers import AnswerStore
from pipeline.ask.endpoint import Endpoint
from pipeline.ask.limits import Limits
from pipeline.ask.listing import Listing
from pipeline.ask.prompts import Prompt
from pipeline.ask.schema import strict_object
from pipeline.ask.wire import shorten
from pipeline.books import open_ledger
from pipeline.errors import TooManyPictures
from pipeline.extract.work import WorkStore
from pipeline.job import Job, make_job
from pipeline.pack.parts import PicturePart, TextPart
from pipeline.pack.request import Request

Row = tuple[str, str, str]
"""Name, state, detail."""

_SIDE = 56
"""Pixels of the picture that is sent: two cells of Mistral's; some models take none below 28."""
_WHITE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAADgAAAA4CAAAAACN7WTCAAAAJElEQVR4nO3LMQ0AAAwDoPo33VpYdsNP+hRRFEVRFEVRFMWbASLRNHVuuBRQAAAA"
    "AElFTkSuQmCC"
)
"""That picture: a white square, as a PNG file."""
_RESERVE = 256
_PROMPT = Prompt(
    "quire_probe", 'Answer with the JSON object {"word": "ready"}.', strict_object({"word": {"type": "string"}})
)


async def probe(settings: Settings) -> list[Row]:
    """The endpoint's own list, one word in a schema, the same beside a picture; what that taught is kept for the runs
    to come. Raises UsageError on a wrong engine or key."""
    job = make_job(settings, None)
    with tempfile.TemporaryDirectory() as folder:  # no answer of before, and nothing that was learned
        store, ledger = AnswerStore(WorkStore(folder)), open_ledger(job)
        async with Endpoint(
            job.target, fetch=lambda part: (_WHITE, "image/png"), store=store, ledger=ledger
        ) as endpoint:
            rows = [row async for row in _looked_at(job, endpoint)]
            found = endpoint.learned.limits
    return [*rows, _kept(job, found)] if rows[-1][1] != "fails" else rows


async def _looked_at(job: Job, endpoint: Endpoint) -> AsyncIterator[Row]:
    where = job.target.profile.base_url
    try:
        listing = await endpoint.listed()
        yield _listing_row(job, listing)
        endpoint.learned.learn(listing.limits if listing else Limits())
    except EndpointError as error:
        yield "models", "note", f"it does not tell of its models: {shorten(error)}"
    first = await endpoint.ask(_request(job, pictures=False), _PROMPT)
    if isinstance(first, Failure):
        yield "endpoint", "fails", first.reason
        return
    endpoint.learned.learn(Limits(mode=endpoint.mode))
    yield "endpoint", "ok", f"{where} answers by {endpoint.mode} as {job.target.model_id}"
    yield _counts_row(job, first)
    second = await endpoint.ask(_request(job, pictures=True), _PROMPT)
    if not isinstance(second, Failure):
        yield "pictures", "ok", "a request with a picture is answered"
        return
    if isinstance(second.cause, TooManyPictures):
        endpoint.learned.learn(Limits(pictures=second.cause.limit))
    yield "pictures", "note", f"a request with a picture is refused: {second.reason}"


def _listing_row(job: Job, listing: Listing | None) -> Row:
    if listing is None:
        return "models", "note", f"it does not list {job.target.model_id}"
    dearer = [
        f"${there:.3f} instead of ${here:.3f}"
        for here, there in ((job.model.price_in, listing.price_in), (job.model.price_out, listing.price_out))
        if here is not None and there is not None and there > here
    ]
    warned = f"; it costs more than Quire knows: {', '.join(dearer)}" if dearer else ""
    return "models", "note" if dearer else "ok", f"it says of {shorten(listing.id)}: {listing}{warned}"


def _counts_row(job: Job, reply: Reply) -> Row:
    counted, ours = reply.usage.prompt, _request(job, pictures=False).tokens
    if counted is None:
        return "counts", "note", "it does not count tokens: that a prompt arrived whole cannot be told by its counts"
    exact = "exact" if job.model.exact else "estimated with a margin"
    return "counts", "ok", f"it counts {counted:,} tokens where Quire counts {ours:,} ({exact})"


def _kept(job: Job, found: Limits) -> Row:
    """Keep what was found beside the answers, where it is more than was known."""
    learned = job.answers.learned(job.target)
    before = learned.limits
    kept = learned.learn(found)
    known = _shown(learned.limits)
    if learned.limits == before:
        return "learned", "ok", f"nothing new; known of it: {known}"
    if not kept:
        return "learned", "note", f"{known}; the store does not take it, so it is not kept"
    return "learned", "ok", f"{known}; kept for the runs to come"


def _shown(limits: Limits) -> str:
    units = {"window": "tokens", "output": "tokens of an answer", "pictures": "pictures", "size": "bytes"}
    values = ((getattr(limits, name), unit) for name, unit in units.items())
    said = [f"at most {value:,} {unit}" for value, unit in values if value is not None]
    if limits.fewer:
        said.append(f"counts of {limits.fewer:,} tokens less than ours")
    return ", ".join([*said, *([f"answers by {limits.mode}"] if limits.mode else [])]) or "nothing"


def _request(job: Job, *, pictures: bool) -> Request:
    parts = (TextPart("Say ready."), *((PicturePart("dot", "dot", _SIDE, _SIDE),) if pictures else ()))
    counted = job.counter.request(_PROMPT.system, parts)
    return Request("probe", "read", _PROMPT.system, parts, (), (), counted, reserve=_RESERVE)
