"""Scans that lie on a side, on their head or askew are read and seen upright; their text layers are looked into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import ocr
from pipeline.document import BBox, Page, Word
from pipeline.extract.geometry import moved
from pipeline.extract.reader import read_document
from pipeline.extract.textlayer import MISTAKEN, odd
from pipeline.extract.upright import lie, turning, undone
from pipeline.extract.work import WorkStore

needs_ocr = pytest.mark.skipif(ocr.engine() is None, reason="no OCR engine is installed")

LINES = [
    "The harbour ledger of 1987 keeps 4711 entries for the valley",
    "and the quiet engine of the northern bridge carries copper.",
    "A broad market watches the river, as the winter office said,",
    "while the distant garden opens every second careful meeting.",
    "No station covers the signal that the early valley measures.",
    "The annual winter repairs 2205 careful engines of the river.",
    "Those who watch the market keep the ledger of the harbour,",
    "and the common meeting reaches the bridge by the station.",
]
OTHERS = [
    "Nobody mentions apples where pears are sold by the dozen,",
    "since fruit of any kind rots when summer storms come early;",
    "yet farmers hope for sunshine, and sign what insurers write.",
    "Twelve wagons left at dawn with plums, cherries and quinces,",
    "but only seven came back before the roads were flooded again.",
    "My uncle grows tomatoes under glass, though fuel is expensive.",
    "Children pick berries along hedges for pocket money in August;",
    "jam made of them sells better than anything from a factory.",
]
ZOOM = 2.5


@pytest.fixture
def work(tmp_path: Path) -> WorkStore:
    return WorkStore(str(tmp_path / "work"))


def typed() -> pymupdf.Document:
    document = pymupdf.open()
    sheet: Any = document.new_page(width=500, height=320)
    for at, line in enumerate(LINES):
        sheet.insert_text((40, 50 + 30 * at), line, fontsize=14)
    return document


def lain(path: Path, degrees: float, layer: Sequence[str] = (), down: float = 0) -> BBox:
    """Write a scan of the lines that is turned clockwise, and tell where its 4711 stands.

    `layer` lies unseen over it, `down` points too low.
    """
    matrix = pymupdf.Matrix(ZOOM, ZOOM).prerotate(degrees)
    with typed() as sheets, pymupdf.open() as document:
        sheet: Any = sheets[0]
        (place,) = sheet.search_for("4711")
        pixels = sheet.get_pixmap(matrix=matrix, alpha=False)
        page = document.new_page(width=pixels.width / ZOOM, height=pixels.height / ZOOM)
        page.insert_image(page.rect, stream=pixels.tobytes("png"))
        for at, line in enumerate(layer):
            page.insert_text((40, 50 + 30 * at + down), line, fontsize=14, render_mode=3)
        document.save(path)
    x0, y0, x1, y1 = place * matrix
    return (x0 - pixels.x) / ZOOM, (y0 - pixels.y) / ZOOM, (x1 - pixels.x) / ZOOM, (y1 - pixels.y) / ZOOM


def read(path: Path, work: WorkStore, mode: str = "auto") -> tuple[Page, tuple[Word, ...]]:
    with read_document(path, work, ocr=mode) as reading:  # type: ignore[arg-type]
        return next(reading.pages()), reading.words([1])[1]


def said(page: Page) -> str:
    return " ".join(" ".join(block.text for block in page.blocks).split())


@needs_ocr
@pytest.mark.parametrize("degrees", [90, 180, -4, 272.5])
def test_a_scan_is_read_and_seen_upright_however_it_lies(degrees: float, work: WorkStore, tmp_path: Path) -> None:
    x0, y0, x1, y1 = lain(tmp_path / "lain.pdf", degrees)
    page, words = read(tmp_path / "lain.pdf", work)
    assert page.ocr and said(page).startswith("The harbour ledger of 1987 keeps 4711 entries")
    assert said(page).endswith("reaches the bridge by the station.")
    (picture,) = page.pictures
    assert (picture.turned + degrees + 180) % 360 - 180 == pytest.approx(0, abs=0.4)
    assert picture.width > picture.height
    (there,) = [word for word in words if word.text == "4711"]
    assert there.box == pytest.approx((x0, y0, x1, y1), abs=6)
    for block in page.blocks:
        assert block.box[0] > -1 and block.box[2] < page.width + 1 and block.box[3] < page.height + 1


@needs_ocr
@pytest.mark.parametrize("drawn", ["photograph", "blank"])
def test_a_picture_without_lines_is_not_turned(drawn: str, work: WorkStore, tmp_path: Path) -> None:
    with pymupdf.open() as document:
        page: Any = document.new_page(width=400, height=300)
        pixels = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 800, 600))
        pixels.clear_with(240)
        if drawn == "photograph":
            for at in range(0, 800, 7):
                pixels.set_rect(pymupdf.IRect(at, at // 2, at + 5, 600 - at // 3), (at % 255, 90, 255 - at % 200))
        page.insert_image(page.rect, pixmap=pixels)
        document.save(tmp_path / "picture.pdf")
    made, _ = read(tmp_path / "picture.pdf", work)
    assert [picture.turned for picture in made.pictures] == [0.0]


def test_a_good_text_layer_is_kept_and_said_to_be_ocr(work: WorkStore, tmp_path: Path) -> None:
    lain(tmp_path / "good.pdf", 0, LINES)
    page, words = read(tmp_path / "good.pdf", work)
    assert page.ocr and said(page).startswith("The harbour ledger of 1987 keeps 4711 entries")
    assert {word.source for word in words} == {"ocr"}
    assert page.hidden == () and page.notes == ()


@needs_ocr
@pytest.mark.parametrize(
    ("layer", "down"),
    [(OTHERS, 0), (LINES, 130), (["~^|¬ ;:iIl1 .,| ¬^~; 1Il|" for _ in LINES], 0)],
    ids=["of another page", "shifted", "rubbish"],
)
def test_a_text_layer_that_disagrees_with_the_picture_is_set_aside(
    layer: Sequence[str], down: float, work: WorkStore, tmp_path: Path
) -> None:
    lain(tmp_path / "bad.pdf", 0, layer, down)
    page, words = read(tmp_path / "bad.pdf", work)
    assert page.ocr and said(page).startswith("The harbour ledger of 1987 keeps 4711 entries")
    assert said(page).count("4711") == 1 and "apples" not in said(page)
    assert [word.text for word in words].count("4711") == 1
    (hidden,) = [one for one in page.hidden if one.why == MISTAKEN]
    assert hidden.text.startswith(layer[0][:9])
    assert any("text layer" in note for note in page.notes)


def test_without_ocr_a_layer_that_looks_like_no_language_is_told(work: WorkStore, tmp_path: Path) -> None:
    lain(tmp_path / "bad.pdf", 0, ["aB3x|q ~CTp~ m0|oH ^HIa8 vv|vB" for _ in LINES])
    page, _ = read(tmp_path / "bad.pdf", work, "never")
    assert page.ocr and "aB3x|q" in said(page)
    assert any("looks like no language" in note for note in page.notes)


def test_text_that_is_painted_over_a_picture_is_no_layer(work: WorkStore, tmp_path: Path) -> None:
    with typed() as document:
        page: Any = document[0]
        ground = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 50, 32))
        ground.clear_with(230)
        ground.set_rect(pymupdf.IRect(5, 5, 20, 20), (200, 210, 250))
        page.insert_image(page.rect, pixmap=ground, overlay=False)
        document.save(tmp_path / "slide.pdf")
    made, words = read(tmp_path / "slide.pdf", work)
    assert not made.ocr and {word.source for word in words} == {"text"}


@pytest.mark.parametrize(
    ("texts", "low", "high"),
    [
        (LINES[0].split(), 0, 0),
        ("Die Straße kostet 1.234,50 € (inkl. MwSt.), 12kg, A4-Blatt, KX-34627!".split(), 0, 0.29),
        ("Отчёт за первый квартал: 12% роста.".split(), 0, 0),
        ("~^|¬ ;:iIl1 .,| ¬^~; 1Il|".split(), 0.7, 1),
        ("Hanorosas:t AeKnapai...IVIs:t CBS'I3VI npVIMeHeHVIeM".split(), 0.6, 1),
    ],
)
def test_what_looks_like_no_word(texts: Sequence[str], low: float, high: float) -> None:
    assert low <= odd(texts) <= high


@settings(max_examples=25, deadline=None)
@given(st.floats(-5, 5), st.sampled_from([0, 90, 180, 270]))
def test_the_lie_of_lines_is_told_from_pixels(lean: float, quarter: int) -> None:
    with typed() as document:
        page: Any = document[0]
        matrix = pymupdf.Matrix(1, 1).prerotate(quarter + lean)
        lain = lie(page.get_pixmap(matrix=matrix, colorspace=pymupdf.csGRAY, alpha=False))
    assert lain.sideways == (quarter in (90, 270))
    assert lain.lean == pytest.approx(lean, abs=0.3) or (lain.lean == 0 and abs(lean) < 0.8)


@given(st.floats(-360, 360), st.tuples(*[st.floats(0, 500)] * 2))
def test_a_turn_is_undone(degrees: float, point: tuple[float, float]) -> None:
    turn = turning(degrees, (0, 0, 600, 800))
    there = moved((*point, *point), turn)
    assert min(there) >= -0.02
    assert moved(there, undone(turn))[:2] == pytest.approx(point, abs=0.05)
