"""The engine as a pure function: an OpenAI chat-completions body in, an HTTP status and a body out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pipeline.offline import figures, summary
from pipeline.offline.blocks import Block, read_blocks
from pipeline.offline.chat import BadRequest, Chat, read_chat
from pipeline.offline.fields.fill import fill
from pipeline.offline.wire import Schema, Wire

MODEL = "offline/extractive-1"
_NO_LIMIT = 100_000
_KEY_POINTS = 8


def answer(chat: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Answer a request with what its own text says: verbatim sentences, and values found by type and label.

    Gives (200, completion) whose content is JSON that is valid against the request's schema, or (400, error) in
    OpenAI's form. No usage is reported: this engine counts no tokens. Equal requests get equal answers.
    """
    try:
        request = read_chat(chat)
        wire = Wire(request.schema)
        content = _content(request, wire)
        problem = wire.problem(content)
        if problem:
            raise BadRequest(f"The schema admits no answer of this engine: {problem}")
    except BadRequest as refusal:
        return 400, error(str(refusal), "invalid_request_error")
    return 200, _completion(json.dumps(content, ensure_ascii=False))


def error(message: str, kind: str) -> dict[str, Any]:
    """An error body in OpenAI's form."""
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def _completion(content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": None}
    return {
        "id": "chatcmpl-" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:24],
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
    }


def _content(request: Chat, wire: Wire) -> Any:
    """The answer: of each property what this engine can give, else the emptiest value that the schema admits."""
    properties = wire.resolve(wire.root).get("properties", {})
    content = wire.blank(wire.root)
    if not isinstance(content, dict):
        return content
    blocks = read_blocks(request.sheets)
    parts = _summary_parts(request, wire, properties, blocks)
    if "data" in properties:
        parts["data"] = fill(wire, properties["data"], blocks)
    parts["figures"] = _figures(request, wire, properties.get("figures", {}))
    for name, value in parts.items():
        if name in properties and wire.valid(value, properties[name]):
            content[name] = value
    return content


def _summary_parts(request: Chat, wire: Wire, properties: Schema, blocks: list[Block]) -> dict[str, Any]:
    limit = _limit(wire, properties.get("summary", {}))
    if request.summaries:
        most = wire.resolve(properties.get("key_points", {})).get("maxItems", _KEY_POINTS)
        condensed = summary.condense(request.summaries, limit)
        return {"summary": condensed, "key_points": summary.weigh(request.points)[:most]}
    sources = [Block("text", 0, 0, (" ".join(text.split()),)) for text in request.sources.values()]
    ranked = summary.rank(blocks)
    points = wire.resolve(properties.get("key_points", {}))
    most = min(points.get("maxItems", _KEY_POINTS), _KEY_POINTS)
    item = wire.resolve(points.get("items", {})).get("properties", {})
    longest = min(_limit(wire, item.get("text", {})), _limit(wire, item.get("quote", {})))
    short = [one for one in ranked if len(one.text) <= longest]
    return {
        "summary": summary.summarise(blocks or sources, ranked or summary.rank(sources), limit),
        "key_points": [
            {"text": summary.without_addresses(one.text), "page": one.page, "quote": one.text}
            for one in summary.choose(short, _NO_LIMIT, most)
        ],
    }


def _figures(request: Chat, wire: Wire, schema: Schema) -> list[dict[str, str]]:
    schema = wire.resolve(schema)
    pictures = [figure for sheet in request.sheets for figure in sheet.figures][: schema.get("maxItems", _NO_LIMIT)]
    item = wire.resolve(schema.get("items", {})).get("properties", {})
    told = figures.describe(pictures, _limit(wire, item.get("description", {}))) if item else []
    return [{**one, "kind": "unknown"} for one in told] if "kind" in item else told


def _limit(wire: Wire, schema: Schema) -> int:
    return min(int(wire.resolve(schema).get("maxLength", _NO_LIMIT)), _NO_LIMIT)
