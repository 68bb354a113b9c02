"""The whole run in one screen of code: plan, ask, merge, prove, build.

plan      read every page, pack them into requests            (nothing is sent)
ask       one outcome for each request: an answer or a reason
conclude  merge the answers, find each quote, prove that no page is missing, build the result
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from pathlib import Path, PurePosixPath
from typing import Any, overload

from pipeline.adjudicating import adjudicate
from pipeline.ask.answer import Answer, Divided, Failure
from pipeline.asking import Joiner, ask_all, join_budget, join_count, points_room
from pipeline.batching import ask_in_batches
from pipeline.errors import EndpointError
from pipeline.estimates import estimate_plan
from pipeline.job import Job, make_job, make_work, narrowed
from pipeline.merge.evidence import Finder, Words
from pipeline.merge.notice import Notice
from pipeline.merge.points import Point, key_points
from pipeline.merge.spoken import foreign
from pipeline.merge.summaries import Summary, sections, summarise
from pipeline.merge.unverified import apply_policy
from pipeline.merge.values import Extraction, merge_values
from pipeline.pack.parts import PicturePart
from pipeline.pack.request import Request
from pipeline.places import parted
from pipeline.plan import Plan, plan, sent_sources
from pipeline.progress import Report, silent
from pipeline.provenance import settings_shown, versions
from pipeline.result.build import Asked, RunInfo, build, sealed
from pipeline.result.coverage import Coverage, prove
from pipeline.result.instance import Model, with_instance
from pipeline.result.model import Result
from pipeline.result.remote import write_result as write_there
from pipeline.result.store import write_result as write_files
from pipeline.schemas import SchemaSource, load_schema
from pipeline.session import Session
from pipeline.settings import Secret, Settings, load_settings, local_folder
from pipeline.settling import Settled


@overload
def understand(
    path: str | Path,
    settings: Settings | None = None,
    *,
    schema: type[Model],
    password: Secret | None = None,
    report: Report = silent,
) -> Result[Model]: ...


@overload
def understand(
    path: str | Path,
    settings: Settings | None = None,
    *,
    schema: str | Path | Mapping[str, Any] | None = None,
    password: Secret | None = None,
    report: Report = silent,
) -> Result[None]: ...


def understand(
    path: str | Path,
    settings: Settings | None = None,
    *,
    schema: SchemaSource | None = None,
    password: Secret | None = None,
    report: Report = silent,
) -> Result:
    """Read a PDF, ask the engine of the settings about all of it, and give back what came of it, with its proof.

    Where `schema` is a Pydantic model, the result's `instance` is one of it, if the extraction is valid. Nothing is
    written but the stores; `write_result` writes the file. Raises UnreadableDocument or PasswordNeeded,
    UsageError or SchemaError, StorageError, and EndpointError where the endpoint answered nothing at all because it
    cannot be reached or refuses the key. Whatever else fails is a gap in the result.
    """
    job = make_job(settings or load_settings(), load_schema(schema) if schema is not None else None)
    with Session(job) as session:
        if job.settings.batch:
            ask_in_batches(session, [path], password=password, report=report)
        result = understand_in(session, path, password=password, report=report)
    return with_instance(result, schema) if isinstance(schema, type) else result


def understand_in(
    session: Session, path: str | Path, *, password: Secret | None = None, report: Report = silent
) -> Result:
    """The same for one document of several, each in a thread of its own, while the session lasts.

    Reads, merges and proves while it has a hand; none is held while the endpoint answers, so that others go on. Raises
    CancelledError where the session is stopped.
    """
    began, report = time.time(), session.told(report)
    with session.opened(path, password) as reading:
        with session.hand():
            made = plan(reading, session.job, report)
        reading.rest()
        settled = ask(made, session, report)
        return conclude(made, session, settled, reading.words, began)


def write_result(result: Result, path: str | Path, settings: Settings | None = None) -> Result:
    """Write a result to `path` (`.json`), its Markdown and its figures beside it; what was written is returned.

    `path` may be an address that fsspec knows. Raises StorageError, in one sentence, where the disk or the place
    refuses; on a disk, what stood there before stays.
    """
    work = make_work(settings or load_settings())
    local = local_folder(os.fspath(path))
    if local is None:
        place, name = parted(os.fspath(path))
        return write_there(_named(result, PurePosixPath(name).stem), place, name, work.get)
    return write_files(_named(result, local.stem), local, work.get)


def _named(result: Result, stem: str) -> Result:
    """The result with its figures in the folder that has its name."""
    figures = tuple(
        figure.model_copy(update={"file": f"{stem}.figures/{Path(figure.file).name}"}) if figure.file else figure
        for figure in result.figures
    )
    return sealed(result.model_copy(update={"figures": figures}))


def ask(made: Plan, session: Session, report: Report = silent) -> list[Settled]:
    """What came of every reading request. Raises EndpointError where none was answered for want of the endpoint."""
    account = session.account()
    settled = session.wait(ask_all(made, session.job, session.endpoint, account, report))
    failures = [one.outcome for one in settled if isinstance(one.outcome, Failure)]
    if failures and len(failures) == len(settled) and all(failure.exit_code == 5 for failure in failures):
        error = EndpointError(failures[0].reason)
        error.exit_code = 5
        raise error
    return settled


def conclude(made: Plan, session: Session, settled: Sequence[Settled], words: Words, began: float) -> Result:
    """The result of a plan and what came of it: summaries joined, values merged, quotes located, coverage proved.

    `words` gives the words of pages, to look quotes up; `began` is when the run began, in seconds since the epoch.
    """
    job = session.job
    asked = [(one.request, one.outcome) for one in settled if not isinstance(one.outcome, Divided)]
    held = [request for request, _ in asked]
    answers = [outcome for _, outcome in asked if isinstance(outcome, Answer)]
    found, judged = None, list[Settled]()
    with session.hand():
        sent = {name for request in held for name in request.pictures}
        finder = Finder(made.pages, words, sent, sent_sources(made), _described(answers))
        points = key_points(answers, held, finder)
        if job.schema is not None:
            found = merge_values(answers, held, job.schema, finder)
    summary, joined = _summarised(made, session, settled, held, answers, points)
    if found is not None and job.settings.adjudicate:
        found, judged = _adjudicated(found, session, [*settled, *joined])
    with session.hand():
        coverage = prove(
            made.document,
            made.pages,
            held,
            [outcome for _, outcome in asked],
            images=job.settings.images,
            selected=made.selected,
            takes_pictures=job.model.pictures is not None,
            left_out=_left_out(settled),
        )
        every = [*settled, *joined, *judged]
        return build(
            name=Path(made.document.file).stem,
            document=made.document,
            pages=made.pages,
            coverage=coverage,
            asked=[Asked(one.request, one.outcome) for one in every],
            summary=summary,
            points=points,
            extraction=apply_policy(found, job.settings.unverified) if found else None,
            run=_info(made, session, every, began, _exit_code(every, coverage)),
            picture_tokens=_picture_tokens(held, job),
            notices=[*_price_notices(job), *_delivery_notices(settled)],
        )


def _summarised(
    made: Plan,
    session: Session,
    settled: Sequence[Settled],
    held: Sequence[Request],
    answers: Sequence[Answer],
    points: Sequence[Point],
) -> tuple[Summary, list[Settled]]:
    """The summary of the whole, and what came of the requests that joined it."""
    limits = session.endpoint.limits
    job = narrowed(session.job, limits.window, limits.output)
    joiner = Joiner(job, session.endpoint, session.account(sum(map(_charged, settled))))
    summary = session.wait(
        summarise(
            sections(answers, held, made.document.toc, points),
            joiner,
            chars=job.settings.summary_chars,
            budget=join_budget(job),
            count=lambda text: join_count(job, text),
            points=points_room(job),
            foreign=lambda text: foreign(text, job.settings.language),
        )
    )
    return summary, [Settled(*one) for one in zip(joiner.requests, joiner.outcomes, strict=True)]


def _adjudicated(found: Extraction, session: Session, before: Sequence[Settled]) -> tuple[Extraction, list[Settled]]:
    """The extraction with its conflicts decided by the model, and what was asked for that."""
    limits = session.endpoint.limits
    job = narrowed(session.job, limits.window, limits.output)
    account = session.account(sum(map(_charged, before)))
    return session.wait(adjudicate(found, job, session.endpoint, account))


def _charged(settled: Settled) -> float:
    """US dollars that a request cost, or may have."""
    return settled.outcome.usage.cost_usd + settled.outcome.usage.unsure_usd


def _left_out(settled: Sequence[Settled]) -> dict[str, str]:
    """Why each picture of a request that was divided is in none of its pieces, where it is in none."""
    return {
        picture: one.outcome.reason
        for one in settled
        if isinstance(one.outcome, Divided)
        for picture in one.request.pictures
    }


def _exit_code(settled: Sequence[Settled], coverage: Coverage) -> int:
    """5 where the endpoint failed, 4 where the budget was too small, 3 on any other gap, 0 where there is none."""
    codes = {one.outcome.exit_code for one in settled if isinstance(one.outcome, Failure)}
    return next((code for code in (5, 4) if code in codes), 0 if coverage.complete else 3)


def _info(made: Plan, session: Session, settled: Sequence[Settled], began: float, exit_code: int) -> RunInfo:
    job = session.job
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
        counted=sum(one.request.tokens for one in settled),
        cost_usd=sum(one.outcome.usage.cost_usd for one in settled),
        unsure_usd=(unsure := sum(one.outcome.usage.unsure_usd for one in settled)),
        notices=_unsure_notices(unsure),
        estimate_usd=estimate_plan(made, job).cost_usd,
        budget_usd=job.settings.max_cost,
    )


def _unsure_notices(unsure: float) -> tuple[Notice, ...]:
    """What is worth saying of this run alone: another one may give the same content without it."""
    message = (
        f"Up to ${unsure:.4f} may have been charged for attempts of which no answer came back;"
        " they count against the budgets, not in cost_usd."
    )
    return (Notice("cost-unsure", message),) if unsure else ()


def _price_notices(job: Job) -> list[Notice]:
    if job.model.price_in is not None:
        return []
    message = f"No price is known for {job.target.model_id!r}: cost_usd holds only what the server itself reported."
    return [Notice("price-unknown", message)]


def _delivery_notices(settled: Sequence[Settled]) -> list[Notice]:
    """Of which requests it is not certain that they were read whole, by the reason."""
    doubts: dict[str, list[str]] = {}
    for one in settled:
        if isinstance(one.outcome, Answer) and one.outcome.doubt:
            doubts.setdefault(one.outcome.doubt, []).append(one.request.id)
    return [
        Notice("delivery-unconfirmed", f"That {', '.join(names)} arrived whole could not be confirmed: {why}.")
        for why, names in doubts.items()
    ]


def _described(answers: Sequence[Answer]) -> dict[str, str]:
    """All that answers say of each figure."""
    said: dict[str, str] = {}
    for note in (note for answer in answers for note in answer.figures):
        said[note.id] = f"{said.get(note.id, '')}\n{note.description}"
    return said


def _picture_tokens(requests: Sequence[Request], job: Job) -> dict[str, int]:
    """What each picture that is sent takes of the window; of a sheet each has its share by size."""
    taken: dict[str, int] = {}
    for part in (part for request in requests for part in request.parts if isinstance(part, PicturePart)):
        whole = job.counter.picture(part.width, part.height)
        if not part.tiles:
            taken[part.id] = whole
            continue
        sizes = [tile.picture.width * tile.picture.height for tile in part.tiles]
        ends = [whole * size // sum(sizes) for size in accumulate(sizes, initial=0)]
        taken |= {tile.picture.id: end - start for tile, (start, end) in zip(part.tiles, pairwise(ends), strict=True)}
    return taken
