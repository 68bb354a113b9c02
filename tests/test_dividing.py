"""A request that is not taken whole is divided into others that carry the same, in order, within the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import BBox, Block, Page, Picture
from pipeline.errors import UsageError
from pipeline.pack.dividing import Bounds, halves, within_bounds
from pipeline.pack.layout import Figure
from pipeline.pack.request import Request
from tests.making import EXACT, packed

BOX: BBox = (0, 400, 60, 460)


def page(number: int, words: Sequence[int], pictures: Sequence[tuple[int, int]]) -> Page:
    blocks = tuple(Block(f"P{number}b{at} " + "word " * count, BOX) for at, count in enumerate(words))
    figures = tuple(
        Picture(f"p{number}-f{n}", number, BOX, f"{number}-{n}", side, side, min(after, len(blocks)))
        for n, (after, side) in enumerate(pictures)
    )
    return Page(number, None, 595, 842, 0, blocks, figures)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """One request of a few pages with text and pictures, with running heads now and then."""
    sizes = st.lists(st.integers(0, 400), min_size=1, max_size=4)
    pictures = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([28, 200, 400])), max_size=3)
    pages = [page(number, draw(sizes), draw(pictures)) for number in range(1, draw(st.integers(1, 6)) + 1)]
    (made,) = packed(pages)
    return made


def text(requests: Sequence[Request]) -> str:
    """All that the requests say of the document, without white space."""
    pieces = (piece for one in requests for unit in one.units for piece in unit.pieces)
    return "".join("".join(piece.split()) for piece in pieces if isinstance(piece, str))


def pictures(requests: Sequence[Request]) -> list[str]:
    pieces = (piece for one in requests for unit in one.units for piece in unit.pieces)
    return [piece.picture.id for piece in pieces if isinstance(piece, Figure)]


def holds(pieces: Sequence[Request], whole: Request) -> None:
    """That the pieces say what the whole says, and are counted right."""
    assert text(pieces) == text([whole])
    assert sorted({number for one in pieces for number in one.pages}) == list(whole.pages)
    for one in pieces:
        assert one.tokens == EXACT.request(one.system, one.parts)


@settings(deadline=None)
@given(requests(), st.integers(900, 6000), st.sampled_from([None, 1, 2, 5]))
def test_pieces_hold_what_the_whole_holds_within_the_bounds(whole: Request, window: int, most: int | None) -> None:
    pieces = within_bounds(whole, Bounds(window, 200, most), EXACT)
    holds(pieces, whole)
    assert pictures(pieces) == pictures([whole])
    for one in pieces:
        assert one.tokens + one.reserve <= window
        assert one.reserve == 200
        assert most is None or one.images <= most


@settings(deadline=None)
@given(requests())
def test_an_endpoint_without_pictures_gets_the_text_alone(whole: Request) -> None:
    pieces = within_bounds(whole, Bounds(100_000, 200, 0), EXACT)
    assert text(pieces) == text([whole])
    assert pictures(pieces) == []


@settings(deadline=None)
@given(requests())
def test_halves_hold_the_whole_and_each_is_smaller(whole: Request) -> None:
    pieces = halves(whole, EXACT)
    if len(pieces) > 1:
        holds(pieces, whole)
        assert pictures(pieces) == pictures([whole])
        assert all(one.tokens < whole.tokens for one in pieces)


@settings(deadline=None)
@given(requests())
def test_halving_again_and_again_ends(whole: Request) -> None:
    waiting = [whole]
    done: list[Request] = []
    while waiting:
        one = waiting.pop(0)
        pieces = halves(one, EXACT)
        if len(pieces) > 1:
            waiting[:0] = pieces
        else:
            done += pieces
        assert len(done) + len(waiting) < 500
    assert text(done) == text([whole])
    assert pictures(done) == pictures([whole])


def test_parts_of_parts_are_numbered_within_their_part() -> None:
    whole = packed([page(1, [3000], [])], window=1500, reserve=100)
    assert [one.units[0].part for one in whole] == ["1/3", "2/3", "3/3"]
    assert [one.units[0].part for one in halves(whole[1], EXACT)] == ["2.1/3", "2.2/3"]


def test_a_picture_that_no_request_has_room_for_costs_its_page_no_word() -> None:
    large = page(1, [100], [(0, 28), (1, 1400)])
    shown = tuple(replace(one, box=(0, 0, 595, 842)) for one in large.pictures)
    (whole,) = packed([replace(large, pictures=shown)], window=10_000)
    pieces = within_bounds(whole, Bounds(1500, 200), EXACT)
    assert text(pieces) == text([whole])
    assert pictures(pieces) == ["p1-f0"]


def test_bounds_without_room_for_text_are_refused() -> None:
    (whole,) = packed([page(1, [100], [])], system="Read " * 300, window=10_000)
    with pytest.raises(UsageError, match="too small"):
        within_bounds(whole, Bounds(400, 100), EXACT)
