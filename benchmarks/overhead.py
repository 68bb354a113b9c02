"""What reading, counting and packing a long document cost, against MuPDF's own text extraction on the same file.

    python benchmarks/overhead.py [FILE] [--pages N] [--window N]

Prints CPU milliseconds a page (the worker process included) and, since a machine may be busy, their ratio to raw
`page.get_text()` in the same run; then the peak memory. Without a file, one of about 600 pages is made by joining the
annual report of `samples/`.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from pipeline.document import Document, Page
from pipeline.extract.reader import mark_duplicates, read_document
from pipeline.extract.work import WorkStore
from pipeline.pack.layout import page_parts
from pipeline.pack.request import Request
from pipeline.pack.requests import pack
from pipeline.pack.tokens import counter_for
from pipeline.profiles import models

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "annual-report.pdf"
JOINED_PAGES = 600
MODEL = models()["mistral-small-3.2"]
SYSTEM = "Read the pages and answer by the schema. " * 20


class Clock:
    """CPU seconds by step, of this process and of the children that have ended."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        """Adds what the block takes to `step`."""
        before = self._now()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + self._now() - before

    @staticmethod
    def _now() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime


def joined_sample(folder: Path) -> Path:
    """The sample as often as it takes to fill `JOINED_PAGES`."""
    import pymupdf

    long, sample = pymupdf.open(), pymupdf.open(SAMPLE)
    while long.page_count < JOINED_PAGES:
        long.insert_pdf(sample)
    path = folder / "joined.pdf"
    long.save(path, garbage=4)
    return path


def read_and_pack(
    path: Path, most: int | None, window: int, clock: Clock
) -> tuple[Document, list[Page], list[Request]]:
    """The product's own way: read in a worker, count, pack."""
    counter = counter_for(MODEL)
    with clock.measure("load the vocabulary"):
        counter.text("word")
    with (
        tempfile.TemporaryDirectory() as store,
        clock.measure("read"),
        read_document(path, WorkStore(store), ocr="never") as reading,
    ):
        document = reading.document
        last = min(document.page_count, most or document.page_count)
        pages = list(mark_duplicates(list(reading.pages(range(1, last + 1)))))
    with clock.measure("count"):
        for page in pages:
            counter.parts(page_parts(page, "all", MODEL.pictures))
    with clock.measure("pack, counting included"):
        requests = pack(
            document,
            pages,
            system=SYSTEM,
            window=window,
            reserve=window // 8,
            counter=counter,
            rule=MODEL.pictures,
            images="all",
        )
    return document, pages, requests


def raw_text(path: Path, pages: int, clock: Clock) -> None:
    """MuPDF's plain text of the same pages, opening included, its import not."""
    import pymupdf

    with clock.measure("raw page.get_text()"):
        raw = pymupdf.open(stream=path.read_bytes(), filetype="pdf")
        for number in range(pages):
            raw[number].get_text()


def peak_megabytes() -> tuple[float, float]:
    """The most resident memory of this process and of the largest child so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    own, child = (peak * unit / 1e6 for peak in peaks)
    return own, child


def report(path: Path, most: int | None, window: int, show: Callable[[str], None] = print) -> None:
    """Measures and prints the table."""
    clock = Clock()
    document, pages, requests = read_and_pack(path, most, window, clock)
    own, child = peak_megabytes()
    raw_text(path, len(pages), clock)
    raw = clock.seconds.pop("raw page.get_text()")
    load = clock.seconds.pop("load the vocabulary")
    pictures = sum(len(request.pictures) for request in requests)
    tokens = sum(request.tokens for request in requests)
    show(f"{document.file}: {len(pages):,} pages, {document.bytes / 1e6:.1f} MB")
    show(f"{len(requests)} requests, {tokens:,} tokens, {pictures:,} pictures sent, window {window:,}\n")
    show(f"{'step':<26}{'CPU ms a page':>14}{'of raw':>9}")
    for step, seconds in {"raw page.get_text()": raw, **clock.seconds}.items():
        show(f"{step:<26}{seconds * 1000 / len(pages):>14.2f}{seconds / raw:>8.2f}x")
    show(f"\nvocabulary, once a process: {load:.2f} s")
    show(f"peak memory: {own:.0f} MB here + {child:.0f} MB in the worker")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help="a PDF; without it, the annual report of samples/, joined")
    parser.add_argument("--pages", type=int, help="read at most so many pages")
    parser.add_argument("--window", type=int, default=MODEL.window, help="tokens of a window")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.file
        if path is None:
            with get_context("spawn").Pool(1) as pool:  # apart, so that its memory is not counted here
                path = pool.apply(joined_sample, (Path(folder),))
        report(path, given.pages, given.window)


if __name__ == "__main__":
    main()
