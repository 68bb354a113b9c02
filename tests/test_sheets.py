"""Small pictures on sheets: fewer pictures in a request, each as legible as alone, and accounted for by itself."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.carriers import blockcode
from pipeline.document import Block, Page, Picture
from pipeline.extract.work import WorkStore
from pipeline.pack.dividing import Bounds, halves, within_bounds
from pipeline.pack.fitted import Fitted
from pipeline.pack.parts import PicturePart, Tile
from pipeline.pack.request import Request
from tests.faulty_documents import SCHEMA, _picture, make_book
from tests.faulty_runs import run
from tests.making import EXACT, packed, text_of
from tests.strict_server import Rules, StrictServer

SYSTEM = "Read what the pages say. " * 60
SIDES = st.tuples(*[st.sampled_from([20, 90, 300, 700, 1500])] * 2)


def pictured(pages: Sequence[Sequence[tuple[int, int]]]) -> Request:
    """One request with a page for each row of pictures of these sizes."""
    made = [
        Page(
            number,
            None,
            900,
            900,
            0,
            (Block(f"Page {number}.", (0, 0, 1, 1)),),
            tuple(
                Picture(f"p{number}-f{n}", number, (0, 0, 800, 800), f"{number}-{n}", *size, 1)
                for n, size in enumerate(sizes)
            ),
        )
        for number, sizes in enumerate(pages, 1)
    ]
    (request,) = packed(made, system=SYSTEM)
    return request


def sheets(request: Request) -> list[PicturePart]:
    return [part for part in request.parts if isinstance(part, PicturePart) and part.tiles]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(SIDES, max_size=8), min_size=1, max_size=5), st.sampled_from([1, 2, 4, 8]))
def test_every_picture_is_sent_once_within_the_limit(pages: list[list[tuple[int, int]]], most: int) -> None:
    whole = pictured(pages)
    pieces = within_bounds(whole, Bounds(40_000, 500, most), EXACT)
    assert [name for one in pieces for name in one.pictures] == list(whole.pictures)
    for one in pieces:
        assert one.images <= most
        assert one.tokens == EXACT.request(one.system, one.parts) and one.tokens + one.reserve <= 40_000
        shown = [part for part in one.parts if isinstance(part, PicturePart)]
        ids = [tile.picture.id for part in shown for tile in part.tiles] + [part.id for part in shown if not part.tiles]
        assert sorted(ids) == sorted(one.pictures)
        assert all(f'<figure id="{name}"' in text_of([one]) for name in ids)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(SIDES, min_size=2, max_size=8), min_size=1, max_size=5))
def test_nothing_on_a_sheet_overlaps_and_each_is_as_large_as_alone(pages: list[list[tuple[int, int]]]) -> None:
    whole = pictured(pages)
    alone = {part.id: part for part in whole.parts if isinstance(part, PicturePart)}
    for sheet in (sheet for one in within_bounds(whole, Bounds(128_000, 500, 2), EXACT) for sheet in sheets(one)):
        assert max(sheet.width, sheet.height) <= 1540 and sheet.width % 28 == sheet.height % 28 == 0
        assert all(tile.picture == alone[tile.picture.id] for tile in sheet.tiles)
        assert not any(overlap(*two) for two in combinations(sheet.tiles, 2))
        assert all(right(tile) <= sheet.width and tile.y + tile.picture.height <= sheet.height for tile in sheet.tiles)


def right(tile: Tile) -> int:
    """Where a picture ends, or its id."""
    return tile.x + max(tile.picture.width, 13 * len(tile.picture.id))


def overlap(one: Tile, other: Tile) -> bool:
    apart = right(one) <= other.x or right(other) <= one.x
    return not (apart or one.y + one.picture.height <= other.y - 28 or other.y + other.picture.height <= one.y - 28)


def test_sheets_are_taken_where_they_cost_less_than_further_requests() -> None:
    whole = pictured([[(90, 90)] * 6] * 4)
    (one,) = within_bounds(whole, Bounds(128_000, 500, 2), EXACT)
    assert one.images == 1 and len(one.pictures) == 24
    assert '<figure id="p1-f0" sheet="s1"></figure>' in text_of([one]) and text_of([one]).count('<sheet id="s1">') == 1
    plain = within_bounds(replace(whole, system="Read."), Bounds(128_000, 500, 23), EXACT)
    assert len(plain) == 2 and not any(map(sheets, plain)), "two pages of instructions cost less than a sheet's rims"


def test_a_request_on_sheets_can_be_divided_again() -> None:
    (one,) = within_bounds(pictured([[(300, 200)] * 5] * 4), Bounds(128_000, 500, 4), EXACT)
    assert sheets(one)
    pieces = halves(one, EXACT)
    assert [name for piece in pieces for name in piece.pictures] == list(one.pictures)
    assert all(piece.tokens < one.tokens and piece.images <= 4 and sheets(piece) for piece in pieces)
    again = within_bounds(one, Bounds(128_000, 500), EXACT)
    assert [piece.images for piece in again] == [20], "an endpoint that takes them gets them by themselves"


def test_what_a_sheet_shows_is_as_legible_as_alone(tmp_path: Path) -> None:
    store, chance = WorkStore(str(tmp_path)), random.Random(4)
    tokens = ["KX-34627", "MM-22347", "PR-77963", "AE-23467", "TW-99999", "LH-44444"]
    pictures = [
        Picture(f"p1-f{n}", 1, (0, 0, 70, 70), store.put(_picture(chance, one)), 144, 144, 1)
        for n, one in enumerate(tokens)
    ]
    page = Page(1, None, 600, 800, 0, (Block("Text.", (0, 0, 1, 1)),), tuple(pictures))
    (request,) = packed([page], system=SYSTEM)
    (one,) = within_bounds(request, Bounds(128_000, 500, 1), EXACT)
    (sheet,) = sheets(one)
    data, kind = Fitted(store).get(sheet)
    assert Fitted(store).get(sheet) == (data, kind) and kind in ("image/png", "image/jpeg")
    assert blockcode.read(data) == set(tokens)
    image = Image.open(io.BytesIO(data)).convert("L")
    assert image.size == (sheet.width, sheet.height)
    for tile in sheet.tiles:
        label = image.crop((tile.x, tile.y - 28, right(tile), tile.y))
        assert 0.03 < sum(label.histogram()[:128]) / (label.width * label.height) < 0.5


def test_an_endpoint_that_takes_few_pictures_gets_every_fact_on_sheets(tmp_path: Path) -> None:
    book = make_book(tmp_path, 5, 9, pictures=1.0, lines=4)
    server = StrictServer(Rules(pictures=1))
    result = run(book, server, tmp_path / "store", SCHEMA).result
    assert result is not None and result.status == "complete"
    assert [row.fate for row in result.requests if row.kind == "read"] == ["divided", "answered"]
    shown = {figure.page: figure.description or "" for figure in result.figures}
    assert all(fact.token in shown[fact.page] for fact in book.facts if fact.carrier == "picture")
    tokens = [row.tokens for row in result.coverage.pictures]
    answered = [one for one in server.log.exchanges if one.status == 200]
    assert len(answered) == 1 and 0 < sum(token or 0 for token in tokens) < answered[0].prompt
    again = run(book, server, tmp_path / "store", SCHEMA).result
    assert again is not None and again.content_sha256 == result.content_sha256 and again.run.cost_usd == 0
