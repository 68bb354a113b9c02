"""Makes documents from a seed, each with its gold: `python samples/make.py --seed 7 --out DIR [--only invoice]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).parent.parent))

from samples.generator import contract, invoice, paper, report

KINDS: dict[str, tuple[str, str, Callable[[int], tuple[bytes, dict[str, Any]]]]] = {
    "annual-report": ("annual-report", "annual-report", report.make),
    "invoice": ("invoice", "invoice", invoice.make),
    "contract": ("contract-scan", "contract", contract.make),
    "paper": ("paper", "research-paper", paper.make),
}
"""Kind -> name of its file, name of its schema, what makes it."""


def write(kind: str, seed: int, folder: Path) -> Path:
    """Write the document of `kind` for `seed` and its gold into `folder`; gives the path of the PDF."""
    name, _, maker = KINDS[kind]
    content, gold = maker(seed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.pdf"
    path.write_bytes(content)
    (folder / f"{name}.gold.json").write_text(json.dumps(gold, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="what is made depends on it and on nothing else")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--only", choices=sorted(KINDS), action="append", help="only this kind (may be repeated)")
    given = parser.parse_args()
    for kind in given.only or KINDS:
        print(write(kind, given.seed, given.out))


if __name__ == "__main__":
    main()
