"""An estimate knows what was answered before, and what the endpoint was found to take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.commands import run_json as _run
from tests.pdfs import make_pdf
from tests.strict_server import Rules, StrictServer
from tests.strict_wire import served

MODEL = "mistralai/mistral-small-3.2-24b-instruct"


@pytest.fixture
def long(inbox: Path) -> Path:
    return make_pdf(
        inbox / "long.pdf", [f"Page {n} tells of the harvest of the year {1900 + n}. " * 60 for n in range(9)]
    )


def _estimate(capsys: pytest.CaptureFixture[str], address: str, *flags: object) -> dict[str, Any]:
    code, found, _ = _run("estimate", "long.pdf", "--engine", address, "--model", MODEL, *flags, capsys=capsys)
    assert code == 0
    first: dict[str, Any] = found["documents"][0]["estimates"][0]
    return first


def test_what_was_answered_before_costs_nothing(long: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = StrictServer()
    with served(server) as address:
        window = ("--window-tokens", 6000)
        before = _estimate(capsys, address, *window)
        _run("run", "long.pdf", "--engine", address, "--model", MODEL, *window, "--pages", "1-", capsys=capsys)
        after = _estimate(capsys, address, *window)
        other = _estimate(capsys, address, "--window-tokens", 9000)
    assert before["stored_requests"] == 0 and before["reading_requests"] > 1
    assert after["stored_requests"] == after["reading_requests"] == before["reading_requests"]
    assert after["reading"]["prompt"] == 0 and after["cost_usd"] < before["cost_usd"]
    assert other["stored_requests"] == 0, "other requests are other answers"


@pytest.mark.parametrize(
    "rules", [Rules(window=6000), Rules(window=6000, dialect="llamacpp"), Rules(body_bytes=20_000)]
)
def test_requests_are_foreseen_as_they_were_divided(
    rules: Rules, long: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = StrictServer(rules)
    with served(server) as address:
        planned = _estimate(capsys, address)
        code, _, _ = _run("run", "long.pdf", "--engine", address, "--model", MODEL, capsys=capsys)
        again = _estimate(capsys, address)
    assert planned["divided_requests"] == 0 and planned["reading_requests"] == 1
    assert code == 0 and again["divided_requests"] >= 1
    assert again["stored_requests"] == again["reading_requests"] > 1 and again["reading"]["cost_usd"] == 0


@pytest.mark.parametrize("rules", [Rules(window=6000), Rules(body_bytes=20_000), Rules(modes=("none",), window=9000)])
def test_what_was_learned_of_an_endpoint_is_foreseen_for_the_next_document(
    rules: Rules, long: Path, inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "other.pdf", [f"Page {n} of another document tells of its own. " * 60 for n in range(9)])
    server = StrictServer(rules)
    with served(server) as address:
        _run("run", "other.pdf", "--engine", address, "--model", MODEL, capsys=capsys)
        sent = len(server.log.exchanges)
        foreseen = _estimate(capsys, address)
        assert len(server.log.exchanges) == sent, "an estimate asks nothing"
        _run("run", "long.pdf", "--engine", address, "--model", MODEL, capsys=capsys)
    asked = [one for one in server.log.exchanges[sent:] if one.shown]
    assert foreseen["stored_requests"] == 0
    assert len(asked) == foreseen["reading_requests"] > 1 and {one.status for one in asked} == {200}


def test_a_fresh_run_counts_nothing_as_answered(
    long: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(StrictServer()) as address:
        _run("run", "long.pdf", "--engine", address, "--model", MODEL, capsys=capsys)
        monkeypatch.setenv("QUIRE_FRESH", "1")
        assert _estimate(capsys, address)["stored_requests"] == 0
