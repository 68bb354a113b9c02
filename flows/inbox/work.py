"""Working on what was taken from an inbox: as `quire run` works on documents, and with all of it in one session."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from flows.documents import Desk, own_fault, process
from flows.inbox.classify import UNKNOWN, Type, classify, classifying
from flows.inbox.inbox import Inbox, Taken
from flows.inbox.records import Record
from flows.inputs import Source, bare_name, looks_like_pdf
from flows.runfile import Row, failed_row
from pipeline import QuireError, Report, UnreadableDocument
from pipeline.job import Job, make_job
from pipeline.session import Session
from pipeline.settings import Secret


class Work(NamedTuple):
    """What became of a document, and what type it is, where that was asked."""

    row: Row
    document_type: Record | None = None


class Worker:
    """Understands what is taken from an inbox, in one session whatever its schemas: one endpoint, one budget."""

    def __init__(self, inbox: Inbox, session: Session, password: Secret | None = None) -> None:
        self._inbox = inbox
        self._session = session
        self._password = password
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def __call__(self, taken: Taken, report: Report) -> Work:
        """Understand a document and write its result. Whatever goes wrong becomes a row."""
        shown = f"{self._inbox.place.address}/{taken.name}"
        try:
            with self._inbox.open(taken) as path:
                work = self._understood(taken, path, report)
            return work._replace(row=replace(work.row, path=shown))
        except QuireError as error:
            return Work(failed_row(shown, error))
        except CancelledError:
            raise
        except Exception as error:  # A fault of ours costs this document, not the others.
            return Work(failed_row(shown, own_fault(error)))

    def _understood(self, taken: Taken, path: Path, report: Report) -> Work:
        if not looks_like_pdf(path):
            raise UnreadableDocument(f"{Path(taken.name).name} is no PDF: only PDFs are understood.")
        if not taken.kind.among:
            return Work(self._processed(taken, path, taken.kind.schema, report))
        job = self._job(taken.kind.among, classify=True)
        found = classify(self._session.doing(job), path, self._password, report)
        if found.exit_code:
            return Work(_untold(path, found), found.told)
        schema = None if found.name == UNKNOWN else taken.kind.among[found.name]
        return Work(_with(self._processed(taken, path, schema, report, found.cost_usd), found), found.told)

    def _processed(
        self, taken: Taken, path: Path, schema: Mapping[str, Any] | None, report: Report, spent: float = 0.0
    ) -> Row:
        source = Source(path, bare_name(Path(taken.name).with_suffix("")))
        session = self._session.doing(self._job(schema), spent=spent)
        names = self._inbox.claims_on_name(source.name, taken.sha256)
        return process(source, Desk(session, session.job.settings.out, names, self._password), report)

    def _job(self, schema: Mapping[str, Any] | None, *, classify: bool = False) -> Job:
        """The job of a schema, made once."""
        key = json.dumps([classify, schema], sort_keys=True)
        with self._lock:
            if key not in self._jobs:
                settings = self._inbox.settings
                self._jobs[key] = classifying(settings, schema or {}) if classify else make_job(settings, schema)
            return self._jobs[key]


def _untold(path: Path, found: Type) -> Row:
    """The row of a document whose type could not be asked for: it is not unknown, it is not known yet."""
    reason = f"Its type could not be told: {found.problem or 'its first pages were not all answered'}"
    row = Row(str(path), "failed", found.exit_code, reason)
    return _with(row, found)


def _with(row: Row, found: Type) -> Row:
    """The row with what telling the type took."""
    return replace(
        row,
        cost_usd=row.cost_usd + found.cost_usd,
        unsure_usd=row.unsure_usd + found.unsure_usd,
        seconds=row.seconds + found.seconds,
    )
