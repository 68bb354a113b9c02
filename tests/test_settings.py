"""Where settings come from, what is refused, and that secrets stay secret."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.profiles import endpoint_for
from pipeline.settings import Secret, Settings, key_for, load_settings


def test_flags_win_over_variables_over_the_file_over_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quire.toml").write_text('engine = "vllm"\nlanguage = "de"\nsummary_chars = 700\n')
    monkeypatch.setenv("QUIRE_LANGUAGE", "fr")
    monkeypatch.setenv("QUIRE_SUMMARY_CHARS", "800")
    settings = load_settings({"summary_chars": 900, "model": None}, folder=tmp_path)
    assert (settings.engine, settings.language, settings.summary_chars) == ("vllm", "fr", 900)
    assert settings.sources["engine"] == "quire.toml"
    assert settings.sources["language"] == "QUIRE_LANGUAGE"
    assert settings.sources["summary_chars"] == "flag"
    assert settings.sources["images"] == "default"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"images": "some"}, "images is 'some': choose one of all, figures, none"),
        ({"summary_chars": 5}, "at least 100"),
        ({"summary_chars": "many"}, "must be a whole number"),
        ({"concurrency": True}, "must be a whole number"),
        ({"max_cost": -1}, "a number from 0 on"),
        ({"max_cost": float("nan")}, "a number from 0 on"),
        ({"summary_chars": 300_000_000}, "at most"),
        ({"store": ""}, "store is empty"),
        ({"colour": "red"}, "no setting called 'colour'"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says):
        load_settings(given, folder=tmp_path)


def test_a_wrong_variable_and_a_wrong_file_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_CONCURRENCY", "lots")
    with pytest.raises(UsageError, match="QUIRE_CONCURRENCY is 'lots'"):
        load_settings(folder=tmp_path)
    monkeypatch.delenv("QUIRE_CONCURRENCY")
    (tmp_path / "quire.toml").write_text("engin = 'vllm'\n")
    with pytest.raises(UsageError, match="sets engin"):
        load_settings(folder=tmp_path)
    (tmp_path / "quire.toml").write_text("engine = \n")
    with pytest.raises(UsageError, match="can't be read"):
        load_settings(folder=tmp_path)


def test_a_key_goes_only_to_the_engine_it_belongs_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-router")
    router = key_for(endpoint_for("openrouter"))
    assert router is not None and router.reveal() == "sk-router"
    assert key_for(endpoint_for("https://openrouter.ai/api/v1")) is None, "a bare address inherits no profile's key"
    assert key_for(endpoint_for("http://127.0.0.1:9/v1")) is None
    monkeypatch.setenv("QUIRE_API_KEY", "sk-own")
    own = key_for(endpoint_for("http://127.0.0.1:9/v1"))
    assert own is not None and own.reveal() == "sk-own"
    with pytest.raises(UsageError, match="MISTRAL_API_KEY"):
        key_for(endpoint_for("mistral"))


@pytest.mark.parametrize("key", ["two words", "schlüssel", "a\nb"])
def test_what_is_no_key_is_refused_without_being_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_API_KEY", key)
    with pytest.raises(UsageError, match="QUIRE_API_KEY") as refused:
        key_for(endpoint_for("http://127.0.0.1:9/v1"))
    assert key not in str(refused.value)


def test_a_line_end_after_a_key_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_API_KEY", "sk-own\n")
    key = key_for(endpoint_for("http://127.0.0.1:9/v1"))
    assert key is not None and key.reveal() == "sk-own"


@pytest.mark.parametrize("address", ["http://me:pw@127.0.0.1/v1", "http://127.0.0.1/v1?api_key=pw", "http://h/v1#pw"])
def test_an_address_that_may_hold_a_key_is_refused_without_being_shown(address: str) -> None:
    with pytest.raises(UsageError, match="QUIRE_API_KEY") as refused:
        endpoint_for(address)
    assert "pw" not in str(refused.value)


def test_an_unknown_engine_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'gpt'.*offline.*openrouter"):
        endpoint_for("gpt")


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {Settings()}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
