"""The books that a run's money is kept in: its own, and the day's, which all runs of the same store share."""

from __future__ import annotations

import hashlib

from pipeline.ask.daybook import DayBook
from pipeline.ask.ledger import Ledger
from pipeline.job import Job
from pipeline.profiles import OFFLINE
from pipeline.settings import Settings, local_folder, state_folder


def open_ledger(job: Job, spent: float = 0.0) -> Ledger:
    """The books of a run that has spent so much before; the embedded engine costs nothing, so no day is kept of it."""
    settings = job.settings
    return Ledger(
        job.model,
        settings.max_cost,
        spent,
        document_budget=settings.max_cost_document,
        day=None if job.target.profile.name == OFFLINE else day_book(settings),
        attempt_seconds=settings.timeout_seconds,
    )


def day_book(settings: Settings) -> DayBook:
    """The day's book: in the store where that is a folder, else in this machine's state folder, one for each store."""
    folder = local_folder(settings.store)
    if folder is not None:
        return DayBook(folder / "spent.sqlite", settings.max_cost_day)
    name = hashlib.sha256(settings.store.rstrip("/").encode()).hexdigest()[:16]
    return DayBook(state_folder() / f"spent-{name}.sqlite", settings.max_cost_day)
