"""Requests and their checked answers as chats: what was sent to the last word and picture, or a reason why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.cli.main import main
from pipeline import Result, Settings, understand, write_result
from pipeline.holdings import clear
from pipeline.offline.engine import answer
from pipeline.training import Chat, LeftOut, chats
from tests.chat_server import ChatServer, Reply, chat_response, chat_server, usage_of
from tests.commands import run_json

INVOICE = Path(__file__).resolve().parent.parent / "samples" / "invoice.pdf"


def found_by_the_engine(body: dict[str, Any]) -> dict[str, Any]:
    """What the embedded engine finds in a request."""
    _, response = answer(body)
    found: dict[str, Any] = json.loads(response["choices"][0]["message"]["content"])
    return found


def truthful(body: dict[str, Any]) -> Reply:
    return Reply(chat_response(found_by_the_engine(body), usage=usage_of(body)))


def boastful(body: dict[str, Any]) -> Reply:
    """The same, with one value that the document does not hold."""
    found = found_by_the_engine(body)
    found["data"]["due_date"] = {"quote": "Pay at once, by the first of May", "page": 1, "value": "2031-05-01"}
    return Reply(chat_response(found, usage=usage_of(body)))


@dataclass(slots=True)
class Run:
    """A result, what its server was sent, and the store that its answers are in."""

    result: Result
    server: ChatServer
    settings: Settings

    def chats(self, **given: Any) -> list[Chat | LeftOut]:
        return list(chats(self.result, INVOICE, store=self.settings.store, **given))


def run_with(reply: Any, store: Path) -> Run:
    with chat_server(reply) as server:
        settings = Settings(engine=server.address, model="mistral-small-3.2", store=str(store))
        return Run(understand(INVOICE, settings, schema="invoice"), server, settings)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    yield run_with(truthful, tmp_path_factory.mktemp("store"))


def test_the_messages_are_those_that_were_sent(run: Run) -> None:
    assert run.result.status == "complete" and len(run.server.bodies) == 1
    [chat] = run.chats(min_verified=0.0)
    assert isinstance(chat, Chat)
    *sent, said = chat.messages
    assert sent == run.server.bodies[0]["messages"]
    assert any(part["type"] == "image_url" for part in sent[1]["content"])
    assert said["role"] == "assistant" and json.loads(said["content"]) == found_by_the_engine(run.server.bodies[0])
    assert chat.metadata["request"] == "r1" and chat.metadata["model"] == "mistral-small-3.2"
    assert chat.metadata["fingerprint"] == run.result.requests[0].fingerprint


def test_without_pictures_none_is_sent_and_none_is_described(run: Run) -> None:
    [chat] = run.chats(pictures=False, min_verified=0.0)
    assert isinstance(chat, Chat)
    assert {part["type"] for part in chat.messages[1]["content"]} == {"text"}
    assert json.loads(chat.messages[2]["content"])["figures"] == []
    assert json.loads(chat.messages[2]["content"])["data"]


def test_an_answer_with_a_value_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    boasting = run_with(boastful, tmp_path)
    [left] = boasting.chats()
    assert isinstance(left, LeftOut) and not left.lost and "were found in the document" in left.reason
    [chat] = boasting.chats(min_verified=0.5)
    assert isinstance(chat, Chat) and 0.5 <= chat.metadata["verified"] < 1
    told = json.loads(chat.messages[2]["content"])["data"]["due_date"]["value"]
    assert told == "2031-05-01"


def test_what_is_not_in_the_store_any_more_is_told_of(tmp_path: Path) -> None:
    run = run_with(truthful, tmp_path)
    clear(run.settings, days=None)
    [left] = run.chats()
    assert isinstance(left, LeftOut) and left.lost and left.request == "r1"


def test_the_command_writes_a_line_for_each_and_finds_the_document(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUIRE_STORE", run.settings.store)
    write_result(run.result, tmp_path / "out" / "invoice.json", run.settings)
    command = ["export", tmp_path / "out", "--to", "sft-jsonl", "--min-verified", "0", "--out", tmp_path / "all.jsonl"]
    code, told, _ = run_json(*command, "--document", INVOICE, capsys=capsys)
    assert code == 0 and told == {"files": {str(tmp_path / "all.jsonl"): 1}, "left_out": []}
    code, told, _ = run_json(*command, "--force", "--document", INVOICE.parent, capsys=capsys)
    assert code == 0 and told["left_out"] == []
    line = json.loads((tmp_path / "all.jsonl").read_text(encoding="utf-8"))
    assert [one["role"] for one in line["messages"]] == ["system", "user", "assistant"]
    monkeypatch.chdir(tmp_path)
    code, told, _ = run_json(*command, "--force", capsys=capsys)
    assert code == 3 and "was not found" in told["left_out"][0]["reason"]
    assert main(["export", str(tmp_path / "out"), "--to", "sft-jsonl", "--min-verified", "2"]) == 2
