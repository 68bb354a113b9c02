"""The demo: the flow over `samples/`, on the embedded engine and an embedded Prefect, without key or network."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from flows.embedded import prepare

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
    from flows.understand import DocumentRun, understand_document

    out = ROOT / "outputs"
    rows = []
    for file, schema in SCHEMAS.items():
        began = time.monotonic()
        run = DocumentRun(path=str(ROOT / "samples" / file), out=str(out), extract=schema)
        row = understand_document(run)
        rows.append({**row, "wall": time.monotonic() - began})
    _show(rows)
    return 0 if all(row["status"] == "complete" for row in rows) else 3


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="What came out", title_justify="left")
    for heading in ("document", "status", "pages", "pictures", "requests", "tokens", "fields", "gaps", "seconds"):
        table.add_column(heading, justify="left" if heading in ("document", "status") else "right")
    for row in rows:
        found, all_fields = _fields(Path(row["result"]))
        numbers = (
            row["pages"],
            row["pictures"],
            row["requests"],
            row["tokens"],
            f"{found} of {all_fields}",
            row["gaps"],
        )
        table.add_row(Path(row["path"]).name, row["status"], *(f"{cell}" for cell in numbers), f"{row['wall']:.1f}")
    console = Console(file=sys.stdout)
    console.print(table)
    console.print("Look at outputs/: one .json a document (every value with page, quote and place) and a .md to read.")
    console.print("Then try your own: .venv/bin/quire run YOUR.pdf --schema invoice")


def _fields(path: Path) -> tuple[int, int]:
    """How many leaves of the data were found, of how many; a record counts as its leaves."""
    found = json.loads(path.read_text(encoding="utf-8"))["extraction"]["data"]
    leaves = list(_leaves(found))
    return sum(leaf is not None for leaf in leaves), len(leaves)


def _leaves(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return [leaf for child in data.values() for leaf in _leaves(child)]
    if isinstance(data, list):
        return [leaf for child in data for leaf in _leaves(child)]
    return [data]


if __name__ == "__main__":
    sys.exit(main())
