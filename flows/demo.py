"""The demo: the flow over `samples/`, on the embedded engine and an embedded Prefect, without key or network."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from flows.embedded import prepare
from flows.runfile import Row, exit_code

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".quire"
SCHEMAS = {
    "annual-report.pdf": "annual-report",
    "contract-scan.pdf": "contract",
    "invoice.pdf": "invoice",
    "paper.pdf": "research-paper",
}


def main() -> int:
    """Run every sample, show what came out and where to look; 0 only when every result is complete."""
    os.environ.setdefault("QUIRE_STORE", str(HOME / "store"))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
    prepare(HOME / "prefect")
    print(
        "Starting Prefect inside this process (no server needed, telemetry off); this takes some seconds.", flush=True
    )
    from flows.parameters import DocumentRun
    from flows.understand import run_document

    out = ROOT / "outputs"
    rows = []
    for file, schema in SCHEMAS.items():
        began = time.monotonic()
        run = DocumentRun(path=str(ROOT / "samples" / file), out=str(out), schema_name=schema)
        row = run_document(run)
        rows.append((row, time.monotonic() - began))
    _show(rows)
    return exit_code(row.exit_code for row, _ in rows)


def _show(rows: list[tuple[Row, float]]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    console = Console(file=sys.stdout)
    table = Table(title="What came out", title_justify="left", box=SIMPLE, pad_edge=False, collapse_padding=True)
    for heading in ("document", "status", "pages", "pictures", "tokens", "fields", "seconds"):
        table.add_column(heading, justify="left" if heading in ("document", "status") else "right", no_wrap=True)
    for row, seconds in rows:
        numbers = (f"{count:,}" for count in (row.pages, row.pictures, row.tokens))
        table.add_row(Path(row.path).name, row.status, *numbers, _fields(row), f"{seconds:.1f}")
    console.print(table)
    for row, _ in rows:
        if row.reason:
            console.print(f"{Path(row.path).name}: {row.reason}", markup=False)
    console.print("Where to look: outputs/*.md to read, outputs/*.json for every value with its page, quote and place.")
    console.print("Your own document: .venv/bin/quire run YOUR.pdf --schema invoice")


def _fields(row: Row) -> str:
    """How many values of the data were found, of how many."""
    if row.result is None:
        return "-"
    found = json.loads(Path(row.result).read_text(encoding="utf-8"))["extraction"]["data"]
    leaves = _leaves(found)
    return f"{sum(leaf is not None for leaf in leaves)} of {len(leaves)}"


def _leaves(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return [leaf for child in data.values() for leaf in _leaves(child)]
    if isinstance(data, list):
        return [leaf for child in data for leaf in _leaves(child)]
    return [data]


if __name__ == "__main__":
    sys.exit(main())
