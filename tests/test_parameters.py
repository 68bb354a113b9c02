"""The form of a flow: what it shows, what it refuses in words, and that it stands for the settings it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.cli.main import main
from flows.parameters import ENGINES, BatchRun, ChunkRun, DocumentRun, Item
from flows.serving import load_serving
from pipeline import UsageError, load_settings
from pipeline.profiles import endpoints


def shown(kind: type[DocumentRun] | type[BatchRun]) -> dict[str, Any]:
    """The fields as the Prefect UI is told of them."""
    properties: dict[str, Any] = kind.model_json_schema()["properties"]
    return properties


@pytest.mark.parametrize(("kind", "first"), [(DocumentRun, "path"), (BatchRun, "paths")])
def test_a_form_is_flat_described_and_in_order(kind: type[DocumentRun] | type[BatchRun], first: str) -> None:
    fields = shown(kind)
    assert all(field["description"] and field["title"] for field in fields.values())
    assert [field["position"] for field in fields.values()] == list(range(len(fields)))
    assert next(iter(fields)) == first, "what has to be given comes first"
    assert not any("$ref" in field or "anyOf" in field for field in fields.values())
    assert {"offline", "openrouter", "other"} <= set(fields["engine"]["enum"])
    assert "invoice" in fields["schema_name"]["enum"] and fields["model"]["enum"][1:]


def test_no_field_of_a_form_is_a_secret() -> None:
    names = " ".join((*DocumentRun.model_fields, *BatchRun.model_fields, *ChunkRun.model_fields)).lower()
    assert not [word for word in ("key", "password", "secret", "token_") if word in names]


def test_every_engine_is_offered() -> None:
    assert set(endpoints()) - {"general"} == set(ENGINES) - {"other"}


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"pages": "3-x"}, "no list of pages"),
        ({"pages": "9-2"}, "ends before it starts"),
        ({"engine": "gpt"}, "no engine 'gpt'"),
        ({"engine": "other"}, "needs the address"),
        ({"engine": "openai", "server": "http://127.0.0.1:1/v1"}, "goes with the engine 'other'"),
        ({"schema_name": "invoice", "schema_file": "a.json"}, "not both"),
        ({"schema_name": "receipt"}, "no schema 'receipt'"),
        ({"model": "m", "model_id": "n"}, "not both"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(given: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        DocumentRun(path="a.pdf", **given).settings()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"engine": "openrouter", "model": "x/y", "schema": "invoice", "max_cost": 0.5, "ocr": "never"},
        {"engine": "http://127.0.0.1:9/v1", "schema": "mine.json", "window_tokens": 8192, "attachments": True},
    ],
)
def test_settings_come_back_as_they_were(given: dict[str, Any]) -> None:
    settings = load_settings(given)
    assert DocumentRun.of(settings, path="a.pdf").settings() == settings


def test_a_chunk_hands_its_documents_all_but_its_own_fields() -> None:
    batch = BatchRun(paths=["in"], schema_name="invoice", max_cost=3.0, retries=2)
    chunk = batch.part([Item(path="in/a.pdf", name="a"), Item(path="in/b.pdf", name="b")], 1.0)
    assert chunk.title == "a and 1 more"
    first = chunk.document(chunk.items[0])
    assert (first.path, first.name, first.schema_name, first.max_cost, first.retries) == (
        "in/a.pdf",
        "a",
        "invoice",
        1.0,
        2,
    )


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ("limit = 0", "serve.limit: Input should be greater than or equal to 1"),
        ("speed = 3", "serve.speed: Extra inputs are not permitted"),
        ("[serve.batch]\nevery = 3", "serve.batch.paths: Field required"),
        ('[serve.batch]\npaths = ["x"]\ncron = "0 2 * * *"\nevery = 3', "give cron or every, not both"),
        ('[serve.batch]\npaths = ["x"]\nengine = "gpt"', "no engine 'gpt'"),
        ('[serve.batch]\npaths = ["x"]\ncron = "at night"', "'at night' is no cron expression"),
    ],
)
def test_a_wrong_table_of_what_to_serve_is_refused_in_words(
    table: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quire.toml").write_text(table if table.startswith("[") else f"[serve]\n{table}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        load_serving()
    assert word in str(caught.value)


def test_the_table_of_what_to_serve_is_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quire.toml").write_text('engine = "offline"\n[serve.batch]\npaths = ["in"]\ncron = "0 2 * * *"')
    monkeypatch.chdir(tmp_path)
    assert load_settings().engine == "offline"
    batch = load_serving().batch
    assert batch is not None and (batch.cron, batch.parameters) == ("0 2 * * *", {"paths": ["in"]})


@pytest.mark.parametrize("theirs", ["flows/__init__.py", "flows.py", "pipeline/__init__.py"])
def test_a_folder_whose_own_code_would_be_taken_for_ours_is_refused(
    theirs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / theirs).parent.mkdir(exist_ok=True)
    (tmp_path / theirs).write_text("")
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--setup"]) == 2
    assert f"({theirs}), which Prefect would take for Quire's" in capsys.readouterr().err
