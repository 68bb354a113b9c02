"""Many documents in one run: they overlap, share one endpoint and one budget, and none disturbs another."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from flows.cli.main import main
from flows.inputs import claims, expand, result_path
from pipeline.offline.engine import answer as engine_answer
from pipeline.offline.transport import OfflineTransport
from pipeline.session import Room
from tests.chat_server import Reply, answer_nothing, chat_response, chat_server, nothing_found
from tests.commands import run_json as _run
from tests.offline_chats import chat, page
from tests.pdfs import make_pdf

SECONDS = 60.0
"""How long a test waits for what must come; it fails then, and does not wait for ever."""


def _folder(inbox: Path, count: int) -> Path:
    for number in range(count):
        make_pdf(inbox / "in" / f"{number}.pdf", [f"This is report number {number}."])
    return inbox / "in"


def test_documents_are_asked_about_at_once(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _folder(inbox, 4)
    both = threading.Barrier(2, timeout=SECONDS)

    def answer(body: dict[str, Any]) -> Reply:
        both.wait()  # answers only once requests of two documents are here
        return answer_nothing(body)

    with chat_server(answer) as server:
        code, summary, _ = _run("run", "in", "--engine", server.address, "--model", "m", capsys=capsys)
    assert code == 0 and len(server.bodies) == 4
    assert [row["status"] for row in summary["documents"]] == ["complete"] * 4


def test_the_limit_on_requests_at_once_is_the_runs(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _folder(inbox, 5)
    lock, now, most = threading.Lock(), 0, 0

    def answer(body: dict[str, Any]) -> Reply:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.05)
        with lock:
            now -= 1
        return answer_nothing(body)

    with chat_server(answer) as server:
        flags = ("--engine", server.address, "--model", "m", "--concurrency", 1)
        code, _, _ = _run("run", "in", *flags, capsys=capsys)
    assert code == 0 and most == 1


def test_rows_keep_the_order_given_whatever_is_done_first(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _folder(inbox, 3)
    later = threading.Semaphore(0)

    def answer(body: dict[str, Any]) -> Reply:
        if "number 0" in str(body["messages"]):
            assert later.acquire(timeout=SECONDS) and later.acquire(timeout=SECONDS)
        else:
            later.release()
        return answer_nothing(body)

    with chat_server(answer) as server:
        _, summary, err = _run("run", "in", "--engine", server.address, "--model", "m", capsys=capsys)
    assert [row["path"] for row in summary["documents"]] == ["in/0.pdf", "in/1.pdf", "in/2.pdf"]
    assert [row["result"] for row in summary["documents"]] == [f"outputs/{number}.json" for number in range(3)]
    assert not err.startswith("0.pdf"), "each document is told of as it is done"


def test_a_broken_document_costs_itself_alone(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _folder(inbox, 8)
    (folder / "3.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00garbage" * 50)
    code, summary, err = _run("run", "in", capsys=capsys)
    states = [row["status"] for row in summary["documents"]]
    assert code == 2 and states == ["complete"] * 3 + ["failed"] + ["complete"] * 4
    assert "Traceback" not in err
    for number in (0, 7):
        result = json.loads((inbox / "outputs" / f"{number}.json").read_bytes())
        assert f"number {number}" in result["summary"]["text"]


def test_the_budget_holds_with_documents_in_flight(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _folder(inbox, 8)

    def answer(body: dict[str, Any]) -> Reply:
        found = nothing_found(body)
        return Reply(chat_response(found, usage={"prompt_tokens": 700, "completion_tokens": 100, "cost": 0.0033}))

    with chat_server(answer) as server:
        flags = ("--engine", server.address, "--model", "mistral-small-3.2-24b", "--max-cost", 0.016)
        code, summary, _ = _run("run", "in", *flags, capsys=capsys)
    assert code == 4 and len(server.bodies) == 4, "what is in flight is waited for, not given up"
    assert sorted(row["exit_code"] for row in summary["documents"]) == [0] * 4 + [4] * 4
    assert summary["totals"]["cost_usd"] == pytest.approx(4 * 0.0033)
    costs = [row["cost_usd"] for row in summary["documents"]]
    assert sorted(costs) == pytest.approx([0.0] * 4 + [0.0033] * 4), "each document is told its own cost"


def test_the_same_document_twice_is_paid_for_once(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = make_pdf(inbox / "in" / "a.pdf", ["One and the same."])
    for name in "bcd":
        (inbox / "in" / f"{name}.pdf").write_bytes(first.read_bytes())
    with chat_server() as server:
        code, summary, _ = _run("run", "in", "--engine", server.address, "--model", "m", capsys=capsys)
    assert code == 0 and len(server.bodies) == 1
    assert [row["status"] for row in summary["documents"]] == ["complete"] * 4


def test_a_run_that_is_stopped_keeps_what_was_done(inbox: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _folder(inbox, 4)
    never = threading.Event()
    interrupting = threading.Thread(target=_interrupt_after, args=(inbox / "outputs" / "0.json",))

    def answer(body: dict[str, Any]) -> Reply:
        if "number 0" in str(body["messages"]):
            interrupting.start()  # once: a person who interrupts again has the run end where it stands
            return answer_nothing(body)
        never.wait(SECONDS)
        return answer_nothing(body)

    with chat_server(answer) as server:
        code = main(["run", "in", "--engine", server.address, "--model", "m"])
        never.set()
    assert code == 130 and "stopped" in capsys.readouterr().err
    (row,) = json.loads((inbox / "outputs" / "run.json").read_bytes())["documents"]
    assert row["path"] == "in/0.pdf" and row["status"] == "complete"
    assert not list((inbox / "outputs").glob("*.part"))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("document", "asking"))]


def _interrupt_after(file: Path) -> None:
    """Press Ctrl-C once that file is there."""
    pause = threading.Event()
    for _ in range(int(SECONDS * 100)):
        if file.exists():
            break
        pause.wait(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def test_names_do_not_depend_on_what_is_done_first(inbox: Path) -> None:
    one, two = make_pdf(inbox / "a" / "report.pdf", ["One."]), make_pdf(inbox / "b" / "Report.pdf", ["Two."])
    make_pdf(inbox / "c" / "other.pdf", ["Three."])
    sources = expand(["a", "b", "c"])
    taken = claims(sources)
    assert set(taken) == {"report"}
    own, others = taken["report"], "0" * 64
    assert result_path(sources[0], own, Path("out"), taken) == Path("out/report.json")
    assert result_path(sources[1], others, Path("out"), taken) == Path(f"out/Report-{others[:8]}.json")
    assert one.read_bytes() != two.read_bytes()


def test_documents_are_let_in_while_there_is_room_and_in_their_order() -> None:
    room, inside, entered = Room(100), threading.Semaphore(0), []
    leave = {name: threading.Event() for name in "abcd"}

    def stay(name: str, pages: int) -> None:
        with room.of(pages):
            entered.append(name)
            inside.release()
            leave[name].wait(SECONDS)

    def came() -> list[str]:
        assert inside.acquire(timeout=SECONDS)
        return list(entered)

    with ThreadPoolExecutor(4) as pool:
        pool.submit(stay, "a", 60)
        assert came() == ["a"]
        pool.submit(stay, "b", 500)  # too long for the room: waits until it is alone
        while not room._waiting:
            threading.Event().wait(0.001)
        pool.submit(stay, "c", 10)  # would fit, but came later
        leave["a"].set()
        assert came() == ["a", "b"]
        leave["b"].set()
        assert came() == ["a", "b", "c"]
        leave["c"].set()


def _post(bodies: list[bytes], act: Callable[[OfflineTransport], None] = lambda transport: None) -> list[Any]:
    """What the engine answers to requests that come at once, and after `act` to one more."""

    async def post() -> list[Any]:
        transport = OfflineTransport(processes=2)
        async with httpx2.AsyncClient(transport=transport) as client:

            async def ask(body: bytes) -> Any:
                response = await client.post("http://offline.invalid/v1/chat/completions", content=body)
                return response.status_code, response.json()

            found = list(await asyncio.gather(*map(ask, bodies)))
            act(transport)
            return [*found, await ask(bodies[0])]

    return asyncio.run(post())


def test_the_engine_answers_the_same_from_processes() -> None:
    chats = [chat(page(f"Total: {number}.00")) for number in range(5)]
    pids: list[int] = []
    answered = _post(
        [json.dumps(one).encode() for one in chats],
        lambda transport: pids.extend(process._process.pid for process in transport._all),
    )
    assert answered == [engine_answer(one) for one in [*chats, chats[0]]]
    assert 1 <= len(pids) <= 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_an_engine_process_that_dies_costs_one_attempt() -> None:
    def kill(transport: OfflineTransport) -> None:
        for process in transport._all:
            os.kill(process._process.pid, signal.SIGKILL)

    body = json.dumps(chat(page("Total: 5.00"))).encode()
    *_, (status, said) = _post([body] * 3, kill)
    assert status == 500 and "ended" in said["error"]["message"]
