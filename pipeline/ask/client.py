"""One OpenAI-compatible endpoint, through the `openai` client: the only importer of it. One call is one attempt.

The client reads keys, organisations, projects and whole headers from the environment. None of that may reach a host
that the user did not mean, so every request leaves with an allow-list of headers and with our key or with none.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import IO, Any
from urllib.parse import quote

import httpx2
import openai

from pipeline.ask.clock import Clock
from pipeline.ask.faults import Refusal, explained
from pipeline.ask.target import Target
from pipeline.ask.wire import shorten
from pipeline.errors import AnswerError, EndpointError, EndpointUnreachable

_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding"}
)
CONNECT_SECONDS = 15.0
_NAME, _MOST_LISTS = "quire", 10
"""What a batch's name stands under in its metadata, and how many lists of a hundred batches are looked through."""
_NO_CONNECTION = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol)


class Client:
    """Posts chat requests to one endpoint. Made and used within one event loop."""

    def __init__(self, target: Target, clock: Clock, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._target = target
        self._clock = clock
        self._client = _client(target, transport)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """The endpoint's response to one chat request, whole within the target's time.

        Raises EndpointError of the fitting kind; AnswerError where a success is no chat response.
        """
        return await self._object(self._client.post("/chat/completions", cast_to=httpx2.Response, body=body))

    async def models(self) -> dict[str, Any]:
        """The endpoint's list of its models. Raises as `post` does."""
        return await self._object(self._client.get("/models", cast_to=httpx2.Response))

    async def upload(self, name: str, lines: IO[bytes]) -> str:
        """The id of a file of requests for a batch. Raises as `post` does."""
        asking = self._client.post(
            "/files",
            cast_to=httpx2.Response,
            body={"purpose": "batch"},
            files={"file": (name, lines, "application/jsonl")},
            options={"headers": {"Content-Type": "multipart/form-data"}},
        )
        return str((await self._object(asking)).get("id"))

    async def make_batch(self, file: str, name: str) -> str:
        """The id of a batch that is made of a file, under a name of ours. Raises as `post` does."""
        window = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
        body = {"input_file_id": file, **window, "metadata": {_NAME: name}}
        return str((await self._object(self._client.post("/batches", cast_to=httpx2.Response, body=body))).get("id"))

    async def batch(self, number: str) -> dict[str, Any]:
        """A batch as the endpoint tells of it. Raises as `post` does."""
        return await self._object(self._client.get(f"/batches/{quote(number, safe='')}", cast_to=httpx2.Response))

    async def batches(self) -> dict[str, str]:
        """The ids of the newest batches by the names that we gave them. Raises as `post` does."""
        found: dict[str, str] = {}
        after = ""
        for _ in range(_MOST_LISTS):
            path = f"/batches?limit=100{after}"
            listed = await self._object(self._client.get(path, cast_to=httpx2.Response))
            rows = [row for row in listed.get("data") or [] if isinstance(row, dict)]
            for row in rows:
                found.setdefault(str((row.get("metadata") or {}).get(_NAME)), str(row.get("id")))
            if not rows or not listed.get("has_more"):
                break
            after = f"&after={quote(str(rows[-1].get('id')), safe='')}"
        return found

    async def text(self, file: str) -> str:
        """What stands in a file. Raises as `post` does."""
        path = f"/files/{quote(file, safe='')}/content"
        return self._without_key((await self._raw(self._client.get(path, cast_to=httpx2.Response))).text)

    async def delete(self, file: str) -> None:
        """Delete a file. Raises as `post` does."""
        await self._raw(self._client.delete(f"/files/{quote(file, safe='')}", cast_to=httpx2.Response))

    async def _raw(self, asking: Awaitable[httpx2.Response]) -> httpx2.Response:
        """The response, whole within the target's time."""
        try:
            async with asyncio.timeout(self._target.timeout_seconds):
                return await asking
        except TimeoutError as error:
            raise self._timed_out() from error
        except openai.OpenAIError as error:
            raise self._error(error) from error

    async def _object(self, asking: Awaitable[httpx2.Response]) -> dict[str, Any]:
        """The JSON object that a request is answered with."""
        raw = await self._raw(asking)
        text = self._without_key(raw.text)
        try:
            response = json.loads(text)
        except (ValueError, RecursionError) as error:
            kind = raw.headers.get("content-type", "no content type")
            raise AnswerError(f"The endpoint's response is no JSON ({shorten(kind)}).", raw=text) from error
        if not isinstance(response, dict):
            raise AnswerError("The endpoint's response is no JSON object.", raw=text)
        if response.get("error"):
            raise self._refused(raw)
        return response

    def _error(self, error: openai.OpenAIError) -> EndpointError:
        where = self._target.profile.base_url
        if isinstance(error, openai.APITimeoutError) and not isinstance(error.__cause__, _NO_CONNECTION):
            return self._timed_out()
        if isinstance(error, openai.APIConnectionError):
            cause = shorten(self._without_key(str(error.__cause__ or error)))
            if isinstance(error.__cause__, _NO_CONNECTION):
                return EndpointUnreachable(
                    f"Nothing answers at {where} ({cause}): check the address and that the server runs."
                )
            return EndpointError(f"{where} dropped the connection ({cause}).", retryable=True)
        if isinstance(error, openai.APIStatusError):
            return self._refused(error.response)
        return EndpointError(f"{where} cannot be asked: {shorten(self._without_key(str(error)))}.")

    def _timed_out(self) -> EndpointError:
        target = self._target
        seconds = f"{target.timeout_seconds:.0f} s"
        return EndpointError(f"{target.profile.base_url} did not answer within {seconds}.", retryable=True)

    def _refused(self, response: httpx2.Response) -> EndpointError:
        headers = {name.lower(): value for name, value in response.headers.items()}
        text = self._without_key(response.text)
        refusal = Refusal(response.status_code, headers, text, self._clock.today())
        return explained(refusal, self._target.profile.base_url, self._key_hint())

    def _key_hint(self) -> str:
        variable = self._target.profile.key_variable
        if self._target.key is None:
            return f"give one in the variable {variable}" if variable else "it wants one"
        return f"check the variable {variable}"

    def _without_key(self, text: str) -> str:
        """Text of the endpoint's, in which it may have repeated our key."""
        key = self._target.key
        return text if key is None else text.replace(key.reveal(), "***")


def _client(target: Target, transport: httpx2.AsyncBaseTransport | None) -> openai.AsyncOpenAI:
    """The client, over a transport that is given (the embedded engine's) or over the network."""
    key = target.key

    async def leave_clean(request: httpx2.Request) -> None:
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
        max_retries=0,
        timeout=timeout,
        http_client=http,
    )
