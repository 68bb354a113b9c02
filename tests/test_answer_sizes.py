"""Answers that are larger than one request may give: planned before they are sent, and whole when they are merged."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import Settings, understand
from pipeline.ask.groups import Group, Weights, groups, only, pointers_of
from pipeline.ask.schema import resolve
from pipeline.document import Block, Page
from pipeline.pack.cuts import Sizes, best_cuts
from pipeline.pack.dividing import Bounds, halves, within_bounds
from pipeline.pack.expected import Expected, RecordForm, records, words
from pipeline.pack.layout import Head
from pipeline.pack.request import Request
from pipeline.result.model import Result
from tests.chat_server import Reply, answer_nothing, chat_response, chat_server, usage_of
from tests.making import EXACT, packed, text_of
from tests.pdfs import draw_table
from tests.strict_reader import answer, hear
from tests.strict_server import Rules, StrictServer
from tests.strict_wire import served

MODEL = "mistralai/mistral-small-3.2-24b-instruct"
CAP = 8192
FORM = RecordForm((words("serial"), words("article"), words("amount")), 40)
Json = dict[str, Any]

GOODS: Json = {
    "type": "object",
    "properties": {
        "supplier": {"type": "string"},
        "goods": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "serial": {"type": "string"},
                    "article": {"type": "string"},
                    "amount": {"type": "integer"},
                },
            },
        },
    },
}
_WORDS = "bolt nut washer rivet clamp bracket hinge spring gasket flange".split()


def goods(count: int) -> list[Json]:
    """Records, no two of them alike."""
    chance = random.Random(7)
    return [
        {
            "serial": f"KX-{10_000 + number}",
            "article": f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {number % 90}",
            "amount": chance.randint(1, 9999),
        }
        for number in range(count)
    ]


def price_list(path: Path, count: int, each: int, *, heads: bool = True) -> list[Json]:
    """A ruled table of so many records over pages of `each`, its head on every page or the first; the records."""
    document, listed = pymupdf.open(), goods(count)
    for first in range(0, count, each):
        page = document.new_page(width=595, height=120 + 14 * each)
        if first == 0:
            page.insert_text((60, 30), "Supplier: Borealis", fontsize=9)
        lines = [["Serial", "Article", "Amount"]] if heads or first == 0 else []
        lines += [[str(value) for value in record.values()] for record in listed[first : first + each]]
        draw_table(page, lines, 50, height=14)
    document.save(path)
    document.close()
    return listed


def form(path: Path, count: int, each: int) -> dict[str, int]:
    """A form of so many fields, `each` on a page; their values by their names."""
    values, document = {f"measure_{number:03d}": 1000 + 37 * number for number in range(count)}, pymupdf.open()
    lines = [f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in values.items()]
    for first in range(0, count, each):
        page = document.new_page(width=595, height=842)
        page.insert_text((60, 40), f"Report of measures, part {first // each + 1}", fontsize=12)
        for at, line in enumerate(lines[first : first + each]):
            page.insert_text((60, 80 + 26 * at), line, fontsize=8)
    document.save(path)
    document.close()
    return values


def fields(names: Sequence[str]) -> Json:
    return {"type": "object", "properties": {name: {"type": "integer"} for name in names}}


def settings(folder: Path, address: str) -> Settings:
    return Settings(engine=address, model=MODEL, store=str(folder / "store"), wait_seconds=0)


def asked(path: Path, server: StrictServer, schema: Mapping[str, Any]) -> Result:
    with served(server) as address:
        return understand(path, settings(path.parent, address), schema=schema)


def whole(result: Result) -> None:
    assert result.status == "complete"
    assert {page.fate for page in result.coverage.pages} == {"answered"}


def data_of(result: Result) -> Json:
    assert result.extraction is not None
    return dict(result.extraction.data)


def whole_list(result: Result, server: StrictServer, listed: Sequence[Json], pages: int) -> None:
    """That every record of so many pages came back, from valid answers, and no page was sent twice."""
    whole(result)
    assert data_of(result) == {"supplier": "Borealis", "goods": listed}
    answered = [one for one in server.log.exchanges if one.status == 200]
    assert all(one.valid for one in answered)
    assert sum(len(one.pages) for one in answered) == pages


def resent(result: Result, server: StrictServer) -> float:
    """What was sent to be read, and answered, beyond the requests as they were planned: as a share of those."""
    planned = sum(one.tokens for one in result.requests if one.kind == "read" and "." not in one.id)
    sent = sum(one.prompt for one in server.log.exchanges if one.status == 200 and one.pages)
    return sent / planned - 1


# The two of them whole ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_table_of_three_thousand_rows_comes_back_whole(tmp_path: Path) -> None:
    listed, server = price_list(tmp_path / "a.pdf", 3000, 50), StrictServer(Rules(output_cap=CAP))
    result = asked(tmp_path / "a.pdf", server, GOODS)
    whole_list(result, server, listed, 60)
    assert resent(result, server) < 0.26  # the instructions, with each page


def test_a_table_over_pages_is_asked_in_requests_whose_answers_fit(tmp_path: Path) -> None:
    listed, server = price_list(tmp_path / "a.pdf", 300, 30), StrictServer(Rules(output_cap=CAP))
    result = asked(tmp_path / "a.pdf", server, GOODS)
    whole_list(result, server, listed, 10)
    assert sum(one.status == 200 and bool(one.pages) for one in server.log.exchanges) <= 6


def test_a_table_that_is_headed_once_is_asked_with_its_head_in_each_request(tmp_path: Path) -> None:
    listed = price_list(tmp_path / "a.pdf", 160, 40, heads=False)
    server = StrictServer(Rules(output_cap=4096))
    result = asked(tmp_path / "a.pdf", server, GOODS)
    whole(result)
    assert data_of(result) == {"supplier": "Borealis", "goods": listed}
    assert sum(one.status == 200 and bool(one.pages) for one in server.log.exchanges) >= 4


@pytest.mark.parametrize("nested", [False, True])
def test_four_hundred_fields_come_back_whole(nested: bool, tmp_path: Path) -> None:
    values, server = form(tmp_path / "a.pdf", 400, 28), StrictServer(Rules(output_cap=CAP))
    names, schema = list(values), fields(list(values))
    parts = {f"part_{n}": names[40 * n : 40 * n + 40] for n in range(10)}
    if nested:
        schema = {"type": "object", "properties": {name: fields(some) for name, some in parts.items()}}
    result = asked(tmp_path / "a.pdf", server, schema)
    whole(result)
    wanted = {name: {one: values[one] for one in some} for name, some in parts.items()} if nested else values
    assert data_of(result) == wanted
    answered = [one for one in server.log.exchanges if one.status == 200]
    assert all(one.valid for one in answered) and len(answered) <= 5
    assert len(result.summary.sections) == 1  # it is asked for once
    assert len(result.summary.key_points) == 15
    if nested:
        assert all(
            set(parts[part]) & set(one.fields) == set() for one in answered for part in parts if part not in one.fields
        )


def test_a_page_is_answered_only_if_every_group_that_asked_of_it_was(tmp_path: Path) -> None:
    values = form(tmp_path / "a.pdf", 400, 28)

    def reply(body: Json) -> Reply:
        given = body["response_format"]["json_schema"]["schema"]
        if "summary" not in given["properties"]:
            return Reply({"error": {"message": "no"}}, 400)
        return Reply(chat_response(answer(given, hear(body["messages"])), usage=usage_of(body)))

    with chat_server(reply) as server:
        result = understand(tmp_path / "a.pdf", settings(tmp_path, server.address), schema=fields(list(values)))
    assert result.status == "incomplete"
    assert {page.fate for page in result.coverage.pages} == {"failed"}
    data = data_of(result)
    assert data["measure_000"] == 1000 and data["measure_399"] is None


# Answers that are cut all the same ------------------------------------------------------------------------------------


def cutting(most: Callable[[Json, Json], bool]) -> Callable[[Json], Reply]:
    """A server that cuts the answers of which `most` says, by body and answer, that they are too long."""

    def reply(body: Json) -> Reply:
        found = answer(body["response_format"]["json_schema"]["schema"], hear(body["messages"]))
        if most(body, found):
            return Reply(chat_response('{"summary": "It begi', finish="length", usage=usage_of(body)))
        return Reply(chat_response(found, usage=usage_of(body)))

    return reply


def many(_: Json, found: Json) -> bool:
    """Whether more than three fields were found."""
    return sum(one is not None for one in found.get("data", {}).values()) > 3


def shown(body: Json) -> str:
    return "".join(part.get("text", "") for part in body["messages"][1]["content"])


@pytest.mark.parametrize("most", [9, 30])
def test_a_page_whose_rows_do_not_fit_an_answer_is_asked_in_parts_with_the_head_of_its_table(
    most: int, tmp_path: Path
) -> None:
    listed = price_list(tmp_path / "a.pdf", 120, 60)
    with chat_server(cutting(lambda _, found: len(found["data"]["goods"]) > most)) as server:
        result = understand(tmp_path / "a.pdf", settings(tmp_path, server.address), schema=GOODS)
        parts = [shown(body) for body in server.bodies if 'part="' in shown(body)]
    whole(result)
    assert data_of(result) == {"supplier": "Borealis", "goods": listed}
    assert parts and all("| Serial | Article | Amount |\n|" in part for part in parts if "KX-" in part)


def test_rows_that_are_alike_stay_as_many_in_whatever_part_they_stand(tmp_path: Path) -> None:
    document = pymupdf.open()
    lines = [["Serial", "Article", "Amount"], *[["KX-10000", "bolt", "5"]] * 60]
    draw_table(document.new_page(width=595, height=1000), lines, 50, height=14)
    document.save(tmp_path / "a.pdf")
    with chat_server(cutting(lambda _, found: len(found["data"]["goods"]) > 20)) as server:
        result = understand(tmp_path / "a.pdf", settings(tmp_path, server.address), schema=GOODS)
    assert data_of(result)["goods"] == [{"serial": "KX-10000", "article": "bolt", "amount": 5}] * 60
    assert result.extraction is not None
    places = [one[0].boxes for pointer, one in result.extraction.evidence.items() if pointer.startswith("/goods/")]
    assert len({tuple(map(tuple, boxes)) for boxes in places}) == 60


def test_fields_are_divided_where_their_page_cannot_be(tmp_path: Path) -> None:
    values = form(tmp_path / "a.pdf", 12, 12)
    schema = fields([*values, "supplier"])
    with chat_server(cutting(many)) as server:
        result = understand(tmp_path / "a.pdf", settings(tmp_path, server.address), schema=schema)
    whole(result)
    assert data_of(result) == {**values, "supplier": None}


def test_divided_fields_are_divided_alike_when_it_is_run_again(tmp_path: Path) -> None:
    values = form(tmp_path / "a.pdf", 30, 15)
    with chat_server(cutting(many)) as server:
        first = understand(tmp_path / "a.pdf", settings(tmp_path, server.address), schema=fields(list(values)))
        sent = len(server.bodies)
        again = understand(tmp_path / "a.pdf", settings(tmp_path, server.address), schema=fields(list(values)))
        assert len(server.bodies) == sent
    whole(first)
    assert data_of(first) == values
    assert again.content_sha256 == first.content_sha256


# Planned before -------------------------------------------------------------------------------------------------------


def table(*rows: str) -> str:
    return "\n".join(["| Serial | Amount |", "| --- | --- |", *rows])


def test_records_are_counted_where_they_stand() -> None:
    text = table("| KX-1 | 4 |", "| KX-2 | 5 |")
    assert list(records(text)) == [("| Serial | Amount |", ["| KX-1 | 4 |", "| KX-2 | 5 |"])]
    assert list(records("Bolt 4\nNut 5\nWasher 6\n\nProse follows.")) == [("Bolt 4", ["Bolt 4", "Nut 5", "Washer 6"])]
    assert list(records("In 2024 it rose to 5.\nThis was the most in years.\nIt fell in 2025.")) == []
    one = Expected((FORM,), 100)
    named, other = one.of([text], EXACT), one.of([text.replace("Serial", "X").replace("Amount", "Y")], EXACT)
    assert named == 2 * FORM.tokens + 2 * EXACT.text("| KX-1 | 4 |\n| KX-2 | 5 |")
    assert other == round((2 * FORM.tokens + 2 * EXACT.text("| KX-1 | 4 |\n| KX-2 | 5 |")) / 8)
    assert one.of(["No record stands here."], EXACT) == 0
    assert Expected().of([text], EXACT) == 0


def test_words_of_names_are_compared_as_words() -> None:
    assert words("unitPrice") == words("unit_prices") == words("Unit price") == {"unit", "price"}


@given(st.data(), st.lists(st.tuples(st.integers(1, 12), st.integers(0, 9)), min_size=1, max_size=8))
def test_cuts_under_both_bounds_are_the_best_of_all_ways(data: st.DataObject, units: list[tuple[int, int]]) -> None:
    sizes, answers = [size for size, _ in units], [said for _, said in units]
    room, most = data.draw(st.integers(max(sizes), 40)), data.draw(st.integers(max(*answers, 1), 20))
    harms = data.draw(st.lists(st.sampled_from([0, 1, 10]), min_size=len(units), max_size=len(units)))

    def way(cuts: Sequence[int]) -> tuple[int, int, int] | None:
        """Number, harm and the fullest request of one way to cut; None where one does not fit."""
        spans = list(pairwise((0, *cuts, len(units))))
        taken = [(sum(sizes[a:b]), sum(answers[a:b])) for a, b in spans]
        if any(size > room or said > most for size, said in taken):
            return None
        return len(spans), sum(harms[cut] for cut in cuts), max(max(size * most, said * room) for size, said in taken)

    every = (cuts for count in range(len(units)) for cuts in combinations(range(1, len(units)), count))
    best = min(found for cuts in every if (found := way(cuts)) is not None)
    assert way(best_cuts(Sizes(sizes, (), answers, most), room, harms)[1:]) == best


def of_texts(texts: Sequence[str], expected: Expected, window: int = 20_000) -> list[Request]:
    pages = [Page(number, None, 595, 842, 0, (Block(text, (0, 0, 9, 9)),)) for number, text in enumerate(texts, 1)]
    return packed(pages, window=window, expected=expected)


def rows_of(requests: Sequence[Request]) -> list[str]:
    """The rows of tables in the requests' own pieces, heads that are given again apart."""
    pieces = (piece for one in requests for unit in one.units for piece in unit.pieces if isinstance(piece, str))
    return re.findall(r"\| KX-\d+ \| \d+ \|", "\n".join(pieces))


@example([0, 38], 1500, 1009)  # a page that the window cuts in two, of which one part is still too much to answer
@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(1500, 3000), st.integers(900, 4000))
def test_no_request_is_expected_to_have_a_longer_answer_than_fits(pages: list[int], most: int, window: int) -> None:
    expected, number = Expected((FORM,), most), iter(range(1000, 2000))
    texts = [table(*(f"| KX-{next(number)} | {n} |" for n in range(count))) for count in pages]
    requests = of_texts(texts, expected, window)
    assert rows_of(requests) == [row for text in texts for row in re.findall(r"\| KX-\d+ \| \d+ \|", text)]
    for request in requests:
        said = sum(expected.of(unit.pieces, EXACT) for unit in request.units)
        assert said <= 1.5 * most or len(request.units) == 1  # parts of a page are even in tokens, not to the row
        assert request.tokens + request.reserve <= window
        for unit in request.units:
            if unit.part is not None and not unit.part.startswith("1/") and rows_of([request]):
                assert isinstance(unit.pieces[0], Head) or str(unit.pieces[0]).startswith("|")


def test_pages_without_records_are_packed_as_ever() -> None:
    texts = ["All is well here. " * 40] * 9
    assert of_texts(texts, Expected((FORM,), 300)) == of_texts(texts, Expected())


def test_halves_have_about_as_much_to_answer() -> None:
    texts = ["Words and words. " * 200] * 4 + [table(*(f"| KX-{n} | {n} |" for n in range(1000, 1030)))] * 2
    (request,) = of_texts(texts, Expected())
    assert [one.pages for one in halves(request, EXACT)] == [(1, 2, 3), (4, 5, 6)]
    assert [one.pages for one in halves(request, EXACT, Expected((FORM,), 300))] == [(1, 2, 3, 4, 5), (6,)]


def test_a_part_that_begins_within_a_table_begins_with_its_head() -> None:
    text = "Before it.\n\n" + table(*(f"| KX-{n} | {n} |" for n in range(1000, 1100))) + "\n\nAfter it."
    (request,) = of_texts([text], Expected())
    pieces = within_bounds(request, Bounds(900, 300), EXACT)
    assert len(pieces) > 2
    again = [half for piece in pieces for half in halves(piece, EXACT)]
    for requests in (pieces, again):
        assert rows_of(requests) == [f"| KX-{n} | {n} |" for n in range(1000, 1100)]
        for one in requests[1:]:
            text = text_of([one])
            assert "| Serial | Amount |\n| --- | --- |\n| KX-" in text
        for one in requests:
            assert one.tokens == EXACT.request(one.system, one.parts)


def test_a_part_of_a_table_that_goes_on_begins_with_the_head_that_stands_on_another_page() -> None:
    rows = [f"| KX-{n} | {n} |" for n in range(1000, 1060)]
    table = Block("\n".join([rows[0], "| --- | --- |", *rows[1:]]), (0, 0, 9, 9), "table", 1, "| Serial | Amount |")
    page = Page(2, None, 595, 842, 0, (table,))
    (request,) = packed([page], window=20_000, reserve=300)
    pieces = within_bounds(request, Bounds(700, 300), EXACT)
    again = [half for piece in pieces for half in halves(piece, EXACT)]
    for requests in (pieces, again):
        assert rows_of(requests) == rows
        first, *others = (text_of([one]) for one in requests)
        assert '<continued from="1" head="| Serial | Amount |">\n\n| KX-1000' in first
        assert others and all("| Serial | Amount |\n| --- | --- |\n| KX-" in text for text in others)


NAMES = st.lists(st.text("abc/~", min_size=1, max_size=3), min_size=1, max_size=5, unique=True)
TREES: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from([fields(["a"])["properties"]["a"], {"type": "array", "items": fields(["a", "b"])}]),
    lambda inner: NAMES.flatmap(
        lambda names: st.tuples(*(inner for _ in names)).map(
            lambda children: {"type": "object", "properties": dict(zip(names, children, strict=True))}
        )
    ),
    max_leaves=30,
).filter(lambda schema: schema["type"] == "object")


@given(TREES, st.integers(60, 2000), st.booleans(), st.integers(0, 40), st.integers(0, 5000))
def test_groups_hold_each_field_once_in_order_and_fit(
    schema: Json, reserve: int, overall: bool, finds: int, found: int
) -> None:
    tree = resolve(schema)
    weights = Weights(tree, EXACT, reserve, finds, found)
    made = groups(weights, Group(None, overall))
    pointers = list(pointers_of(tree))
    named = [list(pointers_of(only(tree, one.fields) if one.fields is not None else tree)) for one in made]
    assert [pointer for some in named for pointer in some] == pointers
    assert [one.overall for one in made] == [overall] + [False] * (len(made) - 1)
    taken = dict(zip(pointers, weights.of(pointers), strict=True))
    for one, some in zip(made, named, strict=True):
        together = sum(taken[pointer] for pointer in some) + (weights.overall if one.overall else 0)
        assert together <= weights.room or len(some) == 1


def test_fields_that_fit_are_asked_at_once(tmp_path: Path) -> None:
    values = form(tmp_path / "a.pdf", 60, 20)
    with chat_server(answer_nothing) as server:
        result = understand(tmp_path / "a.pdf", settings(tmp_path, server.address), schema=fields(list(values)))
        assert len(server.bodies) == 1
    whole(result)
