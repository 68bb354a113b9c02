"""What a page's reading is made of: CPU of the calls that nothing can do without, and of all of it, against raw MuPDF.

    python benchmarks/stages.py FILE... [--pages N]

`raw` is a page's text in blocks and the places of its pictures. `calls` is the sum of those calls to MuPDF that a page
whose text, styles, drawings and hidden words are to be known needs at least: its display list, and from that its words,
its styles and what is drawn beside text. `page` is the page as Quire's worker reads it, pictures not decoded, no
OCR. `tables` are the pages of it in which a table is found.

Each ratio is to `raw` of the same page. A file's is the median of its pages; at the end stand the median of the files'
and that of all pages together, to which a file gives no more than N, evenly spread.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pymupdf

from pipeline.extract.drawn import Drawn
from pipeline.extract.messages import Ask
from pipeline.extract.opening import open_pdf
from pipeline.extract.pages import Source, read_page
from pipeline.extract.work import WorkStore
from pipeline.extract.worker import collect_seldom

STYLES = pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_INHIBIT_SPACES


def raw(document: pymupdf.Document, index: int) -> None:
    """Text in blocks, and the places of pictures."""
    page = document[index]
    page.get_text("blocks")
    page.get_image_info()


def calls(document: pymupdf.Document, index: int) -> None:
    """The calls that nothing can do without, their results thrown away."""
    page = document[index]
    drawn = Drawn(page)
    _ = drawn.words, drawn.styles(STYLES), drawn.shapes, page.annot_xrefs()


def spent(do: Callable[[], object]) -> float:
    """CPU milliseconds."""
    start = time.process_time()
    do()
    return 1000 * (time.process_time() - start)


@dataclass(frozen=True, slots=True)
class Costs:
    """What one page costs: `raw` in CPU milliseconds, the others in times that. `table` says whether it has one."""

    raw: float
    calls: float
    page: float
    table: bool


def measured(path: Path, most: int, store: str) -> list[Costs]:
    """At most that many pages of a file, evenly spread."""
    document = open_pdf(path.read_bytes(), None).document
    source = Source(document, WorkStore(store), "never", lambda stage: None)
    return [_page(source, index) for index in range(0, document.page_count, -(-document.page_count // most))]


def _page(source: Source, index: int) -> Costs:
    document, ask = source.document, Ask("page", index + 1, ("pictures",))
    document[index].get_text("blocks")  # what is loaded once (fonts) is counted for none
    base = spent(lambda: raw(document, index))
    least = spent(lambda: calls(document, index))
    whole = spent(lambda: read_page(source, ask))
    table = any(block.kind == "table" for block in read_page(source, ask).blocks)
    return Costs(base, least / base, whole / base, table)


def line(name: str, pages: Sequence[Costs]) -> str:
    """The medians of pages, one line."""
    tables = [page.page for page in pages if page.table]
    shown = f"{name[-35:]:<36}{len(pages):>6}{sum(page.raw for page in pages) / len(pages):>8.2f}"
    shown += f"{median(page.calls for page in pages):>6.2f}x{median(page.page for page in pages):>6.2f}x"
    return shown + (f"{median(tables):>6.2f}x of {len(tables)}" if tables else "")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="PDF files")
    parser.add_argument("--pages", type=int, default=60, help="pages of each file at the most, evenly spread")
    given = parser.parse_args()
    collect_seldom()
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    print(f"{'file':<36}{'pages':>6}{'raw ms':>8}{'calls':>7}{'page':>7}{'tables':>7}")
    files: list[list[Costs]] = []
    with tempfile.TemporaryDirectory() as store:
        for path in given.files:
            files.append(measured(path, given.pages, store))
            print(line(path.name, files[-1]), flush=True)
    calls_of_all, pages_of_all = (
        median(median(getattr(page, kind) for page in pages) for pages in files) for kind in ("calls", "page")
    )
    print(f"{'median of the files':<50}{calls_of_all:>6.2f}x{pages_of_all:>6.2f}x")
    print(line("all pages together", [page for pages in files for page in pages]))


if __name__ == "__main__":
    main()
