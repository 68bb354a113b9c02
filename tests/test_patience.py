"""When a request is asked again, when it is given up, and when a whole run is."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ask.circuit import Circuit
from pipeline.ask.clock import Clock
from pipeline.ask.patience import Patience
from pipeline.errors import EndpointError, EndpointUnreachable, KeyRefused
from tests.simulated import simulated


def busy(status: int = 503, wait: float | None = None) -> EndpointError:
    error = EndpointError("busy", status=status, retryable=True)
    error.wait = wait
    return error


def pauses(patience: Patience, error: EndpointError, most: int = 1000) -> list[float]:
    drawn: list[float] = []
    while len(drawn) < most and (pause := patience.pause(error)) is not None:
        drawn.append(pause)
    return drawn


@given(st.integers())
def test_faults_get_so_many_attempts_with_pauses_that_may_double(seed: int) -> None:
    drawn = pauses(Patience(random.Random(seed)), busy())
    assert len(drawn) == 5
    assert all(0 <= pause <= 2**number for number, pause in enumerate(drawn))


def test_what_cannot_do_better_is_given_up_at_once() -> None:
    assert Patience(random.Random(1)).pause(EndpointError("no", status=400)) is None


def test_the_endpoints_own_wait_is_waited_in_full() -> None:
    assert 300 <= pauses(Patience(random.Random(1)), busy(503, 300.0), most=1)[0] <= 301


@given(st.integers(), st.sampled_from([None, 0.0, 7.0, 130.0]))
def test_rate_limits_are_waited_for_a_quarter_of_an_hour_and_no_longer(seed: int, wait: float | None) -> None:
    drawn = pauses(Patience(random.Random(seed)), busy(429, wait))
    assert sum(drawn) <= 900
    assert len(drawn) == 1000 or sum(drawn) > 900 - (wait or 0) - 61


def test_a_wait_beyond_patience_is_given_up_at_once() -> None:
    assert Patience(random.Random(1)).pause(busy(429, 7200.0)) is None


def unreachable() -> EndpointUnreachable:
    return EndpointUnreachable("Nothing answers there.")


def test_a_dead_address_ends_the_run_within_seconds() -> None:
    async def run() -> float:
        clock = Clock()
        circuit = Circuit(clock)
        patience = Patience(random.Random(3))
        while True:
            error = unreachable()
            circuit.failed(error)
            try:
                circuit.check()
            except EndpointUnreachable:
                return clock.now()
            pause = patience.pause(error)
            assert pause is not None
            await clock.sleep(pause)

    assert simulated(run())[0] < 15


def test_an_endpoint_that_has_answered_may_be_away_for_a_minute() -> None:
    async def run() -> None:
        circuit = Circuit(Clock())
        circuit.heard()
        for _ in range(6):
            circuit.failed(unreachable())
            await asyncio.sleep(9)
            circuit.check()
        await asyncio.sleep(9)
        circuit.failed(unreachable())
        with pytest.raises(EndpointUnreachable):
            circuit.check()

    simulated(run())


def test_a_refused_key_ends_the_run_at_once() -> None:
    circuit = Circuit(Clock())
    circuit.failed(KeyRefused("The key is refused."))
    with pytest.raises(KeyRefused):
        circuit.check()


def test_faults_of_single_requests_never_end_the_run() -> None:
    async def run() -> None:
        circuit = Circuit(Clock())
        for number in range(1000):
            circuit.failed(busy(500 + number % 5))
            if number % 3 == 0:
                circuit.failed(unreachable())
                circuit.heard()
            await asyncio.sleep(5)
            circuit.check()

    simulated(run())
