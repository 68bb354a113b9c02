"""The whole of an ExtractBench folder through an engine: right, wrong, null and spurious values of each domain.

    python benchmarks/extractbench.py FOLDER
    python benchmarks/extractbench.py FOLDER --engine openrouter --keep results --out scores.json

What an engine was tuned on says little of what it will find elsewhere, so a part is kept aside: nobody looks at those
documents while a rule is written, and they are summed apart. Which they are is decided by their names alone: the first
byte of the SHA-256 of DOMAIN/NAME is below 64, which is one in four. `swimming/ma_2023_sw_M-table4` was kept aside
before this rule, and stays there. The kept results can be compared again with `quire score DIR --gold FOLDER`.

Some golds hold values that their schema does not ask for (an `array_index`, a list that the schema has under another
name). No engine that is asked by the schema can give them: they are counted apart, and are in no other figure.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cases import Case, from_folder
from benchmarks.extraction import Measured, measure, report, summed
from pipeline import load_settings
from pipeline.ask.pointers import names_of
from pipeline.ask.schema import Schema, resolve
from pipeline.ask.schema import kind as kind_of
from pipeline.score.fields import together

BELOW = 64
ALWAYS = frozenset({"swimming/ma_2023_sw_M-table4"})


def kept_aside(kind: str, name: str) -> bool:
    """Whether a document is of the part that nobody looks at while tuning."""
    place = f"{kind}/{name}"
    return place in ALWAYS or hashlib.sha256(place.encode()).digest()[0] < BELOW


def _is_aside(case: Case) -> bool:
    return kept_aside(case.kind, case.name)


def asks_for(tree: Schema, field: str) -> bool:
    """Whether a resolved schema asks for a field, given as a pointer with `*` for places in lists."""
    for name in names_of(field):
        if tree.get("x-map"):
            tree = tree["items"]["properties"]["value"]
        elif kind_of(tree) == "array" and name == "*":
            tree = tree["items"]
        elif kind_of(tree) == "object" and name in tree["properties"]:
            tree = tree["properties"][name]
        else:
            return False
    return kind_of(tree) == "leaf"


def asked(one: Measured) -> tuple[Measured, int]:
    """The same without the values that the gold alone has and the schema does not ask for, and how many those are."""
    tree = resolve(one.case.schema)
    rows = tuple(row for row in one.score.rows if row.verdict != "null" or asks_for(tree, row.field))
    return replace(one, score=replace(one.score, rows=rows)), len(one.score.rows) - len(rows)


def parts(measured: Sequence[Measured]) -> Iterator[tuple[str, list[Measured]]]:
    """The documents that rules were tuned on and those kept aside, each by domain and together."""
    for label, aside in (("seen", False), ("kept aside", True)):
        part = [one for one in measured if _is_aside(one.case) == aside]
        for kind in sorted({one.case.kind for one in part}):
            yield f"{label}: {kind}", [one for one in part if one.case.kind == kind]
        if part:
            yield f"{label}: all", part


def content(measured: Sequence[Measured], engine: str, outside: Mapping[str, int]) -> dict[str, Any]:
    """The figures as plain data; `outside` counts the values of a document's gold that its schema does not ask for."""
    documents = [
        {
            "kind": one.case.kind,
            "name": one.case.name,
            "kept_aside": _is_aside(one.case),
            "status": one.status,
            "outside_schema": outside.get(f"{one.case.kind}/{one.case.name}", 0),
            "seconds": round(one.seconds, 1),
            **one.score.sums(),
        }
        for one in measured
    ]
    sums = {name: together(one.score for one in part).sums() for name, part in parts(measured)}
    return {"engine": engine, "sums": sums, "documents": documents}


def main(arguments: Iterable[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure an engine on a folder in ExtractBench's layout.")
    parser.add_argument("folder", type=Path, help="the folder: DOMAIN/DOMAIN-schema.json, NAME.pdf, NAME.gold.json")
    parser.add_argument("--engine", default="offline", help="engine to measure (offline)")
    parser.add_argument("--domain", action="append", help="only this domain (may be repeated)")
    parser.add_argument("--keep", type=Path, help="write the results into this folder")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args(list(arguments) if arguments is not None else None)
    settings = load_settings({"engine": given.engine})
    cases = [case for case in from_folder(given.folder) if not given.domain or case.kind in given.domain]
    if not cases:
        parser.error(f"{given.folder} holds no document with gold")
    measured: list[Measured] = []
    outside: dict[str, int] = {}

    def each() -> Iterator[Measured]:
        for case in cases:
            one, outside[f"{case.kind}/{case.name}"] = asked(measure(case, settings, given.keep))
            measured.append(one)
            yield one

    for line in report(each()):
        print(line, flush=True)
    print()
    for name, part in parts(measured):
        print(summed(f"= {name}", part))
    for name, number in outside.items():
        if number:
            print(f"{number} values of the gold that the schema does not ask for: {name}")
    if given.out:
        given.out.write_text(json.dumps(content(measured, given.engine, outside), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
