"""Facts arrive at endpoints that take little, or are named as gaps: the benchmark of that, in small and whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.arrival import Eyes
from benchmarks.carriers.catalogue import make
from benchmarks.windows import Asked, ask, lost, main, without_pictures
from tests.strict_server import Rules

CARRIERS = ["two columns", "captions", "picture: inline", "comments"]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("windows") / "facts.pdf"
    path.write_bytes(make(0, CARRIERS)[0])
    return path


def asked(document: Path, folder: Path, rules: Rules, window: int | None = None) -> tuple[Asked, list[str]]:
    found = ask(document, folder / "store", rules, window)
    return found, lost(make(0, CARRIERS)[1], found, Eyes())


@pytest.mark.parametrize("window", [16_384, 8_192])
def test_every_fact_arrives_in_a_small_window(window: int, document: Path, tmp_path: Path) -> None:
    found, missing = asked(document, tmp_path, Rules(window=window), window)
    assert missing == []
    assert found.result.status == "complete"


@pytest.mark.parametrize("most", [1, 4])
def test_every_fact_arrives_where_few_pictures_are_taken(most: int, document: Path, tmp_path: Path) -> None:
    found, missing = asked(document, tmp_path, Rules(pictures=most))
    assert missing == []
    assert found.result.status == "complete"


def test_each_picture_is_a_gap_where_none_is_taken(document: Path, tmp_path: Path) -> None:
    found, missing = asked(document, tmp_path, Rules(pictures=0))
    assert missing, "what only pictures show is not there"
    assert without_pictures(found, make(0, CARRIERS)[1], missing) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_carrier_at_every_limit(pytestconfig: pytest.Config) -> None:
    assert main(["--cache", str(pytestconfig.cache.mkdir("fidelity"))]) == 0
