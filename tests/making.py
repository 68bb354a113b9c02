"""Small documents, requests and answers for tests, without a PDF."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from pipeline.ask.answer import Answer, Failure
from pipeline.document import BBox, Block, Document, Page, Picture, Word
from pipeline.merge.evidence import Finder
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.pack.requests import pack
from pipeline.pack.tokens import counter_for
from pipeline.profiles import models
from pipeline.result.build import Asked

MODEL = models()["mistral-small-3.2"]
EXACT = counter_for(MODEL)
"""Counts as that model does."""
LINE = 12.0
LETTER = 5.0


def words_of(
    text: str, *, source: Literal["text", "ocr"] = "text", x: float = 50.0, y: float = 50.0
) -> tuple[Word, ...]:
    """The words of some lines of text as a page would have them: letters of 5 points, lines 12 points apart."""
    words = []
    for number, line in enumerate(text.split("\n")):
        left = x
        for word in line.split(" "):
            if word:
                right = left + LETTER * len(word)
                words.append(Word(word, (left, y + LINE * number, right, y + LINE * number + 10), source))
            left += LETTER * (len(word) + 1)
    return tuple(words)


def page_of(number: int, text: str = "", *, pictures: Sequence[Picture] = (), ocr: bool = False, **more: Any) -> Page:
    """A page of 600 by 800 points with one block of text."""
    blocks = (Block(text, (50.0, 50.0, 550.0, 750.0), "ocr" if ocr else "text"),) if text else ()
    return Page(number, None, 600.0, 800.0, 0, blocks, tuple(pictures), ocr, **more)


def picture_of(id: str, box: BBox = (100.0, 100.0, 300.0, 300.0), sha256: str = "a" * 64, **more: Any) -> Picture:
    """A picture of 200 by 200 points; its page is read off its id ("p12-f1")."""
    return Picture(id, int(id[1:].split("-")[0]), box, sha256, 400, 400, more.pop("after", 0), **more)


def document_of(page_count: int, **more: Any) -> Document:
    return Document("report.pdf", "d" * 64, 1000, page_count, **more)


def request_of(id: str, pages: Sequence[int], pictures: Sequence[str] = (), **more: Any) -> Request:
    return Request(id, more.pop("kind", "read"), "system", (), tuple(pages), tuple(pictures), 100, 100, **more)


def packed(pages: Sequence[Page], document: Document | None = None, **given: Any) -> list[Request]:
    """What the model would be asked of these pages; `given` is what `pack` is to be given instead of the usual."""
    usual: dict[str, Any] = {"system": "Read.", "window": 100_000, "reserve": 500, "counter": EXACT, "images": "all"}
    return pack(document or document_of(len(pages)), pages, **{**usual, "rule": MODEL.pictures, **given})


def text_of(requests: Iterable[Request]) -> str:
    """The text that these requests send, pictures left out."""
    return "".join(part.text for one in requests for part in one.parts if isinstance(part, TextPart))


def answer_of(request: str, data: dict[str, Any] | None = None, **more: Any) -> Answer:
    return Answer(request, "f" * 64, more.pop("summary", f"Summary of {request}."), data=data, **more)


def said(value: Any, page: int = 1, quote: str = "nowhere to be found") -> dict[str, Any]:
    """A leaf or an item as an answer has it on the wire."""
    return {"quote": quote, "page": page, "value": value}


class Words:
    """Words by page as the reader gives them, counting how often it was asked."""

    def __init__(self, texts: Mapping[int, str], ocr: Collection[int] = ()) -> None:
        self.asked: list[tuple[int, ...]] = []
        self._words = {
            number: words_of(text, source="ocr" if number in ocr else "text") for number, text in texts.items()
        }

    def __call__(self, numbers: Collection[int]) -> dict[int, tuple[Word, ...]]:
        self.asked.append(tuple(numbers))
        return {number: self._words[number] for number in numbers if number in self._words}


def finder_of(texts: Mapping[int, str], ocr: Collection[int] = ()) -> Finder:
    """A finder over pages with these texts."""
    pages = [page_of(number, text, ocr=number in ocr) for number, text in texts.items()]
    return Finder(pages, Words(texts, ocr))


def asked_of(requests: Sequence[Request], outcomes: Sequence[Answer | Failure]) -> list[Asked]:
    """Each request with what came of it; one of which nothing came was not sent."""
    came = {outcome.request: outcome for outcome in outcomes}
    return [Asked(one, came.get(one.id, Failure(one.id, "", "the request was not sent"))) for one in requests]
