"""Chat requests for the embedded engine, as the client would send them, and what its answers hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pipeline.ask.prompts import read_prompt
from pipeline.ask.schema import resolve
from pipeline.offline.engine import answer
from pipeline.profiles import endpoint_for

Json = dict[str, Any]


def page(text: str, number: int = 1, attributes: str = "") -> str:
    """A page as it stands in a request."""
    return f'<page n="{number}"{attributes}>\n{text.strip()}\n</page>\n'


def chat(text: str | list[Json], schema: Json | None = None, summary_chars: int = 1000) -> Json:
    """A read request for a text (or content parts) and a user's schema."""
    prompt = read_prompt(
        resolve(schema) if schema else None,
        summary_chars=summary_chars,
        language=None,
        keywords=endpoint_for("offline").keywords,
        reserve=16_000,
        pictures=0 if isinstance(text, str) else sum(part["type"] == "image_url" for part in text),
    )
    wire = {"name": prompt.name, "strict": True, "schema": prompt.schema}
    return {
        "model": "offline/extractive-1",
        "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": text}],
        "response_format": {"type": "json_schema", "json_schema": wire},
    }


def content(body: Json) -> Json:
    """The content of the answer to a request, which must be one."""
    status, completion = answer(body)
    assert status == 200, completion
    assert completion["choices"][0]["finish_reason"] == "stop"
    found = json.loads(completion["choices"][0]["message"]["content"])
    assert isinstance(found, dict)
    return found


def plain(data: Any) -> Any:
    """Wire data without its evidence: {"quote", "page", "value"} becomes the value."""
    if isinstance(data, dict):
        if set(data) == {"quote", "page", "value"}:
            return plain(data["value"])
        return {key: plain(value) for key, value in data.items()}
    return [plain(value) for value in data] if isinstance(data, list) else data


def extract(text: str, properties: Json) -> Json:
    """The values found in one page (or in pages with their marks) for the properties of a schema."""
    text = text if text.lstrip().startswith("<page") else page(text)
    found = plain(content(chat(text, {"type": "object", "properties": properties}))["data"])
    assert isinstance(found, dict)
    return found


def evidence(data: Any) -> Iterator[tuple[str, int]]:
    """(quote, page) of every wrapped value, at any depth."""
    if isinstance(data, dict):
        if set(data) == {"quote", "page", "value"}:
            yield data["quote"], data["page"]
        for value in data.values():
            yield from evidence(value)
    elif isinstance(data, list):
        for value in data:
            yield from evidence(value)
