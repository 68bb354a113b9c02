"""The embedded engine behind the same client that speaks to remote models: an HTTP transport that stays in process."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2

from pipeline.offline.engine import MODEL, answer, error


class OfflineTransport(httpx2.AsyncBaseTransport):
    """Answers POST .../chat/completions and GET .../models; any other address gets a 404 in OpenAI's form."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer in a worker thread, so that the event loop goes on."""
        path = request.url.path.rstrip("/")
        if request.method == "POST" and path.endswith("/chat/completions"):
            status, body = await asyncio.to_thread(_complete, await request.aread())
        elif request.method == "GET" and path.endswith("/models"):
            status, body = 200, {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "quire"}]}
        else:
            status, body = 404, error(f"The embedded engine has no {request.method} {path}.", "not_found_error")
        return httpx2.Response(status, json=body, request=request)


def _complete(content: bytes) -> tuple[int, dict[str, Any]]:
    try:
        chat = json.loads(content)
    except ValueError:
        return 400, error("The body is no valid JSON.", "invalid_request_error")
    return answer(chat)
