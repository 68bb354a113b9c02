"""Budgets as the command line holds them: of a document, of a day, and what may have been charged besides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.books import day_book
from pipeline.settings import load_settings
from tests.chat_server import Reply, chat_response, chat_server, nothing_found, usage_of
from tests.commands import run_json as _run
from tests.conftest import ROOT
from tests.pdfs import make_pdf
from tests.strict_server import Rules, StrictServer
from tests.strict_wire import on_a_port
from tests.test_endpoint import broken_server

MODEL = ("--model", "mistral-small-3.2-24b")
COST = 0.0033


def _answer(body: dict[str, Any]) -> Reply:
    found = nothing_found(body)
    return Reply(chat_response(found, usage={**usage_of(body), "cost": COST}))


def test_a_documents_budget_stops_that_document_and_no_other(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "in" / "a.pdf", ["A paragraph about the harvest of the year. " * 60] * 9)
    make_pdf(inbox / "in" / "b.pdf", ["A short report."])
    with chat_server(_answer) as server:
        flags = ("--engine", server.address, *MODEL, "--window-tokens", 6000, "--concurrency", 1)
        code, summary, _ = _run("run", "in", *flags, "--max-cost-document", 0.005, capsys=capsys)
    long, short = summary["documents"]
    assert code == 4 and (long["exit_code"], short["exit_code"]) == (4, 0)
    assert long["cost_usd"] <= 0.005 and "document's budget" in long["reason"] and long["result"]


def test_a_days_budget_is_that_of_all_runs_of_the_store(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        make_pdf(inbox / f"{number}.pdf", [f"Report number {number}."])
    with chat_server(_answer) as server:
        flags = ("--engine", server.address, *MODEL)
        codes = [
            _run("run", "0.pdf", *flags, capsys=capsys)[0],  # what it costs is kept, whether there is a budget or not
            _run("run", "1.pdf", *flags, "--max-cost-day", 0.0082, capsys=capsys)[0],
        ]
        code, summary, _ = _run("run", "2.pdf", *flags, "--max-cost-day", 0.0082, capsys=capsys)
        assert len(server.bodies) == 2
        again, _, _ = _run("run", "1.pdf", *flags, "--max-cost-day", 0.0, capsys=capsys)
    assert codes == [0, 0] and code == 4
    assert "day's budget of $0.0082" in summary["documents"][0]["reason"]
    assert again == 0, "what was paid for costs nothing, whatever the budget"


def test_a_budget_needs_a_price(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "report.pdf")
    flags = ("--engine", "http://127.0.0.1:9/v1", "--model", "m", "--max-cost-day", 1, "--max-cost-document", 1)
    code, found, _ = _run("run", "report.pdf", *flags, capsys=capsys)
    assert code == 2 and "leave out --max-cost-document, --max-cost-day" in found["error"]


def test_what_may_have_been_charged_is_told_and_does_not_change_the_content(
    inbox: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIRE_WAIT_SECONDS", "0")
    make_pdf(inbox / "report.pdf")
    with broken_server() as address:
        flags = ("--engine", address, *MODEL, "--max-cost", 0.02)
        _, summary, err = _run("run", "report.pdf", *flags, capsys=capsys)
    result = json.loads((inbox / "outputs" / "report.json").read_bytes())
    (warning,) = result["run"]["warnings"]
    assert warning["code"] == "cost-unsure" and "may have been charged" in warning["message"]
    unsure = summary["documents"][0]["unsure_usd"]
    assert 0 < unsure <= 0.02 and summary["totals"]["unsure_usd"] == result["run"]["unsure_usd"] == unsure
    assert "may have been charged" in err and not [one for one in result["warnings"] if "cost" in one["code"]]


@pytest.mark.slow
def test_two_runs_at_once_never_pass_the_days_budget_together(inbox: Path) -> None:
    budget = 0.0013
    for name in ("one", "two"):
        make_pdf(inbox / f"{name}.pdf", [f"Page {n} of {name} tells of its harvest. " * 60 for n in range(12)])
    server = StrictServer(Rules(costs=True))
    with on_a_port(server) as address:
        flags = ("--engine", address, *MODEL, "--window-tokens", "4000", "--max-cost-day", str(budget), "--json")
        runs = [
            subprocess.Popen(
                [sys.executable, "-m", "flows.cli.main", "run", f"{name}.pdf", "--out", name, *flags],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
            )
            for name in ("one", "two")
        ]
        done = [json.loads(run.communicate(timeout=200)[0]) for run in runs]
    billed = sum(one.cost for one in server.log.exchanges)
    assert 0 < billed <= budget
    assert max(one["exit_code"] for one in done) == 4
    assert sum(one["totals"]["cost_usd"] for one in done) == pytest.approx(billed)
    assert day_book(load_settings()).read().taken == pytest.approx(billed)
