"""Prefect without a server of one's own: its settings, before it is imported."""

from __future__ import annotations

import os
from pathlib import Path

QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # An embedded server takes 7 to 21 s to start on a busy machine; the default of 20 is too tight.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    # How often a run tells that it lives; the automation that finds dead ones waits three times as long.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}


def prepare(home: Path | None = None) -> None:
    """Switch telemetry off and give an embedded server time; `home` is where it keeps its database.

    What the user has set stays. Must run before Prefect is imported, since it reads its settings then.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("PREFECT_HOME", str(home.absolute()))
