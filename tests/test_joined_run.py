"""A whole run at a server: key points that a merge chose, a summary asked for again, charts with their values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pipeline import Settings, understand
from tests.chat_server import Reply, chat_response, chat_server, nothing_found, usage_of
from tests.pdfs import make_pdf

MODEL = "mistral-small-3.2-24b"
LONG = "The company sold more bolts than in the year before, and its board is glad of it. " * 5
GERMAN = "Das Unternehmen hat mehr Schrauben verkauft als im Vorjahr, und der Vorstand freut sich sehr darüber."


def settings(address: str, folder: Path, **more: Any) -> Settings:
    return Settings(engine=address, model=MODEL, store=str(folder / "store"), wait_seconds=0, **more)


def text_of(body: dict[str, Any]) -> str:
    return "".join(part["text"] for part in body["messages"][1]["content"] if part["type"] == "text")


def test_what_a_merge_chose_is_ranked_and_a_wrong_summary_is_asked_for_again(tmp_path: Path) -> None:
    joins: list[dict[str, Any]] = []

    def answer(body: dict[str, Any]) -> Reply:
        found = nothing_found(body)
        if "<summary" in text_of(body):
            joins.append(body)
            found |= {"summary": LONG, "key_points": [2]} if len(joins) == 1 else {"summary": GERMAN}
        else:
            pages = [int(number) for number in re.findall(r'<page n="(\d+)"', text_of(body))]
            quote = f"Page {pages[0]} begins."
            found |= {"summary": "A part.", "key_points": [{"text": quote, "page": pages[0], "quote": quote}]}
        return Reply(chat_response(found, usage=usage_of(body)))

    path = make_pdf(tmp_path / "report.pdf", [f"Page {n} begins. " + "All is well here. " * 90 for n in range(1, 13)])
    with chat_server(answer) as server:
        result = understand(
            path, settings(server.address, tmp_path, window_tokens=4096, summary_chars=300, language="de")
        )
    assert result.status == "complete" and result.summary.text == GERMAN and not result.warnings
    assert [one.rank for one in result.summary.key_points] == [None, 1, *[None] * (len(result.summary.key_points) - 2)]
    assert len(joins) == 2 and text_of(joins[0]).count("<point n=") == len(result.summary.key_points) > 1
    (asked_again,) = [body["messages"][0]["content"] for body in joins[1:]]
    assert f"has {len(LONG.strip())} characters, which is too many and is in the language 'en'." in str(asked_again)
    assert [one.fate for one in result.requests if one.kind == "merge"] == ["answered"] * 2


def test_a_chart_comes_back_with_its_values_and_a_model_that_gives_none_is_not_asked_again(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        (name,) = re.findall(r'<figure id="([^"]+)"', text_of(body))
        found = {**nothing_found(body), "figures": [{"id": name, "kind": "chart", "description": "Sales."}]}
        found["readings"] = [{"figure": name, "series": "Sales", "x": "2025", "y": "7", "unit": "EUR"}]
        if len(server.bodies) > 1:
            del found["readings"], found["figures"][0]["kind"]
        return Reply(chat_response(found, usage=usage_of(body)))

    path = make_pdf(tmp_path / "report.pdf", picture=True)
    with chat_server(answer) as server:
        first = understand(path, settings(server.address, tmp_path))
        second = understand(path, settings(server.address, tmp_path, fresh=True))
        assert len(server.bodies) == 2
    (chart,), (plain,) = first.figures, second.figures
    assert (chart.shows, [(one.series, one.x, one.y, one.unit) for one in chart.values]) == (
        "chart",
        [("Sales", "2025", "7", "EUR")],
    )
    assert (plain.shows, plain.values, plain.description) == (None, (), "Sales.")
