"""Every word that MuPDF finds on a page is read, whatever it says of the line; and a page is interpreted only once."""

from __future__ import annotations

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import BBox
from pipeline.extract import vectors
from pipeline.extract.annotations import read_annotations
from pipeline.extract.display import Display
from pipeline.extract.drawn import Drawn
from pipeline.extract.geometry import rounded
from pipeline.extract.hidden import CLIPPED, OFF, Sight
from pipeline.extract.lines import read_lines
from pipeline.extract.ruled import ruled

SHOWN: BBox = (0.0, 0.0, 300.0, 200.0)


def page_of(content: str) -> pymupdf.Page:
    """A page 300 by 200 points with that content stream, its font helv a Helvetica."""
    document = pymupdf.open()
    page = document.new_page(width=300, height=200)
    page.insert_text((10, 10), "x", fontname="helv")
    document.update_stream(page.get_contents()[0], content.encode())
    return document.reload_page(page)


def test_a_line_without_extent_costs_no_other_line_its_words() -> None:
    flat = "BT /helv 12 Tf 1 0 0 0 50 136 Tm (flat) Tj ET"
    below = "BT /helv 12 Tf 50 122 Td (Third) Tj 0 -14 Td (Last) Tj ET"
    page = page_of(f"BT /helv 12 Tf 50 150 Td (First) Tj ET {flat} {below}")
    assert [line.text for line in read_lines(page)] == ["First", "Third", "Last"]


def test_text_that_is_neither_inked_nor_outlined_is_read() -> None:
    """As the text layer that some OCR programs lay over a scan: its font has no outlines. A replay leaves it out."""
    page = page_of("BT /helv 12 Tf 50 150 Td (Visible) Tj ET BT 3 Tr /tiro 12 Tf 50 100 Td (aa) Tj ET")
    document = page.parent
    glyph, font = document.get_new_xref(), page.insert_font(fontname="tiro")
    document.update_object(glyph, "<<>>")
    document.update_stream(glyph, b"500 0 d0")
    document.update_object(
        font,
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 0 0]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 97/LastChar 97"
        f"/Widths[500]/CharProcs<</a {glyph} 0 R>>/Encoding<</Type/Encoding/Differences[97/a]>>>>",
    )
    assert [line.text for line in read_lines(document.reload_page(page))] == ["Visible", "aa"]


def test_clipped_text_and_text_off_the_page_are_told_apart() -> None:
    cut = "q 10 10 20 20 re W n BT /helv 12 Tf 50 100 Td (Clipped) Tj ET Q"
    page = page_of(f"BT /helv 12 Tf 50 150 Td (Seen) Tj ET {cut} BT /helv 12 Tf 400 100 Td (Outside) Tj ET")
    drawn = Drawn(page)
    sight = Sight(page, drawn, SHOWN)
    assert [line.text for line in read_lines(page, drawn, sight)] == ["Seen"]
    assert {(one.text, one.why) for one in sight.texts()} == {("Clipped", CLIPPED), ("Outside", OFF)}


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_replay_tells_of_what_is_drawn_as_mupdf_itself_does(turned: int) -> None:
    page = page_of("BT /helv 12 Tf 50 150 Td (Words) Tj ET 1 0 0 rg 20 20 60 30 re f 0 0 m 100 100 l S 5 5 1 9 re f")
    page.set_rotation(turned)
    display = Display(page, turned)
    assert display.log() == page.get_bboxlog()
    assert display.filled == [((20.0, 150.0, 80.0, 180.0), (255, 0, 0))]
    assert page.rotation == turned


def test_links_within_the_document_are_no_annotations_to_read() -> None:
    page = page_of("BT /helv 12 Tf 50 150 Td (Words) Tj ET")
    page.insert_link({"kind": pymupdf.LINK_GOTO, "from": pymupdf.Rect(50, 30, 90, 60), "page": 0})
    page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(50, 80, 90, 99), "uri": "https://example.org/a"})
    found = read_annotations(page.parent, page)
    assert [one.text("A/URI") for one in found] == ["https://example.org/a"]


def test_a_replay_ends_where_it_has_been_told_enough() -> None:
    page = page_of(
        "0 0 5 5 re f BT /helv 12 Tf 50 150 Td (Words) Tj ET 9 9 5 5 re f BT /helv 12 Tf (More) Tj ET 1 1 5 5 re f"
    )
    drawn = Drawn(page)
    whole = [kind for kind, _ in drawn.log()]
    assert whole == ["fill-path", "fill-text", "fill-path", "fill-text", "fill-path"]
    assert [kind for kind, _ in drawn.log(2)] == whole[:3]
    assert drawn.shapes == [one for one in drawn.log() if "path" in one[0]]
    assert drawn.texts == [one for one in drawn.log() if "text" in one[0]]


@pytest.mark.parametrize(
    ("drawing", "looked_at"),
    [
        ("10 10 380 380 re f", False),  # a background
        ("1 1 398 398 re S", False),  # a frame around the page
        ("1 g 20 20 60 60 re f", False),  # white on white
        ("20 20 300 1 re f", False),  # a rule
        ("10 10 50 50 re W n 10 10 380 380 re f", True),  # a background of which little is left
        ("20 20 60 60 re f", True),
        ("1 g 20 20 m 80 20 l 50 80 l f", True),
    ],
)
def test_what_makes_no_figure_is_not_looked_at_twice(drawing: str, looked_at: bool) -> None:
    page = page_of(drawing)
    page.set_mediabox(pymupdf.Rect(0, 0, 400, 400))
    drawn = Drawn(page)
    vectors.placements(drawn, [], (0.0, 0.0, 400.0, 400.0))
    assert ("seen" in vars(drawn)) is looked_at


@pytest.mark.parametrize(
    ("drawing", "looked_at"),
    [
        ("10 10 m 200 10 l S 10 30 m 200 30 l S 10 50 m 200 50 l S 10 70 m 200 70 l S", False),  # all run across
        ("10 10 m 200 10 l S 10 50 m 200 50 l S 10 10 m 10 50 l S 200 10 m 200 50 l S", True),
        ("1 0 0 1 0 300 cm 10 10 m 200 10 l S 10 50 m 200 50 l S 10 10 m 10 50 l S 200 10 m 200 50 l S", False),
    ],
)
def test_rules_that_cannot_cross_on_the_page_are_not_looked_at_twice(drawing: str, looked_at: bool) -> None:
    drawn = Drawn(page_of(drawing))
    assert ruled([], drawn) == []
    assert ("seen" in vars(drawn)) is looked_at


@pytest.mark.parametrize(
    ("drawing", "looked_at"),
    [
        ("0.5 g 40 90 200 80 re f", True),
        ("q 40 90 200 80 re W n 0.5 g 0 0 300 300 re f Q", True),
        ("q 260 10 30 30 re W n 0.5 g 0 0 300 300 re f Q", False),  # a large area of which a corner is left
        ("0.5 g 40 90 200 62 re f 0 g BT /helv 12 Tf 50 120 Td (Later) Tj ET", False),  # it grazes the word before it
    ],
)
def test_only_words_that_may_be_covered_are_held_against_what_is_rendered(drawing: str, looked_at: bool) -> None:
    page = page_of(f"BT /helv 12 Tf 50 150 Td (Before) Tj ET {drawing}")
    drawn = Drawn(page)
    read_lines(page, drawn, Sight(page, drawn, SHOWN))
    assert ("sheet" in vars(drawn)) is looked_at


@given(st.floats(-20_000, 20_000, width=32) | st.integers(-2_560_000, 2_560_000).map(lambda parts: parts / 128))
def test_a_box_of_a_line_is_rounded_as_its_numbers_are(number: float) -> None:
    """Ties too, such as 72.125, which single precision holds exactly."""
    assert rounded(number, number, number, number) == (round(number, 2),) * 4


@pytest.mark.parametrize(
    ("content", "size", "bold"),
    [
        ("BT /helv 12 Tf 20 150 Td (Mostly plain words, ) Tj /hebo 12 Tf (one bold) Tj ET", 12.0, False),
        ("BT /hebo 12 Tf 20 150 Td (Mostly bold words, ) Tj /helv 12 Tf (one plain) Tj ET", 12.0, True),
        ("BT /helv 12 Tf 20 150 Td (abcd ) Tj /helv 9 Tf (efgh ) Tj /hebo 12 Tf (jklm) Tj ET", 12.0, False),
        ("BT /helv 9 Tf 20 150 Td (abc ) Tj /helv 12 Tf (d ) Tj /hebo 9 Tf (ef ) Tj /helv 9 Tf (gh) Tj ET", 9.0, False),
    ],
)
def test_a_line_is_of_the_style_that_most_of_it_is_set_in(content: str, size: float, bold: bool) -> None:
    """The first of those that hold as many characters; a style counts once, wherever in the line it comes again."""
    page = page_of(content)
    page.insert_font(fontname="hebo")
    (line,) = read_lines(page)
    assert (line.size, line.bold) == (size, bold)
