"""The fields of a form stand in its text where they are read, and their values lie where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pymupdf
import pytest

from pipeline.document import Word
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore
from pipeline.merge.evidence import Evidence, Finder

CHECK, TEXT = 2, 7
"""PyMuPDF's PDF_WIDGET_TYPE_..., which its type hints leave out."""
COMB = 1 << 24
Boxes = Mapping[str, tuple[int, tuple[float, float, float, float], object]]
"""The kind, the place and the value of fields by their names."""


def form(path: Path, labels: Mapping[tuple[float, float], str], fields: Boxes, *, combed: bool = False) -> Path:
    with pymupdf.open() as document:
        page = document.new_page()
        for place, text in labels.items():
            page.insert_text(place, text, fontsize=10)
        for name, (kind, box, value) in fields.items():
            widget = pymupdf.Widget()
            widget.field_name, widget.field_type, widget.rect = name, kind, pymupdf.Rect(box)
            widget.field_value = value
            if combed:
                widget.field_flags, widget.text_maxlen = COMB, 10
            page.add_widget(widget)
        document.save(path)
    return path


def words(path: Path, tmp_path: Path) -> list[Word]:
    with read_document(path, WorkStore(str(tmp_path / "store")), ocr="never") as reading:
        list(reading.pages([1]))
        return list(reading.words([1])[1])


def located(path: Path, tmp_path: Path, quote: str) -> Evidence:
    with read_document(path, WorkStore(str(tmp_path / "store")), ocr="never") as reading:
        return Finder(list(reading.pages([1])), reading.words).locate(quote, 1, [1])


@pytest.fixture
def taxes(tmp_path: Path) -> Path:
    """A form with a note in its margin whose lines reach further down than those beside them."""
    labels = {(150.0, 110.0): "Pensions", (330.0, 110.0): "Taxable amount", (40.0, 113.0): "Attach a copy"}
    fields = {
        "f1": (TEXT, (200.0, 100.0, 260.0, 112.0), "100.50"),
        "f2": (TEXT, (270.0, 100.0, 320.0, 112.0), "25"),
        "f3": (TEXT, (420.0, 100.0, 480.0, 112.0), "75.50"),
    }
    return form(tmp_path / "taxes.pdf", labels, fields)


def test_a_value_follows_what_stands_next_on_its_left(taxes: Path, tmp_path: Path) -> None:
    text = " ".join(word.text for word in words(taxes, tmp_path))
    assert "Pensions f1: 100.50 f2: 25 Taxable amount f3: 75.50" in text


def test_a_check_box_stands_before_its_own_label(tmp_path: Path) -> None:
    labels = {(60.0, 60.0 + 14 * at): text for at, text in enumerate(("Single", "Married", "Widowed"))}
    boxes = {f"b{at}": (CHECK, (46.0, 51.0 + 14 * at, 56.0, 63.0 + 14 * at), at == 1) for at in range(len(labels))}
    text = " ".join(word.text for word in words(form(tmp_path / "boxes.pdf", labels, boxes), tmp_path))
    parts = text.replace("[not checked]", "-").replace("[checked]", "+").split()
    assert [one for one in parts if one in "-+" or one.isalpha()] == ["-", "Single", "+", "Married", "-", "Widowed"]


def test_a_quote_goes_over_several_fields_and_their_labels(taxes: Path, tmp_path: Path) -> None:
    assert located(taxes, tmp_path, "100.50 25 75.50").match == "field"
    assert located(taxes, tmp_path, "| Pensions 100.50 | 25 | Taxable amount 75.50 |").match == "field"
    assert len(located(taxes, tmp_path, "Pensions Taxable amount").boxes) == 2
    assert located(taxes, tmp_path, "100.50 25 75.40").match == "none"


def test_what_a_field_is_called_is_no_evidence(taxes: Path, tmp_path: Path) -> None:
    assert located(taxes, tmp_path, "f1").match == "none"
    assert located(taxes, tmp_path, "f1: 100.50").match == "field"


def test_a_value_in_boxes_for_each_sign_lies_where_they_are(tmp_path: Path) -> None:
    fields = {"a long name of it": (TEXT, (100.0, 100.0, 300.0, 114.0), "1234567890")}
    found = located(form(tmp_path / "comb.pdf", {(40.0, 110.0): "No."}, fields, combed=True), tmp_path, "1234567890")
    (box,) = found.boxes
    assert found.match == "field" and box[0] < 125 and box[2] > 280
