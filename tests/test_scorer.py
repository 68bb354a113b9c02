"""The scorer: what agrees, what differs, what is missing, what is made up."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cases import Case, from_folder, from_seeds, read_schema
from benchmarks.extractbench import asked, content, kept_aside
from benchmarks.extraction import Measured, report
from flows.cli.main import main
from pipeline.score.agreement import agree, likeness
from pipeline.score.compare import compare
from pipeline.score.fields import Score, score, together
from pipeline.score.gold import Gold, pairs, read_found, read_gold
from pipeline.score.pairing import MOST, best_pairs
from pipeline.score.table import leaves
from tests.commands import run_json

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


def _write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_command_reads_a_result_and_prints_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = {"data": {"total": 5, "city": "Bern"}, "pages": {"/total": 2, "/city": 1}, "also": {"/total": [4]}}
    evidence = {"/total": [{"page": 4}], "/city": [{"page": 3}]}
    _write(tmp_path / "gold.json", gold)
    _write(tmp_path / "result.json", {"extraction": {"data": {"total": 5, "city": "Basel"}, "evidence": evidence}})
    assert main(["score", str(tmp_path / "result.json"), "--gold", str(tmp_path / "gold.json")]) == 0
    shown = capsys.readouterr().out
    assert "wrong    /city" in shown and "Basel" in shown and "right    /total" not in shown
    assert shown.splitlines()[-1].split()[:9] == ["=", "all", "(1)", "1", "1", "0", "0", "50.0%", "50.0%"]
    assert shown.splitlines()[-1].endswith("1/1")
    assert "/total" in next(leaves(score({"total": 5}, {"total": 5}), whole=True))


def test_a_folder_of_results_is_compared_with_a_folder_of_golds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in {"a/one": {"x": 1}, "a/two": {"x": 2}, "b/two": {"x": 3}, "b/lost": {"x": 4, "y": "z"}}.items():
        _write(tmp_path / "gold" / f"{name}.gold.json", data)
        if name != "b/lost":
            _write(tmp_path / "out" / f"{name}.json", {"extraction": {"data": data, "evidence": {}}})
    _write(tmp_path / "out" / "run.json", {"documents": []})
    _write(tmp_path / "out" / "stranger.json", {"extraction": {"data": {}, "evidence": {}}})
    code, found, said = run_json(
        *("score", tmp_path / "out", "--gold", tmp_path / "gold", "--out", tmp_path / "scores.json"), capsys=capsys
    )
    assert code == 3 and "stranger.json has no gold" in said
    named = {one["name"]: (one["right"], one["null"]) for one in found["documents"]}
    assert named == {"a/one": (1, 0), "a/two": (1, 0), "b/two": (1, 0), "b/lost": (0, 2)}
    assert found["totals"]["recall"] == 0.6 and found["without_gold"] == [str(tmp_path / "out" / "stranger.json")]
    assert json.loads((tmp_path / "scores.json").read_text(encoding="utf-8")) == found
    assert main(["score", str(tmp_path / "out"), "--gold", str(tmp_path / "gold"), "--rows"]) == 3
    shown = capsys.readouterr().out
    assert "b/lost" in shown and "no result" in shown and "null     /y" in shown and "= b (2)" in shown


def test_a_result_alone_is_found_in_a_folder_of_golds_by_its_name(tmp_path: Path) -> None:
    gold = _write(tmp_path / "gold" / "deep" / "one.gold.json", {"x": 1})
    _write(tmp_path / "gold" / "other.gold.json", {"x": 1})
    result = _write(tmp_path / "one.json", {"x": 1})
    [pair], strangers = pairs([result], tmp_path / "gold")
    assert (pair.gold, pair.result, pair.kind, strangers) == (gold, result, "deep", [])


@pytest.mark.parametrize(
    ("result", "gold", "why"),
    [
        ("none.json", "gold", "does not exist"),
        ("one.json", "empty", "holds no gold"),
        ("one.json", "gold", "None of the results has a gold"),
        ("out", "gold/two.gold.json", "name one result"),
        ("bad.json", "gold/two.gold.json", "is no JSON"),
        ("one.json", "missing.json", "holds no gold"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    result: str, gold: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path / "gold" / "two.gold.json", {"x": 1})
    _write(tmp_path / "one.json", {"x": 1})
    (tmp_path / "empty").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    assert main(["score", str(tmp_path / result), "--gold", str(tmp_path / gold)]) == 2
    assert why in capsys.readouterr().err


def test_two_runs_are_compared_field_by_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = {"a": 1, "b": 2, "c": 3, "d": 4, "e": None, "f": None}
    new = {"a": 1, "b": 2, "c": 9, "d": None, "e": None, "f": "made up"}
    old = {"a": 1, "b": None, "c": 3, "d": 8, "e": "made up", "f": None}
    found = compare(score(new, gold), score(old, gold))
    assert (set(found.won), set(found.lost)) == ({"/b", "/e"}, {"/c", "/f"})
    assert (found.right, found.neither) == (1, 1)
    for name, data in {"gold": gold, "new": new, "old": old}.items():
        _write(tmp_path / f"{name}.json", data)
    new_path, gold_path, old_path = (str(tmp_path / f"{name}.json") for name in ("new", "gold", "old"))
    assert main(["score", new_path, "--gold", gold_path, "--against", old_path]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "against the other: 2 won, 2 lost, 1 right in both, 1 in neither"


@given(JSON_DATA, JSON_DATA, JSON_DATA)
def test_what_one_run_wins_the_other_loses(gold: Any, left: Any, right: Any) -> None:
    one, other = score(left, gold), score(right, gold)
    assert len({row.pointer for row in one.rows}) == len(one.rows)
    found, back = compare(one, other), compare(other, one)
    assert (set(found.won), set(found.lost)) == (set(back.lost), set(back.won))
    assert not compare(one, one).won and not compare(one, one).lost


WEIGHTS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 9), min_size=width, max_size=width), min_size=1, max_size=5)
)


@given(WEIGHTS)
def test_the_pairs_are_the_best_there_are(weights: list[list[int]]) -> None:
    found = best_pairs(weights)
    rows, columns = len(weights), len(weights[0])
    assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
    assert all(weights[row][column] > 0 for row, column in found)
    padded = [[*line, *[0] * rows] for line in weights]
    best = max(
        sum(padded[row][column] for row, column in enumerate(chosen))
        for chosen in itertools.permutations(range(columns + rows), rows)
    )
    assert sum(weights[row][column] for row, column in found) == best


def test_items_are_paired_so_that_most_agrees_in_all() -> None:
    gold = [{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 9}]
    found = [{"a": 1, "b": 2, "c": 4}, {"a": 1, "b": 5, "c": 3}]
    assert counts(score(found, gold)) == (4, 2, 0, 0)


def test_long_lists_are_paired_by_the_most_alike_first() -> None:
    many = [[float(row == column) + 1.0 for column in range(MOST + 1)] for row in range(3)]
    assert best_pairs(many) == [(0, 0), (1, 1), (2, 2)]
    assert best_pairs([]) == best_pairs([[]]) == []


def test_a_field_is_summed_over_its_records_and_its_rule_is_told() -> None:
    gold = {"items": [{"n": 1, "t": "alpha"}, {"n": 2, "t": "Northwick Analytics GmbH & Co. KG"}]}
    found = {"items": [{"n": 1, "t": "alpha"}, {"n": 2, "t": "Northwick Analytics GmbH & Co KG"}]}
    scored = score(found, gold)
    assert list(scored.by_field) == ["/items/*/n", "/items/*/t"]
    told = scored.to_dict()
    assert told["fields"]["/items/*/t"]["rules"] == {"exact": 1, "alike": 1}
    assert told["fields"]["/items/*/n"]["rules"] == {"number": 2} and len(told["leaves"]) == 4
    assert likeness("Bern", "Berlin") == 0.8 and likeness(1, "Bern") is None
    assert together([scored, scored]).right == 2 * scored.right


def test_a_result_without_a_schema_has_no_data(tmp_path: Path) -> None:
    path = _write(tmp_path / "result.json", {"schema_version": "1.0", "extraction": None})
    assert read_found(path).data is None


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


def test_what_is_kept_aside_is_decided_by_names_alone() -> None:
    assert kept_aside("swimming", "ma_2023_sw_M-table4")
    aside = [kept_aside("letters", f"letter-{number}") for number in range(1000)]
    assert 200 < sum(aside) < 300
    assert aside == [kept_aside("letters", f"letter-{number}") for number in range(1000)]


def test_what_is_kept_aside_is_summed_apart(tmp_path: Path) -> None:
    def measured(kind: str, name: str, found: Any) -> Measured:
        case = Case(kind, name, tmp_path / "x.pdf", {}, Gold({"a": 1}))
        return Measured(case, score(found, {"a": 1}), 1.0, "complete")

    ones = [measured("swimming", "ma_2023_sw_M-table4", {"a": 1}), measured("swimming", "ma_2023_sw_M-table1", None)]
    found = content(ones, "offline", {"swimming/ma_2023_sw_M-table1": 7})
    assert found["sums"]["kept aside: all"]["right"] == 1 and found["sums"]["kept aside: all"]["null"] == 0
    assert found["sums"]["seen: swimming"]["null"] == 1 and found["sums"]["seen: all"]["right"] == 0
    assert [one["kept_aside"] for one in found["documents"]] == [True, False]
    assert [one["outside_schema"] for one in found["documents"]] == [0, 7]


def test_what_a_schema_does_not_ask_for_is_no_fault_of_an_engine(tmp_path: Path) -> None:
    text = {"type": "string"}
    rows = {"type": "array", "items": {"type": "object", "properties": {"name": text}}}
    fees = {"type": "object", "additionalProperties": {"type": "number"}}
    schema = {"type": "object", "properties": {"rows": rows, "fees": fees, "left": text}}
    rows_of_gold = [{"name": "a", "array_index": 0}]
    gold: dict[str, Any] = {"fees": {"duty": 5}, "left": "x", "events": [{"name": "b"}]}
    gold["rows"] = [*rows_of_gold, "a record as text"]
    case = Case("letters", "one", tmp_path / "x.pdf", schema, Gold(gold))
    found = {"rows": [{"name": "a"}], "extra": 1}
    kept, outside = asked(Measured(case, score(found, gold), 1.0, "complete"))
    assert outside == 3 and counts(kept.score) == (1, 0, 2, 1)
