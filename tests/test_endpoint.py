"""Asking an endpoint: every request comes back as a checked reply or as a failure with its reason."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.ask.answer import Failure
from pipeline.ask.answer import Reply as Checked
from pipeline.ask.answers import AnswerStore, fingerprint
from pipeline.ask.endpoint import Endpoint
from pipeline.ask.ledger import Ledger, price
from pipeline.ask.prompts import read_prompt
from pipeline.ask.target import Target
from pipeline.errors import StorageError
from pipeline.extract.work import WorkStore
from pipeline.job import make_job
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.profiles import endpoint_for, models
from pipeline.settings import Secret, Settings
from tests.chat_server import ChatServer, Reply, answer_nothing, chat_response, chat_server
from tests.loopback import QuietHandler, on_loopback
from tests.simulated import BriefClock

MODEL = models()["mistral-small-3.2"]
PROMPT = read_prompt(None, summary_chars=500, language=None, keywords=["type", "maxLength"], reserve=1000)
GOOD = {"summary": "All is well.", "key_points": [], "figures": [], "readings": []}


def _request(text: str = "Page one.", name: str = "r1") -> Request:
    part = TextPart(f'<page n="1">\n{text}\n</page>')
    return Request(name, "read", PROMPT.system, (part,), (1,), (), tokens=100, reserve=1000)


def _ask(
    address: str,
    folder: Path,
    *requests: Request,
    key: Secret | None = None,
    budget: float | None = None,
    store: AnswerStore | None = None,
) -> list[Checked | Failure]:
    """Ask the requests at the address, one after the other, as one run does."""
    target = Target(endpoint_for(address), MODEL, "some-model", key, concurrency=1, timeout_seconds=5)
    ledger = Ledger(MODEL, budget)

    async def ask() -> list[Checked | Failure]:
        kept = store or AnswerStore(WorkStore(str(folder)))
        async with Endpoint(
            target, fetch=lambda part: (b"", "image/png"), store=kept, ledger=ledger, clock=BriefClock()
        ) as endpoint:
            return [await endpoint.ask(request, PROMPT) for request in requests]

    return asyncio.run(ask())


def test_what_is_sent_is_a_plain_chat_request_with_the_schema(tmp_path: Path) -> None:
    with chat_server() as server:
        (reply,) = _ask(server.address, tmp_path, _request())
    assert isinstance(reply, Checked) and reply.found["summary"] == "A summary."
    (body,) = server.bodies
    assert body["model"] == "some-model" and body["temperature"] == 0.15 and body["max_tokens"] == 1000
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == [{"type": "text", "text": '<page n="1">\nPage one.\n</page>'}]
    assert body["response_format"]["json_schema"]["strict"] is True


def test_nothing_of_the_environment_reaches_a_bare_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "MISTRAL_API_KEY"):
        monkeypatch.setenv(name, f"secret-{name}")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer secret-header\nX-Team: secret-team")
    with chat_server() as server:
        _ask(server.address, tmp_path, _request())
    (headers,) = server.headers
    assert "secret" not in json.dumps(headers) and "secret" not in json.dumps(server.bodies)
    assert not {"authorization", "openai-organization", "openai-project", "x-team"} & set(headers)
    assert not [name for name in headers if name.startswith("x-stainless")], "the client's telemetry stays here"


def test_the_own_key_is_sent_as_a_bearer_token(tmp_path: Path) -> None:
    with chat_server() as server:
        _ask(server.address, tmp_path, _request(), key=Secret("own-key"))
    assert server.headers[0]["authorization"] == "Bearer own-key"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply({"error": {"message": "upstream broke"}, "choices": None}), "upstream broke"),
        (Reply({"choices": []}), "holds no answer"),
        (Reply(chat_response("", finish="stop")), "is empty"),
        (Reply(chat_response(GOOD, finish="error")), "stopped before it was done"),
        (Reply(chat_response('{"summary": "All is w', finish="length")), "cut at the output limit"),
        (Reply(chat_response("All is well.")), "is no JSON"),
        (Reply(chat_response({"summary": "All is well."})), "does not fit the schema"),
        (Reply(chat_response({**GOOD, "extra": 1})), "does not fit the schema"),
        (Reply("<html>Bad gateway</html>", headers={"content-type": "text/html"}), r"is no JSON \(text/html\)"),
        (Reply({"error": {"message": "no such model"}}, status=404), "no such model"),
        (Reply({}, status=302, headers={"location": "http://127.0.0.1:9/"}), "refused the request"),
    ],
)
def test_what_is_no_whole_valid_answer_is_a_failure_with_its_reason(reply: Reply, says: str, tmp_path: Path) -> None:
    with chat_server(lambda body: reply) as server:
        (outcome,) = _ask(server.address, tmp_path, _request())
    assert isinstance(outcome, Failure) and outcome.exit_code == 3
    assert re.search(says, outcome.reason)
    assert not list(tmp_path.rglob("*.json")), "a failure is never stored"


def test_a_complete_answer_is_taken_whatever_the_finish_reason_or_the_fence(tmp_path: Path) -> None:
    answers = iter([chat_response(GOOD, finish="length"), chat_response(f"```json\n{json.dumps(GOOD)}\n```")])
    with chat_server(lambda body: Reply(next(answers))) as server:
        outcomes = _ask(server.address, tmp_path, _request("One."), _request("Two.", "r2"))
    assert [outcome.found for outcome in outcomes if isinstance(outcome, Checked)] == [GOOD, GOOD]


def test_a_long_summary_is_no_reason_to_lose_an_answer(tmp_path: Path) -> None:
    with chat_server(lambda body: Reply(chat_response({**GOOD, "summary": "long " * 1000}))) as server:
        (outcome,) = _ask(server.address, tmp_path, _request())
    assert isinstance(outcome, Checked)


def test_a_passing_fault_is_tried_again_and_counted(tmp_path: Path) -> None:
    replies = iter([Reply({"error": {"message": "busy"}}, status=503, headers={"retry-after-ms": "1"})])
    with chat_server(lambda body: next(replies, None) or answer_nothing(body)) as server:
        (outcome,) = _ask(server.address, tmp_path, _request())
    assert isinstance(outcome, Checked) and outcome.usage.attempts == 2 and len(server.bodies) == 2


def test_a_refused_key_stops_the_run_and_stays_secret(tmp_path: Path) -> None:
    refusal = Reply({"error": {"message": "Incorrect API key provided: own-key"}}, status=401)
    with chat_server(lambda body: refusal) as server:
        first, second = _ask(server.address, tmp_path, _request(), _request("Two.", "r2"), key=Secret("own-key"))
    assert isinstance(first, Failure) and isinstance(second, Failure)
    assert first.exit_code == second.exit_code == 5
    assert "own-key" not in first.reason and "QUIRE_API_KEY" in first.reason
    assert len(server.bodies) == 1, "a refused key is not tried on the next request"


def test_an_address_at_which_nothing_answers_is_said(tmp_path: Path) -> None:
    with chat_server() as server:
        address = server.address
    (outcome,) = _ask(address, tmp_path, _request())
    assert isinstance(outcome, Failure) and outcome.exit_code == 5
    assert address in outcome.reason and "check the address" in outcome.reason


def _twice(server: ChatServer, folder: Path, second: Request) -> list[Checked | Failure]:
    return _ask(server.address, folder, _request()) + _ask(server.address, folder, second)


def test_an_answer_is_paid_for_once(tmp_path: Path) -> None:
    with chat_server() as server:
        first, again = _twice(server, tmp_path, _request(name="r7"))
    assert len(server.bodies) == 1, "the same words are not asked twice, whatever the request's id"
    assert isinstance(first, Checked) and isinstance(again, Checked)
    assert again.usage.from_store and again.found == first.found and again.usage.cost_usd == 0
    with chat_server() as server:
        _twice(server, tmp_path / "other", _request("Other words."))
    assert len(server.bodies) == 2


def test_a_broken_stored_answer_is_asked_for_again(tmp_path: Path) -> None:
    with chat_server() as server:
        _ask(server.address, tmp_path, _request())
        (kept,) = tmp_path.rglob("*.json")
        kept.write_text('{"choices": [')
        (outcome,) = _ask(server.address, tmp_path, _request())
    assert isinstance(outcome, Checked) and len(server.bodies) == 2


def test_what_would_pass_the_budget_is_not_sent(tmp_path: Path) -> None:
    most = price(MODEL, 300, 1000)
    assert most is not None
    with chat_server() as server:
        first, second = _ask(server.address, tmp_path, _request(), _request("Two.", "r2"), budget=most * 1.01)
    assert isinstance(first, Checked) and isinstance(second, Failure)
    assert second.exit_code == 4 and "--max-cost" in second.reason and len(server.bodies) == 1


def test_the_providers_own_cost_counts(tmp_path: Path) -> None:
    usage: dict[str, Any] = {"prompt_tokens": 110, "completion_tokens": 5, "cost": 0.25}
    with chat_server(lambda body: Reply(chat_response(GOOD, usage=usage))) as server:
        (outcome,) = _ask(server.address, tmp_path, _request())
    assert isinstance(outcome, Checked) and outcome.usage.cost_usd == 0.25


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"error": {"message": "x" * 190 + "own-key is wrong"}}),
        Reply({"error": {"message": "x" * 190 + "own-key is wrong"}}, status=400),
        Reply({"choices": [{"message": {"refusal": "not for own-key"}, "finish_reason": "stop"}]}),
    ],
)
def test_a_key_that_the_endpoint_repeats_is_taken_out_whole(reply: Reply, tmp_path: Path) -> None:
    with chat_server(lambda body: reply) as server:
        (outcome,) = _ask(server.address, tmp_path, _request(), key=Secret("own-key"))
    assert isinstance(outcome, Failure) and "own" not in outcome.reason


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        "abc",
        {"prompt_tokens": "many"},
        {"prompt_tokens": -5, "cost": -1},
        {"cost": float("nan")},
        {"cost": []},
    ],
)
def test_odd_figures_of_the_server_cost_no_answer(usage: Any, tmp_path: Path) -> None:
    with chat_server(lambda body: Reply({**chat_response(GOOD), "usage": usage})) as server:
        (outcome,) = _ask(server.address, tmp_path, _request())
    assert isinstance(outcome, Checked) and outcome.usage.cost_usd == 0 and outcome.usage.prompt is None


def test_what_an_invalid_answer_cost_is_told(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25}
    with chat_server(lambda body: Reply(chat_response("no JSON", usage=usage))) as server:
        (outcome,) = _ask(server.address, tmp_path, _request())
    assert isinstance(outcome, Failure)
    assert (outcome.usage.cost_usd, outcome.usage.prompt, outcome.usage.attempts) == (0.75, 10, 3)


def test_json_that_is_nested_beyond_reason_is_a_failure(tmp_path: Path) -> None:
    with chat_server(lambda body: Reply(chat_response("[" * 100_000))) as server:
        (outcome,) = _ask(server.address, tmp_path, _request())
    assert isinstance(outcome, Failure) and "no JSON" in outcome.reason


class _FullStore(AnswerStore):
    """A store on a disk that is full: what is there can be read, and nothing more fits."""

    def put(self, key: str, response: Mapping[str, Any]) -> None:
        raise StorageError("The disk is full.")


def test_a_full_store_costs_no_answer(tmp_path: Path) -> None:
    with chat_server() as server:
        (outcome,) = _ask(server.address, tmp_path, _request(), store=_FullStore(WorkStore(str(tmp_path))))
    assert isinstance(outcome, Checked)


def test_one_servers_answer_is_not_anothers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = make_job(Settings(engine="http://127.0.0.1:1/v1", model="m"), None).target
    other = make_job(Settings(engine="http://127.0.0.1:2/v1", model="m"), None).target
    hosted = make_job(Settings(engine="openrouter", model="m"), None, key=False).target
    keys = {
        fingerprint(_request(), PROMPT, replace(first, revision=target.revision)) for target in (first, other, hosted)
    }
    assert len(keys) == 3


def _schema_of(body: dict[str, Any]) -> Any:
    """The way in which a body asks for structured answers."""
    if "tools" in body:
        return "tool"
    return body.get("response_format", {}).get("type")


def _message(**message: Any) -> Reply:
    return Reply({"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1000}})


@pytest.mark.parametrize("lowest", ["tool", "json_object", None])
def test_a_way_of_asking_that_is_refused_is_left_for_the_next_one_for_good(lowest: str | None, tmp_path: Path) -> None:
    ways = ["json_schema", "tool", "json_object", None]

    def answer(body: dict[str, Any]) -> Reply:
        way = _schema_of(body)
        if ways.index(way) < ways.index(lowest):
            return Reply({"error": {"message": f"{way or 'it'}: response_format or tool_choice is not supported"}}, 400)
        if way == "tool":
            name = body["tool_choice"]["function"]["name"]
            call = {"type": "function", "function": {"name": name, "arguments": json.dumps(GOOD)}}
            return _message(content=None, tool_calls=[call])
        assert '"key_points"' in body["messages"][0]["content"]
        return _message(content=f"Here you are:\n```json\n{json.dumps(GOOD)}\n```")

    with chat_server(answer) as server:
        first = _ask(server.address, tmp_path, _request(), _request("Page two.", "r2"))
        again = _ask(server.address, tmp_path, _request("Page three.", "r3"))
    assert [reply.found for reply in (*first, *again) if isinstance(reply, Checked)] == [GOOD] * 3
    asked = [_schema_of(body) for body in server.bodies]
    assert asked == [*ways[: ways.index(lowest) + 1], lowest, lowest]


def test_an_endpoint_that_takes_no_bounds_is_asked_without_them_in_the_same_way_for_good(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if "maxLength" in json.dumps(body["response_format"]):
            where = "In context=('properties', 'summary'), 'maxLength' is not permitted."
            return Reply({"error": {"message": f"Invalid schema for response_format 'quire_read': {where}"}}, 400)
        return Reply(chat_response(GOOD))

    with chat_server(answer) as server:
        first = _ask(server.address, tmp_path, _request(), _request("Page two.", "r2"))
        again = _ask(server.address, tmp_path, _request("Page three.", "r3"))
    assert [reply.found for reply in (*first, *again) if isinstance(reply, Checked)] == [GOOD] * 3
    assert {_schema_of(body) for body in server.bodies} == {"json_schema"}
    assert ["maxLength" in json.dumps(body) for body in server.bodies].count(True) <= 2, "once for each at once"
    assert "maxLength" not in json.dumps(server.bodies[-1])


def test_an_invalid_answer_is_asked_for_again_with_what_is_wrong_with_it(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        return Reply(chat_response(GOOD if len(body["messages"]) > 2 else {**GOOD, "summary": 7}))

    with chat_server(answer) as server:
        (reply,) = _ask(server.address, tmp_path, _request())
        assert _ask(server.address, tmp_path, _request()) == [reply_from_store(reply)]
    assert isinstance(reply, Checked)
    assert reply.found == GOOD
    assert reply.usage.attempts == 2
    said, wrong = server.bodies[1]["messages"][2:]
    assert json.loads(said["content"])["summary"] == 7
    assert "at summary" in wrong["content"]
    assert len(server.bodies) == 2


def reply_from_store(reply: Checked | Failure) -> Any:
    """The same reply as the store gives it: it cost nothing."""
    assert isinstance(reply, Checked)
    usage = replace(reply.usage, attempts=0, from_store=True, seconds=0.0, cost_usd=0.0)
    return replace(reply, usage=usage)


def test_what_came_of_a_dropped_connection_counts_against_the_budget_at_the_most_it_may_have_cost(
    tmp_path: Path,
) -> None:
    with broken_server() as address:
        (outcome,) = _ask(address, tmp_path, _request(), budget=0.0005)
    assert isinstance(outcome, Failure)
    assert outcome.exit_code == 4
    assert 1 <= outcome.usage.attempts < 6


def test_a_connection_that_is_dropped_is_tried_again_and_is_no_dead_endpoint(tmp_path: Path) -> None:
    with broken_server() as address:
        (outcome,) = _ask(address, tmp_path, _request())
    assert isinstance(outcome, Failure)
    assert "dropped the connection" in outcome.reason
    assert (outcome.exit_code, outcome.usage.attempts) == (3, 6)


def broken_server() -> AbstractContextManager[str]:
    """A server that drops every connection within the answer's body."""

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b'{"choices"')
            self.close_connection = True

    return on_loopback(Handler)
