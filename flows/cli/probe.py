"""What an endpoint can do, learned from two tiny requests."""

from __future__ import annotations

import base64
import tempfile

from pipeline import Settings
from pipeline.ask.answer import Failure
from pipeline.ask.answers import AnswerStore
from pipeline.ask.endpoint import Endpoint
from pipeline.ask.ledger import Ledger
from pipeline.ask.prompts import Prompt
from pipeline.ask.schema import strict_object
from pipeline.extract.work import WorkStore
from pipeline.job import Job, make_job
from pipeline.pack.parts import PicturePart, TextPart
from pipeline.pack.request import Request

Row = tuple[str, str, str]
"""Name, state, detail."""

_SIDE = 1
_DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
"""A PNG of one pixel."""
_PROMPT = Prompt(
    "quire_probe", 'Answer with the JSON object {"word": "ready"}.', strict_object({"word": {"type": "string"}})
)


async def probe(settings: Settings) -> list[Row]:
    """Ask for one word in a schema, then the same beside a picture. Raises UsageError on a wrong engine or key."""
    job = make_job(settings, None)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(job.model, settings.max_cost)
        store = AnswerStore(WorkStore(folder))
        async with Endpoint(job.target, fetch=lambda part: (_DOT, "image/png"), store=store, ledger=ledger) as endpoint:
            first = await endpoint.ask(_request(job, pictures=False), _PROMPT)
            where = job.target.profile.base_url
            if isinstance(first, Failure):
                return [("endpoint", "fails", first.reason)]
            rows = [("endpoint", "ok", f"{where} answers by json_schema as {job.target.model_id}")]
            second = await endpoint.ask(_request(job, pictures=True), _PROMPT)
            if isinstance(second, Failure):
                return [*rows, ("pictures", "note", f"a request with a picture is refused: {second.reason}")]
            return [*rows, ("pictures", "ok", "a request with a picture is answered")]


def _request(job: Job, *, pictures: bool) -> Request:
    parts = (TextPart("Say ready."), *((PicturePart("dot", "dot", _SIDE, _SIDE),) if pictures else ()))
    counted = job.counter.request(_PROMPT.system, parts)
    return Request("probe", "read", _PROMPT.system, parts, (), (), counted, reserve=64)
