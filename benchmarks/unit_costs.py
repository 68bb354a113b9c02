"""What a document costs: of the library with a model's server in a process of its own, and of Prefect with a worker."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.overhead import Clock
from benchmarks.watch import family, spent
from pipeline import QuireError, Settings, write_result
from pipeline.job import make_job
from pipeline.plan import opened, plan
from pipeline.run import understand_in
from pipeline.session import Session
from tests.faulty_documents import SCHEMA, make_document
from tests.machines import BUCKET, Machines, bucket, machines
from tests.strict_wire import ROOT, in_a_process

EACH = 4
"""Documents of each kind."""
_KINDS = ("invoice", "paper", "annual-report")
"""Of the samples those without scans: OCR, about 2 s of a core a page, is a cost of its own."""
MODEL = "mistral-small-3.2-24b"


@dataclass(frozen=True, slots=True)
class Cost:
    """Of some documents: how many there are, their pages and tokens, and seconds of a core by step."""

    documents: int
    pages: int
    tokens: int
    steps: dict[str, float]


def measure(more: Path | None) -> Iterator[str]:
    """Seconds of a core by kind of document and step: all processes of the library, not those of the model."""
    with tempfile.TemporaryDirectory() as name, in_a_process("{}", Path(name) / "log") as address:
        folder = Path(name)
        groups = {kind: _samples(kind, folder) for kind in _KINDS}
        if more is not None:
            groups[more.name] = sorted(more.rglob("*.pdf"))[: 5 * EACH]
        start = _cost([], address, folder / "nothing").steps
        yield f"{'kind':<16}{'documents':>10}{'pages':>7}{'tokens a page':>15}" + "".join(
            f"{step:>16}" for step in (*start, "CPU ms a page")
        )
        for kind, paths in groups.items():
            cost = _cost(paths, address, folder / f"of-{kind}")
            steps = {step: (cost.steps[step] - start[step]) / max(cost.documents, 1) for step in start}
            shown = "".join(f"{1000 * seconds:>13.0f} ms" for seconds in steps.values())
            page = 1000 * sum(steps.values()) * cost.documents / max(cost.pages, 1)
            tokens = cost.tokens / max(cost.pages, 1)
            yield f"{kind:<16}{cost.documents:>10}{cost.pages:>7}{tokens:>15.0f}{shown}{page:>16.0f}"


def _samples(kind: str, folder: Path) -> list[Path]:
    """Copies of a sample, no two alike."""
    import pymupdf

    paths = [folder / f"{kind}-{number}.pdf" for number in range(EACH)]
    for number, path in enumerate(paths):
        with pymupdf.open(ROOT / "samples" / f"{kind}.pdf") as document:
            document[0].insert_text((20, 20), f"Copy {number}", fontsize=8)
            document.save(path)
    return paths


def _cost(paths: Sequence[Path], address: str, folder: Path) -> Cost:
    """The same documents twice with an empty store: read and packed alone, then all the way to what is written."""
    clock = Clock()
    settings = [
        Settings(engine=address, model=MODEL, store=str(folder / name), out=str(folder), ocr="never") for name in "ab"
    ]
    with clock.measure("read and pack"), Session(make_job(settings[0], None)) as session:
        for path in paths:
            try:
                with opened(path, session.job) as reading:
                    plan(reading, session.job)
            except QuireError:
                continue  # It is counted with neither its pages nor its time: what cannot be read costs little.
    with clock.measure("all but write"), Session(make_job(settings[1], None)) as session:
        results = []
        for path in paths:
            try:
                results.append(understand_in(session, path))
            except QuireError:
                continue  # The same.
    with clock.measure("write"):
        for number, result in enumerate(results):
            write_result(result, folder / f"{number}.json", settings[1])
    done, pages = len(results), sum(one.document.page_count for one in results)
    tokens = sum(one.run.tokens.counted for one in results)
    rest = clock.seconds.pop("all but write") - clock.seconds["read and pack"]
    steps = {"read and pack": clock.seconds["read and pack"], "ask and merge": rest, "write": clock.seconds["write"]}
    return Cost(done, pages, tokens, steps)


def measure_prefect(documents: int) -> Iterator[str]:
    """Seconds of a core and rows of the database for each of some documents of a batch on one worker."""
    with tempfile.TemporaryDirectory() as name, machines(Path(name), {}) as made:
        folder = Path(name)
        (folder / "schema.json").write_text(json.dumps(SCHEMA))
        for number in range(documents):
            data = make_document(number, 1, pictures=0.0, lines=6)[0]
            bucket(made.s3).pipe_file(f"{BUCKET}/in/{number:05}.pdf", data)
        made.start_worker("one")
        rows, cpu, began = _rows(made.database), _spent(made), time.monotonic()
        batch = made.start_batch(
            paths=[f"s3://{BUCKET}/in/"],
            out=f"s3://{BUCKET}/out",
            model_id=MODEL,
            schema_file=str(folder / "schema.json"),
        )
        if batch.wait() != 0:
            raise SystemExit(made.said())
        seconds, after = time.monotonic() - began, _rows(made.database)
        yield f"{documents} documents in {seconds:.0f} s"
        for who, took in _spent(made).items():
            yield f"{who:<12}{1000 * (took - cpu[who]) / documents:>8.0f} ms of a core a document"
        grown = {table: count - rows.get(table, 0) for table, count in after.items() if count > rows.get(table, 0)}
        size = grown.pop("bytes")
        total = sum(grown.values())
        yield f"rows{total / documents:>16.1f} a document, {size / documents / 1000:.1f} kB with their indexes"
        for table, count in sorted(grown.items(), key=lambda one: -one[1])[:12]:
            yield f"  {table:<28}{count / documents:>8.2f}"


def _spent(made: Machines) -> dict[str, float]:
    """Seconds of a core of each of the machines' parts, with all their processes that are there or have ended."""
    parts = {"server": 0.0, "database": 0.0, "worker": spent(family(made.workers["one"].pid))}
    for child in family(os.getpid())[1:]:
        command = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"server\0start" in command:
            parts["server"] += spent([child])
        elif b"postgres" in command:
            parts["database"] += spent([child])
    return parts


def _rows(database: str) -> dict[str, int]:
    """How many rows each table has, and the bytes of them all."""

    def ask(question: str) -> list[str]:
        command = ["psql", "-At", "-d", database.replace("+asyncpg", ""), "-c", question]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()

    tables = ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    counts = {table: int(ask(f'SELECT count(*) FROM "{table}"')[0]) for table in tables}
    return {**counts, "bytes": int(ask("SELECT pg_database_size(current_database())")[0])}
