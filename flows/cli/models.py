"""`quire models`: the models and engines that are known, with windows and prices."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from pipeline.profiles import endpoints, models


def execute(chosen: argparse.Namespace) -> int:
    """Print the profiles."""
    if chosen.json:
        known = {
            "models": [asdict(profile) for profile in models().values()],
            "engines": [asdict(profile) for profile in endpoints().values()],
        }
        print(json.dumps(known, indent=2))
        return 0
    _print_tables()
    return 0


def _print_tables() -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "id", "window", "output", "$/M in", "$/M out", "count", title="Models", box=SIMPLE)
    for model in models().values():
        count = "exact" if model.exact else f"+{model.margin:.0%}"
        prices = ("?" if price is None else f"{price:.3f}" for price in (model.price_in, model.price_out))
        table.add_row(model.name, model.id or "any", f"{model.window:,}", f"{model.output_cap:,}", *prices, count)
    engine_table = Table("engine", "address", "key", "model", title="Engines", box=SIMPLE)
    for engine in endpoints().values():
        address = {"general": "any http(s) address", "offline": "none: in process"}.get(engine.name, engine.base_url)
        needed = "" if engine.key_needed or not engine.key_variable else " (optional)"
        engine_table.add_row(engine.name, address, f"{engine.key_variable or 'none'}{needed}", engine.model)
    # Ids and addresses are there to be copied, so lines may run past the edge, but nothing is cut.
    console = Console(width=120)
    console.print(table, engine_table)
