"""What an inbox writes down: a receipt for each content that is done, and a record beside each file that was moved.

A record beside a file is made before the file comes: it is made exclusively, so it keeps the name for that content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flows.inbox.layout import DONE, FAILED, NAMES, RECEIPTS, candidates
from flows.runfile import Row
from pipeline.errors import StorageError
from pipeline.places import Gone, Place, read
from pipeline.settings import Settings

Record = dict[str, Any]
_SHAPING = (
    *("engine", "model", "language", "summary_chars", "window_tokens", "pages", "images", "ocr", "attachments"),
    *("adjudicate", "unverified"),
)


def shape(settings: Settings, *schemas: Mapping[str, Any] | None) -> str:
    """A name for all that shapes a result beside the document: settings and schemas."""
    parts = [[getattr(settings, name) for name in _SHAPING], *schemas]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def record_of(file: str, sha256: str, row: Row, **more: Any) -> Record:
    """What is told of a file: where it arrived, what became of it, and when."""
    told = {"file": file, "sha256": sha256, "status": row.status, "exit_code": row.exit_code, "result": row.result}
    return {**told, **more, "when": datetime.now(UTC).isoformat(timespec="seconds"), "row": asdict(row)}


def row_in(record: Record) -> Row | None:
    """The row of a record; None where nobody here wrote it."""
    try:
        return Row(**record["row"])
    except (KeyError, TypeError):
        return None


def as_json(record: Record) -> bytes:
    """The bytes of a record; names that are no text survive."""
    return json.dumps(record, ensure_ascii=True, indent=2).encode()


def read_record(place: Place, name: str) -> Record:
    """The record of that name, empty where there is none."""
    try:
        found = json.loads(place.read(name) or b"null")
    except (ValueError, RecursionError):
        return {}  # whatever it is, nobody here wrote it
    return found if isinstance(found, dict) else {}


def receipt(place: Place, sha256: str, shape: str) -> Record | None:
    """The receipt of a content that is done in that shape, where its result still stands."""
    record = read_record(place, _receipt(sha256, shape))
    row = row_in(record)
    stands = row is not None and row.result is not None and content_of(row.result) == record.get("content_sha256")
    return record if stands and record.get("sha256") == sha256 else None


def keep_receipt(place: Place, shape: str, record: Record) -> None:
    """Note that a content is done."""
    place.write(_receipt(record["sha256"], shape), as_json(record))


def content_of(result: str) -> str | None:
    """The `content_sha256` of a result, here or at an address; None where there is no result."""
    try:
        found = json.loads(read(result) or b"null")["content_sha256"]
    except (StorageError, ValueError, KeyError, TypeError, RecursionError):
        return None  # It is gone, or was written over: the document is understood again, from the store.
    return found if isinstance(found, str) else None


def owner_of_name(place: Place, name: str, sha256: str) -> str:
    """The content that a result's name belongs to: that of whoever asked first, on whatever machine.

    So two documents that want one name at one time do not write over each other's results.
    """
    file = f"{NAMES}/{hashlib.sha256(name.casefold().encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
    if place.create(file, sha256.encode()):
        return sha256
    return (place.read(file) or b"").decode("utf-8", "replace") or sha256


def to_done(place: Place, name: str, stamp: str, record: Record) -> bool:
    """Move a file to `done/`, its record beside it; whether it was still the file of that stamp."""
    target = _reserved(place, DONE, name, record)
    _forget_failure(place, name, record["sha256"])
    return _moved(place, name, stamp, target)


def to_failed(place: Place, name: str, stamp: str, record: Record, sentence: str) -> bool:
    """Move a file to `failed/`, its reason beside it as JSON and as a sentence; whether it was still that file."""
    target = _reserved(place, FAILED, name, record)
    place.write(f"{target}.json", as_json(record))
    # Somebody reads it in a terminal: what a name or a document brought in does nothing there.
    harmless = "".join(sign if sign.isprintable() else "�" for sign in sentence)
    place.write(f"{target}.txt", f"{harmless}\n".encode())
    return _moved(place, name, stamp, target)


def _receipt(sha256: str, shape: str) -> str:
    return f"{RECEIPTS}/{sha256[:2]}/{sha256}-{shape}.json"


def _reserved(place: Place, folder: str, name: str, record: Record) -> str:
    """The file's new name, which is this content's alone from now on."""
    for candidate in candidates(name, record["sha256"]):
        target = f"{folder}/{candidate}"
        made = place.create(f"{target}.json", as_json(record))
        if not made and read_record(place, f"{target}.json").get("sha256") != record["sha256"]:
            continue
        if place.sha256(target) in (None, record["sha256"]):
            return target
        if made:
            place.remove(f"{target}.json")
    raise StorageError(f"{name!r} finds no free name in {folder}/: move what stands there elsewhere.")


def _moved(place: Place, name: str, stamp: str, target: str) -> bool:
    """Move a file to a name that is its content's. Where the file was changed meanwhile it is put back."""
    found = place.find(name)
    if found is None or found.stamp != stamp:
        _take_back(place, target)
        return False
    try:
        moved = place.move(name, target)
    except Gone:
        return place.exists(target)
    if not moved:  # The same content stands there, of an earlier time or of a move that was cut short.
        place.remove(name)
        return True
    after = place.find(target)
    if place.grows and after is not None and after.stamp != stamp:
        put_back(place, target, name)
        _take_back(place, target)
        return False
    return True


def _forget_failure(place: Place, name: str, sha256: str) -> None:
    """Take away the reasons of an earlier failure, which a retry that was cut short left behind."""
    for candidate in candidates(f"{FAILED}/{name}", sha256):
        told = read_record(place, f"{candidate}.json")
        if not told:
            return
        if told.get("sha256") == sha256:
            _take_back(place, candidate)


def _take_back(place: Place, target: str) -> None:
    """Take the record away again where the file did not come."""
    if not place.exists(target):
        place.remove(f"{target}.txt")
        place.remove(f"{target}.json")


def put_back(place: Place, source: str, name: str) -> str | None:
    """Move a file back to where it arrived, or to a name beside that; the name. None where it is gone."""
    sha256 = place.sha256(source)
    for candidate in candidates(name, sha256 or ""):
        try:
            if place.move(source, candidate):
                return candidate
        except Gone:
            return None
        if sha256 is not None and place.sha256(candidate) == sha256:  # it had been moved, and not yet taken away here
            place.remove(source)
            return candidate
    raise StorageError(f"{source!r} finds no free name in the inbox: move what stands there elsewhere.")
