"""`quire export`: results as tables, as lines of JSON, or as chats to fine-tune a model on."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.cli import options
from flows.cli.report import places
from pipeline.errors import UnreadableDocument, UsageError
from pipeline.export.files import as_line, check_free, result_line, write_csv, write_lines
from pipeline.export.parquet import pyarrow, write_parquet
from pipeline.export.results import Named, results
from pipeline.export.tables import tables
from pipeline.report.original import find_original
from pipeline.training import Chat, chats

FOLDER, LINES = "export", "export.jsonl"
"""Where tables and lines go unless it is said."""
INCOMPLETE = 3
"""The exit code where a chat could not be made again."""


@dataclass(slots=True)
class Exported:
    """What was written, by file with its rows, and what was left out with the reason; `lost` where it had to be."""

    files: dict[str, int] = field(default_factory=dict)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    lost: bool = False


def execute(chosen: argparse.Namespace) -> int:
    """Write the export and say what is in it; 3 where a chat could not be made again."""
    if not 0 <= chosen.min_verified <= 1:
        raise UsageError(f"--min-verified takes a share from 0 to 1, not {chosen.min_verified}.")
    done = Exported()
    if chosen.to in ("csv", "parquet"):
        _tables(chosen, done)
    else:
        path = Path(chosen.out or LINES)
        _see_that_they_are_free(chosen, [path])
        made = _chats(chosen, done) if chosen.to == "sft-jsonl" else _lines(chosen)
        done.files[str(path)] = write_lines(path, made)
    if chosen.json:
        print(json.dumps({"files": done.files, "left_out": done.left_out}, ensure_ascii=False, indent=2))
    else:
        for one in done.left_out:
            print(
                options.printable(f"quire: {one['document']} {one['request'] or ''}: {one['reason']}"), file=sys.stderr
            )
        for name, rows in done.files.items():
            print(options.printable(f"{name}: {rows:,} row{'' if rows == 1 else 's'}"))
    return INCOMPLETE if done.lost else 0


def _tables(chosen: argparse.Namespace, done: Exported) -> None:
    if chosen.to == "parquet":
        pyarrow()  # said before results are read
    write = write_csv if chosen.to == "csv" else write_parquet
    out = Path(chosen.out or FOLDER)
    made = tables(one.result for one in results(chosen.results))
    files = {out / folder / f"{table.name}.{chosen.to}": table for folder, few in made.items() for table in few}
    _see_that_they_are_free(chosen, files)
    for path, table in files.items():
        write(table, path)
        done.files[str(path)] = len(table.rows)


def _see_that_they_are_free(chosen: argparse.Namespace, paths: Iterable[Path]) -> None:
    """Nothing is written over unless that was said, and nothing is written where a part of it would be."""
    if not chosen.force:
        check_free(paths)


def _lines(chosen: argparse.Namespace) -> Iterator[str]:
    return (result_line(one.result) for one in results(chosen.results))


def _chats(chosen: argparse.Namespace, done: Exported) -> Iterator[str]:
    """The lines of a training file, as each result's document is read again."""
    password = options.password_from(chosen)
    store = options.settings_from(chosen).store
    for named in results(chosen.results):

        def left_out(reason: str, *, lost: bool, request: str | None = None, named: Named = named) -> None:
            done.lost |= lost
            done.left_out.append({"document": named.result.document.file, "request": request, "reason": reason})

        looked = _places(chosen, named)
        original = find_original(named.result, looked)
        if original.path is None:
            left_out(original.why, lost=True)
            continue
        try:
            for one in chats(
                named.result,
                original.path,
                store=store,
                password=password,
                pictures=not chosen.no_pictures,
                min_verified=chosen.min_verified,
            ):
                if isinstance(one, Chat):
                    yield as_line(one.to_dict())
                else:
                    left_out(one.reason, lost=one.lost, request=one.request)
        except (UnreadableDocument, UsageError) as error:
            left_out(str(error), lost=True)


def _places(chosen: argparse.Namespace, named: Named) -> list[Path]:
    """Where the result's document may be: what was said, or in that folder; else where `quire report` looks too."""
    if not chosen.document:
        return places(named.result, named.path)
    path = Path(chosen.document)
    return [path / Path(named.result.document.file).name] if path.is_dir() else [path]
