"""What other readers give of a document: their text by page, and their pictures where they hand those out.

    python benchmarks/peers.py FOLDER        # makes an environment of its own there, and installs them into it
    python benchmarks/fidelity.py --seeds 0-1 --peers FOLDER

Each reads in a process of its own, so that one that hangs or breaks gives nothing and stops nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.arrival import Delivered

PINS = (
    "pymupdf==1.28.2",
    "pymupdf4llm==0.0.27",
    "pdfplumber==0.11.10",
    "markitdown[pdf]==0.1.8",
    "pypdf[crypto]==7.1.0",
    "pypdfium2==5.15.2",
    "pillow",
)
"""pymupdf4llm 0.0.27 is its last version that reads without the layout models of PyMuPDF Pro."""

PEERS = ("pymupdf4llm", "pdfplumber", "markitdown", "pypdf", "pypdfium2")
SECONDS = 600
"""How long a peer may take for one document."""

_READER = Path(__file__).with_name("peer_readers.py")


def make_environment(folder: Path) -> None:
    """An environment with the peers in it; raises CalledProcessError where they cannot be installed."""
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(_python(folder)), *PINS], check=True)


def readers(folder: Path) -> dict[str, Callable[[Path], Delivered]]:
    """The peers of an environment; each gives what it read of a file."""
    return {name: partial(_read, folder, name) for name in PEERS}


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _read(folder: Path, name: str, path: Path) -> Delivered:
    """What a peer gives, nothing where it fails: standard error says so."""
    with tempfile.TemporaryDirectory() as out:
        command = [str(_python(folder)), "-P", str(_READER), name, str(path), out]
        try:
            subprocess.run(command, capture_output=True, check=True, timeout=SECONDS)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as fault:
            said = (fault.stderr or b"").decode("utf-8", "replace")[-300:]
            print(f"{name} gave nothing: {type(fault).__name__} {said}", file=sys.stderr)
            return Delivered()
        given = json.loads((Path(out) / "given.json").read_text(encoding="utf-8"))
        return Delivered(
            {int(page): text for page, text in given["texts"].items()},
            {int(page): [Path(file).read_bytes() for file in files] for page, files in given["pictures"].items()},
        )


if __name__ == "__main__":
    make_environment(Path(sys.argv[1]))
