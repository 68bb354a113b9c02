"""How much memory a document takes, at any length: the most that all processes held together, in megabytes.

    python benchmarks/memory.py FILE_OR_FOLDER... [--joined N] [--run]

Each PDF is read whole, pictures included, with all cores. With `--joined` the files of over 100 pages are joined, again
and again, to one of N pages, and it is read too; with `--run` the joined file also goes through `quire estimate` and,
with the embedded engine, through `quire run`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.readers import ALL
from benchmarks.watch import Watched, watched

LIMIT = 400
_PARTS_PAGES = 100
_QUIRE = "import sys; from flows.cli.main import main; sys.exit(main())"


def files(given: Sequence[Path]) -> Iterator[Path]:
    """The PDFs that were given, and those below the folders that were."""
    for path in given:
        yield from sorted(path.rglob("*.pdf")) if path.is_dir() else [path]


def joined(parts: Sequence[Path], pages: int, out: Path) -> bool:
    """One file of so many pages, made of those parts in turn; False where none of them is long enough."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    whole = pymupdf.open()
    opened = [one for path in parts if (one := _long(path)) is not None]
    while opened and whole.page_count < pages:
        for part in opened:
            left = pages - whole.page_count
            if left > 0:
                whole.insert_pdf(part, to_page=min(part.page_count, left) - 1)
    if opened:
        whole.save(out)
    return bool(opened)


def _long(path: Path) -> Any:
    """The file, opened, where it has pages enough to be a part."""
    import pymupdf

    try:
        document = pymupdf.open(stream=path.read_bytes(), filetype="pdf")
        return None if document.needs_pass or document.page_count < _PARTS_PAGES else document
    except Exception:  # a broken one is no part; reading says of it what is to be said
        return None


def read(path: Path) -> Watched:
    """Every page, by a process of its own."""
    return watched([sys.executable, "-m", "benchmarks.readers", ALL, str(path)])


def quire(command: str, path: Path, folder: Path) -> Watched:
    """A command of the program over that file."""
    more = ["--out", str(folder / "out")] if command == "run" else []
    own = {"QUIRE_STORE": str(folder / f"store-{command}"), "QUIRE_OCR": "never"}
    return watched([sys.executable, "-c", _QUIRE, command, str(path), "--engine", "offline", *more], own)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+", help="PDF files, or folders of them")
    parser.add_argument("--joined", type=int, default=0, help="pages of the file made by joining; 0 for none")
    parser.add_argument("--run", action="store_true", help="estimate and run the joined file, too")
    given = parser.parse_args()
    found = list(files(given.paths))
    peaks: list[float] = []
    for path in found:
        seen = read(path)
        state = "" if seen.code == 0 else "  refused"
        peaks.append(seen.memory)
        print(f"{seen.memory:>7.0f} MB {seen.wall:>7.1f} s  {path.name}{state}", flush=True)
    print(f"{max(peaks):>7.0f} MB at most, over {len(found)} files; the limit is {LIMIT} MB")
    if not given.joined:
        return
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "joined.pdf"
        if not joined(found, given.joined, long):
            sys.exit(f"no file of at least {_PARTS_PAGES} pages to join")
        print(f"joined: {given.joined:,} pages, {long.stat().st_size / 2**20:.0f} MB")
        seen = read(long)
        print(f"{seen.memory:>7.0f} MB {seen.wall:>7.1f} s  read")
        for command in ("estimate", "run") if given.run else ():
            seen = quire(command, long, Path(folder))
            print(f"{seen.memory:>7.0f} MB {seen.wall:>7.1f} s  quire {command} (exit code {seen.code})")


if __name__ == "__main__":
    main()
