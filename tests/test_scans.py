"""Scans: pages whose words stand in a picture are read by OCR, once, or say that no engine is there."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from pipeline import ocr
from pipeline.document import Page
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore

needs_ocr = pytest.mark.skipif(ocr.engine() is None, reason="no OCR engine is installed")


@pytest.fixture
def work(tmp_path: Path) -> WorkStore:
    return WorkStore(str(tmp_path / "work"))


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A page that is one picture of text, with a stamp of real text in its margin."""
    with pymupdf.open() as typed, pymupdf.open() as document:
        sheet = typed.new_page(width=400, height=300)
        sheet.insert_text((40, 100), "Delivery note 4711", fontsize=20)
        sheet.insert_text((40, 160), "Received with thanks", fontsize=20)
        page = document.new_page(width=400, height=300)
        page.insert_image(page.rect, stream=sheet.get_pixmap(dpi=200).tobytes("png"))
        page.insert_text((150, 292), "Exhibit A, page 12 of 40", fontsize=8)
        document.save(tmp_path / "scan.pdf")
    return tmp_path / "scan.pdf"


def first(path: Path, work: WorkStore, mode: str) -> Page:
    with read_document(path, work, ocr=mode) as reading:  # type: ignore[arg-type]
        return next(reading.pages())


@needs_ocr
def test_a_scan_is_read_and_its_picture_kept(scan: Path, work: WorkStore) -> None:
    page = first(scan, work, "auto")
    assert page.ocr and len(page.pictures) == 1
    text = "\n".join(block.text for block in page.blocks if block.kind == "ocr")
    assert "Delivery note 4711" in text and "Received with thanks" in text
    assert [block.text for block in page.blocks if block.kind == "text"] == ["Exhibit A, page 12 of 40"]


@needs_ocr
def test_the_words_of_a_scan_are_those_of_its_ocr_and_it_is_read_once(
    scan: Path, work: WorkStore, tmp_path: Path
) -> None:
    with read_document(scan, work) as reading:
        next(reading.pages())
        kept = list((tmp_path / "work" / "ocr").rglob("*.json"))
        words = reading.words([1])[1]
    assert len(kept) == 1
    (found,) = [word for word in words if word.text == "4711"]
    assert found.source == "ocr"
    assert 150 < found.box[0] < found.box[2] < 260 and 75 < found.box[1] < found.box[3] < 115


def test_without_ocr_a_scan_is_a_picture_alone(scan: Path, work: WorkStore) -> None:
    page = first(scan, work, "never")
    assert not page.ocr and [block.text for block in page.blocks] == ["Exhibit A, page 12 of 40"]
    assert len(page.pictures) == 1 and page.problem is None


@needs_ocr
def test_ocr_is_not_called_where_there_is_text_unless_it_is_asked_for(work: WorkStore, tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page(width=400, height=300).insert_text((40, 100), "Typed text stays typed", fontsize=20)
        document.save(tmp_path / "typed.pdf")
    assert not first(tmp_path / "typed.pdf", work, "auto").ocr
    always = first(tmp_path / "typed.pdf", work, "always")
    assert always.ocr and [(block.kind, block.text) for block in always.blocks] == [("ocr", "Typed text stays typed")]


@needs_ocr
def test_rows_of_a_scanned_table_stay_together(corpus: Path, work: WorkStore) -> None:
    page = first(corpus / "pdf/scanned/markitdown__pdf_scanned_sales_report.pdf", work, "auto")
    text = "\n".join(block.text for block in page.blocks)
    assert any("Europe" in row and "$1.8M" in row and "+22%" in row for row in text.splitlines())
