"""The scorer: what agrees, what differs, what is missing, what is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cases import from_folder, from_seeds, read_gold, read_schema
from benchmarks.extraction import Measured, report
from benchmarks.fields import Score, agree, main, score, table

JSON_LEAVES = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text("abc 12", min_size=1, max_size=8)
NAMES = st.text("xyz/~", min_size=1, max_size=3)
JSON_DATA = st.recursive(
    JSON_LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def counts(scored: Score) -> tuple[int, int, int, int]:
    return scored.right, scored.wrong, scored.null, scored.spurious


@pytest.mark.parametrize(
    ("found", "gold", "how"),
    [
        (1000.9, 1000, "number"),
        (1001.1, 1000, ""),
        ("1,000.50", 1000.5, "number"),
        (-5, 5, ""),
        (0, 0, "number"),
        (0.001, 0, ""),
        ("many", 5, ""),
        (True, True, "exact"),
        (1, True, ""),
        (True, 1, ""),
        ("4 March 2025", "2025-03-04", "date"),
        ("2025-03-05", "2025-03-04", ""),
        ("  ACME   Ltd. ", "Acme Ltd", "exact"),
        ("Northwick Analytics GmbH & Co KG", "Northwick Analytics GmbH & Co. KG", "alike"),
        ("INV-2025-04718", "INV-2025-04717", ""),
        ("Berlin", "Bern", ""),
        ("ﬁnal", "final", "exact"),
        (2024, "2024", "exact"),
    ],
)
def test_when_two_values_agree(found: Any, gold: Any, how: str) -> None:
    assert agree(found, gold) == how


def test_each_leaf_has_one_verdict() -> None:
    gold = {"a": 1, "b": "x", "c": "y", "d": None, "e": None}
    scored = score({"a": 1, "b": "z", "c": None, "d": "made up", "e": None}, gold)
    assert counts(scored) == (1, 1, 1, 1)
    assert scored.empty == 1
    assert [(row.pointer, row.verdict) for row in scored.rows] == [
        ("/a", "right"),
        ("/b", "wrong"),
        ("/c", "null"),
        ("/d", "spurious"),
    ]
    assert scored.recall == pytest.approx(1 / 3)
    assert scored.precision == pytest.approx(1 / 3)


def test_records_are_compared_as_a_set() -> None:
    gold = [{"name": "bolt", "n": 4}, {"name": "nut", "n": 9}, {"name": "washer", "n": 2}]
    found = [{"name": "washer", "n": 2}, {"name": "bolt", "n": 5}, {"name": "screw", "n": 7}]
    scored = score({"items": found}, {"items": gold})
    verdicts = {row.pointer: row.verdict for row in scored.rows}
    assert verdicts["/items/0/name"] == "right" and verdicts["/items/0/n"] == "wrong"
    assert verdicts["/items/2/name"] == verdicts["/items/2/n"] == "right"
    assert counts(scored) == (3, 1, 2, 2)


def test_what_is_left_over_counts_leaf_by_leaf() -> None:
    assert counts(score({"items": []}, {"items": [{"a": 1, "b": 2}, {"a": 3, "b": None}]})) == (0, 0, 3, 0)
    assert counts(score({"items": [{"a": 1, "b": 2}]}, {"items": []})) == (0, 0, 0, 2)
    assert counts(score(None, {"a": {"b": 1}, "c": ["x", "y"]})) == (0, 0, 3, 0)
    assert counts(score({"a": {"b": 1}}, {"a": None})) == (0, 0, 0, 1)


def test_an_object_where_a_value_should_be_is_wrong() -> None:
    assert counts(score({"a": {"b": 1}}, {"a": 5})) == (0, 1, 0, 0)
    assert counts(score({"a": 5}, {"a": {"b": 5}})) == (0, 0, 1, 0)


def test_empty_text_is_no_value() -> None:
    assert counts(score({"a": "", "b": "x"}, {"a": "x", "b": ""})) == (0, 0, 1, 1)


def test_the_page_of_a_right_value_is_checked_at_the_place_where_it_was_found() -> None:
    gold = {"items": [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]}
    found = {"items": [{"n": 4}, {"n": 3}, {"n": 2}, {"n": 1}]}
    pages = {"/items/0/n": (1,), "/items/1/n": (2, 5), "/items/2/n": (3,)}
    evidence = {"/items/3/n": [{"page": 1}], "/items/2": [{"page": 5}], "/items/1/n": [{"page": 9}], "/items/0/n": []}
    scored = score(found, gold, pages=pages, evidence=evidence)
    assert {row.pointer: row.page for row in scored.rows} == {
        "/items/0/n": "right",
        "/items/1/n": "right",
        "/items/2/n": "wrong",
        "/items/3/n": None,
    }
    assert scored.pages == {"right": 2, "wrong": 1}


@given(JSON_DATA)
def test_gold_agrees_with_itself(data: Any) -> None:
    scored = score(data, data)
    assert scored.wrong == scored.null == scored.spurious == 0
    assert scored.recall == scored.precision == 1.0


@given(JSON_DATA, JSON_DATA)
def test_null_and_spurious_change_places_with_the_sides(left: Any, right: Any) -> None:
    one, other = score(left, right), score(right, left)
    assert one.right + one.wrong + one.null >= 0
    assert sum(counts(one)) == len(one.rows) and sum(counts(other)) == len(other.rows)
    nothing = score(None, right)
    assert nothing.right == nothing.wrong == nothing.spurious == 0
    assert nothing.null == score(right, right).right


@given(st.permutations([{"n": i, "t": f"item {i}"} for i in range(6)]))
def test_the_order_of_records_does_not_count(items: list[dict[str, Any]]) -> None:
    gold = {"items": [{"n": i, "t": f"item {i}"} for i in range(6)]}
    assert counts(score({"items": items}, gold)) == (12, 0, 0, 0)


def test_the_command_reads_a_result_and_prints_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = {"data": {"total": 5, "city": "Bern"}, "pages": {"/total": 2, "/city": 1}, "also": {"/total": [4]}}
    evidence = {"/total": [{"page": 4}], "/city": [{"page": 3}]}
    result = {"extraction": {"data": {"total": 5, "city": "Basel"}, "evidence": evidence}}
    (tmp_path / "gold.json").write_text(json.dumps(gold))
    (tmp_path / "result.json").write_text(json.dumps(result))
    main(["--result", str(tmp_path / "result.json"), "--gold", str(tmp_path / "gold.json")])
    shown = capsys.readouterr().out
    assert "wrong    /city" in shown and "Basel" in shown and "/total" not in shown
    assert "right 1 · wrong 1 · null 0 · spurious 0" in shown and "pages 1 right, 0 wrong" in shown
    assert "/total" in table(score({"total": 5}, {"total": 5}), whole=True)


def test_folders_in_the_layout_of_extractbench_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "letters-schema.json").write_text(json.dumps({"name": "x", "schema_definition": {"type": "object"}}))
    (folder / "one.gold.json").write_text(json.dumps({"a": 1}))
    (folder / "one.pdf").write_bytes(b"%PDF-1.4")
    [case] = from_folder(tmp_path)
    assert (case.kind, case.name, case.pdf) == ("letters", "one", folder / "one.pdf")
    assert case.schema == {"type": "object"} and case.gold.data == {"a": 1} and case.gold.pages == {}


def test_the_corpus_is_read_whole(corpus: Path) -> None:
    folder = corpus / "extract-bench"
    if not folder.is_dir():
        pytest.skip("the corpus has no extract-bench")
    cases = list(from_folder(folder))
    assert len(cases) == len(list(folder.glob("*/*.pdf")))
    for case in cases:
        assert case.pdf.is_file() and case.schema.get("type") == "object", case.name
        assert counts(score(case.gold.data, case.gold.data))[1:] == (0, 0, 0), case.name


def test_fresh_samples_come_with_schema_and_pages(tmp_path: Path) -> None:
    [case] = from_seeds([104], ["invoice"], tmp_path)
    assert case.schema["title"] == "Invoice" and case.pdf.is_file()
    assert case.gold.pages["/total"] and case.gold == read_gold(case.pdf.with_suffix(".gold.json"))
    assert read_schema(Path("samples/schemas/invoice.json").resolve()) == case.schema


def test_the_report_sums_by_kind(tmp_path: Path) -> None:
    [case] = from_seeds([104], ["invoice"], tmp_path)
    held = score(case.gold.data, case.gold.data)
    lost = score(None, case.gold.data)
    lines = list(report([Measured(case, held, 1.0, "complete"), Measured(case, lost, 2.0, "failed: no")]))
    assert lines[1].split()[2:6] == [str(held.right), "0", "0", "0"]
    assert lines[2].endswith("failed: no")
    assert lines[-1].startswith("= all (2)") and " 50.0% " in lines[-1]
