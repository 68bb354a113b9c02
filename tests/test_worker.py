"""The reading process: what it does when a file crashes, hangs or fills it, and what it never does."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pymupdf
import pytest

from pipeline.errors import UnreadableDocument
from pipeline.extract.limits import Limits
from pipeline.extract.process import Worker
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
        assert reading._worker
        os.kill(reading._worker.pid, signal.SIGKILL)
        second, third = pages
    assert second.number == 2 and second.problem and "SIGKILL" in second.problem
    assert third.number == 3 and third.problem is None
    assert "page 3" in third.blocks[0].text


def test_a_page_that_hangs_is_ended_at_its_limit(three_pages: Path, work: WorkStore) -> None:
    with read_document(three_pages, work, limits=Limits(page_seconds=0.5)) as reading:
        assert reading._worker
        os.kill(reading._worker.pid, signal.SIGSTOP)
        pages = list(reading.pages())
    assert [page.number for page in pages] == [1, 2, 3]
    assert pages[0].problem == "Page 1 could not be read: took longer than its time limit."
    assert pages[2].problem is None
