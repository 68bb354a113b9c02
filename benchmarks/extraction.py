"""How much an engine extracts: fresh samples of given seeds, or a folder of PDFs with gold, field by field.

    python benchmarks/extraction.py --seeds 100-104 --only invoice
    python benchmarks/extraction.py --folder DIR            a folder in ExtractBench's layout
    python benchmarks/extraction.py --seeds 100 --engine openrouter

The settings are those of `quire run` (flags, environment, quire.toml) but for the engine; nothing is written but the
stores, and with `--keep DIR` the results. A document that cannot be understood counts all of its leaves as null.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cases import Case, from_folder, from_seeds
from pipeline import QuireError, Settings, load_settings, understand, write_result
from pipeline.score.fields import Score, score, together
from pipeline.score.table import heading, leaves, sums

KINDS = ("annual-report", "contract", "invoice", "paper")


@dataclass(frozen=True, slots=True)
class Measured:
    """One document's score, what it took, and the reason where it failed."""

    case: Case
    score: Score
    seconds: float
    status: str


def measure(case: Case, settings: Settings, keep: Path | None = None) -> Measured:
    """Understand one document and compare what came of it with its gold."""
    began = time.monotonic()
    try:
        result = understand(case.pdf, settings, schema=case.schema)
    except QuireError as error:
        missed = score(None, case.gold.data)
        return Measured(case, missed, time.monotonic() - began, f"failed: {error}")
    if keep is not None:
        write_result(result, keep / case.kind / f"{case.name.replace(' ', '-')}.json", settings)
    found = result.model_dump(mode="json", by_alias=True)
    extraction = found["extraction"]
    compared = score(extraction["data"], case.gold.data, pages=case.gold.pages, evidence=extraction["evidence"])
    return Measured(case, compared, time.monotonic() - began, found["status"])


def report(measured: Iterable[Measured], *, rows: bool = False) -> Iterator[str]:
    """Lines of a table: each document as it comes, then the sums of each kind, then all."""
    yield f"{heading('document')} {'seconds':>8}"
    done = []
    for one in measured:
        done.append(one)
        yield f"{sums(one.case.name, one.score)} {one.seconds:8.1f}  {one.status}"
        if rows:
            yield from leaves(one.score)
    for kind in sorted({one.case.kind for one in done}):
        yield summed(f"= {kind}", [one for one in done if one.case.kind == kind])
    yield summed("= all", done)


def summed(name: str, measured: Sequence[Measured]) -> str:
    """One row for several documents."""
    whole = together(one.score for one in measured)
    return f"{sums(f'{name} ({len(measured)})', whole)} {sum(one.seconds for one in measured):8.1f}"


def _seeds(text: str) -> list[int]:
    """`100-104,110` as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main(arguments: Iterable[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure an engine's extraction against gold.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--seeds", type=_seeds, help="fresh samples of these seeds: 100-104,110")
    source.add_argument("--folder", type=Path, help="PDFs with gold in ExtractBench's layout")
    parser.add_argument("--only", choices=KINDS, action="append", help="only this kind of sample (may be repeated)")
    parser.add_argument("--engine", default="offline", help="engine to measure (offline)")
    parser.add_argument("--rows", action="store_true", help="list every leaf that is not right")
    parser.add_argument("--keep", type=Path, help="write the results into this folder")
    given = parser.parse_args(list(arguments) if arguments is not None else None)
    settings = load_settings({"engine": given.engine})
    with tempfile.TemporaryDirectory() as folder:
        made = from_seeds(given.seeds or [], given.only or KINDS, Path(folder))
        cases = from_folder(given.folder) if given.folder else made
        for line in report((measure(case, settings, given.keep) for case in cases), rows=given.rows):
            print(line, flush=True)


if __name__ == "__main__":
    main()
