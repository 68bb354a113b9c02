"""What is measured on: documents with their schema and their gold, made from seeds or read from folders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.score.gold import ENDING, Gold, read_gold

SCHEMAS = Path(__file__).resolve().parent.parent / "samples" / "schemas"


@dataclass(frozen=True, slots=True)
class Case:
    """One document to measure on. `kind` groups cases in the report."""

    kind: str
    name: str
    pdf: Path
    schema: dict[str, Any]
    gold: Gold


def read_schema(path: Path) -> dict[str, Any]:
    """A JSON Schema, also one that is wrapped as {"name", "description", "schema_definition"}."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    wrapped = content.get("schema_definition")
    return wrapped if isinstance(wrapped, dict) else content


def from_folder(folder: Path) -> Iterator[Case]:
    """ExtractBench's layout: in each folder below (or in this one) a `*-schema.json`, and pairs X.pdf, X.gold.json."""
    for schema in sorted([*folder.glob("*-schema.json"), *folder.glob("*/*-schema.json")]):
        for gold in sorted(schema.parent.glob(f"*{ENDING}")):
            name = gold.name.removesuffix(ENDING)
            yield Case(schema.parent.name, name, gold.with_name(f"{name}.pdf"), read_schema(schema), read_gold(gold))


def from_seeds(seeds: Sequence[int], kinds: Sequence[str], folder: Path) -> Iterator[Case]:
    """Documents freshly made into `folder`, one of each kind for each seed."""
    from samples.make import KINDS, write

    for seed in seeds:
        for kind in kinds:
            pdf = write(kind, seed, folder / str(seed))
            schema = read_schema(SCHEMAS / f"{KINDS[kind].schema}.json")
            yield Case(kind, f"{kind} {seed}", pdf, schema, read_gold(pdf.with_suffix(".gold.json")))
