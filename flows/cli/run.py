"""`quire run`: documents in, one checked JSON file for each out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from flows.cli import options
from flows.cli.progress import View, view
from flows.documents import Desk, process
from flows.inputs import Source, expand
from flows.runfile import Row, prepare_out, run_summary, write_run
from pipeline import StorageError
from pipeline.job import make_job
from pipeline.schemas import load_schema


def execute(chosen: argparse.Namespace) -> int:
    """Run over everything that was given; the exit code is that of the worst, by the published order."""
    settings = options.settings_from(chosen)
    schema = load_schema(settings.schema) if settings.schema else None
    make_job(settings, schema)  # What can't be done at all is said once, and not for each document.
    out = Path(settings.out)
    prepare_out(out)
    desk = Desk(settings, schema, out, options.password_from(chosen), options.ask_password)
    rows: list[Row] = []
    try:
        for row in (_as_flow if chosen.prefect else _here)(expand(chosen.paths), desk):
            rows.append(row)
    finally:
        code = _end(rows, out, as_json=chosen.json)  # Also where the run was stopped: what was done is told.
    return code


def _end(rows: Sequence[Row], out: Path, *, as_json: bool) -> int:
    """Tell what became of the run, on standard output and in `run.json`; the exit code of it all."""
    summary = run_summary(rows)
    if as_json:
        print(json.dumps(summary, ensure_ascii=True, indent=2))
    try:
        written = write_run(rows, out)
    except StorageError as error:
        print(f"quire: {options.printable(str(error))}", file=sys.stderr)
        return error.exit_code
    if len(rows) > 1 and not as_json:
        totals = summary["totals"]
        states = ", ".join(f"{totals[name]} {name}" for name in ("complete", "incomplete", "failed") if totals[name])
        print(f"{totals['documents']} documents: {states} -> {written}", file=sys.stderr)
    return int(summary["exit_code"])


def _here(sources: Sequence[Source], desk: Desk) -> Iterator[Row]:
    """One document after the other, in this process."""
    with view(len(sources)) as shown:
        for source in sources:
            with shown.document(source.path.name) as report:
                row = process(source, desk, report)
            _say(shown, row)
            yield row


def _as_flow(sources: Sequence[Source], desk: Desk) -> Iterator[Row]:
    """One flow run for each document."""
    from flows.embedded import prepare

    prepare()
    from flows.understand import run_flow

    for row in run_flow(sources, desk):
        _say(View(None, len(sources)), row)
        yield row


def _say(shown: View, row: Row) -> None:
    """What became of a document, in a line or two."""
    name = Path(row.path).name
    if row.status == "failed":
        shown.say(f"{name}: failed. {row.reason}")
        return
    what = f"{row.pages:,} pages, {row.pictures:,} pictures, {row.requests:,} requests, {row.tokens:,} tokens"
    shown.say(f"{name}: {row.status} in {row.seconds:.1f} s ({what}, ${row.cost_usd:.4f}) -> {row.result}")
    if row.gaps:
        shown.say(f"{name}: {row.gaps} gaps, listed under coverage.gaps; the first: {row.reason}")
