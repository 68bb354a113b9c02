"""`quire score`: results compared with gold, field by field."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.cli import options
from pipeline.beside import write_file
from pipeline.errors import StorageError
from pipeline.score.compare import Comparison, compare
from pipeline.score.fields import Score, score, together
from pipeline.score.gold import Pair, pairs, read_found, read_gold
from pipeline.score.table import fields, heading, leaves, sums

INCOMPLETE = 3
"""The exit code where a gold has no result."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One document's score, and how it compares with the other run's."""

    pair: Pair
    score: Score
    compared: Comparison | None


def execute(chosen: argparse.Namespace) -> int:
    """Print what agrees and what does not; 3 where a gold of a folder has no result."""
    found, strangers = pairs([Path(one) for one in chosen.results], Path(chosen.gold))
    others = pairs([Path(chosen.against)], Path(chosen.gold))[0] if chosen.against else []
    against = {pair.gold: pair.result for pair in others}
    scored = [_scored(pair, against) for pair in found]
    content = _content(scored, strangers)
    if chosen.out:
        _write(Path(chosen.out), content)
    for path in strangers:
        print(f"quire: {options.printable(str(path))} has no gold, and was not compared.", file=sys.stderr)
    if chosen.json:
        print(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        for line in _lines(scored, rows=chosen.rows):
            print(options.printable(line))
    return INCOMPLETE if any(one.pair.result is None for one in scored) else 0


def _scored(pair: Pair, against: dict[Path, Path | None]) -> Scored:
    mine = _score(pair, pair.result)
    return Scored(pair, mine, compare(mine, _score(pair, against[pair.gold])) if pair.gold in against else None)


def _score(pair: Pair, result: Path | None) -> Score:
    """The result's score; without a result, every leaf of the gold is null."""
    gold = read_gold(pair.gold)
    if result is None:
        return score(None, gold.data)
    found = read_found(result)
    return score(found.data, gold.data, pages=gold.pages, evidence=found.evidence)


def _content(scored: list[Scored], strangers: list[Path]) -> dict[str, Any]:
    documents = [
        {
            "name": one.pair.name,
            "kind": one.pair.kind,
            "result": one.pair.result and str(one.pair.result),
            **one.score.to_dict(),
            "against": one.compared and one.compared.to_dict(),
        }
        for one in scored
    ]
    whole = together(one.score for one in scored)
    return {"totals": whole.sums(), "documents": documents, "without_gold": [str(path) for path in strangers]}


def _write(path: Path, content: dict[str, Any]) -> None:
    try:
        write_file(path, (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace"))
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}): choose another --out.") from error


def _lines(scored: list[Scored], *, rows: bool) -> Iterator[str]:
    """Of one document what is not right and its fields, of several a row each, then the sums."""
    if len(scored) == 1:
        yield from leaves(scored[0].score, whole=rows)
        yield ""
        yield from fields(scored[0].score)
    else:
        yield heading("document")
        for one in scored:
            yield sums(one.pair.name, one.score) + ("" if one.pair.result else "  no result")
            if rows:
                yield from leaves(one.score)
        for kind in sorted({one.pair.kind for one in scored}):
            part = [one.score for one in scored if one.pair.kind == kind]
            yield sums(f"= {kind} ({len(part)})", together(part))
    yield sums(f"= all ({len(scored)})", together(one.score for one in scored))
    yield from _differences(scored)


def _differences(scored: list[Scored]) -> Iterator[str]:
    """How the run compares with the other one, where there is one."""
    compared = [(one.pair.name, one.compared) for one in scored if one.compared is not None]
    if not compared:
        return
    yield ""
    for name, found in compared:
        for verdict, pointers in (("won", found.won), ("lost", found.lost)):
            yield from (f"{verdict:5} {pointer:42} {name}" for pointer in pointers)
    won, lost = (sum(len(getattr(found, name)) for _, found in compared) for name in ("won", "lost"))
    same = sum(found.right for _, found in compared), sum(found.neither for _, found in compared)
    yield f"against the other: {won} won, {lost} lost, {same[0]} right in both, {same[1]} in neither"
