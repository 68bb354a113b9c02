"""`quire run`: documents in, one checked JSON file for each out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from flows.cli import options
from flows.cli.progress import View, view
from flows.documents import Desk, process
from flows.inputs import Source, expand
from flows.runfile import Row, run_summary, write_run
from pipeline.job import make_job
from pipeline.schemas import load_schema


def execute(chosen: argparse.Namespace) -> int:
    """Run over everything that was given; the exit code is that of the worst, by the published order."""
    settings = options.settings_from(chosen)
    schema = load_schema(settings.schema) if settings.schema else None
    make_job(settings, schema)  # What can't be done at all is said once, and not for each document.
    sources = expand(chosen.paths)
    desk = Desk(settings, schema, Path(settings.out), options.password_from(chosen), options.ask_password)
    rows = _as_flow(sources, desk) if chosen.prefect else _here(sources, desk)
    write_run(rows, desk.out)
    summary = run_summary(rows)
    if chosen.json:
        print(json.dumps(summary, ensure_ascii=True, indent=2))
    elif len(rows) > 1:
        totals = summary["totals"]
        states = ", ".join(
            f"{totals[state]} {state}" for state in ("complete", "incomplete", "failed") if totals[state]
        )
        print(f"{totals['documents']} documents: {states} -> {desk.out / 'run.json'}", file=sys.stderr)
    return int(summary["exit_code"])


def _here(sources: Sequence[Source], desk: Desk) -> list[Row]:
    """One document after the other, in this process."""
    rows = []
    with view(len(sources)) as shown:
        for source in sources:
            with shown.document(source.path.name) as report:
                row = process(source, desk, report)
            rows.append(row)
            _say(shown, row)
    return rows


def _as_flow(sources: Sequence[Source], desk: Desk) -> list[Row]:
    from flows.embedded import prepare

    prepare()
    from flows.understand import run_flow

    rows = run_flow(sources, desk)
    for row in rows:
        _say(View(None, len(rows)), row)
    return rows


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
