"""`quire doctor --engine`: what an endpoint says of itself, what it does, and what of that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.ask.limits import Limits
from pipeline.ask.listing import listed
from pipeline.job import make_job
from pipeline.settings import load_settings
from tests.commands import run_json as _run
from tests.strict_server import Rules, StrictServer
from tests.strict_wire import served

MODEL = "mistralai/mistral-small-3.2-24b-instruct"
ROUTER: dict[str, Any] = {
    "id": MODEL,
    "context_length": 131072,
    "top_provider": {"context_length": 96000, "max_completion_tokens": 8192},
    "pricing": {"prompt": "0.000000075", "completion": "0.0000002"},
    "architecture": {"input_modalities": ["image", "text"]},
}


def _doctor(capsys: pytest.CaptureFixture[str], server: StrictServer) -> tuple[int, dict[str, dict[str, str]], Limits]:
    with served(server) as address:
        code, found, err = _run("doctor", "--engine", address, "--model", MODEL, capsys=capsys)
        job = make_job(load_settings({"engine": address, "model": MODEL}), None)
    assert "Traceback" not in err
    return code, {check["name"]: check for check in found["checks"]}, job.answers.learned(job.target).limits


@pytest.mark.parametrize(
    ("row", "window", "output", "prices", "pictures"),
    [
        (ROUTER, 96_000, 8192, (0.075, 0.2), True),
        ({"id": MODEL, "max_model_len": 32768}, 32_768, None, (None, None), None),
        ({"id": "weights.gguf", "meta": {"n_ctx_train": 8192, "n_vocab": 49152}}, 8192, None, (None, None), None),
        (
            {"id": "m", "max_context_length": 131072, "capabilities": {"vision": False}},
            131_072,
            None,
            (None,) * 2,
            False,
        ),
        ({"id": "m"}, None, None, (None, None), None),
        (
            {"id": "m", "max_model_len": "large", "pricing": {"prompt": "free"}, "meta": 7},
            None,
            None,
            (None,) * 2,
            None,
        ),
    ],
)
def test_each_servers_own_words_for_its_limits_are_understood(
    row: dict[str, Any],
    window: int | None,
    output: int | None,
    prices: tuple[float | None, float | None],
    pictures: bool | None,
) -> None:
    found = listed({"data": [row]}, MODEL)
    assert found is not None
    assert (found.window, found.output, found.pictures) == (window, output, pictures)
    assert (found.price_in, found.price_out) == pytest.approx(prices)


def test_of_several_models_the_one_that_is_meant_counts() -> None:
    assert listed({"data": [{"id": "other", "max_model_len": 9}, ROUTER]}, MODEL) == listed({"data": [ROUTER]}, "any")
    assert listed({"data": [{"id": "a"}, {"id": "b"}]}, MODEL) is None
    assert listed({"data": "none"}, MODEL) is None


def test_what_a_probe_finds_is_kept_for_the_runs_to_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = Rules(window=32_768, modes=("json_object", "none"), pictures=0)
    code, checks, learned = _doctor(capsys, StrictServer(rules))
    assert code == 0
    assert "a window of 32,768 tokens" in checks["models"]["detail"]
    assert "answers by json_object" in checks["endpoint"]["detail"]
    assert checks["pictures"]["state"] == "note" and "refused" in checks["pictures"]["detail"]
    assert "kept for the runs to come" in checks["learned"]["detail"]
    assert learned == Limits(window=32_768, pictures=0, mode="json_object")
    _, checks, again = _doctor(capsys, StrictServer(rules))
    assert "nothing new" in checks["learned"]["detail"] and again == learned


def test_an_endpoint_that_takes_everything_is_said_to(capsys: pytest.CaptureFixture[str]) -> None:
    code, checks, learned = _doctor(capsys, StrictServer())
    assert code == 0 and {check["state"] for name, check in checks.items() if name != "ocr"} == {"ok"}
    assert learned.mode == "json_schema" and learned.pictures is None
    assert "it counts" in checks["counts"]["detail"]


def test_a_key_is_shown_nowhere(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_API_KEY", "sk-very-secret")
    server = StrictServer(Rules(key="another"))
    with served(server) as address:
        code, found, err = _run("doctor", "--engine", address, "--model", MODEL, capsys=capsys)
    assert code == 5 and "very-secret" not in f"{found}{err}"
    assert any(check["state"] == "fails" and "QUIRE_API_KEY" in check["detail"] for check in found["checks"])


def test_what_the_day_has_cost_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _doctor(capsys, StrictServer(Rules(costs=True)))
    monkeypatch.setenv("QUIRE_MAX_COST_DAY", "2")
    _, found, _ = _run("doctor", capsys=capsys)
    (spending,) = (check["detail"] for check in found["checks"] if check["name"] == "spending")
    assert "of $2.0000" in spending and "spent.sqlite" in spending


def test_a_store_that_is_no_folder_is_looked_at_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIRE_STORE", "memory://doctor")
    code, found, _ = _run("doctor", capsys=capsys)
    checks = {check["name"]: check["detail"] for check in found["checks"]}
    assert code == 0 and checks["store"] == "memory://doctor can be written"
    assert "spent-" in checks["spending"]
