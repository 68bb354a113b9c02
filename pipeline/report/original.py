"""A result as it was written, and the document that it is of: the very one, known by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.report.visible import all_visible
from pipeline.result.model import Result


@dataclass(frozen=True, slots=True)
class Original:
    """The document, or None and a sentence that says why it is not there."""

    path: Path | None
    why: str = ""


def load_result(path: Path) -> Result:
    """The result in that file, all its text made visible. Raises UsageError where it is none."""
    try:
        return Result.model_validate(all_visible(json.loads(path.read_bytes())))
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}): name the JSON file of a result.") from error
    except (ValidationError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is no result of this version: name the JSON file of one document, as `quire run` writes it."
        ) from error


def find_original(result: Result, places: Sequence[Path]) -> Original:
    """The first of those files that has the document's hash."""
    others = []
    for place in dict.fromkeys(places):
        found = _hash(place)
        if found == result.document.sha256:
            return Original(place)
        if found:
            others.append(place)
    name = result.document.file
    if others:
        return Original(None, f"{others[0].name} is another document than the {name} that was read: its hash differs.")
    return Original(None, f"The document {name} was not found: say where it is with --document.")


def _hash(path: Path) -> str | None:
    """SHA-256 of the file; None where there is none that can be read."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None  # The sentence that says it was not found tells of it.
