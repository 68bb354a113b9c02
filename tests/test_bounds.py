"""Answers as long as their schema allows: they have room in what is kept for them, whatever a model repeats."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ask.bounds import KEY_POINTS, STRING_CHARS, bounds_of
from pipeline.ask.prompts import Prompt, merge_prompt, read_prompt
from pipeline.ask.schema import resolve
from pipeline.pack.tokens import counter_for
from pipeline.profiles import endpoint_for, models

COUNTER = counter_for(models()["mistral-small-3.2"])
KEYWORDS = endpoint_for("vllm").keywords
TITLE = {"type": "object", "properties": {"title": {"type": "string"}, "year": {"type": "integer"}}}
Json = dict[str, Any]


def ask(reserve: int, pictures: int = 0, tree: Json | None = None, **more: Any) -> Prompt:
    told: Json = {"summary_chars": 2000, "language": None, "keywords": KEYWORDS, **more}
    return read_prompt(tree, reserve=reserve, pictures=pictures, **told)


def longest(schema: Json, *, null: bool = False) -> Any:
    """The longest value of a schema, of digits, which are a token each; with `null` fields are not found."""
    if "anyOf" in schema:
        options = [longest(one) for one in schema["anyOf"] if one != {"type": "null"}]
        return None if null else max(options, key=lambda one: len(json.dumps(one)))
    if schema["type"] == "object":
        return {name: longest(child, null=null) for name, child in schema["properties"].items()}
    if schema["type"] == "array":
        return [longest(schema["items"], null=null)] * schema["maxItems"]
    if "enum" in schema:
        return max(schema["enum"], key=len)
    return -(10**15) if schema["type"] == "integer" else "4711" * (schema["maxLength"] // 4)


def tokens(value: Any) -> int:
    """What a value takes, written with the white space that models put between its members."""
    return COUNTER.text(json.dumps(value, indent=2, separators=(" ,\n", " : ")))


@given(
    st.integers(400, 16_384),
    st.integers(0, 12),
    st.booleans(),
    st.booleans(),
    st.sampled_from([200, 600, 2000, 9000]),
)
@settings(deadline=None, max_examples=60)
def test_no_loop_runs_into_the_output_cap(
    reserve: int, pictures: int, fields: bool, sealed: bool, summary_chars: int
) -> None:
    if pictures * 1024 > reserve // 3:
        pictures = int(reserve >= 2048)  # with more, halves of the request hold fewer
    tree = resolve(TITLE) if fields else None
    prompt = ask(reserve, pictures, tree, sealed=sealed, summary_chars=summary_chars)
    assert tokens(longest(prompt.schema, null=True)) <= reserve


@pytest.mark.parametrize("reserve", [1024, 2048, 4096, 16_384])
def test_one_field_has_room_however_long_its_value_is(reserve: int) -> None:
    tree = resolve({"type": "object", "properties": {"title": {"type": "string"}}})
    prompt = ask(reserve, tree=tree, overall=False, sealed=True)
    (wire,) = prompt.schema["properties"]["data"]["properties"].values()
    assert wire["anyOf"][1]["properties"]["value"]["maxLength"] >= min(reserve // 3, STRING_CHARS)
    assert tokens(longest(prompt.schema)) <= reserve


def test_no_row_of_a_list_is_left_out_for_its_answer_s_sake() -> None:
    tree = resolve({"type": "object", "properties": {"rows": {"type": "array", "items": {"type": "integer"}}}})
    rows = ask(2048, tree=tree).schema["properties"]["data"]["properties"]["rows"]
    assert rows["maxItems"] == 128, "as many as 2,048 tokens can hold of the shortest"


@pytest.mark.parametrize("reserve", [512, 2048, 16_384])
def test_a_joined_summary_has_room(reserve: int) -> None:
    prompt = merge_prompt(summary_chars=2000, language=None, keywords=KEYWORDS, reserve=reserve)
    assert tokens(longest(prompt.schema)) <= reserve
    assert f"at most {prompt.schema['properties']['summary']['maxLength']} characters" in prompt.system


@given(st.integers(512, 16_384), st.integers(0, 9))
@settings(deadline=None, max_examples=30)
def test_the_model_is_told_the_lengths_that_its_grammar_holds_it_to(reserve: int, pictures: int) -> None:
    prompt = ask(reserve, pictures)
    asked = prompt.schema["properties"]
    point = asked["key_points"]["items"]["properties"]["text"]["maxLength"]
    assert f"`summary`: at most {asked['summary']['maxLength']} characters" in prompt.system
    assert f"each in at most {point} characters" in prompt.system
    assert prompt.system == ask(reserve).system, (
        "it is packed with before it is known how many pictures a request holds"
    )


def test_as_many_figures_are_asked_for_as_pictures_are_sent() -> None:
    assert [ask(8192, n).schema["properties"]["figures"]["maxItems"] for n in (0, 1, 7)] == [0, 1, 7]


def test_large_answers_lose_nothing_by_it() -> None:
    asked = ask(16_384).schema["properties"]
    assert asked["summary"]["maxLength"] == 2000 and asked["key_points"]["maxItems"] == KEY_POINTS


@pytest.mark.parametrize("engine", ["llamacpp", "ollama", "http://127.0.0.1:8080/v1"])
def test_grammars_of_llama_cpp_are_asked_for_no_string_that_they_refuse(engine: str) -> None:
    text = {"type": "string", "maxLength": 3000}
    tree = resolve({"type": "object", "properties": {"text": text, "more": {"type": ["string", "integer"]}}})
    chars = endpoint_for(engine).longest
    prompts = [ask(16_384, tree=tree, longest=chars)]
    prompts += [merge_prompt(summary_chars=5000, language=None, keywords=KEYWORDS, reserve=6000, longest=chars)]
    bounds = [bound for prompt in prompts for bound in lengths(prompt.schema)]
    assert bounds and max(bounds) == 1999


def lengths(schema: Any) -> list[int]:
    """Every bound of a string in a schema."""
    if isinstance(schema, list):
        return [bound for one in schema for bound in lengths(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema["maxLength"]] if isinstance(schema.get("maxLength"), int) else []
    return own + [bound for value in schema.values() for bound in lengths(value)]


@pytest.mark.parametrize("reserve", [2048, 16_384])
def test_values_of_charts_are_asked_for_where_pictures_are_sent_and_leave_room_for_key_points(reserve: int) -> None:
    asked = [ask(reserve, pictures).schema["properties"] for pictures in (0, 1, 2)]
    assert asked[0]["readings"]["maxItems"] == 0
    assert asked[1]["readings"]["maxItems"] == asked[2]["readings"]["maxItems"] == (0 if reserve == 2048 else 10)
    assert asked[1]["key_points"]["maxItems"] >= (2 if reserve == 2048 else 12)


@given(st.integers(1, 400), st.integers(0, 12), st.booleans(), st.booleans())
def test_in_a_reserve_that_has_no_room_the_least_is_asked_for(
    reserve: int, pictures: int, fields: bool, sealed: bool
) -> None:
    bounds = bounds_of(reserve, 2000, pictures, fields=fields, sealed=sealed)
    assert bounds.summary >= 1 and bounds.string >= 1 and bounds.items >= 1
    assert bounds.points >= 0 and bounds.point >= 1 and bounds.readings >= 0
