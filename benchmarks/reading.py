"""What reading costs: CPU a page, wall time and peak memory a document, against other readers on the same files.

    python benchmarks/reading.py FILE... [--pages N] [--peers FOLDER] [--peer-pages N] [--json OUT] [--plots FOLDER]

Each reader reads each file in a fresh process. `mupdf` makes two calls a page: its text in blocks with their places,
and the places of its pictures. `page` is one page as Quire's worker reads it, without the decoding of pictures, which
stands in a column of its own, and without OCR; beside it stand what the calls of MuPDF cost that this cannot do
without, and the pages with a table alone. `quire` is the whole way, worker processes and pictures included, on one
core and on all. Each ratio is to `mupdf` on the same pages in the same run.

Other readers are slow: they get the first pages of a file only (60 by default), and so does a `mupdf` of their own.
They come from FOLDER, made once with

    uv pip install --target FOLDER pdfplumber markitdown tabulate; uv pip install --target FOLDER --no-deps pymupdf4llm

or are those that are installed. Memory is the most that all processes of a reader held together.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.plots import draw
from benchmarks.readers import ALL, ONE, OWN, PAGE, RAW, installed
from benchmarks.watch import watched

LONG = 1000
"""Pages from which two cores are to be at least 1.5 times as fast as one."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One reader on the first `pages` pages of a file: CPU milliseconds of the mean page, wall seconds, peak megabytes.

    `ratio` is its CPU to that of `mupdf` on the same pages: for `page` the median over the pages, else of the sums. For
    `page` alone: `tables` is that of the pages with tables, `needed` that of the calls it cannot do without, `pictures`
    the milliseconds that decoding them adds to the mean page, `ratios` and `table_ratios` those of each page. `others`
    is the share of all cores that other processes took meanwhile.
    """

    file: str
    reader: str
    pages: int
    cpu: float
    ratio: float
    wall: float
    memory: float
    tables: float | None = None
    needed: float | None = None
    pictures: float | None = None
    ratios: Sequence[float] = ()
    table_ratios: Sequence[float] = ()
    others: float = 0.0


def measured(path: Path, pages: int, readers: Sequence[str], peers: Path | None) -> list[Cost]:
    """Each reader on one file. One that fails or takes over ten minutes is left out, and standard error says so."""
    costs: list[Cost] = []
    folder = os.pathsep.join(filter(None, (str(peers.absolute()) if peers else "", os.environ.get("PYTHONPATH"))))
    for reader in readers:
        environment = {} if reader in OWN else {"PYTHONPATH": folder}
        seen = watched([sys.executable, "-m", "benchmarks.readers", reader, str(path)], environment, 600.0)
        if seen.code:
            print(f"{reader} failed on {path.name} or took too long (exit code {seen.code})", file=sys.stderr)
            continue
        figures = json.loads(seen.printed.splitlines()[-1])
        if reader == PAGE:
            costs.append(
                Cost(path.name, reader, pages, wall=seen.wall, memory=seen.memory, others=seen.others, **figures)
            )
            continue
        cpu = figures["cpu"] / pages
        raw = next((cost.cpu for cost in costs if cost.reader == RAW), cpu)
        costs.append(Cost(path.name, reader, pages, cpu, cpu / raw, figures["wall"], seen.memory, others=seen.others))
    return costs


def shortened(path: Path, pages: int, folder: Path) -> tuple[Path, int]:
    """The file, or a copy of its first pages where it has more, and how many it has then."""
    import pymupdf

    with pymupdf.open(stream=path.read_bytes(), filetype="pdf") as document:
        count = document.page_count
        if not pages or count <= pages:
            return path, count
        document.select(range(pages))
        copy = folder / path.name
        document.save(copy, garbage=2)
        return copy, pages


def table(costs: Sequence[Cost]) -> str:
    """The figures, a line for each reader on each file."""
    lines = [f"{'file':<28}{'reader':<18}{'pages':>6}{'CPU ms/page':>12}{'of mupdf':>10}{'wall s':>8}{'MB':>6}"]
    for cost in costs:
        more = [
            f"needed calls {cost.needed:.2f}x" if cost.needed else "",
            f"with tables {cost.tables:.2f}x" if cost.tables else "",
            f"pictures {cost.pictures:+.1f} ms" if cost.pictures is not None else "",
        ]
        lines.append(
            f"{cost.file[-27:]:<28}{cost.reader:<18}{cost.pages:>6}{cost.cpu:>12.2f}{cost.ratio:>9.2f}x{cost.wall:>8.1f}"
            f"{cost.memory:>6.0f}  {', '.join(filter(None, more))}"
        )
    return "\n".join(lines)


def summary(costs: Sequence[Cost]) -> str:
    """What the table comes to."""
    pages = [cost for cost in costs if cost.reader == PAGE]
    tables = [cost.tables for cost in pages if cost.tables]
    lines = []
    if pages:
        lines.append(
            f"a page: {median(cost.ratio for cost in pages):.2f} times mupdf's own time on it (median of the files'"
            f" medians), {median(tables) if tables else 0:.2f} with tables; the calls it cannot do without:"
            f" {median(cost.needed or 0 for cost in pages):.2f}"
        )
        ratios = [ratio for cost in pages for ratio in cost.ratios]
        with_tables = [ratio for cost in pages for ratio in cost.table_ratios]
        lines.append(
            f"all pages together: {median(ratios):.2f} times (median of {len(ratios)} pages),"
            f" {median(with_tables) if with_tables else 0:.2f} with tables ({len(with_tables)} pages)"
        )
    lines += [
        f"all {os.cpu_count()} cores: {one.wall / two.wall:.2f} times one core on {one.file}, {one.pages} pages"
        f" (others took {one.others:.0%} and {two.others:.0%} of the machine meanwhile)"
        for one, two in both(costs)
    ]
    own = [cost.memory for cost in costs if cost.reader in (ONE, ALL)]
    return "\n".join([*lines, f"peak memory: {max(own):.0f} MB" if own else ""])


def both(costs: Sequence[Cost]) -> list[tuple[Cost, Cost]]:
    """The costs of each long file on one core and on all."""
    one = {cost.file: cost for cost in costs if cost.reader == ONE and cost.pages >= LONG}
    return [(one[cost.file], cost) for cost in costs if cost.reader == ALL and cost.file in one]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="PDF files")
    parser.add_argument("--pages", type=int, default=0, help="read at most so many pages of each (0, the default: all)")
    parser.add_argument("--page-pages", type=int, default=300, help="the same where each page is measured (300)")
    parser.add_argument("--peers", type=Path, help="a folder that holds other readers")
    parser.add_argument(
        "--peer-pages", type=int, default=60, help="the same for other readers (60); 0 for none of them"
    )
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--plots", type=Path, help="draw them into that folder, as PNG")
    given = parser.parse_args()
    if given.peers:
        sys.path.append(str(given.peers.absolute()))
    peers = [RAW, *(name for name in installed() if name not in OWN)] if given.peer_pages else []
    parts = ((given.pages, [RAW, ONE, ALL]), (given.page_pages, [PAGE]), (given.peer_pages, peers))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start", flush=True)
    costs: list[Cost] = []
    for path in given.files:
        for most, readers in parts:
            with tempfile.TemporaryDirectory() as folder:
                short, pages = shortened(path.absolute(), most, Path(folder)) if readers else (path, 0)
                found = measured(short, pages, readers, given.peers)
            print(table(found).partition("\n")[2], flush=True)
            costs += found
    print(f"\n{table(costs)}\n\n{summary(costs)}")
    if given.json:
        given.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=1), encoding="utf-8")
    if given.plots:
        draw([asdict(cost) for cost in costs], given.plots)


if __name__ == "__main__":
    main()
