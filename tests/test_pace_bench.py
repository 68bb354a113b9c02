"""A known limit is used to the full: the last request ends hardly later than in the best possible schedule."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.pace import best, main, paced
from tests.faulty_documents import make_book


def test_the_best_schedule() -> None:
    assert best([1.0] * 10, at_once=2, per_minute=None) == 5
    assert best([1.0] * 10, at_once=10, per_minute=5) == 60 + 5 / 10
    assert best([100.0] * 10, at_once=2, per_minute=5) == 500, "where the limit is no matter"


@pytest.mark.parametrize("per_minute", [None, 6])
def test_requests_end_when_they_can(per_minute: int | None, tmp_path: Path) -> None:
    found = paced(make_book(tmp_path, 1, 40, pictures=0), tmp_path, at_once=4, per_minute=per_minute)
    assert found.requests > 12
    assert found.refused == 0
    assert found.seconds <= 1.1 * found.best


@pytest.mark.slow
def test_two_hundred_requests_and_the_processor_beside_them() -> None:
    assert main(["--pages", "400"]) == 0
