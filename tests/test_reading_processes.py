"""Long documents read by several processes, and files that only the second engine opens: nothing is lost or moved."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pymupdf
import pytest
from py3langid.langid import LanguageIdentifier

from pipeline.document import Page
from pipeline.errors import UnreadableDocument
from pipeline.extract import language, order, reader
from pipeline.extract.lane import Lane
from pipeline.extract.limits import Limits
from pipeline.extract.mending import MENDED
from pipeline.extract.messages import Ask, Opening, Reply
from pipeline.extract.nursery import nursery
from pipeline.extract.origin import Origin
from pipeline.extract.process import Worker
from pipeline.extract.reader import Reading, read_document
from pipeline.extract.work import WorkStore

PAGES = 60
TWO = Limits(processes=2)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes pay from the third page on."""
    monkeypatch.setattr(order, "_ENOUGH_SEEN", 2)
    monkeypatch.setattr(order, "_PAYS_SECONDS", 0.0)


@pytest.fixture
def long(tmp_path: Path) -> Path:
    with pymupdf.open() as document:
        for number in range(1, PAGES + 1):
            page = document.new_page()
            page.insert_text((72, 72), f"This is page {number}. It belongs to a long report.")
            page.draw_rect((72, 100, 200 + number, 160), fill=(0.5, number / PAGES, 0.2))
        document.save(tmp_path / "long.pdf")
    return tmp_path / "long.pdf"


def _work(tmp_path: Path, name: str = "work") -> WorkStore:
    return WorkStore(str(tmp_path / name))


def _when_asked(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[Worker], object]) -> None:
    """Do something to the worker that is asked for that page, just before it is."""
    real = Worker.ask

    def ask(self: Worker, ask: Ask) -> Reply:
        if ask.number == number:
            act(self)
        return real(self, ask)

    monkeypatch.setattr(Worker, "ask", ask)


def _below(pid: int) -> set[int]:
    """The processes that a process started, and those that they forked."""
    found = {int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()}
    return found.union(*(_below(one) for one in found))


def _workers(reading: Reading) -> set[int]:
    return {one.worker.pid for one in reading._lanes if one.worker}


def test_several_processes_give_the_pages_that_one_gives(long: Path, tmp_path: Path, at_once: None) -> None:
    with read_document(long, _work(tmp_path, "one"), limits=Limits(processes=1)) as reading:
        alone = list(reading.pages())
        assert len(reading._lanes) == 1
    seen: set[int] = set()
    with read_document(long, _work(tmp_path, "two"), limits=TWO) as reading:
        together: list[Page] = []
        for page in reading.pages():
            together.append(page)
            seen |= _workers(reading)
        assert not _workers(reading), "what reads pages ends with them; words are asked of a fresh one"
        assert [word.text for word in reading.words([31])[31]][:4] == ["This", "is", "page", "31."]
    assert together == alone
    assert [page.number for page in together] == list(range(1, PAGES + 1))
    assert len(seen) == 2


def test_a_short_document_is_read_by_one_process(tmp_path: Path, long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "_PAYS_SECONDS", 120.0)  # however busy the machine is, this one takes less
    with read_document(long, _work(tmp_path), limits=Limits(processes=8)) as reading:
        assert len(list(reading.pages())) == PAGES
        assert len(reading._lanes) == 1


def test_a_killed_process_costs_its_page_and_no_other(
    long: Path, tmp_path: Path, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _when_asked(monkeypatch, 31, lambda worker: os.kill(worker.pid, signal.SIGKILL))
    with read_document(long, _work(tmp_path), limits=TWO) as reading:
        pages = list(reading.pages())
    assert [page.number for page in pages if page.problem] == [31]
    assert pages[30].problem == "Page 31 could not be read: the reading process crashed (SIGKILL)."
    assert all(f"page {page.number}." in page.blocks[0].text for page in pages if not page.problem)


def test_a_hanging_process_costs_its_page_and_no_other(
    long: Path, tmp_path: Path, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _when_asked(monkeypatch, 40, lambda worker: os.kill(worker.pid, signal.SIGSTOP))
    with read_document(long, _work(tmp_path), limits=Limits(processes=2, page_seconds=3.0)) as reading:
        pages = list(reading.pages())
    assert [page.number for page in pages if page.problem] == [40]
    assert pages[39].problem == "Page 40 could not be read: took longer than its time limit."


@pytest.mark.slow
def test_a_page_that_needs_too_much_memory_is_a_gap_and_its_neighbours_are_whole(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        for number in (1, 2, 3):
            document.new_page().insert_text((72, 72), f"This is page {number}.")
        line = (
            b"1 0 0 rg " + b" ".join(b"%d %d m %d 7 l" % (n % 500, n % 700, n % 300) for n in range(3_000_000)) + b" f"
        )
        document.update_stream(document[1].get_contents()[0], line)
        document.save(tmp_path / "heavy.pdf", deflate=True)
    with read_document(tmp_path / "heavy.pdf", _work(tmp_path), ocr="never", limits=Limits(memory_mb=400)) as reading:
        first, second, third = reading.pages()
    assert first.problem is None and third.problem is None
    assert "page 1" in first.blocks[0].text and "page 3" in third.blocks[0].text
    assert second.problem and second.problem.startswith("Page 2 could not be read: ")


def test_a_slow_page_holds_up_no_other_lane(long: Path) -> None:
    origin = Origin(Opening(str(long), "", "", "never", None, TWO), long.name)
    read: list[int] = []
    enough = threading.Event()

    def fetch(lane: Lane, number: int) -> int:
        if number == 11:
            assert enough.wait(60.0), "the other lane waits with it"
        elif number > 11:
            read.append(number)
            if len(read) == 100:
                enough.set()
        return number

    numbers = range(1, 201)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "_PAYS_SECONDS", 0.0)
        given = order.in_order(numbers, Lane(origin, "first"), lambda: Lane(origin, "second"), fetch, lambda: 2)
        assert list(given) == list(numbers)


@pytest.mark.parametrize(("pages", "lanes"), [(1, 2), (7, 2), (20, 2), (1321, 2), (1000, 8)])
def test_runs_of_pages_get_shorter_until_all_lanes_can_end_together(pages: int, lanes: int) -> None:
    runs = list(order._runs(range(5, 5 + pages), lanes))
    assert [number for run in runs for number in run] == list(range(5, 5 + pages))
    sizes = [len(run) for run in runs]
    assert sizes == sorted(sizes, reverse=True) and max(sizes) <= 8
    assert sizes[-lanes:] == [1] * min(lanes, pages)


def test_a_reader_that_stops_half_way_leaves_no_process(long: Path, tmp_path: Path, at_once: None) -> None:
    with read_document(long, _work(tmp_path), limits=TWO) as reading:
        pages: Iterator[Page] = reading.pages()
        # The second one starts when it is given its first pages, which come in their turn.
        started = next(found for _ in pages if len(found := _workers(reading)) == 2)
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    del pages
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_a_process_that_has_grown_is_replaced_without_opening_the_document_again(
    long: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    asked: set[int] = set()
    real_open, real_ask = Worker.open, Worker.ask

    def open_(self: Worker, opening: Opening) -> Reply:
        opened.append(self.pid)
        return real_open(self, opening)

    def ask(self: Worker, ask: Ask) -> Reply:
        asked.add(self.pid)
        return real_ask(self, ask)

    monkeypatch.setattr(Worker, "open", open_)
    monkeypatch.setattr(Worker, "ask", ask)
    with read_document(long, _work(tmp_path), limits=Limits(processes=1, growth_mb=-1)) as reading:
        assert all(page.problem is None for page in reading.pages())
    assert len(opened) == 1 and len(asked) == PAGES + 1, "one for each page, where each has always grown too much"


def test_the_process_that_holds_the_document_may_die_too(long: Path, tmp_path: Path) -> None:
    with read_document(long, _work(tmp_path), limits=Limits(processes=1)) as reading:
        pages = reading.pages()
        assert next(pages).problem is None
        assert reading._origin._worker
        os.kill(reading._origin._worker.pid, signal.SIGKILL)
        assert next(pages).problem is None, "the one that reads does not need it"
        (reader,) = _workers(reading)
        os.kill(reader, signal.SIGKILL)
        problems = [page.problem for page in pages if page.problem]
    assert 1 <= len(problems) <= 2 and all("Page 3 " in one or "Page 4 " in one for one in problems)


def test_a_sampled_page_that_kills_costs_no_other_page(
    long: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Worker.ask

    def ask(self: Worker, ask: Ask) -> Reply:
        if ask.do == "sample":
            os.kill(self.pid, signal.SIGKILL)
        return real(self, ask)

    monkeypatch.setattr(Worker, "ask", ask)
    with read_document(long, _work(tmp_path), limits=TWO) as reading:
        assert [page.number for page in reading.pages() if page.problem is None] == list(range(1, PAGES + 1))


def test_the_model_that_knows_languages_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    real = LanguageIdentifier.from_model_file

    def load(path: str, **how: bool) -> LanguageIdentifier:
        loaded.append(path)
        return real(path, **how)

    monkeypatch.setattr(LanguageIdentifier, "from_model_file", load)
    language._identifier.cache_clear()
    language.get_ready()
    language.get_ready()
    assert language.detect("This text is long enough for its language to be known, and it is plain English.") == "en"
    assert len(loaded) == 1


def test_a_long_document_is_read_without_the_model_that_knows_languages(
    long: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with read_document(long, _work(tmp_path), ocr="never") as reading:
        assert reading.document.language == "en"
        assert language._identifier.cache_info().currsize == 1, "the next document needs it too"
    monkeypatch.setattr(reader, "_LONG_PAGES", PAGES)
    with read_document(long, _work(tmp_path, "again"), ocr="never") as reading:
        assert reading.document.language == "en"
        assert language._identifier.cache_info().currsize == 0


def test_every_process_of_a_reading_ends_with_it(long: Path, tmp_path: Path, at_once: None) -> None:
    others = _below(os.getpid())  # a server of another test's, perhaps
    with nursery():
        with read_document(long, _work(tmp_path), limits=TWO) as reading:
            pages = list(reading.pages())
            started = _below(os.getpid()) - others
        left = _below(os.getpid()) - others
        assert len(pages) == PAGES and len(started) == 2
        assert len(left) == 1, "the one that forks stays for the next document"
        with read_document(long, _work(tmp_path, "again"), limits=TWO) as reading:
            assert list(reading.pages()) == pages
            assert left < _below(os.getpid()), "it serves the next document, too"
    assert _below(os.getpid()) <= others


def test_a_reading_goes_on_where_the_process_that_forks_is_lost(long: Path, tmp_path: Path) -> None:
    others = _below(os.getpid())
    with nursery():
        with read_document(long, _work(tmp_path)) as reading:
            assert next(reading.pages()).problem is None
        (forks,) = _below(os.getpid()) - others
        os.kill(forks, signal.SIGKILL)
        with read_document(long, _work(tmp_path, "again")) as reading:
            assert next(reading.pages()).problem is None


_MISCOUNTED = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 9999999999>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>> endobj
4 0 obj <</Length 60>> stream
BT /F1 14 Tf 40 200 Td (Only the second engine opens this.) Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Size 6 /Root 1 0 R>>
%%EOF
"""


def test_what_mupdf_cannot_open_is_read_from_the_second_engines_copy(tmp_path: Path) -> None:
    path = tmp_path / "miscounted.pdf"
    path.write_bytes(_MISCOUNTED)
    with pytest.raises(RuntimeError):
        _ = pymupdf.open(path).page_count
    with read_document(path, _work(tmp_path), ocr="never") as reading:
        assert reading.document.notes == (MENDED,)
        (page,) = reading.pages()
    assert [block.text for block in page.blocks] == ["Only the second engine opens this."]


def test_what_neither_engine_opens_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "ruin.pdf"
    path.write_bytes(_MISCOUNTED[:70])
    with pytest.raises(UnreadableDocument, match=r"^ruin\.pdf (is a PDF too broken|has no pages).*\.$"):
        read_document(path, _work(tmp_path))


def test_only_the_pages_that_are_broken_are_lost(long: Path, tmp_path: Path) -> None:
    with pymupdf.open(long) as document:
        xref = document.page_xref(6)
        document.update_object(xref, "(no page at all)")
        document.save(tmp_path / "holed.pdf")
    with read_document(tmp_path / "holed.pdf", _work(tmp_path), limits=TWO) as reading:
        pages = list(reading.pages())
        assert len(pages) == reading.document.page_count
    lost = [page.number for page in pages if page.problem or not page.blocks]
    assert len(lost) <= 1 and len([page for page in pages if page.blocks]) == PAGES - 1
