"""A server with a batch API on loopback: files, batches that end after some looks at them, and chat besides."""

from __future__ import annotations

import email
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pipeline import profiles
from tests.chat_server import Reply, answer_nothing
from tests.loopback import QuietHandler, on_loopback

Json = dict[str, Any]


@dataclass
class BatchServer:
    """What came: `files` by id, `batches` by id, the `bodies` that were asked directly, and what was `deleted`.

    A batch ends with `status` after `looks` looks at it. `answer` answers the requests of batches, None for none, and
    those that are asked directly as well. `failing` are statuses that the next calls get, by method and path.
    """

    address: str = ""
    answer: Callable[[Json], Reply | None] = answer_nothing
    looks: int = 2
    status: str = "completed"
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, Json] = field(default_factory=dict)
    bodies: list[Json] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    failing: dict[str, list[int]] = field(default_factory=dict)
    uploads: int = 0

    @property
    def asked(self) -> list[str]:
        """The names of all requests that went into batches, as often as they did."""
        made = (batch["input_file_id"] for batch in self.batches.values())
        return [json.loads(line)["custom_id"] for one in made for line in self.files[one].splitlines()]

    def get(self, path: str) -> tuple[int, Json | bytes]:
        path, _, _ = path.partition("?")
        if path == "/v1/batches":
            return 200, {"object": "list", "data": list(self.batches.values())[::-1], "has_more": False}
        if path.startswith("/v1/batches/"):
            return 200, self._looked(self.batches[path.rpartition("/")[2]])
        return 200, self.files[path.split("/")[3]]

    def post(self, path: str, content: bytes, kind: str) -> tuple[int, Json]:
        if path == "/v1/files":
            return 200, {"id": self._filed(_parts(content, kind)["file"]), "object": "file"}
        body = json.loads(content)
        if path == "/v1/batches":
            number = f"batch-{len(self.batches) + 1}"
            assert body["endpoint"] == "/v1/chat/completions" and body["completion_window"] == "24h"
            self.batches[number] = {**body, "id": number, "status": "validating", "looks": 0}
            return 200, self.batches[number]
        self.bodies.append(body)
        reply = self.answer(body)
        assert reply is not None
        return reply.status, reply.body

    def delete(self, path: str) -> tuple[int, Json]:
        self.deleted.append(path.rpartition("/")[2])
        return 200, {"deleted": True}

    def _filed(self, content: bytes) -> str:
        self.uploads += 1
        self.files[name := f"file-{len(self.files) + 1}"] = content
        return name

    def _looked(self, batch: Json) -> Json:
        batch["looks"] += 1
        if batch["looks"] >= self.looks and batch["status"] != self.status:
            batch["status"] = self.status
            answered, failed = [], []
            for line in self.files[batch["input_file_id"]].splitlines():
                row = json.loads(line)
                assert (row["method"], row["url"]) == ("POST", "/v1/chat/completions")
                reply = self.answer(row["body"])
                if reply is None:
                    failed.append({"custom_id": row["custom_id"], "response": None, "error": {"code": "expired"}})
                else:
                    response = {"status_code": reply.status, "body": reply.body}
                    answered.append({"custom_id": row["custom_id"], "response": response, "error": None})
            for name, rows in (("output_file_id", answered[::-1]), ("error_file_id", failed)):
                if rows:
                    self.files[f"{batch['id']}-{name}"] = "\n".join(map(json.dumps, rows)).encode()
                    batch[name] = f"{batch['id']}-{name}"
        return batch


def _parts(content: bytes, kind: str) -> dict[str, bytes]:
    """The parts of a form by their names."""
    message = email.message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + content)
    found = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if name:
            found[str(name)] = bytes(part.get_payload(decode=True) or b"")
    assert found["purpose"] == b"batch"
    return found


@contextmanager
def batch_server() -> Iterator[BatchServer]:
    """Serve on a free port of loopback while the block runs."""
    seen = BatchServer()

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self._send(lambda: seen.get(self.path))

        def do_POST(self) -> None:
            content = self._content()
            self._send(lambda: seen.post(self.path, content, self.headers["content-type"]))

        def do_DELETE(self) -> None:
            self._send(lambda: seen.delete(self.path))

        def _content(self) -> bytes:
            if "content-length" in self.headers:
                return self.rfile.read(int(self.headers["content-length"]))
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content

        def _send(self, answer: Callable[[], tuple[int, Json | bytes]]) -> None:
            failing = seen.failing.get(f"{self.command} {self.path.partition('?')[0]}", [])
            status, body = (failing.pop(0), {"error": {"message": "busy"}}) if failing else answer()
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

    with on_loopback(Handler) as seen.address:
        yield seen


def as_openai(address: str, discount: float = 0.5) -> dict[str, profiles.EndpointProfile]:
    """The endpoints, with OpenAI's at another address, and without a key."""
    known = dict(profiles.endpoints())
    changed = replace(known["openai"], base_url=address, key_needed=False, key_variable=None, batch_discount=discount)
    return {**known, "openai": changed}


def stand_in(server: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine `openai` is the server, and batches are looked at without a pause."""
    known = as_openai(server.address)
    monkeypatch.setattr(profiles, "endpoints", lambda: known)
    monkeypatch.setattr("pipeline.ask.batch.FIRST_LOOK", 0.01)
    monkeypatch.setattr("pipeline.ask.batch.LAST_LOOK", 0.02)
