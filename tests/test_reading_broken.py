"""Pages that are broken in part: what is left of them is read, and what is lost is said."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from pipeline.document import Page
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore

FONT = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
WORDS = "The good part says KX-1."
COMPLAINT = "MuPDF: content stream is not a stream"


def _read(path: Path) -> Page:
    with read_document(path, WorkStore(str(path.parent / "work")), ocr="never") as reading:
        (page,) = reading.pages()
    return page


def _page(path: Path, contents: str, field: str = "") -> Page:
    """A page read: of `contents`, "good" is a stream with words, "font" an object that is no stream; with a field."""
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((60, 60), WORDS)
        font = document.get_new_xref()
        document.update_object(font, FONT)
        numbers = {"good": page.get_contents()[0], "font": font, "absent": 999}
        written = " ".join(f"{numbers[name]} 0 R" for name in contents.split())
        document.xref_set_key(page.xref, "Contents", f"[{written}]" if " " in contents else written or "null")
        if field:
            widget = pymupdf.Widget()
            widget.field_name, widget.field_type, widget.rect = "Customer", 7, pymupdf.Rect(60, 100, 300, 120)
            widget.field_value = field
            page.add_widget(widget)
        document.save(path)
    return _read(path)


@pytest.mark.parametrize("contents", ["font", "absent", "font font", "font absent"])
def test_a_page_whose_content_is_not_in_the_file_is_no_blank_page(contents: str, tmp_path: Path) -> None:
    page = _page(tmp_path / "a.pdf", contents)
    assert page.problem == "Page 1 could not be read: its content is not in the file."


def test_a_page_without_content_is_a_blank_page(tmp_path: Path) -> None:
    page = _page(tmp_path / "a.pdf", "")
    assert page.problem is None and page.blocks == () and page.notes == ()


@pytest.mark.parametrize("contents", ["good font", "font good", "good absent"])
def test_what_is_left_of_a_pages_content_is_read_and_the_loss_is_told(contents: str, tmp_path: Path) -> None:
    page = _page(tmp_path / "a.pdf", contents)
    assert page.problem is None and [block.text for block in page.blocks] == [WORDS]
    assert any("cannot load content stream part" in note for note in page.notes)


def test_a_field_on_a_page_whose_content_is_lost_is_read_and_the_loss_is_told(tmp_path: Path) -> None:
    page = _page(tmp_path / "a.pdf", "font", "Borealis KX-2")
    assert page.problem is None and [block.text for block in page.blocks] == ["Customer: Borealis KX-2"]
    assert any(note.startswith(COMPLAINT) for note in page.notes)


def test_a_broken_object_that_a_field_inherits_from_costs_the_page_no_word(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((60, 60), WORDS)
        parent, field = document.get_new_xref(), document.get_new_xref()
        document.update_object(parent, "<</T(Customer)/Kids[99 0 R]>>")
        document.update_object(
            field, f"<</Type/Annot/Subtype/Widget/Rect[60 700 300 720]/FT/Tx/V(Borealis KX-2)/Parent {parent} 0 R>>"
        )
        document.xref_set_key(page.xref, "Annots", f"[{field} 0 R]")
        whole = document.tobytes()
    broken = whole.replace(b"[99 0 R]", b"[990 R ]")
    assert broken != whole
    (tmp_path / "a.pdf").write_bytes(broken)
    page = _read(tmp_path / "a.pdf")
    text = "\n".join(block.text for block in page.blocks)
    assert page.problem is None and WORDS in text and "Borealis KX-2" in text
    assert [note for note in page.notes if "form fields of this page" in note]
