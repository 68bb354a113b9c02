"""The text that other readers give for each page. Each is used only where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

from benchmarks.arrival import Delivered


def _pypdf(path: Path) -> Delivered:
    reader = importlib.import_module("pypdf").PdfReader(path)
    return Delivered({number: page.extract_text() for number, page in enumerate(reader.pages, 1)})


def _pdfplumber(path: Path) -> Delivered:
    with importlib.import_module("pdfplumber").open(path) as document:
        return Delivered({number: page.extract_text() for number, page in enumerate(document.pages, 1)})


def _pymupdf4llm(path: Path) -> Delivered:
    chunks = importlib.import_module("pymupdf4llm").to_markdown(str(path), page_chunks=True, show_progress=False)
    return Delivered({number: chunk["text"] for number, chunk in enumerate(chunks, 1)})


def _markitdown(path: Path) -> Delivered:
    """It marks no pages, so that every page is given the whole text: what arrives, arrives on any."""
    text = importlib.import_module("markitdown").MarkItDown().convert(path).text_content
    return Delivered(dict.fromkeys(range(10_000), text))


PEERS: dict[str, Callable[[Path], Delivered]] = {
    "pymupdf4llm": _pymupdf4llm,
    "pdfplumber": _pdfplumber,
    "markitdown": _markitdown,
    "pypdf": _pypdf,
}


def installed() -> dict[str, Callable[[Path], Delivered]]:
    """Those that can be imported."""
    return {name: read for name, read in PEERS.items() if importlib.util.find_spec(name)}
