"""How near the pace of requests comes to the best possible one, and what Quire itself computes meanwhile.

    python benchmarks/pace.py --pages 400 --requests-per-minute 60 --concurrency 8

The server takes 2,500 tokens a second in and gives 50 a second out. First, in simulated time, when the last of a
document's reading requests ends beside the earliest moment at which any schedule could end it. Then, in real time, the
processor time of the whole command line beside the time that the model would have taken for the same requests.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.faulty_documents import Book, make_book
from tests.faulty_runs import run
from tests.strict_log import Exchange, read_log
from tests.strict_server import Rules, StrictServer
from tests.strict_wire import ROOT, in_a_process

SPEED_IN, SPEED_OUT = 2500.0, 50.0
WINDOW = 2048
MODEL = "mistral-small-3.2-24b"


@dataclass(frozen=True, slots=True)
class Paced:
    """Reading requests, the seconds until the last had ended, the least that can be, and how many were refused."""

    requests: int
    seconds: float
    best: float
    refused: int


@dataclass(frozen=True, slots=True)
class Computed:
    """Requests, the processor seconds of the command line, and the seconds of the model, one request after another."""

    requests: int
    processor: float
    model: float


def best(seconds: Sequence[float], at_once: int, per_minute: int | None) -> float:
    """A bound that no schedule of requests of these durations can end before.

    Whatever is left after m minutes' worth of requests begins at m minutes or later, and takes at least the shortest
    durations, spread evenly over what may be under way at once.
    """
    shortest = sorted(seconds)
    minutes = range(-(-len(shortest) // per_minute)) if per_minute else range(1)
    return max(60 * m + sum(shortest[: len(shortest) - m * (per_minute or 0)]) / at_once for m in minutes)


def paced(book: Book, folder: Path, *, at_once: int, per_minute: int | None) -> Paced:
    """Ask about the book in simulated time, with the limits given to both sides."""
    rules = Rules(speed_in=SPEED_IN, speed_out=SPEED_OUT, requests_per_minute=per_minute, at_once=at_once)
    server = StrictServer(rules)
    settings: dict[str, Any] = {"window_tokens": WINDOW, "concurrency": at_once, "requests_per_minute": per_minute}
    done = run(book, server, folder / f"store-{at_once}-{per_minute}", **settings)
    assert done.result is not None and done.result.status == "complete", done.error
    read = [one for one in server.log.exchanges if one.shown and one.sound]
    ended = max(one.ended or 0.0 for one in read) - min(one.at for one in read)
    refused = sum(one.status != 200 for one in server.log.exchanges)
    return Paced(len(read), ended, best([_seconds(one) for one in read], at_once, per_minute), refused)


def computed(document: Path, folder: Path) -> Computed:
    """Run the command line against a server in another process that answers at once."""
    log = folder / "log.jsonl"
    with in_a_process("{}", log) as address:
        command = [sys.executable, "-c", "import sys; from flows.cli.main import main; sys.exit(main())", "run"]
        command += [str(document), "--engine", address, "--model", MODEL, "--window-tokens", str(WINDOW)]
        given = {**os.environ, "QUIRE_STORE": str(folder / "store")}
        process = subprocess.Popen([*command, "--out", str(folder)], cwd=ROOT, env=given, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, "the run is not complete"
    asked = read_log(log)
    return Computed(len(asked), usage.ru_utime + usage.ru_stime, sum(map(_seconds, asked)))


def _seconds(one: Exchange) -> float:
    return one.prompt / SPEED_IN + one.completion / SPEED_OUT


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where the pace is over 1.1 times the best, or the processor over 2 % of the model's time."""
    parser = argparse.ArgumentParser(description="Measure the pace of requests, and what is computed beside them.")
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--requests-per-minute", type=int, default=60)
    parser.add_argument("--concurrency", type=int, default=8)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="quire-pace-") as name:
        folder = Path(name)
        book = make_book(folder, 1, given.pages, pictures=0)
        limits = (None, given.requests_per_minute)
        rows = [paced(book, folder, at_once=given.concurrency, per_minute=limit) for limit in limits]
        for limit, row in zip(limits, rows, strict=True):
            ends = f"{row.seconds:.1f} s, the best possible {row.best:.1f} s: {row.seconds / row.best:.3f} times"
            print(f"{row.requests} requests, {limit or 'any'} a minute, {given.concurrency} at once: {ends}")
            print(f"  refused on the way: {row.refused}")
        cost = computed(book.path, folder)
    share = cost.processor / cost.model
    print(f"{cost.requests} requests: {cost.processor:.1f} s of processor, {cost.model:.0f} s of model: {share:.2%}")
    return int(share >= 0.02 or any(row.seconds > 1.1 * row.best for row in rows))


if __name__ == "__main__":
    sys.exit(main())
