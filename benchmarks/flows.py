"""What the flow over many documents costs beside the plain library, on a real Prefect server.

    python benchmarks/flows.py --documents 20 --seconds 30
    python benchmarks/flows.py --documents 20 --seconds 30 --postgres

A server answers each request after so many seconds, as a model would. First the documents are understood by the plain
library, several at once, then by the flow `understand-batch` with the same settings. What the server's API tells of the
flow's run is compared with the library's seconds; the start of the flow's process is shown apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.chat_server import Reply, answer_nothing, chat_server
from tests.pdfs import make_pdf
from tests.postgres import postgres
from tests.prefect_server import PrefectServer, prefect_server
from tests.strict_wire import ROOT

PLAIN = """
import json, sys, time
from pathlib import Path
from flows.documents import Desk, process_all
from flows.inputs import claims, expand
from flows.parameters import BatchRun
from pipeline.progress import silent
from contextlib import nullcontext
from pipeline.session import Session
run = BatchRun(**json.loads(sys.argv[1]))
sources, rows = expand(run.paths), []
began = time.monotonic()
with Session(run.job()) as session:
    desk = Desk(session, Path(run.out), claims(sources))
    process_all(sources, desk, lambda name: nullcontext(silent), lambda place, row: rows.append(row))
seconds = time.monotonic() - began
print(json.dumps({"seconds": seconds, "complete": sum(row.status == "complete" for row in rows)}))
"""
FLOW = """
import json, sys
from flows.batch import understand_batch
from flows.parameters import BatchRun
understand_batch(BatchRun(**json.loads(sys.argv[1])))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the plain library, of the flow's run, of its process before the run began, and between the end of the
    last document and that of the run; how many task runs ended in which state."""

    plain: float
    flow: float
    start: float
    end: float
    states: Counter[str]

    @property
    def share(self) -> float:
        """What the flow took more than the library, as a share of it."""
        return self.flow / self.plain - 1


def measure(folder: Path, documents: int, seconds: float, database: str | None) -> Cost:
    """Both ways over the same documents, each with a store and results of its own."""
    for number in range(documents):
        make_pdf(folder / "in" / f"{number:03}.pdf", [f"Document {number} says that it costs {number}.50 euros."])

    def answer(body: dict[str, Any]) -> Reply:
        time.sleep(seconds)
        return answer_nothing(body)

    with chat_server(answer) as model, prefect_server(folder / "prefect", database) as server:
        given = {"paths": [str(folder / "in")], "engine": "other", "server": model.address, "model_id": "m"}
        plain = json.loads(_run(PLAIN, {**given, "out": str(folder / "plain")}, folder / "plain-store", {}))
        assert plain["complete"] == documents
        began = datetime.now().astimezone()
        _run(FLOW, {**given, "out": str(folder / "flow")}, folder / "flow-store", server.environment)
        return _told(server, plain["seconds"], began)


def _run(code: str, given: dict[str, Any], store: Path, more: dict[str, str]) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(given)],
        cwd=ROOT,
        env={**own, **more, "QUIRE_STORE": str(store), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _told(server: PrefectServer, plain: float, began: datetime) -> Cost:
    """What the server's API tells of the batch's run and its tasks."""
    runs = {row["name"]: row for row in server.rows("flow_runs")}
    batch = next(row for name, row in runs.items() if name.startswith("batch of"))
    tasks = server.rows("task_runs")
    assert batch["state_type"] == "COMPLETED", batch["state"]
    start, end = _at(batch["start_time"]), _at(batch["end_time"])
    last = max(_at(row["end_time"]) for row in tasks)
    states = Counter(str(row["state_type"]) for row in tasks)
    return Cost(
        plain, (end - start).total_seconds(), (start - began).total_seconds(), (end - last).total_seconds(), states
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where the flow takes more than 2 % longer than the library."""
    parser = argparse.ArgumentParser(description="Measure what the flow over many documents costs.")
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0, help="that the model takes for a document")
    parser.add_argument("--postgres", action="store_true", help="the server on PostgreSQL instead of SQLite")
    given = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quire-flows-")))
        database = stack.enter_context(postgres()) if given.postgres else None
        cost = measure(folder, given.documents, given.seconds, database)
    kind = "PostgreSQL" if given.postgres else "SQLite"
    print(f"{given.documents} documents, {given.seconds:g} s of the model for each; server on {kind}")
    print(f"  plain library {cost.plain:.2f} s, flow {cost.flow:.2f} s: {cost.share:+.2%}")
    print(f"  the flow's own start {cost.start:.2f} s; from its last document to its end {cost.end:.2f} s")
    print(f"  task runs: {', '.join(f'{count} {state}' for state, count in sorted(cost.states.items()))}")
    return int(cost.share > 0.02)


if __name__ == "__main__":
    sys.exit(main())
