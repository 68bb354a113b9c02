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
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title="Models", title_justify="left")
    for heading in ("model", "id", "window", "output", "$/M in", "$/M out", "count"):
        table.add_column(heading, justify="right" if heading in ("window", "output", "$/M in", "$/M out") else "left")
    for model in models().values():
        count = "exact" if model.exact else f"+{model.margin:.0%} margin"
        prices = (f"{model.price_in:.3f}", f"{model.price_out:.2f}") if model.name != "general" else ("?", "?")
        table.add_row(model.name, model.id or "any", f"{model.window:,}", f"{model.output_cap:,}", *prices, count)
    console.print(table)
    table = Table(title="Engines", title_justify="left")
    for heading in ("engine", "address", "key", "model"):
        table.add_column(heading)
    for engine in endpoints().values():
        address = {"general": "any http(s) address", "offline": "none: in process"}.get(engine.name, engine.base_url)
        key = engine.key_variable or "none"
        table.add_row(engine.name, address, key if engine.key_needed else f"{key} (optional)", engine.model)
    console.print(table)
