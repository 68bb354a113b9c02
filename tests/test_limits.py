"""What is known of an endpoint's limits is kept to before anything is sent; what a refusal tells is kept for later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.ask.wire import size_of
from pipeline.errors import BodyTooLarge
from pipeline.job import make_job
from pipeline.profiles import endpoint_for, endpoints, model_for
from pipeline.settings import Settings, load_settings
from tests.chat_server import Reply, answer_nothing, chat_server
from tests.commands import run_json as _run
from tests.pdfs import make_pdf
from tests.test_faults import fault, says

MOST = 12_000


def _limited(body: dict[str, Any]) -> Reply:
    if size_of(body) > MOST:
        return Reply(f"<html><title>413 Payload too large: the limit is {MOST} bytes</title></html>", status=413)
    return answer_nothing(body)


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("Request body too large: at most 10485760 bytes", 10_485_760),
        ("Payload too large. The maximum is 20 MB.", 20_000_000),
        ("Request Entity Too Large: 120000 bytes, at most 90,000", 90_000),
        ("Payload too large: the limit is 4 MiB", 4 << 20),
        ("Payload too large", None),
    ],
)
def test_how_many_bytes_an_endpoint_takes_is_heard(message: str, limit: int | None) -> None:
    error = fault(413, says(message))
    assert isinstance(error, BodyTooLarge) and error.limit == limit


def test_a_body_is_measured_as_it_is_sent(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_pdf(inbox / "report.pdf", ["Ünïcödé and “quotes” take more bytes than letters. " * 20])
    with chat_server() as server:
        _run("run", "report.pdf", "--engine", server.address, "--model", "m", capsys=capsys)
    (body,), (headers,) = server.bodies, server.headers
    assert size_of(body) == int(headers["content-length"])


def test_what_has_too_many_bytes_is_sent_once_and_never_again(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes: list[int] = []

    def answer(body: dict[str, Any]) -> Reply:
        sizes.append(size_of(body))
        return _limited(body)

    for name in ("one", "two"):
        make_pdf(inbox / f"{name}.pdf", [f"Page {n} of {name} tells of its harvest. " * 60 for n in range(8)])
    with chat_server(answer) as server:
        flags = ("--engine", server.address, "--model", "mistral-small-3.2-24b")
        code, _, _ = _run("run", "one.pdf", *flags, capsys=capsys)
        assert code == 0 and sum(size > MOST for size in sizes) == 1
        sizes.clear()
        code, _, _ = _run("run", "two.pdf", *flags, capsys=capsys)
    assert code == 0 and sizes and max(sizes) <= MOST, "the next run knows it already"
    result = json.loads((inbox / "outputs" / "two.json").read_bytes())
    assert {page["fate"] for page in result["coverage"]["pages"]} == {"answered"}
    job = make_job(load_settings({"engine": server.address, "model": "mistral-small-3.2-24b"}), None)
    assert job.answers.learned(job.target).limits.size == MOST


def test_a_model_costs_what_its_endpoint_takes_for_it() -> None:
    here, there = (model_for("mistral-small-2506", endpoint_for(name)) for name in ("openrouter", "mistral"))
    assert here.price_in is not None and there.price_in is not None and there.price_in > here.price_in
    assert make_job(Settings(engine="mistral"), None, key=False).model == there


def test_every_endpoint_asks_in_ways_that_are_known_best_first() -> None:
    for profile in endpoints().values():
        assert profile.modes and list(profile.modes) == sorted(
            profile.modes, key=["json_schema", "tool", "json_object", "text"].index
        )


def test_the_users_limits_per_minute_reach_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_TOKENS_PER_MINUTE", "90000")
    target = make_job(load_settings({"requests_per_minute": 30}), None).target
    assert (target.requests_per_minute, target.tokens_per_minute) == (30, 90_000)
