"""Answers become values: nothing is lost on the way, whatever came and in whatever order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.ask.answer import Answer, KeyPoint
from pipeline.ask.schema import nullable, resolve
from pipeline.merge.points import key_points
from pipeline.merge.sameness import meaning
from pipeline.merge.values import Extraction, merge_values
from tests.making import answer_of, finder_of, request_of, said

TEXTS = {
    1: "Invoice 4711\nTotal 1,234.00 EUR\nWidget 2 9.00\nWidget 2 9.00\nBolt 1 3.00",
    2: "Total 1,324.00 EUR\nkeywords: alpha, beta",
    3: "Total: 1234\nBolt 1 3.50\nkeywords: Beta, gamma",
}
REQUESTS = [request_of(f"r{page}", [page]) for page in TEXTS]


def schema_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def merged(schema: dict[str, Any], *data: dict[str, Any] | None) -> Extraction:
    """The n-th data is the answer to the request for page n."""
    answers = [answer_of(f"r{number}", one) for number, one in enumerate(data, 1) if one is not None]
    return merge_values(answers, REQUESTS, schema, finder_of(TEXTS))


NUMBER = {"type": "number"}
TEXT = {"type": "string"}


def test_values_that_agree_are_one_with_all_their_places() -> None:
    found = merged(
        schema_of(total=TEXT),
        {"total": said("1,234.00", 1, "Total 1,234.00")},
        None,
        {"total": said("1234", 3, "Total: 1234")},
    )
    assert found.data == {"total": "1,234.00"}
    assert [one.page for one in found.evidence["/total"]] == [1, 3]
    assert not found.conflicts and not found.not_found and not found.unverified


def test_a_disagreement_lists_every_candidate_with_its_evidence() -> None:
    found = merged(
        schema_of(total=NUMBER),
        {"total": said(99, 1)},
        {"total": said(1324, 2, "Total 1,324.00 EUR")},
        {"total": said(1234, 3, "Total: 1234")},
    )
    assert found.data == {"total": 1324}
    (conflict,) = found.conflicts
    assert (conflict.pointer, conflict.chosen, conflict.rule) == ("/total", 1324, "agree")
    assert [(one.value, one.evidence[0].page, one.verified) for one in conflict.candidates] == [
        (99, 1, False),
        (1324, 2, True),
        (1234, 3, True),
    ]


def test_what_more_places_support_wins_over_what_comes_first() -> None:
    said_once = {"total": said("1,324.00", 2, "Total 1,324.00")}
    found = merged(
        schema_of(total=TEXT),
        {"total": said("1,324.00", 1)},
        {"total": said("1,324.00", 2, "Total 1,324.00")},
        {"total": said("1234", 3, "Total: 1234")},
    )
    assert found.data == {"total": "1,324.00"}
    assert merged(schema_of(total=TEXT), {"total": said("1,234.00", 1, "Total 1,234.00")}, said_once).data == {
        "total": "1,234.00"
    }


@pytest.mark.parametrize(
    ("rule", "value", "conflicts"),
    [("first", 5, 1), ("last", 7, 1), ("sum", 18.5, 0), ("agree", 5, 1), ("union", 5, 1)],
)
def test_a_rule_chooses_among_numbers(rule: str, value: float, conflicts: int) -> None:
    schema = schema_of(n={**NUMBER, "x-merge": rule})
    found = merged(schema, {"n": said(5, 1)}, {"n": said(6.5, 2)}, {"n": said(7, 3)})
    assert found.data == {"n": value}
    assert len(found.conflicts) == conflicts
    assert {one.code for one in found.notices} == ({"merge-rule"} if rule == "union" else set())


@pytest.mark.parametrize(
    ("rule", "value"), [("longest", "the longest"), ("union", "short; the longest; mid one"), ("sum", "short")]
)
def test_a_rule_chooses_among_texts(rule: str, value: str) -> None:
    schema = schema_of(t={**TEXT, "x-merge": rule})
    assert (
        merged(schema, {"t": said("short", 1)}, {"t": said("the longest", 2)}, {"t": said("mid one", 3)}).data["t"]
        == value
    )


def test_a_sum_is_exact_and_whole_where_its_numbers_are() -> None:
    schema = schema_of(n={**NUMBER, "x-merge": "sum"}, i={"type": "integer", "x-merge": "sum"})
    found = merged(schema, {"n": said(0.1, 1), "i": said(2, 1)}, {"n": said(0.2, 2), "i": said(3, 2)})
    assert found.data == {"n": 0.3, "i": 5}
    assert len(found.evidence["/n"]) == 2


RECORD = {"type": "object", "properties": {"name": TEXT, "price": NUMBER}}


def bolt(page: int, price: float | None, quote: str) -> dict[str, Any]:
    return said({"name": "Bolt", "price": price}, page, quote)


@pytest.mark.parametrize("where", ["array", "items"])
def test_records_with_equal_keys_are_joined_and_their_nulls_filled(where: str) -> None:
    items = {**RECORD, **({"x-key": ["name"]} if where == "items" else {})}
    schema = schema_of(items={"type": "array", "items": items, **({"x-key": ["name"]} if where == "array" else {})})
    found = merged(
        schema,
        {"items": [bolt(1, None, "Bolt 1 3.00")]},
        {"items": []},
        {"items": [said({"name": "BOLT", "price": 3.5}, 3, "Bolt 1 3.50")]},
    )
    assert found.data == {"items": [{"name": "Bolt", "price": 3.5}]}
    assert [one.page for one in found.evidence["/items/0"]] == [1, 3]
    assert not found.conflicts
    both = merged(schema, {"items": [bolt(1, 3.0, "Bolt 1 3.00")]}, None, {"items": [bolt(3, 3.5, "Bolt 1 3.50")]})
    assert [(one.pointer, [c.value for c in one.candidates]) for one in both.conflicts] == [
        ("/items/0/price", [3.0, 3.5])
    ]


def test_records_without_a_whole_key_are_not_joined() -> None:
    schema = schema_of(items={"type": "array", "x-key": ["name", "price"], "items": RECORD})
    found = merged(schema, {"items": [bolt(1, None, "Bolt 1 3.00")]}, None, {"items": [bolt(3, None, "Bolt 1 3.50")]})
    assert len(found.data["items"]) == 2


def test_two_like_lines_stay_two_and_a_line_told_twice_is_one() -> None:
    schema = schema_of(items={"type": "array", "items": RECORD})
    widget = said({"name": "Widget", "price": 9}, 1, "Widget 2 9.00")
    found = merged(schema, {"items": [widget, widget, bolt(1, 3, "Bolt 1 3.00"), bolt(1, 3, "Bolt 1 3.00")]})
    assert [item["name"] for item in found.data["items"]] == ["Widget", "Widget", "Bolt"]
    tops = [found.evidence[f"/items/{number}"][0].boxes[0][1] for number in range(3)]
    assert tops == [74.0, 86.0, 98.0]


def test_equal_texts_of_several_answers_are_one_item() -> None:
    schema = schema_of(words={"type": "array", "items": TEXT}, numbers={"type": "array", "items": NUMBER})
    found = merged(
        schema,
        None,
        {"words": [said("alpha", 2, "alpha"), said("beta", 2, "beta")], "numbers": [said(5, 2)]},
        {"words": [said("Beta", 3, "Beta"), said("gamma", 3, "gamma")], "numbers": [said(5, 3)]},
    )
    assert found.data == {"words": ["alpha", "beta", "gamma"], "numbers": [5, 5]}
    assert [one.page for one in found.evidence["/words/1"]] == [2, 3]


def test_items_stand_in_the_order_of_the_document() -> None:
    schema = schema_of(words={"type": "array", "items": TEXT})
    requests = [request_of("r1", [1, 2, 3])]
    data = {"words": [said("gamma", 3, "gamma"), said("Bolt", 1, "Bolt"), said("alpha", 2, "alpha")]}
    found = merge_values([answer_of("r1", data)], requests, schema, finder_of(TEXTS))
    assert found.data == {"words": ["Bolt", "alpha", "gamma"]}


@pytest.mark.parametrize(("rule", "value"), [("first", ["a"]), ("last", ["c"]), ("longest", ["b", "d"])])
def test_a_rule_takes_one_answers_list_and_lists_the_others(rule: str, value: list[str]) -> None:
    schema = schema_of(t={"type": "array", "items": TEXT, "x-merge": rule})
    found = merged(schema, {"t": [said("a", 1)]}, {"t": [said("b", 2), said("d", 2)]}, {"t": [said("c", 3)]})
    assert found.data == {"t": value}
    assert [one.value for one in found.conflicts[0].candidates] == [["a"], ["b", "d"], ["c"]]
    assert found.conflicts[0].chosen == value


def test_lists_within_records_are_merged_too() -> None:
    record = {"type": "object", "properties": {"name": TEXT, "tags": {"type": "array", "items": TEXT}}}
    schema = schema_of(items={"type": "array", "x-key": ["name"], "items": record})
    found = merged(
        schema,
        {"items": [said({"name": "Bolt", "tags": [said("x", 1)]}, 1, "Bolt 1 3.00")]},
        None,
        {"items": [said({"name": "Bolt", "tags": [said("X", 3), said("y", 3)]}, 3, "Bolt 1 3.50")]},
    )
    assert found.data == {"items": [{"name": "Bolt", "tags": ["x", "y"]}]}
    assert set(found.evidence) == {"/items/0", "/items/0/tags/0", "/items/0/tags/1"}
    assert found.unverified == ("/items/0/tags/0", "/items/0/tags/1")


def test_what_does_not_fit_the_schema_is_null_and_listed() -> None:
    schema = schema_of(id={**TEXT, "pattern": "^INV"}, words={"type": "array", "items": TEXT, "maxItems": 1})
    data = {"id": said("4711", 1, "Invoice 4711"), "words": [said("alpha", 1), said("beta", 1)]}
    found = merged(schema, data)
    assert found.data == {"id": None, "words": ["alpha"]}
    listed = [(one.pointer, one.rule, one.chosen, [c.value for c in one.candidates]) for one in found.conflicts]
    assert listed == [("/id", "schema", None, ["4711"]), ("/words", "maxItems", None, ["beta"])]
    assert {one.code for one in found.notices} == {"value-not-placed", "too-many-items"}
    assert found.not_found == ("/id",)


def test_a_record_without_any_value_is_said_to_be_left_out() -> None:
    schema = schema_of(items={"type": "array", "items": RECORD})
    found = merged(schema, {"items": [said({"name": None, "price": None}, 1)]})
    assert found.data == {"items": []} and found.not_found == ("/items",)
    assert [one.code for one in found.notices] == ["empty-record"]


def test_pointers_are_escaped_and_nested_objects_kept() -> None:
    schema = schema_of(**{"a/b": schema_of(**{"c~d": TEXT, "e": TEXT})})
    found = merged(schema, {"a/b": {"c~d": said("4711", 1, "Invoice 4711"), "e": None}})
    assert found.data == {"a/b": {"c~d": "4711", "e": None}}
    assert set(found.evidence) == {"/a~1b/c~0d"} and found.not_found == ("/a~1b/e",)


def test_valid_means_the_users_own_schema_where_what_is_absent_may_be() -> None:
    schema = {**schema_of(a=TEXT, b=TEXT), "required": ["a"]}
    assert merged(schema, {"a": said("4711", 1), "b": None}).valid
    assert not merged(schema, {"a": None, "b": said("4711", 1)}).valid
    assert merged({**schema, "required": []}, None).valid


def test_without_any_answer_everything_is_null() -> None:
    found = merged(schema_of(a=TEXT, b=schema_of(c=NUMBER), d={"type": "array", "items": RECORD}))
    assert found.data == {"a": None, "b": {"c": None}, "d": []}
    assert found.not_found == ("/a", "/b/c", "/d")


def test_a_genuine_quote_that_does_not_hold_the_value_leaves_it_unverified() -> None:
    schema = schema_of(total=NUMBER, open={"type": "boolean"}, state={"enum": ["due", "paid"]}, name=TEXT)
    quote = "Total 1,234.00 EUR"
    data = {"total": 999999, "open": True, "state": "due", "name": "Borealis"}
    found = merged(schema, {name: said(value, 1, quote) for name, value in data.items()})
    assert found.data == data and found.unverified == ("/total", "/name")
    assert found.evidence["/total"][0].match == "exact" and found.evidence["/total"][0].boxes
    assert merged(schema, {"total": said(1234, 1, quote), "open": None, "state": None, "name": None}).unverified == ()


def test_a_value_that_its_quote_holds_wins_over_one_that_it_does_not() -> None:
    first, second = said(999999, 1, "Total 1,234.00 EUR"), said(1324, 2, "Total 1,324.00 EUR")
    found = merged(schema_of(total=NUMBER), {"total": first}, {"total": second})
    assert found.data == {"total": 1324} and not found.unverified and len(found.conflicts) == 1


def test_a_record_needs_one_value_in_its_quote() -> None:
    schema = schema_of(items={"type": "array", "items": RECORD})
    found = merged(schema, {"items": [bolt(1, 77, "Bolt 1 3.00"), bolt(1, 77, "Total 1,234.00 EUR")]})
    assert len(found.data["items"]) == 2 and len(found.unverified) == 1


def test_a_map_comes_back_as_an_object() -> None:
    schema = schema_of(m={"type": "object", "additionalProperties": NUMBER})
    found = merged(
        schema,
        {"m": [said({"key": "Bolt", "value": 3}, 1, "Bolt 1 3.00"), said({"key": None, "value": 8}, 1)]},
        None,
        {"m": [said({"key": "BOLT", "value": 3.5}, 3, "Bolt 1 3.50"), said({"key": "a/b", "value": None}, 3)]},
    )
    assert found.data == {"m": {"Bolt": 3, "a/b": None}} and found.valid is False
    assert [one.page for one in found.evidence["/m/Bolt"]] == [1, 3]
    assert [(one.pointer, [c.value for c in one.candidates]) for one in found.conflicts] == [
        ("/m/Bolt", [3, 3.5]),
        ("/m", [{"key": None, "value": 8}]),
    ]
    assert found.not_found == ("/m/a~1b",)
    nothing = merged(schema, {"m": []})
    assert nothing.data == {"m": {}} and nothing.valid and nothing.not_found == ("/m",)


def test_an_object_of_which_nothing_was_found_is_null_where_the_schema_takes_null() -> None:
    address = {**schema_of(city=TEXT), "required": ["city"]}
    optional = {"anyOf": [address, {"type": "null"}]}
    empty: dict[str, Any] = {"address": {"city": None}}
    for form, required, valid in ((optional, ["address"], True), (address, ["address"], False), (address, [], True)):
        found = merged({**schema_of(address=form), "required": required}, empty)
        assert (found.data, found.valid) == (empty, valid)


def test_what_a_schema_leaves_unasked_is_said() -> None:
    union = {"anyOf": [schema_of(a=TEXT), schema_of(b=TEXT)]}
    found = merged(schema_of(u=union), {"u": {"a": None}})
    assert [(one.code, one.message.split(":")[0]) for one in found.notices] == [("schema-narrowed", "/u")]


def test_multiples_of_a_cent_are_valid() -> None:
    schema = schema_of(a={**NUMBER, "multipleOf": 0.01})
    assert merged(schema, {"a": said(19.99, 1)}).valid and not merged(schema, {"a": said(19.995, 1)}).valid


def test_a_corrected_page_is_said() -> None:
    requests = [request_of("r1", [1, 2, 3])]
    answers = [answer_of("r1", {"t": said("gamma", 1, "keywords: Beta, gamma")})]
    found = merge_values(answers, requests, schema_of(t=TEXT), finder_of(TEXTS))
    assert found.evidence["/t"][0].page == 3
    assert [(one.code, one.page) for one in found.notices] == [("page-corrected", 3)]


def test_key_points_stand_in_the_order_of_the_document_and_once() -> None:
    points = [("Total is due", 2, "Total 1,324.00 EUR"), ("An invoice", 1, "Invoice 4711")]
    answers = [
        answer_of("r2", key_points=(KeyPoint(*points[0]),)),
        answer_of("r1", key_points=(KeyPoint(*points[1]),)),
        answer_of("r3", key_points=(KeyPoint("total is due", 3, "Total: 1234"),)),
    ]
    found = key_points(answers, REQUESTS, finder_of(TEXTS))
    assert [(one.text, [e.page for e in one.evidence]) for one in found] == [
        ("An invoice", [1]),
        ("Total is due", [2, 3]),
    ]


# What follows holds for any schema and any answers that fit its wire form.

LEAVES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        TEXT,
        NUMBER,
        {"type": "integer", "minimum": 3},
        {"type": "boolean"},
        {"type": ["string", "null"], "pattern": "^[ab]"},
        {"type": "string", "enum": ["a", "b"]},
        {"anyOf": [{"type": "string"}, {"type": "number"}]},
    ]
)
RULES = st.sampled_from([None, "agree", "first", "last", "longest", "sum", "union"])
NAMES = st.sampled_from(["a", "b/c", "d~"])


@st.composite
def nodes(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    shape = draw(st.sampled_from(["leaf", "leaf", "object", "array"])) if depth else "leaf"
    rule = draw(RULES)
    extra: dict[str, Any] = {"x-merge": rule} if rule else {}
    if shape == "leaf":
        return {**draw(LEAVES), **extra}
    if shape == "object":
        return schema_of(**draw(st.dictionaries(NAMES, nodes(depth - 1), min_size=1, max_size=3)))
    items = draw(nodes(depth - 1))
    if "properties" in items and draw(st.booleans()):
        extra["x-key"] = [draw(st.sampled_from(sorted(items["properties"])))]
    if draw(st.booleans()):
        extra["maxItems"] = draw(st.integers(1, 3))
    return {"type": "array", "items": items, **extra}


SCALARS: st.SearchStrategy[Any] = st.sampled_from(["a", "A ", "b1", "zz", "1,234", 5, 5.0, 2.5, 0, True, False])
QUOTES = st.sampled_from(["Invoice 4711", "Total", "Widget 2 9.00", "nowhere at all", "| Bolt | 3.00 |", ""])


@st.composite
def wires(draw: st.DrawFn, node: dict[str, Any], inside: bool = False) -> Any:
    """What an answer may say for a node; values of the wrong type too."""

    def evidenced(value: Any) -> dict[str, Any]:
        return said(value, draw(st.integers(0, 4)), draw(QUOTES))

    if "properties" in node:
        return {name: draw(wires(child, inside)) for name, child in node["properties"].items()}
    if node.get("type") == "array":
        items = node["items"]
        inner: st.SearchStrategy[Any] = (
            wires(items, True) if "properties" in items or items.get("type") == "array" else SCALARS
        )
        return [evidenced(draw(inner)) for _ in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        return None
    return draw(SCALARS) if inside else evidenced(draw(SCALARS))


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], list[Answer]]:
    schema = schema_of(**draw(st.dictionaries(NAMES, nodes(), min_size=1, max_size=3)))
    return schema, [answer_of(f"r{number}", draw(wires(schema))) for number in (1, 2, 3) if draw(st.booleans())]


def scalars(wire: Any) -> list[Any]:
    """Every value that an answer gave."""
    if isinstance(wire, list):
        return [value for item in wire for value in scalars(item)]
    if isinstance(wire, dict):
        own = wire["value"] if set(wire) == {"quote", "page", "value"} else list(wire.values())
        return scalars(own)
    return [] if wire is None else [wire]


def summed(node: dict[str, Any]) -> bool:
    """Whether values are added or strung together somewhere: those are not found again one by one."""
    if node.get("x-merge") in ("sum", "union"):
        return True
    return any(map(summed, node.get("properties", {}).values())) or ("items" in node and summed(node["items"]))


@given(cases(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_answers_changes_anything(
    case: tuple[dict[str, Any], list[Answer]], chance: random.Random
) -> None:
    schema, answers = case
    once = merge_values(answers, REQUESTS, schema, finder_of(TEXTS))
    shuffled = answers + [answer for answer in answers if chance.random() < 0.5]
    chance.shuffle(shuffled)
    assert merge_values(shuffled, REQUESTS, schema, finder_of(TEXTS)) == once


@given(cases())
def test_the_data_always_fits_the_schemas_nullable_form(case: tuple[dict[str, Any], list[Answer]]) -> None:
    schema, answers = case
    found = merge_values(answers, REQUESTS, schema, finder_of(TEXTS))
    Draft202012Validator(nullable(resolve(schema))).validate(found.data)


@given(cases())
def test_no_candidate_is_lost(case: tuple[dict[str, Any], list[Answer]]) -> None:
    schema, answers = case
    found = merge_values(answers, REQUESTS, schema, finder_of(TEXTS))
    if summed(schema):
        return
    kept = {meaning(value) for value in scalars(found.data)}
    listed = [one.value for conflict in found.conflicts for one in conflict.candidates]
    kept |= {meaning(value) for value in scalars(listed)}
    for answer in answers:
        assert {meaning(value) for value in scalars(answer.data)} <= kept


@given(cases())
def test_every_value_has_evidence_or_is_called_unverified(case: tuple[dict[str, Any], list[Answer]]) -> None:
    schema, answers = case
    found = merge_values(answers, REQUESTS, schema, finder_of(TEXTS))
    for pointer, evidence in found.evidence.items():
        assert evidence
        assert pointer in found.unverified or any(one.verified for one in evidence)
    assert set(found.unverified) <= set(found.evidence)
    for pointer, value in _leaves("", found.data):
        above = [pointer[:at] for at in range(len(pointer) + 1) if at == len(pointer) or pointer[at] == "/"]
        assert (value in (None, [])) is (pointer in found.not_found)
        assert value in (None, []) or any(one in found.evidence for one in above)


def _leaves(pointer: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [
            leaf
            for name, child in value.items()
            for leaf in _leaves(f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", child)
        ]
    if isinstance(value, list) and value:
        return [leaf for number, child in enumerate(value) for leaf in _leaves(f"{pointer}/{number}", child)]
    return [(pointer, value)]
