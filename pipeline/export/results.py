"""The results that files, folders and patterns name."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.result.model import Result

_WANTED = {"schema_version", "document", "extraction", "coverage"}
"""Keys by which a result is told from other JSON that stands in a folder."""


@dataclass(frozen=True, slots=True)
class Named:
    """A result and the file that it stands in."""

    path: Path
    result: Result


def results(given: Sequence[str]) -> Iterator[Named]:
    """The results in those files, folders (at any depth) and patterns, each file once, in the order given.

    What is no result is passed over in a folder, where other JSON may stand. Raises UsageError where a file that was
    named is none, is one of another version, or where nothing is found.
    """
    seen: set[Path] = set()
    for text in given:
        for path in _files(text):
            if (real := path.resolve()) not in seen:
                seen.add(real)
                found = _read(path, named=not Path(text).is_dir())
                if found is not None:
                    yield Named(path, found)


def _files(text: str) -> list[Path]:
    path = Path(text)
    if path.is_dir():
        files = sorted(path.rglob("*.json"))
    elif path.exists() or not any(sign in text for sign in "*?["):
        files = [path]
    else:
        files = [Path(one) for one in sorted(glob.glob(text, recursive=True))]
    if not files:
        raise UsageError(f"{text} names no result: name a JSON file that `quire run` wrote, or a folder of them.")
    return files


def _read(path: Path, *, named: bool) -> Result | None:
    """The result in that file; None where it is no result and was not named as one."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}): name the JSON file of a result.") from error
    except (ValueError, RecursionError) as error:
        if named:
            raise UsageError(f"{path} is no JSON: name a file that `quire run` wrote.") from error
        return None
    if not named and not (isinstance(content, dict) and content.keys() >= _WANTED):
        return None
    try:
        return Result.model_validate(content)
    except ValidationError as error:
        raise UsageError(f"{path} is no result of this version: name a JSON file that `quire run` wrote.") from error
