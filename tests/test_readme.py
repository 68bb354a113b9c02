"""The examples of the README, run as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from flows.cli.main import COMMANDS, main, parser
from flows.serving import load_serving
from pipeline import Settings, load_settings, understand

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^    \.venv/bin/quire (.+)$", re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"^```jsonc\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the examples name: a document, a folder of documents, a schema."""
    (tmp_path / "folder").mkdir()
    for name in ("report.pdf", "folder/one.pdf", "folder/two.pdf"):
        shutil.copy(ROOT / "samples" / "invoice.pdf", tmp_path / name)
    shutil.copy(ROOT / "samples" / "schemas" / "invoice.json", tmp_path / "my-schema.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _commands(*, prefect: bool) -> list[str]:
    """What a Prefect server is for is run by the tests that have one (`test_flow.py`, `test_serve.py`)."""
    return [line for line in COMMAND.findall(README) if ("--prefect" in line or line == "serve") == prefect]


@pytest.mark.parametrize("line", _commands(prefect=False))
def test_each_command_of_the_readme_works(line: str, folder: Path) -> None:
    assert main(shlex.split(line)) == 0


def test_the_prefect_examples_name_what_exists() -> None:
    lines = _commands(prefect=True)
    assert len(lines) == 2
    assert {shlex.split(line)[0] for line in lines} <= set(COMMANDS)


TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", TOML.findall((ROOT / "docs" / "prefect.md").read_text(encoding="utf-8")))
def test_each_table_of_what_to_serve_is_taken(example: str, folder: Path) -> None:
    (folder / "quire.toml").write_text(example, encoding="utf-8")
    assert load_settings().sources
    served = load_serving()
    assert served.batch or served.requests_at_once


def test_each_command_of_the_page_on_prefect_names_what_exists() -> None:
    text = (ROOT / "docs" / "prefect.md").read_text(encoding="utf-8")
    lines = COMMAND.findall(text)
    assert len(lines) >= 4
    for line in lines:
        parser().parse_args(shlex.split(line.partition("#")[0]))


@pytest.mark.parametrize("example", PYTHON.findall(README))
def test_each_python_example_runs(example: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("complete")


def test_each_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^    make (\S+)", README, re.MULTILINE)
    assert {"demo", "test"} <= set(named)
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_output_that_is_shown_is_what_comes_out(tmp_path: Path) -> None:
    (shown,) = OUTPUT.findall(README)
    result = understand(ROOT / "samples" / "invoice.pdf", Settings(store=str(tmp_path)), schema="invoice").to_dict()
    extraction = result["extraction"]
    for name, value in re.findall(r'"(\w+)": ("[^"]*"|[\d.]+|null)[,}]', shown.split("\n")[0]):
        assert extraction["data"][name] == json.loads(value), name
    (evidence,) = re.findall(r'\{"page".*\}', shown)
    found = [
        {name: value for name, value in one.items() if value is not None} for one in extraction["evidence"]["/total"]
    ]
    assert json.loads(evidence) in found
    (missing,) = re.findall(r'"not_found": \["(.+?)"', shown)
    assert missing in extraction["not_found"]
