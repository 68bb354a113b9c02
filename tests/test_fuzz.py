"""Files broken at random, from a seed: each ends in pages, in pages with gaps, or in one sentence, and in time.

Most cases are read by a process that was forked from one that has everything loaded, so that thousands take minutes;
what ends such a process, and a few cases besides, then goes the whole way through the reader.
"""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipeline.errors import UnreadableDocument
from pipeline.extract.limits import Limits
from pipeline.extract.messages import Ask, Opening
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
LIMITS = Limits(open_seconds=20.0, page_seconds=20.0, memory_mb=2048, processes=1)
PAGES = 2
SMALLEST, LARGEST = 200, 150_000
LONGEST = LIMITS.open_seconds + PAGES * LIMITS.page_seconds + 20.0
_OBJECT = re.compile(rb"\d+ \d+ obj\b(.*?)endobj", re.DOTALL)
_FORKS = get_context("forkserver")
_LOST = "ended: 255"
"""What multiprocessing says where the server that forks was gone; an exception of Python's own ends with 1."""


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


def _read(path: str, store: str, answer: Connection) -> None:
    """In a process of its own: what the worker would say of the file and its first pages."""
    import pymupdf

    from pipeline.extract.opening import Refused
    from pipeline.extract.worker import Session, _alarm, _bound_memory

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    digest = sha256(Path(path).read_bytes()).hexdigest()
    _bound_memory(LIMITS.memory_mb)
    _alarm(LIMITS.open_seconds)
    try:
        session = Session(Opening(path, digest, store, "never", None, LIMITS), io.BytesIO())
    except Refused as refused:
        answer.send(f"refused: {refused}")
        return
    except MemoryError:
        answer.send("refused: needs more memory.")
        return
    assert session.opened.document
    pages = range(1, min(session.opened.document.page_count, PAGES) + 1)
    replies = [session.answer(Ask("page", number)) for number in pages]
    assert all((reply.page is None) != (reply.problem is None) for reply in replies)
    assert all(reply.page is None or reply.page.number == number for number, reply in zip(pages, replies, strict=True))
    answer.send("gaps" if any(reply.problem for reply in replies) else "pages")


def _outcome(folder: Path, sources: Sequence[Path], seed: int) -> str:
    """How one case ended: "pages", "gaps", "refused: ...", or "ended: ..." where it ended its process."""
    path = folder / f"{seed}.pdf"
    path.write_bytes(mutated(sources, seed))
    said = _LOST
    for _ in range(3):
        if said == _LOST:
            said = _forked(path, folder)
    if not said.startswith("ended"):
        path.unlink()
    return said


def _forked(path: Path, folder: Path) -> str:
    receive, send = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_read, args=(str(path), str(folder / "work"), send))
    process.start()
    send.close()
    process.join(LONGEST)
    if process.is_alive():
        process.kill()
        process.join()
        return "hung"
    said = str(receive.recv()) if process.exitcode == 0 and receive.poll() else f"ended: {process.exitcode}"
    receive.close()
    return said


def _through_the_reader(path: Path, work: WorkStore) -> None:
    """The whole way: pages that are all there, or one sentence."""
    try:
        with read_document(path, work, ocr="never", limits=LIMITS) as reading:
            wanted = range(1, min(reading.document.page_count, PAGES) + 1)
            assert [page.number for page in reading.pages(wanted)] == list(wanted)
    except UnreadableDocument as refused:
        assert str(refused).endswith(".") and "\n" not in str(refused) and "Traceback" not in str(refused)


def _hold(seeds: Iterable[int], sources: Sequence[Path], folder: Path) -> Counter[str]:
    """Reads each case, checks how it ended, and counts the ends."""
    _FORKS.set_forkserver_preload(["pytest", "pipeline.extract.worker", "pipeline.extract.reader"])
    with ThreadPoolExecutor(2) as pool:
        ends = dict(zip(seeds, pool.map(partial(_outcome, folder, sources), seeds), strict=True))
    for seed, end in ends.items():
        assert end != "hung", f"seed {seed} took longer than all its limits"
        # An exit code above 0 is an exception that nothing caught; a signal is MuPDF's crash, or a limit that held.
        assert not re.fullmatch(r"ended: [1-9]\d*", end), f"seed {seed}: a traceback"
        assert not end.startswith("refused") or end.endswith("."), end
        if end.startswith("ended"):
            _through_the_reader(folder / f"{seed}.pdf", WorkStore(str(folder / "work")))
    return Counter(end.split(":")[0] for end in ends.values())


def test_breaking_is_reproducible_and_of_every_kind() -> None:
    sources = sorted(SAMPLES.glob("*.pdf"))
    assert mutated(sources, 7) == mutated(sources, 7)
    assert len({mutated(sources, seed) for seed in range(20)}) == 20
    data, rng = sources[0].read_bytes(), random.Random(1)
    assert len(flipped(data, rng)) == len(data) and flipped(data, rng) != data
    assert len(cut(data, rng)) < len(data)
    both = {swapped(b"1 0 obj A endobj 2 0 obj B endobj", random.Random(seed)) for seed in range(20)}
    assert both == {b"1 0 obj B endobj 2 0 obj A endobj", b"1 0 obj B endobj 2 0 obj B endobj"}


def test_broken_samples_end_in_pages_gaps_or_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sources = sorted(SAMPLES.glob("*.pdf"))
    ends = _hold(range(20), sources, tmp_path)
    assert sum(ends.values()) == 20 and ends["pages"]
    for seed in (100, 101):
        (tmp_path / "broken.pdf").write_bytes(mutated(sources, seed))
        _through_the_reader(tmp_path / "broken.pdf", WorkStore(str(tmp_path / "work")))
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_thousand_broken_files_end_in_pages_gaps_or_a_sentence(
    corpus: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    real = [path for path in (corpus / "pdf").glob("*/*") if SMALLEST <= path.stat().st_size <= LARGEST]
    ends = _hold(range(1000, 3000), sorted([*real, *SAMPLES.glob("*.pdf")]), tmp_path)
    assert sum(ends.values()) == 2000
    assert ends["ended"] <= 20, f"more than one in a hundred ends its process: {ends}"
    assert "Traceback" not in "".join(capfd.readouterr())
