"""The words in which real servers refuse a request: the status and the body, by whose words they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from math import ceil
from typing import Any, Literal, NamedTuple

RetryAfter = Literal["none", "seconds", "date", "milliseconds"]
Dialect = Literal["openai", "openrouter", "mistral", "vllm", "llamacpp", "ollama"]


class Said(NamedTuple):
    """A refusal: its status and its body."""

    status: int
    body: dict[str, Any]


@dataclass(slots=True)
class Response:
    """What is to be sent: after `seconds`, and, where `wire` says so, not at all or not in one piece."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    seconds: float = 0.0
    wire: str | None = None


def says(dialect: Dialect, status: int, message: str, *, kind: str = "invalid_request_error", **more: Any) -> Said:
    """An error in the form that each server has for it; `more` stands beside the message."""
    if dialect == "openrouter":
        shown = {"message": "Provider returned error", "code": status}
        return Said(status, {"error": {**shown, "metadata": {"provider_name": "Strict", "raw": message}, **more}})
    if dialect == "mistral":
        return Said(status, {"object": "error", "message": message, "type": kind, "param": None, "code": None, **more})
    if dialect == "vllm":
        error = {"message": message, "type": "BadRequestError", "param": None, "code": status}
        return Said(status, {"error": {**error, **more}})
    if dialect == "llamacpp":
        return Said(status, {"error": {"code": status, "message": message, "type": kind, **more}})
    return Said(status, {"error": {"message": message, "type": kind, "param": None, "code": None, **more}})


def too_long(dialect: Dialect, prompt: int, asked: int, window: int) -> Said:
    """The prompt of so many tokens and the answer asked for do not fit the window."""
    if dialect == "llamacpp":
        message = "the request exceeds the available context size, try increasing it"
        counts = {"n_prompt_tokens": prompt, "n_ctx": window}
        return says(dialect, 400, message, kind="exceed_context_size_error", **counts)
    if dialect == "mistral":
        message = f"Prompt contains {prompt + asked} tokens, too large for model with {window} maximum context length"
        return says(dialect, 400, message)
    if dialect == "vllm" and prompt < window:
        message = (
            f"'max_tokens' or 'max_completion_tokens' is too large: {asked}. This model's maximum context length is"
            f" {window} tokens and your request has {prompt} input tokens ({asked} > {window} - {prompt})."
        )
        return says(dialect, 400, message)
    message = (
        f"This model's maximum context length is {window} tokens. However, you requested {prompt + asked} tokens"
        f" ({prompt} in the messages, {asked} in the completion). Please reduce the length of the messages or"
        " completion."
    )
    return says(dialect, 400, message, **({"code": "context_length_exceeded"} if dialect == "openai" else {}))


def answer_too_long(dialect: Dialect, asked: int, cap: int) -> Said:
    """More tokens of answer were asked for than are ever given."""
    message = (
        f"max_tokens is too large: {asked}. This model supports at most {cap} completion tokens, whereas you"
        f" provided {asked}."
    )
    return says(dialect, 400, message)


def too_many_pictures(dialect: Dialect, sent: int, most: int) -> Said:
    """More pictures than the server takes; it may take none."""
    if most == 0 and dialect == "llamacpp":
        message = "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"
        return says(dialect, 500, message, kind="server_error")
    if most == 0 and dialect == "openrouter":
        return Said(404, {"error": {"message": "No endpoints found that support image input", "code": 404}})
    if dialect == "mistral":
        return says(dialect, 400, f"Too many images in request: {sent}, max allowed is {most}")
    if dialect == "openai":
        return says(dialect, 400, f"Too many images in request: {sent}. The maximum is {most} images.")
    return says(dialect, 400, f"At most {most} image(s) may be provided in one prompt.")


def too_large(dialect: Dialect, size: int, most: int) -> Said:
    """More bytes than the server takes."""
    return says(dialect, 413, f"Request Entity Too Large: {size} bytes, at most {most}")


def mode_refused(dialect: Dialect, mode: str) -> Said:
    """A way of asking for structured answers that the server does not know."""
    if dialect == "openrouter":
        message = "No endpoints found that can handle the requested parameters."
        return Said(404, {"error": {"message": message, "code": 404}})
    if mode == "tools":
        message = "tools param requires --jinja flag" if dialect == "llamacpp" else "tool use is not supported"
        return says(dialect, 500 if dialect == "llamacpp" else 400, message)
    message = f"Invalid parameter: 'response_format' of type '{mode}' is not supported with this model."
    return says(dialect, 422 if dialect == "mistral" else 400, message)


def keyword_refused(dialect: Dialect, keyword: str) -> Said:
    """A keyword of JSON Schema that the server does not take."""
    message = f"Invalid schema for response_format: In context=(), '{keyword}' is not permitted."
    return says(dialect, 400, message)


def unknown_parameter(dialect: Dialect, name: str) -> Said:
    """A parameter that the server does not know."""
    if dialect == "mistral":
        detail = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]
        return Said(422, {"object": "error", "message": {"detail": detail}, "type": "invalid_request_error"})
    return says(dialect, 400, f"Unrecognized request argument supplied: {name}")


def limited(dialect: Dialect, what: str) -> Said:
    """Over a limit a minute, or over what may be under way at once."""
    return says(dialect, 429, f"Rate limit reached for {what}. Please try again later.", kind="rate_limit_error")


def key_refused(dialect: Dialect) -> Said:
    """No key, or a wrong one."""
    return says(dialect, 401, "Incorrect API key provided.", kind="authentication_error")


def unreadable(dialect: Dialect, why: str) -> Said:
    """A body that is no chat request."""
    return says(dialect, 400, f"The request cannot be read: {why}")


def retry_after(form: RetryAfter, seconds: float, today: float) -> dict[str, str]:
    """The header that asks to wait, in each of its forms."""
    if form == "milliseconds":
        return {"retry-after-ms": str(ceil(seconds * 1000))}
    if form == "date":
        moment = datetime.fromtimestamp(ceil(today + seconds), UTC)
        return {"retry-after": format_datetime(moment, usegmt=True)}
    return {"retry-after": str(ceil(seconds))} if form == "seconds" else {}
