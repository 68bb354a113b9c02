"""Results as tables and as lines: what stands in them, what a spreadsheet makes of them, and what is refused."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cli.main import main
from pipeline import Result, Settings, understand, write_result
from pipeline.export.files import guarded, write_csv
from pipeline.export.parquet import write_parquet
from pipeline.export.tables import Table, tables
from pipeline.result.model import Evidence, ExtractionPart
from tests.commands import run_json

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
SCHEMA: dict[str, Any] = {
    "title": "Order",
    "type": "object",
    "properties": {
        "total": {"type": "number"},
        "seller": {"type": "object", "properties": {"name": {"type": "string"}}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"n": {"type": "integer"}, "parts": {"type": "array", "items": {"type": "string"}}},
            },
        },
        "fees": {"type": "object", "additionalProperties": {"type": "number"}},
    },
}
DATA = {
    "total": 5,
    "seller": {"name": "A"},
    "items": [{"n": 1, "parts": ["x", "y"]}, {"n": None, "parts": []}],
    "fees": {"a/b": 2.5, "customs": None},
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    store = tmp_path_factory.mktemp("store")
    return understand(SAMPLES / "invoice.pdf", Settings(store=str(store)), schema="invoice")


def extracted(
    result: Result, schema: dict[str, Any], data: dict[str, Any], evidence: Any = None, unverified: tuple[str, ...] = ()
) -> Result:
    """The same result with other values."""
    places: dict[str, tuple[Evidence, ...]] = {
        pointer: (Evidence(page=page, source=None, quote=quote, boxes=(), match="exact", score=1.0),)
        for pointer, (page, quote) in (evidence or {}).items()
    }
    part = ExtractionPart(
        schema=schema,
        data=data,
        valid=True,
        evidence=places,
        conflicts=(),
        not_found=(),
        unverified=unverified,
    )
    return result.model_copy(update={"extraction": part})


def by_name(results: list[Result]) -> dict[str, Table]:
    [(folder, made)] = tables(results).items()
    assert folder == ""
    return {table.name: table for table in made}


def own(row: dict[str, Any]) -> dict[str, Any]:
    """What a row has beside the document."""
    return {name: value for name, value in row.items() if name not in ("_document", "_sha256")}


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(table: Table, folder: Path) -> list[dict[str, str]]:
    """The rows of a table as CSV, read back."""
    write_csv(table, folder / "table.csv")
    return read_csv(folder / "table.csv")


def parquet(table: Table, folder: Path) -> pyarrow.Table:
    """A table as Parquet, read back."""
    write_parquet(table, folder / "table.parquet")
    return pyarrow.parquet.read_table(folder / "table.parquet")


def test_each_list_is_a_table_whose_rows_know_the_record_above_them(result: Result) -> None:
    made = by_name([extracted(result, SCHEMA, DATA, evidence={"/items/0": (2, "1 x y")}, unverified=("/items/1/n",))])
    assert list(made) == ["documents", "items", "items.parts", "fees", "evidence"]
    [document] = made["documents"].rows
    assert (document["total"], document["seller.name"], document["_unverified"]) == (5, "A", 1)
    first, second = map(own, made["items"].rows)
    place = {"_page": 2, "_quote": "1 x y", "_verified": True}
    assert first == {"_pointer": "/items/0", "_parent": None, "n": 1, **place}
    assert second == {"_pointer": "/items/1", "_parent": None, "_verified": False}
    assert [(row["_pointer"], row["_parent"], row["value"]) for row in made["items.parts"].rows] == [
        ("/items/0/parts/0", "/items/0", "x"),
        ("/items/0/parts/1", "/items/0", "y"),
    ]
    assert [(row["_pointer"], row["key"], row.get("value")) for row in made["fees"].rows] == [
        ("/fees/a~1b", "a/b", 2.5),
        ("/fees/customs", "customs", None),
    ]
    assert made["items"].columns["n"] == "integer" and made["documents"].columns["total"] == "number"
    evidence = {row["_pointer"]: (row["_value"], row.get("_page"), row["_verified"]) for row in made["evidence"].rows}
    assert evidence == {"/items/0": ('{"n": 1, "parts": ["x", "y"]}', 2, True), "/items/1/n": ("null", None, False)}


def test_every_value_of_a_real_result_is_in_its_tables(result: Result) -> None:
    made = by_name([result])
    assert result.extraction is not None
    data = result.extraction.data
    assert len(made["line_items"].rows) == len(data["line_items"]) > 2
    for row, item in zip(made["line_items"].rows, data["line_items"], strict=True):
        assert {name: row.get(name) for name in item} == item
        assert row["_verified"] and row["_page"] == 1 and row["_quote"]
    [document] = made["documents"].rows
    assert document["total"] == data["total"] and document["seller.name"] == data["seller"]["name"]
    assert {row["_pointer"] for row in made["evidence"].rows} == set(result.extraction.evidence)


def test_lists_in_lists_and_lists_under_names_have_tables_too(result: Result) -> None:
    grid = {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}
    groups = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    schema = {"type": "object", "properties": {"grid": grid, "groups": groups}}
    made = by_name([extracted(result, schema, {"grid": [[1, 2], [3]], "groups": {"x": ["a"], "y": []}})])
    rows = [(row["_pointer"], row["_parent"], row["value"]) for row in made["grid.item"].rows]
    assert rows == [("/grid/0/0", "/grid/0", 1), ("/grid/0/1", "/grid/0", 2), ("/grid/1/0", "/grid/1", 3)]
    assert [row["key"] for row in made["groups"].rows] == ["x", "y"]
    assert [(row["_pointer"], row["_parent"], row["value"]) for row in made["groups.value"].rows] == [
        ("/groups/x/0", "/groups/x", "a")
    ]


def test_names_of_the_schema_lead_to_no_other_folder_and_to_no_other_table(result: Result, tmp_path: Path) -> None:
    names = ["../../up", "documents", "Documents", "a b/c", "", "x" * 300]
    leaf = {"type": "array", "items": {"type": "string"}}
    schema = {"type": "object", "properties": dict.fromkeys(names, leaf)}
    made = by_name([extracted(result, schema, {name: [name] for name in names})])
    assert len({name.casefold() for name in made}) == len(names) + 2
    for table in made.values():
        write_csv(table, tmp_path / "out" / f"{table.name}.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert len(list((tmp_path / "out").iterdir())) == len(names) + 2


def test_results_of_several_schemas_have_folders_of_their_own(result: Result, tmp_path: Path) -> None:
    plain = result.model_copy(update={"extraction": None})
    made = tables([result, extracted(result, SCHEMA, DATA), plain, result])
    assert len(made) == 3 and any(folder.startswith("Order-") for folder in made)
    assert sorted(len(few[0].rows) for few in made.values()) == [1, 1, 2]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-5", "@x", "\t=1", "\r=1", "\n=1", " =1", "＝1", '=HYPERLINK("http://x")']
)
def test_no_cell_is_a_formula(text: str, result: Result, tmp_path: Path) -> None:
    made = by_name([extracted(result, SCHEMA, {**DATA, "seller": {"name": text}})])
    [row] = written(made["documents"], tmp_path)
    assert row["seller.name"] == f"'{text}"


@given(st.text())
def test_a_guarded_cell_is_its_text_or_that_behind_an_apostrophe(text: str) -> None:
    cell = guarded(text)
    assert cell in (text, f"'{text}")
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_numbers_stand_as_they_are_and_null_is_empty(result: Result, tmp_path: Path) -> None:
    made = by_name([extracted(result, SCHEMA, {**DATA, "total": -5.5, "seller": {"name": None}})])
    [row] = written(made["documents"], tmp_path)
    assert (row["total"], row["seller.name"], row["_valid"]) == ("-5.5", "", "true")


def test_what_is_written_as_csv_is_read_back(result: Result, tmp_path: Path) -> None:
    text = 'a, "b"\r\nc\u2028 – ü 漢'
    made = by_name([extracted(result, SCHEMA, {**DATA, "seller": {"name": text}})])
    [row] = written(made["documents"], tmp_path)
    assert row["seller.name"] == text


def test_parquet_has_the_types_of_the_schema_and_keeps_null(result: Result, tmp_path: Path) -> None:
    made = by_name([extracted(result, SCHEMA, DATA), extracted(result, SCHEMA, {**DATA, "total": None})])
    documents = parquet(made["documents"], tmp_path)
    items = parquet(made["items"], tmp_path)
    assert documents.column("total").to_pylist() == [5.0, None]
    assert {name: str(items.schema.field(name).type) for name in ("n", "_page", "_verified", "_quote")} == {
        "n": "int64",
        "_page": "int64",
        "_verified": "bool",
        "_quote": "string",
    }
    assert items.column("n").to_pylist() == [1, None, 1, None]
    empty = parquet(Table("none", {"n": "number"}), tmp_path)
    assert empty.num_rows == 0 and str(empty.schema.field("n").type) == "double"


@pytest.mark.parametrize(
    ("wanted", "value"), [("integer", 2**70), ("integer", 1.5), ("boolean", "yes"), ("number", 2**60 + 1)]
)
def test_a_value_that_its_column_cannot_hold_makes_it_text(wanted: Any, value: Any, tmp_path: Path) -> None:
    table = Table("t", {"x": wanted}, [{"x": 1 if wanted != "boolean" else True}, {}, {"x": value}])
    found = parquet(table, tmp_path).column("x").to_pylist()
    assert found[1:] == [None, value if isinstance(value, str) else json.dumps(value)]


def test_without_pyarrow_it_is_said_what_to_install(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_result(result, tmp_path / "invoice.json")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    out = tmp_path / "out"
    assert main(["export", str(tmp_path / "invoice.json"), "--to", "parquet", "--out", str(out)]) == 2
    assert "pip install pyarrow" in capsys.readouterr().err and not out.exists()


def test_a_folder_of_results_becomes_lines(result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a/one.json", "b/two.json"):
        write_result(result, tmp_path / "out" / name)
    (tmp_path / "out" / "run.json").write_text('{"documents": []}', encoding="utf-8")
    (tmp_path / "out" / "broken.json").write_text("{", encoding="utf-8")
    lines = tmp_path / "all.jsonl"
    code, told, _ = run_json("export", tmp_path / "out", "--to", "jsonl", "--out", lines, capsys=capsys)
    assert code == 0 and told["files"] == {str(lines): 2}
    found = [json.loads(line) for line in lines.read_text(encoding="utf-8").split("\n")[:-1]]
    whole = result.to_dict()
    assert [one["data"] for one in found] == [whole["extraction"]["data"]] * 2
    assert found[0]["evidence"] == whole["extraction"]["evidence"]
    assert found[0]["sha256"] == whole["document"]["sha256"] and found[0]["document"] == "invoice.pdf"


def test_what_stands_there_is_not_written_over_unasked(
    result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_result(result, tmp_path / "invoice.json")
    (tmp_path / "line_items.csv").write_text("mine", encoding="utf-8")
    command = ["export", str(tmp_path / "inv*.json"), "--to", "csv", "--out", str(tmp_path)]
    assert main(command) == 2
    assert "line_items.csv is there already" in capsys.readouterr().err
    assert (tmp_path / "line_items.csv").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "documents.csv").exists()
    assert main([*command, "--force"]) == 0
    assert len(read_csv(tmp_path / "line_items.csv")) > 2


@pytest.mark.parametrize(
    ("named", "why"),
    [("none.json", "can't be read"), ("other.json", "is no result"), ("broken.json", "is no JSON"), ("x*", "names no")],
)
def test_what_is_no_result_is_refused_where_it_is_named(
    named: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    assert main(["export", str(tmp_path / named), "--to", "csv", "--out", str(tmp_path / "out")]) == 2
    assert why in capsys.readouterr().err and not (tmp_path / "out").exists()
