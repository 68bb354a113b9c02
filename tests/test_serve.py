"""`quire serve`, whole: a real server, a worker, the schedule, the form in a real browser, and what is left of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.chat_server import ChatServer, chat_server
from tests.pdfs import REPORT, make_pdf
from tests.serving import LOOPBACK, ROOT, Served, hosts, processes_of, said, serve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SECRET = "sk-never-to-be-seen-2f7d"
PASSWORD = "a-password-never-to-be-seen"
NAMES = ("chromium", "chromium-browser", "google-chrome")
HOSTILE = (
    "Revenue of # Heading <img src=x onerror=alert(1)> [link](http://elsewhere.example) rose to 12.4 million euros."
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ChatServer]:
    """The model: finds nothing, says a word, and writes down what it was sent."""
    with chat_server() as server:
        yield server


@pytest.fixture(scope="module")
def served(endpoint: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A batch every 20 seconds over a folder with two documents, one of them encrypted."""
    folder = tmp_path_factory.mktemp("serve") / "work"
    make_pdf(folder / "documents" / "a.pdf", [f"{HOSTILE} {REPORT[0]}"])
    (folder / "inbox").mkdir(parents=True)
    make_pdf(folder / "documents" / "b.pdf", ["The second document.", "Its second page."], password=PASSWORD)
    config = f"""
        [serve.batch]
        paths = ["documents"]
        engine = "other"
        server = "{endpoint.address}"
        model_id = "m"
        every = 20
        [serve.inbox]
        inbox = "inbox"
        settle = 1
        every = 20
    """
    with serve(folder, config, QUIRE_API_KEY=SECRET, QUIRE_PDF_PASSWORD=PASSWORD) as one:
        yield one


def batches(served: Served) -> int:
    """How many batches came to their end."""
    return len(served.runs("understand-batch", "COMPLETED"))


def test_a_batch_on_an_interval_takes_what_is_new_or_changed_alone(served: Served, endpoint: ChatServer) -> None:
    served.wait(lambda: batches(served) >= 1, 240, "a first batch")
    assert {path.name for path in (served.folder / "outputs").glob("*.json")} == {"a.json", "b.json", "run.json"}
    first = len(endpoint.bodies)
    assert first == 2
    done = batches(served)
    served.wait(lambda: batches(served) >= done + 2, 240, "two more batches")
    assert len(endpoint.bodies) == first, "nothing was asked for again"
    rows = json.loads((served.folder / "outputs" / "run.json").read_bytes())["documents"]
    assert [row["unchanged"] for row in rows] == [True, True]
    make_pdf(served.folder / "documents" / "b.pdf", ["The second document, changed."])
    make_pdf(served.folder / "documents" / "c.pdf", ["A third document."])
    changed = served.folder / "outputs" / "c.json"
    served.wait(changed.exists, 240, "a result of the new document")
    done = batches(served)
    served.wait(lambda: batches(served) >= done + 1, 240, "the batch after it")
    assert len(endpoint.bodies) == first + 2, "the new one and the changed one"
    sent = json.dumps(endpoint.bodies[first:])
    assert "third document" in sent and "document, changed" in sent and "12.4 million" not in sent


def test_what_is_put_into_the_drop_folder_is_taken_by_a_scheduled_sweep(served: Served) -> None:
    make_pdf(served.folder / "inbox" / "dropped.pdf", ["A document that somebody dropped."])
    done = served.folder / "inbox" / "done" / "dropped.pdf"
    served.wait(done.exists, 240, "the document's way to done/")
    assert json.loads((served.folder / "outputs" / "dropped.json").read_bytes())["status"] == "complete"


def test_the_doctor_sees_server_pool_and_deployments(served: Served) -> None:
    command = [sys.executable, "-m", "flows.cli.main", "doctor", "--prefect", "--json"]
    more = {"QUIRE_STORE": str(served.folder / "doctor"), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        command,
        env={**os.environ, **served.server.environment, **more},
        cwd=served.folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    checks = {one["name"]: one for one in json.loads(told.stdout)["checks"]}
    assert {checks[name]["state"] for name in ("prefect", "pool", "deployments", "limits")} == {"ok"}, checks
    assert "1 workers online" in checks["pool"]["detail"]


@pytest.fixture(scope="module")
def page(served: Served) -> Iterator[Page]:
    """A page of the system's Chromium."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here: on Debian, apt-get install chromium")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        yield browser.new_page(viewport={"width": 1400, "height": 1800})


def deployment(served: Served) -> dict[str, Any]:
    """The deployment of the single document's flow."""
    return next(one for one in served.server.rows("deployments") if one["name"] == "document")


def start_from_form(page: Page, served: Served, **fields: str) -> dict[str, Any]:
    """Fill the single document's form as a person does, send it, and wait for the run's end."""
    before = {row["id"] for row in served.runs("understand")}
    page.goto(f"{served.server.ui}/deployments/deployment/{deployment(served)['id']}/run")
    for title, text in fields.items():
        innermost = page.locator(".p-label", has=page.get_by_text(title, exact=True)).last
        innermost.locator("textarea").fill(text)
    with page.expect_response(lambda answer: answer.url.endswith("/create_flow_run")) as sent:
        page.get_by_role("button", name="Submit").click()
    assert sent.value.status == 201, "the UI asks once"

    def ended() -> list[dict[str, Any]]:
        rows = [row for row in served.runs("understand") if row["id"] not in before]
        return [row for row in rows if row["state_type"] in ("COMPLETED", "FAILED", "CRASHED")]

    served.wait(lambda: bool(ended()), 240, "the end of the form's run")
    return ended()[0]


def test_a_run_that_the_form_started_ends_with_its_artifacts(served: Served, page: Page) -> None:
    run = start_from_form(page, served, Document="documents/a.pdf", **{"Name of the result (Optional)": "from-form"})
    assert run["state_type"] == "COMPLETED", run["state"]["message"]
    assert (served.folder / "outputs" / "from-form.json").exists()
    artifacts = [one for one in served.server.rows("artifacts") if one["flow_run_id"] == run["id"]]
    (shown,) = [one for one in artifacts if one["type"] == "markdown"]
    assert "complete: 1 page, 0 pictures, 0 gaps" in shown["description"]
    page.goto(f"{served.server.ui}/artifacts/artifact/{shown['id']}")
    page.get_by_role("heading", name="Summary").wait_for()
    assert page.get_by_role("heading", name="a.pdf").count()
    assert page.locator("img[src^='data:image']").count() == 1, "the page that is cited"
    content = page.locator(".markdown-renderer")
    assert content.get_by_text("<img src=x onerror=alert(1)>").count(), "the document's text, as text"
    assert not content.locator("a[href*='elsewhere.example'], img[src='x']").count()


def test_the_form_refuses_what_cannot_be_meant(served: Served, page: Page) -> None:
    run = start_from_form(page, served, Document="documents/a.pdf", **{"Pages (Optional)": "3-x"})
    assert run["state_type"] == "FAILED", run["state"]["message"] + said(served.folder)
    assert "'3-x' is no list of pages" in run["state"]["message"]


def test_of_many_runs_that_are_started_at_once_none_is_refused(served: Served) -> None:
    """Where writes meet on SQLite, Prefect by itself answers "ask again", which its UI does not do."""
    address = f"{served.server.api}/deployments/{deployment(served)['id']}/create_flow_run"
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    run = {
        "parameters": {"run": {"path": "documents/a.pdf"}},
        "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": later}},
    }
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: httpx2.post(address, json=run, timeout=120), range(80)))
    assert {answer.status_code for answer in answers} == {201}
    for answer in answers:
        httpx2.delete(f"{served.server.api}/flow_runs/{answer.json()['id']}", timeout=120).raise_for_status()


def test_no_key_and_no_password_is_in_the_database_the_logs_the_artifacts_or_the_parameters(
    served: Served, endpoint: ChatServer
) -> None:
    served.wait(lambda: batches(served) >= 1, 240, "a batch")
    assert {headers["authorization"] for headers in endpoint.headers} == {f"Bearer {SECRET}"}, "it was used"
    files = [path for path in served.folder.rglob("*") if path.is_file()]
    assert any(path.name == "prefect.db" for path in files)
    for path in files:
        data = path.read_bytes()
        assert SECRET.encode() not in data and PASSWORD.encode() not in data, path
    for kind in ("flow_runs", "task_runs", "artifacts", "deployments", "logs"):
        told = json.dumps(served.server.rows(kind))
        assert SECRET not in told and PASSWORD not in told, kind


def test_logs_can_be_read_and_hold_no_text_of_a_document(served: Served) -> None:
    served.wait(lambda: batches(served) >= 1, 240, "a batch")
    lines = [row["message"] for row in served.server.rows("logs")]
    assert any("documents: " in line and "unchanged" in line for line in lines)
    assert not [line for line in lines if "12.4 million" in line or "Traceback" in line]


def test_nothing_is_sent_to_another_machine(served: Served) -> None:
    served.wait(lambda: batches(served) >= 1, 240, "a batch")
    called = hosts(served.sockets)
    assert "127.0.0.1" in called, "the sockets were watched"
    assert called <= LOOPBACK, called


def test_told_to_stop_it_stops_all_that_it_started(served: Served) -> None:
    """The last one: there is nothing to test afterwards."""
    assert len(processes_of(served.folder)) > 2
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(90) == 0, said(served.folder)
    assert processes_of(served.folder) == []
    assert "Stopped" in (served.folder / "serve.log").read_text("utf-8")
