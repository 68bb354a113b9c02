"""JSON is found in answers that wrap it or slip, and never in half an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.ask.found import find_json

ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(min_size=1, max_size=8), ANY, min_size=1, max_size=4)


@given(
    OBJECTS,
    st.sampled_from(["{}", "\ufeff{}", "```json\n{}\n```", "Here it is:\n```\n{}\n```\nDone.", "Sure. {} Bye."]),
)
def test_an_object_is_found_whatever_stands_around_it(value: dict[str, Any], around: str) -> None:
    before, after = around.split("{}")
    assert find_json(before + json.dumps(value) + after) == value


@given(OBJECTS, st.floats(0.01, 0.99))
@example({"0": None, "}": None}, 0.75)
def test_half_an_answer_is_never_made_to_look_whole(value: dict[str, Any], share: float) -> None:
    text = json.dumps(value)
    cut = text[: max(int(len(text) * share), 1)]
    with pytest.raises(ValueError, match=r"."):
        find_json(cut)


@pytest.mark.parametrize(
    ("slip", "value"),
    [
        ('{"a": 1, "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
        ("{'a': 'x'}", {"a": "x"}),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}),
        ('{a: "x"}', {"a": "x"}),
        ('{"a": "x\ny"}', {"a": "x\ny"}),
    ],
)
def test_slips_are_mended(slip: str, value: dict[str, Any]) -> None:
    assert find_json(slip) == value


@pytest.mark.parametrize(
    "text", ["", "no", "{", "}{", '{"a": 1} {"b": 2}', '{"a": [1, 2}', "[" * 100_000, '{"a":' * 50_000]
)
def test_what_is_no_single_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        found = find_json(text)
        raise AssertionError(found)
