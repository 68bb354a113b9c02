"""Whether anything is lost, misplaced or paid for twice when everything goes wrong between a request and its answer.

    python benchmarks/faults.py --seeds 0-999 --workers 2
    python benchmarks/faults.py --seeds 17 --only poison

Each seed is one plan: a document of 1 to 12 requests with a fact on every page and in every picture, the rules of a
strict server, and what goes wrong with each attempt. The whole product is run against it in simulated time, and what
comes of it is held against the server's own log. Nothing leaves the process.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, get_args

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.fidelity import seeds
from tests.fault_plans import DEAD, LASTING, LOCKED, FaultPlan
from tests.faulty_audit import audit
from tests.faulty_documents import SCHEMA, Book, make_book
from tests.faulty_runs import Run, run
from tests.strict_server import Rules, StrictServer
from tests.strict_words import Dialect

PAGES = (1, 3, 7, 13, 20, 32)
"""At the windows below, documents of these lengths take 1 to 12 requests."""
WINDOWS = (3072, 4096, 6144)
CHUNK = 10
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Case:
    """One plan. `complete` says that with patience nothing may be missing; `then` are the settings of a second run with
    the same store, in which nothing may be missing either.
    """

    pages: int
    rules: Rules
    plan: FaultPlan
    settings: Mapping[str, Any]
    fields: bool
    complete: bool
    then: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan: how the run ended, the audit's findings, and how much was asked."""

    seed: int
    scenario: str
    ended: str
    faults: Sequence[str]
    findings: Sequence[str]
    gaps: Sequence[str]
    requests: int
    attempts: int
    waited: float
    took: float
    more: Mapping[str, Any] = field(default_factory=dict)


Scenario = Callable[[random.Random, int], Case]


def transient(chance: random.Random, seed: int) -> Case:
    """Faults that pass, on a server that takes what it is believed to take."""
    window = chance.choice(WINDOWS)
    rules = Rules(dialect=_dialect(chance), costs=chance.random() < 0.5, speed_in=2500.0, speed_out=50.0)
    plan = FaultPlan(seed, share=chance.choice((0.3, 0.6, 1.0)))
    return Case(chance.choice(PAGES), rules, plan, {"window_tokens": window}, chance.random() < 0.7, True)


def limits(chance: random.Random, seed: int) -> Case:
    """A server that takes less than it is believed to, and faults that pass."""
    window = chance.choice(WINDOWS)
    modes = (("tools", "none"), ("json_object", "none"), ("none",))
    changes: list[dict[str, Any]] = [
        # A schema in the prompt and a window that is much smaller would leave no room for a page.
        chance.choice(({"window": int(window * 0.8)}, {"modes": chance.choice(modes), "chatty": True})),
        {"pictures": chance.choice((1, 2, 4))},
        {"output_cap": chance.choice((400, 600))},
        {"body_bytes": chance.choice((16_000, 24_000))},
        {"requests_per_minute": chance.choice((3, 10)), "retry_after": "seconds"},
        {"at_once": 1, "speed_out": 50.0},
    ]
    chosen: dict[str, Any] = {}
    for change in chance.sample(changes, chance.randint(1, 2)):
        chosen |= change
    rules = Rules(dialect=_dialect(chance), **chosen)
    plan = FaultPlan(seed, share=chance.choice((0.0, 0.3)))
    return Case(chance.choice(PAGES), rules, plan, {"window_tokens": window}, chance.random() < 0.7, True)


def silent(chance: random.Random, seed: int) -> Case:
    """A server that cuts prompts and says nothing."""
    rules = Rules(dialect="ollama", silent_window=chance.choice((1600, 2400)), usage=chance.random() < 0.7)
    settings = {"window_tokens": chance.choice(WINDOWS)}
    return Case(chance.choice(PAGES), rules, FaultPlan(seed, share=0.0), settings, chance.random() < 0.7, False)


def poison(chance: random.Random, seed: int) -> Case:
    """One or two pages that something is always wrong with, and faults that pass on the others."""
    pages = chance.choice(PAGES)
    facts = chance.sample(_book(pages).facts, min(chance.randint(1, 2), pages))
    plan = FaultPlan(seed, share=0.3, poison={fact.token: chance.choice(LASTING) for fact in facts})
    settings = {"window_tokens": chance.choice(WINDOWS)}
    return Case(pages, Rules(dialect=_dialect(chance)), plan, settings, chance.random() < 0.7, False)


def dead(chance: random.Random, seed: int) -> Case:
    """An endpoint that is gone, or refuses the key, from some request on."""
    plan = FaultPlan(seed, share=0.2, end=(chance.randint(0, 8), chance.choice((DEAD, LOCKED))))
    settings = {"window_tokens": chance.choice(WINDOWS)}
    return Case(chance.choice(PAGES), Rules(dialect=_dialect(chance)), plan, settings, chance.random() < 0.7, False)


def budget(chance: random.Random, seed: int) -> Case:
    """Too little money, and enough of it the next day."""
    rules = Rules(dialect=_dialect(chance), costs=chance.random() < 0.5)
    settings = {"window_tokens": chance.choice(WINDOWS), "max_cost": round(chance.uniform(0.0, 0.004), 5)}
    plan, then = FaultPlan(seed, share=0.5), {"max_cost": None}
    return Case(chance.choice(PAGES), rules, plan, settings, chance.random() < 0.7, False, then)


SCENARIOS: dict[str, Scenario] = {
    "transient": transient,
    "limits": limits,
    "silent": silent,
    "poison": poison,
    "dead": dead,
    "budget": budget,
}
WEIGHTS = (45, 25, 5, 15, 5, 5)


def _dialect(chance: random.Random) -> Dialect:
    return chance.choice(get_args(Dialect))


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="quire-faults-")


@cache
def _book(pages: int) -> Book:
    """The document of so many pages; each process makes its own."""
    return make_book(Path(_folder().name), pages, pages)


def measure(seed: int, only: str | None = None) -> Outcome:
    """Carry out the plan of a seed."""
    chance = random.Random(f"faults/{seed}")
    name = only or chance.choices(list(SCENARIOS), WEIGHTS)[0]
    case = SCENARIOS[name](chance, seed)
    book, server, began = _book(case.pages), StrictServer(case.rules, plan=case.plan), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="quire-faults-") as store:
        schema = SCHEMA if case.fields else None
        try:
            done = run(book, server, Path(store), schema, images="all", **case.settings)
            findings = audit(done.result, server.log.exchanges, book.facts, complete=case.complete)
            findings += [*_over_budget(case, server, done), *_spread(case, book, done)]
            if case.then is not None:
                _a_day_ago(server)
                again = run(book, server, Path(store), schema, images="all", **{**case.settings, **case.then})
                findings += audit(again.result, server.log.exchanges, book.facts, complete=True)
        except Exception as fault:  # whatever it is, it is a finding
            done, findings = Run(None, None, 0.0), [f"crashed: {type(fault).__name__}: {str(fault)[:200]}"]
    return Outcome(
        seed,
        name,
        _ended(done),
        [one.fault or str(one.status) for one in server.log.exchanges if one.fault or one.status != 200],
        findings,
        [f"{gap.kind} {gap.page}: {gap.reason}" for gap in done.result.coverage.gaps] if done.result else [],
        len({one.key for one in server.log.exchanges}),
        len(server.log.exchanges),
        done.seconds,
        time.monotonic() - began,
        {"pages": case.pages, "rules": asdict(case.rules), "settings": dict(case.settings)},
    )


def _a_day_ago(server: StrictServer) -> None:
    """Each run's time begins at nothing: what was asked before the second is put before it."""
    for one in server.log.exchanges:
        one.at, one.ended = one.at - _DAY, (one.ended or one.at) - _DAY


def _over_budget(case: Case, server: StrictServer, done: Run) -> Iterator[str]:
    """What the server billed, for whatever came of it, is within the budget; a run that it stops says so."""
    most, spent = case.settings.get("max_cost"), sum(one.cost for one in server.log.exchanges)
    if most is not None and spent > most:
        yield f"${spent:.6f} were spent of ${most:.6f}"
    gaps = done.result.coverage.gaps if done.result else []
    if done.result and any("budget" in gap.reason for gap in gaps) and done.result.run.exit_code != 4:
        yield f"the budget stopped it, and the exit code is {done.result.run.exit_code}"


def _spread(case: Case, book: Book, done: Run) -> Iterator[str]:
    """Where one page alone is what something is always wrong with, no other is missing."""
    if len(case.plan.poison) == 1 and done.result is not None:
        (poisoned,) = (fact.page for fact in book.facts if fact.token in case.plan.poison)
        others = {gap.page for gap in done.result.coverage.gaps} - {poisoned}
        if others:
            yield f"the fault of page {poisoned} cost others: {others}"


def _ended(done: Run) -> str:
    if done.result is not None:
        return done.result.status
    return type(done.error).__name__ if done.error else "crashed"


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Lines: each scenario with its plans, how they ended, what was asked, and how many had findings."""
    heads = ("plans", "complete", "gaps", "requests", "attempts", "findings", "seconds")
    yield f"{'scenario':10}{''.join(f'{head:>10}' for head in heads)}"
    for name in (*SCENARIOS, "all"):
        rows = [one for one in outcomes if name in (one.scenario, "all")]
        if not rows:
            continue
        whole = sum(one.ended == "complete" for one in rows) / len(rows)
        gaps, found = sum(len(one.gaps) for one in rows), sum(bool(one.findings) for one in rows)
        requests, attempts = sum(one.requests for one in rows), sum(one.attempts for one in rows)
        took = sum(one.took for one in rows) / len(rows)
        yield f"{name:10}{len(rows):10}{whole:10.1%}{gaps:10}{requests:10}{attempts:10}{found:10}{took:10.2f}"
    kinds = Counter(_kind(one) for outcome in outcomes for one in outcome.findings)
    yield from (f"{count:6} x {kind}" for kind, count in kinds.most_common(20))
    for one in [outcome for outcome in outcomes if outcome.findings][:10]:
        yield f"seed {one.seed} ({one.scenario}, {one.ended}): {one.findings[0]}"


def _kind(finding: str) -> str:
    """A finding without what is particular to it."""
    return re.sub(r"[A-Z]{2}-\d{5}|\d[\d.,]*", "#", finding)[:120]


def _quiet() -> None:
    """What a run logs is in its result too."""
    logging.disable(logging.ERROR)
    os.environ["QUIRE_STORE"] = _folder().name


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where the audit found anything."""
    parser = argparse.ArgumentParser(
        description="Run documents against a strict server on which everything goes wrong."
    )
    parser.add_argument("--seeds", type=seeds, default=list(range(40)), help="plans of these seeds: 0-999")
    parser.add_argument("--only", choices=SCENARIOS, help="every seed as a plan of this scenario")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--json", type=Path, help="write every outcome here")
    given = parser.parse_args(arguments)
    began, one = time.monotonic(), partial(measure, only=given.only)
    with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn"), initializer=_quiet) as pool:
        outcomes = list(pool.map(one, given.seeds, chunksize=CHUNK))
    for line in table(outcomes):
        print(line)
    print(f"{len(outcomes)} plans in {time.monotonic() - began:.0f} s")
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1), encoding="utf-8")
    return int(any(one.findings for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
