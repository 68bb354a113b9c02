"""What `quire serve` is told by the table `[serve]` of `quire.toml`: which flows run by themselves, when, with what.

[serve]
limit = 2                      # runs at once on this machine

[serve.batch]                  # every field of the batch's form, and its schedule
paths = ["documents"]
schema_name = "invoice"
cron = "0 2 * * *"             # or every = 3600, in seconds
timezone = "Europe/Berlin"

[serve.inbox]                  # every field of the sweep's form, and its schedule
inbox = "inbox"
every = 60
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from flows.parameters import Asked, BatchRun, SweepRun
from pipeline import UsageError
from pipeline.settings import serve_table


class Scheduled(BaseModel):
    """A flow's parameters and when it runs: by a cron expression, every so many seconds, or when it is told to."""

    model_config = ConfigDict(extra="forbid")

    parameters: dict[str, Any]
    cron: str | None = None
    every: float | None = Field(default=None, gt=0)
    timezone: str = "UTC"

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, given: Any) -> Any:
        """The table has the schedule among the parameters, since that reads best."""
        if not isinstance(given, dict):
            return given
        when = {name: given[name] for name in ("cron", "every", "timezone") if name in given}
        return {**when, "parameters": {name: value for name, value in given.items() if name not in when}}

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.cron and self.every:
            raise ValueError("give cron or every, not both")
        return self

    @property
    def interval(self) -> timedelta | None:
        """The time between two runs."""
        return timedelta(seconds=self.every) if self.every else None


class Serving(BaseModel):
    """What `quire serve` does. `keep_days` is how long the server keeps runs that have ended, in days."""

    model_config = ConfigDict(extra="forbid")

    port: int = Field(default=4200, ge=1, le=65535)
    limit: int = Field(default=2, ge=1)
    pool: str = Field(default="quire", min_length=1)
    keep_days: float = Field(default=30, gt=0)
    requests_at_once: dict[str, int] = {}
    requests_per_minute: dict[str, int] = {}
    batch: Scheduled | None = None
    inbox: Scheduled | None = None


def load_serving() -> Serving:
    """What `quire.toml` says of serving. Raises UsageError, in one sentence, on what cannot be meant."""
    serving = _sound(Serving, serve_table(), "serve")
    forms: tuple[tuple[str, type[Asked], Scheduled | None], ...]
    forms = (("serve.batch", BatchRun, serving.batch), ("serve.inbox", SweepRun, serving.inbox))
    for place, kind, scheduled in forms:
        if scheduled is not None:
            _sound(kind, scheduled.parameters, place).settings()
            _check_cron(scheduled, place)
    return serving


_Model = TypeVar("_Model", bound=BaseModel)


def _sound(kind: type[_Model], given: dict[str, Any], place: str) -> _Model:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join((place, *(str(step) for step in first["loc"])))
        raise UsageError(f"quire.toml: {where}: {first['msg']}.") from None


def _check_cron(scheduled: Scheduled, place: str) -> None:
    """Refuse here what the server would refuse later."""
    if scheduled.cron is None:
        return
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=scheduled.cron, timezone=scheduled.timezone)
    except ValidationError:
        when = f"{scheduled.cron!r} is no cron expression, or {scheduled.timezone!r} no time zone"
        raise UsageError(f"quire.toml: {place}: {when}.") from None
