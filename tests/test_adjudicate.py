"""A model is asked once about what disagrees, chooses among the candidates, and loses none of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from jsonschema import Draft202012Validator

from pipeline import Settings, understand
from pipeline.ask.schema import nullable, resolve
from pipeline.ask.verdicts import read_verdicts, verdict_prompt
from pipeline.merge.decided import decided, disputed
from pipeline.merge.values import Extraction, merge_values
from pipeline.offline import engine
from pipeline.result.model import SCHEMA_FILE, Result
from tests.chat_server import ChatServer, Reply, chat_response, chat_server, nothing_found, usage_of
from tests.making import answer_of, finder_of, request_of, said
from tests.strict_reader import answer, hear

MODEL = "mistralai/mistral-small-3.2-24b-instruct"
ITEMS = {
    "type": "array",
    "x-key": ["name"],
    "items": {"type": "object", "properties": {"name": {"type": "string"}, "price": {"type": "number"}}},
}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"items": ITEMS}}
LINES = ["Bolt M4 3.00", 'Bolt M4 3.50 <page n="9">']


def asks_for_verdicts(body: dict[str, Any]) -> bool:
    return "verdicts" in body["response_format"]["json_schema"]["schema"]["properties"]


def run(folder: Path, verdicts: Any, times: int = 1, **given: Any) -> tuple[Result, ChatServer]:
    """A page that says two prices of one thing, read so many times, with the server's verdicts on them."""
    with pymupdf.open() as document:
        page = document.new_page()
        for number, line in enumerate(LINES):
            page.insert_text((72, 100 + 40 * number), line)
        document.save(folder / "a.pdf")
    prices = [said({"name": "Bolt M4", "price": float(line.split()[2])}, 1, line) for line in LINES]

    def told(body: dict[str, Any]) -> Reply:
        if asks_for_verdicts(body):
            return (
                verdicts
                if isinstance(verdicts, Reply)
                else Reply(chat_response({"verdicts": verdicts}, usage=usage_of(body)))
            )
        found = {**nothing_found(body), "summary": "Bolts.", "data": {"items": prices}}
        return Reply(chat_response(found, usage=usage_of(body)))

    usual: dict[str, Any] = {"adjudicate": True, "ocr": "never", "store": str(folder / "store"), "model": MODEL}
    with chat_server(told) as server:
        settings = Settings(**{**usual, "engine": server.address, **given})
        results = [understand(folder / "a.pdf", settings, schema=SCHEMA) for _ in range(times)]
        return results[-1], server


def test_the_model_decides_by_number_and_every_candidate_stays(tmp_path: Path) -> None:
    result, server = run(tmp_path, [{"conflict": 1, "candidate": 2}])
    assert result.extraction is not None
    assert result.extraction.data == {"items": [{"name": "Bolt M4", "price": 3.5}]}
    (conflict,) = result.extraction.conflicts
    assert (conflict.pointer, conflict.chosen, conflict.rule) == ("/items/0/price", 3.5, "adjudicate")
    assert [(one.value, one.evidence[0].page) for one in conflict.candidates] == [(3, 1), (3.5, 1)]
    row = next(one for one in result.requests if one.kind == "adjudicate")
    assert (row.id, row.fate, len(row.fingerprint)) == ("a1", "answered", 64)
    body = next(one for one in server.bodies if asks_for_verdicts(one))
    sent = body["messages"][1]["content"][0]["text"]
    asked = json.loads(sent)["conflicts"]
    assert [one["field"] for one in asked] == ["/items/0/price"]
    assert [one["places"][0]["page"] for one in asked[0]["candidates"]] == [1, 1] and "<page" not in sent
    published = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator(published).validate(result.model_dump(mode="json", by_alias=True))


def test_what_was_asked_once_is_not_paid_for_again(tmp_path: Path) -> None:
    first, server = run(tmp_path, [{"conflict": 1, "candidate": 2}])
    again, same = run(tmp_path, [{"conflict": 1, "candidate": 2}], times=2)
    assert [asks_for_verdicts(one) for one in server.bodies] == [asks_for_verdicts(one) for one in same.bodies]
    assert [one.from_store for one in first.run.requests] == [False, False]
    assert [one.from_store for one in again.run.requests] == [True, True]
    assert again.extraction == first.extraction


@pytest.mark.parametrize(
    "verdicts",
    [
        [{"conflict": 1, "candidate": 3}],
        [{"conflict": 2, "candidate": 1}],
        [{"conflict": 1, "candidate": 0}],
        [{"conflict": 1, "candidate": 1}, {"conflict": 1, "candidate": 2}],
        [],
        Reply({"error": {"message": "This content is refused."}}, status=403),
    ],
)
def test_without_a_verdict_that_can_stand_the_earlier_rule_does(tmp_path: Path, verdicts: Any) -> None:
    result, _ = run(tmp_path, verdicts)
    assert result.extraction is not None
    assert result.extraction.data["items"][0]["price"] == 3 and result.extraction.conflicts[0].rule == "agree"
    assert [one.code for one in result.warnings if one.code == "not-adjudicated"] == ["not-adjudicated"]


def test_nothing_is_asked_without_the_wish_or_without_a_conflict(tmp_path: Path) -> None:
    _, server = run(tmp_path, [], adjudicate=False)
    assert not any(map(asks_for_verdicts, server.bodies))


def test_the_embedded_engine_decides_nothing_and_says_so() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": verdict_prompt(2, ("maxItems",)).schema}}
    message = {"role": "user", "content": '{"conflicts": []}'}
    status, body = engine.answer({"model": "x", "messages": [message], "response_format": form})
    assert status == 200 and json.loads(body["choices"][0]["message"]["content"]) == {"verdicts": []}


def test_the_strict_server_reads_conflicts_and_decides_by_their_quotes() -> None:
    candidates = [
        {"n": n, "value": v, "places": [{"page": 1, "quote": q}]} for n, v, q in ((1, 3.5, "3.5"), (2, 4, "x"))
    ]
    message = {
        "role": "user",
        "content": [{"type": "text", "text": json.dumps({"conflicts": [{"n": 1, "candidates": candidates}]})}],
    }
    said_so = answer(verdict_prompt(1, ("maxItems",)).schema, hear([message]))
    assert said_so == {"verdicts": [{"conflict": 1, "candidate": 1}]}
    assert read_verdicts(said_so, [2]) == {0: 0}


def test_verdicts_are_read_by_number() -> None:
    found = {"verdicts": [{"conflict": n, "candidate": c} for n, c in ((1, 2), (2, None), (3, 9), (4, 1), (1, 2))]}
    assert read_verdicts(found, [2, 2, 2]) == {0: 1, 1: None}


def merged() -> Extraction:
    fields = {"total": {"type": "number"}, "name": {"type": "string"}, "first": {"type": "string", "x-merge": "first"}}
    texts = {1: "Total 5", 2: "Total 6"}
    answers = [
        answer_of(
            f"r{page}", {"total": said(page + 4, page, texts[page]), "name": None, "first": said(f"x{page}", page)}
        )
        for page in texts
    ]
    requests = [request_of(f"r{page}", [page]) for page in texts]
    schema = {"type": "object", "properties": fields, "required": ["total"]}
    return merge_values(answers, requests, schema, finder_of(texts))


def test_a_verdict_takes_the_evidence_of_its_candidate_with_it() -> None:
    before = merged()
    assert disputed(before) == [0] and before.data["total"] == 5 and before.valid
    after = decided(before, {0: 1})
    assert after.data["total"] == 6 and [one.page for one in after.evidence["/total"]] == [2] and after.valid
    assert before.data["total"] == 5 and decided(before, {}) == before


def test_none_of_the_candidates_is_null_and_not_found() -> None:
    after = decided(merged(), {0: None})
    assert after.data["total"] is None and "/total" in after.not_found and "/total" not in after.evidence
    assert not after.valid and len(after.conflicts[0].candidates) == 2 and after.conflicts[0].chosen is None
    Draft202012Validator(nullable(resolve(after.schema))).validate(after.data)
