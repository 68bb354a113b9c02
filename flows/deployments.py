"""The deployments: what the Prefect UI offers to run, and what runs by itself, on the workers of one pool.

understand/document          one document, from its form
understand-batch/batch       a folder or a list, from its form or on its schedule
understand-chunk/chunk       a part of a batch, for whichever worker is free
inbox-sweep/sweep            what lies in a drop folder, from its form or on its schedule

A flow runs in the folder of the worker that takes it, so relative paths mean what they mean there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from prefect import get_client
from prefect.automations import Automation
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow
from prefect.schedules import Schedule
from prefect.types.entrypoint import EntrypointType

from flows.batch import understand_batch, understand_chunk
from flows.serving import Scheduled, Serving
from flows.sweep import sweep_inbox
from flows.understand import understand_document

ONE = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""Of a flow that looks for what is new one run is enough: what comes meanwhile is found by the next."""
ZOMBIES = "quire: runs without a sign of life"
FILE_READY = "quire.file-ready"
"""The event by which another system has a document understood: its payload holds the `path`."""
SILENT_SECONDS = 90.0
"""Runs tell every 30 s that they live (PREFECT_FLOWS_HEARTBEAT_FREQUENCY)."""


def deploy(serving: Serving) -> list[str]:
    """Put the pool, the deployments, the limits and the automation on the server; the deployments' names.

    What is there already is brought up to date, so that this may be done as often as one likes.
    """
    with get_client(sync_client=True) as client:
        _pool(client, serving.pool)
        for host, slots in serving.requests_at_once.items():
            _limit(client, f"quire-requests-{host}", slots, None)
        for host, slots in serving.requests_per_minute.items():
            _limit(client, f"quire-rate-{host}", slots, slots / 60)
    _automation()
    names = []
    for one in _deployments(serving):
        one.apply(work_pool_name=serving.pool)
        names.append(f"{one.flow_name}/{one.name}")
    return names


def _deployments(serving: Serving) -> Iterator[RunnerDeployment]:
    yield _deployment(understand_document, "document", triggers=[_by_event()])
    yield _deployment(understand_batch, "batch", serving.batch, alone=True)
    yield _deployment(understand_chunk, "chunk")
    yield _deployment(sweep_inbox, "sweep", serving.inbox, alone=True)


def _deployment(
    flow: Flow[..., Any],
    name: str,
    scheduled: Scheduled | None = None,
    *,
    alone: bool = False,
    triggers: Sequence[DeploymentEventTrigger] = (),
) -> RunnerDeployment:
    return RunnerDeployment.from_flow(
        flow,
        name,
        schedule=_schedule(scheduled),
        parameters={"run": scheduled.parameters} if scheduled else {},
        concurrency_limit=ONE if alone else None,
        triggers=list(triggers),
        entrypoint_type=EntrypointType.MODULE_PATH,
        job_variables={"working_dir": "."},  # the worker's own folder, instead of a temporary one for each run
        tags=["quire"],
    )


def _by_event() -> DeploymentEventTrigger:
    """Starts a run for each event that says that a file is there."""
    path = {"__prefect_kind": "jinja", "template": "{{ event.payload.path }}"}
    return DeploymentEventTrigger(
        name="quire: a file is ready", expect={FILE_READY}, parameters={"run": {"path": path}}
    )


def _schedule(scheduled: Scheduled | None) -> Schedule | None:
    if scheduled is None or not (scheduled.cron or scheduled.every):
        return None
    return Schedule(cron=scheduled.cron, interval=scheduled.interval, timezone=scheduled.timezone)


def _pool(client: SyncPrefectClient, name: str) -> None:
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=name, type="process"))


def _limit(client: SyncPrefectClient, name: str, slots: int, decay: float | None) -> None:
    try:
        client.read_global_concurrency_limit_by_name(name)
    except ObjectNotFound:
        client.create_global_concurrency_limit(
            GlobalConcurrencyLimitCreate(name=name, limit=slots, slot_decay_per_second=decay or 0.0)
        )
        return
    client.update_global_concurrency_limit(
        name, GlobalConcurrencyLimitUpdate(limit=slots, slot_decay_per_second=decay or 0.0)
    )


def _automation() -> None:
    """Runs whose process is gone, their worker too, are told by their silence, and end as crashed."""
    ends = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed", "Incomplete")}
    wanted = Automation(
        name=ZOMBIES,
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *ends},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=SILENT_SECONDS),
        ),
        actions=[
            ChangeFlowRunState(
                name="Crashed", state=StateType.CRASHED, message="No sign of life: its process is gone.", force=False
            )
        ],
    )
    asyncio.run(_put(wanted))


async def _put(automation: Automation) -> None:
    """Create the automation where there is none of its name."""
    try:
        await Automation.aread(name=automation.name)
    except ValueError:
        await automation.acreate()
