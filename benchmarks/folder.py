"""A folder of many documents: are all cores busy, what is gained over one at a time, and does memory grow?

    python benchmarks/folder.py                    200 documents made of samples with seeds
    python benchmarks/folder.py --more DIR         copies of the PDFs of a folder among them
    python benchmarks/folder.py --documents 40 --alone 10
    python benchmarks/folder.py --plot OUT.png     a picture of cores and memory over the run
    python benchmarks/folder.py --seconds 300      no longer than that, of however many documents are done by then

One run of `quire run` over all of them with the embedded engine and an empty store, watched from outside: processor
time of it and all its processes, their proportional memory (PSS) every half second, and how many documents are done.
Then some of them again with an empty store, one after the other in one process. Only ratios within one run are worth
something on a machine that others use. Linux alone tells all this.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice, pairwise
from pathlib import Path
from statistics import mean

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.watch import family, held, spent
from samples.make import KINDS

ROOT = Path(__file__).resolve().parent.parent
MIX = ("invoice", "paper", "invoice", "paper", "invoice", "annual-report", "invoice", "paper", "invoice", "contract")
"""The kinds of each ten documents: mostly short ones, one long, one scanned."""
SEEDS = 3
EVERY_SECONDS = 0.5
FINISHED = (0, 2, 3)
"""Exit codes of a run that came to its end: complete, or some documents unreadable or with gaps."""
TOGETHER = ("-m", "flows.cli.main", "run")
ALONE = (
    "-c",
    """
import sys
from pathlib import Path
from pipeline import understand, write_result

*paths, _, out = sys.argv[1:]
for path in paths:
    write_result(understand(path), Path(out, Path(path).stem + ".json"))
""",
)


@dataclass(frozen=True, slots=True)
class Moment:
    """How it stood so many seconds after the start: documents done, megabytes of proportional memory of all processes.

    `main` are those of the one process that lasts; the others, which read, are replaced as they grow. `cpu` are the
    processor seconds that all of them took until then, `idle` those that nobody took.
    """

    seconds: float
    done: int
    memory: float
    main: float
    cpu: float
    idle: float


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took: seconds of wall and processor time, the machine's idle share meanwhile, and its moments."""

    wall: float
    cpu: float
    idle: float
    moments: Sequence[Moment]


def make_documents(folder: Path, count: int, more: Path | None) -> list[Path]:
    """So many documents, no two alike: each says on its first page which copy it is."""
    import pymupdf

    made = {(kind, seed): KINDS[kind].make(seed)[0] for kind in set(MIX) for seed in range(SEEDS)}
    contents = [made[kind, seed] for seed in range(SEEDS) for kind in MIX]
    contents += [path.read_bytes() for path in sorted(more.rglob("*.pdf"))] if more else []
    paths = []
    for number, content in enumerate(islice(cycle(contents), count)):
        with pymupdf.open(stream=content, filetype="pdf") as document:
            document[0].insert_text((20, 20), f"Copy {number}", fontsize=8)
            paths.append(folder / f"{number:04}.pdf")
            document.save(paths[-1])
    return paths


def watched(how: Sequence[str], paths: Sequence[Path], out: Path, store: Path, most: float = math.inf) -> Run:
    """Run Python so, with the documents as its arguments and the results going to `out`, and watch it.

    It is ended after so many seconds at the most; what it took is then that of the last look.
    """
    command = [sys.executable, *how, *map(str, paths), "--out", str(out)]
    environment = {**os.environ, "QUIRE_STORE": str(store), "PYTHONPATH": str(ROOT)}
    began, idle_before, moments = time.monotonic(), _idle_seconds(), []
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=out.parent
    )
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        processes, after = family(process.pid), time.monotonic() - began
        done, memory, main = len(list(out.glob("[0-9]*.json"))), sum(map(held, processes)), held(process.pid)
        moments.append(Moment(after, done, memory, main, spent(processes), _idle_seconds() - idle_before))
        if after > most:
            for one in processes:
                with suppress(ProcessLookupError):  # it has just ended
                    os.kill(one, signal.SIGKILL)
            process.wait()
            return Run(after, moments[-1].cpu, moments[-1].idle / (after * len(os.sched_getaffinity(0))), moments)
        time.sleep(EVERY_SECONDS)
    if os.waitstatus_to_exitcode(status) not in FINISHED:
        sys.exit(f"the run ended early (exit code {os.waitstatus_to_exitcode(status)}): run `quire run` to see why")
    wall, cores = time.monotonic() - began, len(os.sched_getaffinity(0))
    idle = (_idle_seconds() - idle_before) / (wall * cores)
    return Run(wall, used.ru_utime + used.ru_stime, idle, moments)


def _idle_seconds() -> float:
    """Seconds that all of the machine's cores together have been idle."""
    return int(Path("/proc/stat").read_text().split()[4]) / os.sysconf("SC_CLK_TCK")


def fifths(moments: Sequence[Moment]) -> list[tuple[float, float]]:
    """Megabytes on average while each fifth of the documents was done: of all processes, and of the one that lasts."""
    last = moments[-1].done or 1
    parts = [[one for one in moments if part <= 5 * one.done / last < part + 1] for part in range(5)]
    return [(mean(one.memory for one in part), mean(one.main for one in part)) for part in parts if part]


def others(run: Run, cores: int) -> float:
    """The share of the machine that programs beside the run took meanwhile."""
    return max(1 - run.idle - run.cpu / (run.wall * cores), 0.0)


def report(together: Run, alone: Run, count: int, few: int) -> None:
    """Print what was measured."""
    cores = len(os.sched_getaffinity(0))
    print(f"{count} documents together: {together.wall:.0f} s, {together.wall / count:.2f} s each")
    print(f"processor time / (wall x {cores} cores): {together.cpu / (together.wall * cores):.0%}")
    print(f"of the cores idle meanwhile: {together.idle:.0%}, taken by other programs: {others(together, cores):.0%}")
    print(f"of what others left: {together.cpu / (together.wall * cores) / (1 - others(together, cores)):.0%}")
    print(f"one at a time: {alone.wall / few:.2f} s each ({few} of them), {alone.cpu / few:.2f} s of processor time")
    print(
        f"so together: {alone.wall / few / (together.wall / count):.2f} times as fast,"
        f" {together.cpu / count / (alone.cpu / few):.2f} times the processor time"
    )
    most = max(one.memory for one in together.moments)
    print(f"memory of all processes: at most {most:.0f} MB; while each fifth of the documents was done")
    for every, main in fifths(together.moments):
        print(f"{every:6.0f} MB on average, {main:.0f} MB of them in the process that lasts")


def draw(run: Run, out: Path) -> None:
    """Two pictures side by side: what became of the cores over time, and memory by documents done."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    cores = len(os.sched_getaffinity(0))
    marks = run.moments[:: max(1, len(run.moments) // 60)]
    spans = [(one, two, (two.seconds - one.seconds) * cores / 100) for one, two in pairwise(marks)]
    own = [max(two.cpu - one.cpu, 0.0) / percent for one, two, percent in spans]
    idle = [(two.idle - one.idle) / percent for one, two, percent in spans]
    others = [max(100 - mine - none, 0.0) for mine, none in zip(own, idle, strict=True)]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4))
    labels, colours = ["quire run", "other programs", "idle"], ["#0b57d0", "#9aa0a6", "#f1f3f4"]
    left.stackplot([two.seconds for _, two, _ in spans], own, others, idle, labels=labels, colors=colours)
    left.set(xlabel="seconds", ylabel=f"% of {cores} cores", ylim=(0, 100))
    left.legend(fontsize=8, loc="lower right")
    right.plot(
        [one.done for one in run.moments], [one.memory for one in run.moments], ".", color="#0b57d0", markersize=3
    )
    right.set(xlabel="documents done", ylabel="memory of all processes, MB")
    right.set_ylim(bottom=0)
    figure.tight_layout()
    figure.savefig(out, dpi=150)
    pyplot.close(figure)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--alone", type=int, default=20, help="how many of them to run again one at a time")
    parser.add_argument("--seconds", type=float, default=math.inf, help="end the run over all of them after so long")
    parser.add_argument("--more", type=Path, help="a folder whose PDFs are taken in too")
    parser.add_argument("--plot", type=Path, help="draw cores and memory over the run there, as PNG")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "in").mkdir()
        paths = make_documents(home / "in", given.documents, given.more)
        (home / "out").mkdir()
        (home / "alone").mkdir()
        together = watched(TOGETHER, paths, home / "out", home / "store", given.seconds)
        few = paths[: given.alone]
        alone = watched(ALONE, few, home / "alone", home / "store-alone")
        report(together, alone, together.moments[-1].done if together.wall > given.seconds else len(paths), len(few))
        if given.plot:
            draw(together, given.plot)


if __name__ == "__main__":
    main()
