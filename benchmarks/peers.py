"""The text that other readers give for each page. Each is used only where it is installed.

Each runs in a process of its own, `python benchmarks/peers.py NAME PDF`, so that one that hangs or breaks gives nothing
and stops nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

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


def _pages(path: Path) -> int:
    return path.read_bytes().count(b"/Type /Page /Parent")


def _markitdown(path: Path) -> Delivered:
    """It marks no pages, so that every page is given the whole text: what arrives, arrives on any."""
    text = importlib.import_module("markitdown").MarkItDown().convert(path).text_content
    return Delivered(dict.fromkeys(range(1, _pages(path) + 1), text))


SECONDS = 300
"""How long a peer may take for one document."""

PEERS: dict[str, Callable[[Path], Delivered]] = {
    "pymupdf4llm": _pymupdf4llm,
    "pdfplumber": _pdfplumber,
    "markitdown": _markitdown,
    "pypdf": _pypdf,
}


def installed() -> dict[str, Callable[[Path], Delivered]]:
    """Those that can be imported."""
    return {name: partial(_apart, name) for name in PEERS if importlib.util.find_spec(name)}


def _apart(name: str, path: Path) -> Delivered:
    """What a peer gives, nothing where it fails: standard error says so."""
    command = [sys.executable, __file__, name, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as fault:
        print(f"{name} gave nothing: {type(fault).__name__}", file=sys.stderr)
        return Delivered()
    texts = json.loads(done.stdout.decode("utf-8").splitlines()[-1])
    return Delivered({int(number): text for number, text in texts.items()})


if __name__ == "__main__":
    print(json.dumps(PEERS[sys.argv[1]](Path(sys.argv[2])).texts))
