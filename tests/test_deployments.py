"""What is put on a Prefect server: pool, deployments, limits, automation, and what is told of documents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.deployments import FILE_READY, ZOMBIES, deploy
from flows.limits import _slots, host_of
from flows.parameters import BatchRun
from flows.serving import Scheduled, Serving
from tests.chat_server import Reply, answer_nothing, chat_server
from tests.pdfs import make_pdf
from tests.prefect_server import PrefectServer, prefect_server, used_here

pytestmark = pytest.mark.slow


ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A server that the flows of this process talk to."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as one, used_here(one):
        yield one


def test_putting_it_on_the_server_twice_is_the_same_as_once(server: PrefectServer) -> None:
    batch = Scheduled.model_validate({"paths": ["in"], "cron": "0 2 * * *", "timezone": "Europe/Berlin"})
    for limit in (3, 5):
        serving = Serving(batch=batch, requests_at_once={"api-example": limit}, requests_per_minute={"api-example": 60})
        names = deploy(serving)
    assert names == [
        "understand/document",
        "understand-batch/batch",
        "understand-chunk/chunk",
        "inbox-sweep/sweep",
    ]
    rows = {row["name"]: row for row in server.rows("deployments")}
    assert set(rows) == {"document", "batch", "chunk", "sweep"}
    assert {row["work_pool_name"] for row in rows.values()} == {"quire"}
    (schedule,) = rows["batch"]["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("0 2 * * *", "Europe/Berlin")
    assert rows["sweep"]["schedules"] == []
    assert rows["batch"]["parameters"] == {"run": {"paths": ["in"]}}
    every = {row["name"]: row["limit"] for row in server.post("/v2/concurrency_limits/filter")}
    limits = {name: limit for name, limit in every.items() if not name.startswith("deployment:")}
    assert limits == {"quire-requests-api-example": 5, "quire-rate-api-example": 60}
    automations = [row["name"] for row in server.post("/automations/filter")]
    assert automations.count(ZOMBIES) == 1 and len(automations) == 2, "the other one starts a run by an event"


def test_the_limit_of_the_server_holds_for_all_who_ask(server: PrefectServer, tmp_path: Any) -> None:
    from flows.batch import understand_batch

    for number in range(4):
        make_pdf(tmp_path / "in" / f"{number}.pdf", [f"Document {number}."])
    now, most, lock = 0, 0, threading.Lock()

    def answer(body: dict[str, Any]) -> Reply:
        nonlocal now, most
        with lock:
            now, most = now + 1, max(most, now + 1)
        time.sleep(0.3)
        with lock:
            now -= 1
        return answer_nothing(body)

    with chat_server(answer) as model:
        run = BatchRun(
            paths=[str(tmp_path / "in")], out=str(tmp_path / "out"), engine="other", server=model.address, model_id="m"
        )
        deploy(Serving(requests_at_once={host_of(run.job()): 1}))
        _slots.cache_clear()
        state: Any = understand_batch(run, return_state=True)
    assert state.is_completed() and len(model.bodies) == 4
    assert most == 1


def test_what_a_document_came_to_is_an_event(server: PrefectServer, tmp_path: Any) -> None:
    from flows.batch import understand_batch

    make_pdf(tmp_path / "in" / "a.pdf", ["The only page, which is of no one's business."])
    state: Any = understand_batch(BatchRun(paths=[str(tmp_path / "in")], out=str(tmp_path / "out")), return_state=True)
    assert state.is_completed()
    sha256 = state.result(raise_on_failure=False)[0]["sha256"]
    found: list[dict[str, Any]] = []

    def told() -> bool:
        resource = {"id": [f"quire.document.{sha256}"]}
        found[:] = server.post("/events/filter", filter={"resource": resource})["events"]
        return bool(found)

    server.wait(told, 60, "the event")
    (event,) = found
    assert event["event"] == "quire.document.done"
    assert (event["payload"]["status"], event["payload"]["pages"], event["payload"]["gaps"]) == ("complete", 1, 0)
    assert "business" not in json.dumps(event)


def test_an_event_of_another_system_starts_a_run_of_its_document(server: PrefectServer) -> None:
    from prefect.events import emit_event

    deploy(Serving())
    runs: list[dict[str, Any]] = []

    def started() -> bool:
        """A server takes a moment to hear of a new trigger, so the event is told again until it does."""
        emit_event(FILE_READY, resource={"prefect.resource.id": "scanner.3"}, payload={"path": "in/a scan.pdf"})
        time.sleep(3)
        rows = server.rows("flow_runs", flows={"name": {"any_": ["understand"]}})
        runs[:] = [row for row in rows if row["parameters"].get("run", {}).get("path") == "in/a scan.pdf"]
        return bool(runs)

    server.wait(started, 120, "a run for the event")
    assert runs[0]["state_type"] == "SCHEDULED", "for whichever worker is free"


def test_the_file_for_prefect_deploy_holds_the_same_deployments(server: PrefectServer) -> None:
    deploy(Serving())
    before = {row["name"]: row for row in server.rows("deployments")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("prefect")), "--no-prompt", "deploy", "--all"],
        cwd=ROOT,
        env={**os.environ, **server.environment, "QUIRE_FOLDER": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
    after = {row["name"]: row for row in server.rows("deployments")}
    assert set(after) == set(before)
    for name, row in after.items():
        same = ("flow_id", "work_pool_name", "tags", "job_variables", "concurrency_options")
        assert {one: row[one] for one in same} == {one: before[name][one] for one in same}
        assert row["entrypoint"].replace("/", ".").replace(".py:", ".") == before[name]["entrypoint"]
