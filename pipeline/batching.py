"""A first pass over the documents of a run, for jobs that can wait: what they ask is asked in batches.

Nothing is merged in it. The ordinary run comes after, finds the answers in the store, and asks what is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import CancelledError
from pathlib import Path

from pipeline.ask.batch import Batches
from pipeline.ask.filing import Filing
from pipeline.foresight import foresee
from pipeline.pack.request import Request
from pipeline.plan import plan
from pipeline.progress import Report, silent
from pipeline.session import Session
from pipeline.settings import Secret

_log = logging.getLogger(__name__)


def ask_in_batches(
    session: Session, paths: Iterable[str | Path], *, password: Secret | None = None, report: Report = silent
) -> None:
    """Ask the reading requests of all documents in batches, and keep the answers.

    A document that cannot be read is left to the ordinary run, which says why. Raises EndpointError where the endpoint
    cannot be asked about its batches, StorageError where the store refuses: run again, what was sent is found.
    """
    job, endpoint, report = session.job, session.endpoint, session.told(report)
    filing = Filing(endpoint.client, endpoint.clock)
    batches = Batches(endpoint, job.answers, session.ledger, filing, session.wait(filing.known()))
    for path in paths:
        document = session.ledger.document()
        for request in foresee(_requests(session, path, password, report), job).sent:
            batches.add(request, job.reading(request), document)
    session.wait(batches.answered(report))


def _requests(session: Session, path: str | Path, password: Secret | None, report: Report) -> tuple[Request, ...]:
    """The reading requests of a document; none where it cannot be read."""
    try:
        with session.opened(path, password) as reading, session.hand():
            return plan(reading, session.job, report).requests
    except CancelledError:
        raise
    except Exception as error:  # whatever it is, the ordinary run meets it too, and tells of it in the document's row
        _log.info("Nothing of %s goes into a batch: %s", Path(path).name, error)
        return ()
