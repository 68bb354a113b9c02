"""What a document will take, before any of it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.ask.ledger import Bill, bill
from pipeline.asking import most_joins
from pipeline.errors import UsageError
from pipeline.foresight import Foresight, foresee
from pipeline.job import Job, for_model, make_job
from pipeline.plan import Plan, opened, plan, repack
from pipeline.profiles import models, priced
from pipeline.progress import Report, silent
from pipeline.schemas import SchemaSource, load_schema
from pipeline.settings import Secret, Settings, load_settings


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a document will take: the reading requests as they will be sent, and the most that joining can add.

    `reading` is of those of the reading requests that are still to be sent; `stored_requests` of them were answered
    before, and cost nothing. `divided_requests` are those that were planned but will be sent in pieces, for what the
    endpoint was found to take.
    """

    file: str
    model: str
    exact: bool
    window: int
    pages: int
    pictures: int
    sent_pictures: int
    reading: Bill
    reading_requests: int
    joining: Bill
    joining_requests: int
    stored_requests: int = 0
    divided_requests: int = 0

    @property
    def cost_usd(self) -> float | None:
        """The most that it can cost in US dollars, every answer as long as it may be; None where no price is known."""
        if self.reading.cost_usd is None or self.joining.cost_usd is None:
            return None
        return self.reading.cost_usd + self.joining.cost_usd

    @property
    def seconds(self) -> float:
        """Seconds at the profile's speed, one request after the other."""
        return self.reading.seconds + self.joining.seconds


def estimate_plan(made: Plan, job: Job, expected: Foresight | None = None) -> Estimate:
    """What a plan will take before any of it is sent, or what of it is left to be sent, as far as that is expected."""
    expected = expected or Foresight(made.requests)
    pieces = (*expected.sent, *expected.stored)
    most = most_joins(sum(request.overall for request in pieces), job)
    return Estimate(
        file=made.document.file,
        model=job.model.name,
        exact=job.model.exact,
        window=job.window,
        pages=made.document.page_count,
        pictures=sum(len(page.pictures) for page in made.pages),
        sent_pictures=sum(len(request.pictures) for request in made.requests),
        reading=bill(job.model, expected.sent),
        reading_requests=len(pieces),
        joining=bill(job.model, most),
        joining_requests=len(most),
        stored_requests=len(expected.stored),
        divided_requests=expected.divided,
    )


def estimate(
    path: str | Path,
    settings: Settings | None = None,
    *,
    schema: SchemaSource | None = None,
    password: Secret | None = None,
    report: Report = silent,
) -> list[Estimate]:
    """What the document would take: with the model of the settings first, then with every other known model.

    Nothing is sent and no key is needed; the document is read as for a run. What of it was answered before, and what
    the endpoint was found to take, is known of the model of the settings alone. Raises what `plan` raises.
    """
    job = make_job(settings or load_settings(), load_schema(schema) if schema is not None else None, key=False)
    with opened(path, job, password) as reading:
        made = plan(reading, job, report)
    others = [model for model in models().values() if model.name not in (job.model.name, "general")]
    first = estimate_plan(made, job, foresee(made.requests, job))
    made = replace(made, requests=())  # they hold all text once more, and each other model packs anew
    rows = (_for_other(made, for_model(job, priced(model, job.target.profile))) for model in others)
    return [first, *(row for row in rows if row is not None)]


def _for_other(made: Plan, job: Job) -> Estimate | None:
    """The estimate for another model; None where its window or margin leaves no room for this document."""
    try:
        return estimate_plan(repack(made, job), job)
    except UsageError:
        return None
