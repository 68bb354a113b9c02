"""An inbox: files that arrive are taken, each by one process, and lie in `done/` or `failed/` in the end.

Who works on what was taken is no concern of the inbox: `take` gives a file, `finish` is told what became of it.

    with Inbox(place, settings) as inbox:
        for name in inbox.whole():
            taken = inbox.take(name)
            if taken is not None:
                inbox.finish(taken, taken.row or work_on(taken))

A process may be killed anywhere. What the next one finds, and does:

killed                                  then there is                       and the next one
after taking                            a claim of a process that is gone   takes the claim over, as soon as that shows
while it is understood                  answers in the store                asks for what is missing only
after the result was written            a result, no receipt                writes the same bytes again, from the store
after the receipt                       a receipt, the file in the inbox    sees that it is done, and moves it
after the record in done/ or failed/    a name that is kept for it          uses it
within a move (a link, or a copy)       the file in both places             takes the one in the inbox away
"""

from __future__ import annotations

import logging
import os
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from flows.claims import LEASE_SECONDS, Claim, Claims
from flows.inbox import records
from flows.inbox.kinds import Kind, Kinds
from flows.inbox.layout import CLAIMS, is_arrivals, is_document
from flows.inbox.looks import Looks
from flows.inbox.records import Record
from flows.runfile import Row
from pipeline.ask.ledger import DAYS
from pipeline.errors import StorageError, UsageError
from pipeline.places import Folder, Found, Place, is_plain, is_remote
from pipeline.settings import Settings, local_folder, shown_address

_log = logging.getLogger(__name__)

SETTLE_SECONDS = 5.0
Outcome = Literal["done", "failed", "waits", "changed", "lost"]
"""Where the file is now; it waits in the inbox where no file would do better, was changed, or is somebody else's."""
_ODD = {
    "link": "is a link, which is not followed: put the file itself there",
    "other": "is no regular file, so it is not opened",
    "closed": "is a folder that can't be opened: check its permissions",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken: nobody else works on its content. `receipt` is there where that is done already."""

    name: str
    found: Found
    sha256: str
    kind: Kind
    shape: str
    claim: Claim
    receipt: Record | None = None

    @property
    def row(self) -> Row | None:
        """What became of the same content before, at no cost now; None where it is still to be worked on."""
        row = records.row_in(self.receipt) if self.receipt else None
        return replace(row, cost_usd=0.0, unsure_usd=0.0, seconds=0.0, unchanged=True) if row else None


class Inbox:
    """The inbox at a place, for documents of these settings. A context manager: at its end no claim is held.

    `lease` is how long others wait for an owner that shows no sign of life. Raises StorageError where the place
    refuses, and what is raised of a schema is raised for the files that it is for.
    """

    def __init__(
        self,
        place: Place,
        settings: Settings,
        kinds: Kinds | None = None,
        *,
        settle: float = SETTLE_SECONDS,
        lease: float = LEASE_SECONDS,
    ) -> None:
        check_apart(place, settings)
        self.place = place
        self.settings = settings
        self.odd: dict[str, str] = {}
        """What lies in the inbox and is not taken, with the reason."""
        self._kinds = kinds or Kinds(place, settings.schema)
        self._claims = Claims(place, CLAIMS, lease=lease)
        self.looks = Looks(place, settle, now=self._claims.now)
        self._hashes: dict[str, tuple[str, str]] = {}
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        self._closing.enter_context(self._claims)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._closing.close()

    def whole(self) -> list[str]:
        """The names of the files that have arrived, the longest there first. Raises StorageError."""
        if isinstance(self.place, Folder) and not self.place.root.is_dir():
            raise StorageError(f"The inbox {self.place.address} is not there any longer: make it again, or mount it.")
        arrived, self.odd = list[Found](), dict[str, str]()
        for found in self.place.entries(enter=is_arrivals):
            if not is_document(found.name):
                continue
            if found.kind != "file" or not is_plain(found.name):
                self.odd[found.name] = _ODD.get(found.kind, "has a name that leads out of the inbox: rename it")
            else:
                arrived.append(found)
        here = {found.name for found in arrived}
        self._hashes = {name: known for name, known in self._hashes.items() if name in here}
        return [found.name for found in self.looks.whole(arrived)]

    def take(self, name: str) -> Taken | None:
        """Take a file: None where it is gone, or its content is being worked on, here or by somebody else."""
        found = self.place.find(name)
        sha256 = self._hash(found) if found is not None and found.kind == "file" else None
        if found is None or sha256 is None:
            return None
        kind = self._kinds.of(name)
        claim = self._claims.acquire(sha256)
        if claim is None:
            return None
        with ExitStack() as undone:
            undone.callback(self._release, claim)
            again = self.place.find(name)
            if again is None or again.stamp != found.stamp:
                return None
            shape = records.shape(self.settings, kind.schema, kind.among)
            known = None if self.settings.fresh else records.receipt(self.place, sha256, shape)
            undone.pop_all()
            return Taken(name, found, sha256, kind, shape, claim, known)

    def open(self, taken: Taken) -> AbstractContextManager[Path]:
        """A local file with the taken one's bytes, while the context lasts."""
        return self.place.fetch(taken.name)

    def claims_on_name(self, name: str, sha256: str) -> dict[str, str]:
        """Which content the name of a result belongs to, as `result_path` wants to know it."""
        return {name.casefold(): records.owner_of_name(self.place, name, sha256)}

    def finish(self, taken: Taken, row: Row, document_type: Record | None = None, *, patient: bool = True) -> Outcome:
        """Move the file to where its row says, write down what became of it, and give the content back.

        A file waits where the endpoint, the day's budget or the disk is at fault and not the document. `patient` is
        False for a file that endpoint or disk refuse again and again while they take others.
        """
        try:
            if waits(row, self.settings) and (patient or row.exit_code == 4):
                return "waits"
            found = self.place.find(taken.name)
            read = row.sha256 or taken.sha256
            if found is None or found.stamp != taken.found.stamp or read != taken.sha256:
                return "changed"
            if not taken.claim.holds():
                return "lost"
            return self._moved(taken, row, document_type)
        finally:
            self._release(taken.claim)

    def give_up(self, taken: Taken) -> None:
        """Give the content back as if it had not been taken."""
        self._release(taken.claim)

    def _moved(self, taken: Taken, row: Row, document_type: Record | None) -> Outcome:
        told = document_type["type"] if document_type and document_type["type"] in taken.kind.among else None
        more: dict[str, Any] = {"schema": taken.kind.name or told, "document_type": document_type}
        if row.result is not None:
            result = row.result if is_remote(row.result) else str(Path(row.result).absolute())
            row = replace(row, result=result)
            more["content_sha256"] = records.content_of(result)
        if row.status != "complete":
            reason = sentence(row)
            record = records.record_of(taken.name, taken.sha256, row, reason=reason, error=row.error, **more)
            moved = records.to_failed(self.place, taken.name, taken.found.stamp, record, reason)
            return "failed" if moved else "changed"
        record = records.record_of(taken.name, taken.sha256, row, duplicate_of=None, **more)
        if taken.receipt is None:
            records.keep_receipt(self.place, taken.shape, record)
        else:
            known = {name: taken.receipt.get(name) for name in ("schema", "document_type")}
            first = taken.receipt.get("file")
            record |= known | {"duplicate_of": None if first == taken.name else first}
        return "done" if records.to_done(self.place, taken.name, taken.found.stamp, record) else "changed"

    def _hash(self, found: Found) -> str | None:
        """The SHA-256 of a file, read to its end; of one that is looked at again and again it is remembered."""
        stamp, known = self._hashes.get(found.name, ("", ""))
        if stamp == found.stamp:
            return known
        sha256 = self.place.sha256(found.name)
        if sha256 is not None:
            self._hashes[found.name] = (found.stamp, sha256)
        return sha256

    @staticmethod
    def _release(claim: Claim) -> None:
        try:
            claim.release()
        except StorageError as error:  # it is free once this process has ended, or stands still
            _log.warning("A claim could not be given back: %s", error)


def waits(row: Row, settings: Settings) -> bool:
    """Whether a document did not fail by itself, so that no other would do better now: it is tried again later."""
    days = row.exit_code == 4 and (settings.max_cost_document is None or DAYS in (row.reason or ""))
    return row.exit_code == 5 or days or row.error == StorageError.__name__


def sentence(row: Row) -> str:
    """Why a file is in `failed/`, in one sentence."""
    if row.status == "failed":
        return row.reason or "It failed, and nobody said why: please report it."
    gaps = "1 gap" if row.gaps == 1 else f"{row.gaps} gaps, the first"
    return f"incomplete: {gaps}: {(row.reason or '').rstrip('.')}; what was answered is in {row.result}"


def check_apart(place: Place, settings: Settings) -> None:
    """Raise UsageError where what a watch writes would arrive in its inbox again."""
    for name, address in (("out", settings.out), ("store", settings.store)):
        if _is_within(address, place):
            raise UsageError(f"The setting {name} is a folder within the inbox, where it would be read: name another.")


def _is_within(address: str, place: Place) -> bool:
    """Whether something is below a place, and not in a hidden folder of it."""
    folder = local_folder(address)
    if not isinstance(place, Folder) or folder is None:
        below = f"{shown_address(address).rstrip('/')}/"
        return folder is None and below.startswith(f"{place.address}/") and "/." not in below[len(place.address) :]
    parts = Path(os.path.relpath(os.path.realpath(folder), os.path.realpath(place.root))).parts
    return parts[:1] != ("..",) and not any(part.startswith(".") for part in parts)
