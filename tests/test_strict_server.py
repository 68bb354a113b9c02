"""The strict server: it counts as the model does, refuses what it says, and answers what is there."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pipeline.ask.faults import Refusal, explained
from pipeline.ask.prompts import read_prompt
from pipeline.ask.schema import resolve
from pipeline.errors import (
    AnswerTooLong,
    BodyTooLarge,
    EndpointError,
    ModeRefused,
    PromptTooLong,
    TooManyPictures,
)
from pipeline.profiles import endpoint_for
from tests.fault_plans import DEAD, LASTING, TRANSIENT, Fault, FaultPlan
from tests.faulty_audit import audit
from tests.faulty_documents import SCHEMA, Book, make_book
from tests.faulty_runs import run
from tests.reference_tokens import body_count, reference_encoder
from tests.simulated import simulated
from tests.strict_counts import counts
from tests.strict_log import Exchange, Log, paid_twice, read_log
from tests.strict_server import Rules, StrictServer
from tests.strict_wire import StrictTransport, in_a_process, on_a_port
from tests.strict_words import Dialect

Json = dict[str, Any]
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
PAGES = """<page n="3">
Contract number: C-7
Record: serial = KX-34627; amount = 43
</page>
<page n="4" label="iv">
| Serial | Amount |
| --- | --- |
| MM-22347 | 1,700 |
</page>
"""
DIALECTS: tuple[Dialect, ...] = ("openai", "openrouter", "mistral", "vllm", "llamacpp", "ollama")


def chat(text: str = PAGES, *, pictures: int = 0, output: int = 2000, **more: Any) -> Json:
    """A reading request as it is sent, with the bench's schema."""
    keywords = endpoint_for("vllm").keywords
    told: Json = {"summary_chars": 500, "language": None, "keywords": keywords, "reserve": output, "pictures": pictures}
    prompt = read_prompt(resolve(SCHEMA), **told)
    content: list[Json] = [{"type": "text", "text": text}]
    for number in range(pictures):
        content += [
            {"type": "text", "text": f'<figure id="p4-f{number}">\n'},
            {"type": "image_url", "image_url": {"url": PIXEL}},
            {"type": "text", "text": "</figure>"},
        ]
    return {
        "model": "some-model",
        "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": content}],
        "max_tokens": output,
        "response_format": {"type": "json_schema", "json_schema": {"name": "quire_read", "schema": prompt.schema}},
        **more,
    }


def ask(server: StrictServer, body: Json, now: float = 0.0) -> tuple[int, Json, Exchange]:
    """Status, body and the server's own note."""
    response, exchange = server.receive(json.dumps(body).encode(), now)
    server.left(exchange, now, arrived=True)
    return response.status, json.loads(response.body), exchange


def found(completion: Json) -> Json:
    answer = json.loads(completion["choices"][0]["message"]["content"])
    assert isinstance(answer, dict)
    return answer


def error(server: StrictServer, body: Json) -> EndpointError:
    """What the client makes of the server's refusal."""
    status, said, _ = ask(server, body)
    assert status >= 400
    return explained(Refusal(status, {}, json.dumps(said), 0.0), "http://strict/v1", "check the key")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Eight pages of some 400 tokens, most with a picture."""
    return make_book(tmp_path_factory.mktemp("book"), 3, 8, pictures=0.6)


def test_it_counts_as_mistral_common_counts(tmp_path: Path) -> None:
    reference = reference_encoder(tmp_path)
    for body in (chat(), chat(pictures=3), chat("ein Wort " * 500), chat("図表 " * 99, pictures=1)):
        _, completion, exchange = ask(StrictServer(), body)
        usage = completion["usage"]
        assert usage["prompt_tokens"] == exchange.prompt == body_count(reference, body)
        assert usage["completion_tokens"] == counts().text(completion["choices"][0]["message"]["content"])


def test_it_reads_pages_fields_records_and_tables() -> None:
    _, completion, exchange = ask(StrictServer(), chat(pictures=1))
    answer = found(completion)
    assert answer["summary"] == "Read: pages 3, 4."
    assert [(point["page"], point["quote"]) for point in answer["key_points"]] == [
        (3, "Record: serial = KX-34627; amount = 43"),
        (4, "| MM-22347 | 1,700 |"),
    ]
    assert [figure["id"] for figure in answer["figures"]] == ["p4-f0"]
    assert answer["data"]["contract_number"] == {"quote": "Contract number: C-7", "page": 3, "value": "C-7"}
    assert answer["data"]["total_amount"] is None
    assert [(one["page"], one["value"]) for one in answer["data"]["record"]] == [
        (3, {"serial": "KX-34627", "amount": 43}),
        (4, {"serial": "MM-22347", "amount": 1700}),
    ]
    assert exchange.read == exchange.said == ["KX-34627", "MM-22347"] and exchange.sound


@pytest.mark.parametrize("mode", ["tools", "json_object", "none"])
def test_it_fills_the_same_schema_whatever_the_way_of_asking(mode: str) -> None:
    body = chat()
    schema = body.pop("response_format")["json_schema"]["schema"]
    if mode == "tools":
        body["tools"] = [{"type": "function", "function": {"name": "answer", "description": "", "parameters": schema}}]
    else:
        body["messages"][0]["content"] += f"\nAnswer with JSON of this schema:\n{json.dumps(schema)}"
        body |= {"response_format": {"type": "json_object"}} if mode == "json_object" else {}
    _, completion, exchange = ask(StrictServer(), body)
    message = completion["choices"][0]["message"]
    content = message["tool_calls"][0]["function"]["arguments"] if mode == "tools" else message["content"]
    assert json.loads(content) == found(ask(StrictServer(), chat())[1])
    assert exchange.mode == mode and exchange.sound


def test_an_answer_that_does_not_fit_is_cut_at_the_token() -> None:
    whole = ask(StrictServer(), chat())[1]["choices"][0]["message"]["content"]
    _, completion, exchange = ask(StrictServer(), chat(max_tokens=70))
    choice = completion["choices"][0]
    assert choice["finish_reason"] == "length" and completion["usage"]["completion_tokens"] == 70
    assert whole.startswith(choice["message"]["content"][:150]) and not exchange.valid


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_over_a_limit_is_refused_in_words_that_are_understood(dialect: Dialect) -> None:
    long = error(StrictServer(Rules(dialect=dialect, window=600)), chat("word " * 900))
    assert isinstance(long, PromptTooLong) and long.window == 600
    shown = error(StrictServer(Rules(dialect=dialect, pictures=2)), chat(pictures=3))
    assert isinstance(shown, TooManyPictures) and shown.limit == 2
    assert isinstance(error(StrictServer(Rules(dialect=dialect, pictures=0)), chat(pictures=1)), TooManyPictures)
    assert isinstance(error(StrictServer(Rules(dialect=dialect, body_bytes=500)), chat()), BodyTooLarge)
    capped = error(StrictServer(Rules(dialect=dialect, output_cap=1000)), chat())
    assert isinstance(capped, AnswerTooLong) and capped.limit == 1000
    assert isinstance(error(StrictServer(Rules(dialect=dialect, modes=("none",))), chat()), ModeRefused)
    few = tuple(set(endpoint_for("vllm").keywords) - {"maxItems"})
    assert isinstance(error(StrictServer(Rules(dialect=dialect, keywords=few)), chat()), ModeRefused)


def test_parameters_and_keys_that_it_does_not_know_are_refused() -> None:
    known = ("model", "messages", "max_tokens", "response_format")
    assert ask(StrictServer(Rules(parameters=known)), chat())[0] == 200
    assert ask(StrictServer(Rules(parameters=known)), chat(temperature=0.15))[0] == 400
    assert ask(StrictServer(Rules(parameters=known, dialect="mistral")), chat(temperature=0.15))[0] == 422
    assert ask(StrictServer(Rules(key="secret")), chat())[0] == 401


def test_a_prompt_is_cut_in_silence_to_its_end() -> None:
    pages = "".join(
        f'<page n="{n}">\n{"word " * 200}\nRecord: serial = KX-3462{n}; amount = 1\n</page>\n' for n in (2, 3, 4)
    )
    body = chat(pages)
    _, completion, exchange = ask(StrictServer(Rules(silent_window=900)), body)
    assert completion["usage"]["prompt_tokens"] <= 900 < counts().prompt(body["messages"])
    assert found(completion)["summary"] == "Read: pages 4."
    assert exchange.cut and exchange.valid and not exchange.sound
    assert exchange.read == ["KX-34624"] or exchange.read == ["KX-34623", "KX-34624"]
    assert "usage" not in ask(StrictServer(Rules(silent_window=900, usage=False)), body)[1]


def test_a_further_turn_is_answered_again_and_one_that_goes_on_with_the_rest() -> None:
    body = chat()
    whole = ask(StrictServer(), body)[1]["choices"][0]["message"]["content"]
    said = {"role": "assistant", "content": "{}"}
    again = [*body["messages"], said, {"role": "user", "content": "The answer does not fit the schema, at its root."}]
    assert ask(StrictServer(), {**body, "messages": again})[1]["choices"][0]["message"]["content"] == whole
    after = {"role": "user", "content": "Continue after Record: serial = KX-34627; amount = 43"}
    half = {"role": "assistant", "content": whole[: whole.index("| MM-22347", whole.index('"data"'))]}
    for last in (after, {"role": "user", "content": "Continue."}):
        _, completion, exchange = ask(StrictServer(), {**body, "messages": [*body["messages"], half, last]})
        assert [one["value"]["serial"] for one in found(completion)["data"]["record"]] == ["MM-22347"]
        assert exchange.goes_on


def test_requests_and_tokens_a_minute_are_limited() -> None:
    server = StrictServer(Rules(requests_per_minute=2, retry_after="seconds"))
    assert [ask(server, chat(), now)[0] for now in (0.0, 10.0, 20.0, 59.0, 60.0, 61.0)] == [
        200,
        200,
        429,
        429,
        200,
        429,
    ]
    response, _ = server.receive(json.dumps(chat()).encode(), 62.0)
    assert response.headers["retry-after"] == "8"
    prompt = counts().prompt(chat()["messages"])
    by_tokens = StrictServer(Rules(tokens_per_minute=2 * prompt, retry_after="date"), today=lambda: 1_700_000_000.0)
    assert [ask(by_tokens, chat(), now)[0] for now in (0.0, 1.0)] == [200, 200]
    response, _ = by_tokens.receive(json.dumps(chat()).encode(), 2.0)
    assert parsedate_to_datetime(response.headers["retry-after"]).timestamp() == 1_700_000_058


def test_more_at_once_than_allowed_are_refused() -> None:
    server = StrictServer(Rules(at_once=1, speed_out=50.0))

    async def two() -> list[int]:
        async with httpx2.AsyncClient(transport=StrictTransport(server)) as client:
            posts = (client.post("http://strict.invalid/v1/chat/completions", json=chat()) for _ in range(2))
            return [response.status_code for response in await asyncio.gather(*posts)]

    codes, seconds = simulated(two())
    assert sorted(codes) == [200, 429]
    assert seconds == pytest.approx(max(one.completion for one in server.log.exchanges) / 50)


async def _posted(server: StrictServer) -> str:
    """What a client sees of one request."""
    async with httpx2.AsyncClient(transport=StrictTransport(server), timeout=30) as client:
        try:
            response = await client.post("http://strict.invalid/v1/chat/completions", json=chat())
        except httpx2.HTTPError as fault:
            return type(fault).__name__
        return str(response.status_code)


@pytest.mark.parametrize("fault", [*TRANSIENT, *LASTING, DEAD], ids=lambda fault: fault.name)
def test_every_fault_is_seen_and_is_no_sound_answer(fault: Fault) -> None:
    server = StrictServer(plan=FaultPlan(1, (fault,), share=1.0, most=1))
    seen, _ = simulated(_posted(server))
    (first,) = server.log.exchanges
    assert first.fault == fault.name and first.sound == (fault.name in ("fenced", "in prose"))
    names = {"refused": "ConnectError", "silent": "ReadTimeout", "drips": "200"}
    expected = names.get(
        fault.wire or "", "RemoteProtocolError" if fault.wire else str(fault.html or fault.status or 200)
    )
    assert seen == expected
    assert first.arrived == (fault.wire is None)
    assert simulated(_posted(server))[0] == "200", "the fault was a passing one"


def test_a_plan_is_the_same_in_any_order_and_ends() -> None:
    plan, keys = FaultPlan(7, share=0.8), [f"{number}" for number in range(40)]
    first = {key: [plan.next(key, ()) for _ in range(5)] for key in keys}
    other = FaultPlan(7, share=0.8)
    assert {key: [other.next(key, ()) for _ in range(5)] for key in reversed(keys)} == first
    assert all(faults[3] is None for faults in first.values()) and any(faults[0] for faults in first.values())
    poisoned = replace(plan, poison={"KX-34627": LASTING[0]}, end=(3, DEAD))
    assert [poisoned.next(key, {"KX-34627"}) for key in "aab"] == [LASTING[0]] * 3
    assert poisoned.next("c", ()) is DEAD and not poisoned.transient and plan.transient


def test_a_clean_run_through_it_is_complete(book: Book, tmp_path: Path) -> None:
    server = StrictServer()
    done = run(book, server, tmp_path / "store", SCHEMA, window_tokens=3072)
    assert audit(done.result, server.log.exchanges, book.facts, complete=True) == []
    assert done.result is not None and done.result.extraction is not None
    assert len(done.result.extraction.data["record"]) == 8
    reading = [one for one in server.log.exchanges if one.shown]
    assert len(reading) > 2 and all(one.sound and one.arrived for one in reading)
    counted = {request.tokens for request in done.result.requests if request.kind == "read"}
    assert counted == {one.prompt for one in reading}, "the client counts what the server counts"
    again = StrictServer()
    once_more = run(book, again, tmp_path / "store", SCHEMA, window_tokens=3072)
    assert again.log.exchanges == [] and once_more.result is not None
    assert once_more.result.content_sha256 == done.result.content_sha256


def test_the_audit_finds_what_is_wrong(book: Book, tmp_path: Path) -> None:
    server = StrictServer()
    done = run(book, server, tmp_path / "store", SCHEMA, window_tokens=3072)
    result, log, facts = done.result, server.log.exchanges, book.facts
    assert result is not None
    assert "no answer was about it" in audit(result, [], facts)[0]
    assert any("asked about" in one for one in audit(result, [*log, replace(log[0], at=log[0].at + 1)], facts))
    moved = [replace(facts[0], page=facts[0].page + 1), *facts[1:]]
    assert any("is on page" in one for one in audit(result, log, moved))
    changed = [replace(facts[0], amount=facts[0].amount + 1), *facts[1:]]
    assert any("the page says" in one for one in audit(result, log, changed))
    assert any("is nowhere" in one for one in audit(result, log, facts[1:]))
    assert result.extraction is not None
    without = result.extraction.model_copy(update={"data": {**result.extraction.data, "record": []}})
    points = result.summary.model_copy(update={"key_points": ()})
    bare = result.model_copy(update={"extraction": without, "summary": points})
    assert any("is not in the result" in one for one in audit(bare, log, facts))
    assert any("gave no result" in one for one in audit(None, log, facts))


def test_what_is_paid_for_twice_is_told_but_for_what_a_kill_lost() -> None:
    first = Exchange(1, 0.0, "a", "a", 1, shown=[[1, ""]], sound=True, arrived=True, ended=10.0)
    again = replace(first, number=2, at=30.0, ended=40.0)
    assert paid_twice([first, again]) == ["page 1 was asked about in 2 after the answer in 1"]
    assert paid_twice([first, again], kills=[10.2], grace=0.5) == []
    assert paid_twice([first, again], kills=[11.0], grace=0.5) != []
    assert paid_twice([first, replace(again, shown=[[2, ""]])]) == []
    assert paid_twice([replace(first, sound=False), again]) == []


def test_it_keeps_its_log_on_disk_and_serves_on_a_port(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    server = StrictServer(log=Log(path))
    with on_a_port(server) as address:
        response = httpx2.post(f"{address}/chat/completions", json=chat(), timeout=60)
        assert httpx2.get(f"{address}/models").json()["data"][0]["max_model_len"] == 128_000
    assert found(response.json())["summary"] == "Read: pages 3, 4."
    (kept,) = read_log(path)
    assert kept.sound and kept.arrived and kept.pages == {3, 4} and kept.ended is not None
    with path.open("a") as file:
        file.write('{"number": 2, "at"')
    assert read_log(path) == [kept], "the line that a killed server did not finish is not read"


def test_it_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with in_a_process('{"window": 700, "dialect": "openai"}', log) as address:
        response = httpx2.post(f"{address}/chat/completions", json=chat(), timeout=60)
    assert response.status_code == 400 and response.json()["error"]["code"] == "context_length_exceeded"
    (kept,) = read_log(log)
    assert kept.status == 400 and not kept.valid
