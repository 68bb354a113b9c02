"""Tokens as the strict server counts them: with mistral-common's own encoder, pictures too; and cutting by them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.reference_tokens import reference_encoder

Json = dict[str, Any]


class Unreadable(Exception):
    """Messages that the encoder does not take."""


class Counts:
    """Counts of messages are kept by their hash, so that a request that is sent again costs nothing."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self._encoder = reference_encoder(Path(folder))
        self._tokenizer = self._encoder.instruct_tokenizer.tokenizer
        self._kept: dict[str, int] = {}

    def prompt(self, messages: list[Json], tools: list[Json] | None = None) -> int:
        """Tokens of a prompt. Raises Unreadable."""
        name = hashlib.sha256(json.dumps([messages, tools]).encode()).hexdigest()
        if name not in self._kept:
            self._kept[name] = self._count(messages, tools)
        return self._kept[name]

    def _count(self, messages: list[Json], tools: list[Json] | None) -> int:
        from mistral_common.exceptions import MistralCommonException
        from mistral_common.protocol.instruct.request import ChatCompletionRequest
        from pydantic import ValidationError

        plain = [{"type": "function", "function": _plain(tool["function"])} for tool in tools or ()]
        try:
            request = ChatCompletionRequest(messages=messages, tools=plain or None)  # type: ignore[arg-type, type-var]
            return len(self._encoder.encode_chat_completion(request).tokens)
        except (MistralCommonException, ValidationError, KeyError, TypeError, ValueError) as fault:
            raise Unreadable(str(fault)) from fault

    def text(self, text: str) -> int:
        """Tokens of a text alone."""
        return len(self._encode(text))

    def first(self, text: str, tokens: int) -> str:
        """The beginning of a text, of at most so many tokens."""
        found = self._encode(text)
        return text if len(found) <= tokens else self._decode(found[: max(tokens, 0)])

    def last(self, text: str, tokens: int) -> str:
        """The end of a text, of at most so many tokens."""
        found = self._encode(text)
        return text if len(found) <= tokens else self._decode(found[len(found) - max(tokens, 0) :])

    def cut(self, messages: list[Json], window: int) -> list[Json]:
        """The messages as a server leaves them that cuts in silence: the system's whole, and the end of the rest."""
        system = [message for message in messages if message.get("role") == "system"]
        others = [message for message in messages if message.get("role") != "system"]
        room = window - self.prompt([*system, {"role": "user", "content": "."}]) + 1
        kept: list[Json] = []
        for message in reversed(others):
            content = self._end(message.get("content") or "", room)
            kept.insert(0, {**message, "content": content})
            room -= self.prompt([{"role": "user", "content": content}]) - self.prompt([{"role": "user", "content": ""}])
        return [*system, *kept]

    def _end(self, content: Any, room: int) -> Any:
        if isinstance(content, str):
            return self.last(content, room)
        kept: list[Json] = []
        for part in reversed(content):
            if part.get("type") != "text":
                cost = self.prompt([{"role": "user", "content": [part]}]) - self.prompt([_EMPTY])
                part = part if cost <= room else {"type": "text", "text": ""}
                room -= cost
            else:
                part = {**part, "text": self.last(part["text"], room)}
                room -= self.text(part["text"])
            kept.insert(0, part)
        return [part for part in kept if part.get("text") != ""] or ""

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, bos=False, eos=False))

    def _decode(self, tokens: list[int]) -> str:
        from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

        decoded = self._tokenizer.decode(tokens, special_token_policy=SpecialTokenPolicy.IGNORE)
        return str(decoded).strip("\ufffd")


_EMPTY = {"role": "user", "content": ""}


def _plain(function: Json) -> Json:
    return {name: function[name] for name in ("name", "description", "parameters") if name in function}


@cache
def counts() -> Counts:
    """The one of a process: the encoder takes a second to load."""
    return Counts()
