"""The values of a form that only a program can draw reach the model, and the user is told."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from pipeline.document import Document
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore

DATA = """<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><form1>
<Applicant><name>Ada &amp; Söhne GmbH</name><born>1815-12-10</born><empty></empty></Applicant>
<amount currency="EUR">1,234.50</amount><plain:note xmlns:plain="urn:x">two
lines</plain:note></form1></xfa:data></xfa:datasets>"""
VALUES = "name: Ada & Söhne GmbH\nborn: 1815-12-10\namount: 1,234.50\nnote: two lines"


def form(folder: Path, data: str, *, packets: bool = True, dynamic: bool = True, encoding: str = "utf-8") -> Path:
    document = pymupdf.open()
    document.new_page().insert_text((72, 100), "Please wait. This form needs another program.")
    stream = document.get_new_xref()
    document.update_object(stream, "<<>>")
    document.update_stream(stream, data.encode(encoding))
    kept = f"[(template) {stream} 0 R (datasets) {stream} 0 R (postamble) {stream} 0 R]" if packets else f"{stream} 0 R"
    fields = "[]" if dynamic else f"[{stream} 0 R]"
    document.xref_set_key(document.pdf_catalog(), "AcroForm", f"<</Fields {fields} /XFA {kept}>>")
    document.save(folder / "form.pdf")
    return folder / "form.pdf"


def opened(path: Path) -> Document:
    with read_document(path, WorkStore(str(path.parent / "work")), ocr="never") as reading:
        return reading.document


def values(document: Document) -> list[str]:
    return [one.text for one in document.sources if one.id == "xfa"]


@pytest.mark.parametrize("packets", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_values_are_a_source(tmp_path: Path, *, packets: bool, encoding: str) -> None:
    document = opened(form(tmp_path, DATA, packets=packets, encoding=encoding))
    assert values(document) == [VALUES]
    assert any("dynamic XFA form" in note for note in document.notes)


def test_a_form_with_fields_of_its_own_needs_no_data(tmp_path: Path) -> None:
    document = opened(form(tmp_path, DATA, dynamic=False))
    assert values(document) == [] and document.notes == ()


@pytest.mark.parametrize("data", ["", "<xfa:data><a></a></xfa:data>", "no XML", "<a" * 100_000, "<a>&b;</a" * 50_000])
def test_a_form_without_values_says_what_it_is(tmp_path: Path, data: str) -> None:
    document = opened(form(tmp_path, data))
    assert values(document) == [] and any("dynamic XFA form" in note for note in document.notes)
