"""`quire cache`: what the store holds, and clearing it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flows.cli import options
from pipeline.errors import UsageError
from pipeline.holdings import Holding, clear, holdings
from pipeline.settings import shown_address


def execute(chosen: argparse.Namespace) -> int:
    """Show what the store holds, or take it away and show what that was."""
    settings = options.settings_from(chosen)
    if chosen.prune is not None and not chosen.prune >= 0:
        raise UsageError(f"--prune takes a number of days from 0 on, not {chosen.prune}.")
    cleared = chosen.clear or chosen.prune is not None
    found = clear(settings, days=None if chosen.clear else chosen.prune) if cleared else holdings(settings)
    store = shown_address(settings.store)
    if chosen.json:
        rows = [_plain(one) for one in found]
        print(json.dumps({"store": store, "removed" if cleared else "holdings": rows}, indent=2))
    else:
        _print(f"{store}: {'taken away' if cleared else 'kept'}", found)
    return 0


def _plain(one: Holding) -> dict[str, Any]:
    times = {name: _moment(getattr(one, name)) for name in ("oldest", "newest")}
    return {**asdict(one), **times}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _print(title: str, found: Sequence[Holding]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout)
    console.print(Text(options.printable(title), style="bold"))
    if not found:
        console.print("nothing")
        return
    table = Table(box=SIMPLE, pad_edge=False, collapse_padding=True)
    for heading in ("kind", "number", "MB", "oldest", "newest"):
        table.add_column(heading, justify="left" if heading == "kind" else "right", no_wrap=True)
    for one in found:
        table.add_row(one.kind, f"{one.count:,}", f"{one.size / 1e6:,.1f}", _age(one.oldest), _age(one.newest))
    console.print(table)


def _age(moment: float | None) -> str:
    if moment is None:
        return "?"
    hours = max(time.time() - moment, 0.0) / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h"
