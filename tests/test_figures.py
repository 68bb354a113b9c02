"""Figures drawn as lines and areas: found, told from tables and frames, delivered with their labels and captions."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.document import BBox, Page, Picture
from pipeline.extract.captions import captions
from pipeline.extract.clusters import merged
from pipeline.extract.geometry import area, common
from pipeline.extract.reader import mark_duplicates, read_document
from pipeline.extract.work import WorkStore

PROSE = "The company reported what it had earned in the year, and what it had spent on its sites and its people. " * 4
BLUE = (0.2, 0.4, 0.7)
RED = (0.8, 0.1, 0.1)


@pytest.fixture
def work(tmp_path: Path) -> WorkStore:
    return WorkStore(str(tmp_path / "work"))


Draw = Callable[[pymupdf.Page], None]
_CHECKBOX = 2
"""PyMuPDF's PDF_WIDGET_TYPE_CHECKBOX, which its type hints leave out."""


def read(draw: Draw, folder: Path, work: WorkStore, pages: int = 1) -> tuple[Page, ...]:
    with pymupdf.open() as document:
        for _ in range(pages):
            page = document.new_page(width=595, height=842)
            page.insert_textbox((60, 40, 535, 200), PROSE, fontsize=10)
            draw(page)
        document.save(folder / "made.pdf")
    with read_document(folder / "made.pdf", work, ocr="never") as reading:
        return mark_duplicates(tuple(reading.pages()))


def figures(page: Page) -> list[Picture]:
    return [picture for picture in page.pictures if picture.vector and not picture.decorative]


def curve(page: pymupdf.Page, x: float, y: float, width: float = 200, height: float = 100) -> None:
    points = [(x + width * at / 10, y + height * (at * 7 % 11) / 11) for at in range(11)]
    page.draw_polyline(points, color=RED)


def bars(page: pymupdf.Page, heights: tuple[float, ...] = (60, 90, 30, 75)) -> None:
    page.draw_line((100, 300), (100, 420))
    page.draw_line((100, 420), (300, 420))
    for at, height in enumerate(heights):
        page.draw_rect((115 + 45 * at, 420 - height, 145 + 45 * at, 420), color=None, fill=BLUE)
        page.insert_text((118 + 45 * at, 432), f"Q{at + 1}", fontsize=8)


def table(page: pymupdf.Page, shade: bool = False) -> None:
    for row in range(6):
        if shade and row % 2:
            page.draw_rect((100, 300 + 20 * row, 300, 320 + 20 * row), color=None, fill=BLUE)
            page.draw_rect((300, 300 + 20 * row, 400, 320 + 20 * row), color=None, fill=BLUE)
        page.insert_text((105, 314 + 20 * row), f"Item {row}", fontsize=9)
        page.insert_text((205, 314 + 20 * row), f"{row}20.5", fontsize=9)
        page.draw_line((100, 300 + 20 * row), (400, 300 + 20 * row))
    for x in (100, 200, 300, 400):
        page.draw_line((x, 300), (x, 420))


def test_a_chart_is_delivered_whole_with_its_axes_labels_and_caption(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        bars(page)
        page.insert_text((100, 456), "Figure 3. Output by quarter", fontsize=10)

    (page,) = read(draw, tmp_path, work)
    (chart,) = figures(page)
    x0, y0, x1, y1 = chart.box
    assert x0 <= 100 and y0 <= 300 and x1 >= 300 and 432 <= y1 < 448
    assert chart.caption == "Figure 3. Output by quarter"
    image = Image.open(io.BytesIO(work.get(chart.sha256))).convert("RGB")
    assert (51, 102, 178) in {colour for _, colour in image.getcolors(100_000) or []}
    assert chart.width == pytest.approx((x1 - x0) * 100 / 72, abs=3), "shapes alone need no more than 100 dpi"


def test_labels_are_one_block_where_the_figure_stands(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        bars(page)
        page.insert_textbox((60, 480, 535, 600), PROSE, fontsize=10)

    (page,) = read(draw, tmp_path, work)
    (chart,) = figures(page)
    texts = [block.text for block in page.blocks]
    assert texts.count("Q1\nQ2\nQ3\nQ4") == 1
    assert page.blocks[chart.after].text == "Q1\nQ2\nQ3\nQ4"
    assert 0 < chart.after < len(texts) - 1


def test_words_drawn_as_shapes_are_rendered_sharper(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        for at in range(8):
            x = 100 + 8 * at
            page.draw_bezier((x, 400), (x + 2, 392), (x + 4, 392), (x + 6, 400), color=None, fill=(0, 0, 0))

    (page,) = read(draw, tmp_path, work)
    (words,) = figures(page)
    assert words.width == pytest.approx((words.box[2] - words.box[0]) * 150 / 72, abs=3)


@pytest.mark.parametrize("shade", [False, True])
def test_a_table_is_no_figure(tmp_path: Path, work: WorkStore, shade: bool) -> None:
    (page,) = read(lambda page: table(page, shade), tmp_path, work)
    assert figures(page) == []
    assert any(block.kind == "table" for block in page.blocks)


def test_what_surrounds_text_is_no_figure(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.draw_rect((20, 20, 575, 822))
        page.draw_rect((50, 30, 545, 210), color=None, fill=(0.9, 0.95, 1))
        page.draw_rect((50, 300, 545, 480), radius=0.1, color=BLUE)
        page.insert_textbox((60, 310, 535, 470), PROSE, fontsize=10)
        page.draw_line((60, 500), (200, 500))
        page.draw_rect((60, 520, 300, 534), color=None, fill=(1, 1, 0))
        page.insert_text((62, 530), "a highlighted sentence of the text", fontsize=10)
        for y in (560, 580, 600):
            page.draw_circle((66, y), 2, color=None, fill=(0, 0, 0))
            page.insert_text((80, y + 3), "an item of a list", fontsize=10)

    (page,) = read(draw, tmp_path, work)
    assert figures(page) == []
    (bullets,) = page.pictures
    assert bullets.decorative == "tiny drawings: at most 6 points long, or 2.5 points thin (3)"


def test_the_dots_of_a_plot_are_seen_with_its_axes(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        page.draw_line((100, 300), (100, 420))
        page.draw_line((100, 420), (300, 420))
        for at in range(30):
            page.draw_circle((110 + 6 * at, 410 - at * 37 % 100), 1, color=None, fill=RED)
        for at in range(60):
            page.draw_circle((100 + 4 * at, 600), 0.6, color=None, fill=(0, 0, 0))

    (page,) = read(draw, tmp_path, work)
    (plot,) = figures(page)
    assert plot.box[1] <= 315 and plot.box[3] >= 420
    assert any(one.box[1] > 590 for one in page.pictures if one.decorative), "a row of dots is a rule"


def test_figures_apart_stay_apart_and_many_are_put_together(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        for row in range(2 if page.number == 0 else 12):
            curve(page, 100, 230 + (150 if page.number == 0 else 48) * row, height=30)

    few, many = read(draw, tmp_path, work, pages=2)
    assert len(figures(few)) == 2
    assert 1 <= len(figures(many)) <= 8
    for row in range(12):
        assert any(one.box[1] <= 230 + 48 * row and one.box[3] >= 250 + 48 * row for one in figures(many))


def test_the_same_drawing_again_is_a_duplicate(tmp_path: Path, work: WorkStore) -> None:
    first, second = read(lambda page: curve(page, 100, 300), tmp_path, work, pages=2)
    assert second.pictures[0].duplicate_of == first.pictures[0].id


def test_a_page_with_very_many_paths_is_read_soon(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        dots = (f"{100 + at * 37 % 390} {100 + at * 101 % 499} 3 3 re f" for at in range(25_000))
        xref = page.get_contents()[-1]
        page.parent.update_stream(xref, page.parent.xref_stream(xref) + "\n".join(dots).encode())

    (page,) = read(draw, tmp_path, work)
    assert page.problem is None
    assert 1 <= len(figures(page)) <= 2


def test_a_drawing_over_a_picture_is_seen_with_it(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        noise = io.BytesIO()
        Image.effect_noise((120, 80), 80).save(noise, "PNG")
        page.insert_image((100, 300, 280, 420), stream=noise.getvalue())
        page.draw_line((150, 330), (220, 390), color=RED, width=5)

    (page,) = read(draw, tmp_path, work)
    photo, arrow = sorted(page.pictures, key=lambda one: one.vector)
    assert arrow.part_of == photo.id
    image = Image.open(io.BytesIO(work.get(photo.sha256))).convert("RGB")
    red, green, _ = image.getpixel((image.width * 85 // 180, image.height // 2))  # type: ignore[misc]
    assert red > 150 and green < 80


def test_of_a_cropped_picture_what_is_seen_is_delivered(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        halves = Image.new("RGB", (200, 100), (200, 30, 30))
        halves.paste(Image.effect_noise((100, 100), 90).convert("RGB"), (0, 0))
        data = io.BytesIO()
        halves.save(data, "PNG")
        xref = page.insert_image((100, 300, 300, 400), stream=data.getvalue())
        assert xref
        contents = page.get_contents()[-1]
        clip = b"q 100 442 100 100 re W n " if page.number == 0 else b"q 100 442 1 100 re W n "
        page.parent.update_stream(contents, clip + page.parent.xref_stream(contents) + b" Q")

    cut, gone = read(draw, tmp_path, work, pages=2)
    (left,) = cut.pictures
    assert left.box == (100.0, 300.0, 200.0, 400.0)
    image = Image.open(io.BytesIO(work.get(left.sha256))).convert("RGB")
    kept = image.crop((0, 0, image.width - 3, image.height)).getcolors(1_000_000) or []
    assert (200, 30, 30) not in {colour for _, colour in kept}
    assert gone.pictures[0].decorative == "tiny: it is shown at 1.0 by 100.0 points"


def boxes() -> st.SearchStrategy[BBox]:
    side = st.integers(0, 60)
    return st.tuples(side, side, side, side).map(lambda b: (b[0], b[1], b[0] + b[2] / 4, b[1] + b[3] / 4))


@settings(max_examples=200)
@given(st.lists(boxes(), max_size=40), st.sampled_from([0.0, 3.0, 8.0]))
def test_clusters_hold_every_box_and_keep_apart(given_boxes: list[BBox], gap: float) -> None:
    clusters = merged(given_boxes, gap)
    for x0, y0, x1, y1 in given_boxes:
        assert any(c[0] <= x0 and c[1] <= y0 and x1 <= c[2] and y1 <= c[3] for c in clusters)
    for at, one in enumerate(clusters):
        for other in clusters[at + 1 :]:
            across = max(one[0], other[0]) - min(one[2], other[2])
            down = max(one[1], other[1]) - min(one[3], other[3])
            assert max(across, down) > gap
    assert merged(clusters, gap) == clusters


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.integers(60, 450), st.integers(230, 700), st.integers(8, 80)), min_size=1, max_size=12))
def test_every_shape_lies_in_a_figure_or_under_a_rule(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[tuple[int, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("shapes")

    def draw(page: pymupdf.Page) -> None:
        for x, y, size in shapes:
            page.draw_polyline([(x, y + size), (x + size / 2, y), (x + size, y + size)], color=RED)

    (page,) = read(draw, folder, WorkStore(str(folder / "work")))
    for x, y, size in shapes:
        shape = (x, y, x + size, y + size)
        assert any(area(common(one.box, shape)) > 0.9 * area(shape) for one in page.pictures if one.vector)


def test_the_parts_of_a_grid_share_the_caption_at_its_end_and_the_next_figure_has_its_own() -> None:
    from pipeline.document import Block

    grid = {0: (50, 50, 250, 150), 1: (300, 50, 500, 150), 2: (50, 170, 250, 270), 3: (300, 170, 500, 270)}
    below = {4: (50, 310, 250, 400)}
    blocks = [
        Block("Figure 1. Four panels", (50, 276, 500, 288)),
        Block("Figure 2. Another", (50, 410, 250, 422)),
        Block("Figures are of much use.", (50, 150, 250, 160)),
    ]
    found = captions({**grid, **below}, blocks)
    assert {found[at] for at in grid} == {"Figure 1. Four panels"}
    assert found[4] == "Figure 2. Another"


def test_what_is_drawn_in_a_ticked_box_of_a_form_is_told_in_words_alone(tmp_path: Path, work: WorkStore) -> None:
    def draw(page: pymupdf.Page) -> None:
        box = pymupdf.Widget()
        box.field_type, box.field_name = _CHECKBOX, "agreed"
        box.rect, box.field_value = pymupdf.Rect(100, 300, 114, 314), True
        box.border_color, box.border_width = (0, 0, 0), 1
        page.add_widget(box)
        page.draw_circle((300, 307), 7, color=RED)
        page.draw_line((295, 302), (305, 312), color=RED)

    (page,) = read(draw, tmp_path, work)
    (crossed,) = figures(page)
    assert crossed.box[0] > 280
    assert any("[checked]" in block.text for block in page.blocks)
