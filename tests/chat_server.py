"""A small chat server on loopback for tests: it records what arrives and answers as the test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.pack.parts import TextPart
from pipeline.pack.tokens import counter_for
from pipeline.profiles import models
from tests.loopback import QuietHandler, on_loopback
from tests.strict_schema import least

_COUNTER = counter_for(models()["mistral-small-3.2"])
_PICTURE = 3080


@dataclass(slots=True)
class Reply:
    """One HTTP response: a JSON body, or text as it stands."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


@dataclass(slots=True)
class ChatServer:
    """What arrived: headers and bodies, in order; `address` is the base address to ask."""

    address: str
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)


def chat_response(content: Any, *, finish: str = "stop", usage: dict[str, Any] | None = None) -> dict[str, Any]:
    """A chat response whose one choice says `content`, JSON where it is no text."""
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": text}
    return {
        "id": "x",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage or {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def nothing_found(body: dict[str, Any]) -> dict[str, Any]:
    """The smallest answer that the schema of a request takes: what a model that found nothing would say."""
    found: dict[str, Any] = least(body["response_format"]["json_schema"]["schema"])
    return found


def answer_nothing(body: dict[str, Any]) -> Reply:
    """Answer any request with the smallest value that its schema takes, and a word as its summary."""
    return Reply(chat_response({**nothing_found(body), "summary": "A summary."}, usage=usage_of(body)))


def usage_of(body: dict[str, Any]) -> dict[str, Any]:
    """What a server of Mistral's would count of a request, each picture at the most that one takes."""
    system, user = body["messages"][0]["content"], body["messages"][1]["content"]
    parts = tuple(TextPart(part["text"]) for part in user if part["type"] == "text")
    pictures = sum(part["type"] == "image_url" for part in user)
    return {"prompt_tokens": _COUNTER.request(system, parts) + _PICTURE * pictures, "completion_tokens": 20}


@contextmanager
def chat_server(answer: Callable[[dict[str, Any]], Reply] = answer_nothing) -> Iterator[ChatServer]:
    """Serve on a free port of loopback while the block runs."""

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.headers.append({name.lower(): value for name, value in self.headers.items()})
            seen.bodies.append(body)
            reply = answer(body)
            data = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            payload = data.encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

    with on_loopback(Handler) as address:
        seen = ChatServer(address)
        yield seen
