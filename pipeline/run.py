"""The whole run in one screen of code: plan, ask, merge, prove, build.

plan      read every page, pack them into requests            (nothing is sent)
ask       one outcome for each request: an answer or a reason
conclude  merge the answers, find each quote, prove that no page is missing, build the result
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.ask.answer import Answer, Failure, Outcome
from pipeline.ask.ledger import Ledger
from pipeline.asking import Joiner, ask_all, join_budget, join_count, open_endpoint
from pipeline.errors import EndpointError
from pipeline.estimates import estimate_plan
from pipeline.job import Job, make_job, make_work
from pipeline.merge.evidence import Finder, Words
from pipeline.merge.notice import Notice
from pipeline.merge.points import key_points
from pipeline.merge.summaries import sections, summarise
from pipeline.merge.values import merge_values
from pipeline.pack.parts import PicturePart, Request
from pipeline.plan import Plan, open_document, plan, sent_sources
from pipeline.progress import Report, silent
from pipeline.provenance import settings_shown, versions
from pipeline.result.build import RunInfo, asked, build, sealed
from pipeline.result.coverage import Coverage, prove
from pipeline.result.model import Result
from pipeline.result.store import write_result as write_files
from pipeline.schemas import SchemaSource, load_schema
from pipeline.settings import Secret, Settings, load_settings


def understand(
    path: str | Path,
    settings: Settings | None = None,
    *,
    schema: SchemaSource | None = None,
    password: Secret | None = None,
    report: Report = silent,
) -> Result:
    """Read a PDF, ask the engine of the settings about all of it, and give back what came of it, with its proof.

    Nothing is written but the stores; `write_result` writes the file. Raises UnreadableDocument or PasswordNeeded,
    UsageError or SchemaError, StorageError, and EndpointError where the endpoint answered nothing at all because it
    cannot be reached or refuses the key. Whatever else fails is a gap in the result.
    """
    job = make_job(settings or load_settings(), load_schema(schema) if schema is not None else None)

    async def run() -> Result:
        began = time.time()
        with open_document(path, job, password) as reading:
            made = plan(reading, job, report)
            ledger = Ledger(job.model, job.settings.max_cost)
            outcomes = await ask(made, job, ledger, report)
            return await conclude(made, job, outcomes, reading.words, ledger, began)

    return _finished(run())


def _finished(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine comes to, also where an event loop runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def write_result(result: Result, path: str | Path, settings: Settings | None = None) -> Result:
    """Write a result to `path` (`.json`), its Markdown and its figures beside it; what was written is returned.

    Raises StorageError, in one sentence, where the disk refuses; what stood there before stays.
    """
    path = Path(path)
    work = make_work(settings or load_settings())
    figures = tuple(
        figure.model_copy(update={"file": f"{path.stem}.figures/{Path(figure.file).name}"}) if figure.file else figure
        for figure in result.figures
    )
    return write_files(sealed(result.model_copy(update={"figures": figures})), path, work.get)


async def ask(made: Plan, job: Job, ledger: Ledger, report: Report = silent) -> list[Outcome]:
    """The outcome of every reading request. Raises EndpointError where none was answered for want of the endpoint."""
    async with open_endpoint(job, ledger) as endpoint:
        outcomes = await ask_all(made, job, endpoint, report)
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    if failures and len(failures) == len(outcomes) and all(failure.exit_code == 5 for failure in failures):
        error = EndpointError(failures[0].reason)
        error.exit_code = 5
        raise error
    return outcomes


async def conclude(
    made: Plan, job: Job, outcomes: Sequence[Outcome], words: Words, ledger: Ledger, began: float
) -> Result:
    """The result of a plan and its outcomes: summaries joined, values merged, quotes located, coverage proved.

    `words` gives the words of pages, to look quotes up; `began` is when the run began, in seconds since the epoch.
    """
    answers = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
    parts = sections(answers, made.requests, made.document.toc)
    async with open_endpoint(job, ledger) as endpoint:
        joiner = Joiner(job, endpoint)
        summary = await summarise(
            parts,
            joiner,
            chars=job.settings.summary_chars,
            budget=join_budget(job),
            count=lambda text: join_count(job, text),
        )
    sent = {name for request in made.requests for name in request.pictures}
    finder = Finder(made.pages, words, sent, sent_sources(made))
    points = key_points(answers, made.requests, finder)
    found = merge_values(answers, made.requests, job.schema, finder) if job.schema is not None else None
    requests = [*made.requests, *joiner.requests]
    coverage = prove(
        made.document,
        made.pages,
        requests,
        outcomes,
        images=job.settings.images,
        selected=made.selected,
        takes_pictures=job.model.pictures is not None,
    )
    return build(
        name=Path(made.document.file).stem,
        document=made.document,
        pages=made.pages,
        coverage=coverage,
        asked=asked(requests, [*outcomes, *joiner.outcomes]),
        answers=answers,
        summary=summary,
        points=points,
        extraction=found,
        run=_info(made, job, requests, ledger, began, _exit_code([*outcomes, *joiner.outcomes], coverage)),
        picture_tokens=_picture_tokens(made.requests, job),
        notices=[
            *_price_notices(job),
            *_count_notices(made.requests, answers, job),
            *_source_notices(made, outcomes),
        ],
    )


def _exit_code(outcomes: Sequence[Outcome], coverage: Coverage) -> int:
    """5 where the endpoint failed, 4 where the budget was too small, 3 on any other gap, 0 where there is none."""
    codes = {outcome.exit_code for outcome in outcomes if isinstance(outcome, Failure)}
    return next((code for code in (5, 4) if code in codes), 0 if coverage.complete else 3)


def _info(made: Plan, job: Job, requests: Sequence[Request], ledger: Ledger, began: float, exit_code: int) -> RunInfo:
    return RunInfo(
        id=str(uuid.uuid4()),
        engine=job.settings.engine,
        model=job.target.model_id,
        generative=job.target.profile.generative,
        started=datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        seconds=max(time.time() - began, 0.0),
        exit_code=exit_code,
        settings=settings_shown(job.settings),
        versions=versions(),
        counted=sum(request.tokens for request in requests),
        cost_usd=ledger.spent,
        estimate_usd=estimate_plan(made, job).cost_usd,
        budget_usd=ledger.budget,
    )


def _price_notices(job: Job) -> list[Notice]:
    if job.model.price_in is not None:
        return []
    message = f"No price is known for {job.target.model_id!r}: cost_usd holds only what the server itself reported."
    return [Notice("price-unknown", message)]


def _count_notices(requests: Sequence[Request], answers: Sequence[Answer], job: Job) -> list[Notice]:
    """A server that counts fewer tokens than were sent may have cut the prompt; only an exact count can tell."""
    counted = {request.id: request.tokens for request in requests}
    low = [one for one in answers if one.usage.prompt is not None and one.usage.prompt < counted[one.request]]
    return [
        Notice(
            "prompt-count-low",
            f"The server counted {one.usage.prompt:,} of the {counted[one.request]:,} tokens of request {one.request}:"
            " it may have read only a part of its pages.",
        )
        for one in low
        if job.model.exact
    ]


def _source_notices(made: Plan, outcomes: Sequence[Outcome]) -> list[Notice]:
    """One for each text that belongs to no page and of which a part was not answered."""
    failed = {outcome.request: outcome.reason for outcome in outcomes if isinstance(outcome, Failure)}
    answered = {outcome.request for outcome in outcomes if isinstance(outcome, Answer)}
    return [
        Notice("source-failed", f"{source} was not answered: {failed.get(request.id, 'the request was not sent')}.")
        for request in made.requests
        if request.id not in answered
        for source in request.sources
    ]


def _picture_tokens(requests: Sequence[Request], job: Job) -> dict[str, int]:
    """What each picture that is sent takes of the window."""
    parts = (part for request in requests for part in request.parts if isinstance(part, PicturePart))
    return {part.id: job.counter.picture(part.width, part.height) for part in parts}
