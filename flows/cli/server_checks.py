"""What `quire doctor --prefect` looks at: the server, the pool with its workers, the deployments, the shared limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flows.cli.checks import Check
from flows.embedded import prepare

NAMES = {"document", "batch", "chunk", "sweep"}


def server_checks(pool: str) -> Iterator[Check]:
    """One row for each thing; after a server that does not answer nothing more can be seen."""
    prepare()
    from prefect import get_client
    from prefect.settings import get_current_settings

    from flows.server import healthy

    address = get_current_settings().api.url
    if address is None:
        yield Check("prefect", "note", "no server is named by PREFECT_API_URL: `quire serve` starts one here")
        return
    if not healthy(address):
        yield Check("prefect", "fails", "no server answers at PREFECT_API_URL: start it, or correct the address")
        return
    with get_client(sync_client=True) as client:
        yield Check("prefect", "ok", f"a server answers, version {client.api_version()}")
        yield from _pool(client, pool)
        yield _deployments(client)
        yield _limits(client)


def _pool(client: Any, pool: str) -> Iterator[Check]:
    from prefect.exceptions import ObjectNotFound

    try:
        found = client.read_work_pool(pool)
    except ObjectNotFound:
        yield Check("pool", "fails", f"there is no work pool {pool!r}: run `quire serve` or `quire serve --setup`")
        return
    workers = client.request("POST", "/work_pools/{name}/workers/filter", path_params={"name": pool}, json={}).json()
    online = sum(one["status"] == "ONLINE" for one in workers)
    state = "note" if found.is_paused or not online else "ok"
    more = ", paused" if found.is_paused else ""
    yield Check("pool", state, f"{pool!r} with {online} workers online{more}" + ("" if online else ": nothing is run"))


def _deployments(client: Any) -> Check:
    names = {one.name for one in client.read_deployments() if "quire" in one.tags}
    missing = sorted(NAMES - names)
    if missing:
        return Check("deployments", "fails", f"missing: {', '.join(missing)}; run `quire serve --setup`")
    return Check("deployments", "ok", ", ".join(sorted(names)))


def _limits(client: Any) -> Check:
    limits = client.read_global_concurrency_limits(limit=200, offset=0)
    own = [f"{one.name} {one.active_slots}/{one.limit}" for one in limits if one.name.startswith("quire-")]
    return Check("limits", "ok", ", ".join(own) or "none that workers share: each process has its own")
