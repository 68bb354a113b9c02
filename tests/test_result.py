"""The output file: valid for its published schema, the same bytes for the same answers, whole on disk or not there."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.ask.answer import Answer, Failure, FigureNote, KeyPoint, Reading, Usage
from pipeline.beside import write_file
from pipeline.document import Heading, Hidden, Page
from pipeline.errors import StorageError
from pipeline.merge.evidence import Finder
from pipeline.merge.notice import Notice
from pipeline.merge.points import key_points
from pipeline.merge.summaries import Again, Joined, Section, Summary, sections, summarise
from pipeline.merge.values import merge_values
from pipeline.result.build import RunInfo, build, clean, content_hash
from pipeline.result.coverage import prove
from pipeline.result.markdown import to_markdown
from pipeline.result.model import SCHEMA_FILE, Result, json_schema, schema_text
from pipeline.result.store import write_result
from tests.making import Words, answer_of, asked_of, document_of, page_of, picture_of, request_of, said
from tests.test_coverage import runs

PICTURE = b"the bytes of a picture"
SHA = sha256(PICTURE).hexdigest()
TEXTS = {1: "Total 1,234.00 EUR\nWidget 2 9.00", 2: "The end", 3: ""}
SCHEMA = {
    "type": "object",
    "properties": {
        "total": {"type": "number"},
        "vat": {"type": "string"},
        "items": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
}
VALIDATOR = Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
RUN = RunInfo("run-1", "offline", "offline/extractive-1", False, "2026-01-02T03:04:05+00:00", 1.5, counted=200)


def pages_of() -> list[Page]:
    return [
        page_of(1, TEXTS[1], pictures=[picture_of("p1-f1", sha256=SHA, caption="Figure 1")]),
        page_of(2, TEXTS[2], pictures=[picture_of("p2-f1", sha256=SHA, duplicate_of="p1-f1")], notes=("A note.",)),
        page_of(3, pictures=[picture_of("p3-f1", box=(0.0, 0.0, 600.0, 800.0), sha256=SHA, media_type="image/jpeg")]),
    ]


def answers_of() -> list[Answer]:
    data = {
        "total": said(1234.0, 1, "Total 1,234.00 EUR"),
        "vat": None,
        "items": [said({"name": "Widget"}, 1, "Widget 2 9.00")],
    }
    usage = Usage(prompt=100, completion=20, seconds=0.5, cost_usd=0.001)
    return [
        answer_of("r1", data, key_points=(KeyPoint("It costs", 1, "Total 1,234.00"),), usage=usage),
        answer_of("r2", {"total": said(99, 3), "vat": None, "items": []}, figures=(FigureNote("p3-f1", "A scan"),)),
    ]


def made(
    answers: Sequence[Answer | Failure] | None = None, *, run: RunInfo = RUN, extracted: bool = True, **more: Any
) -> Result:
    """A result as a run makes it, of three pages and two requests."""
    outcomes = answers_of() if answers is None else answers
    given = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
    document = document_of(3, title=more.pop("title", None), toc=(Heading(1, "Start", 1),))
    pages = more.pop("pages", pages_of())
    requests = [request_of("r1", [1, 2], ["p1-f1"], sources=("bookmarks",)), request_of("r2", [3], ["p3-f1"])]
    finder = Finder(pages, Words(TEXTS), ["p1-f1", "p3-f1"])

    async def join(parts: Sequence[Section], again: Again | None = None) -> Joined:
        return Joined(" ".join(part.text for part in parts), (1,))

    points = key_points(given, requests, finder)
    parts = sections(given, requests, document.toc, points)
    return build(
        name="report",
        document=document,
        pages=pages,
        coverage=prove(document, pages, requests, outcomes),
        asked=asked_of(requests, outcomes),
        summary=asyncio.run(summarise(parts, join, chars=500, budget=1000, count=len, points=100)),
        points=points,
        extraction=merge_values(given, requests, more.pop("schema", SCHEMA), finder) if extracted else None,
        run=run,
        picture_tokens={"p1-f1": 72},
        **more,
    )


def fetch(sha256: str) -> bytes:
    assert sha256 == SHA
    return PICTURE


def test_the_published_schema_is_that_of_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "run: python -c 'from pipeline.result.model import *; SCHEMA_FILE.write_text(schema_text())'"
    )
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("extracted", [True, False])
def test_a_result_is_valid_for_the_published_schema(extracted: bool) -> None:
    pages = [replace(page, hidden=(Hidden("white on white", "same colour"),)) for page in pages_of()]
    result = made(extracted=extracted, pages=pages, notices=[Notice("code", "message")])
    VALIDATOR.validate(json.loads(result.to_json()))
    assert [(one.page, one.text) for one in result.hidden_text] == [(page.number, "white on white") for page in pages]
    assert Result.model_validate_json(result.to_json()) == result


@given(runs())
def test_a_result_is_valid_and_tells_its_gaps_whatever_fails(run: dict[str, Any]) -> None:
    coverage = prove(**run)
    answers = [outcome for outcome in run["outcomes"] if isinstance(outcome, Answer)]
    requests = run["requests"]
    result = build(
        name="report",
        document=run["document"],
        pages=run["pages"],
        coverage=coverage,
        asked=asked_of(requests, run["outcomes"]),
        summary=Summary("", sections(answers, requests, ())),
        points=(),
        extraction=None,
        run=RUN,
    )
    VALIDATOR.validate(json.loads(result.to_json()))
    assert (result.status == "complete") is (not result.coverage.gaps)
    assert [one.page for one in result.coverage.pages] == list(range(1, run["document"].page_count + 1))
    assert {one.id for one in result.requests if one.fate == "answered"} == {answer.request for answer in answers}
    assert to_markdown(result).count("## What is missing") == bool(result.coverage.gaps)


def test_a_result_has_what_the_answers_said_and_where_it_stands() -> None:
    result = made()
    assert result.status == "complete" and result.coverage.gaps == ()
    assert result.extraction is not None
    assert result.extraction.data == {"total": 1234.0, "vat": None, "items": [{"name": "Widget"}]}
    assert result.extraction.not_found == ("/vat",)
    assert [one.value for one in result.extraction.conflicts[0].candidates] == [1234.0, 99]
    assert result.summary.text == "Summary of r1. Summary of r2."
    assert [(one.title, one.pages) for one in result.summary.sections] == [("Start", "1-2"), ("Start", "3")]
    assert result.coverage.pages_cited == "1"
    assert [(one.page, one.message) for one in result.warnings] == [(2, "A note.")]
    assert [one.fate for one in result.coverage.pictures] == ["answered", "duplicate", "answered"]
    assert result.coverage.pictures[0].tokens == 72
    assert result.run.tokens.prompt == 100 and result.run.tokens.counted == 200


def test_figures_are_those_that_were_sent_with_their_copies() -> None:
    found = [(one.id, one.kind, one.caption, one.description, one.file, one.also_on) for one in made().figures]
    assert found == [
        ("p1-f1", "picture", "Figure 1", None, "report.figures/p1-f1.png", "2"),
        ("p3-f1", "scan", None, "A scan", "report.figures/p3-f1.jpg", ""),
    ]


def test_a_failed_request_leaves_gaps_and_the_rest_stands() -> None:
    result = made([answers_of()[0], Failure("r2", "f" * 64, "the endpoint gave up")])
    assert result.status == "incomplete"
    assert [(one.kind, one.page, one.id) for one in result.coverage.gaps] == [
        ("page", 3, None),
        ("picture", 3, "p3-f1"),
    ]
    assert [one.fate for one in result.requests] == ["answered", "failed"]
    assert [one.id for one in result.figures] == ["p1-f1", "p3-f1"]
    assert result.extraction is not None and not result.extraction.conflicts


def test_the_content_hash_leaves_out_the_run_and_nothing_else() -> None:
    result = made()
    later = made(run=replace(RUN, id="run-2", started="2027-01-01T00:00:00+00:00", seconds=9.0, cost_usd=1.0))
    assert later.content_sha256 == result.content_sha256 == content_hash(result.to_dict())
    assert {**later.to_dict(), "run": 0} == {**result.to_dict(), "run": 0}
    for key in result.to_dict().keys() - {"run", "content_sha256"}:
        assert content_hash({**result.to_dict(), key: "changed"}) != result.content_sha256


def test_answers_in_another_order_give_the_same_bytes() -> None:
    assert made(answers_of()[::-1]).to_json() == made().to_json()


@given(
    st.recursive(
        st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_is_cleaned_can_be_written_and_is_otherwise_unchanged(value: Any) -> None:
    json.dumps(clean(value), ensure_ascii=False).encode("utf-8")
    assert repr(clean(value)) == repr(value)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_json_has_no_word_for_is_shown_as_text(number: float) -> None:
    assert clean({"a": [number]}) == {"a": [repr(number)]}


def test_a_half_character_of_an_answer_becomes_the_replacement_mark() -> None:
    answer = replace(answers_of()[0], summary="bad \ud800 half, good 😀")
    result = made([answer, answers_of()[1]])
    assert result.summary.sections[0].text == "bad \ufffd half, good 😀"
    result.to_json().encode("utf-8")


def test_numbers_that_json_cannot_say_do_not_stand_in_the_data() -> None:
    answer = answers_of()[1]
    assert answer.data is not None
    for number in (float("nan"), float("inf")):
        odd = replace(answer, data={**answer.data, "total": said(number, 2)})
        result = made([odd, Failure("r1", "f" * 64, "it failed")])
        assert result.extraction is not None and result.extraction.data["total"] is None
        assert result.extraction.conflicts[0].candidates[0].value == repr(number)
        json.loads(result.to_json(), parse_constant=pytest.fail)


def test_all_is_written_beside_the_result(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "report.json"
    result = write_result(made(), path, fetch)
    assert Result.model_validate_json(path.read_text(encoding="utf-8")) == result
    assert "# report.pdf" in path.with_suffix(".md").read_text(encoding="utf-8")
    assert {one.name for one in (path.parent / "report.figures").iterdir()} == {"p1-f1.png", "p3-f1.jpg"}
    assert (path.parent / "report.figures" / "p1-f1.png").read_bytes() == PICTURE
    assert {one.name for one in path.parent.iterdir()} == {"report.json", "report.md", "report.figures"}


def test_writing_again_gives_the_same_bytes_and_removes_only_our_stale_pictures(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_result(made(), path, fetch)
    before = path.read_bytes()
    (tmp_path / "report.figures" / "p9-f9.png").write_bytes(b"stale")
    (tmp_path / "report.figures" / "a1-p9-f9.png").write_bytes(b"stale, of an attached file")
    (tmp_path / "report.figures" / "mine.png").write_bytes(b"the user's own")
    write_result(made(), path, lambda sha256: pytest.fail("what stands there is not fetched again"))
    assert path.read_bytes() == before
    assert {one.name for one in (tmp_path / "report.figures").iterdir()} == {"p1-f1.png", "p3-f1.jpg", "mine.png"}


def test_a_picture_that_is_gone_costs_only_its_file(tmp_path: Path) -> None:
    def gone(sha256: str) -> bytes:
        raise StorageError("The store has no such picture.")

    path = tmp_path / "report.json"
    result = write_result(made(), path, gone)
    assert [one.file for one in result.figures] == [None, None]
    assert [one.code for one in result.warnings].count("picture-not-written") == 2
    assert result.content_sha256 == content_hash(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_refuses_leaves_the_old_result_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, step: str
) -> None:
    path = tmp_path / "report.json"
    write_result(made(extracted=False), path, fetch)
    before = path.read_bytes()

    def refuse(*args: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(StorageError, match=r"^The result '.*report.json' could not be written: .+\.$"):
        write_result(made(), path, fetch)
    assert path.read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="could not be written"):
        write_result(made(), tmp_path / "file" / "report.json", fetch)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_file(path, b"one")
    with path.open("rb") as reader:
        write_file(path, b"two")
        assert reader.read() == b"one"
    assert path.read_bytes() == b"two"


def test_what_is_said_of_a_figure_that_was_not_sent_is_told() -> None:
    stranger = replace(answers_of()[0], figures=(FigureNote("p9-f9", "A map of nowhere"),))
    told = [one.message for one in made([stranger, answers_of()[1]]).warnings if one.code == "unknown-figure"]
    assert len(told) == 1 and "p9-f9" in told[0] and "A map of nowhere" in told[0]


def test_key_points_that_a_merge_chose_have_their_rank_and_the_others_none() -> None:
    first, second = answers_of()
    more = KeyPoint("A second thing", 3, "Total 99")
    result = made([first, replace(second, key_points=(more,))])
    assert [(one.text, one.rank) for one in result.summary.key_points] == [("It costs", 1), ("A second thing", None)]
    assert [one.rank for one in made([replace(first, key_points=(more,))]).summary.key_points] == [None]


def test_a_chart_has_its_kind_and_the_values_read_off_it_each_once() -> None:
    first, second = answers_of()
    bar = Reading("p1-f1", "Sales", "2024", "12,5", "EUR m")
    chart = FigureNote("p1-f1", "Sales by year.", "chart")
    found = made([replace(first, figures=(chart,), readings=(bar, bar, replace(bar, x="2025"))), second])
    one, other = found.figures
    assert (one.shows, one.description) == ("chart", "Sales by year.") and (other.shows, other.values) == (None, ())
    assert [value.model_dump() for value in one.values] == [
        {"series": "Sales", "x": year, "y": "12,5", "unit": "EUR m"} for year in ("2024", "2025")
    ]
    assert "- Sales 2024: 12,5 EUR m\n" in to_markdown(found)


def test_what_is_said_of_a_figure_of_another_request_is_told_and_given_to_none() -> None:
    first, second = answers_of()
    strange = FigureNote("p3-f1", "Of the other request", "photo"), Reading("p3-f1", "A", "B", "7", "")
    found = made([replace(first, figures=strange[:1], readings=strange[1:]), replace(second, figures=())])
    assert all(one.description is None and one.shows is None and not one.values for one in found.figures)
    told = [one.message for one in found.warnings if one.code == "unknown-figure"]
    assert len(told) == 2 and "Of the other request" in told[0] and "A B 7" in told[1]


def test_a_result_written_before_ranks_chapters_and_values_is_still_read() -> None:
    found = made().to_dict()
    for places, names in (
        (found["summary"]["key_points"], ("rank",)),
        (found["summary"]["sections"], ("chapters",)),
        (found["figures"], ("shows", "values")),
    ):
        assert places
        for place, name in ((place, name) for place in places for name in names):
            del place[name]
    read = Result.model_validate(found)
    assert (read.summary.key_points[0].rank, read.summary.sections[0].chapters) == (None, ())
    assert (read.figures[0].shows, read.figures[0].values) == (None, ())
