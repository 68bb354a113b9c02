"""The simulation behind the plan for many machines: nothing is lost in it, and no limit is beaten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fleet import Fleet, Load, bounds, simulate

LOADS = st.lists(
    st.builds(
        Load,
        before=st.floats(0.01, 5),
        after=st.floats(0.01, 1),
        requests=st.integers(1, 4),
        tokens=st.integers(100, 200_000),
    ),
    min_size=1,
    max_size=60,
)
FLEETS = st.builds(
    Fleet,
    machines=st.integers(1, 6),
    cores=st.integers(1, 4),
    at_once=st.integers(1, 12),
    answer=st.floats(0.1, 60),
    requests_a_minute=st.none() | st.floats(10, 1000),
    tokens_a_minute=st.none() | st.floats(50_000, 5_000_000),
    documents_a_minute=st.none() | st.floats(5, 1000),
    life=st.none() | st.floats(300, 5000),
    restart=st.floats(1, 300),
    lease=st.floats(1, 300),
)


@given(loads=LOADS, fleet=FLEETS, seed=st.integers(0, 1000))
def test_each_document_is_done_once_and_each_answer_paid_once(loads: list[Load], fleet: Fleet, seed: int) -> None:
    went = simulate(loads, fleet, seed)
    assert went.done == [1] * len(loads)
    assert went.paid == sum(load.requests for load in loads), "but for those that died on their way"
    assert went.deaths or not went.lost
    assert went == simulate(loads, fleet, seed), "the same seed gives the same"


@given(loads=LOADS, fleet=FLEETS)
def test_no_limit_is_beaten(loads: list[Load], fleet: Fleet) -> None:
    went = simulate(loads, fleet)
    last = max(max(fleet.gaps(load)) for load in loads)  # after the last one nobody has to wait
    for name, seconds in bounds(loads, fleet).items():
        assert went.seconds >= seconds * (1 - 1e-9) - (last if "minute" in name else 0.0), name
    assert went.computed >= sum(load.before + load.after for load in loads) * (1 - 1e-9)


@given(load=st.builds(Load, before=st.floats(0.1, 5), after=st.floats(0.1, 1)), fleet=FLEETS, count=st.integers(1, 60))
def test_more_machines_are_never_slower_than_the_limits_allow(load: Load, fleet: Fleet, count: int) -> None:
    """Of documents that are alike; what holds them up is one of the limits, or that there are so few of them."""
    alone = replace(fleet, life=None)
    more = replace(alone, machines=2 * alone.machines)
    one, two = simulate([load] * count, alone), simulate([load] * count, more)
    assert two.seconds <= one.seconds + 1e-6
    work = load.before + load.after
    last = work + more.answer + more.at_once * work / more.cores  # what one machine has in hand when the queue is empty
    assert two.seconds <= sum(bounds([load] * count, more).values()) + last + 1e-6


@pytest.mark.parametrize(("machines", "minutes"), [(1, 100), (2, 100), (20, 100)])
def test_where_the_endpoint_binds_machines_change_nothing(machines: int, minutes: int) -> None:
    loads = [Load(before=0.2, after=0.1, tokens=10_000)] * 1000
    went = simulate(loads, Fleet(machines, tokens_a_minute=100_000))
    assert minutes * 60 <= went.seconds + 6 <= minutes * 60 + 40


def test_a_machine_that_dies_costs_its_lease_and_no_document() -> None:
    loads = [Load(before=1.0, after=0.5)] * 400
    calm = simulate(loads, Fleet(2))
    storm = simulate(loads, Fleet(2, life=100.0, lease=60.0, restart=30.0))
    assert storm.deaths and storm.lost and storm.done == calm.done
    assert storm.paid == calm.paid and storm.seconds > calm.seconds
