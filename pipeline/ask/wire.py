"""Requests as the JSON of a chat completion."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.ask.limits import Limits
from pipeline.ask.modes import instruction, shape
from pipeline.ask.prompts import Prompt
from pipeline.errors import BodyTooLarge
from pipeline.pack.parts import Part, PicturePart, TextPart
from pipeline.pack.request import Request
from pipeline.profiles import Mode

Fetch = Callable[[PicturePart], tuple[bytes, str]]
"""Gives a picture as it is sent: its bytes and their media type."""

Turn = Mapping[str, str]
"""One further message of a chat: its role and its text."""


def to_chat(
    request: Request,
    prompt: Prompt,
    fetch: Fetch,
    parameters: Mapping[str, Any],
    mode: Mode = "json_schema",
    turns: Sequence[Turn] = (),
) -> dict[str, Any]:
    """The body of the chat request, in one of the ways of asking, with the `turns` that followed.

    `parameters` holds the model, the temperature and the like.
    """
    return {
        **parameters,
        "messages": [
            {"role": "system", "content": request.system + instruction(mode, prompt)},
            {"role": "user", "content": [_wire_part(part, fetch) for part in request.parts]},
            *turns,
        ],
        "max_tokens": request.reserve,
        **shape(mode, prompt),
    }


def size_of(body: Mapping[str, Any]) -> int:
    """The bytes of a chat request's body as the client writes it: compact JSON, UTF-8."""
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def check_size(body: Mapping[str, Any], limits: Limits) -> None:
    """Raise BodyTooLarge where an endpoint of these limits takes no body of so many bytes."""
    if limits.size is not None and (size := size_of(body)) > limits.size:
        message = f"The endpoint takes requests of {limits.size:,} bytes, not {size:,}."
        raise BodyTooLarge(message, limit=limits.size)


def _wire_part(part: Part, fetch: Fetch) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    data, media_type = fetch(part)
    url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}


def shorten(text: Any, most: int = 200) -> str:
    """One line of somebody else's message, without control characters and at most `most` characters long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return (line if len(line) <= most else line[: most - 1] + "…").rstrip(".")
