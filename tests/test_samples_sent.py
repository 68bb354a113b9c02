"""The sample documents, as they go over the wire: counted exactly, whole, and estimated to the token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.demo import SCHEMAS
from pipeline import Settings, estimate, understand
from tests.chat_server import Reply, chat_response, chat_server, nothing_found, usage_of
from tests.reference_tokens import body_count, reference_encoder

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
MODEL = "mistralai/mistral-small-3.2-24b-instruct"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """mistral-common's own encoder."""
    return reference_encoder(tmp_path_factory.mktemp("reference"))


def _answer(body: dict[str, Any]) -> Reply:
    """A long summary, so that the requests that join summaries are of real size."""
    found = nothing_found(body)
    summary = "The year went well, the sea was calm; 12 % more. " * 30
    return Reply(chat_response({**found, "summary": summary}, usage=usage_of(body)))


@pytest.mark.parametrize("window", [pytest.param(16_384, marks=pytest.mark.slow), 128_000])
@pytest.mark.parametrize("file", sorted(SCHEMAS))
def test_every_request_counts_as_mistral_common_counts_it(
    file: str, window: int, reference: Any, tmp_path: Path
) -> None:
    with chat_server(_answer) as server:
        store = str(tmp_path / "store")
        settings = Settings(engine=server.address, model=MODEL, window_tokens=window, store=store, ocr="never")
        expected = estimate(SAMPLES / file, settings, schema=SCHEMAS[file])[0]
        result = understand(SAMPLES / file, settings, schema=SCHEMAS[file])
    sizes = [body_count(reference, body) for body in server.bodies]
    assert sorted(request.tokens for request in result.requests) == sorted(sizes)
    assert all(body["max_tokens"] + size <= window for body, size in zip(server.bodies, sizes, strict=True))
    assert result.status == "complete"
    read = [request for request in result.requests if request.kind == "read"]
    assert (expected.reading_requests, expected.reading.prompt) == (len(read), sum(one.tokens for one in read))
    joined = [request for request in result.requests if request.kind == "merge"]
    assert bool(joined) == (len(read) > 1)
    assert expected.joining_requests >= len(joined)
    assert expected.joining.prompt >= sum(request.tokens for request in joined)
