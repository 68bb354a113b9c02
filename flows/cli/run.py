"""`quire run`: documents in, one checked JSON file for each out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from flows.cli import options
from flows.cli.progress import View, say_row, view
from flows.documents import Desk, process_all
from flows.inputs import Source, claims, expand
from flows.runfile import Row, failed_row, prepare_out, run_summary, write_run
from pipeline import QuireError, StorageError, UsageError
from pipeline.job import Job, make_job
from pipeline.schemas import load_schema
from pipeline.settings import Secret


def execute(chosen: argparse.Namespace) -> int:
    """Run over everything that was given; the exit code is that of the worst, by the published order."""
    settings = options.settings_from(chosen)
    schema = load_schema(settings.schema) if settings.schema else None
    if chosen.prefect and settings.batch:
        raise UsageError("Flows ask each document by itself: leave out --batch or --prefect.")
    job = make_job(settings, schema)  # What can't be done at all is said once, and not for each document.
    out = settings.out
    prepare_out(out)
    sources, password = expand(chosen.paths), options.password_from(chosen)
    rows: dict[int, Row] = {}
    try:
        if chosen.prefect:
            _as_flows(sources, job, rows)
        else:
            _here(sources, job, password, rows)
    except QuireError as error:  # no document's own: those that are not done fail for it
        for place, source in enumerate(sources):
            if place not in rows:
                rows[place] = failed_row(source.path, error)
                say_row(View(None, len(sources)), rows[place])
    finally:
        # Also where the run was stopped: what was done is told, in the order given.
        code = _end([rows[place] for place in sorted(rows)], out, as_json=chosen.json)
    return code


def _end(rows: Sequence[Row], out: str, *, as_json: bool) -> int:
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


def _here(sources: Sequence[Source], job: Job, password: Secret | None, rows: dict[int, Row]) -> None:
    """Several documents at once, from this process; each one's row as it is done."""
    from pipeline.batching import ask_in_batches
    from pipeline.session import Session

    with view(len(sources)) as shown, Session(job) as session:

        def ask_password(name: str) -> Secret | None:
            with shown.paused():
                return options.ask_password(name)

        def done(place: int, row: Row) -> None:
            rows[place] = row
            say_row(shown, row)

        if job.settings.batch:
            with shown.document("batches", counts=False) as report:
                readable = [source.path for source in sources if source.problem is None]
                ask_in_batches(session, readable, password=password, report=report)
        desk = Desk(session, job.settings.out, claims(sources), password, ask_password)
        process_all(sources, desk, shown.document, done)


def _as_flows(sources: Sequence[Source], job: Job, rows: dict[int, Row]) -> None:
    """One flow run for each document, one after the other."""
    from flows.embedded import prepare

    prepare()
    from flows.understand import run_flow

    for place, row in enumerate(run_flow(sources, job.settings)):
        rows[place] = row
        say_row(View(None, len(sources)), row)
