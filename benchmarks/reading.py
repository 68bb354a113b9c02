"""What reading costs: CPU a page, wall time and peak memory a document, against other readers on the same files.

    python benchmarks/reading.py FILE... [--pages N] [--json OUT] [--plot OUT.png]

Each reader reads each file in a fresh process; its import is not counted, its opening is. `mupdf` is the sum of the two
calls that nothing can do without: a page's text with its places, and the places of its pictures. `page` is one page as
Quire's worker reads it, pictures not decoded, no OCR; `tables` the same for the pages that have a table. `quire` is the
whole way, worker processes and pictures included, with one process and with all cores. Of others, those are
measured that are installed. Memory is the most that all processes of a reader held together.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

PAGES = 400
RAW = "mupdf"


@dataclass(frozen=True, slots=True)
class Cost:
    """One reader on one file: CPU milliseconds of the mean page, wall seconds, peak megabytes.

    Where it is measured page by page, `ratio` is the median of a page's cost to the same page's by MuPDF, and `tables`
    that of the pages with tables.
    """

    file: str
    reader: str
    pages: int
    cpu: float
    wall: float
    memory: float
    ratio: float | None = None
    tables: float | None = None


def by_mupdf(path: Path) -> Iterator[None]:
    """A page's text in blocks, and the places of its pictures."""
    import pymupdf

    document = pymupdf.open(stream=path.read_bytes(), filetype="pdf")
    for index in range(document.page_count):
        page = document[index]
        page.get_text("blocks")
        page.get_image_info()
        yield


def by_quire(path: Path, processes: int) -> Iterator[None]:
    """The whole way: worker processes, pictures, the work store."""
    from pipeline.extract.limits import Limits
    from pipeline.extract.reader import read_document
    from pipeline.extract.work import WorkStore

    limits = Limits(processes=processes) if processes else Limits()
    with (
        tempfile.TemporaryDirectory() as store,
        read_document(path, WorkStore(store), ocr="never", limits=limits) as reading,
    ):
        for _ in reading.pages():
            yield


def by_pypdfium2(path: Path) -> Iterator[None]:
    """Its plain text."""
    import pypdfium2

    for page in pypdfium2.PdfDocument(path):
        page.get_textpage().get_text_range()
        yield


def by_pdfplumber(path: Path) -> Iterator[None]:
    """Its plain text."""
    with importlib.import_module("pdfplumber").open(path) as document:
        for page in document.pages:
            page.extract_text()
            page.close()
            yield


def by_markitdown(path: Path) -> Iterator[None]:
    """Its Markdown, of all pages at once."""
    importlib.import_module("markitdown").MarkItDown().convert(path)
    yield


def by_pymupdf4llm(path: Path) -> Iterator[None]:
    """Its Markdown, of all pages at once."""
    importlib.import_module("pymupdf4llm").to_markdown(str(path))
    yield


READERS: dict[str, tuple[str, Callable[[Path], Iterator[None]]]] = {
    RAW: ("pymupdf", by_mupdf),
    "quire, 1 process": ("pipeline", lambda path: by_quire(path, 1)),
    "quire": ("pipeline", lambda path: by_quire(path, 0)),
    "pypdfium2": ("pypdfium2", by_pypdfium2),
    "pdfplumber": ("pdfplumber", by_pdfplumber),
    "markitdown": ("markitdown", by_markitdown),
    "pymupdf4llm": ("pymupdf4llm", by_pymupdf4llm),
}
PAGE = "page"


def page_by_page(path: Path) -> tuple[list[float], list[float], list[bool]]:
    """CPU seconds of each page by MuPDF alone and as Quire's worker reads it, in turn, and whether it has a table."""
    import pymupdf

    from pipeline.extract.messages import Ask
    from pipeline.extract.opening import open_pdf
    from pipeline.extract.pages import Source, read_page
    from pipeline.extract.work import WorkStore

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    raw, ours, tables = [], [], []
    with tempfile.TemporaryDirectory() as store:
        document = open_pdf(path.read_bytes(), None).document
        source = Source(document, WorkStore(store), "never", lambda stage: None)
        for index in range(document.page_count):
            document[index].get_text("blocks")  # what is loaded once (fonts) is counted for neither
            start = time.process_time()
            page = document[index]
            page.get_text("blocks")
            page.get_image_info()
            middle = time.process_time()
            read = read_page(source, Ask("page", index + 1, ("pictures",)))
            raw.append(middle - start)
            ours.append(time.process_time() - middle)
            tables.append(any(block.kind == "table" for block in read.blocks))
    return raw, ours, tables


def measure_one(path: Path, reader: str) -> None:
    """In a process of its own: measure, and print figures as JSON."""
    import pymupdf

    pages = pymupdf.open(stream=path.read_bytes(), filetype="pdf").page_count
    started, cpu = time.perf_counter(), _cpu()
    extra: dict[str, float | None] = {}
    if reader == PAGE:
        raw, ours, tables = page_by_page(path)
        ratios = [own / base for own, base in zip(ours, raw, strict=True)]
        with_tables = [ratio for ratio, table in zip(ratios, tables, strict=True) if table]
        extra = {"ratio": median(ratios), "tables": median(with_tables) if with_tables else None}
        spent = sum(ours)
    else:
        name, read = READERS[reader]
        importlib.import_module(name)
        started, cpu = time.perf_counter(), _cpu()
        for _ in read(path):
            pass
        spent = _cpu() - cpu
    wall = time.perf_counter() - started
    print(json.dumps({"pages": pages, "cpu": spent * 1000 / pages, "wall": wall, **extra}))


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measured(path: Path, reader: str) -> Cost:
    """One reader on one file, in a fresh process that is watched for its memory."""
    command = [sys.executable, "-m", "benchmarks.reading", "--one", reader, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parent.parent)
    peak = [0.0]
    watching = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watching.start()
    said, _ = process.communicate()
    watching.join()
    if process.returncode:
        raise RuntimeError(f"{reader} failed on {path.name} with exit code {process.returncode}")
    return Cost(file=path.name, reader=reader, memory=peak[0], **json.loads(said.splitlines()[-1]))


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    """Adds up what the process and those below it hold, shared pages once, until it ends (Linux only)."""
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_held(pid) for pid in _family(process.pid)))
        time.sleep(0.1)


def _family(pid: int) -> list[int]:
    children: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += map(int, path.read_text().split())
        except OSError:
            continue  # the thread ended between two looks
    return [pid, *(one for child in children for one in _family(child))]


def _held(pid: int) -> float:
    """Megabytes of its proportional set size, 0 where it is gone or this is no Linux."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def shortened(path: Path, pages: int, folder: Path) -> Path:
    """The file, or a copy of its first pages where it has more."""
    import pymupdf

    with pymupdf.open(stream=path.read_bytes(), filetype="pdf") as document:
        if not pages or document.page_count <= pages:
            return path
        document.select(range(pages))
        copy = folder / path.name
        document.save(copy, garbage=2)
        return copy


def table(costs: Sequence[Cost]) -> str:
    """The figures of all files, a line for each reader."""
    lines = [f"{'file':<28}{'reader':<18}{'pages':>6}{'CPU ms/page':>12}{'of mupdf':>9}{'wall s':>8}{'MB':>6}"]
    for cost in costs:
        raw = next(one for one in costs if one.file == cost.file and one.reader == RAW)
        ratio = cost.ratio if cost.ratio is not None else cost.cpu / raw.cpu
        with_tables = f"   tables {cost.tables:.2f}x" if cost.tables is not None else ""
        lines.append(
            f"{cost.file[-27:]:<28}{cost.reader:<18}{cost.pages:>6}{cost.cpu:>12.2f}{ratio:>8.2f}x{cost.wall:>8.1f}"
            f"{cost.memory:>6.0f}{with_tables}"
        )
    return "\n".join(lines)


def plot(costs: Sequence[Cost], out: Path) -> None:
    """CPU a page, a group of bars for each file."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    files = list(dict.fromkeys(cost.file for cost in costs))
    readers = list(dict.fromkeys(cost.reader for cost in costs))
    figure, axes = pyplot.subplots(figsize=(max(6, 2 * len(files)), 4.5))
    for at, reader in enumerate(readers):
        found = {cost.file: cost.cpu for cost in costs if cost.reader == reader}
        places = [index + 0.8 * at / len(readers) for index in range(len(files))]
        axes.bar(places, [found.get(file, 0.0) for file in files], 0.8 / len(readers), label=reader)
    axes.set_xticks(range(len(files)), [file[:24] for file in files], rotation=20, ha="right")
    axes.set_ylabel("CPU ms a page")
    axes.set_yscale("log")
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(out, dpi=150)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="PDF files")
    parser.add_argument("--pages", type=int, default=PAGES, help="read at most so many pages of each (0: all)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--plot", type=Path, help="draw the CPU times there, as PNG")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure_one(given.files[0], given.one)
        return
    readers = [RAW, PAGE, *(name for name, (module, _) in READERS.items() if name != RAW and _installed(module))]
    print(f"{os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        files = [shortened(path.absolute(), given.pages, Path(folder)) for path in given.files]
        costs = [measured(path, reader) for path in files for reader in readers]
    print(table(costs))
    ratios = [cost.ratio for cost in costs if cost.ratio is not None]
    print(f"\na page, of MuPDF's own time on it: {median(ratios):.2f}x (median of the files' medians)")
    if given.json:
        given.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=1), encoding="utf-8")
    if given.plot:
        plot(costs, given.plot)


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


if __name__ == "__main__":
    main()
