"""Files broken at random, from a seed: each ends in pages, in pages with gaps, or in one sentence, and in time."""

from __future__ import annotations

import logging
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import UnreadableDocument
from pipeline.extract.limits import Limits
from pipeline.extract.nursery import nursery
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
LIMITS = Limits(open_seconds=20.0, page_seconds=20.0, memory_mb=2048, processes=1)
PAGES = 2
SMALLEST, LARGEST = 200, 400_000
_ENDED = re.compile(r"crashed \(SIG|took longer than its time limit")
_OBJECT = re.compile(rb"\d+ \d+ obj\b(.*?)endobj", re.DOTALL)


def flipped(data: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, anywhere."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 5, 50, 400))):
        made[rng.randrange(len(made))] = rng.randrange(256)
    return bytes(made)


def cut(data: bytes, rng: random.Random) -> bytes:
    """The end lost, or a piece from the middle."""
    start = rng.randrange(len(data) // 10, len(data))
    return data[:start] if rng.random() < 0.5 else data[:start] + data[start + rng.randrange(1, 5000) :]


def swapped(data: bytes, rng: random.Random) -> bytes:
    """What two objects hold, exchanged; or one put in the place of the other."""
    bodies = [match.span(1) for match in _OBJECT.finditer(data)]
    if len(bodies) < 2:
        return cut(data, rng)
    (a, b), (c, d) = sorted(rng.sample(bodies, 2))
    first, second = data[a:b], data[c:d]
    return data[:a] + second + data[b:c] + (first if rng.random() < 0.7 else second) + data[d:]


def mutated(sources: Sequence[Path], seed: int) -> bytes:
    """One source, broken in one to three ways; the same seed breaks the same in the same way."""
    rng = random.Random(seed)
    data = rng.choice(sources).read_bytes()
    for _ in range(rng.randint(1, 3)):
        data = rng.choice((flipped, cut, swapped))(data, rng)
    return data


def outcome(path: Path, work: WorkStore) -> str:
    """How reading a file ends: all its first pages there ("pages"), some of them gaps ("gaps"), or "refused"; "ended"
    where a reading process crashed or ran out of time, whatever came after it.
    """
    try:
        with read_document(path, work, ocr="never", limits=LIMITS) as reading:
            wanted = range(1, min(reading.document.page_count, PAGES) + 1)
            pages = list(reading.pages(wanted))
            assert [page.number for page in pages] == list(wanted)
            end, said = "pages", [page.problem for page in pages if page.problem]
    except UnreadableDocument as refused:
        end, said = "refused", [str(refused)]
    for one in said:
        assert one.endswith(".") and "\n" not in one and "Traceback" not in one
        assert "exit code" not in one, f"{path.name}: a traceback ended its reading process"
    if any(map(_ENDED.search, said)):
        return "ended"
    return "gaps" if said and end == "pages" else end


def nothing_escaped(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """That no exception of Python's ended a reading process, whatever it was asked, nor was printed by one."""
    told = "".join((caplog.text, *capfd.readouterr()))
    assert "Traceback" not in told and "exit code" not in told


def ends(seeds: Iterable[int], sources: Sequence[Path], folder: Path) -> Counter[str]:
    """How many cases end in which way."""
    work = WorkStore(str(folder / "work"))

    def one(seed: int) -> str:
        path = folder / f"{seed}.pdf"
        path.write_bytes(mutated(sources, seed))
        end = outcome(path, work)
        path.unlink()
        return end

    with nursery(), ThreadPoolExecutor(2) as pool:
        return Counter(pool.map(one, seeds))


def test_breaking_is_reproducible_and_of_every_kind() -> None:
    sources = sorted(SAMPLES.glob("*.pdf"))
    assert mutated(sources, 7) == mutated(sources, 7)
    assert len({mutated(sources, seed) for seed in range(20)}) == 20
    data, rng = sources[0].read_bytes(), random.Random(1)
    assert len(flipped(data, rng)) == len(data) and flipped(data, rng) != data
    assert len(cut(data, rng)) < len(data)
    both = {swapped(b"1 0 obj A endobj 2 0 obj B endobj", random.Random(seed)) for seed in range(20)}
    assert both == {b"1 0 obj B endobj 2 0 obj A endobj", b"1 0 obj B endobj 2 0 obj B endobj"}


def test_broken_samples_end_in_pages_gaps_or_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pipeline.extract.process")  # where it tells what its processes printed
    ended = ends(range(20), sorted(SAMPLES.glob("*.pdf")), tmp_path)
    assert sum(ended.values()) == 20 and ended["pages"] and not ended["ended"]
    nothing_escaped(capfd, caplog)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_thousand_broken_files_end_in_pages_gaps_or_a_sentence(
    corpus: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pipeline.extract.process")
    real = [path for path in (corpus / "pdf").glob("*/*") if SMALLEST <= path.stat().st_size <= LARGEST]
    ended = ends(range(1000, 3000), sorted([*real, *SAMPLES.glob("*.pdf")]), tmp_path)
    assert sum(ended.values()) == 2000 and ended["pages"] > 850
    assert ended["ended"] <= 20, f"more than one in a hundred ends its reading process: {ended}"
    nothing_escaped(capfd, caplog)
