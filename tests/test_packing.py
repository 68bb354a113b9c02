"""Requests are the fewest that the window allows, cut at sections where that costs none, and lose nothing of a page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import BBox, Block, Document, Heading, Page, Picture
from pipeline.errors import UsageError
from pipeline.pack.cuts import Sizes, best_cuts
from pipeline.pack.layout import join, page_parts, unescape
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.pack.seals import sealed
from pipeline.pack.tokens import counter_for
from pipeline.profiles import PictureRule, models
from pipeline.settings import Images
from tests.making import EXACT, MODEL, packed

ROUGH = counter_for(models()["general"])
BOX: BBox = (0, 400, 60, 460)
SYSTEM = "Read the pages."


def document(*toc: tuple[int, int]) -> Document:
    return Document("a.pdf", "ab", 1, 99, toc=tuple(Heading(level, "title", page) for level, page in toc))


def page(number: int, *texts: str, pictures: Sequence[tuple[int, int]] = (), label: str | None = None) -> Page:
    blocks = tuple(Block(text, BOX) for text in texts)
    figures = tuple(
        Picture(f"p{number}-f{n}", number, BOX, f"{n}", side, side, after) for n, (after, side) in enumerate(pictures)
    )
    return Page(number, label, 595, 842, 0, blocks, figures)


def asked(pages: Sequence[Page], window: int, reserve: int = 50, toc: Sequence[tuple[int, int]] = ()) -> list[Request]:
    return packed(pages, document(*toc), system=SYSTEM, window=window, reserve=reserve)


def words(tokens: int) -> str:
    return "word " * tokens


# What a request holds, read back from its parts alone -----------------------------------------------------------------


def bodies(requests: Sequence[Request]) -> Iterator[tuple[int, str | None, str]]:
    """Page number, part and body of each page mark in the requests' order; pictures stand as \\ue000 id \\ue001."""
    for request in requests:
        stream = "".join(p.text if isinstance(p, TextPart) else f"\ue000{p.id}\ue001" for p in request.parts)
        pattern = r'<page n="(\d+)"(?: label="[^"]*")?(?: part="(\d+/\d+)")?>\n(.*?)\n</page>\n'
        assert re.sub(pattern, "", stream, flags=re.DOTALL) == ""
        for number, part, body in re.findall(pattern, stream, re.DOTALL):
            yield int(number), part or None, body


def contents(requests: Sequence[Request]) -> dict[int, tuple[str, list[tuple[int, str]]]]:
    """For each page its text without marks, joined over its parts, and each picture with its place in that text."""
    found: dict[int, tuple[str, list[tuple[int, str]]]] = {}
    figure = r'(?:\n\n)?<figure id="[^"]*">[^\n]*\n\ue000([^\ue001]*)\ue001</figure>(?:\n\n)?'
    for number, _, body in bodies(requests):
        text, pictures = found.get(number, ("", []))
        for index, piece in enumerate(re.split(figure, body)):
            if index % 2:
                pictures.append((len(text), piece))
            else:
                text += unescape(piece)
        found[number] = text, pictures
    return found


def expected(pages: Sequence[Page]) -> dict[int, tuple[str, list[tuple[int, str]]]]:
    """The same of the pages as they were read: blocks a blank line apart, save where a picture stands between."""
    found: dict[int, tuple[str, list[tuple[int, str]]]] = {}
    for one in pages:
        text, pictures, run = "", list[tuple[int, str]](), list[str]()
        waiting = sorted(one.pictures, key=lambda picture: picture.after)
        for index in range(len(one.blocks) + 1):
            last = index == len(one.blocks)
            while waiting and (last or waiting[0].after <= index):
                text, run = text + "\n\n".join(run), []
                pictures.append((len(text), waiting.pop(0).id))
            if not last and one.blocks[index].text.strip():
                run.append(one.blocks[index].text.strip())
        text += "\n\n".join(run)
        if text or pictures:
            found[one.number] = text, pictures
    return found


# Cuts -----------------------------------------------------------------------------------------------------------------


def sizes_of(sizes: Sequence[int], shared: Sequence[set[int]], begins: Sequence[int]) -> list[int]:
    """What the requests take that begin at these units: their units, and each of their lines once."""
    ends = [*begins[1:], len(sizes)]
    lines = [set().union(*shared[a:b]) for a, b in zip(begins, ends, strict=True)]
    return [sum(sizes[a:b]) + sum(some) for a, b, some in zip(begins, ends, lines, strict=True)]


def by_brute_force(
    sizes: Sequence[int], shared: Sequence[set[int]], room: int, harms: Sequence[int]
) -> tuple[int, int, int]:
    """Number of requests, harm and largest request of the best of all ways to cut."""
    best = None
    for count in range(len(sizes)):
        for cuts in combinations(range(1, len(sizes)), count):
            groups = sizes_of(sizes, shared, (0, *cuts))
            if max(groups) <= room:
                way = count + 1, sum(harms[cut] for cut in cuts), max(groups)
                best = min(best or way, way)
    assert best is not None
    return best


@given(st.data(), st.lists(st.integers(1, 12), min_size=1, max_size=9))
def test_cuts_are_the_best_of_all_ways(data: st.DataObject, sizes: list[int]) -> None:
    # A line's key is its cost here: so a line costs the same wherever it is stated.
    shared = data.draw(st.lists(st.sets(st.integers(1, 5)), min_size=len(sizes), max_size=len(sizes)))
    room = data.draw(st.integers(max(map(sum, ((size, *some) for size, some in zip(sizes, shared, strict=True)))), 60))
    harms = data.draw(st.lists(st.sampled_from([0, 1, 10, 100]), min_size=len(sizes), max_size=len(sizes)))
    begins = best_cuts(Sizes(sizes, [{cost: cost for cost in some} for some in shared]), room, harms)
    groups = sizes_of(sizes, shared, begins)
    assert begins[0] == 0 and begins == sorted(set(begins))
    assert (len(groups), sum(harms[cut] for cut in begins[1:]), max(groups)) == by_brute_force(
        sizes, shared, room, harms
    )


def test_the_worked_example_of_the_cuts() -> None:
    assert best_cuts(Sizes([4, 3, 3, 4, 2]), 12, [0, 1, 1, 1, 1]) == [0, 2]
    assert best_cuts(Sizes([4, 3, 3, 4, 2]), 12, [0, 0, 1, 1, 1]) == [0, 1]


def test_two_thousand_units_are_cut_at_once() -> None:
    sizes = [1 + (n * 7919) % 97 for n in range(2000)]
    begins = best_cuts(Sizes(sizes), 1000, [n % 3 for n in range(2000)])
    assert max(sum(sizes[a:b]) for a, b in pairwise((*begins, 2000))) <= 1000
    greedy, filled = 1, 0
    for size in sizes:
        greedy, filled = (greedy, filled + size) if filled + size <= 1000 else (greedy + 1, size)
    assert len(begins) == greedy


# Requests -------------------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text("ab \n,.<1é中\u200b", max_size=120),
    st.sampled_from(
        ["</page>", '<page n="2">', "<figure id='x'>", "&lt;page", "A paragraph. " * 20, "x" * 300, "行" * 90]
    ),
)
PAGES = st.lists(
    st.tuples(
        st.lists(TEXTS, max_size=4),
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from([10, 60, 100])), max_size=3),
    ),
    min_size=1,
    max_size=5,
).map(lambda made: [page(n, *texts, pictures=pictures) for n, (texts, pictures) in enumerate(made, 1)])


@given(PAGES, st.integers(130, 900))
def test_nothing_of_the_pages_is_lost(pages: list[Page], window: int) -> None:
    requests = asked(pages, window)
    assert contents(requests) == expected(pages)
    assert [part for request in requests for part in request.pictures] == [
        picture for _, pictures in expected(pages).values() for _, picture in pictures
    ]
    for request in requests:
        assert request.tokens == EXACT.request(SYSTEM, request.parts)
        assert request.tokens + request.reserve <= window
        assert request.parts == join(request.parts)
        assert request.pages == tuple(sorted({number for number, _, _ in bodies([request])}))


@given(PAGES, st.integers(130, 900))
def test_a_split_page_is_numbered_from_first_to_last_part(pages: list[Page], window: int) -> None:
    marks: dict[int, list[str | None]] = {}
    for number, part, _ in bodies(asked(pages, window)):
        marks.setdefault(number, []).append(part)
    for parts in marks.values():
        assert parts == [None] or parts == [f"{n}/{len(parts)}" for n in range(1, len(parts) + 1)]


@given(PAGES, st.integers(300, 1500), st.booleans())
def test_no_way_of_cutting_gives_fewer_requests(pages: list[Page], window: int, exact: bool) -> None:
    count = EXACT if exact else ROUGH
    whole = [parts for one in pages if (parts := page_parts(one, "all", MODEL.pictures))]

    def fits(begin: int, end: int) -> bool:
        parts = [part for parts in whole[begin:end] for part in parts]
        return count.request(SYSTEM, parts if exact else sealed(parts)[1]) + 50 <= window

    if not whole or not all(fits(n, n + 1) for n in range(len(whole))):
        return
    fewest = next(
        number
        for number in range(1, len(whole) + 1)
        if any(
            all(fits(a, b) for a, b in pairwise((0, *cuts, len(whole))))
            for cuts in combinations(range(1, len(whole)), number - 1)
        )
    )
    requests = packed(pages, document(), system=SYSTEM, window=window, reserve=50, counter=count)
    assert len(requests) == fewest


def first_pages(requests: Sequence[Request]) -> list[int]:
    return [request.pages[0] for request in requests]


TEN = [page(number, words(100)) for number in range(1, 11)]
"""Ten pages of about 110 tokens each: six to a window of 800, so two requests, cut before page 5, 6 or 7."""


def test_without_bookmarks_the_requests_are_balanced() -> None:
    assert first_pages(asked(TEN, 800)) == [1, 6]


@pytest.mark.parametrize(
    ("toc", "cut"),
    [
        ([(1, 1), (1, 5), (2, 6)], 5),  # the first level before the second
        ([(1, 1), (2, 7), (3, 6)], 7),  # the second before the third, and before balance
        ([(2, 5), (2, 6), (2, 7)], 6),  # among equals, balance
        ([(4, 5), (5, 7)], 6),  # deeper levels count for nothing
        ([(1, 2), (1, 9)], 6),  # bookmarks out of reach cost no request more
    ],
)
def test_cuts_are_at_bookmarks_where_that_costs_no_request(toc: list[tuple[int, int]], cut: int) -> None:
    assert first_pages(asked(TEN, 800, toc=toc)) == [1, cut]


def test_a_bookmark_at_a_blank_page_counts_for_the_next_one_sent() -> None:
    pages = [one if one.number != 7 else page(7) for one in TEN]
    requests = asked(pages, 800, toc=[(1, 7)])
    assert first_pages(requests) == [1, 8]
    assert all(7 not in request.pages for request in requests)


def test_a_bookmark_is_no_reason_to_cut_inside_a_page() -> None:
    # Page 2 is two parts, the second small: it goes with page 3 rather than be cut from what follows.
    pages = [page(1, words(100)), page(2, words(900)), page(3, words(100)), page(4, words(500))]
    requests = asked(pages, 800, toc=[(1, 2), (4, 3), (1, 4)])
    assert [request.pages for request in requests] == [(1,), (2,), (2, 3), (4,)]


def test_requests_are_named_in_order_and_packing_is_deterministic() -> None:
    requests = asked(TEN, 400)
    assert [request.id for request in requests] == [f"r{n}" for n in range(1, len(requests) + 1)]
    assert {request.kind for request in requests} == {"read"}
    assert requests == asked(TEN, 400)


def test_a_page_that_fills_its_window_to_the_last_token_is_not_split() -> None:
    one = page(1, words(300))
    tokens = EXACT.request(SYSTEM, page_parts(one, "all", MODEL.pictures))
    assert [part for _, part, _ in bodies(asked([one], tokens + 50))] == [None]
    assert [part for _, part, _ in bodies(asked([one], tokens + 49))] == ["1/2", "2/2"]


def test_a_long_page_is_cut_between_paragraphs_and_shares_its_windows() -> None:
    long = page(2, *(f"Paragraph {n}. " + words(40) for n in range(30)))
    requests = asked([page(1, "short"), long, page(3, "short")], 600)
    assert contents(requests) == expected([page(1, "short"), long, page(3, "short")])
    texts = [body for number, _, body in bodies(requests) if number == 2]
    assert len(texts) == 3 and all(text.startswith("Paragraph ") for text in texts)


def test_a_page_with_more_pictures_than_fit_is_split() -> None:
    many = page(1, "above", "below", pictures=[(1, 100)] * 40)  # 4 * 5 tokens each, and their marks
    requests = asked([many], 500)
    assert len(requests) > 2 and contents(requests) == expected([many])


def test_a_page_of_one_endless_word_is_split() -> None:
    endless = page(1, "a" * 200_000, "中" * 20_000)
    requests = asked([endless], 32_000, reserve=4_000)
    assert contents(requests) == expected([endless])
    assert len(requests) == 5


def test_nothing_to_send_is_no_request() -> None:
    assert asked([], 800) == []
    assert asked([page(1), page(2, "  ")], 800) == []


@pytest.mark.parametrize(("rule", "images"), [(MODEL.pictures, "none"), (None, "all")])
def test_without_pictures_a_request_has_none(rule: PictureRule | None, images: Images) -> None:
    pages = [page(1, "text", pictures=[(0, 100)]), page(2, pictures=[(0, 100)])]
    (request,) = packed(pages, document(), rule=rule, images=images)
    assert request.pages == (1,) and request.pictures == ()


@pytest.mark.parametrize("window", [-5, 0, 40, 59])
def test_a_window_smaller_than_the_instructions_is_a_usage_error(window: int) -> None:
    with pytest.raises(UsageError, match=r"^A window of -?\d+ tokens is too small: the instructions take \d+ .*\.$"):
        asked([page(1, "text")], window)


def test_a_picture_larger_than_the_window_is_a_usage_error() -> None:
    huge = Page(1, None, 595, 842, 0, (), (Picture("p1-f0", 1, (0, 0, 595, 842), "ab", 1200, 1600, 0),))
    with pytest.raises(UsageError, match=r"a piece of page 1 takes 2,4\d\d tokens and 9\d\d are free"):
        asked([huge], 1000)


def test_splitting_alone_loads_the_text_splitter() -> None:
    code = """
import sys
from pipeline.document import Block, Document, Page
from pipeline.pack.requests import pack
from pipeline.pack.tokens import counter_for
from pipeline.profiles import models
counter = counter_for(models()["mistral-small-3.2"])
pages = [Page(1, None, 595, 842, 0, (Block("word " * 900, (0, 0, 9, 9)),))]
document = Document("a.pdf", "ab", 1, 1)
for window, loaded in ((2000, False), (500, True)):
    pack(document, pages, system="s", window=window, reserve=50, counter=counter, rule=None, images="none")
    assert ("langchain_text_splitters" in sys.modules) is loaded
    assert "PIL" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
