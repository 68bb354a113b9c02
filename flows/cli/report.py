"""`quire report`: the audit page of a result, and the document with its evidence marked."""

from __future__ import annotations

import argparse
import json
import sys
import webbrowser
from pathlib import Path

from flows.cli import options
from pipeline import PasswordNeeded, Result
from pipeline.report.make import Made, make_report
from pipeline.report.original import load_result


def execute(chosen: argparse.Namespace) -> int:
    """Write the report, say where it is, and open it in a browser unless that was not wanted."""
    path = Path(chosen.result)
    result = load_result(path)
    out = Path(chosen.out) if chosen.out else path.with_suffix(".html")
    made = _made(chosen, result, path, out)
    if chosen.json:
        print(json.dumps({"report": str(made.page), "pdf": made.pdf and str(made.pdf), "notes": made.notes}, indent=2))
    else:
        for note in made.notes:
            print(f"quire: {options.printable(note)}", file=sys.stderr)
        print(made.page)
        if made.pdf:
            print(f"{made.pdf} ({made.marks} marks)")
    wanted = not (chosen.no_open or chosen.json) and sys.stdout.isatty()  # a script wants the file alone
    if wanted and not webbrowser.open(made.page.absolute().as_uri()):
        print("quire: no browser could be opened here: open the file yourself.", file=sys.stderr)
    return 0


def _made(chosen: argparse.Namespace, result: Result, path: Path, out: Path) -> Made:
    looked = [Path(chosen.document)] if chosen.document else places(result, path)
    password = options.password_from(chosen)
    while True:
        try:
            return make_report(
                result,
                path,
                out,
                looked,
                pictures=chosen.pictures,
                pdf=chosen.pdf,
                password=password.reveal() if password else None,
            )
        except PasswordNeeded:
            typed = options.ask_password(result.document.file) if password is None else None
            if typed is None:
                raise
            password = typed


def places(result: Result, path: Path) -> list[Path]:
    """Where the document may be: where the run that wrote the result read it, beside the result, above it, or here."""
    name = Path(result.document.file).name
    near = [path.parent / name, path.parent.parent / name, Path(name)]
    return [*_read_from(path.parent / "run.json", result.document.sha256), *near]


def _read_from(run: Path, sha256: str) -> list[Path]:
    """The paths of documents with that hash in a run's own file."""
    try:
        rows = json.loads(run.read_bytes())["documents"]
        return [Path(row["path"]) for row in rows if row.get("sha256") == sha256]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []  # The other places are looked at; where there is none, that is said.
