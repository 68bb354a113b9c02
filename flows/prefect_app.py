"""The Prefect server of our own, as `uvicorn --factory flows.prefect_app:make` runs it: its writers wait in a line.

On SQLite a transaction that read before it writes cannot write once another has written meanwhile. Prefect answers
"ask again" (503) then, which its client does and its UI does not: one run in twenty that a person starts on a busy
server would not be, and of three at once more than half. A transaction that takes its right to write as it begins
waits for the others instead, some milliseconds each. Prefect's plain reads begin none, and wait for nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

if TYPE_CHECKING:
    from fastapi import FastAPI

READ_FIRST, WRITE_FIRST = "BEGIN DEFERRED", "BEGIN IMMEDIATE"
"""https://www.sqlite.org/lang_transaction.html, part 2.2. Prefect sends no other begin, and none to PostgreSQL."""


def make() -> FastAPI:
    """Prefect's server with its UI and its services."""
    from prefect.server.api.server import create_app

    event.listen(Engine, "before_cursor_execute", _write_first, retval=True)
    return create_app(final=True)


def _write_first(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> tuple[str, Any]:
    return (WRITE_FIRST if statement == READ_FIRST else statement), parameters
