"""Gold as it stands in files: the truth about documents, and which result it is the truth of.

A folder of golds holds `NAME.gold.json` files, at any depth, as ExtractBench's folder does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError

ENDING = ".gold.json"


@dataclass(frozen=True, slots=True)
class Gold:
    """The truth about one document: its data and, where they are known, the pages (from 1) of each value by pointer."""

    data: Any
    pages: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a result holds: its data, and its evidence by pointer where it has any."""

    data: Any
    evidence: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A gold and the result that it is the truth of, None where there is none. `kind` is the gold's folder."""

    name: str
    kind: str
    gold: Path
    result: Path | None


def read_gold(path: Path) -> Gold:
    """Gold as {"data", "pages": {pointer: page}, "also": {pointer: further pages}}, or bare data.

    Raises UsageError where it can't be read.
    """
    content = _read(path)
    if not (isinstance(content, dict) and "data" in content and "pages" in content):
        return Gold(content)
    also = content.get("also", {})
    pages = {pointer: (page, *also.get(pointer, [])) for pointer, page in content["pages"].items()}
    return Gold(content["data"], pages)


def read_found(path: Path) -> Found:
    """The data and the evidence of a result; or the data of another gold, or bare data, without evidence.

    A result of a run without a schema has no data. Raises UsageError where the file can't be read.
    """
    content = _read(path)
    if isinstance(content, dict) and {"schema_version", "extraction"} <= content.keys() and not content["extraction"]:
        return Found(None)
    extraction = content.get("extraction") if isinstance(content, dict) else None
    if isinstance(extraction, dict) and "data" in extraction:
        return Found(extraction["data"], extraction.get("evidence"))
    return Found(read_gold(path).data)


def pairs(results: Sequence[Path], gold: Path) -> tuple[list[Pair], list[Path]]:
    """Each gold with its result, and the results that have no gold.

    With one gold file there is one result. In folders a result belongs to the gold of its own path below them, or else
    to the only gold of its name; where a folder of results is given, a gold without a result is listed too. Raises
    UsageError where nothing is there to compare.
    """
    if gold.is_file():
        if len(results) != 1 or not results[0].is_file():
            raise UsageError(f"{gold} is the gold of one document: name one result, or a folder of golds.")
        name = gold.name.removesuffix(ENDING).removesuffix(".json")
        return [Pair(name, gold.resolve().parent.name, gold, results[0])], []
    golds = {path.relative_to(gold).as_posix().removesuffix(ENDING): path for path in sorted(gold.rglob(f"*{ENDING}"))}
    if not golds:
        raise UsageError(f"{gold} holds no gold: name a file, or a folder with files that end in {ENDING}.")
    taken, strangers = _matched(results, golds)
    whole = any(path.is_dir() for path in results)
    listed = [
        Pair(name, path.resolve().parent.name, path, taken.get(name))
        for name, path in golds.items()
        if whole or name in taken
    ]
    if not taken:
        raise UsageError(f"None of the results has a gold in {gold}: they are matched by their names.")
    return listed, strangers


def _matched(results: Sequence[Path], golds: Mapping[str, Path]) -> tuple[dict[str, Path], list[Path]]:
    """The result of each gold, by the gold's name, and the results that are left over."""
    by_name: dict[str, list[str]] = {}
    for name in golds:
        by_name.setdefault(Path(name).name, []).append(name)
    taken: dict[str, Path] = {}
    strangers = []
    for path, name in _results(results):
        alike = by_name.get(Path(name).name, [])
        own = name if name in golds else alike[0] if len(alike) == 1 else None
        if own is None or own in taken:
            strangers.append(path)
        else:
            taken[own] = path
    return taken, strangers


def _results(given: Sequence[Path]) -> list[tuple[Path, str]]:
    """Every result file below what was given, with its path there, without its ending."""
    found = []
    for path in given:
        if not path.exists():
            raise UsageError(f"{path} does not exist: name the JSON file of a result, or a folder of them.")
        files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        root = path if path.is_dir() else path.parent
        found += [
            (file, file.relative_to(root).with_suffix("").as_posix())
            for file in files
            if path.is_file() or (file.name != "run.json" and not file.name.endswith(ENDING))
        ]
    return found


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}): name a JSON file.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: name the file of a result or of a gold.") from error
