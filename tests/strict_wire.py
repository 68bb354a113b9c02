"""The strict server at the other end of a client's connection: within the process, in whatever time its loop keeps, or
on a port of loopback, in a process of its own.

    python -m tests.strict_wire --rules '{"window": 8192}' --faults 7 --log FILE      prints its base address
"""

from __future__ import annotations

import argparse
import asyncio
import json
import select
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from unittest import mock

import httpx2

from tests.fault_plans import FaultPlan
from tests.loopback import QuietHandler, on_loopback
from tests.strict_log import Log
from tests.strict_server import Rules, StrictServer
from tests.strict_words import Response

ADDRESS = "http://strict.invalid/v1"
"""Where a server within the process is found."""
ROOT = Path(__file__).resolve().parent.parent
_CONTEXT = cache(ssl.create_default_context)
"""Made once: every client makes one, in 60 ms, and none is used here."""
DRIP_SECONDS = 5.0
DRIPS = 2_000
"""A body that never ends comes so slowly; after nearly three hours nobody can be waiting for it."""


class StrictTransport(httpx2.AsyncBaseTransport):
    """Answers in the process itself."""

    def __init__(self, server: StrictServer) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        loop = asyncio.get_running_loop()
        if request.method == "GET" and request.url.path.endswith("/models"):
            return httpx2.Response(200, json=self._server.models, request=request)
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        response, exchange = self._server.receive(await request.aread(), loop.time(), key)
        arrived = False
        try:
            await asyncio.sleep(response.seconds)
            if response.wire is not None:
                return await _faulty(response, request)
            arrived = True
            return httpx2.Response(response.status, headers=response.headers, content=response.body, request=request)
        finally:
            self._server.left(exchange, loop.time(), arrived=arrived)


async def _faulty(response: Response, request: httpx2.Request) -> httpx2.Response:
    """What a client's network layer does where the connection fails."""
    if response.wire == "refused":
        raise httpx2.ConnectError("All connection attempts failed", request=request)
    if response.wire == "silent":
        await asyncio.sleep(request.extensions.get("timeout", {}).get("read") or DRIP_SECONDS * DRIPS)
        raise httpx2.ReadTimeout("", request=request)
    if response.wire == "dropped before":
        raise httpx2.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    body = _Dripping() if response.wire == "drips" else _Dropped(response.body)
    return httpx2.Response(response.status, headers=response.headers, stream=body, request=request)


class _Dropped(httpx2.AsyncByteStream):
    """Half of a body, and then no more."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx2.RemoteProtocolError("peer closed connection without sending complete message body")


class _Dripping(httpx2.AsyncByteStream):
    """A blank now and then, as a gateway sends them to keep a connection open."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(DRIPS):
            await asyncio.sleep(DRIP_SECONDS)
            yield b" "


@contextmanager
def served(server: StrictServer) -> Iterator[str]:
    """Every connection of this process goes to the server while the block runs; its address."""
    transport = StrictTransport(server)

    async def handle(_: httpx2.AsyncHTTPTransport, request: httpx2.Request) -> httpx2.Response:
        return await transport.handle_async_request(request)

    with (
        mock.patch.object(httpx2.AsyncHTTPTransport, "handle_async_request", handle),
        mock.patch.object(ssl, "create_default_context", _CONTEXT),
    ):
        yield ADDRESS


def _handler(server: StrictServer) -> type[BaseHTTPRequestHandler]:
    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self._send(Response(200, json.dumps(server.models).encode()))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            key = self.headers.get("authorization", "").removeprefix("Bearer ")
            response, exchange = server.receive(body, time.time(), key)
            arrived = False
            try:
                time.sleep(response.seconds)
                arrived = self._deliver(response)
            except OSError:
                self.close_connection = True  # The client went away: the log says that nothing arrived.
            finally:
                server.left(exchange, time.time(), arrived=arrived)

        def _deliver(self, response: Response) -> bool:
            """Send it as its fault lets it; whether it arrived whole."""
            if response.wire is None:
                self._send(response)
                return True
            self.close_connection = True
            if response.wire == "silent":
                self._hold(lambda: None)
            elif response.wire == "dropped within":
                self._head(response, len(response.body))
                self.wfile.write(response.body[: len(response.body) // 2])
            elif response.wire == "drips":
                self._head(response, DRIPS)
                self._hold(lambda: self.wfile.write(b" "))
            return False

        def _hold(self, drip: Callable[[], object]) -> None:
            """Keep the connection until the client ends it."""
            for _ in range(DRIPS):
                drip()
                if select.select([self.connection], [], [], DRIP_SECONDS)[0]:
                    return

        def _head(self, response: Response, length: int) -> None:
            self.send_response(response.status)
            for name, value in {**response.headers, "content-length": str(length)}.items():
                self.send_header(name, value)
            self.end_headers()

        def _send(self, response: Response) -> None:
            self._head(response, len(response.body))
            self.wfile.write(response.body)

    return Handler


def on_a_port(server: StrictServer, port: int = 0) -> AbstractContextManager[str]:
    """The server on a port of loopback, in threads of this process, while the block runs; its base address."""
    return on_loopback(_handler(server), port)


@contextmanager
def in_a_process(rules: str, log: Path, *arguments: str) -> Iterator[str]:
    """The server in a process of its own while the block runs; its base address. `rules` are JSON."""
    command = [sys.executable, "-m", "tests.strict_wire", "--rules", rules, "--log", str(log), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "the server did not start"
        yield address
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="A strict OpenAI-compatible server.")
    parser.add_argument("--rules", type=Rules.read, default=Rules())
    parser.add_argument("--log", type=Path)
    parser.add_argument("--faults", type=int, help="the seed of a plan of transient faults")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    plan = FaultPlan(given.faults) if given.faults is not None else None
    with on_a_port(StrictServer(given.rules, plan=plan, log=Log(given.log)), given.port) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
