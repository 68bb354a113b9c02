"""The reading process: what it does when a file crashes, hangs or fills it, and what it never does."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pymupdf
import pytest

from pipeline.errors import UnreadableDocument
from pipeline.extract.limits import Limits
from pipeline.extract.messages import Ask, Opening, Reply
from pipeline.extract.process import Worker, WorkerGone
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore


@pytest.fixture
def work(tmp_path: Path) -> WorkStore:
    return WorkStore(str(tmp_path / "work"))


@pytest.fixture
def three_pages(tmp_path: Path) -> Path:
    with pymupdf.open() as document:
        for number in (1, 2, 3):
            document.new_page().insert_text((72, 72), f"This is page {number}.")
        document.save(tmp_path / "three.pdf")
    return tmp_path / "three.pdf"


def test_a_worker_that_is_killed_costs_one_page_and_says_which(three_pages: Path, work: WorkStore) -> None:
    with read_document(three_pages, work) as reading:
        pages = reading.pages()
        assert next(pages).problem is None
        assert reading._lanes[0].worker
        os.kill(reading._lanes[0].worker.pid, signal.SIGKILL)
        second, third = pages
    assert second.number == 2 and second.problem and "SIGKILL" in second.problem
    assert third.number == 3 and third.problem is None
    assert "page 3" in third.blocks[0].text


@pytest.mark.slow
def test_a_page_that_hangs_is_ended_at_its_limit(three_pages: Path, work: WorkStore) -> None:
    with read_document(three_pages, work, limits=Limits(page_seconds=4.0)) as reading:
        assert reading._lanes[0].worker
        os.kill(reading._lanes[0].worker.pid, signal.SIGSTOP)
        pages = list(reading.pages())
    assert [page.number for page in pages] == [1, 2, 3]
    assert pages[0].problem == "Page 1 could not be read: took longer than its time limit."
    assert pages[2].problem is None


def test_a_stage_that_ends_the_worker_is_left_out_at_the_second_try(
    three_pages: Path, work: WorkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Ask] = []
    real = Worker.ask

    def dies_at_pictures(self: Worker, ask: Ask) -> Reply:
        if ask.do == "page":
            asked.append(ask)
        if ask.do == "page" and "pictures" not in ask.without:
            raise WorkerGone("the reading process crashed (SIGSEGV)", "pictures")
        return real(self, ask)

    monkeypatch.setattr(Worker, "ask", dies_at_pictures)
    with read_document(three_pages, work) as reading:
        (page,) = reading.pages([2])
    assert [ask.without for ask in asked] == [(), ("pictures",)]
    assert page.problem is None and "page 2" in page.blocks[0].text
    assert work.load(f"pages/{reading._key}/2.json") is None, "a page that is not whole is not kept"


def test_a_document_that_cannot_be_opened_in_time_is_unreadable(three_pages: Path, work: WorkStore) -> None:
    with pytest.raises(UnreadableDocument, match=r"could not be opened: took longer than its time limit; repair"):
        read_document(three_pages, work, limits=Limits(open_seconds=0.01))


def test_memory_is_bounded(three_pages: Path, work: WorkStore) -> None:
    with read_document(three_pages, work, limits=Limits(memory_mb=777)) as reading:
        assert reading._lanes[0].worker
        limits = Path(f"/proc/{reading._lanes[0].worker.pid}/limits").read_text()
    (bound,) = [line for line in limits.splitlines() if line.startswith("Max address space")]
    assert str(777 * 2**20) in bound


def test_the_worker_ends_with_its_reading(three_pages: Path, work: WorkStore) -> None:
    with read_document(three_pages, work) as reading:
        assert reading._lanes[0].worker
        pid = reading._lanes[0].worker.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_worker_gets_no_keys(three_pages: Path, work: WorkStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-secret")
    monkeypatch.setenv("QUIRE_PDF_PASSWORD", "hunter2")
    with read_document(three_pages, work) as reading:
        assert reading._lanes[0].worker
        environment = Path(f"/proc/{reading._lanes[0].worker.pid}/environ").read_bytes()
        arguments = Path(f"/proc/{reading._lanes[0].worker.pid}/cmdline").read_bytes()
    assert b"sk-secret" not in environment + arguments and b"hunter2" not in environment + arguments


def test_a_file_that_changes_while_it_is_read_is_refused(
    three_pages: Path, work: WorkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Worker.open

    def changed_before(self: Worker, opening: Opening) -> Reply:
        three_pages.write_bytes(three_pages.read_bytes() + b"\n% more")
        return real(self, opening)

    monkeypatch.setattr(Worker, "open", changed_before)
    with pytest.raises(UnreadableDocument, match="changed while it was read"):
        read_document(three_pages, work)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["broken", "hostile", "encrypted"])
def test_every_hostile_file_ends_in_pages_or_in_one_sentence(
    kind: str, corpus: Path, work: WorkStore, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in sorted((corpus / "pdf" / kind).iterdir()):
        try:
            with read_document(path, work, ocr="never") as reading:
                wanted = range(1, min(reading.document.page_count, 3) + 1)
                assert [page.number for page in reading.pages(wanted)] == list(wanted)
        except UnreadableDocument as refused:
            assert str(refused).endswith(".") and "Traceback" not in str(refused)
    assert capfd.readouterr() == ("", ""), "what MuPDF prints must not reach the terminal"
