"""The Prefect flow over one document: read, ask, write.

Tasks hand on a path, a hash and settings, never bytes: each one takes what the one before it made from the stores, and
makes again what is absent, so that it runs as well on another worker.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Failed
from pydantic import BaseModel, ConfigDict, Field

from flows.documents import own_fault
from flows.inputs import Source, result_path
from flows.runfile import Row, failed_row, row_of
from pipeline import QuireError, Settings, UnreadableDocument, UsageError, load_settings, write_result
from pipeline.ask.answer import Usage
from pipeline.asking import Kept, recall
from pipeline.extract.reader import Reading
from pipeline.job import Job, make_job
from pipeline.plan import Plan, open_document, plan
from pipeline.presence import running
from pipeline.run import ask, conclude
from pipeline.schemas import load_schema
from pipeline.session import Session
from pipeline.settings import password_from_environment


class DocumentRun(BaseModel):
    """What to do with one document. Keys and passwords are no parameters: they are read from the environment."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="The PDF, as the machine that runs the flow sees it.")
    name: str = Field(default="", description="Name of the result below the output folder; the file's own by default.")
    out: str = Field(default="outputs", description="Folder of the results.")
    extract: str | None = Field(default=None, description="JSON Schema file, or the name of a ready schema.")
    engine: str = Field(default="offline", description="An engine's name, or the address of a server.")
    model: str | None = Field(default=None, description="The model's id at the endpoint.")
    language: str | None = Field(default=None, description="Language of the summary; the document's by default.")
    summary_chars: int = Field(default=2000, ge=100, description="Longest summary in characters.")
    window_tokens: int | None = Field(default=None, ge=1024, description="A smaller window than the model has.")
    pages: str | None = Field(default=None, description="Only these pages, such as 1-40,90-.")
    images: Literal["all", "figures", "none"] = Field(default="all", description="Which pictures are sent.")
    ocr: Literal["auto", "always", "never"] = Field(default="auto", description="When text is read in scans.")
    attachments: bool = Field(default=False, description="Read the PDFs that are attached, too.")
    adjudicate: bool = Field(default=False, description="Ask once more about values that disagree.")
    unverified: Literal["keep", "flag", "null"] = Field(
        default="flag", description="Values that no quote supports are listed, warned of too, or emptied."
    )
    max_cost: float | None = Field(default=None, ge=0, description="Budget in US dollars.")
    max_cost_document: float | None = Field(default=None, ge=0, description="Budget of this document in US dollars.")
    max_cost_day: float | None = Field(default=None, ge=0, description="Budget of all runs of a day (UTC).")
    concurrency: int | None = Field(default=None, ge=1, description="Requests at once.")
    requests_per_minute: int | None = Field(default=None, ge=1, description="Requests that may leave in a minute.")
    tokens_per_minute: int | None = Field(default=None, ge=1, description="Tokens that may leave in a minute.")
    fresh: bool = Field(default=False, description="Ask again what was answered before.")

    def settings(self) -> Settings:
        """The settings of this run, with `QUIRE_*` variables and `quire.toml` below them."""
        given = self.model_dump(exclude={"path", "name", "extract"}, exclude_defaults=True)
        return load_settings(given)

    def job(self) -> Job:
        """The job of this run."""
        return make_job(self.settings(), load_schema(self.extract) if self.extract else None)


@contextmanager
def _opened(run: DocumentRun, job: Job, sha256: str | None = None) -> Iterator[tuple[Reading, Plan]]:
    """The document and its plan; pages that were read before come from the work store."""
    with open_document(run.path, job, password_from_environment()) as reading:
        if sha256 is not None and reading.document.sha256 != sha256:
            raise UnreadableDocument(f"{reading.document.file} changed while it was worked on: run it again.")
        yield reading, plan(reading, job)


def _stopped(error: QuireError) -> State[Any]:
    """The end of a run that could not go on, as a state: its sentence is the message, and no traceback is logged."""
    return Failed(message=str(error), data=error)


def _passed_on(state: State[Any]) -> State[Any]:
    """A task's end as the flow's own: a state of another run would be counted instead of shown."""
    return Failed(message=state.message, data=state.result(raise_on_failure=False))


@task(name="read", cache_policy=NO_CACHE)
def read_pages(run: DocumentRun) -> str | State[Any]:
    """Read the document into the work store; its hash names it from here on."""
    try:
        with _opened(run, run.job()) as (_, made):
            pictures = sum(len(page.pictures) for page in made.pages)
    except QuireError as error:
        return _stopped(error)
    get_run_logger().info("%d pages, %d pictures: %d requests", len(made.pages), pictures, len(made.requests))
    return made.document.sha256


@task(name="ask", cache_policy=NO_CACHE)
def ask_requests(run: DocumentRun, sha256: str) -> list[dict[str, Any]] | State[Any]:
    """Ask every request. Answers go into the store; what came of each comes back, without its content."""
    try:
        job = run.job()
        with Session(job) as session, _opened(run, job, sha256) as (_, made):
            settled = ask(made, session)
    except QuireError as error:
        return _stopped(error)
    kept = [Kept.of(one) for one in settled]
    failed = [one for one in kept if one.reason is not None]
    get_run_logger().info("%d of %d requests answered", len(kept) - len(failed), len(kept))
    return [asdict(one) for one in kept]


@task(name="write", cache_policy=NO_CACHE)
def write_document(
    run: DocumentRun, sha256: str, asked: list[dict[str, Any]], began: float
) -> dict[str, Any] | State[Any]:
    """Merge what was answered, prove the coverage, and write the result; its row comes back."""
    kept = [Kept(**{**one, "usage": Usage(**one["usage"])}) for one in asked]
    try:
        job = run.job()
        spent = sum(one.usage.cost_usd + one.usage.unsure_usd for one in kept)
        with Session(job, spent=spent) as session, _opened(run, job, sha256) as (reading, made):
            result = conclude(made, session, recall(made, job, kept), reading.words, began)
        source = Source(Path(run.path), run.name or Path(run.path).stem)
        path = result_path(source, sha256, Path(job.settings.out), {})
        result = write_result(result, path, job.settings)
    except QuireError as error:
        return _stopped(error)
    get_run_logger().info("%s with %d gaps: %s", result.status, len(result.coverage.gaps), path)
    return asdict(row_of(source.path, result, path))


@flow(name="understand", flow_run_name="understand {run.path}")
def understand_document(run: DocumentRun) -> dict[str, Any] | State[Any]:
    """One document, from its path to its result."""
    try:
        with running(run.settings()):  # between the tasks too, which hand on what is in the store
            return _steps(run, time.time())
    except QuireError as error:
        return _stopped(error)


def _steps(run: DocumentRun, began: float) -> dict[str, Any] | State[Any]:
    read: State[Any] = read_pages(run, return_state=True)
    if not read.is_completed():
        return _passed_on(read)
    sha256 = read.result()
    asked: State[Any] = ask_requests(run, sha256, return_state=True)
    if not asked.is_completed():
        return _passed_on(asked)
    written: State[Any] = write_document(run, sha256, asked.result(), began, return_state=True)
    return written.result() if written.is_completed() else _passed_on(written)


def run_document(run: DocumentRun) -> Row:
    """Run the flow over one document here and now; a failed one becomes its row."""
    state: State[Any] = understand_document(run, return_state=True)
    came: Any = state.result(raise_on_failure=False)
    if isinstance(came, QuireError):
        return failed_row(Path(run.path), came)
    if not state.is_completed():
        return failed_row(
            Path(run.path), own_fault(came) if isinstance(came, Exception) else QuireError(str(state.message))
        )
    return Row(**came)


def run_flow(sources: Sequence[Source], settings: Settings) -> Iterator[Row]:
    """Run the flow over documents, one run for each; each one's row as soon as it is done.

    The budget is that of all runs together, so each one gets what those before it left.
    """
    spent = 0.0
    for source in sources:
        if source.problem is not None:
            yield failed_row(source.path, UsageError(source.problem))
            continue
        given = {name: getattr(settings, name) for name in DocumentRun.model_fields if hasattr(settings, name)}
        if settings.max_cost is not None:
            given["max_cost"] = max(settings.max_cost - spent, 0.0)
        row = run_document(DocumentRun(path=str(source.path), name=source.name, extract=settings.schema, **given))
        spent += row.cost_usd + row.unsure_usd
        yield row
