"""The day's budget: shared by processes, counting what is in flight, and not held for ever by those that died."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.ask.daybook import DayBook
from pipeline.ask.ledger import Ledger
from pipeline.books import day_book
from pipeline.errors import OverBudget, StorageError
from pipeline.profiles import models
from pipeline.settings import Settings
from tests.conftest import ROOT
from tests.simulated import simulated

MODEL = models()["mistral-small-3.2"]
NOON = 1_700_049_600.0
"""12:00 UTC of a day; the next one begins 43,200 s later."""


class Today:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def test_what_is_in_flight_and_what_was_spent_count_alike(tmp_path: Path) -> None:
    first, second = (DayBook(tmp_path / "book", 1.0, Today()) for _ in range(2))
    name, _ = first.hold(0.6, 60)
    assert name is not None
    assert second.hold(0.5, 60)[0] is None, "the other's request is in flight"
    first.settle(name, 0.1)
    assert second.hold(0.5, 60)[0] is not None
    assert second.read().taken == pytest.approx(0.6)


def test_a_new_day_begins_at_midnight_with_what_is_in_flight(tmp_path: Path) -> None:
    today = Today()
    book = DayBook(tmp_path / "book", 1.0, today)
    spent, _ = book.hold(0.9, 60)
    assert spent is not None
    book.settle(spent, 0.9)
    today.now = NOON + 43_190
    name, _ = book.hold(0.1, 60)
    assert name is not None
    today.now = NOON + 43_210
    assert (book.read().spent, book.read().in_flight) == (0.0, 0.1)
    book.settle(name, 0.05)
    assert book.read().spent == 0.05


def test_what_a_hold_left_behind_counts_until_the_day_is_over(tmp_path: Path) -> None:
    today = Today()
    book = DayBook(tmp_path / "book", 1.0, today)
    name, _ = book.hold(0.7, 60)
    assert name is not None
    today.now += 61
    day = book.read()
    assert (day.in_flight, day.lost) == (0.0, 0.7)
    assert book.hold(0.5, 60)[0] is None
    today.now += 43_200
    assert book.hold(0.9, 60)[0] is not None, "nothing is held for ever"
    book.settle(name, 0.01)
    assert book.read().spent == 0.01, "whoever comes late is still entered"


HOLDER = """
import sys, time
from pathlib import Path
from pipeline.ask.daybook import DayBook
print(DayBook(Path(sys.argv[1]), 1.0).hold(0.7, 600)[0], flush=True)
time.sleep(600)
"""


def test_nobody_waits_for_a_process_that_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "book"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as holder:
        assert holder.stdout is not None and holder.stdout.readline().strip() != "None"
        assert DayBook(path, 1.0).read().in_flight == 0.7
        holder.send_signal(signal.SIGKILL)
    day = DayBook(path, 1.0).read()
    assert (day.in_flight, day.lost) == (0.0, 0.7), "it may have been charged, but it will not be settled"
    with pytest.raises(OverBudget, match=r"0.3000 of the day's budget of \$1.0000 are left; raise --max-cost-day"):
        asyncio.run(_spend(Ledger(MODEL, None, day=DayBook(path, 1.0)), 0.4, 0.4))


async def _spend(ledger: Ledger, most: float, cost: float, seconds: float = 0.0) -> None:
    async with ledger.held(most) as entry:
        await asyncio.sleep(seconds)
        entry.cost = cost


def test_another_processs_request_is_waited_for_where_it_may_leave_enough(tmp_path: Path) -> None:
    book = DayBook(tmp_path / "book", 1.0)
    name, _ = book.hold(0.9, 600)
    assert name is not None

    async def both() -> None:
        waiting = asyncio.ensure_future(_spend(Ledger(MODEL, None, day=DayBook(book.path, 1.0)), 0.5, 0.2))
        await asyncio.sleep(30)
        assert not waiting.done()
        book.settle(name, 0.1)
        await waiting

    _, seconds = simulated(both())
    assert 30 <= seconds <= 33
    assert book.read().taken == pytest.approx(0.3)


def test_many_at_once_never_pass_the_days_budget(tmp_path: Path) -> None:
    def run(number: int) -> int:
        book, sent = DayBook(tmp_path / "book", 1.0), 0
        for _ in range(20):
            name, _ = book.hold(0.03, 60)
            if name is not None:
                sent += 1
                book.settle(name, 0.03)
        return sent

    with ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(run, range(4)))
    assert sent == 33, "as many as the budget has room for, and none more"


def test_without_a_budget_a_book_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "book").write_text("this is no database, and it is long enough to be seen as none" * 20)
    asyncio.run(_spend(Ledger(MODEL, None, day=DayBook(tmp_path / "book")), 0.4, 0.4))
    with pytest.raises(StorageError, match="cannot be used"):
        asyncio.run(_spend(Ledger(MODEL, None, day=DayBook(tmp_path / "book", 1.0)), 0.4, 0.4))


def test_a_book_is_beside_the_answers_or_on_this_machine_where_they_are_in_a_bucket(tmp_path: Path) -> None:
    assert day_book(Settings(store=str(tmp_path / "store"))).path == tmp_path / "store" / "spent.sqlite"
    one, other = (day_book(Settings(store=f"memory://{name}")).path for name in ("one", "other"))
    assert one != other and one.parent.name == "quire" and "state" in str(one)


def test_days_are_counted_apart_and_old_ones_forgotten(tmp_path: Path) -> None:
    today = Today()
    book = DayBook(tmp_path / "book", None, today)
    for _ in range(3):
        name, _ = book.hold(0.1, 60)
        assert name is not None
        book.settle(name, 0.1)
        today.now += 300 * 86_400
    book.read()
    with sqlite3.connect(book.path) as kept:
        assert kept.execute("SELECT count(*) FROM days").fetchone() == (2,)
