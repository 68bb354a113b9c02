"""What stands where in an inbox, and which of its files are documents that arrive.

INBOX/report.pdf, INBOX/invoices/a.pdf     documents that arrive; a sub-folder may choose the schema
INBOX/invoice.json, INBOX/README.txt       schemas and notes, of the inbox's own folder alone
INBOX/done/invoices/a.pdf, a.pdf.json      documents that have a result, each with a record beside it
INBOX/failed/invoices/b.pdf, b.pdf.json, b.pdf.txt    those that have none or one with gaps, each with its reason
INBOX/.quire/                              claims, receipts by content, and which content has which result's name
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import PurePosixPath

DONE, FAILED, STATE = "done", "failed", ".quire"
CLAIMS, RECEIPTS, NAMES = f"{STATE}/claims", f"{STATE}/receipts", f"{STATE}/names"
_UNDER_WAY = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".opdownload", ".filepart", ".swp", "~")
_OF_SYSTEMS = ("thumbs.db", "desktop.ini")
_LONGEST = 200
"""Bytes of a file's name in `done/` and `failed/`: a piece of a hash and an ending have room up to 255."""


def is_arrivals(folder: str) -> bool:
    """Whether documents may arrive in a folder of the inbox."""
    return not PurePosixPath(folder).name.startswith(".") and folder.casefold() not in (DONE, FAILED)


def is_document(name: str) -> bool:
    """Whether a file is taken: not a hidden one, one that a program is still writing, a schema or a note."""
    last = PurePosixPath(name).name.casefold()
    if last.startswith((".", "~$")) or last.endswith(_UNDER_WAY) or last in _OF_SYSTEMS:
        return False
    return "/" in name or not (last.endswith(".json") or last.startswith("readme"))


def candidates(name: str, sha256: str) -> Iterator[str]:
    """The names that a file of that content may get, the first that is free: its own, else with a piece of its hash."""
    plain = PurePosixPath(_short(name))
    yield str(plain)
    for length in (8, 16, 64):
        yield str(plain.with_name(f"{plain.stem}-{sha256[:length]}{plain.suffix}"))


def _short(name: str) -> str:
    """The name so that disks take it with an ending more; bytes that no text has are kept as they are."""
    path = PurePosixPath(name)
    raw = os.fsencode(path.name)
    if len(raw) <= _LONGEST:
        return name
    piece = hashlib.sha256(raw).hexdigest()[:8]
    stem = os.fsencode(path.stem)[: _LONGEST - 30].decode("utf-8", "ignore")
    return str(path.with_name(f"{stem}-{piece}{path.suffix[:12]}"))
