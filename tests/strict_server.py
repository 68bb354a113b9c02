"""A strict OpenAI-compatible server: it counts exactly, refuses what real ones refuse, and reads perfectly.

`StrictServer.receive` is the whole of it, without a network: a body in, a `Response` out. `tests/strict_wire.py` puts
it behind a client's transport, or on a port of a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from tests import strict_words as words
from tests.fault_plans import KIND, Fault, FaultPlan
from tests.strict_counts import Unreadable, counts
from tests.strict_limits import Minute
from tests.strict_log import Exchange, Log
from tests.strict_reader import TOKEN, answer, hear
from tests.strict_schema import Asked, asked, keywords_of, valid
from tests.strict_words import Response, RetryAfter, retry_after

Json = dict[str, Any]
ANSWER_TOKENS = 4096
"""What an answer gets where the request does not say how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the server takes, in tokens, pictures, bytes and dollars per million tokens; None is no limit.

    `silent_window` cuts every prompt to so many tokens and says nothing, where `usage` is False not even in its counts.
    `speed_in` and `speed_out` are tokens a second, None for at once. `chatty` puts prose and a fence around answers
    that no grammar holds to the schema.
    """

    dialect: words.Dialect = "vllm"
    window: int = 128_000
    silent_window: int | None = None
    usage: bool = True
    costs: bool = False
    price_in: float = 0.075
    price_out: float = 0.20
    output_cap: int | None = None
    pictures: int | None = None
    body_bytes: int | None = None
    modes: tuple[str, ...] = ("json_schema", "tools", "json_object", "none")
    keywords: tuple[str, ...] | None = None
    parameters: tuple[str, ...] | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    at_once: int | None = None
    retry_after: RetryAfter = "none"
    speed_in: float | None = None
    speed_out: float | None = None
    chatty: bool = False
    key: str | None = None

    @classmethod
    def read(cls, text: str) -> Rules:
        """Rules from JSON."""
        given = json.loads(text)
        known = {one.name for one in fields(cls)}
        assert set(given) <= known, f"no such rules: {sorted(set(given) - known)}"
        values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
        return cls(**values)


class StrictServer:
    """Receives chat requests, several at once if need be. `log` holds all that came and what became of it.

    `today` gives seconds since the epoch, for the dates that it sends.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        plan: FaultPlan | None = None,
        log: Log | None = None,
        today: Callable[[], float] = time.time,
    ) -> None:
        self._today = today
        self.rules = rules or Rules()
        self.log = log or Log()
        self._plan = plan
        self._minute = Minute(self.rules.requests_per_minute, self.rules.tokens_per_minute)
        self._under_way = 0
        self._lock = threading.Lock()

    @property
    def models(self) -> Json:
        """What GET /models answers."""
        row = {"id": "strict", "object": "model", "owned_by": "tests", "max_model_len": self.rules.window}
        return {"object": "list", "data": [row]}

    def receive(self, content: bytes, now: float, key: str | None = None) -> tuple[Response, Exchange]:
        """The response to a body that came at `now` (seconds of the server's clock) with that key.

        The caller sends it, then says `left`.
        """
        with self._lock:
            self._under_way += 1
            read = _read(content)
            exchange = self.log.received(now, _key(read), hashlib.sha256(content).hexdigest(), len(content))
            response = self._respond(read, exchange, now, key)
            exchange.status = response.status
            self.log.answered(exchange)
            return response, exchange

    def left(self, exchange: Exchange, now: float, *, arrived: bool) -> None:
        """A response was sent, or the connection is gone."""
        with self._lock:
            self._under_way -= 1
            exchange.arrived = arrived
            self.log.ended(exchange, now)

    def _respond(self, body: Json | str, exchange: Exchange, now: float, key: str | None) -> Response:
        rules = self.rules
        if rules.key is not None and key != rules.key:
            return _refusal(words.key_refused(rules.dialect))
        if isinstance(body, str):
            return _refusal(words.unreadable(rules.dialect, body))
        wanted = asked(body)
        heard = hear(body["messages"])
        exchange.mode, exchange.goes_on = wanted.mode, bool(heard.done)
        exchange.shown = [[sheet.page, sheet.part] for sheet in heard.sheets]
        exchange.pictures = [picture.id for picture in heard.pictures]
        exchange.sheets = heard.shared
        exchange.fields = sorted(wanted.schema.get("properties", {}).get("data", {}).get("properties", {}))
        fault = self._plan.next(exchange.key, heard.tokens) if self._plan is not None else None
        exchange.fault = fault.name if fault else None
        if fault is not None and (instead := fault.instead(rules.dialect, self._today())) is not None:
            return instead
        try:
            prompt = counts().prompt(body["messages"], body.get("tools"))
        except Unreadable as problem:
            return _refusal(words.unreadable(rules.dialect, str(problem)[:300]))
        if limited := self._limited(prompt, now):
            return limited
        refused = next(self._refused(body, wanted, exchange, prompt), None)
        return _refusal(refused) if refused else self._answered(body, wanted, exchange, prompt, fault)

    def _limited(self, prompt: int, now: float) -> Response | None:
        rules = self.rules
        if rules.at_once is not None and self._under_way > rules.at_once:
            return _refusal(words.limited(rules.dialect, "concurrent requests"))
        wait = self._minute.wait(prompt, now)
        if wait <= 0:
            return None
        refusal = _refusal(words.limited(rules.dialect, "requests per minute"))
        refusal.headers |= retry_after(rules.retry_after, wait, self._today())
        return refusal

    def _refused(self, body: Json, wanted: Asked, exchange: Exchange, prompt: int) -> Iterator[words.Said]:
        """The refusals of all that is over a limit, or not known, the first of which is sent."""
        rules, dialect, output = self.rules, self.rules.dialect, wanted.output or 0
        if rules.body_bytes is not None and exchange.size > rules.body_bytes:
            yield words.too_large(dialect, exchange.size, rules.body_bytes)
        if rules.parameters is not None:
            yield from (words.unknown_parameter(dialect, one) for one in sorted(set(body) - set(rules.parameters)))
        if wanted.mode not in rules.modes:
            yield words.mode_refused(dialect, wanted.mode)
        if rules.keywords is not None and wanted.mode in ("json_schema", "tools"):
            foreign = keywords_of(wanted.schema) - set(rules.keywords)
            yield from (words.keyword_refused(dialect, one) for one in sorted(foreign))
        if rules.pictures is not None and wanted.pictures > rules.pictures:
            yield words.too_many_pictures(dialect, wanted.pictures, rules.pictures)
        if rules.output_cap is not None and output > rules.output_cap:
            yield words.answer_too_long(dialect, output, rules.output_cap)
        # llama.cpp writes until its window is full; the others want room for the whole answer.
        needed = prompt + (0 if dialect in ("llamacpp", "ollama") else output)
        if rules.silent_window is None and needed > rules.window:
            yield words.too_long(dialect, prompt, output, rules.window)

    def _answered(self, body: Json, wanted: Asked, exchange: Exchange, prompt: int, fault: Fault | None) -> Response:
        rules, counter = self.rules, counts()
        messages, window = body["messages"], rules.window
        if rules.silent_window is not None and prompt > rules.silent_window:
            messages, exchange.cut = counter.cut(messages, rules.silent_window), True
            prompt = counter.prompt(messages)
        heard = hear(messages)
        content = json.dumps(answer(wanted.schema, heard), ensure_ascii=False)
        if rules.chatty and wanted.mode in ("json_object", "none"):
            content = f"Here is what I found:\n\n```json\n{content}\n```\nLet me know if you need more."
        room = min(wanted.output or ANSWER_TOKENS, rules.output_cap or window)
        room = room if rules.silent_window is not None else min(room, max(window - prompt, 1))
        written = counter.first(content, room)
        exchange.read, exchange.said = sorted(heard.tokens), sorted(set(TOKEN.findall(written)))
        exchange.prompt, exchange.completion = prompt, counter.text(written)
        exchange.cost = (prompt * rules.price_in + exchange.completion * rules.price_out) / 1_000_000
        exchange.valid = written == content
        exchange.sound = exchange.valid and not exchange.cut
        completion = _completion(written, wanted, "stop" if exchange.valid else "length", self._usage(exchange))
        exchange.name = completion["id"]
        response = Response(200, json.dumps(completion, ensure_ascii=False).encode(), seconds=self._seconds(exchange))
        return self._spoilt(response, completion, exchange, fault, wanted) if fault is not None else response

    def _spoilt(
        self, response: Response, completion: Json, exchange: Exchange, fault: Fault, wanted: Asked
    ) -> Response:
        """The response as the fault leaves it, and what it is worth then."""
        spoilt, response.wire = fault.spoil(completion), fault.wire
        exchange.valid = exchange.valid and fault.wire is None
        if spoilt is not None:
            response.body = spoilt
            exchange.valid = exchange.valid and valid(spoilt, wanted.schema)
            exchange.said = sorted(set(TOKEN.findall(spoilt.decode(errors="replace"))))
        exchange.sound = exchange.sound and exchange.valid and (spoilt is None or fault.name in KIND)
        return response

    def _usage(self, exchange: Exchange) -> Json | None:
        if not self.rules.usage:
            return None
        total = exchange.prompt + exchange.completion
        usage = {"prompt_tokens": exchange.prompt, "completion_tokens": exchange.completion, "total_tokens": total}
        return {**usage, "cost": exchange.cost} if self.rules.costs else usage

    def _seconds(self, exchange: Exchange) -> float:
        reading = exchange.prompt / self.rules.speed_in if self.rules.speed_in else 0.0
        return reading + (exchange.completion / self.rules.speed_out if self.rules.speed_out else 0.0)


def _read(content: bytes) -> Json | str:
    """The body, or what is wrong with it."""
    try:
        body = json.loads(content)
    except ValueError as fault:
        return f"it is no JSON ({fault})"
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        return "it has no messages"
    return body if all("role" in one for one in messages) else "a message has no role"


def _key(body: Json | str) -> str:
    """The name of the content that a request asks about: its first user message."""
    users = [] if isinstance(body, str) else [one for one in body["messages"] if one["role"] == "user"]
    content = users[0].get("content") if users else body
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _refusal(said: words.Said) -> Response:
    return Response(said.status, json.dumps(said.body).encode())


def _completion(content: str, wanted: Asked, finish: str, usage: Json | None) -> Json:
    message: Json = {"role": "assistant", "content": content}
    if wanted.mode == "tools":
        call = {"id": "call_1", "type": "function", "function": {"name": wanted.name, "arguments": content}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        finish = "tool_calls" if finish == "stop" else finish
    name = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    completion = {"id": f"chatcmpl-{name}", "object": "chat.completion", "created": 0, "model": "strict"}
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return {**completion, "choices": choices, **({"usage": usage} if usage is not None else {})}
