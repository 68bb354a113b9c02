"""How a request asks for a structured answer, and in which schema, whatever the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
_NOT_KEYWORDS = ("properties", "$defs", "definitions")
_TEXT: Json = {"type": "string"}
_ANY: Json = {
    "type": "object",
    "properties": {
        "summary": _TEXT,
        "key_points": {
            "type": "array",
            "items": {"type": "object", "properties": {"text": _TEXT, "page": {"type": "integer"}, "quote": _TEXT}},
        },
        "figures": {
            "type": "array",
            "items": {"type": "object", "properties": {"id": _TEXT, "description": _TEXT}},
        },
    },
}
"""The envelope where a request shows no schema at all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The way (json_schema, tools, json_object, none), the schema and its name, the answer's tokens, the pictures."""

    mode: str
    schema: Json
    name: str
    output: int | None
    pictures: int


def asked(body: Mapping[str, Any]) -> Asked:
    """What a chat request asks for."""
    mode, name, schema = _way(body)
    output = body.get("max_completion_tokens") or body.get("max_tokens")
    parts = [part for one in body["messages"] if isinstance(one.get("content"), list) for part in one["content"]]
    pictures = sum(part.get("type") == "image_url" for part in parts)
    return Asked(mode, schema or _shown(body), name, output, pictures)


def _way(body: Mapping[str, Any]) -> tuple[str, str, Json | None]:
    wanted = body.get("response_format") or {}
    tools = body.get("tools")
    if tools:
        function = tools[0]["function"]
        return "tools", function["name"], function.get("parameters")
    if wanted.get("type") == "json_schema":
        return "json_schema", wanted["json_schema"].get("name", ""), wanted["json_schema"].get("schema")
    return str(wanted.get("type", "none")).replace("text", "none"), "", None


def _shown(body: Mapping[str, Any]) -> Json:
    """The schema that stands in the words of the system or of the user's last part: that of an envelope first."""
    texts = []
    for message in body["messages"]:
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"text": content or ""}]
        texts += [part["text"] for part in parts if isinstance(part.get("text"), str)]
    found = [one for text in texts if '"properties"' in text for one in _objects(text) if "properties" in one]
    envelopes = [one for one in found if "summary" in one["properties"]]
    return max(envelopes or found, key=lambda one: len(json.dumps(one)), default=_ANY)


def _objects(text: str) -> Iterator[Json]:
    """The JSON objects in a text, from left to right."""
    at, decoder = text.find("{"), json.JSONDecoder()
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except ValueError:
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def keywords_of(schema: Any) -> set[str]:
    """The keywords that a schema uses, at every depth; the names of properties are none."""
    if isinstance(schema, list):
        return {keyword for one in schema for keyword in keywords_of(one)}
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for name, child in schema.items():
        if name in _NOT_KEYWORDS:
            found |= {keyword for one in child.values() for keyword in keywords_of(one)}
        elif name not in ("enum", "const", "required", "examples", "default"):
            found |= keywords_of(child)
    return found


def least(schema: Json) -> Any:
    """The smallest value that a schema takes, null before all others."""
    if "anyOf" in schema:
        options = schema["anyOf"]
        return None if {"type": "null"} in options else least(options[0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: least(child) for name, child in schema.get("properties", {}).items()}
    return {"array": [], "string": "", "integer": 1, "number": 1, "boolean": False}.get(str(kind))


def valid(body: bytes, schema: Json) -> bool:
    """Whether a response holds an answer that is valid for the schema, prose and fences around it forgiven."""
    from jsonschema import Draft202012Validator

    try:
        choice = json.loads(body)["choices"][0]
        message = choice["message"]
        calls = message.get("tool_calls")
        content = calls[0]["function"]["arguments"] if calls else message["content"]
        found = max(_objects(content or ""), key=lambda one: len(json.dumps(one)), default=None)
    except (ValueError, KeyError, IndexError, TypeError):
        return False
    return choice["finish_reason"] != "error" and found is not None and Draft202012Validator(schema).is_valid(found)
