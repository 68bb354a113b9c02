"""Documents from their paths to their rows: understood, written, or failed with the reason; several at once."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from flows.inputs import Source, result_path
from flows.runfile import Row, failed_row, row_of
from pipeline import PasswordNeeded, QuireError, Report, StorageError, UsageError, write_result
from pipeline.run import understand_in
from pipeline.session import Session
from pipeline.settings import Secret, shown_address

AskPassword = Callable[[str], Secret | None]
Watch = Callable[[str], AbstractContextManager[Report]]
"""Shows a document of that name while it is worked on; what is given back takes its progress."""


@dataclass(slots=True)
class Desk:
    """What every document of a run shares: the session, the output folder, who gets which name, and the password."""

    session: Session
    out: str | Path
    claims: Mapping[str, str]
    password: Secret | None = None
    ask_password: AskPassword | None = None
    _asking: Lock = field(default_factory=Lock)

    def password_for(self, name: str) -> Secret | None:
        """The password that a person types for a document; they are asked for one document at a time."""
        with self._asking:
            return self.ask_password(name) if self.ask_password else None


def process_all(sources: Sequence[Source], desk: Desk, watch: Watch, done: Callable[[int, Row], None]) -> None:
    """Understand documents and write their results, as many at once as the session allows.

    `done` is told of each one as it is done, by its place in `sources` and its row, from the document's own thread.
    When this is interrupted, what is under way is given up; of what still came to its end `done` is told as well.
    """

    def work(place: int, source: Source) -> None:
        with watch(source.file) as report:
            row = process(source, desk, report)
        done(place, row)

    with ThreadPoolExecutor(desk.session.at_once, thread_name_prefix="document") as pool:
        try:
            for future in as_completed([pool.submit(work, place, source) for place, source in enumerate(sources)]):
                future.result()
        except BaseException:
            desk.session.stop()
            pool.shutdown(cancel_futures=True)
            raise


def process(source: Source, desk: Desk, report: Report) -> Row:
    """Understand one document and write its result. Whatever goes wrong becomes a row, so that the run goes on."""
    if source.problem is not None:
        return failed_row(source.path, UsageError(source.problem))
    try:
        return _understood(source, desk, report, desk.password)
    except PasswordNeeded as error:
        typed = desk.password_for(source.file)
        if typed is None:
            return failed_row(source.path, error)
        try:
            return _understood(source, desk, report, typed)
        except QuireError as again:
            return failed_row(source.path, again)
    except QuireError as error:
        return failed_row(source.path, error)
    except CancelledError:
        raise
    except Exception as error:  # A fault of ours costs this document, not the run.
        return failed_row(source.path, own_fault(error))


def _understood(source: Source, desk: Desk, report: Report, password: Secret | None) -> Row:
    result = understand_in(desk.session, source.path, password=password, report=report)
    row = row_of(source.path, result, "")
    try:
        path = result_path(source, result.document.sha256, desk.out, desk.claims)
        row = replace(row, result=shown_address(str(path)))
        write_result(result, path, desk.session.job.settings)
    except StorageError as error:
        # What was spent is told all the same; the answers are in the store.
        failed = failed_row(source.path, error)
        return replace(
            row, status="failed", exit_code=failed.exit_code, reason=failed.reason, error=failed.error, result=None
        )
    return row


def own_fault(error: Exception) -> QuireError:
    """An unforeseen error in one sentence that helps to report it; no text of the document is in it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return QuireError(f"Quire itself failed ({type(error).__name__} at {place}): please report it.")
