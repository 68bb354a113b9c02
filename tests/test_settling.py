"""What an endpoint does not take whole is divided until it does, and divided in the same way the next time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import Settings, understand
from pipeline.ask.answer import Answer, Failure
from pipeline.asking import Kept, recall
from pipeline.job import make_job
from pipeline.plan import open_document, plan
from pipeline.result.model import Result
from pipeline.run import ask
from pipeline.session import Session
from tests.chat_server import ChatServer, Reply, answer_nothing, chat_response, chat_server, usage_of
from tests.pdfs import make_pdf

MODEL = "mistral-small-3.2-24b"


def run(server: ChatServer, folder: Path, **settings: Any) -> Result:
    """A document of twelve pages of about 400 tokens each, asked in requests of as many pages as the window takes."""
    path = folder / "report.pdf"
    if not path.exists():
        make_pdf(path, [f"Page {n} begins. " + "All is well here. " * 90 for n in range(1, 13)])
    given = Settings(engine=server.address, model=MODEL, store=str(folder / "store"), wait_seconds=0, **settings)
    return understand(path, given)


def pages_asked(body: dict[str, Any]) -> list[int]:
    return [
        int(number)
        for part in body["messages"][1]["content"]
        if part["type"] == "text"
        for number in re.findall(r'<page n="(\d+)"', part["text"])
    ]


def tokens_of(body: dict[str, Any]) -> int:
    return int(usage_of(body)["prompt_tokens"])


def refusing(most: int, words: str) -> Callable[[dict[str, Any]], Reply]:
    """A server whose window has `most` tokens, and that says so."""

    def answer(body: dict[str, Any]) -> Reply:
        if tokens_of(body) + body["max_tokens"] > most:
            return Reply({"error": {"message": words}}, 400)
        return answer_nothing(body)

    return answer


def whole(result: Result) -> None:
    """That every page was answered, each in a request that was, and that the pieces of a divided one are told apart."""
    assert result.status == "complete"
    assert [page.fate for page in result.coverage.pages] == ["answered"] * 12
    answered = {request.id for request in result.requests if request.fate == "answered"}
    assert all(set(page.requests) <= answered for page in result.coverage.pages)
    for parent in (request.id for request in result.requests if request.fate == "divided"):
        pieces = [request.id for request in result.requests if request.id.rpartition(".")[0] == parent]
        assert pieces and pieces == [f"{parent}.{n}" for n in range(1, len(pieces) + 1)]


@pytest.mark.parametrize("words", ["This model's maximum context length is 4096 tokens.", "The prompt is too long."])
def test_a_prompt_that_is_refused_as_too_long_is_asked_in_pieces(words: str, tmp_path: Path) -> None:
    with chat_server(refusing(4096, words)) as server:
        result = run(server, tmp_path)
    whole(result)
    assert next(one.fate for one in result.requests if one.kind == "read") == "divided"
    assert result.run.exit_code == 0


def test_what_was_learned_is_not_heard_again(tmp_path: Path) -> None:
    with chat_server(refusing(4096, "This model's maximum context length is 4096 tokens.")) as server:
        first = run(server, tmp_path)
        asked = len(server.bodies)
        again = run(server, tmp_path)
        assert len(server.bodies) == asked
        run(server, tmp_path, fresh=True)
        assert all(tokens_of(body) + body["max_tokens"] <= 4096 for body in server.bodies[asked:])
    assert again.content_sha256 == first.content_sha256
    assert again.run.cost_usd == 0


def test_a_prompt_that_is_cut_in_silence_is_noticed(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        reply = answer_nothing(body)
        reply.body["usage"]["prompt_tokens"] = min(tokens_of(body), 4096)
        return reply

    with chat_server(answer) as server:
        result = run(server, tmp_path)
        cut = [body for body in server.bodies if tokens_of(body) > 4096]
    whole(result)
    assert len(cut) == 1


def test_a_server_that_never_counts_what_it_was_sent_is_a_gap_with_its_reason(tmp_path: Path) -> None:
    with chat_server(lambda body: Reply(chat_response({"summary": "x", "key_points": [], "figures": []}))) as server:
        result = run(server, tmp_path)
    assert result.status == "incomplete"
    assert {page.fate for page in result.coverage.pages} == {"failed"}
    assert all("it read only a part" in (page.reason or "") for page in result.coverage.pages)


def test_an_answer_that_is_cut_at_the_output_cap_is_asked_for_in_halves(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if len(set(pages_asked(body))) > 3:
            return Reply(chat_response('{"summary": "It begi', finish="length", usage=usage_of(body)))
        return answer_nothing(body)

    with chat_server(answer) as server:
        whole(run(server, tmp_path))
        asked = [len(set(pages_asked(body))) for body in server.bodies]
    assert asked == [12, 6, 6, 3, 3, 3, 3, 0], "and at last the summaries alone"


def test_a_smaller_output_cap_is_kept_to(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if body["max_tokens"] > 1000:
            return Reply({"error": {"message": "max_tokens is too large: this model supports at most 1000."}}, 400)
        return answer_nothing(body)

    with chat_server(answer) as server:
        result = run(server, tmp_path)
    whole(result)
    assert [body["max_tokens"] for body in server.bodies].count(16384) == 1


def test_bodies_that_are_too_large_are_asked_in_halves(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if len(pages_asked(body)) > 4:
            return Reply("<html><title>413 Request Entity Too Large</title></html>", 413)
        return answer_nothing(body)

    with chat_server(answer) as server:
        whole(run(server, tmp_path))
        asked = [len(set(pages_asked(body))) for body in server.bodies]
    assert asked == [12, 6, 6, 3, 3, 3, 3, 0], "and at last the summaries alone"


def test_a_request_that_cannot_be_made_to_fit_is_a_gap_with_its_reason(tmp_path: Path) -> None:
    with chat_server(refusing(200, "This model's maximum context length is 200 tokens.")) as server:
        result = run(server, tmp_path)
    assert result.status == "incomplete"
    assert all("200 tokens" in (page.reason or "") for page in result.coverage.pages)
    assert len(result.coverage.gaps) == 12


def poisoned(*pages: int, reply: Reply) -> Callable[[dict[str, Any]], Reply]:
    """A server that gives that reply to whatever holds one of these pages."""
    return lambda body: reply if set(pages) & set(pages_asked(body)) else answer_nothing(body)


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"error": {"message": "This content cannot be processed."}}, 400),
        Reply({"error": {"message": "Your input was flagged by moderation."}}, 403),
        Reply(chat_response("I would rather not.")),
    ],
    ids=["refused", "flagged", "invalid"],
)
def test_what_a_single_page_is_the_cause_of_costs_that_page_alone(reply: Reply, tmp_path: Path) -> None:
    with chat_server(poisoned(7, reply=reply)) as server:
        result = run(server, tmp_path)
        asked = [tuple(pages_asked(body)) for body in server.bodies]
        again = run(server, tmp_path)
        more = [tuple(pages_asked(body)) for body in server.bodies[len(asked) :]]
    assert [(gap.kind, gap.page) for gap in result.coverage.gaps] == [("page", 7)]
    assert [page.fate for page in result.coverage.pages].count("answered") == 11
    assert len(set(asked)) <= 1 + 2 * 4, "two requests for each time that twelve pages are halved"
    assert set(more) == {(7,)}, "it is divided in the same way the next time, and nothing is paid for twice"
    assert again.content_sha256 == result.content_sha256


def test_two_pages_that_fail_cost_no_other(tmp_path: Path) -> None:
    refusal = Reply({"error": {"message": "This content cannot be processed."}}, 400)
    with chat_server(poisoned(2, 5, reply=refusal)) as server:
        result = run(server, tmp_path)
    assert [gap.page for gap in result.coverage.gaps] == [2, 5]


def test_what_no_page_is_the_cause_of_is_asked_no_more_than_once_in_halves(tmp_path: Path) -> None:
    refusal = Reply({"error": {"message": "This content cannot be processed."}}, 400)
    with chat_server(lambda body: refusal) as server:
        result = run(server, tmp_path)
        assert [len(set(pages_asked(body))) for body in server.bodies] == [12, 6, 6]
        run(server, tmp_path)
        assert [len(set(pages_asked(body))) for body in server.bodies[3:]] == [12, 6, 6], "nothing was kept of it"
    assert len(result.coverage.gaps) == 12
    assert [one.fate for one in result.requests if one.kind == "read"] == ["failed"]


def test_a_model_that_is_not_there_is_asked_for_once(tmp_path: Path) -> None:
    with chat_server(lambda body: Reply({"error": {"message": "No such model."}}, 404)) as server:
        run(server, tmp_path)
    assert len(server.bodies) == 1


def test_what_came_of_requests_is_told_to_another_process_without_its_content(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "report.pdf", [f"Page {n} begins. " + "All is well here. " * 90 for n in range(1, 13)])
    refusal = Reply({"error": {"message": "This content cannot be processed."}}, 400)
    with chat_server(poisoned(7, reply=refusal)) as server:
        given = Settings(engine=server.address, model=MODEL, store=str(tmp_path / "store"), wait_seconds=0)
        job = make_job(given, None)
        with Session(job) as session, open_document(path, job) as reading:
            made = plan(reading, job)
            settled = ask(made, session)
    kept = [Kept.of(one) for one in settled]
    assert recall(made, make_job(given, None), kept) == settled
    broken = next(one.outcome.fingerprint for one in settled if isinstance(one.outcome, Answer))
    job.answers.put(broken, chat_response("no JSON"))
    gone = [one.outcome for one in recall(made, job, kept) if one.outcome.fingerprint == broken]
    assert [one.reason for one in gone if isinstance(one, Failure)] == [
        "The answer is no longer in the store: run it again."
    ]
    assert len(recall(made, job, kept)) == len(settled), "an answer that reads no more costs no other"
