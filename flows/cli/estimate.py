"""`quire estimate`: what documents will take, before anything is sent."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flows.cli import options
from flows.cli.progress import view
from flows.inputs import Source, expand
from flows.runfile import exit_code
from pipeline import Estimate, PasswordNeeded, QuireError, Report, Settings, estimate
from pipeline.job import make_job
from pipeline.schemas import load_schema
from pipeline.settings import Secret

NOTE = (
    "Reading requests are exact: they are sent just so; tokens and dollars are those of what is still to be sent."
    " Joining requests and dollars are upper bounds, with every answer as long as it may be; the time is what one"
    " request after the other is expected to take."
)


def execute(chosen: argparse.Namespace) -> int:
    """Print an estimate for each document, per model."""
    settings = options.settings_from(chosen)
    make_job(settings, load_schema(settings.schema) if settings.schema else None, key=False)
    password = options.password_from(chosen)
    rows: list[dict[str, Any]] = []
    with view(len(sources := expand(chosen.paths))) as shown:
        for source in sources:
            with shown.document(source.file) as report:
                row = _row(source, settings, password, report)
            rows.append(row)
            if row["reason"]:
                shown.say(f"{source.file}: {row['reason']}")
    if chosen.json:
        print(json.dumps({"documents": rows}, indent=2))
    else:
        _print([row for row in rows if row["estimates"]])
    return exit_code(row["exit_code"] for row in rows)


def _row(source: Source, settings: Settings, password: Secret | None, report: Report) -> dict[str, Any]:
    """One document's estimates, or the reason why there are none."""
    schema = load_schema(settings.schema) if settings.schema else None
    row: dict[str, Any] = {"path": source.shown, "exit_code": 0, "reason": source.problem, "estimates": []}
    if source.problem is not None:
        return {**row, "exit_code": 2}
    try:
        try:
            found = estimate(source.path, settings, schema=schema, password=password, report=report)
        except PasswordNeeded:
            typed = options.ask_password(source.file)
            if typed is None:
                raise
            found = estimate(source.path, settings, schema=schema, password=typed, report=report)
    except QuireError as error:
        return {**row, "exit_code": error.exit_code, "reason": str(error)}
    return {**row, "estimates": [_plain(one) for one in found]}


def _plain(one: Estimate) -> dict[str, Any]:
    return {**asdict(one), "cost_usd": one.cost_usd, "seconds": one.seconds}


def _print(rows: Sequence[dict[str, Any]]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout)
    for row in rows:
        first = row["estimates"][0]
        title = f"{Path(row['path']).name}: {first['pages']:,} pages, {first['pictures']:,} pictures placed"
        console.print(Text(options.printable(f"{title}, {first['sent_pictures']:,} to be sent"), style="bold"))
        table = Table(box=SIMPLE, pad_edge=False, collapse_padding=True)
        for heading in ("model", "window", "requests", "tokens", "joins", "$ at most", "time"):
            table.add_column(heading, justify="left" if heading == "model" else "right", no_wrap=True)
        for one in row["estimates"]:
            table.add_row(
                one["model"],
                f"{one['window']:,}",
                f"{one['reading_requests']:,}",
                f"{'' if one['exact'] else '≤ '}{one['reading']['prompt']:,}",
                f"≤ {one['joining_requests']:,}",
                "?" if one["cost_usd"] is None else f"{one['cost_usd']:.4f}",
                _time(one["seconds"]),
            )
        console.print(table)
        for line in _known(first):
            console.print(line)
    console.print(NOTE)


def _known(one: dict[str, Any]) -> Iterator[str]:
    """What is known of earlier runs with the model of the settings."""
    if one["stored_requests"]:
        number = f"{one['stored_requests']:,} of {one['reading_requests']:,}"
        yield f"{number} requests were answered before, and cost nothing"
    if one["divided_requests"]:
        yield f"{one['divided_requests']:,} requests are sent in pieces, for what the endpoint was found to take"


def _time(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s"
