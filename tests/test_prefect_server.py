"""The Prefect servers that tests stand on: they start, on both databases, and leave nothing behind."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.postgres import postgres
from tests.prefect_server import prefect_server


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_server_of_its_own(kind: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        database = stack.enter_context(postgres()) if kind == "postgres" else None
        server = stack.enter_context(prefect_server(tmp_path / "prefect", database))
        assert server.get("/admin/version")
        assert server.rows("flow_runs") == [] and not server.states()
        assert "<html" in httpx2.get(server.ui, follow_redirects=True).text
        assert (tmp_path / "prefect" / "prefect.db").exists() == (kind == "sqlite")
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"{server.api}/health", timeout=5)
