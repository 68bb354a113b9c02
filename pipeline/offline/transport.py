"""The embedded engine behind the same client that speaks to remote models: an HTTP transport without a network."""

from __future__ import annotations

import asyncio
import json

import httpx2

from pipeline.offline.engine import MODEL, error
from pipeline.offline.process import EngineProcess, complete

_JSON = {"content-type": "application/json"}


class OfflineTransport(httpx2.AsyncBaseTransport):
    """Answers POST .../chat/completions and GET .../models; any other address gets a 404 in OpenAI's form.

    A request that comes alone is answered in a thread. When another comes meanwhile, up to `processes` processes are
    started, which answer from then on and end with the transport; with 0 there are none.
    """

    def __init__(self, processes: int = 0) -> None:
        self._most = processes
        self._turns = asyncio.Semaphore(max(processes, 1))
        self._here = 0
        self._idle: list[EngineProcess] = []
        self._all: set[EngineProcess] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer where the event loop is not held up."""
        path = request.url.path.rstrip("/")
        if request.method == "POST" and path.endswith("/chat/completions"):
            status, body = await self._complete(await request.aread())
            return httpx2.Response(status, content=body, headers=_JSON, request=request)
        if request.method == "GET" and path.endswith("/models"):
            listed = {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "quire"}]}
            return httpx2.Response(200, json=listed, request=request)
        refusal = error(f"The embedded engine has no {request.method} {path}.", "not_found_error")
        return httpx2.Response(404, json=refusal, request=request)

    async def aclose(self) -> None:
        """End the processes."""
        for process in self._all:
            process.end()
        self._all.clear()
        self._idle.clear()

    async def _complete(self, content: bytes) -> tuple[int, bytes]:
        if self._most and (self._here or self._all):
            return await self._elsewhere(content)
        self._here += 1
        try:
            return await asyncio.to_thread(complete, content)
        finally:
            self._here -= 1

    async def _elsewhere(self, content: bytes) -> tuple[int, bytes]:
        """The answer of a process that is free, or of one more. One that is gone costs this attempt alone."""
        async with self._turns:
            process = self._idle.pop() if self._idle else EngineProcess()
            self._all.add(process)
            try:
                answered = await asyncio.to_thread(process.complete, content)
            except OSError as fault:
                self._all.discard(process)
                process.end()
                return 500, json.dumps(error(f"The embedded engine failed: {fault}.", "server_error")).encode()
            self._idle.append(process)
            return answered
