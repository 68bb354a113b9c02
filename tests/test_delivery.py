"""Whether a prompt arrived whole: by the server's count where ours is exact, else by the seals that come back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import Settings, understand
from pipeline.pack.layout import escape, join, unescape
from pipeline.pack.parts import TextPart
from pipeline.pack.seals import SEALS_TOKENS, sealed
from pipeline.pack.tokens import counter_for
from pipeline.profiles import models
from pipeline.result.model import Result
from tests.chat_server import ChatServer, Reply, chat_response, chat_server, nothing_found, usage_of
from tests.pdfs import make_pdf

EXACT, OTHER = "mistral-small-3.2-24b", "some-other-model"
SEAL = re.compile(r"<seal>(\w+)</seal>")


def run(server: ChatServer, folder: Path, model: str, **settings: Any) -> Result:
    path = folder / "report.pdf"
    if not path.exists():
        make_pdf(path, [f"Page {n} begins. " + "All is well here. " * 90 for n in range(1, 13)])
    store = str(folder / "store")
    return understand(path, Settings(engine=server.address, model=model, store=store, wait_seconds=0, **settings))


def text_of(body: dict[str, Any]) -> str:
    return "".join(part["text"] for part in body["messages"][1]["content"] if part["type"] == "text")


def answering(
    seals: Callable[[dict[str, Any], list[str]], list[str]], read: Callable[[int], int | None]
) -> Callable[[dict[str, Any]], Reply]:
    """A server that gives these seals back, and says that it read so many of the tokens that it was sent."""

    def answer(body: dict[str, Any]) -> Reply:
        count = read(int(usage_of(body)["prompt_tokens"]))
        usage = {"completion_tokens": 20} if count is None else {"prompt_tokens": count, "completion_tokens": 20}
        if "response_format" not in body:
            return Reply(chat_response("Yes.", usage=usage))
        found = nothing_found(body)
        if "seals" in found:
            found["seals"] = seals(body, SEAL.findall(text_of(body)))
        return Reply(chat_response({**found, "summary": "A summary."}, usage=usage))

    return answer


def honest(body: dict[str, Any], words: list[str]) -> list[str]:
    return words


def codes(result: Result) -> set[str]:
    return {warning.code for warning in result.warnings} - {"price-unknown"}


def test_seals_that_come_back_say_that_a_prompt_arrived_whole(tmp_path: Path) -> None:
    with chat_server(answering(honest, lambda tokens: None)) as server:
        result = run(server, tmp_path, OTHER)
    assert result.status == "complete" and codes(result) == set()
    (body,) = server.bodies
    text, (first, last) = text_of(body), SEAL.findall(text_of(body))
    assert text.startswith(f"<seal>{first}</seal>\n<page") and text.endswith(f"</page>\n<seal>{last}</seal>\n")
    assert first != last
    asked = json.dumps([body["messages"][0], body["response_format"]])
    assert "seals" in asked and first not in asked and last not in asked, "they can be read in the document alone"


def test_no_seal_is_asked_for_where_the_count_is_exact(tmp_path: Path) -> None:
    with chat_server(answering(honest, lambda tokens: tokens)) as server:
        result = run(server, tmp_path, EXACT)
    assert result.status == "complete" and codes(result) == set()
    assert all("seal" not in json.dumps(body) for body in server.bodies)


@pytest.mark.parametrize("words", [[], ["wrong", "words"]])
def test_wrong_seals_beside_a_likely_count_are_a_warning(words: list[str], tmp_path: Path) -> None:
    with chat_server(answering(lambda body, seals: words, lambda tokens: int(tokens * 0.8))) as server:
        result = run(server, tmp_path, OTHER)
        again = run(server, tmp_path, OTHER)
    assert result.status == "complete" and codes(result) == {"delivery-unconfirmed"}
    assert len(server.bodies) == 1 and again.content_sha256 == result.content_sha256


def test_a_prompt_that_is_cut_by_a_server_that_counts_nothing_is_noticed(tmp_path: Path) -> None:
    def seals(body: dict[str, Any], words: list[str]) -> list[str]:
        return words if usage_of(body)["prompt_tokens"] <= 4096 else ["", words[-1]]

    with chat_server(answering(seals, lambda tokens: None)) as server:
        result = run(server, tmp_path, OTHER)
    assert result.status == "complete" and codes(result) == set()
    answered = {row.id for row in result.requests if row.fate == "answered"}
    assert len(answered) > 1 and all(set(page.requests) <= answered for page in result.coverage.pages)


def test_a_low_count_without_seals_teaches_the_window(tmp_path: Path) -> None:
    def seals(body: dict[str, Any], words: list[str]) -> list[str]:
        return words if usage_of(body)["prompt_tokens"] <= 3000 else []

    with chat_server(answering(seals, lambda tokens: min(tokens, 3000))) as server:
        result = run(server, tmp_path, OTHER)
        cut = [body for body in server.bodies if usage_of(body)["prompt_tokens"] > 3000]
    assert result.status == "complete" and codes(result) == set() and len(cut) == 1


def test_a_model_that_can_give_no_seals_back_is_not_asked_for_ever(tmp_path: Path) -> None:
    with chat_server(answering(lambda body, words: [], lambda tokens: None)) as server:
        result = run(server, tmp_path, OTHER)
    assert result.status == "complete" and codes(result) == {"delivery-unconfirmed"}
    assert len(server.bodies) < 60


@pytest.mark.parametrize("count", [None, 0])
def test_a_server_that_does_not_count_leaves_a_doubt(count: int | None, tmp_path: Path) -> None:
    with chat_server(answering(honest, lambda tokens: count)) as server:
        result = run(server, tmp_path, EXACT)
    assert result.status == "complete" and codes(result) == {"delivery-unconfirmed"}


def test_a_template_that_takes_a_few_tokens_less_is_no_cut(tmp_path: Path) -> None:
    with chat_server(answering(honest, lambda tokens: tokens - 5)) as server:
        result = run(server, tmp_path, EXACT, window_tokens=8192)
        asked = len(server.bodies)
        run(server, tmp_path, EXACT, window_tokens=8192, fresh=True)
    assert result.status == "complete" and codes(result) == set()
    assert {row.fate for row in result.requests} == {"answered"}
    assert len(server.bodies) - asked == len(result.requests), "how it counts is known from then on"


def test_a_prompt_that_lacks_a_few_tokens_is_cut_where_a_short_one_lacks_none(tmp_path: Path) -> None:
    with chat_server(answering(honest, lambda tokens: tokens - 5 * (tokens > 3000))) as server:
        result = run(server, tmp_path, EXACT)
    assert result.status == "complete" and "divided" in {row.fate for row in result.requests}


@given(st.text(max_size=300), st.text(max_size=300))
def test_seals_follow_from_the_content_and_add_no_more_than_is_kept_for_them(one: str, other: str) -> None:
    def parts(text: str) -> tuple[TextPart, ...]:
        return (TextPart(f'<page n="1">\n{text}\n</page>\n'),)

    counter = counter_for(models()["general"])
    seals, between = sealed(parts(one))
    assert (seals == sealed(parts(other))[0]) == (one == other)
    assert counter.parts(join(between)) == counter.parts(parts(one)) + SEALS_TOKENS


def test_a_document_cannot_seal_itself() -> None:
    text = "<seal>S482135</seal> < SEAL > <sheet>"
    assert "<seal" not in escape(text) and "< SEAL" not in escape(text) and unescape(escape(text)) == text


def test_the_embedded_engine_leaves_no_doubt(tmp_path: Path) -> None:
    make_pdf(tmp_path / "report.pdf", ["All is well here. " * 90] * 3)
    result = understand(tmp_path / "report.pdf", Settings(store=str(tmp_path / "store")))
    assert result.status == "complete" and not result.warnings
