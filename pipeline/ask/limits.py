"""What an endpoint takes, as far as it is known: from its profile, from the user, and from what it refused."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import AnswerTooLong, PromptTooLong, StorageError, TooManyPictures
from pipeline.extract.work import WorkStore
from pipeline.pack.request import Request
from pipeline.profiles import Mode

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Tokens of the window and of one answer, pictures and bytes of one request, and the way of asking that is taken.

    None where nothing is known. `fewer` is by how many tokens its own count is lower than ours, in every request;
    `unbounded` whether it refuses schemas that bound strings and lists.
    """

    window: int | None = None
    output: int | None = None
    pictures: int | None = None
    size: int | None = None
    mode: Mode | None = None
    fewer: int | None = None
    unbounded: bool = False

    def narrowed(self, other: Limits) -> Limits:
        """The tighter of both; the other's way of asking and of counting, where it has one."""
        tighter: dict[str, Any] = {}
        for name in ("window", "output", "pictures", "size"):
            known = [value for value in (getattr(self, name), getattr(other, name)) if value is not None]
            tighter[name] = min(known, default=None)
        mode, fewer = other.mode or self.mode, other.fewer or self.fewer
        return Limits(**tighter, mode=mode, fewer=fewer, unbounded=self.unbounded or other.unbounded)


def check_limits(request: Request, tokens: int, limits: Limits) -> None:
    """Raise what an endpoint of these limits would say to a request whose prompt takes so many tokens."""
    if limits.window is not None and tokens + request.reserve > limits.window:
        taken = f"{tokens:,} and {request.reserve:,} for the answer"
        raise PromptTooLong(f"The endpoint takes {limits.window:,} tokens, not {taken}.", window=limits.window)
    if limits.output is not None and request.reserve > limits.output:
        raise AnswerTooLong(f"The endpoint gives answers of {limits.output:,} tokens.", limit=limits.output)
    if limits.pictures is not None and request.images > limits.pictures:
        taken = f"{limits.pictures} pictures" if limits.pictures else "no picture"
        raise TooManyPictures(f"The endpoint takes {taken} in a request.", limit=limits.pictures)


_LIMITS = TypeAdapter(Limits)


class Learned:
    """What refusals have taught of one model at one endpoint, kept for the runs to come.

    `limits` are what this run knows; they start as what earlier ones learned.
    """

    def __init__(self, store: WorkStore, *, base_url: str, model: str) -> None:
        self._store = store
        named = json.dumps([base_url.rstrip("/"), model]).encode()
        self._name = f"learned/{hashlib.sha256(named).hexdigest()}.json"
        self.limits = self._load()

    def learn(self, limits: Limits) -> bool:
        """Keep what a refusal told; whether it is kept. A store that does not take it costs only that: it will be
        learned again."""
        narrowed = self.limits.narrowed(limits)
        if narrowed == self.limits:
            return True
        self.limits = narrowed
        try:
            self._store.save(self._name, json.dumps(asdict(narrowed)).encode())
        except StorageError as error:
            _log.warning("What the endpoint takes could not be kept: %s", error)
            return False
        return True

    def _load(self) -> Limits:
        data = self._store.load(self._name)
        if data is None:
            return Limits()
        try:
            return _LIMITS.validate_json(data)
        except ValidationError:
            _log.warning("what was learned of the endpoint makes no sense; it is learned again")
            return Limits()
