"""What goes wrong between a request and its answer, by seed.

A fault is transient, and then meets the same content so often and no more; or it is lasting, and meets a page (by a
token on it) for ever, or the whole endpoint from some request on.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.strict_words import Dialect, Response, RetryAfter, retry_after, says

Json = dict[str, Any]
Wire = Literal["refused", "silent", "dropped before", "dropped within", "drips"]
"""What happens to a connection: nobody takes it, it never answers, it ends too early, a body that never ends."""

_HTML = b"<html><head><title>%s</title></head><body><h1>%s</h1><hr>nginx</body></html>"
_HTML_TYPE = {"content-type": "text/html"}
_JSON_TYPE = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    `status` is that of a refusal, with `wait` seconds to wait in the form `after`; `wire` is what happens to the
    connection; `html` is that of a gateway's page; `spoilt` makes of a completion what is sent in its place.
    """

    name: str
    status: int | None = None
    after: RetryAfter = "none"
    wait: float = 0.0
    message: str = "The server had an error while processing your request."
    wire: Wire | None = None
    html: int | None = None
    spoilt: Callable[[Json], Json] | None = None
    transient: bool = True

    def instead(self, dialect: Dialect, today: float) -> Response | None:
        """The response that is sent without anything being read; None where the request is answered."""
        if self.html is not None:
            title = b"502 Bad Gateway" if self.html == 502 else b"Welcome"
            return Response(self.html, _HTML % (title, title), dict(_HTML_TYPE), wire=self.wire)
        if self.status is not None:
            said = says(dialect, self.status if self.status >= 400 else 502, self.message, kind="server_error")
            headers = _JSON_TYPE | retry_after(self.after, self.wait, today)
            return Response(self.status, json.dumps(said.body).encode(), headers)
        early = self.wire in ("refused", "silent", "dropped before")
        return Response(0, b"", wire=self.wire) if early else None

    def spoil(self, completion: Json) -> bytes | None:
        """The body of an answer that is no longer what it was; None where it stays."""
        return None if self.spoilt is None else json.dumps(self.spoilt(completion), ensure_ascii=False).encode()


def _content(completion: Json) -> str:
    """The answer in a completion, also where it is the call of a tool."""
    message = completion["choices"][0]["message"]
    calls = message.get("tool_calls")
    return str(calls[0]["function"]["arguments"] if calls else message["content"])


def _with(completion: Json, content: str, finish: str | None = None) -> Json:
    choice = completion["choices"][0]
    message = dict(choice["message"])
    if calls := message.get("tool_calls"):
        message["tool_calls"] = [{**calls[0], "function": {**calls[0]["function"], "arguments": content}}]
    else:
        message["content"] = content
    return {
        **completion,
        "choices": [{**choice, "message": message, "finish_reason": finish or choice["finish_reason"]}],
    }


def _half(completion: Json) -> Json:
    content = _content(completion)
    return _with(completion, content[: len(content) // 2], "length")


def _error_finish(completion: Json) -> Json:
    content = _content(completion)
    return _with(completion, content[: len(content) // 3], "error")


def _without_choices(completion: Json) -> Json:
    return {**completion, "choices": []}


def _null(completion: Json) -> Json:
    choice = {**completion["choices"][0], "message": {"role": "assistant", "content": None}}
    return {**completion, "choices": [choice]}


def _fenced(completion: Json) -> Json:
    return _with(completion, f"```json\n{_content(completion)}\n```")


def _in_prose(completion: Json) -> Json:
    return _with(completion, f"Sure, here is the JSON:\n{_content(completion)}\nAnything else?")


def _broken(completion: Json) -> Json:
    content = _content(completion)
    return _with(completion, content.replace('":', '" ', 1).rstrip("}") + ",}")


def _without_a_field(completion: Json) -> Json:
    return _changed(completion, lambda found: {name: value for name, value in found.items() if name != "key_points"})


def _on_no_page(completion: Json) -> Json:
    """Every page is one that no document of the bench has."""
    return _changed(completion, lambda found: _mapped(found, "page", lambda page: page + 7000))


def _nowhere(completion: Json) -> Json:
    return _changed(completion, lambda found: _mapped(found, "quote", lambda quote: "the moon is made of green cheese"))


def _changed(completion: Json, change: Callable[[Json], Json]) -> Json:
    """The completion with its answer changed; one that is cut or wrapped stays as it is."""
    try:
        found = json.loads(_content(completion))
    except ValueError:
        return completion
    return _with(completion, json.dumps(change(found), ensure_ascii=False))


def _mapped(value: Any, name: str, change: Callable[[Any], Any]) -> Any:
    """A JSON value in which every property of that name is changed."""
    if isinstance(value, list):
        return [_mapped(one, name, change) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: change(one) if key == name else _mapped(one, name, change) for key, one in value.items()}


REFUSED = (
    Fault("408", 408),
    Fault("409", 409),
    Fault("429", 429, message="Rate limit reached"),
    Fault("429, seconds", 429, "seconds", 7, message="Rate limit reached"),
    Fault("429, a date", 429, "date", 20, message="Rate limit reached"),
    Fault("429, milliseconds", 429, "milliseconds", 1.5, message="Rate limit reached"),
    Fault("429, five minutes", 429, "seconds", 300, message="Rate limit reached"),
    Fault("500", 500),
    Fault("502", 502),
    Fault("503", 503),
    Fault("503, seconds", 503, "seconds", 11),
    Fault("504", 504),
    Fault("529", 529, message="Overloaded"),
    Fault("200 with an error", 200, message="Upstream error from provider"),
    Fault("HTML with 502", html=502),
    Fault("HTML with 200", html=200),
)
CONNECTIONS = (
    Fault("refused", wire="refused"),
    Fault("silent", wire="silent"),
    Fault("dropped before", wire="dropped before"),
    Fault("dropped within", wire="dropped within"),
    Fault("drips", wire="drips"),
)
ANSWERS = (
    Fault("no choices", spoilt=_without_choices),
    Fault("null content", spoilt=_null),
    Fault("finish_reason error", spoilt=_error_finish),
    Fault("half of it", spoilt=_half),
    Fault("fenced", spoilt=_fenced),
    Fault("in prose", spoilt=_in_prose),
    Fault("no JSON", spoilt=_broken),
    Fault("not the schema", spoilt=_without_a_field),
    Fault("wrong pages", spoilt=_on_no_page),
    Fault("quotes from nowhere", spoilt=_nowhere),
)
TRANSIENT = (*REFUSED, *CONNECTIONS, *ANSWERS)
KIND = ("fenced", "in prose")
"""Faults that leave the answer whole: whoever finds the JSON needs to ask no second time."""

LASTING = (
    Fault("always 400", 400, message="This content cannot be processed.", transient=False),
    Fault("always 500", 500, transient=False),
    Fault("always flagged", 403, message="Your input was flagged by moderation.", transient=False),
    Fault("always no JSON", spoilt=_broken, transient=False),
    Fault("always null", spoilt=_null, transient=False),
    Fault("always not the schema", spoilt=_without_a_field, transient=False),
    Fault("always dropped", wire="dropped within", transient=False),
)
"""What a single page may be the cause of."""
DEAD = Fault("dead", wire="refused", transient=False)
LOCKED = Fault("locked", 401, message="Incorrect API key provided.", transient=False)


@dataclass(slots=True)
class FaultPlan:
    """Which fault the next attempt about some content meets.

    Each content meets each of at most `most` transient faults once, drawn by the seed and its key alone, so in
    whichever order requests come. `poison` are lasting faults by a token; `end` is one that all requests meet from that
    number on.
    """

    seed: int
    faults: Sequence[Fault] = TRANSIENT
    share: float = 0.5
    most: int = 3
    poison: Mapping[str, Fault] = field(default_factory=dict)
    end: tuple[int, Fault] | None = None
    _attempts: Counter[str] = field(default_factory=Counter, init=False)

    def next(self, key: str, tokens: Collection[str]) -> Fault | None:
        """The fault of this attempt, None where nothing goes wrong."""
        if self.end is not None and self._attempts.total() >= self.end[0]:
            return self.end[1]
        number = self._attempts[key]
        self._attempts[key] += 1
        lasting = next((self.poison[token] for token in sorted(tokens) if token in self.poison), None)
        drawn = self.drawn(key)
        return lasting or (drawn[number] if number < len(drawn) else None)

    def drawn(self, key: str) -> list[Fault]:
        """The transient faults that this content meets, in order."""
        chance = random.Random(f"{self.seed}/{key}")
        if not self.faults or chance.random() >= self.share:
            return []
        return [chance.choice(self.faults) for _ in range(chance.randint(1, self.most))]

    @property
    def transient(self) -> bool:
        """Whether with patience every request is answered in the end."""
        return not self.poison and self.end is None
