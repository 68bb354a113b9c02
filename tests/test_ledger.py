"""The budget: what is in flight counts, and gives way again to the last cent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import permutations

import pytest

from pipeline.ask.ledger import Ledger
from pipeline.errors import OverBudget
from pipeline.profiles import models
from tests.making import request_of
from tests.simulated import simulated

MODEL = models()["mistral-small-3.2"]
TOKENS = (1950, 4855, 4459)
"""Their prices, added and then taken away in floating point, do not come to nothing, whatever the order."""


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_what_rounding_leaves_of_requests_in_flight_holds_nobody_up(order: tuple[int, ...]) -> None:
    ledger = Ledger(MODEL, 0.0)
    ends = [float(place) for place in order]

    async def under_way(number: int) -> None:
        request = replace(request_of(f"r{number}", (1,)), tokens=TOKENS[number])
        async with ledger.entered(request) as entry:
            await asyncio.sleep(ends[number] + 1)
            entry.cost = 0.0

    async def all_of_them() -> None:
        ledger.budget = None
        first = [asyncio.ensure_future(under_way(number)) for number in range(3)]
        await asyncio.sleep(0)
        ledger.budget = 0.0
        with pytest.raises(OverBudget):
            async with ledger.entered(request_of("r9", (1,))):
                raise AssertionError("there is no money left for it")
        await asyncio.gather(*first)

    _, seconds = simulated(all_of_them())
    assert seconds == 3.0, "it is waited until nothing is in flight, and no longer"
