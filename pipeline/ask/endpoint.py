"""One OpenAI-compatible endpoint, asked through the `openai` client: the only importer of it.

The client reads keys, organisations, projects and whole headers from the environment. None of that may reach a host
that the user did not mean, so every request leaves with an allow-list of headers and with our key or with none.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self
from weakref import WeakValueDictionary

import httpx2
import openai

from pipeline.ask.answer import Failure, Reply, Usage
from pipeline.ask.answers import AnswerStore, fingerprint
from pipeline.ask.ledger import Ledger, cost_of, tokens
from pipeline.ask.prompts import Prompt
from pipeline.ask.target import Target
from pipeline.ask.wire import Fetch, parse, shorten, to_chat
from pipeline.errors import AnswerError, EndpointError, EndpointUnreachable, KeyRefused, QuireError, StorageError
from pipeline.pack.parts import Request

_log = logging.getLogger(__name__)
_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding"}
)
_RETRY_COUNT = "x-stainless-retry-count"
CONNECT_SECONDS = 15.0
RETRIES = 2
"""Further attempts of the client on 408, 409, 429, 5xx and connection errors, with its own backoff."""


class Endpoint:
    """Asks requests, several at once; every one comes back as an answer or as a failure with its reason.

    Made and used within one event loop. `fresh` ignores answers in the store, but still keeps new ones.
    """

    def __init__(
        self,
        target: Target,
        *,
        fetch: Fetch,
        store: AnswerStore,
        ledger: Ledger,
        fresh: bool = False,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.target = target
        self._fetch = fetch
        self._store = store
        self._ledger = ledger
        self._fresh = fresh
        self._gate = asyncio.Semaphore(target.concurrency)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._dead: EndpointError | None = None
        self._client = _client(target, transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._client.close()

    async def ask(self, request: Request, prompt: Prompt) -> Reply | Failure:
        """The checked answer to a request: from the store where it was paid for before, else from the endpoint."""
        target = self.target
        key = fingerprint(
            request, prompt, model=target.model_id, parameters=target.parameters, revision=target.revision
        )
        # The same request may be under way for another document: it is waited for, and not paid for again.
        async with self._turns.setdefault(key, asyncio.Lock()):
            return await self._asked(request, prompt, key)

    async def _asked(self, request: Request, prompt: Prompt, key: str) -> Reply | Failure:
        stored = None if self._fresh else self._stored(key, prompt)
        if stored is not None:
            return stored
        async with self._gate:
            began = time.monotonic()
            usage = Usage(attempts=0)
            try:
                entry = await self._ledger.enter(request)
                response, usage = await self._paid(request, prompt, entry)
                reply = Reply(parse(response, prompt), key, usage)
            except QuireError as error:
                attempts = error.attempts if isinstance(error, EndpointError) and not usage.attempts else usage.attempts
                usage = replace(usage, seconds=time.monotonic() - began, attempts=attempts)
                return Failure(request.id, key, str(error), usage, error.exit_code)
        self._keep(key, response)
        return reply

    def _keep(self, key: str, response: Mapping[str, Any]) -> None:
        """Store what was paid for. A store that refuses costs only that: the answer itself stands."""
        try:
            self._store.put(key, response)
        except StorageError as error:
            _log.warning("An answer could not be kept, so it will be asked for again: %s", error)

    def _stored(self, key: str, prompt: Prompt) -> Reply | None:
        """The kept answer, if there is one that still reads; one that does not is asked for again."""
        response = self._store.get(key)
        if response is None:
            return None
        try:
            return Reply(parse(response, prompt), key, _usage(response, Usage(attempts=0, from_store=True)))
        except AnswerError:
            return None

    async def _paid(self, request: Request, prompt: Prompt, entry: int) -> tuple[dict[str, Any], Usage]:
        """The response of the endpoint and what it took; the ledger's entry is settled whatever comes."""
        began = time.monotonic()
        cost = 0.0
        try:
            if self._dead is not None:
                raise self._dead
            body = await asyncio.to_thread(to_chat, request, prompt, self._fetch, self.target.parameters)
            response, attempts = await self._post({**body, **self.target.profile.extra_body})
            cost = cost_of(response, self.target.model)
            used = Usage(seconds=time.monotonic() - began, cost_usd=cost, attempts=attempts)
            return response, _usage(response, used)
        except KeyRefused as error:
            self._dead = error
            raise
        finally:
            self._ledger.settle(entry, cost)

    async def _post(self, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """The endpoint's response as JSON and the attempts that it took. Raises EndpointError of the fitting kind."""
        try:
            raw = await self._client.post("/chat/completions", cast_to=httpx2.Response, body=body)
        except openai.OpenAIError as error:
            raise _explained(error, self.target) from error
        text = _without_key(raw.text, self.target)
        try:
            response = json.loads(text)
        except (ValueError, RecursionError) as error:
            kind = raw.headers.get("content-type", "no content type")
            raise AnswerError(f"The endpoint's response is no JSON ({shorten(kind)}).", raw=text) from error
        if not isinstance(response, dict):
            raise AnswerError("The endpoint's response is no JSON object.", raw=text)
        return response, _attempts(raw.request)


def _without_key(text: str, target: Target) -> str:
    """Text of the endpoint's, in which it may have repeated our key."""
    return text if target.key is None else text.replace(target.key.reveal(), "***")


def _client(target: Target, transport: httpx2.AsyncBaseTransport | None) -> openai.AsyncOpenAI:
    """The client, over a transport that is given (the embedded engine's) or over the network."""
    key = target.key

    async def leave_clean(request: httpx2.Request) -> None:
        request.extensions = {**request.extensions, "retries": request.headers.get(_RETRY_COUNT, "0")}
        for name in set(request.headers) - _HEADERS:
            del request.headers[name]
        request.headers["user-agent"] = "quire"
        if key is not None:
            request.headers["authorization"] = f"Bearer {key.reveal()}"

    timeout = httpx2.Timeout(target.timeout_seconds, connect=CONNECT_SECONDS)
    # A redirect would carry the key to another host: it is reported instead of followed.
    http = httpx2.AsyncClient(
        transport=transport, timeout=timeout, follow_redirects=False, event_hooks={"request": [leave_clean]}
    )
    return openai.AsyncOpenAI(
        api_key="unused",
        organization="",
        project="",
        base_url=target.profile.base_url,
        max_retries=RETRIES,
        timeout=timeout,
        http_client=http,
    )


def _usage(response: Mapping[str, Any], usage: Usage) -> Usage:
    """The usage with the server's own token counts, where it gives them."""
    counts = response.get("usage")
    counts = counts if isinstance(counts, Mapping) else {}
    return replace(usage, prompt=tokens(counts, "prompt_tokens"), completion=tokens(counts, "completion_tokens"))


def _attempts(request: httpx2.Request | None) -> int:
    """How often the client has sent a request: it counts its retries in a header, noted before it was taken off."""
    return int(request.extensions.get("retries", "0")) + 1 if request is not None else 1


def _explained(error: openai.OpenAIError, target: Target) -> EndpointError:
    """The error of our tree that the client's error stands for, in one sentence without the key."""
    found = _translated(error, target)
    found.attempts = _attempts(error.request if isinstance(error, openai.APIError) else None)
    return found


def _translated(error: openai.OpenAIError, target: Target) -> EndpointError:
    where = target.profile.base_url
    if isinstance(error, openai.APITimeoutError):
        return EndpointError(f"{where} did not answer within {target.timeout_seconds:.0f} s.", retryable=True)
    if isinstance(error, openai.APIConnectionError):
        cause = shorten(_without_key(str(error.__cause__ or error), target))
        return EndpointUnreachable(f"Nothing answers at {where} ({cause}): check the address and that the server runs.")
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    if status in (401, 403):
        return KeyRefused(f"{where} refuses the key (status {status}): {_key_hint(target)}.", status=status)
    said = shorten(_without_key(str(error), target))
    retryable = status is None or status in (408, 409, 429) or status >= 500
    return EndpointError(f"{where} refused the request: {said}.", status=status, retryable=retryable)


def _key_hint(target: Target) -> str:
    variable = target.profile.key_variable
    if target.key is None:
        return f"give one in the variable {variable}" if variable else "it wants one"
    return f"check the variable {variable}"
