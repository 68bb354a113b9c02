"""A page's marks are ours alone, and all of its text and pictures stand between them in reading order."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import BBox, Block, Page, Picture
from pipeline.pack.layout import (
    Figure,
    escape,
    framed,
    join,
    page_parts,
    page_pieces,
    sendable,
    unescape,
    wanted,
)
from pipeline.pack.parts import Part, PicturePart, TextPart
from pipeline.profiles import PictureRule
from pipeline.settings import Images

RULE = PictureRule()
BOX: BBox = (0, 0, 100, 20)


def block(text: str, kind: str = "text") -> Block:
    return Block(text, BOX, kind)  # type: ignore[arg-type]


def picture(name: str = "p1-f1", after: int = 0, box: BBox = (0, 0, 300, 200), **more: Any) -> Picture:
    values: dict[str, Any] = {"sha256": "ab", **more}
    return Picture(name, 1, box, width=400, height=300, after=after, **values)


def page(*blocks: Block, pictures: tuple[Picture, ...] = (), number: int = 1, label: str | None = None) -> Page:
    return Page(number, label, 595, 842, 0, blocks, pictures)


def shown(parts: tuple[Part, ...]) -> str:
    return "".join(part.text if isinstance(part, TextPart) else f"[{part.id}]" for part in parts)


def test_a_page_as_it_is_sent() -> None:
    figure = picture("p12-f1", after=2, caption="Figure 1.\nSales")
    twelfth = page(
        block("Results", "heading"),
        block("Sales grew.\nA lot."),
        block("| a | b |\n| --- | --- |\n| 1 | 2 |", "table"),
        pictures=(figure,),
        number=12,
        label="xii",
    )
    parts = page_parts(twelfth, "all", RULE)
    assert shown(parts) == (
        '<page n="12" label="xii">\n'
        "## Results\n\n"
        "Sales grew.\nA lot.\n\n"
        '<figure id="p12-f1">Figure 1. Sales\n[p12-f1]</figure>\n\n'
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
        "</page>\n"
    )
    assert [type(part) for part in parts] == [TextPart, PicturePart, TextPart]


def test_a_label_that_is_the_number_is_not_repeated() -> None:
    assert shown(page_parts(page(block("x"), number=7, label="7"), "all", RULE)).startswith('<page n="7">\n')


def test_a_page_that_ocr_read_says_so() -> None:
    scan = Page(3, "iii", 595, 842, 0, (block("Lease", "ocr"),), ocr=True)
    assert framed(scan, page_pieces(scan, "all", RULE), "1/2")[0] == TextPart(
        '<page n="3" label="iii" part="1/2" ocr="true">\nLease\n</page>\n'
    )


def test_figures_stand_where_they_are_placed_whatever_their_order() -> None:
    figures = (picture("p1-f3", after=9), picture("p1-f2", after=1), picture("p1-f1", after=0))
    text = shown(page_parts(page(block("one"), block("two"), pictures=figures), "all", RULE))
    found = re.findall(r"one|two|\[p1-f\d\]", text)
    assert found == ["[p1-f1]", "one", "[p1-f2]", "two", "[p1-f3]"]


@pytest.mark.parametrize("empty", [page(), page(block("  \n")), Page(1, None, 595, 842, 0, problem="It hung.")])
def test_a_page_with_nothing_to_send_has_no_parts(empty: Page) -> None:
    assert page_parts(empty, "all", RULE) == ()


def test_a_page_that_could_not_be_read_is_not_sent_in_pieces() -> None:
    broken = Page(1, None, 595, 842, 0, (block("half of it"),), problem="It crashed.")
    assert page_parts(broken, "all", RULE) == ()


@pytest.mark.parametrize(
    "more",
    [
        {"decorative": "one colour"},
        {"duplicate_of": "p1-f0"},
        {"part_of": "p1-f0"},
        {"problem": "broken"},
        {"sha256": ""},
    ],
)
def test_a_picture_that_has_another_fate_is_not_sent(more: dict[str, str]) -> None:
    set_aside = replace(picture(), **more)  # type: ignore[arg-type]
    assert not sendable(set_aside)
    assert page_parts(page(block("x"), pictures=(set_aside,)), "all", RULE) == (TextPart('<page n="1">\nx\n</page>\n'),)


SMALL: BBox = (0, 0, 50, 50)  # 2,500 of 500,990 square points: under 1/50


@pytest.mark.parametrize(
    ("images", "figure", "sent"),
    [
        ("all", picture(box=SMALL), True),
        ("figures", picture(box=SMALL), False),
        ("figures", picture(box=SMALL, caption="Figure 1"), True),
        ("figures", picture(box=(0, 0, 300, 200)), True),
        ("figures", picture(box=(0, 0, 595, 842)), True),
        ("none", picture(box=(0, 0, 595, 842), caption="Figure 1"), False),
    ],
)
def test_the_users_choice_of_pictures(images: Images, figure: Picture, sent: bool) -> None:
    one = page(block("x"), pictures=(figure,))
    assert wanted(one, figure, images) is sent
    assert any(isinstance(part, PicturePart) for part in page_parts(one, images, RULE)) is sent


def test_a_model_without_eyes_gets_no_picture() -> None:
    assert page_parts(page(pictures=(picture(),)), "all", None) == ()


def test_a_scan_of_a_small_page_is_sent_at_full_size_and_a_figure_is_not() -> None:
    small = Page(1, None, 200, 150, 0, (), (picture(box=(0, 0, 200, 150)), picture("p1-f2", box=(0, 0, 100, 75))))
    scan, figure = (piece.picture for piece in page_pieces(small, "all", RULE) if isinstance(piece, Figure))
    assert (scan.width, scan.height) == (420, 308)
    assert (figure.width, figure.height) == (224, 168)


def test_a_hostile_label_stays_inside_its_quotes() -> None:
    label = 'x"><page n="99">\n</page>' + "y" * 5000
    first = shown(page_parts(page(block("text"), label=label), "all", RULE)).splitlines()[0]
    assert re.fullmatch(r'<page n="1" label="[^"<>]*">', first)
    assert len(first) < 200


def test_a_long_caption_is_shortened_in_the_mark_alone() -> None:
    text = shown(page_parts(page(pictures=(picture(caption="c" * 5000),)), "all", RULE))
    assert len(text) < 1200 and "…\n[p1-f1]" in text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ('<page n="3">', '&lt;page n="3">'),
        ("</PAGE>", "&lt;/PAGE>"),
        ("< / figure", "&lt; / figure"),
        ("<\u200bs\u200bo\u00adurce id='x'>", "&lt;\u200bs\u200bo\u00adurce id='x'>"),
        ("<\n\nsummary", "&lt;\n\nsummary"),
        ("<<page", "<&lt;page"),
        ("<ﬁgure", "&lt;ﬁgure"),
        ("&lt;page", "&amp;lt;page"),
        ("&amp;lt;/page", "&amp;amp;lt;/page"),
        ("a < b, <b>, &lt;b&gt;, AT&T, <pag>", "a < b, <b>, &lt;b&gt;, AT&T, <pag>"),
    ],
)
def test_marks_in_text_are_escaped_and_nothing_else(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert unescape(escaped) == text


HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<",
                "</",
                "&",
                "lt;",
                "amp;",
                "&lt;",
                "page",
                "PAGE",
                "figure",
                "source",
                "ſource",
                "summary",
                "ﬁgure",
                "running",
                "continued",
            ]
        ),
        st.sampled_from(
            [
                " ",
                "\n",
                "\t",
                "/",
                '"',
                ">",
                "\u200b",
                "\u00ad",
                "\ufeff",
                "\u2028",
                "\x00",
                "\U000e0020",
                ' n="2">',
                "x",
            ]
        ),
        st.text(max_size=3),
    ),
    max_size=15,
).map("".join)


@given(HOSTILE)
def test_unescape_gives_back_what_escape_was_given(text: str) -> None:
    assert unescape(escape(text)) == text


def marks_in(text: str) -> list[str]:
    """The marks that anyone might read in a text: unseen characters left out, case ignored."""
    seen = "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))
    return re.findall(r"<(/?(?:page|figure|source|summary|running|continued))", seen.casefold())


@given(st.lists(HOSTILE, max_size=4), st.lists(st.tuples(HOSTILE, st.integers(0, 5)), max_size=3), HOSTILE)
def test_no_text_of_a_document_becomes_a_mark(texts: list[str], captions: list[tuple[str, int]], label: str) -> None:
    figures = tuple(picture(f"p1-f{n}", after=after, caption=text) for n, (text, after) in enumerate(captions))
    parts = page_parts(page(*map(block, texts), pictures=figures, label=label), "all", RULE)
    if not parts:
        assert not figures and not "".join(texts).strip()
        return
    text = "".join(part.text for part in parts if isinstance(part, TextPart))
    assert sorted(marks_in(text)) == sorted(["page", "/page"] + ["figure", "/figure"] * len(figures))
    assert text.startswith('<page n="1"') and text.endswith("\n</page>\n")
    assert [part.id for part in parts if isinstance(part, PicturePart)] == [
        figure.id for figure in sorted(figures, key=lambda figure: figure.after)
    ]


def test_escaping_takes_time_in_proportion_to_the_text() -> None:
    # A star on either side of an optional slash would take hours for this.
    assert escape("<" + " " * 300_000 + "x") == "<" + " " * 300_000 + "x"
    assert escape("<p" + "\u200b" * 300_000 + "x").startswith("<p")


def test_joining_leaves_one_text_between_pictures() -> None:
    a, b, c = TextPart("a"), TextPart("b"), TextPart("c")
    shot = PicturePart("p1-f1", "ab", 28, 28)
    assert join([a, b, shot, shot, c]) == (TextPart("ab"), shot, shot, c)
    assert join([shot]) == (shot,)
    assert join([]) == ()
