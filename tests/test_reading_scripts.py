"""What scripts and encodings ask of reading: text down the page, labels in any letters, fonts that say nothing."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from benchmarks.carriers.catalogue import make
from pipeline.document import Page
from pipeline.extract.cleaning import page_label
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ("xii", "xii"),
        ("A-7", "A-7"),
        ("<FEFF00C4>7", "Ä7"),
        ("<fffec400>7", "Ä7"),
        ("<C4>7", "Ä7"),
        ("<FEFFD800>1", "\ufffd1"),
        ("<FEF>1", "<FEF>1"),
        ("<>", "<>"),
        ("x" * 60, "x" * 40),
        ("", None),
        (None, None),
    ],
)
def test_a_label_is_read_in_any_letters(given: object, label: str | None) -> None:
    assert page_label(given) == label


def _read(path: Path) -> Page:
    with read_document(path, WorkStore(str(path.parent / "work")), ocr="never") as reading:
        return next(iter(reading.pages([1])))


def test_text_that_runs_down_the_page_is_one_word_a_run(tmp_path: Path) -> None:
    columns = ("天地玄黄宇宙", "洪荒日月盈昃")
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((20, 20), "x", fontname="china-s")
        reference = page.get_fonts()[0][4]
        document.xref_set_key(page.get_fonts()[0][0], "Encoding", "/UniGB-UTF16-V")
        shown = "".join(
            f"BT /{reference} 14 Tf 1 0 0 1 {400 - 40 * at} 700 Tm <{column.encode('utf-16-be').hex()}> Tj ET\n"
            for at, column in enumerate(columns)
        )
        document.update_stream(page.get_contents()[0], shown.encode())
        document.save(tmp_path / "down.pdf")
    assert [block.text for block in _read(tmp_path / "down.pdf").blocks] == list(columns)


def test_a_line_without_unicode_is_kept_as_a_picture_of_its_place(tmp_path: Path) -> None:
    (tmp_path / "line.pdf").write_bytes(make(0, ["line without map"])[0])
    page = _read(tmp_path / "line.pdf")
    line = next(block for block in page.blocks if "\ufffd" in block.text)
    assert line.text.count("\ufffd") / page.chars < 0.05
    (picture,) = page.pictures
    assert picture.sha256
    assert picture.box[0] < line.box[0] < line.box[2] < picture.box[2]
    assert picture.box[1] < line.box[1] < line.box[3] < picture.box[3]
    assert picture.box[3] - picture.box[1] < 30
