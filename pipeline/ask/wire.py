"""Requests to chat JSON and back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.ask.answer import Answer, FigureNote, KeyPoint, Reply
from pipeline.ask.prompts import Prompt, without
from pipeline.errors import AnswerError
from pipeline.pack.parts import Part, PicturePart, Request, TextPart

Fetch = Callable[[PicturePart], tuple[bytes, str]]
"""Gives a picture as it is sent: its bytes and their media type."""

BOUNDS = ("maxLength", "maxItems")
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL)
_BOM = "\ufeff"


def to_chat(request: Request, prompt: Prompt, fetch: Fetch, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the chat request. `parameters` holds the model, the temperature and the like."""
    schema = {"name": prompt.name, "strict": True, "schema": prompt.schema}
    return {
        **parameters,
        "messages": [
            {"role": "system", "content": request.system},
            {"role": "user", "content": [_wire_part(part, fetch) for part in request.parts]},
        ],
        "max_tokens": request.reserve,
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def _wire_part(part: Part, fetch: Fetch) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    data, media_type = fetch(part)
    url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}


def content_of(response: Mapping[str, Any]) -> str:
    """The text of the one choice of a chat response.

    Raises AnswerError where there is none: some servers report errors inside a response of status 200.
    """
    error = response.get("error")
    if error:
        said = error.get("message") if isinstance(error, Mapping) else error
        raise AnswerError(f"The endpoint answered with an error: {shorten(said)}.")
    choices = response.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, Mapping):
        raise AnswerError("The endpoint's response holds no answer.")
    message = choice.get("message")
    reason = choice.get("finish_reason")
    refusal = message.get("refusal") if isinstance(message, Mapping) else None
    if refusal:
        raise AnswerError(f"The model refused to answer: {shorten(refusal)}.")
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, Mapping))
        content = "".join(text for text in texts if isinstance(text, str))
    if reason in ("error", "content_filter"):
        raise AnswerError(f"The model stopped before it was done ({reason}).", raw=content or "")
    if not isinstance(content, str) or not content.strip():
        raise AnswerError(f"The answer is empty (finish reason: {reason}).")
    return content


def parse(response: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """The answer's JSON, whole and valid for the prompt's schema.

    A complete answer may come with the finish reason "length", so it is parsed first and judged then. Lengths are no
    ground to refuse it: not every server enforces them, and a long summary loses nothing.
    Raises AnswerError where it was cut, does not parse, or does not validate.
    """
    content = content_of(response)
    content = content.removeprefix(_BOM)
    fenced = _FENCE.match(content)
    try:
        found = json.loads(fenced[1] if fenced else content)
    except (ValueError, RecursionError) as error:
        if response["choices"][0].get("finish_reason") == "length":
            raise AnswerError("The answer was cut at the output limit.", raw=content) from error
        raise AnswerError(f"The answer is no JSON: {shorten(error)}.", raw=content) from error
    _validate(found, without(prompt.schema, BOUNDS), content)
    assert isinstance(found, dict)
    return found


def _validate(found: Any, schema: Mapping[str, Any], raw: str) -> None:
    from jsonschema import Draft202012Validator

    error = next(iter(Draft202012Validator(schema).iter_errors(found)), None)
    if error is not None:
        place = "/".join(str(step) for step in error.absolute_path) or "its root"
        raise AnswerError(f"The answer does not fit the schema, at {place}: {shorten(error.message)}.", raw=raw)


def read_answer(request: Request, reply: Reply) -> Answer:
    """The reply to a read request as an answer."""
    found = reply.found
    return Answer(
        request=request.id,
        fingerprint=reply.fingerprint,
        summary=found["summary"],
        key_points=tuple(KeyPoint(**point) for point in found["key_points"]),
        figures=tuple(FigureNote(**note) for note in found["figures"]),
        data=found.get("data"),
        usage=reply.usage,
    )


def shorten(text: Any, most: int = 200) -> str:
    """One line of somebody else's message, without control characters and at most `most` characters long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return (line if len(line) <= most else line[: most - 1] + "…").rstrip(".")
