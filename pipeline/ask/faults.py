"""What an endpoint's refusal means: wait, ask again, send less, ask in another way, or give up.

Servers say the same things in many words, some with the wrong status, some inside a response of status 200. The words
are looked at first, since a server that runs out of its window may say so with a 500.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from pipeline.ask.wire import shorten
from pipeline.errors import (
    AnswerTooLong,
    BodyTooLarge,
    EndpointError,
    KeyRefused,
    ModeRefused,
    PromptTooLong,
    TooManyPictures,
)

_RETRIED = frozenset({408, 409, 425, 429})
"""Besides those of 500 and above: timeouts, conflicts and limits pass with time (RFC 9110, RFC 6585)."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")

_LESS = re.compile(
    r"context (?:length|size|window)|maximum (?:context|model) length|context_length_exceeded"
    r"|exceed_context_size|prompt (?:is )?too long|too large for model|input tokens? (?:exceed|limit)",
    re.IGNORECASE,
)
_WINDOW = re.compile(
    r"(?:context (?:length|size|window)|(?:model|context) length|tokens? allowed)"
    r"(?: of| is|:)?[^\d]{0,12}([\d][\d,_]*)|([\d][\d,_]*)[ -](?:token )?(?:maximum )?context",
    re.IGNORECASE,
)
_OUTPUT = re.compile(
    r"max_(?:completion_)?tokens\W.{0,80}(?:too large|at most|exceed|less than|must be)", re.IGNORECASE
)
_AT_MOST = re.compile(
    r"(?:at most|up to|maximum(?: of| is|:)?|less than or equal to|<=|max(?: of| is|:)?)\D{0,4}([\d][\d,_]*)",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(?:at most|up to|limit(?: of| is|:)?|maximum(?: of| is|:)?|max(?: of| is|:)?|exceeds?)\D{0,24}?"
    r"([\d][\d,_]*) ?(bytes|[KM]i?B|\b)",
    re.IGNORECASE,
)
_BYTES = {"": 1, "bytes": 1, "kb": 1000, "mb": 1_000_000, "kib": 1 << 10, "mib": 1 << 20}
_PICTURES = re.compile(
    r"(?:at most|up to|maximum(?: of| is)?|max(?: allowed)? is|max:?|limit(?: is| of)?|exceeding the maximum of|only)"
    r"\s*(\d+)\s*(?:image|picture|$|\.|allowed)",
    re.IGNORECASE | re.MULTILINE,
)
_PICTURE = re.compile(r"\bimages?\b|image_url|image\(s\)|\bpictures?\b|multimodal|\bvision\b|mmproj", re.IGNORECASE)
_NO_PICTURE = re.compile(
    r"not? (?:support|accept|allow|enabl|a multimodal)|unsupported|does not have|only (?:text|supports text)"
    r"|mmproj|no endpoints",
    re.IGNORECASE,
)
_MODE = re.compile(
    r"response_format|json_schema|json_object|json mode|structured output|grammar|guided|tool_choice|tool use"
    r"|\btools?\b|handle the requested parameters|schema",
    re.IGNORECASE,
)
_NEVER = re.compile(r"grammar|jinja", re.IGNORECASE)
"""What llama.cpp says with a 500, and would say again."""
_FLAGGED = re.compile(r"moderation|flagged|content[_ ](?:filter|policy)|safety", re.IGNORECASE)
_NO_CREDIT = re.compile(r"insufficient[_ ](?:quota|credits?|balance|funds)|billing|payment", re.IGNORECASE)


class Refusal(NamedTuple):
    """What an endpoint said no with. `text` is the body; `headers` have lower-case names; `today` is the time it came,
    in seconds since the epoch."""

    status: int
    headers: Mapping[str, str]
    text: str
    today: float


def explained(refusal: Refusal, where: str, key_hint: str) -> EndpointError:
    """The error of our tree that a refusal stands for, in one sentence.

    `where` names the endpoint and `key_hint` says what to do about its key.
    """
    said, details = _said(refusal.text)
    status = _status(refusal.status, details)
    words = f"{said}\n{details.get('code', '')} {details.get('type', '')}"
    shown = shorten(said) if said else f"status {status}"
    for rule in (_too_long, _answer_too_long, _pictures, _too_large, _refused_mode):
        found = rule(words, details, status)
        if found is not None:
            return found(f"{where} refused the request: {shown}.", status)
    if _NO_CREDIT.search(words) and status in (402, 403, 429):
        return KeyRefused(f"{where} has no credit left for this key: {shown}.", status=status)
    if status in (401, 402) or (status == 403 and not _FLAGGED.search(words)):
        return KeyRefused(f"{where} refuses the key (status {status}): {key_hint}.", status=status)
    retryable = status in _RETRIED or status >= 500
    error = EndpointError(f"{where} refused the request: {shown}.", status=status, retryable=retryable)
    error.wait = waiting(refusal.headers, refusal.today) if retryable else None
    return error


_Make = Callable[[str, int], EndpointError]


def _too_long(words: str, details: Mapping[str, Any], status: int) -> _Make | None:
    if not _LESS.search(words) and "n_ctx" not in details:
        return None
    window = details.get("n_ctx")
    if not isinstance(window, int):
        numbers = [_number(a or b) for a, b in _WINDOW.findall(words)]
        window = max(numbers, default=None)
    return lambda message, code: PromptTooLong(message, status=code, window=window or None)


def _answer_too_long(words: str, details: Mapping[str, Any], status: int) -> _Make | None:
    if not _OUTPUT.search(words) or status >= 500:
        return None
    limits = [_number(one) for one in _AT_MOST.findall(words)]
    return lambda message, code: AnswerTooLong(message, status=code, limit=min(limits, default=None))


def _pictures(words: str, details: Mapping[str, Any], status: int) -> _Make | None:
    if not _PICTURE.search(words) or status in _RETRIED:
        return None
    limits = [int(one) for one in _PICTURES.findall(words)]
    if limits:
        return lambda message, code: TooManyPictures(message, status=code, limit=min(limits))
    if re.search(r"too many (?:image|picture)", words, re.IGNORECASE):
        return lambda message, code: TooManyPictures(message, status=code, limit=None)
    if _NO_PICTURE.search(words):
        return lambda message, code: TooManyPictures(message, status=code, limit=0)
    return None


def _too_large(words: str, details: Mapping[str, Any], status: int) -> _Make | None:
    if status != 413 and not re.search(r"(?:payload|entity|body|request) too large", words, re.IGNORECASE):
        return None
    limits = [int(_number(number) * _BYTES[unit.lower()]) for number, unit in _SIZE.findall(words)]
    return lambda message, code: BodyTooLarge(message, status=code, limit=min(limits, default=None))


def _refused_mode(words: str, details: Mapping[str, Any], status: int) -> _Make | None:
    refused = status in (400, 404, 405, 415, 422, 501) or (status == 500 and _NEVER.search(words) is not None)
    if not refused or not _MODE.search(words):
        return None
    return lambda message, code: ModeRefused(message, status=code)


def _number(text: str) -> int:
    return int(re.sub(r"[,_]", "", text))


def _said(text: str) -> tuple[str, Mapping[str, Any]]:
    """The message of an error's body, and the object that holds it; a gateway's page of HTML has only its title."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        title = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        return (title[1] if title else text), {}
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return str(body), {}
    error = body.get("error", body)
    if not isinstance(error, dict):
        return str(error), body
    message = error.get("message") or error.get("detail") or body.get("message") or body.get("detail") or ""
    raw = error.get("metadata")
    if isinstance(raw, dict) and raw.get("raw"):  # OpenRouter gives the host's own words there
        message = f"{message} ({raw['raw']})"
    return str(message), error


def _status(status: int, details: Mapping[str, Any]) -> int:
    """The status; inside a response of status 200 an error brings its own as its code."""
    code = details.get("code", details.get("status"))
    if isinstance(code, str) and code.isdigit():
        code = int(code)
    if status < 400 and isinstance(code, int) and 400 <= code < 600:
        return code
    return status if status >= 400 else 502


def waiting(headers: Mapping[str, str], today: float) -> float | None:
    """The seconds that a server asks to wait, None where it does not say.

    `retry-after-ms` is in milliseconds; `retry-after` in seconds or a date (RFC 9110, 10.2.3); else the rate limit's
    own reset, such as `6m0s`.
    """
    exact = _float(headers.get("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    after = headers.get("retry-after")
    if after is not None:
        seconds = _float(after)
        return seconds if seconds is not None else _until(after, today)
    resets = [_span(headers.get(f"x-ratelimit-reset-{what}")) for what in ("requests", "tokens")]
    return max((reset for reset in resets if reset is not None), default=None)


def _until(date: str, today: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.fromtimestamp(today, UTC)).total_seconds(), 0.0)


def _float(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < 1e9 else None


def _span(text: str | None) -> float | None:
    """A span such as `1m30.5s` or `250ms` in seconds; a bare number is seconds."""
    if text is None:
        return None
    pieces = _SPAN.findall(text)
    return sum(float(value) * _UNITS[unit] for value, unit in pieces) if pieces else _float(text)
