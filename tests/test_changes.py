"""What a batch leaves alone: a result that stands, complete, of the same bytes, made as it would be made now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.changes import unchanged
from flows.inputs import Source, content_hash
from flows.runfile import Row
from pipeline import understand, write_result
from pipeline.job import make_job
from pipeline.schemas import load_schema
from pipeline.settings import Settings
from tests.pdfs import make_pdf


def looked_up(folder: Path, **given: Any) -> Row | None:
    """The row of the document in the folder, as a batch with those settings sees it."""
    settings = Settings(out=str(folder), **given)
    source = Source(folder / "a.pdf", "a")
    job = make_job(settings, load_schema(settings.schema) if settings.schema else None)
    return unchanged(source, folder / "a.json", content_hash(source.path) or "", job)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a document and its result."""
    folder = tmp_path_factory.mktemp("changes")
    settings = Settings(out=str(folder), schema="invoice", store=str(folder / "store"))
    result = understand(make_pdf(folder / "a.pdf"), settings, schema="invoice")
    write_result(result, folder / "a.json", settings)
    return folder


def test_what_stands_is_left_alone(done: Path) -> None:
    row = looked_up(done, schema="invoice")
    assert row is not None
    assert (row.unchanged, row.status, row.pages, row.cost_usd) == (True, "complete", 3, 0.0)


@pytest.mark.parametrize("given", [{"store": "elsewhere"}, {"concurrency": 9}, {"page_seconds": 7.0}])
def test_what_changes_nothing_of_a_result_is_no_reason(
    done: Path, given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a store is made where it is named
    assert looked_up(done, schema="invoice", **given) is not None


@pytest.mark.parametrize(
    "given",
    [
        {"schema": None},
        {"schema": "contract"},
        {"schema": "invoice", "language": "de"},
        {"schema": "invoice", "pages": "1"},
    ],
)
def test_other_settings_or_another_schema_are_a_reason(done: Path, given: dict[str, Any]) -> None:
    assert looked_up(done, **given) is None


def test_another_document_is_a_reason(done: Path, tmp_path: Path) -> None:
    make_pdf(tmp_path / "a.pdf", ["Other words."])
    (tmp_path / "a.json").write_bytes((done / "a.json").read_bytes())
    assert looked_up(tmp_path, schema="invoice") is None


@pytest.mark.parametrize("change", [{"status": "incomplete"}, {"run": {}}, {"document": None}])
def test_what_is_incomplete_or_no_result_is_a_reason(done: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "a.pdf").write_bytes((done / "a.pdf").read_bytes())
    (tmp_path / "a.json").write_text(json.dumps({**json.loads((done / "a.json").read_bytes()), **change}))
    assert looked_up(tmp_path, schema="invoice") is None
    (tmp_path / "a.json").write_text("[1, 2")
    assert looked_up(tmp_path, schema="invoice") is None
