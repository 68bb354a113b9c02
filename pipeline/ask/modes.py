"""The ways to ask for structured answers, best first: a ladder that is gone down one step at each refusal.

json_schema   the server holds the answer to the schema
tool          the answer is the arguments of a function that the model is made to call
json_object   the server holds the answer to JSON; the schema stands in the system message
text          nothing is held: the schema stands in the system message, and JSON is looked for in the answer
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.ask.prompts import Prompt
from pipeline.profiles import Mode

LADDER: tuple[Mode, ...] = ("json_schema", "tool", "json_object", "text")

_TOLD = """

Answer with one JSON object and nothing else: no Markdown, no word before or after it. It fits this JSON Schema:
{schema}"""


def below(mode: Mode, offered: Sequence[Mode]) -> Mode | None:
    """The next way down the ladder that the endpoint's profile offers; None at its end."""
    return next((one for one in LADDER[LADDER.index(mode) + 1 :] if one in offered), None)


def instruction(mode: Mode, prompt: Prompt) -> str:
    """What the system message says besides, in this way of asking."""
    if mode in ("json_schema", "tool"):
        return ""
    return _TOLD.format(schema=_compact(prompt.schema))


def overhead(mode: Mode, prompt: Prompt) -> str:
    """Text that takes as many tokens as this way adds to the prompt, or more.

    A tool is written into the prompt by the model's own template: its schema and a name or two.
    """
    if mode == "tool":
        return _compact(_function(prompt)) + 32 * " x"
    return instruction(mode, prompt)


def shape(mode: Mode, prompt: Prompt) -> dict[str, Any]:
    """The part of a chat request's body that asks for an answer in this way."""
    if mode == "json_schema":
        schema = {"name": prompt.name, "strict": True, "schema": prompt.schema}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if mode == "tool":
        choice = {"type": "function", "function": {"name": prompt.name}}
        return {"tools": [{"type": "function", "function": _function(prompt)}], "tool_choice": choice}
    return {"response_format": {"type": "json_object"}} if mode == "json_object" else {}


def said(message: Mapping[str, Any]) -> str:
    """The text of a chat message: the arguments of its one tool call, or else its content ("" where it has none).

    A server may answer a request for a tool with content, and the other way round.
    """
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls else None
    function = call.get("function") if isinstance(call, Mapping) else None
    arguments = function.get("arguments") if isinstance(function, Mapping) else None
    if isinstance(arguments, Mapping):
        return json.dumps(arguments, ensure_ascii=False)
    if isinstance(arguments, str) and arguments.strip():
        return arguments
    content = message.get("content")
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, Mapping))
        content = "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _function(prompt: Prompt) -> dict[str, Any]:
    return {"name": prompt.name, "description": "Give the answer.", "strict": True, "parameters": prompt.schema}


def _compact(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
