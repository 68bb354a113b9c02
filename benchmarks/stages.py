"""What a page's reading is made of: CPU of the calls that nothing can do without, and of all of it, against raw MuPDF.

    python benchmarks/stages.py FILE... [--pages N]

`raw` is a page's text in blocks and the places of its pictures. `calls` is the sum of those calls to MuPDF that a page
whose text, styles, drawings and hidden words are to be known needs at least: its words, its display list, and from
that its styles and what is drawn beside text. `page` is the page as Quire's worker reads it, pictures not decoded, no
OCR.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
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


def measured(path: Path, most: int, store: str) -> tuple[list[float], list[float], list[float]]:
    """CPU milliseconds of evenly spread pages: raw, the calls, the page."""
    document = open_pdf(path.read_bytes(), None).document
    source = Source(document, WorkStore(store), "never", lambda stage: None)
    found: tuple[list[float], list[float], list[float]] = ([], [], [])
    for index in range(0, document.page_count, max(1, document.page_count // most)):
        document[index].get_text("blocks")  # what is loaded once (fonts) is counted for none
        found[0].append(spent(lambda at=index: raw(document, at)))  # type: ignore[misc]
        found[1].append(spent(lambda at=index: calls(document, at)))  # type: ignore[misc]
        found[2].append(spent(lambda at=index: read_page(source, Ask("page", at + 1, ("pictures",)))))  # type: ignore[misc]
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="PDF files")
    parser.add_argument("--pages", type=int, default=60, help="pages of each file, evenly spread")
    given = parser.parse_args()
    collect_seldom()
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    print(f"{'file':<36}{'pages':>6}{'raw ms':>8}{'calls':>7}{'page':>7}   (calls and page: of raw, median of pages)")
    overall: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as store:
        for path in given.files:
            base, least, whole = measured(path, given.pages, store)
            ratios = [median(one / of for one, of in zip(some, base, strict=True)) for some in (least, whole)]
            overall.append((ratios[0], ratios[1]))
            shown = f"{path.name[-35:]:<36}{len(base):>6}{sum(base) / len(base):>8.2f}"
            print(f"{shown}{ratios[0]:>6.2f}x{ratios[1]:>6.2f}x", flush=True)
    least_of_all, whole_of_all = (median(column) for column in zip(*overall, strict=True))
    print(f"{'median of the files':<50}{least_of_all:>6.2f}x{whole_of_all:>6.2f}x")


if __name__ == "__main__":
    main()
