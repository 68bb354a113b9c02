"""`quire doctor`: what works on this machine, what an endpoint can do, and where each setting comes from."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from flows.cli import options
from flows.cli.checks import Check
from pipeline import QuireError, Settings
from pipeline.settings import local_folder, shown_address

LEAST_FREE = 1 << 30


def execute(chosen: argparse.Namespace) -> int:
    """Look at everything; 0 unless something that Quire needs fails."""
    settings = options.settings_from(chosen)
    checks = [*_machine(settings), *(_engine(settings) if settings.engine != "offline" else ())]
    if chosen.prefect:
        checks += _prefect()
    sources = {name: source for name, source in settings.sources.items() if source != "default"}
    if chosen.json:
        print(json.dumps({"checks": [asdict(check) for check in checks], "settings": sources}, indent=2))
    else:
        _print(checks, sources)
    return max((int(check.name == "endpoint") * 4 + 1 for check in checks if check.state == "fails"), default=0)


def _machine(settings: Settings) -> Iterator[Check]:
    yield Check("quire", "ok", f"{options.version()} on Python {sys.version.split()[0]}")
    yield _tried("reading", _reading)
    yield _tried("tokens", _tokens)
    yield _ocr()
    yield _tried("store", lambda: _store(settings))
    yield _tried("spending", lambda: _spending(settings))
    yield _tried("output folder", lambda: _out(settings))


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", look())
    except (QuireError, OSError, ImportError) as error:
        return Check(name, "fails", str(error))


def _reading() -> str:
    """Read a page that is made here, through the same worker as any document."""
    import tempfile
    from importlib.metadata import version

    from pipeline.extract.reader import read_document
    from pipeline.extract.work import WorkStore

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        path.write_bytes(_page("Quire reads this."))
        with read_document(path, WorkStore(f"{folder}/work"), ocr="never") as reading:
            text = " ".join(block.text for page in reading.pages() for block in page.blocks)
    if "Quire reads this." not in text:
        raise QuireError(f"PyMuPDF {version('pymupdf')} read {text!r} from a page that says 'Quire reads this.'")
    return f"PyMuPDF {version('pymupdf')}, in a process of its own"


def _page(text: str) -> bytes:
    """The smallest PDF that says something; its cross-reference table is left for the reader to rebuild."""
    stream = f"BT /F1 12 Tf 20 50 Td ({text}) Tj ET"
    return (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R"
        "/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        f"4 0 obj<</Length {len(stream)}>>stream\n{stream}\nendstream endobj\n"
        "trailer<</Root 1 0 R>>\n%%EOF"
    ).encode()


def _tokens() -> str:
    from pipeline.pack.tokens import counter_for
    from pipeline.profiles import models

    count = counter_for(models()["mistral-small-3.2"]).text("Nothing is lost in silence.")
    return f"Tekken vocabulary loaded ({count} tokens in a test sentence)"


def _ocr() -> Check:
    from pipeline import ocr

    engine = ocr.engine()
    if engine is None:
        detail = (
            "none: text in pictures is not read here; install tesseract, or the extra: pip install 'quire[offline]'"
        )
        return Check("ocr", "note", detail)
    return Check("ocr", "ok", engine)


def _store(settings: Settings) -> str:
    """Whether the store takes what is put into it."""
    if local := local_folder(settings.store):
        return _writable(local)
    from pipeline.extract.work import WorkStore

    store = WorkStore(f"{settings.store.rstrip('/')}/doctor")
    store.save("look", b"Quire looked whether it may write here.")
    store.remove("look")
    return f"{shown_address(settings.store)} can be written"


def _out(settings: Settings) -> str:
    """Whether results can be written where they go."""
    if local := local_folder(settings.out):
        return _writable(local)
    from flows.runfile import prepare_out

    prepare_out(settings.out)
    return f"{shown_address(settings.out)} can be written"


def _spending(settings: Settings) -> str:
    """What the runs of the store have spent today, and where that is kept."""
    from pipeline.books import day_book

    book = day_book(settings)
    day = book.read()
    budget = "" if book.budget is None else f" of ${book.budget:.4f}"
    flight = f", ${day.in_flight:.4f} in flight" if day.in_flight else ""
    lost = f", ${day.lost:.4f} in flight when their runs ended" if day.lost else ""
    return f"${day.spent:.4f}{budget} on {day.day} (UTC){flight}{lost}; kept in {book.path}"


def _writable(folder: Path) -> str:
    """Whether a file can be put into the folder, or into the nearest one above it that exists."""
    import tempfile

    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    with tempfile.TemporaryFile(dir=place):
        free = shutil.disk_usage(place).free
    if free < LEAST_FREE:
        raise QuireError(f"{place} has {free / 1e6:.0f} MB free: make room, or choose another folder.")
    return f"{folder}, {free / 1e9:.0f} GB free"


def _engine(settings: Settings) -> Iterator[Check]:
    """What the endpoint of the settings can do: one tiny request with a schema, one with a picture."""
    from flows.cli.probe import probe

    try:
        yield from (Check(*row) for row in asyncio.run(probe(settings)))
    except QuireError as error:
        yield Check("endpoint", "fails", str(error))


def _prefect() -> list[Check]:
    from flows.cli.server_checks import server_checks
    from flows.serving import load_serving

    return list(server_checks(load_serving().pool))


def _print(checks: list[Check], sources: dict[str, str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout)
    colours = {"ok": "green", "note": "yellow", "fails": "red"}
    for check in checks:
        line = Text(f"{check.state:>6}", style=colours[check.state])
        console.print(line.append(f"  {check.name}: ", style="bold").append(options.printable(check.detail), style=""))
    for name, source in sorted(sources.items()):
        console.print(Text(f"setting {name} comes from {source}"))
    if not sources:
        console.print("every setting has its default")
