"""Summaries and key points: the document's own sentences, within the limit, without boilerplate."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.offline import sentences
from pipeline.offline.engine import answer
from tests.offline_chats import chat, content, page

STORY = """
## Abstract

The study follows twelve rivers of the upper basin over thirty years. It finds that low flow has fallen by a third since
the dams were closed. Fish counts fell in the same years, most of all in the rivers without a ladder.

## Methods

Flow was measured each day at twelve gauges of the national network. Fish were counted in spring and in autumn by the
same team with the same nets. Three gauges were moved in 1998, and their series were joined by regression.

## Results

Low flow fell in eleven of the twelve rivers, by 31 percent in the mean. The decline of fish follows the decline of flow
with a lag of two years. Rivers with a ladder lost a tenth of their fish, the others more than a half.

| River | Flow | Fish |
| --- | --- | --- |
| Alder | 3.2 | 410 |

## References

[1] A. Miller. The rivers of the basin and what became of them. Water Journal 12, 2004.
"""


def test_a_summary_is_made_of_whole_sentences_in_their_order() -> None:
    found = content(chat(page(STORY), summary_chars=400))["summary"]
    assert 100 < len(found) <= 400
    flat = " ".join(STORY.split())
    places = [flat.find(one) for one in sentences.split(found)]
    assert -1 not in places and places == sorted(places)
    assert "Water Journal" not in found and "|" not in found


def test_key_points_are_quoted_with_their_page() -> None:
    other = "The committee decided to build three more ladders before the end of the year. The cost is shared."
    points = content(chat(page(STORY, 4) + page(other, 5)))["key_points"]
    assert points and all(point["text"] == point["quote"] for point in points)
    for point in points:
        assert point["quote"] in " ".join((STORY if point["page"] == 4 else other).split())


def test_what_repeats_on_every_page_is_said_once_at_most() -> None:
    notice = "This document is confidential and may not be passed on to anybody without consent."
    pages = "".join(
        page(f"{notice}\n\nChapter {n} tells how the town number {n} was built and by whom.", n) for n in range(1, 9)
    )
    assert content(chat(pages))["summary"].count("confidential") == 0


def test_a_form_without_sentences_gives_its_first_lines() -> None:
    found = content(chat(page("Invoice no.: 5\n\nTotal: 12.00")))
    assert found["summary"] == "Invoice no.: 5 · Total: 12.00" and found["key_points"] == []


def merge_request(texts: list[str], limit: int) -> dict[str, Any]:
    blocks = "".join(f'<summary n="{n}" pages="{n}-{n}">{text}</summary>\n' for n, text in enumerate(texts, 1))
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"summary": {"type": "string", "maxLength": limit}},
        "required": ["summary"],
        "additionalProperties": False,
    }
    wire = {"name": "quire_merge", "strict": True, "schema": schema}
    return {
        "messages": [{"role": "user", "content": blocks}],
        "response_format": {"type": "json_schema", "json_schema": wire},
    }


def test_a_merge_takes_sentences_of_the_summaries() -> None:
    first = "The first part tells of the rivers and the dams that were built on them. It rained a lot in those years."
    second = (
        "The second part tells of the fish and of the ladders that were built for them. Few of the ladders were used."
    )
    found = content(merge_request([first, second], 180))["summary"]
    assert 0 < len(found) <= 180
    assert all(one in f"{first} {second}" for one in sentences.split(found))


def test_a_merge_names_key_points_by_number_and_puts_none_into_the_summary() -> None:
    body = merge_request(["The river was dammed in three places, and the fish could not pass them any more."], 500)
    points = ["Few ladders were used by the fish of the river in the years after 1998.", "Page 3", "Of 12 dams 3 leak."]
    body["messages"][0]["content"] += "".join(f'<point n="{n}">{text}</point>' for n, text in enumerate(points, 1))
    schema = body["response_format"]["json_schema"]["schema"]
    schema["properties"]["key_points"] = {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
    schema["required"].append("key_points")
    found = content(body)
    assert "1998" not in found["summary"] and "dammed" in found["summary"]
    assert found["key_points"][0] == 1 and len(found["key_points"]) <= 2


@given(
    st.lists(st.text(alphabet=st.characters(exclude_characters="<"), max_size=200), min_size=1, max_size=5),
    st.integers(1, 300),
)
def test_a_merge_never_passes_its_limit(texts: list[str], limit: int) -> None:
    status, _ = answer(merge_request(texts, limit))
    assert status == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Miller met Mr. Ito. They spoke.", ["Dr. Miller met Mr. Ito.", "They spoke."]),
        ("It cost 3.5 million. See Fig. 2 for more.", ["It cost 3.5 million.", "See Fig. 2 for more."]),
        ("Am 4. März begann es. Es regnete.", ["Am 4. März begann es.", "Es regnete."]),
        ("第一句话。第二句话！第三句？", ["第一句话。", "第二句话！", "第三句？"]),
        ("هل وصل؟ نعم وصل.", ["هل وصل؟", "نعم وصل."]),
        ("1. First point here. 2. Second.", ["First point here.", "Second."]),
        ("“Yes,” she said. “No.”", ["“Yes,” she said.", "“No.”"]),
    ],
)
def test_sentences_of_many_scripts(text: str, expected: list[str]) -> None:
    assert sentences.split(text) == expected


@given(st.text(max_size=300))
def test_every_sentence_stands_in_its_text(text: str) -> None:
    flat = " ".join(text.split())
    assert all(one in flat for one in sentences.split(text))


def test_a_chinese_text_gets_a_summary() -> None:
    text = (
        "本报告回顾了公司在过去一年的经营情况。营业收入增长了百分之八，达到四亿元。"
        "公司计划明年在里昂新建一座工厂。员工人数增加到两千三百人。"
    )
    found = content(chat(page(text)))["summary"]
    assert "营业收入增长了百分之八" in found


def test_the_address_of_a_link_is_no_word_of_a_summary() -> None:
    linked = STORY.replace("Low flow fell", "Low flow <https://rivers.example/flow> fell").replace(
        "\nflow in", " flow in"
    )
    found = content(chat(page(linked), summary_chars=2000))
    assert "Low flow fell in eleven of the twelve rivers" in found["summary"] and "<https" not in found["summary"]
    point = next(one for one in found["key_points"] if one["text"].startswith("Low flow fell in"))
    assert "<https" not in point["text"] and "<https://rivers.example/flow>" in point["quote"]
