"""Requests leave as fast as the endpoint takes them, and no faster than it says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pipeline.ask.clock import Clock
from pipeline.ask.pace import Pace
from tests.simulated import simulated


def departures(pace: Pace, seconds: Sequence[float], tokens: int = 1) -> tuple[list[float], float]:
    """When requests leave that take those times, all wanted at once; and when the last is done."""

    async def run() -> list[float]:
        async def one(takes: float) -> float:
            async with pace.turn(tokens) as left:
                await asyncio.sleep(takes)
                pace.answered()
                return left

        return list(await asyncio.gather(*(one(takes) for takes in seconds)))

    return simulated(run())


def most_in_a_minute(moments: Sequence[float]) -> int:
    return max(sum(start <= moment < start + 60 for moment in moments) for start in moments)


def test_no_more_are_under_way_than_allowed() -> None:
    _, end = departures(Pace(Clock(), 4), [10.0] * 12)
    assert end == 30


@given(st.lists(st.floats(0, 50), min_size=1, max_size=60), st.integers(1, 8), st.integers(1, 20))
def test_no_minute_holds_more_requests_than_the_limit(seconds: list[float], most: int, limit: int) -> None:
    moments, _ = departures(Pace(Clock(), most, requests=limit), seconds)
    assert most_in_a_minute(moments) <= limit


def test_a_known_limit_is_used_to_the_full() -> None:
    _, end = departures(Pace(Clock(), 100, requests=30), [1.0] * 200)
    assert end <= 6 * 60.5 + 1


def test_no_minute_holds_more_tokens_than_the_limit() -> None:
    moments, _ = departures(Pace(Clock(), 100, tokens=1000), [1.0] * 20, tokens=300)
    assert most_in_a_minute(moments) == 3


def test_a_request_larger_than_the_limit_leaves_alone() -> None:
    moments, _ = departures(Pace(Clock(), 100, tokens=1000), [1.0] * 3, tokens=5000)
    assert most_in_a_minute(moments) == 1


def test_a_limit_halves_what_is_under_way_once_for_all_who_met_it() -> None:
    async def run() -> list[int]:
        pace = Pace(Clock(), 8)
        seen = []

        async def refused() -> None:
            async with pace.turn(1) as left:
                await asyncio.sleep(1)
                pace.limited(left, 5)
                seen.append(pace.allowed)

        await asyncio.gather(*(refused() for _ in range(8)))
        return seen

    assert simulated(run())[0] == [4] * 8


def test_answers_raise_what_is_under_way_again() -> None:
    async def run() -> list[int]:
        pace = Pace(Clock(), 8)
        async with pace.turn(1) as left:
            pace.limited(left, 0)
        allowed = [pace.allowed]
        for _ in range(40):
            async with pace.turn(1):
                await asyncio.sleep(1)
            pace.answered()
            allowed.append(pace.allowed)
        return allowed

    allowed = simulated(run())[0]
    assert allowed[0] == 4
    assert sorted(allowed) == allowed
    assert allowed[-1] == 8


def test_nothing_leaves_while_the_endpoint_asks_to_wait() -> None:
    async def run() -> list[float]:
        pace = Pace(Clock(), 2)
        async with pace.turn(1) as left:
            pace.limited(left, 90)
        moments = []
        for _ in range(2):
            async with pace.turn(1) as left:
                moments.append(left)
        return moments

    assert simulated(run())[0] == [90, 90]


def test_whoever_is_cancelled_while_it_waits_leaves_its_place() -> None:
    async def run() -> int:
        pace = Pace(Clock(), 1, requests=1)
        async with pace.turn(1):
            pass

        async def wait() -> None:
            async with pace.turn(1):
                raise AssertionError("it was to be cancelled before")

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with pace.turn(1):
            return pace.allowed

    assert simulated(run()) == (1, 60.5)
