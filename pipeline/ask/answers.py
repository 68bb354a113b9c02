"""The store of answers that have been paid for, each under the fingerprint of everything that shaped it.

Only whole, valid answers are kept, as the chat response that came, so that a changed merge asks nothing again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pipeline.ask.answer import Reply, Usage
from pipeline.ask.limits import Learned
from pipeline.ask.prompts import VERSION, Prompt
from pipeline.ask.replies import reply_of
from pipeline.ask.target import Target
from pipeline.errors import AnswerError
from pipeline.extract.work import WorkStore
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.profiles import ModelProfile


def fingerprint(request: Request, prompt: Prompt, target: Target) -> str:
    """SHA-256 over what shapes an answer: words, parts, schema, model, parameters, whose server; not ids or keys."""
    parts = [
        {"text": part.text}
        if isinstance(part, TextPart)
        else {"picture": part.sha256, "size": [part.width, part.height]}
        for part in request.parts
    ]
    shape = {
        "version": VERSION,
        "system": request.system,
        "parts": parts,
        "schema": prompt.schema,
        "model": target.model_id,
        "parameters": target.parameters,
        "revision": target.revision,
    }
    text = json.dumps(shape, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class AnswerStore:
    """Answers by fingerprint. Writing the same one twice is harmless."""

    def __init__(self, store: WorkStore) -> None:
        self._store = store

    def learned(self, target: Target) -> Learned:
        """What refusals have taught of a model at an endpoint, kept beside the answers."""
        return Learned(self._store, base_url=target.profile.base_url, model=target.model_id)

    def get(self, key: str) -> dict[str, Any] | None:
        """The chat response kept under the fingerprint, or None; one that does not parse counts as none."""
        return self._read(self._name(key))

    def reply(self, key: str, request: Request, prompt: Prompt, model: ModelProfile, usage: Usage) -> Reply | None:
        """The kept answer to a request, as one that took that much; None where there is none that still reads."""
        response = self.get(key)
        try:
            return None if response is None else reply_of(response, request, prompt, model, key, usage)
        except AnswerError:
            return None

    def _read(self, name: str) -> dict[str, Any] | None:
        data = self._store.load(name)
        if data is None:
            return None
        try:
            found = json.loads(data)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def put(self, key: str, response: Mapping[str, Any]) -> None:
        """Keep a chat response."""
        self._store.save(self._name(key), json.dumps(response, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def division(self, key: str) -> dict[str, Any] | None:
        """How the request of that fingerprint was divided, None where it never was."""
        return self._read(self._name(key, "divided"))

    def divide(self, key: str, division: Mapping[str, Any]) -> None:
        """Keep how a request was divided, so that it is divided in the same way the next time."""
        self._store.save(self._name(key, "divided"), json.dumps(division).encode())

    def batch_of(self, key: str) -> str | None:
        """The name of the batch that the request of that fingerprint went into, None where it went into none."""
        name = (self._read(self._name(key, "batch")) or {}).get("batch")
        return name if isinstance(name, str) else None

    def put_in_batch(self, key: str, name: str) -> None:
        """Note which batch a request goes into."""
        self._store.save(self._name(key, "batch"), json.dumps({"batch": name}).encode())

    def batch(self, name: str) -> dict[str, Any] | None:
        """What is known of a batch that was made: its `id` at the endpoint, `done` where its answers were fetched."""
        return self._read(f"batches/{name}.json")

    def keep_batch(self, name: str, record: Mapping[str, Any]) -> None:
        """Note what is known of a batch."""
        self._store.save(f"batches/{name}.json", json.dumps(record).encode())

    @staticmethod
    def _name(key: str, kind: str = "") -> str:
        return f"{key[:2]}/{key}{'.' if kind else ''}{kind}.json"
