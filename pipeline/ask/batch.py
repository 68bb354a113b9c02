"""Requests asked through an endpoint's batch API (OpenAI's `/files` and `/batches`): cheaper, within a day.

A batch is a file with a request a line, each named by its fingerprint. Which batch a request goes into is noted beside
the answers before the batch is made, and the endpoint is told the batch's name: whoever is killed at any moment finds
it again, and nothing is sent twice. What a batch does not answer is left to be asked in the ordinary way, which finds
the answers of all others in the store.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from tempfile import TemporaryFile
from typing import IO, Any

from pipeline.ask.answers import AnswerStore, fingerprint
from pipeline.ask.endpoint import Endpoint
from pipeline.ask.filing import Filing
from pipeline.ask.ledger import Account, Entry, Ledger, bill, cost_of
from pipeline.ask.prompts import Prompt
from pipeline.ask.wire import shorten
from pipeline.errors import AnswerError, OverBudget, PromptCut, QuireError
from pipeline.pack.parts import PicturePart
from pipeline.pack.request import Request
from pipeline.profiles import ModelProfile
from pipeline.progress import Progress, Report

MOST_LINES, MOST_BYTES = 50_000, 190_000_000
"""Of one file. OpenAI takes 50,000 requests and 200 MB (its guide to the Batch API)."""
HELD_SECONDS = 26 * 3600.0
"""How long a batch's money is held: the day that it may take, and some time to fetch it."""
FIRST_LOOK, LAST_LOOK, SLOWER = 5.0, 300.0, 1.5
"""Seconds between two looks at a batch: the first, the longest, and how each grows from the one before."""
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request of a batch, without its text: what is needed to check its answer. `most` is what it may cost."""

    request: Request
    prompt: Prompt
    most: float


@dataclass(slots=True)
class Batch:
    """Requests that go together, by their fingerprints; of a new one the file of their lines, else its id there."""

    name: str
    number: str | None = None
    waiting: dict[str, Waiting] = field(default_factory=dict)
    lines: IO[bytes] | None = None

    @property
    def most(self) -> float:
        """What it can cost at the most."""
        return sum(one.most for one in self.waiting.values())

    def takes(self, line: bytes) -> bool:
        """Whether there is room for a line more."""
        return self.lines is not None and len(self.waiting) < MOST_LINES and self.lines.tell() + len(line) <= MOST_BYTES


class Batches:
    """Gathers requests, then has them answered. `known` are the batches of ours at the endpoint: ids by their names."""

    def __init__(
        self,
        endpoint: Endpoint,
        store: AnswerStore,
        ledger: Ledger,
        filing: Filing,
        known: Mapping[str, str],
    ) -> None:
        self._endpoint = endpoint
        self._filing = filing
        self._store = store
        self._ledger = ledger
        self._known = known
        self._model = cheaper(endpoint.target.model, endpoint.target.profile.batch_discount or 0.0)
        self._batches: dict[str, Batch] = {}
        self._seen: set[str] = set()

    def add(self, request: Request, prompt: Prompt, document: Account) -> None:
        """Take a request in; not one that is answered, was in a batch that has ended, or cannot be sent as it is.

        What it may cost counts against the budgets of the run and of the `document`: what would pass them is left out.
        """
        key = fingerprint(request, prompt, self._endpoint.target)
        if key in self._seen or self._endpoint.stored(request, prompt, key):
            return
        self._seen.add(key)
        most = bill(self._model, [request]).cost_usd or 0.0
        pictures = tuple(part for part in request.parts if isinstance(part, PicturePart))
        waiting = Waiting(replace(request, system="", parts=pictures, units=()), prompt, most)
        name, record = self._noted(key)
        if name is not None and not record.get("done"):
            self._batches.setdefault(name, Batch(name, record["id"])).waiting[key] = waiting
            document.in_flight.append(most)
        elif name is None or self._endpoint.fresh:
            total = sum(one.most for one in self._batches.values())
            if self._ledger.run.fits(total + most) and document.fits(most):
                self._write(key, waiting, request, document)

    def _noted(self, key: str) -> tuple[str | None, Mapping[str, Any]]:
        """The batch that a request went into, and what is known of that; None where there is none."""
        name = self._store.batch_of(key)
        record = self._store.batch(name) if name is not None else None
        if name is not None and record is None and name in self._known:
            record = {"id": self._known[name]}  # killed after it was made, before that was noted
        return (name, record) if record is not None else (None, {})

    def _write(self, key: str, waiting: Waiting, request: Request, document: Account) -> None:
        """Write a request's line into the last batch that has room; one that the endpoint would refuse is left out."""
        try:
            body = self._endpoint.body(request, waiting.prompt)
        except QuireError:
            return  # the ordinary way meets the same error, and divides the request or tells it
        row = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body}
        line = json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        batch = next((one for one in self._batches.values() if one.takes(line)), None)
        if batch is None:
            batch = Batch(uuid.uuid4().hex, lines=TemporaryFile())  # noqa: SIM115 - closed when it was sent
            self._batches[batch.name] = batch
        assert batch.lines is not None
        batch.lines.write(line)
        batch.waiting[key] = waiting
        document.in_flight.append(waiting.most)

    async def answered(self, report: Report) -> None:
        """Have all batches answered, and tell of how many requests.

        Raises EndpointError where the endpoint cannot be asked about them, StorageError where what is sent could not be
        noted: run again, those that were made are found.
        """
        batches = list(self._batches.values())
        done, total = 0, sum(len(one.waiting) for one in batches)
        report(Progress("batch", done, total))
        for batch in asyncio.as_completed(map(self._asked, batches)):
            done += await batch
            report(Progress("batch", done, total))

    async def _asked(self, batch: Batch) -> int:
        """One batch answered, while the most that it can cost is held; of how many requests it was."""
        try:
            async with self._ledger.held(batch.most, seconds=HELD_SECONDS) as entry:
                await self._carried(batch, entry)
        except OverBudget as error:
            if batch.number is None:
                _log.warning("%d requests went into no batch: %s", len(batch.waiting), error)
            else:  # it is paid for already: what it cost is counted at its end
                async with self._ledger.held(0.0) as entry:
                    await self._carried(batch, entry)
        return len(batch.waiting)

    async def _carried(self, batch: Batch, entry: Entry) -> None:
        """Send a batch that is new, wait until it has ended, and keep its answers."""
        entry.cost = 0.0
        number = batch.number or await self._sent(batch)
        entry.cost = None
        ended = await self._ended(number)
        entry.cost = await self._kept(batch, ended)
        self._store.keep_batch(batch.name, {"id": number, "done": True})
        for name in ("input_file_id", "output_file_id", "error_file_id"):
            if ended.get(name):
                await self._filing.delete(ended[name])

    async def _sent(self, batch: Batch) -> str:
        """The endpoint's id of a batch, made after it was noted which requests go into it."""
        assert batch.lines is not None
        for key in batch.waiting:
            self._store.put_in_batch(key, batch.name)
        number = await self._filing.make(await self._filing.upload(batch.name, batch.lines), batch.name)
        batch.lines.close()
        self._store.keep_batch(batch.name, {"id": number})
        return number

    async def _ended(self, number: str) -> dict[str, Any]:
        """The batch once it has ended."""
        pause = FIRST_LOOK
        while (found := await self._filing.batch(number)).get("status") not in ENDED:
            await self._endpoint.clock.sleep(pause)
            pause = min(pause * SLOWER, LAST_LOOK)
        if found["status"] != "completed":
            _log.warning("A batch ended as %s: what it did not answer is asked directly.", found["status"])
        return found

    async def _kept(self, batch: Batch, ended: Mapping[str, Any]) -> float:
        """Keep the answers of a batch that are whole and valid; what it cost."""
        cost, problems = 0.0, []
        for name in ("output_file_id", "error_file_id"):
            for row in _rows(await self._filing.text(ended[name]) if ended.get(name) else ""):
                key, response = str(row.get("custom_id")), row.get("response")
                response = response if isinstance(response, Mapping) else {}
                body, waiting = response.get("body"), batch.waiting.get(key)
                if waiting is None:
                    continue
                if response.get("status_code") != 200 or not isinstance(body, Mapping):
                    problems.append(shorten(row.get("error") or body))
                    continue
                spent = cost_of(body, self._model)
                cost += spent
                try:
                    self._endpoint.take(key, waiting.request, waiting.prompt, body, spent)
                except (AnswerError, PromptCut) as error:
                    problems.append(str(error))
        if problems:
            _log.warning("%d requests of a batch were not answered; the first: %s", len(problems), problems[0])
        return cost


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON lines; a line that is no object is none."""
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict):
            yield row
        elif line.strip():
            _log.warning("A line of a batch's answers is no JSON object: what it answers is asked directly.")


def cheaper(model: ModelProfile, discount: float) -> ModelProfile:
    """The model at that share less."""
    if model.price_in is None or model.price_out is None:
        return model
    return replace(model, price_in=model.price_in * (1 - discount), price_out=model.price_out * (1 - discount))
