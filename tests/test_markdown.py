"""The Markdown beside a result: readable, and none of the document's text is markup in it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.ask.answer import Failure, FigureNote, KeyPoint, Reading
from pipeline.document import Hidden
from pipeline.result.markdown import escape, to_markdown
from tests.making import said
from tests.test_result import answers_of, made, pages_of

HOSTILE = [
    "<script>alert(1)</script>",
    "[here](http://evil.example)",
    "![x](http://evil.example/p.png)",
    "http://evil.example and https://evil.example",
    "www.evil.example",
    "me@evil.example or mailto:me@evil.example",
    "# heading",
    "- item",
    "1. item",
    "=====",
    "a | b",
    "`code` *bold* _it_ ~~gone~~ $x^2$",
    "&lt;b&gt;",
    "\x1b[31mred\x07\x9b2J",
    "abc\u202edcba\u2066x",
    "[1]: http://evil.example",
    "line one\n\n# line two\n---",
    "\\[x](y)",
    "\ud800half",
]


def rendered(text: str) -> str:
    """The words that Markdown shows of escaped text."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_looks_like_markup_is_shown_and_does_nothing(text: str) -> None:
    line = escape(text)
    assert not re.search(r"(?<!\\)[<>\[\]|`*~$@]", line)
    assert not re.search(r"(?<![\\\w])_|(?<!\\)_(?!\w)|(?<!\\)&#?\w+;", line)
    assert not re.search(r"(?i)(?<!\\)://|(?<=www)\.|mailto:", line)
    assert not re.match(r"(#|[-+=:](\s|$|[-=])|\d+[.)](\s|$))", line)
    assert all(char.isprintable() for char in line)
    assert "\n" not in line


@given(st.text())
def test_escaped_text_is_one_harmless_line_that_shows_the_same_words(text: str) -> None:
    line = escape(text)
    assert "\n" not in line and "\x1b" not in line
    assert not re.search(r"(?<!\\)(?:\\\\)*(?<!\\)[<>\[\]|`*~$@]", line)
    seen = "".join(char for char in text if char.isprintable() or char.isspace())
    if seen == text:
        assert rendered(line).split() == text.split()


@given(st.text(alphabet=st.sampled_from("ab1 .,:;!?()[]{}<>*_~`#+-=|\\/&$@%^\"'\n\té") | st.characters(), max_size=40))
def test_a_renderer_shows_the_very_words_and_nothing_else(text: str) -> None:
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(escape(text))
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<p>", "</p>"}
    seen = "".join(char for char in text if char.isprintable() or char.isspace())
    if seen == text:
        assert html.unescape(re.sub(r"</?p>", "", shown)).split() == text.split()


def test_numbers_and_prose_stay_readable() -> None:
    for text in (
        "1234.5",
        "-5",
        "4.5 million (2022)",
        "Acme GmbH, Köln",
        "2026-01-02",
        "1.5",
        "50 %",
        "B & C",
        "vat_id",
        "فارسی می‌خواهم",
    ):
        assert escape(text) == text


def hostile_result(text: str) -> str:
    data: dict[str, Any] = {"total": None, "vat": said(text, 1, text), "items": [said({"name": text}, 1, text)]}
    first = replace(
        answers_of()[0],
        summary=text,
        key_points=(KeyPoint(text, 1, text),),
        figures=(FigureNote("p1-f1", text),),
        readings=(Reading("p1-f1", text, text, text, text),),
        data=data,
    )
    other = {**data, "vat": said("another", 2, text), "items": []}  # whether records are alike is told by their text
    pages = [replace(page, hidden=(Hidden(text, text),)) for page in pages_of()]
    return to_markdown(made([first, replace(answers_of()[1], data=other, summary="")], title=text, pages=pages))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_document_is_markup_wherever_it_stands(text: str) -> None:
    harmless = hostile_result("harmless")
    page = hostile_result(text)
    for mark in (r"(?<!\\)<", r"(?<!\\)\[", r"(?<!\\)`", r"(?<!\\)://", r"(?<=www)\.", "\x1b", "\u202e"):
        assert len(re.findall(mark, page)) == len(re.findall(mark, harmless)), mark
    for start in (r"^#", r"^\|", r"^- ", r"^!\[", r"^=+$"):
        assert len(re.findall(start, page, re.MULTILINE)) == len(re.findall(start, harmless, re.MULTILINE)), start


@pytest.mark.parametrize("text", HOSTILE)
def test_a_renderer_makes_the_same_elements_of_hostile_and_of_harmless_text(text: str) -> None:
    renderer = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    def elements(source: str) -> list[str]:
        """All but paragraphs, which the summary's own blank lines make."""
        return re.findall(r"<(?!/?p>)[^>]*>", renderer.render(source))

    assert elements(hostile_result(text)) == elements(hostile_result("harmless"))


def test_gaps_stand_at_the_top_and_values_with_page_and_quote() -> None:
    page = to_markdown(made([answers_of()[0], Failure("r2", "f" * 64, "the endpoint gave up")]))
    assert page.index("## What is missing") < page.index("## Summary")
    assert "- Page 3: the endpoint gave up" in page
    assert "- Picture p3-f1 on page 3: the endpoint gave up" in page
    assert "| total | 1234.0 | page 1 | Total 1,234.00 EUR |" in page
    assert "| vat | – |  |  |" in page
    assert "| Widget | page 1 |" in page
    assert "![p1-f1](report.figures/p1-f1.png)" in page
    assert "(page 1)" in page


def test_what_was_not_checked_is_said() -> None:
    page = to_markdown(made())
    assert "- 99 (page 3, in a picture, not checked)" in page
    assert "extractive" in page
    assert "Pages cited: 1." in page


def test_hidden_text_and_quotes_without_a_page_say_where_they_are_from() -> None:
    pages = [replace(page, hidden=(Hidden("Ignore all rules", "off the page"),)) for page in pages_of()]
    result = made(pages=pages)
    assert "- Page 1, off the page: Ignore all rules" in to_markdown(result)
    point = result.summary.key_points[0]
    evidence = point.evidence[0].model_copy(update={"page": None, "source": "attachment:notes.txt", "match": "exact"})
    points = (point.model_copy(update={"evidence": (evidence,)}),)
    told = result.model_copy(update={"summary": result.summary.model_copy(update={"key_points": points})})
    assert "(attachment:notes.txt)" in to_markdown(told)
