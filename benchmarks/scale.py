"""What 100,000 and 10 million PDFs would take: machines, hours, database rows, dollars; the simulation.

    python benchmarks/scale.py                       the plan, from the unit costs below
    python benchmarks/scale.py --machines 10 --requests-a-minute 600 --tokens-a-minute 4000000
    python benchmarks/scale.py --measure [--more DIR]    unit costs of the library on this machine
    python benchmarks/scale.py --prefect 40          unit costs of Prefect on PostgreSQL, with one worker

The plan draws documents from a seed, puts them through the fleet of `benchmarks/fleet.py`, and tells which limit binds.
Ten million are simulated as a hundredth of them on a hundredth of the machines and limits: what is shared is divided
alike, so the hours are the same.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.fleet import Fleet, Load, bounds, simulate
from pipeline.profiles import ModelProfile, models

SIZES = (100_000, 10_000_000)
MOST_SIMULATED = 100_000
"""Documents: what is more is simulated as a part of it."""
SCALED_MODELS = ("mistral-small-3.2", "ministral-3-14b", "mistral-small-4")


@dataclass(frozen=True, slots=True)
class Costs:
    """Unit costs: seconds of a core, tokens, rows and bytes. Those of the library were measured with `--measure`, those
    of Prefect with `--prefect`, on a busy machine of two cores (docs/scale.md)."""

    core_document: float = 0.25
    core_page: float = 0.035
    core_after: float = 0.10
    tokens_page: float = 900.0
    tokens_request: float = 1_500.0
    answer_tokens: float = 1_200.0
    prefect_worker: float = 0.5
    prefect_server: float = 0.6
    chunk_start: float = 5.0
    chunk: int = 20
    rows: float = 175.0
    row_bytes: float = 1_000.0
    puts: float = 10.0
    gets: float = 8.0


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is assumed and not measured: the documents, and prices in US dollars.

    Pages are spread as a lognormal law of that mean and that sigma (of the logarithm), as folders of reports are.
    """

    pages: float = 20.0
    sigma: float = 1.0
    window: int = 110_000
    core_hour: float = 0.04
    put_thousand: float = 0.005
    get_thousand: float = 0.0004


def pages_of(count: int, assumed: Assumed, seed: int = 0) -> Iterator[int]:
    """The pages of so many documents, the same for the same seed."""
    chance = random.Random(f"scale/{seed}")
    middle = math.log(assumed.pages) - assumed.sigma**2 / 2
    for _ in range(count):
        yield max(round(chance.lognormvariate(middle, assumed.sigma)), 1)


def load_of(pages: int, costs: Costs, assumed: Assumed) -> Load:
    """What a document of so many pages takes, Prefect's part on the worker included."""
    text = pages * costs.tokens_page
    requests = max(math.ceil(text / assumed.window), 1)
    chunk = costs.chunk_start / costs.chunk
    return Load(
        before=costs.core_document + costs.core_page * pages + costs.prefect_worker + chunk,
        after=costs.core_after,
        requests=requests,
        tokens=round(text + requests * (costs.tokens_request + costs.answer_tokens)),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the plan. `cost` are US dollars by model, `other` those of machines and of the bucket."""

    documents: int
    fleet: Fleet
    hours: float
    binds: str
    deaths: int
    asked_again: int
    pages: int
    requests: int
    tokens: int
    cores_hours: float
    cost: dict[str, float]
    other: float
    rows: float
    gigabytes: float


def plan(documents: int, fleet: Fleet, costs: Costs, assumed: Assumed, seed: int = 0) -> Row:
    """What so many documents take on that fleet."""
    part = max(documents // MOST_SIMULATED, 1)
    small = divided(fleet, part)
    numbers = list(pages_of(documents // part, assumed, seed))
    loads = [load_of(pages, costs, assumed) for pages in numbers]
    went, limits = simulate(loads, small, seed), bounds(loads, small)
    hours = went.seconds / 3600
    requests, tokens = (part * sum(getattr(load, name) for load in loads) for name in ("requests", "tokens"))
    bucket = documents * (costs.puts * assumed.put_thousand + costs.gets * assumed.get_thousand) / 1000
    return Row(
        documents=documents,
        fleet=fleet,
        hours=hours,
        binds=max(limits, key=limits.__getitem__),
        deaths=went.deaths * part,
        asked_again=went.lost * part,
        pages=part * sum(numbers),
        requests=requests,
        tokens=tokens,
        cores_hours=went.computed * part / 3600,
        cost={name: dollars(tokens, requests, costs, models()[name]) for name in SCALED_MODELS},
        other=hours * fleet.machines * fleet.cores * assumed.core_hour + bucket,
        rows=documents * costs.rows,
        gigabytes=documents * costs.rows * costs.row_bytes / 1e9,
    )


def divided(fleet: Fleet, part: int) -> Fleet:
    """A part of a fleet: of its machines, its deaths and its limits."""
    if fleet.machines % part:
        raise SystemExit(f"{fleet.machines} machines can't be divided by {part}: give a multiple of it.")
    return replace(
        fleet,
        machines=fleet.machines // part,
        requests_a_minute=fleet.requests_a_minute and fleet.requests_a_minute / part,
        tokens_a_minute=fleet.tokens_a_minute and fleet.tokens_a_minute / part,
        documents_a_minute=fleet.documents_a_minute and fleet.documents_a_minute / part,
    )


def dollars(tokens: int, requests: int, costs: Costs, model: ModelProfile) -> float:
    """What the model's answers cost at the prices of its profile."""
    answers = requests * costs.answer_tokens
    return ((tokens - answers) * (model.price_in or 0.0) + answers * (model.price_out or 0.0)) / 1e6


def show(rows: Sequence[Row], costs: Costs, assumed: Assumed) -> None:
    """Print the plan, with all that it stands on."""
    print("Unit costs:", ", ".join(f"{name} {value:g}" for name, value in asdict(costs).items()))
    print("Assumed:", ", ".join(f"{name} {value:g}" for name, value in asdict(assumed).items()))
    for row in rows:
        fleet = row.fleet
        told = (
            ("requests", fleet.requests_a_minute),
            ("tokens", fleet.tokens_a_minute),
            ("documents through Prefect", fleet.documents_a_minute),
        )
        limits = ", ".join(f"{limit:,.0f} {name} a minute" for name, limit in told if limit) or "no limit a minute"
        print(f"\n{row.documents:,} documents on {fleet.machines} machines of {fleet.cores} cores, {limits}")
        print(f"  {row.pages:,} pages, {row.requests:,} requests, {row.tokens / 1e9:,.1f} billion tokens")
        print(f"  {row.hours:,.1f} hours; what binds: {row.binds}; {row.cores_hours:,.0f} core hours")
        print(f"  {row.deaths:,} machines died, {row.asked_again:,} requests were asked again for it")
        print("  dollars: " + ", ".join(f"{name} {cost:,.0f}" for name, cost in row.cost.items()))
        print(f"  machines and bucket: {row.other:,.0f} dollars")
        print(f"  Prefect: {row.rows / 1e6:,.1f} million rows, {row.gigabytes:,.1f} GB")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, help="of each size (4 for 100,000, 400 for 10 million)")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--requests-a-minute", type=float, help="of all machines together; none is no limit")
    parser.add_argument("--tokens-a-minute", type=float, help="of all machines together; none is no limit")
    parser.add_argument(
        "--server-cores", type=float, default=4.0, help="of Prefect's server; 0 is a run without Prefect"
    )
    parser.add_argument("--answer", type=float, default=20.0, help="seconds that an answer takes")
    parser.add_argument("--life", type=float, default=72.0, help="hours after which a machine dies, on average")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure", action="store_true", help="measure the library's unit costs, and end")
    parser.add_argument("--more", type=Path, help="a folder of PDFs to measure with, beside the samples")
    parser.add_argument("--prefect", type=int, metavar="N", help="measure Prefect's over N documents, and end")
    given = parser.parse_args()
    if given.measure or given.prefect:
        from benchmarks.unit_costs import measure, measure_prefect

        for line in measure(given.more) if given.measure else measure_prefect(given.prefect):
            print(line, flush=True)
        return
    costs, assumed = Costs(), Assumed()
    if not given.server_cores:
        costs = replace(costs, prefect_worker=0.0, prefect_server=0.0, chunk_start=0.0, rows=0.0)
    rows = []
    for documents in SIZES:
        fleet = Fleet(
            given.machines or max(documents // 25_000, 1),
            given.cores,
            at_once=given.cores + 16,
            answer=given.answer,
            requests_a_minute=given.requests_a_minute,
            tokens_a_minute=given.tokens_a_minute,
            documents_a_minute=60 * given.server_cores / costs.prefect_server if given.server_cores else None,
            life=given.life * 3600,
        )
        rows.append(plan(documents, fleet, costs, assumed, given.seed))
    show(rows, costs, assumed)


if __name__ == "__main__":
    main()
