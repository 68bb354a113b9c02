"""Chat responses to checked answers: whole, found, and valid for the schema that was asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pipeline.ask.answer import Answer, FigureNote, KeyPoint, Reading, Reply, Usage
from pipeline.ask.delivery import doubt
from pipeline.ask.found import find_json
from pipeline.ask.ledger import tokens
from pipeline.ask.modes import said
from pipeline.ask.prompts import READINGS, SEALS, Prompt, unbounded
from pipeline.ask.wire import shorten
from pipeline.errors import AnswerCut, AnswerError, AnswerInvalid
from pipeline.pack.request import Request
from pipeline.profiles import ModelProfile

_STOPPED = ("error", "content_filter")


def parse(response: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """The answer's JSON, whole and valid for the prompt's schema.

    A complete answer may come with the finish reason "length", so it is parsed first and judged then. Lengths are no
    ground to refuse it: not every server enforces them, and a long summary loses nothing.
    Raises AnswerCut where it ran into the output cap, AnswerInvalid where it does not parse or validate, else
    AnswerError.
    """
    choice = _choice(response)
    content, reason = _content(choice), choice.get("finish_reason")
    try:
        found = find_json(content)
    except ValueError as error:
        if reason == "length":
            raise AnswerCut("The answer was cut at the output limit.", raw=content) from error
        raise AnswerInvalid(f"The answer is no JSON: {shorten(error)}.", raw=content) from error
    if isinstance(found, dict):
        _completed(found, prompt.schema.get("properties", ()))
    fault = _fault_of(found, prompt)
    if fault is not None:
        raise AnswerInvalid(fault, raw=content)
    assert isinstance(found, dict)
    return found


def _completed(found: dict[str, Any], asked: Collection[str]) -> None:
    """Enter as empty what no model is asked again for the sake of alone: seals, readings, the kinds of figures."""
    for name in {SEALS, READINGS} & set(asked):
        found.setdefault(name, [])
    figures = found.get("figures") if "figures" in asked else None
    for figure in figures if isinstance(figures, list) else ():
        if isinstance(figure, dict):
            figure.setdefault("kind", "unknown")


def _fault_of(found: Any, prompt: Prompt) -> str | None:
    """Where an answer does not fit the prompt's schema, and why; None where it does."""
    from jsonschema import Draft202012Validator

    error = next(iter(Draft202012Validator(unbounded(prompt).schema).iter_errors(found)), None)
    if error is None:
        return None
    place = "/".join(str(step) for step in error.absolute_path) or "its root"
    return f"The answer does not fit the schema, at {place}: {shorten(error.message)}."


def _choice(response: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = response.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, Mapping) or not isinstance(choice.get("message"), Mapping):
        raise AnswerError("The endpoint's response holds no answer.")
    return choice


def _content(choice: Mapping[str, Any]) -> str:
    message, reason = choice["message"], choice.get("finish_reason")
    if message.get("refusal"):
        raise AnswerError(f"The model refused to answer: {shorten(message['refusal'])}.")
    content = said(message)
    if reason in _STOPPED:
        raise AnswerError(f"The model stopped before it was done ({reason}).", raw=content)
    if not content.strip():
        kind = AnswerCut if reason == "length" else AnswerError
        raise kind(f"The answer is empty (finish reason: {shorten(reason)}).")
    return content


def reply_of(
    response: Mapping[str, Any], request: Request, prompt: Prompt, model: ModelProfile, key: str, usage: Usage
) -> Reply:
    """A response as the reply to a request, with the server's own counts in its usage. Raises what `parse` raises."""
    found, usage = parse(response, prompt), counted(response, usage)
    return Reply(found, key, usage, doubt(request, model, usage.prompt, found))


def counted(response: Mapping[str, Any], usage: Usage) -> Usage:
    """The usage with the server's own token counts, where it gives them; a prompt of none is no count."""
    counts = response.get("usage")
    counts = counts if isinstance(counts, Mapping) else {}
    prompt = tokens(counts, "prompt_tokens") or None
    return replace(usage, prompt=prompt, completion=tokens(counts, "completion_tokens"))


def read_answer(request: Request, reply: Reply) -> Answer:
    """The reply to a read request as an answer; without a summary where it was not asked for one."""
    found = reply.found
    return Answer(
        request=request.id,
        fingerprint=reply.fingerprint,
        summary=found.get("summary", ""),
        key_points=tuple(KeyPoint(**point) for point in found.get("key_points", ())),
        figures=tuple(FigureNote(**note) for note in found.get("figures", ())),
        readings=tuple(Reading(**reading) for reading in found.get(READINGS, ())),
        data=found.get("data"),
        usage=reply.usage,
        doubt=reply.doubt,
    )
