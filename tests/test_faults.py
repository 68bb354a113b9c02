"""What an endpoint's refusal is taken for: the words that real servers use, with the statuses they use them with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.ask.faults import Refusal, explained, waiting
from pipeline.errors import (
    AnswerTooLong,
    BodyTooLarge,
    EndpointError,
    KeyRefused,
    ModeRefused,
    PromptTooLong,
    TooManyPictures,
)

NOON = 1_700_000_000.0


def fault(status: int, body: Any, **headers: str) -> EndpointError:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return explained(Refusal(status, named, text, NOON), "http://host/v1", "check the key")


def says(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    ("status", "body", "window"),
    [
        (
            400,
            says(
                "This model's maximum context length is 128000 tokens. However, your messages resulted in 204308"
                " tokens. Please reduce the length of the messages.",
                code="context_length_exceeded",
            ),
            128000,
        ),
        (
            400,
            {
                "object": "error",
                "message": "This model's maximum context length is 16384 tokens. However, you requested 19591 tokens"
                " (9591 in the messages, 10000 in the completion).",
                "code": 400,
            },
            16384,
        ),
        (400, says("The decoder prompt (length 9000) is longer than the maximum model length of 8192."), 8192),
        (
            400,
            says(
                "the request exceeds the available context size, try increasing it",
                type="exceed_context_size_error",
                n_prompt_tokens=9000,
                n_ctx=8192,
            ),
            8192,
        ),
        (500, says("context size exceeded"), None),
        (
            400,
            {"message": "Prompt contains 140000 tokens, too large for model with 131072 maximum context length"},
            131072,
        ),
        (
            400,
            says("This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens"),
            32768,
        ),
        (200, says("This model's maximum context length is 8192 tokens.", code=400), 8192),
    ],
)
def test_a_prompt_that_passes_the_window_tells_the_window(status: int, body: Any, window: int | None) -> None:
    error = fault(status, body)
    assert isinstance(error, PromptTooLong)
    assert error.window == window
    assert not error.retryable


@pytest.mark.parametrize(
    ("status", "message", "limit"),
    [
        (400, "At most 4 image(s) may be provided in one prompt.", 4),
        (400, "At most 1 image(s) may be provided in one request.", 1),
        (400, "Too many images in request. Max is 10.", 10),
        (400, "Request contains 52 images, exceeding the maximum of 50 allowed per request", 50),
        (400, "The request contains too many images: 11 images, but the model supports a maximum of 8 images.", 8),
        (500, "too many images in the message, max allowed is 16", 16),
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", 0),
        (404, "No endpoints found that support image input", 0),
        (400, "This model does not support image_url content", 0),
    ],
)
def test_pictures_over_the_limit_tell_the_limit(status: int, message: str, limit: int) -> None:
    error = fault(status, says(message))
    assert isinstance(error, TooManyPictures)
    assert error.limit == limit


def test_an_output_cap_is_told() -> None:
    error = fault(400, says("max_tokens is too large: 16384. This model supports at most 8192 completion tokens."))
    assert isinstance(error, AnswerTooLong)
    assert error.limit == 8192


@pytest.mark.parametrize(
    "body", ["<html><head><title>413 Request Entity Too Large</title></head></html>", says("Payload too large")]
)
def test_too_many_bytes(body: Any) -> None:
    assert isinstance(fault(413, body), BodyTooLarge)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Invalid schema for response_format 'quire_read': In context=(), 'maxLength' is not permitted."),
        (404, "No endpoints found that can handle the requested parameters."),
        (400, "response_format type json_schema is not supported by this model"),
        (500, "failed to parse grammar"),
        (500, "tools param requires --jinja flag"),
        (400, '"tool_choice" is not supported'),
    ],
)
def test_a_way_of_answering_that_is_not_taken(status: int, message: str) -> None:
    assert isinstance(fault(status, says(message)), ModeRefused)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "No auth credentials found"),
        (403, "Forbidden"),
        (402, "Insufficient credits. Add more credits."),
        (429, "You exceeded your current quota: insufficient_quota"),
    ],
)
def test_a_refused_key_ends_it(status: int, message: str) -> None:
    error = fault(status, says(message))
    assert isinstance(error, KeyRefused)
    assert error.exit_code == 5


def test_a_flagged_text_is_the_fault_of_one_request() -> None:
    error = fault(403, says("Your input was flagged by moderation."))
    assert type(error) is EndpointError
    assert not error.retryable


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_passes_with_time_may_be_asked_again(status: int) -> None:
    assert fault(status, "<html><title>Bad gateway</title></html>").retryable


def test_an_error_inside_a_success_has_the_status_that_it_names() -> None:
    error = fault(200, says("Upstream is busy", code=429), retry_after="3")
    assert error.retryable
    assert error.status == 429
    assert error.wait == 3


def test_an_error_inside_a_success_without_a_status_may_be_asked_again() -> None:
    assert fault(200, {"error": "something broke"}).retryable


def test_a_tools_failure_inside_the_server_does_not_change_the_way_of_asking() -> None:
    assert fault(500, says("internal error while running tools")).retryable


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "Tue, 14 Nov 2023 22:18:20 GMT"}, 300),
        ({"retry-after": "Tue, 14 Nov 2023 22:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "250ms"}, 360),
        ({}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert waiting(headers, NOON) == seconds


def test_a_hostile_message_is_one_short_printable_line() -> None:
    error = fault(400, says("a\x1b[31m\nb" + "x" * 5000))
    assert "\x1b" not in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 300
