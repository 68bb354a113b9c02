"""The embedded engine's promises: a valid answer to any schema, verbatim quotes, errors in OpenAI's form."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.offline.engine import answer
from pipeline.offline.transport import OfflineTransport
from tests.offline_chats import Json, chat, content, evidence, page

INVOICE = """
## Northgate Tools Ltd

12 Mill Lane
Leeds LS1 4DY

Invoice no.: NT-2041
Date: 4 March 2025	Due date: 3 April 2025

Bill to
Marlow Boatyard Ltd
1 Quay Street
Bristol BS1 4DJ

| Item | Description | Qty | Unit price | Amount |
| --- | --- | --- | --- | --- |
| 1 | Hex bolt M8x40, zinc | 100 | 0.25 | 25.00 |
| 2 | Anchor kit \\| 12 pcs | 2 | 18.90 | 37.80 |
| | | | Subtotal | 62.80 |

VAT 20 %	12.56
Total	£75.36
"""
REPORT = """
## Results of the year

Revenue rose 8 % to EUR 412.6 million in 2025, compared with EUR 382.0 million in 2024. The group employed 2,315 people
at the end of the year. "We are very satisfied", said Maria Keller, Chief Executive Officer. Demand for instruments was
strong in all regions, and the order book grew for the third year in a row.

## Outlook

The company expects revenue of more than EUR 430 million for 2026. It will open a second plant in Lyon in the autumn.
"""
TEXT = page(INVOICE, 3) + page(REPORT, 4, ' label="iv"')


def collapsed(text: str) -> str:
    return " ".join(text.split())


PAGES = {3: collapsed(INVOICE), 4: collapsed(REPORT)}

names = st.sampled_from(
    ["invoice_number", "date", "due_date", "total", "seller", "buyer", "name", "address", "revenue", "employees",
     "vat_rate", "ceo", "items", "description", "amount", "quantity", "currency", "title", "notes",
     "parties", "x", "Größe", "a/b", "$ref"]
)  # fmt: skip
leaves: st.SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "number", "integer", "boolean"])}),
    st.just({"type": "string", "format": "date"}),
    st.just({"type": ["string", "null"]}),
    st.just({"enum": ["EUR", "GBP", None]}),
    st.just({"const": 7}),
    st.fixed_dictionaries({"type": st.just("string"), "maxLength": st.integers(0, 12)}),
    st.fixed_dictionaries({"type": st.just("number"), "minimum": st.integers(-5, 100)}),
    st.just({"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"}),
    st.just({"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}),
    st.fixed_dictionaries({"type": st.just("string"), "description": st.text(max_size=40)}),
)


def objects(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.dictionaries(names, inner, min_size=1, max_size=5).map(
        lambda found: {"type": "object", "properties": found}
    )


schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        objects(inner),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner, "maxItems": st.integers(0, 5)}),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
    ),
    max_leaves=12,
)


@given(objects(schemas))
def test_the_answer_to_any_schema_is_valid_and_every_quote_stands_on_its_page(schema: Json) -> None:
    body = chat(TEXT, schema)
    found = content(body)
    Draft202012Validator(body["response_format"]["json_schema"]["schema"]).validate(found)
    for quote, number in evidence(found["data"]):
        assert quote and collapsed(quote) in PAGES[number]
    for point in found["key_points"]:
        assert collapsed(point["quote"]) in PAGES[point["page"]]


@given(st.lists(st.text(max_size=120), max_size=6), st.integers(20, 400))
def test_any_text_gets_a_valid_answer_with_verbatim_quotes(texts: list[str], limit: int) -> None:
    safe = [text.replace("<", "&lt;") for text in texts]
    fields = {name: {"type": "string"} for name in ("title", "name", "total", "seller")} | {
        "date": {"type": "string", "format": "date"}
    }
    body = chat(
        "".join(page(text, number) for number, text in enumerate(safe, 1)),
        {"type": "object", "properties": fields},
        limit,
    )
    if not "".join(safe):
        body["messages"][1]["content"] = page("")
    found = content(body)
    assert len(found["summary"]) <= limit
    for quote, number in evidence(found["data"]):
        assert collapsed(quote) in collapsed(safe[number - 1])


def test_equal_requests_get_equal_answers() -> None:
    body = chat(TEXT, {"type": "object", "properties": {"total": {"type": "number"}}})
    assert answer(body) == answer(json.loads(json.dumps(body)))


def test_the_schema_is_taken_with_its_references() -> None:
    leaf = {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/found"}]}
    wrapped = {"quote": {"type": "string"}, "page": {"type": "integer"}, "value": {"type": "number"}}
    body = chat(TEXT)
    body["response_format"]["json_schema"]["schema"] = {
        "$defs": {"found": {"type": "object", "properties": wrapped, "required": list(wrapped)}},
        "type": "object",
        "properties": {"data": {"type": "object", "properties": {"total": leaf}, "required": ["total"]}},
        "required": ["data"],
    }
    assert content(body)["data"]["total"]["value"] == 75.36


def test_a_schema_of_another_kind_gets_its_emptiest_answer() -> None:
    body = chat(TEXT)
    body["response_format"]["json_schema"]["schema"] = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}, "n": {"type": "integer", "minimum": 3}, "s": {"enum": ["a", "b"]}},
        "required": ["ok", "n", "s"],
        "additionalProperties": False,
    }
    assert content(body) == {"ok": False, "n": 3, "s": "a"}


def bad_requests() -> list[tuple[str, Any]]:
    good = chat(TEXT)
    remote = [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    looped = {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}, "required": ["a"]}
    wire = {"name": "quire_read", "schema": looped}
    invalid = {"name": "quire_read", "schema": {"type": "nonsense"}}
    outside = {"name": "quire_read", "schema": {"$ref": "https://example.org/s.json"}}
    impossible = {"name": "quire_read", "schema": {"type": "object", "required": ["a"], "properties": {"a": False}}}
    return [
        ("nothing", {}),
        ("no object", []),
        ("no messages", {**good, "messages": []}),
        ("no user", {**good, "messages": [{"role": "system", "content": "x"}]}),
        ("odd message", {**good, "messages": ["x"]}),
        ("odd content", {**good, "messages": [{"role": "user", "content": 5}]}),
        ("odd part", {**good, "messages": [{"role": "user", "content": [{"type": "audio"}]}]}),
        ("remote picture", {**good, "messages": [{"role": "user", "content": remote}]}),
        ("page zero", {**good, "messages": [{"role": "user", "content": page("x", 0)}]}),
        ("no schema", {**good, "response_format": {"type": "json_object"}}),
        ("empty schema", {**good, "response_format": {"type": "json_schema", "json_schema": {}}}),
        ("looped", {**good, "response_format": {"type": "json_schema", "json_schema": wire}}),
        ("invalid schema", {**good, "response_format": {"type": "json_schema", "json_schema": invalid}}),
        ("outside", {**good, "response_format": {"type": "json_schema", "json_schema": outside}}),
        ("impossible", {**good, "response_format": {"type": "json_schema", "json_schema": impossible}}),
    ]


@pytest.mark.parametrize(("name", "body"), bad_requests(), ids=[name for name, _ in bad_requests()])
def test_a_bad_request_gets_an_error_in_openai_form(name: str, body: Any) -> None:
    status, found = answer(body)
    assert status == 400
    assert found["error"]["type"] == "invalid_request_error" and len(found["error"]["message"]) > 20


def test_marks_that_the_document_wrote_itself_are_text() -> None:
    body = chat(
        page('Total: 5.00\n\n&lt;/page>\n&lt;page n="9">\n\nTotal of all things: many'),
        {"type": "object", "properties": {"total": {"type": "number"}}},
    )
    assert [number for _, number in evidence(content(body)["data"])] == [1]


def client() -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url="http://offline.invalid/v1",
        api_key="none",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=OfflineTransport()),
    )


def test_the_openai_client_speaks_to_it_in_process() -> None:
    async def talk() -> tuple[Any, Any]:
        async with client() as one:
            body = chat(TEXT)
            completion = await one.chat.completions.create(**body)
            return completion, await one.models.list()

    completion, models = asyncio.run(talk())
    assert completion.model == "offline/extractive-1" and completion.usage is None
    assert json.loads(completion.choices[0].message.content)["key_points"]
    assert [model.id for model in models.data] == ["offline/extractive-1"]


def test_errors_reach_the_client_as_its_own_exceptions() -> None:
    async def talk() -> None:
        async with client() as one:
            with pytest.raises(openai.BadRequestError, match="response_format"):
                await one.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
            with pytest.raises(openai.NotFoundError):
                await one.embeddings.create(model="m", input="x")

    asyncio.run(talk())


def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    async def send() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=OfflineTransport()) as one:
            return await one.post("http://offline.invalid/v1/chat/completions", content=b"\xff{")

    response = asyncio.run(send())
    assert response.status_code == 400 and "JSON" in response.json()["error"]["message"]


def test_the_engine_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the embedded engine opened a socket")

    monkeypatch.setattr(socket, "socket", refused)
    assert (
        content(chat(TEXT, {"type": "object", "properties": {"total": {"type": "number"}}}))["data"]["total"]["value"]
        == 75.36
    )


def picture(text: str = "") -> str:
    import pymupdf

    document = pymupdf.open()
    sheet = document.new_page(width=400, height=120)
    if text:
        sheet.insert_text((20, 70), text, fontsize=32)
    png = sheet.get_pixmap(dpi=150).tobytes("png")
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def figure_parts(url: str, caption: str = "", attributes: str = "") -> list[Json]:
    return [
        {"type": "text", "text": f'<page n="2"{attributes}>\nSome text here.\n\n<figure id="p2-f1">{caption}\n'},
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "</figure>\n</page>"},
    ]


def test_a_figure_is_described_by_its_caption_and_the_text_in_it() -> None:
    (figure,) = content(chat(figure_parts(picture("HELLO QUIRE"), "Figure 1. A sign")))["figures"]
    assert figure["id"] == "p2-f1"
    assert figure["description"].startswith("Figure 1. A sign. Text read in the picture:")
    assert "QUIRE" in figure["description"].upper()


def test_of_a_picture_without_text_nothing_is_invented() -> None:
    (figure,) = content(chat(figure_parts(picture())))["figures"]
    assert figure["description"] == "No text was read in this picture."


def test_a_scanned_page_is_not_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline import ocr

    def never(_: bytes) -> tuple[()]:
        raise AssertionError("the picture of a scanned page was read again")

    monkeypatch.setattr(ocr, "read", never)
    (figure,) = content(chat(figure_parts(picture("HELLO"), attributes=' ocr="true"')))["figures"]
    assert "its text is given with the page" in figure["description"]


def test_pictures_beyond_the_bound_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline import ocr
    from pipeline.offline import figures

    seen: list[bytes] = []

    def remember(image: bytes) -> tuple[()]:
        seen.append(image)
        return ()

    monkeypatch.setattr(ocr, "engine", lambda: "tesseract")
    monkeypatch.setattr(ocr, "read", remember)
    parts = [part for _ in range(figures.MOST_READ + 2) for part in figure_parts(picture())]
    found = content(chat(parts))["figures"]
    assert len(found) == figures.MOST_READ + 2 and len(seen) == figures.MOST_READ
    assert found[-1]["description"].startswith("Not read")


def test_base64_that_is_none_is_a_bad_request() -> None:
    status, found = answer(chat(figure_parts("data:image/png;base64,@@@")))
    assert status == 400 and "base64" in found["error"]["message"]


def test_the_engine_imports_no_other_room() -> None:
    root = Path(__file__).parent.parent / "pipeline" / "offline"
    rooms = ("extract", "pack", "ask", "merge", "result")
    for path in root.rglob("*.py"):
        for room in rooms:
            assert f"pipeline.{room}" not in path.read_text(encoding="utf-8"), path
