"""The flows over many documents, on a real Prefect server: what is done, what is left alone, and how it is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State

from flows.batch import understand_batch
from flows.parameters import BatchRun, SweepRun
from flows.states import rows_in
from flows.sweep import sweep_inbox
from tests.chat_server import chat_server
from tests.pdfs import REPORT, make_pdf
from tests.prefect_server import PrefectServer, prefect_server, used_here

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A server that the flows of this process talk to."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as one, used_here(one):
        yield one


def batch(folder: Path, **given: Any) -> tuple[State[Any], dict[str, Any]]:
    """Run the batch over a folder's documents; the state in which it ended, and its `run.json`."""
    run = BatchRun(paths=[str(folder / "in")], out=str(folder / "out"), **given)
    state: State[Any] = understand_batch(run, return_state=True)
    return state, json.loads((folder / "out" / "run.json").read_bytes())


def runs_of(server: PrefectServer, state: State[Any]) -> list[dict[str, Any]]:
    """The runs below the one that ended in that state."""
    parent = state.state_details.flow_run_id
    tasks = [row["id"] for row in server.rows("task_runs") if row["flow_run_id"] == str(parent)]
    return [row for row in server.rows("flow_runs") if row["parent_task_run_id"] in tasks]


def test_what_cannot_be_read_stops_no_other_and_the_state_says_so(server: PrefectServer, tmp_path: Path) -> None:
    make_pdf(tmp_path / "in" / "good.pdf")
    make_pdf(tmp_path / "in" / "locked.pdf", password="hunter2")
    (tmp_path / "in" / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    state, run = batch(tmp_path)
    assert (state.type.value, state.name) == ("FAILED", "Incomplete")
    assert str(state.message).startswith("3 documents: 1 complete, 0 incomplete, 2 failed, 0 unchanged; the first: ")
    assert [row.exit_code for row in rows_in(state, [])] == [2, 0, 2]
    assert {Path(row["path"]).name: row["status"] for row in run["documents"]} == {
        "broken.pdf": "failed",
        "good.pdf": "complete",
        "locked.pdf": "failed",
    }
    assert run["exit_code"] == 2
    tasks = {row["name"]: row["state_name"] for row in server.rows("task_runs")}
    assert {tasks[str(tmp_path / "in" / name)] for name in ("broken.pdf", "locked.pdf")} == {"Failed"}
    _, run = batch(tmp_path)
    assert [row["unchanged"] for row in run["documents"]] == [False, True, False], "what failed is tried again"


def test_documents_go_in_chunks_and_each_has_four_tasks(server: PrefectServer, tmp_path: Path) -> None:
    for number in range(5):
        make_pdf(tmp_path / "in" / f"{number}.pdf", [f"Document {number}: {REPORT[0]}"])
    state, run = batch(tmp_path, chunk=2)
    assert state.is_completed() and run["totals"]["complete"] == 5
    chunks = runs_of(server, state)
    assert sorted(row["name"] for row in chunks) == ["0 and 1 more", "2 and 1 more", "4"]
    ids = {row["id"] for row in chunks}
    tasks = [row for row in server.rows("task_runs") if row["flow_run_id"] in ids]
    assert len(tasks) == 5 * 4 and {row["state_type"] for row in tasks} == {"COMPLETED"}
    tables = [row for row in server.rows("artifacts") if row["key"] == "batch"]
    shown = next(
        json.loads(row["data"]) for row in tables if row["flow_run_id"] == str(state.state_details.flow_run_id)
    )
    assert len(shown) == 6 and shown[-1]["document"] == "5 documents"


def test_the_budget_is_that_of_all_chunks(server: PrefectServer, tmp_path: Path) -> None:
    for number in range(4):
        make_pdf(tmp_path / "in" / f"{number}.pdf", [f"Document {number}."])
    with chat_server() as model:
        given = {"engine": "other", "server": model.address, "model": "mistralai/mistral-small-3.2-24b-instruct"}
        state, run = batch(tmp_path, chunk=1, max_cost=0.0000001, **given)
        assert model.bodies == [] and run["exit_code"] == 4
        assert state.name == "Incomplete" and run["totals"]["incomplete"] == 4
        state, run = batch(tmp_path, chunk=1, **given)
    assert state.is_completed() and len(model.bodies) == 4


def test_two_names_of_one_folder_and_equal_names_keep_their_results_apart(
    server: PrefectServer, tmp_path: Path
) -> None:
    make_pdf(tmp_path / "in" / "a.pdf", ["The one."])
    make_pdf(tmp_path / "in" / "A.PDF", ["The other."])
    state, run = batch(tmp_path)
    assert state.is_completed()
    assert len({row["result"] for row in run["documents"]}) == 2
    again, run = batch(tmp_path)
    assert again.is_completed() and all(row["unchanged"] for row in run["documents"])


def test_an_endpoint_that_is_not_there_is_told_in_a_sentence(server: PrefectServer, tmp_path: Path) -> None:
    make_pdf(tmp_path / "in" / "a.pdf")
    state, run = batch(tmp_path, engine="other", server="http://127.0.0.1:9/v1", model_id="m")
    assert run["exit_code"] == 5 and "Nothing answers at" in str(state.message)


def test_documents_can_be_done_by_a_dask_cluster(server: PrefectServer, tmp_path: Path) -> None:
    from distributed import LocalCluster

    for number in range(3):
        make_pdf(tmp_path / "in" / f"{number}.pdf", [f"Document {number}."])
    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address="127.0.0.1:0") as cluster:  # type: ignore[no-untyped-call]
        state, run = batch(tmp_path, dask=cluster.scheduler_address)
    assert state.is_completed(), state.message
    assert run["totals"]["complete"] == 3


def test_a_sweep_takes_what_lies_in_a_drop_folder(server: PrefectServer, tmp_path: Path) -> None:
    make_pdf(tmp_path / "inbox" / "good.pdf")
    (tmp_path / "inbox" / "broken.pdf").write_bytes(b"%PDF-1.7 nothing\n%%EOF")
    run = SweepRun(inbox=str(tmp_path / "inbox"), out=str(tmp_path / "out"), settle=0)
    state: State[Any] = sweep_inbox(run, return_state=True)
    assert (state.type.value, state.name) == ("FAILED", "Incomplete"), state.message
    assert {path.name for path in (tmp_path / "inbox" / "done").glob("*.pdf")} == {"good.pdf"}
    assert {path.name for path in (tmp_path / "inbox" / "failed").glob("*.pdf")} == {"broken.pdf"}
    mine = [row for row in server.rows("task_runs") if row["flow_run_id"] == str(state.state_details.flow_run_id)]
    assert {row["name"]: row["state_name"] for row in mine} == {"good.pdf": "Completed", "broken.pdf": "Failed"}
    again: State[Any] = sweep_inbox(run, return_state=True)
    assert again.is_completed() and again.message == "0 documents: 0 complete, 0 incomplete, 0 failed, 0 unchanged"


def test_watching_with_prefect_shows_each_document_as_a_run(server: PrefectServer, tmp_path: Path) -> None:
    make_pdf(tmp_path / "inbox" / "watched-1.pdf")
    make_pdf(tmp_path / "inbox" / "watched-2.pdf", ["Another one."])
    command = [sys.executable, "-m", "flows.cli.main", "watch", str(tmp_path / "inbox"), "--once", "--prefect"]
    done = subprocess.run(
        [*command, "--settle", "0", "--out", str(tmp_path / "out"), "--json"],
        env={**os.environ, **server.environment, "QUIRE_STORE": str(tmp_path / "store")},
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["totals"]["complete"] == 2
    states = {row["name"]: row["state_name"] for row in server.rows("flow_runs") if row["name"].startswith("watched-")}
    assert states == {"watched-1.pdf": "Completed", "watched-2.pdf": "Completed"}
