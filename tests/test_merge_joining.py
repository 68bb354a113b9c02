"""Records of several answers that are one thing are one record, and what only looks alike stays apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import pytest

from pipeline.document import Block
from pipeline.merge.values import Extraction, merge_values
from pipeline.pack.request import Request
from pipeline.pack.units import Unit
from tests.making import answer_of, finder_of, page_of, request_of, said

TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def schema_of(items: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    array = {"type": "array", "items": {"type": "object", "properties": dict(items)}, **more}
    return {"type": "object", "properties": {"items": array}}


def merged(
    schema: dict[str, Any], texts: dict[int, str], requests: Sequence[Request], *lists: list[dict[str, Any]]
) -> Extraction:
    """What becomes of the n-th request's records; the order of the answers must make no difference."""
    answers = [answer_of(one.id, {"items": items}) for one, items in zip(requests, lists, strict=True)]
    found = merge_values(answers, requests, schema, finder_of(texts))
    for order in permutations(answers):
        assert merge_values(order, requests, schema, finder_of(texts)) == found
    return found


def record(page: int, quote: str, **values: Any) -> dict[str, Any]:
    return said(values, page, quote)


PAGES = {1: "Acme Holdings Limited, seller", 2: "Acme Holdings Limited, Berlin", 3: "Acme Holding Limited"}
REQUESTS = [request_of(f"r{page}", [page]) for page in PAGES]
PARTY = {"name": TEXT, "city": TEXT, "role": TEXT}


def party(page: int, name: str, city: str | None = None, role: str | None = None) -> list[dict[str, Any]]:
    return [record(page, PAGES[page], name=name, city=city, role=role)]


def test_one_party_told_in_three_windows_is_one_record_with_what_each_knows() -> None:
    found = merged(
        schema_of(PARTY),
        PAGES,
        REQUESTS,
        party(1, "Acme Holdings Limited", role="seller"),
        party(2, "ACME Holdings Limited", "Berlin"),
        party(3, "Acme Holding Limited"),
    )
    assert found.data["items"] == [{"name": "Acme Holdings Limited", "city": "Berlin", "role": "seller"}]
    assert [one.pointer for one in found.conflicts] == ["/items/0/name"]
    assert [(one.code, one.message) for one in found.notices] == [
        ("records-joined", "/items: records of pages 1, 2, 3 were taken for one: alike.")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Acme Fund 12 of Northern Europe"}, {"name": "Acme Fund 13 of Northern Europe"}),
        ({"name": "the supplier is not liable"}, {"name": "the supplier is liable"}),
        ({"name": "Christian Weber-Mayer"}, {"name": "Christina Weber-Mayer"}),
        ({"name": "Acme", "city": "Berlin"}, {"name": "Acme", "city": "Paris"}),
        ({"name": "Acme", "since": "2019-05-01"}, {"name": "Acme", "since": "1 May 2020"}),
        ({"name": "Bolt", "price": 3}, {"name": "Bolt", "price": 3}),
        ({"city": "Berlin"}, {"city": "Berlin"}),
    ],
)
def test_records_that_may_be_two_things_stay_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    fields = {"name": TEXT, "city": TEXT, "since": TEXT, "price": NUMBER}
    texts = {1: "first", 2: "second"}
    lists = [
        [record(page, texts[page], **{**dict.fromkeys(fields), **values})] for page, values in ((1, one), (2, other))
    ]
    found = merged(schema_of(fields), texts, REQUESTS[:2], *lists)
    assert len(found.data["items"]) == 2 and not found.notices


def test_neither_two_of_one_answer_nor_rows_of_tables_are_joined() -> None:
    texts = {1: "Acme seller\nAcme buyer", 2: "Acme Berlin"}
    twice = [record(1, "Acme seller", name="Acme", role="seller"), record(1, "Acme buyer", name="Acme", role=None)]
    found = merged(
        schema_of({"name": TEXT, "role": TEXT}),
        texts,
        REQUESTS[:2],
        twice,
        [record(2, "Acme Berlin", name="Acme", role=None)],
    )
    assert len(found.data["items"]) == 3
    rows = {1: "Widget blue", 2: "Widget blue"}
    lists = [[record(page, "| Widget | blue |", name="Widget", role="blue")] for page in rows]
    assert len(merged(schema_of({"name": TEXT, "role": TEXT}), rows, REQUESTS[:2], *lists).data["items"]) == 2


def test_a_record_that_lacks_a_part_of_its_key_joins_the_only_one_that_it_can_be() -> None:
    texts = {1: "Order 7 of 2 May", 2: "Order 7: 12.00", 3: "Order 7 of 3 May"}
    schema = schema_of({"number": NUMBER, "date": TEXT, "amount": NUMBER}, **{"x-key": ["number", "date"]})
    first = [record(1, "Order 7 of 2 May", number=7, date="2 May", amount=None)]
    second = [record(2, "Order 7: 12.00", number=7, date=None, amount=12)]
    other = [record(3, "Order 7 of 3 May", number=7, date="3 May", amount=None)]
    found = merged(schema, texts, REQUESTS, first, second, [])
    assert found.data["items"] == [{"number": 7, "date": "2 May", "amount": 12}]
    assert [one.code for one in found.notices] == ["records-joined"]
    assert len(merged(schema, texts, REQUESTS, first, second, other).data["items"]) == 3


def broken(*pages: int) -> Request:
    """A request of pages, each of which begins with a table that goes on from the page before, but for the first."""
    carriers = [
        page_of(number).__class__(
            number,
            None,
            600.0,
            800.0,
            0,
            (Block("| a |", (0, 0, 1, 1), "table", continues=number - 1 if at else None),),
        )
        for at, number in enumerate(pages)
    ]
    return request_of("r" + "-".join(map(str, pages)), pages, units=tuple(Unit(one, ("",), 1) for one in carriers))


@pytest.mark.parametrize("requests", [[[1, 2]], [[1], [1, 2]]])
def test_a_row_that_the_pages_end_cuts_is_one_record(requests: list[list[int]]) -> None:
    texts = {1: "1 Bolt 3\n2 Consulting, 80", 2: "architect June\n3 Nut 4"}
    head = [record(1, "1 Bolt 3", no=1, what="Bolt", price=3, month=None)]
    head += [record(1, "2 Consulting, 80", no=2, what="Consulting,", price=80, month=None)]
    tail = [record(2, "architect June", no=None, what="architect", price=None, month="June")]
    tail += [record(2, "3 Nut 4", no=3, what="Nut", price=4, month=None)]
    schema = schema_of({"no": NUMBER, "what": TEXT, "price": NUMBER, "month": TEXT})
    lists = [head + tail] if len(requests) == 1 else [head, head + tail]
    found = merged(schema, texts, [broken(*pages) for pages in requests], *lists)
    assert [(one["no"], one["month"]) for one in found.data["items"]] == [(1, None), (2, "June"), (3, None)]
    assert found.data["items"][1]["what"] == "Consulting,"
    assert [[one.value for one in conflict.candidates] for conflict in found.conflicts] == [
        ["Consulting,", "architect"]
    ]
    assert [one.code for one in found.notices] == ["records-joined"]


def test_a_whole_row_after_the_pages_end_is_a_record_of_its_own() -> None:
    texts = {1: "1 Bolt 3", 2: "2 Nut 4"}
    rows = [record(page, texts[page], no=page, what=what) for page, what in ((1, "Bolt"), (2, "Nut"))]
    found = merged(schema_of({"no": NUMBER, "what": TEXT}), texts, [broken(1, 2)], rows)
    assert len(found.data["items"]) == 2 and not found.notices


def test_where_requests_overlap_a_line_is_one_however_much_of_it_each_saw_and_like_lines_stay() -> None:
    texts = {1: "Widget 2 9.00\nWidget 2 9.00\nBolt M4 1 3.00", 2: "Nut 5 1.00"}
    requests = [request_of("a", [1]), request_of("b", [1, 2])]
    widget = record(1, "Widget 2 9.00", name="Widget", count=2, price=9)
    half = record(1, "Bolt M4 1 3.00", name="Bolt M4", count=1, price=None)
    bolt = record(1, "Bolt M4 1", name="Bolt M4", count=None, price=3)
    nut = record(2, "Nut 5 1.00", name="Nut", count=5, price=1)
    schema = schema_of({"name": TEXT, "count": NUMBER, "price": NUMBER})
    found = merged(schema, texts, requests, [widget, widget, half], [widget, widget, bolt, nut])
    assert [tuple(one.values()) for one in found.data["items"]] == [
        ("Widget", 2, 9), ("Widget", 2, 9), ("Bolt M4", 1, 3), ("Nut", 5, 1),
    ]  # fmt: skip
    assert not found.conflicts and not found.notices


def test_three_thousand_records_of_sixty_pages_in_overlapping_windows_are_all_there_once_and_in_order() -> None:
    rows = [(number, f"Part {number:04}", number % 7 + 0.5) for number in range(1, 3001)]
    by_page = {page: rows[50 * page - 50 : 50 * page] for page in range(1, 61)}
    texts = {page: "\n".join(f"{n} {name} {price}" for n, name, price in of_page) for page, of_page in by_page.items()}
    windows = [range(begin, min(begin + 12, 61)) for begin in range(1, 60, 10)]
    requests = [request_of(f"r{at}", pages) for at, pages in enumerate(windows, 1)]
    lists = [
        [
            record(page, f"{n} {name} {price}", name=name, price=price)
            for page in pages
            for n, name, price in by_page[page]
        ]
        for pages in windows
    ]
    answers = [answer_of(one.id, {"items": items}) for one, items in zip(requests, lists, strict=True)]
    assert sum(map(len, lists)) == 3500
    found = merge_values(answers, requests, schema_of({"name": TEXT, "price": NUMBER}), finder_of(texts))
    assert [(one["name"], one["price"]) for one in found.data["items"]] == [(name, price) for _, name, price in rows]
    assert not found.conflicts and not found.unverified and found.valid
