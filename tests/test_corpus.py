"""Real documents of every kind: each ends in a result that accounts for all of it, or in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from flows.cli.main import main
from pipeline import Settings
from pipeline.ask.groups import Group
from pipeline.job import make_job
from pipeline.pack.layout import page_parts
from pipeline.pack.running import fold
from pipeline.plan import open_document, plan
from pipeline.result.model import SCHEMA_FILE

SHORT = ["broken", "encrypted", "figures", "forms", "hostile", "multicolumn", "nonlatin", "scanned", "tables"]
MODEL = "mistralai/mistral-small-3.2-24b-instruct"


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("kind", SHORT)
def test_every_document_ends_in_a_result_or_in_one_sentence(
    kind: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    files = sorted(path for path in (corpus / "pdf" / kind).iterdir() if path.is_file())
    code = main(["run", *(str(path) for path in files), "--out", str(out), "--json"])
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out and "MuPDF error" not in said.err
    summary = json.loads(said.out)
    assert code == summary["exit_code"] and code in (0, 2, 3)
    schema = Draft202012Validator(json.loads(SCHEMA_FILE.read_bytes()))
    assert len(summary["documents"]) == len(files)
    for row in summary["documents"]:
        if row["status"] == "failed":
            assert row["exit_code"] == 2 and row["reason"].endswith(".") and "\n" not in row["reason"]
            continue
        result = json.loads(Path(row["result"]).read_bytes())
        schema.validate(result)
        coverage = result["coverage"]
        assert [page["page"] for page in coverage["pages"]] == list(range(1, result["document"]["page_count"] + 1))
        assert len({picture["id"] for picture in coverage["pictures"]}) == len(coverage["pictures"]) == row["pictures"]
        fates = [one["fate"] for one in [*coverage["pages"], *coverage["pictures"]]]
        assert (result["status"] == "complete") == ("failed" not in fates) == (not coverage["gaps"])
    left = {path.suffix for path in out.rglob("*") if path.is_file()}
    assert left <= {".json", ".md", ".png", ".jpg"}, "nothing half-written is left"


def _least(sizes: list[int], room: int) -> int:
    """How many requests it takes to fill each in page order as far as it goes."""
    count, filled = 0, room + 1
    for size in sizes:
        count, filled = (count, filled + size) if filled + size <= room else (count + 1, size)
    return count


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_long_documents_take_the_least_number_of_requests_and_none_is_over_the_window(
    corpus: Path, tmp_path: Path
) -> None:
    job = make_job(Settings(engine="openrouter", store=str(tmp_path / "store"), ocr="never"), None, key=False)
    assert job.target.model_id == MODEL and job.window == 128_000
    room = job.window - job.reserve - job.counter.prompt(job.prompt(Group(None), job.reserve).system, 0)
    for path in sorted((corpus / "pdf" / "long").iterdir()):
        with open_document(path, job) as reading:
            made = plan(reading, job)
        parts = [page_parts(page, "all", job.model.pictures) for page in made.pages]
        sizes = [job.counter.parts(one) for one in parts if one]
        bare = [job.counter.parts(page_parts(one, "all", job.model.pictures)) for one in fold(made.pages).pages]
        # Stating what runs over the pages once takes less than having it on each, and more than leaving it out.
        assert _least(bare, room) <= len(made.requests) <= _least(sizes, room), path.name
        assert all(request.tokens + request.reserve <= job.window for request in made.requests), path.name
        sent = [page for request in made.requests for page in request.pages]
        assert sent == sorted(sent), "reading order"
        silent = {page.number for page, one in zip(made.pages, parts, strict=True) if not one}
        assert set(sent) | silent == set(range(1, made.document.page_count + 1)), path.name
