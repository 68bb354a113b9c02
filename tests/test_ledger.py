"""The budget: what is in flight counts, and gives way again to the last cent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import permutations

import pytest

from pipeline.ask.ledger import Account, Ledger, bill
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
        ledger.run.budget = None
        first = [asyncio.ensure_future(under_way(number)) for number in range(3)]
        await asyncio.sleep(0)
        ledger.run.budget = 0.0
        with pytest.raises(OverBudget):
            async with ledger.entered(request_of("r9", (1,))):
                raise AssertionError("there is no money left for it")
        await asyncio.gather(*first)

    _, seconds = simulated(all_of_them())
    assert seconds == 3.0, "it is waited until nothing is in flight, and no longer"


def test_each_document_has_a_budget_of_its_own_within_the_runs() -> None:
    ledger = Ledger(MODEL, 1.0, document_budget=0.3)
    first, second = ledger.document(), ledger.document(spent=0.25)

    async def spend(most: float, account: Account) -> None:
        async with ledger.held(most, account) as entry:
            entry.cost = most

    async def all_of_them() -> None:
        await spend(0.3, first)
        with pytest.raises(OverBudget, match=r"document's budget of \$0.3000 are left; raise --max-cost-document"):
            await spend(0.01, first)
        with pytest.raises(OverBudget, match=r"0.0500 of the document's budget"):
            await spend(0.06, second)
        await spend(0.05, second)
        await spend(0.3, ledger.document())
        await spend(0.3, ledger.document())
        with pytest.raises(OverBudget, match=r"0.0500 of the run's budget of \$1.0000 are left; raise --max-cost "):
            await spend(0.3, ledger.document())

    asyncio.run(all_of_them())


def test_what_never_came_back_counts_in_every_account() -> None:
    ledger = Ledger(MODEL, 1.0, document_budget=0.5)
    account = ledger.document()

    async def lose() -> None:
        async with ledger.held(0.3, account):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(lose())
    assert (ledger.run.unsure, account.unsure, ledger.run.spent) == (0.3, 0.3, 0.0)
    assert not account.fits(0.3) and ledger.run.fits(0.3)


def test_an_endpoint_that_charges_more_than_is_known_is_believed_from_then_on() -> None:
    request = replace(request_of("r1", (1,)), tokens=10_000)
    most = bill(MODEL, [request]).cost_usd
    assert most is not None
    ledger = Ledger(MODEL, 5 * most)

    async def spend() -> None:
        async with ledger.entered(request) as entry:
            entry.cost = 3 * most

    async def twice() -> None:
        await spend()
        with pytest.raises(OverBudget, match="run's budget"):
            await spend()

    asyncio.run(twice())
