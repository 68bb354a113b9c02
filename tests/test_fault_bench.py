"""The fault bench: whatever goes wrong, nothing is lost in silence, misplaced, or paid for twice."""

from __future__ import annotations

import pytest

from benchmarks.faults import SCENARIOS, Outcome, main, measure, table


@pytest.mark.parametrize("seed", range(7))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_is_lost_in_silence_misplaced_or_paid_for_twice(scenario: str, seed: int) -> None:
    outcome = measure(seed, scenario)
    assert outcome.findings == [], f"{outcome.ended} after {outcome.faults}; gaps: {outcome.gaps}"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_thousand_plans() -> None:
    assert main(["--seeds", "0-999", "--workers", "2"]) == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hundred_budgets_are_never_passed_and_what_they_paid_for_is_kept() -> None:
    assert main(["--seeds", "1000-1199", "--only", "budget", "--workers", "2"]) == 0


def test_the_table_counts_plans_and_what_was_found() -> None:
    fine = Outcome(1, "dead", "incomplete", ["refused"], [], ["page 1: gone"], 2, 4, 9.0, 0.1)
    lost = Outcome(2, "silent", "complete", [], ["KX-34627 on page 3 (text) was lost"], [], 1, 1, 0.0, 0.1)
    lines = list(table([fine, lost]))
    assert [line.split()[:2] for line in lines[1:4]] == [["silent", "1"], ["dead", "1"], ["all", "2"]]
    assert any("1 x # on page # (text) was lost" in line for line in lines)
    assert lines[-1].startswith("seed 2 (silent, complete)")
