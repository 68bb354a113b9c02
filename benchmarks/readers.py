"""The readers that are compared: `python -m benchmarks.readers NAME FILE` reads one file and prints figures as JSON.

Each reads in a process of its own. Its import is not counted, opening the file is. What has one core is pinned to it
with all the processes that it starts: its wall time against that with all cores is what a further core is worth.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.errors import QuireError

RAW = "mupdf"
PAGE = "page"
ONE = "quire, 1 core"
ALL = "quire"


def by_mupdf(path: Path) -> Iterator[None]:
    """A page's text in blocks, and the places of its pictures."""
    for page in _opened(path):
        page.get_text("blocks")
        page.get_image_info()
        yield


def by_quire(path: Path) -> Iterator[None]:
    """The whole way: worker processes, as many as cores, pictures, the work store."""
    from pipeline.extract.reader import read_document
    from pipeline.extract.work import WorkStore

    with tempfile.TemporaryDirectory() as store, read_document(path, WorkStore(store), ocr="never") as reading:
        for _ in reading.pages():
            yield


def by_quire_on_one_core(path: Path) -> Iterator[None]:
    """The same with one core for all of its processes. Raises OSError on a system that cannot pin (Linux can)."""
    if not hasattr(os, "sched_setaffinity"):
        raise OSError("this system cannot pin a process to a core")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    yield from by_quire(path)


def by_pypdfium2(path: Path) -> Iterator[None]:
    """Its plain text, and the places of its objects that are pictures."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    for page in pypdfium2.PdfDocument(path):
        page.get_textpage().get_text_range()
        for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2):
            one.get_bounds()
        yield


def by_pdfplumber(path: Path) -> Iterator[None]:
    """Its plain text, and the places of its pictures, which it finds with that."""
    with importlib.import_module("pdfplumber").open(path) as document:
        for page in document.pages:
            page.extract_text()
            page.close()
            yield


def by_markitdown(path: Path) -> Iterator[None]:
    """Its Markdown, of all pages at once; no pictures."""
    importlib.import_module("markitdown").MarkItDown().convert(path)
    yield


def by_pymupdf4llm(path: Path) -> Iterator[None]:
    """Its Markdown, of all pages at once."""
    importlib.import_module("pymupdf4llm").to_markdown(str(path), show_progress=False)
    yield


READERS: dict[str, tuple[str, Callable[[Path], Iterator[None]]]] = {
    RAW: ("pymupdf", by_mupdf),
    ONE: ("pipeline.extract.reader", by_quire_on_one_core),
    ALL: ("pipeline.extract.reader", by_quire),
    "pypdfium2": ("pypdfium2", by_pypdfium2),
    "pdfplumber": ("pdfplumber", by_pdfplumber),
    "markitdown": ("markitdown", by_markitdown),
    "pymupdf4llm": ("pymupdf4llm", by_pymupdf4llm),
}
OWN = (RAW, ONE, ALL)


def installed() -> list[str]:
    """The names of those that can be imported."""
    return [name for name, (module, _) in READERS.items() if importlib.util.find_spec(module)]


def needed(page: Any) -> None:
    """The calls of MuPDF that complete reading cannot do without.

    A page interpreted to a list of what it draws; of that list the words, the spans with their fonts, sizes, colours,
    and the places of its pictures and drawings; which objects the pictures are; what is laid over it.
    """
    import pymupdf

    from pipeline.extract.drawn import Drawn
    from pipeline.extract.objects import picture_objects

    drawn = Drawn(page)
    _ = drawn.words, drawn.styles(pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_INHIBIT_SPACES)
    if drawn.pictures:
        list(picture_objects(page))
    page.annot_xrefs()


def page_by_page(path: Path) -> dict[str, float | list[float] | None]:
    """Each page in turn by MuPDF's two calls, by the needed calls, and as Quire's worker reads it.

    What is loaded once (fonts) is counted for none of them. `ratio` and `needed` are medians over the pages of the time
    by MuPDF's two calls; `tables` is that of the pages with a table; `ratios` and `table_ratios` are those of each
    page, so that the pages of several files can be put together; `pictures` milliseconds that decoding and encoding of
    pictures adds to the mean page; `cpu` milliseconds of the mean page without that.
    """
    from pipeline.extract.messages import Ask
    from pipeline.extract.pages import Source, read_page
    from pipeline.extract.sampling import sample
    from pipeline.extract.work import WorkStore
    from pipeline.extract.worker import collect_seldom

    collect_seldom()  # as a worker does
    raw, least, ours, whole, tables = [], [], [], [], []
    document = _opened(path)
    with tempfile.TemporaryDirectory() as store:
        source = Source(document, WorkStore(store), "never", lambda stage: None, sample(document).body)
        for index in range(document.page_count):
            by_mupdf_alone(document[index])
            raw.append(_spent(by_mupdf_alone, document[index]))
            least.append(_spent(needed, document[index]))
            without = Ask("page", index + 1, ("pictures",))
            read = read_page(source, without)
            ours.append(_spent(read_page, source, without))
            held = any(not one.decorative for one in read.pictures)
            whole.append(_spent(read_page, source, Ask("page", index + 1)) if held else ours[-1])
            tables.append(any(block.kind == "table" for block in read.blocks))
    ratios = [round(own / base, 3) for own, base in zip(ours, raw, strict=True)]
    table_ratios = [ratio for ratio, has in zip(ratios, tables, strict=True) if has]
    return {
        "cpu": 1000 * sum(ours) / len(ours),
        "ratio": median(ratios),
        "needed": median(one / base for one, base in zip(least, raw, strict=True)),
        "tables": median(table_ratios) if table_ratios else None,
        "ratios": ratios,
        "table_ratios": table_ratios,
        "pictures": 1000 * max(sum(whole) - sum(ours), 0.0) / len(ours),
    }


def by_mupdf_alone(page: Any) -> None:
    """MuPDF's two calls on one page."""
    page.get_text("blocks")
    page.get_image_info()


def _spent(call: Callable[..., object], *given: object) -> float:
    started = time.process_time()
    call(*given)
    return max(time.process_time() - started, 1e-6)


def _opened(path: Path) -> Any:
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    return pymupdf.open(stream=path.read_bytes(), filetype="pdf")


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main() -> None:
    """Measure one reader on one file."""
    name, path = sys.argv[1], Path(sys.argv[2])
    if name == PAGE:
        print(json.dumps(page_by_page(path)))
        return
    module, read = READERS[name]
    importlib.import_module(module)
    started, cpu = time.perf_counter(), _cpu()
    try:
        for _ in read(path):
            pass
    except QuireError as refused:
        sys.exit(str(refused))
    print(json.dumps({"cpu": 1000 * (_cpu() - cpu), "wall": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
