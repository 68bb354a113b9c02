"""Tables and lines as files, each written whole or not at all.

CSV is text for people and programs: UTF-8, commas, a header, CR LF at line ends (RFC 4180). A spreadsheet takes a cell
for a formula that begins with = + - @ or a control character, and the text of a document is nobody's to run: before
such text an apostrophe is put (`guarded`). Numbers that are numbers stand as they are. Null is an empty cell.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.beside import beside
from pipeline.errors import StorageError, UsageError
from pipeline.export.tables import Table
from pipeline.result.model import Result

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How text begins that some spreadsheet takes for a formula, or strips to find one."""


def write_csv(table: Table, path: Path) -> None:
    """Write a table as CSV. Raises StorageError where the disk refuses."""

    def lines() -> Iterator[str]:
        yield _line([guarded(name) for name in table.columns])
        for row in table.rows:
            yield _line([guarded(row.get(name)) for name in table.columns])

    write_lines(path, lines())


def guarded(value: Any) -> str:
    """A cell's text: an apostrophe before what a spreadsheet would run, "" for null."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _line(cells: list[str]) -> str:
    into = io.StringIO()
    csv.writer(into, lineterminator="\r\n").writerow(cells)
    return into.getvalue()


def result_line(result: Result) -> str:
    """A result as one line of JSON: the document, its data, its evidence, and what is not verified."""
    found = result.to_dict()
    extraction = found["extraction"] or {}
    kept = {name: extraction.get(name) for name in ("data", "valid", "evidence", "conflicts", "unverified")}
    line = {"document": found["document"]["file"], "sha256": found["document"]["sha256"], "status": found["status"]}
    return as_line({**line, **kept})


def as_line(content: dict[str, Any]) -> str:
    """JSON on one line, whatever stands in its strings."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write lines as they come, into place once all are there; how many there were.

    Raises StorageError where the disk refuses.
    """
    count = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as apart:
            with apart.open("x", encoding="utf-8", errors="replace", newline="") as file:
                for count, line in enumerate(lines, 1):  # noqa: B007 - counted for the caller
                    file.write(line)
                file.flush()
                os.fsync(file.fileno())
            os.replace(apart, path)
    except OSError as error:
        raise refused(path, error) from error
    return count


def check_free(paths: Iterable[Path]) -> None:
    """Raise UsageError where something stands at one of the paths."""
    for path in (path for path in paths if path.exists()):
        raise UsageError(f"{path} is there already: choose another --out, or write over it with --force.")


def refused(path: Path, error: OSError) -> StorageError:
    """What to say where the disk refuses a file."""
    return StorageError(f"{path} can't be written ({error.strerror}): choose another --out.")
