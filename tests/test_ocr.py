"""OCR: what the two engines give is the same kind of thing, and columns are read one after the other."""

from __future__ import annotations

import importlib.util
import shutil

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import ocr
from pipeline.errors import QuireError
from pipeline.ocr import OcrLine

ENGINES: tuple[ocr.Engine, ...] = ("tesseract", "rapidocr")


def drawn(*texts: tuple[float, float, str], size: float = 20) -> bytes:
    """A PNG with these texts at these places."""
    with pymupdf.open() as document:
        page = document.new_page(width=600, height=200)
        for x, y, text in texts:
            page.insert_text((x, y), text, fontsize=size)
        image: bytes = page.get_pixmap(dpi=144).tobytes("png")
    return image


def line(text: str, x0: float, y0: float, x1: float, y1: float) -> OcrLine:
    return OcrLine(text, (x0, y0, x1, y1), 0.9, ())


def installed(engine: ocr.Engine) -> bool:
    if engine == "tesseract":
        return shutil.which("tesseract") is not None
    return importlib.util.find_spec("rapidocr") is not None


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_gives_words_where_they_stand(engine: ocr.Engine) -> None:
    if not installed(engine):
        pytest.skip(f"{engine} is not installed")
    found = ocr.read(drawn((40, 60, "Invoice total 4200 EUR"), (40, 140, "Thank you for your order")), engine)
    assert [one.text for one in found] == ["Invoice total 4200 EUR", "Thank you for your order"]
    words = dict(found[0].words)
    x0, y0, x1, y1 = words["4200"]
    assert 300 < x0 < x1 < 420 and 60 < y0 < y1 < 160  # 144 dpi: two pixels a point
    assert found[0].words[0][0] == "Invoice"
    assert 0.5 < found[0].confidence <= 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_picture_that_is_none_is_a_quire_error(engine: ocr.Engine) -> None:
    if not installed(engine):
        pytest.skip(f"{engine} is not installed")
    with pytest.raises(QuireError):
        ocr.read(b"no picture at all", engine)


def test_without_an_engine_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "engine", lambda: None)
    with pytest.raises(QuireError, match="install tesseract or rapidocr"):
        ocr.read(b"")


def test_an_empty_page_has_no_lines() -> None:
    if ocr.engine() is None:
        pytest.skip("no OCR engine is installed")
    assert ocr.read(drawn()) == ()


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [line(f"left {n}", 10, n * 20, 310, n * 20 + 12) for n in range(4)]
    right = [line(f"right {n}", 330, n * 20, 630, n * 20 + 12) for n in range(4)]
    mixed = [one for pair in zip(left, right, strict=True) for one in pair]
    assert list(ocr.by_columns(mixed)) == left + right


def test_the_rows_of_a_table_stay_together() -> None:
    rows = [line(text, x, n * 20, x + 60, n * 20 + 12) for n in range(4) for x, text in ((10, f"a{n}"), (330, f"b{n}"))]
    assert [one.text for one in ocr.by_columns(rows[::-1])] == ["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"]


boxes = st.tuples(*[st.integers(0, 500)] * 2, *[st.integers(1, 300)] * 2)


@given(st.lists(boxes, max_size=30))
def test_ordering_loses_and_invents_no_line(places: list[tuple[int, int, int, int]]) -> None:
    lines = [line(str(n), x, y, x + w, y + h) for n, (x, y, w, h) in enumerate(places)]
    assert sorted(one.text for one in ocr.by_columns(lines)) == sorted(one.text for one in lines)
