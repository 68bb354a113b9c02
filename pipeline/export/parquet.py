"""Tables as Parquet, each column of its schema's type, null as null; through pyarrow, which is an extra."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.beside import beside
from pipeline.errors import UsageError
from pipeline.export.files import refused
from pipeline.export.tables import Table, Type

_LARGEST = 2**63
"""Whole numbers from this on fit no column of 64 bits: a column with one is text."""
_EXACT = 2**53
"""Up to here a float of 64 bits holds every whole number."""


def pyarrow() -> ModuleType:
    """The library, or UsageError with what to install."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow: install it with `pip install pyarrow`, or take --to csv.") from error
    found: ModuleType = pyarrow
    return found


def write_parquet(table: Table, path: Path) -> None:
    """Write a table as Parquet. Raises UsageError where pyarrow is missing, StorageError where the disk refuses."""
    arrow = pyarrow()
    types = {"text": arrow.string(), "integer": arrow.int64(), "number": arrow.float64(), "boolean": arrow.bool_()}
    columns = [_column(table, name, wanted) for name, wanted in table.columns.items()]
    arrays = [arrow.array(values, type=types[kept]) for kept, values in columns]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as apart:
            arrow.parquet.write_table(arrow.table(arrays, names=list(table.columns)), apart)
            os.replace(apart, path)
    except OSError as error:
        raise refused(path, error) from error


def _column(table: Table, name: str, wanted: Type) -> tuple[Type, list[Any]]:
    """A column's values, and its type: text where a value does not fit the schema's."""
    values = [row.get(name) for row in table.rows]
    if not all(value is None or _fits(value, wanted) for value in values):
        wanted = "text"
    return wanted, [value if value is None else _as(value, wanted) for value in values]


def _fits(value: Any, wanted: Type) -> bool:
    if wanted == "text":
        return True
    if wanted == "boolean" or isinstance(value, bool):
        return wanted == "boolean" and isinstance(value, bool)
    if wanted == "integer":
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return whole and abs(value) < _LARGEST
    return (isinstance(value, int | float) and abs(value) <= 2**53) or isinstance(value, float)


def _as(value: Any, wanted: Type) -> Any:
    if wanted == "text":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return {"integer": int, "number": float, "boolean": bool}[wanted](value)
