"""A document opened to be looked at: pages drawn within so many bytes, marks where the page is displayed."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pymupdf
import pytest

from pipeline.errors import PasswordNeeded, UnreadableDocument
from pipeline.extract.messages import Mark, View
from pipeline.extract.viewer import Viewer
from tests.pdfs import REPORT, make_pdf

YELLOW = (1.0, 0.9, 0.3)


def viewer(path: Path, password: str | None = None) -> Viewer:
    return Viewer(path, hashlib.sha256(path.read_bytes()).hexdigest(), name=path.name, password=password)


def seen(path: Path, most: dict[int, int]) -> dict[int, View | str]:
    with viewer(path) as open_one:
        return dict(open_one.looks(most))


def pixels(view: View | str) -> pymupdf.Pixmap:
    assert isinstance(view, View)
    return pymupdf.Pixmap(base64.b64decode(view.picture))


def test_a_page_is_drawn_within_its_bytes_and_comes_with_its_text(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "report.pdf", REPORT, picture=True)
    views = seen(path, {1: 200_000, 2: 8_000, 3: 0})
    first, second, third = views[1], views[2], views[3]
    assert isinstance(first, View) and isinstance(second, View) and isinstance(third, View)
    assert (first.width, first.height) == (595.0, 842.0)
    assert pixels(first).width == 1240
    assert pixels(second).width < 1240
    assert 0 < len(base64.b64decode(second.picture)) <= 8_000
    assert third.picture == ""
    assert "dividend of 0.45 euros" in second.text and "outlook for 2026" in third.text


def test_a_page_that_cannot_be_small_is_drawn_as_small_as_it_can_be(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "report.pdf")
    assert pixels(seen(path, {1: 1})[1]).width == 620


def test_many_pages_come_in_order_and_those_that_are_not_there_do_not(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "long.pdf", [f"This is sheet {number} of many." for number in range(1, 41)])
    with viewer(path) as open_one:
        found = list(open_one.looks(dict.fromkeys(range(1, 60), 60_000)))
    assert [number for number, _ in found] == list(range(1, 41))
    assert all(isinstance(one, View) and f"sheet {number} of" in one.text for number, one in found)


def test_a_file_that_is_another_is_refused(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "report.pdf")
    with pytest.raises(UnreadableDocument):
        Viewer(path, "0" * 64, name="report.pdf")


def test_an_encrypted_document_wants_its_password(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "secret.pdf", password="swordfish")
    with pytest.raises(PasswordNeeded):
        viewer(path)
    with viewer(path, "swordfish") as open_one:
        assert isinstance(dict(open_one.looks({1: 50_000}))[1], View)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_mark_stands_where_the_page_as_displayed_has_its_words(tmp_path: Path, rotation: int) -> None:
    document = pymupdf.open(make_pdf(tmp_path / "plain.pdf"))
    document[0].set_cropbox(pymupdf.Rect(20, 40, 560, 800))
    document[0].set_rotation(rotation)
    document.save(tmp_path / "turned.pdf")
    page = pymupdf.open(tmp_path / "turned.pdf")[0]
    stored = page.search_for("annual report")[0]
    shown = stored * page.rotation_matrix
    shown.normalize()
    mark = Mark(1, (tuple(shown),), "/title = annual report", YELLOW)
    with viewer(tmp_path / "turned.pdf") as open_one:
        ((_, view),) = open_one.looks({1: 100_000})
        assert open_one.save_marked(tmp_path / "marked.pdf", [mark, Mark(9, ((0, 0, 9, 9),), "gone", YELLOW)]) == 1
    seen = pixels(view)
    assert isinstance(view, View) and (view.width, view.height) == (page.rect.width, page.rect.height)
    zoom = seen.width / view.width
    assert abs(seen.height - view.height * zoom) < 2
    area = pymupdf.IRect(shown * zoom)
    assert any(seen.pixel(x, y)[0] < 100 for x in range(area.x0, area.x1) for y in range(area.y0, area.y1))
    marked = pymupdf.open(tmp_path / "marked.pdf")[0]
    (note,) = marked.annots()
    assert note.info["content"] == "/title = annual report" and note.info["title"] == "Quire"
    found = note.rect
    assert abs(found.x0 - stored.x0) < 4 and abs(found.y1 - stored.y1) < 4
    assert abs(found.width - stored.width) < 8 and abs(found.height - stored.height) < 8
    drawn = marked.get_pixmap(clip=shown, annots=True)
    colours = [drawn.pixel(x, y) for x in range(drawn.width) for y in range(drawn.height)]
    assert sum(blue < 150 < red for red, _, blue in colours) > len(colours) / 3


def test_a_frame_leaves_what_it_holds_as_it_is(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "report.pdf", REPORT, picture=True)
    with viewer(path) as open_one:
        open_one.save_marked(tmp_path / "marked.pdf", [Mark(1, ((100, 450, 400, 650),), "/figure", YELLOW, "frame")])
    marked = pymupdf.open(tmp_path / "marked.pdf")
    page = marked[0]
    (note,) = page.annots()
    assert note.type[1] == "Square"
