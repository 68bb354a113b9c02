"""What a document came to, as figures for other systems: a Prefect event, and OpenTelemetry's counters.

Figures and hashes alone, no text. The counters go nowhere unless the process was started with OpenTelemetry's own SDK
(`opentelemetry-instrument`), which the user sets up.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from opentelemetry import metrics
from prefect.events import emit_event

from flows.runfile import Row

EVENT = "quire.document.done"
COUNTED = ("pages", "pictures", "requests", "tokens", "gaps", "cost_usd")


@cache
def _counters() -> dict[str, Any]:
    meter = metrics.get_meter("quire")
    units = {"tokens": "token", "cost_usd": "USD"}
    return {name: meter.create_counter(f"quire.{name}", unit=units.get(name, "1")) for name in (*COUNTED, "documents")}


def tell_document(row: Row) -> None:
    """Tell of one document that was done, whether whole or with gaps."""
    figures = {name: getattr(row, name) for name in (*COUNTED, "seconds")}
    emit_event(
        EVENT,
        resource={"prefect.resource.id": f"quire.document.{row.sha256}", "prefect.resource.name": row.sha256 or ""},
        payload={"status": row.status, **figures},
    )
    for name in COUNTED:
        _counters()[name].add(figures[name], {"status": row.status})
    _counters()["documents"].add(1, {"status": row.status})
