"""Makes documents from a seed, each with its gold: `python samples/make.py --seed 7 --out DIR [--only invoice]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).parent.parent))

from samples.generator import contract, invoice, paper, report


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document: the name of its file, that of its schema, and what makes it from a seed."""

    file: str
    schema: str
    make: Callable[[int], tuple[bytes, dict[str, Any]]]


KINDS = {
    "annual-report": Kind("annual-report", "annual-report", report.make),
    "invoice": Kind("invoice", "invoice", invoice.make),
    "contract": Kind("contract-scan", "contract", contract.make),
    "paper": Kind("paper", "research-paper", paper.make),
}


def write(kind: str, seed: int, folder: Path) -> Path:
    """Write the document of `kind` for `seed` and its gold into `folder`; gives the path of the PDF."""
    name = KINDS[kind].file
    content, gold = KINDS[kind].make(seed)
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
