"""Every page and every placed picture has exactly one fate, and no failure is called anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ask.answer import Answer, Failure
from pipeline.document import Page, Picture
from pipeline.errors import QuireError
from pipeline.pack.layout import sendable, wanted
from pipeline.pack.request import Request
from pipeline.result.coverage import Coverage, Gap, prove
from pipeline.settings import Images
from tests.making import answer_of, document_of, page_of, picture_of, request_of


def failure_of(request: str, reason: str = "the endpoint gave up") -> Failure:
    return Failure(request, "f" * 64, reason)


def one_page(
    page: Page, pictures: tuple[str, ...] = (), *, sent: bool = True, failed: bool = False, **more: Any
) -> Coverage:
    """The coverage of a document with one page."""
    requests = [request_of("r1", [1], pictures)] if sent else []
    outcomes = [failure_of("r1") if failed else answer_of("r1")] if sent else []
    return prove(document_of(1), [page], requests, outcomes, **more)


def test_a_page_is_answered_if_all_requests_that_hold_a_part_of_it_were() -> None:
    requests = [request_of("r1", [1, 2]), request_of("r2", [2])]
    pages = [page_of(1, "one"), page_of(2, "two")]
    half = prove(document_of(2), pages, requests, [answer_of("r1"), failure_of("r2")])
    assert [(one.fate, one.requests) for one in half.pages] == [("answered", ("r1",)), ("failed", ("r1", "r2"))]
    assert half.gaps == (Gap("page", 2, "the endpoint gave up"),) and not half.complete
    assert prove(document_of(2), pages, requests, [answer_of("r2"), answer_of("r1")]).complete


def test_a_request_without_an_outcome_is_a_failure() -> None:
    coverage = prove(document_of(1), [page_of(1, "one")], [request_of("r1", [1])], [])
    assert coverage.gaps == (Gap("page", 1, "the request was not sent"),)


def test_the_request_that_joins_summaries_decides_no_fate() -> None:
    requests = [request_of("r1", [1]), request_of("m1", [1], kind="merge")]
    assert prove(document_of(1), [page_of(1, "one")], requests, [answer_of("r1")]).complete


@pytest.mark.parametrize(
    ("page", "fate", "reason"),
    [
        (page_of(1), "blank", "no text, no pictures"),
        (page_of(1, "  \n "), "blank", "no text, no pictures"),
        (page_of(1, pictures=[picture_of("p1-f1", decorative="one colour")]), "blank", "no text, and only decoration"),
        (page_of(1, "words"), "failed", "the page was put into no request"),
        (page_of(1, problem="it took too long"), "failed", "it took too long"),
        (page_of(1, pictures=[picture_of("p1-f1", problem="it is broken")]), "failed", "it is broken"),
        (page_of(1, pictures=[picture_of("p1-f1")]), "failed", "it was put into no request"),
    ],
)
def test_a_page_that_was_not_sent_has_the_fate_of_what_is_on_it(page: Page, fate: str, reason: str) -> None:
    (found,) = one_page(page, sent=False).pages
    assert (found.fate, found.reason) == (fate, reason)


def test_pages_that_were_not_chosen_or_not_read() -> None:
    coverage = prove(document_of(3), [page_of(2, "two")], [request_of("r1", [2])], [answer_of("r1")], selected=[1, 2])
    assert [one.fate for one in coverage.pages] == ["failed", "answered", "excluded"]
    assert coverage.gaps == (Gap("page", 1, "the page was not read"),)


def test_a_page_whose_picture_failed_is_answered_and_the_picture_is_a_gap() -> None:
    coverage = one_page(page_of(1, "one", pictures=[picture_of("p1-f1", sha256="", problem="it is broken")]))
    assert coverage.pages[0].fate == "answered"
    assert coverage.gaps == (Gap("picture", 1, "it is broken", "p1-f1"),)


@pytest.mark.parametrize(("images", "page_fate"), [("none", "excluded"), ("figures", "excluded"), ("all", "failed")])
def test_pictures_that_the_user_leaves_out_are_excluded(images: Images, page_fate: str) -> None:
    small = picture_of("p1-f1", box=(0.0, 0.0, 20.0, 20.0))
    coverage = one_page(page_of(1, pictures=[small]), sent=False, images=images)
    assert coverage.pages[0].fate == coverage.pictures[0].fate == page_fate


def test_a_model_that_takes_no_pictures_leaves_gaps() -> None:
    coverage = one_page(page_of(1, "one", pictures=[picture_of("p1-f1")]), takes_pictures=False)
    assert coverage.gaps == (Gap("picture", 1, "the model takes no pictures", "p1-f1"),)


@pytest.mark.parametrize(("failed", "fates"), [(False, ["answered", "duplicate"]), (True, ["failed", "failed"])])
def test_a_duplicate_has_its_originals_lot(failed: bool, fates: list[str]) -> None:
    pages = [
        page_of(1, "one", pictures=[picture_of("p1-f1")]),
        page_of(2, pictures=[picture_of("p2-f1", duplicate_of="p1-f1")]),
    ]
    outcome = failure_of("r1") if failed else answer_of("r1")
    coverage = prove(document_of(2), pages, [request_of("r1", [1], ["p1-f1"])], [outcome])
    assert [one.fate for one in coverage.pictures] == fates
    assert coverage.pages[1].fate == fates[1]
    assert coverage.pictures[1].reason == "duplicate of p1-f1" + (
        ", which was failed: the endpoint gave up" if failed else ""
    )


def test_a_part_of_a_scan_has_the_fate_of_what_shows_it() -> None:
    strips = [picture_of("p1-f1"), picture_of("p1-f2", sha256="", part_of="p1-f1")]
    coverage = one_page(page_of(1, pictures=strips), ("p1-f1",))
    assert [(one.fate, one.requests, one.reason) for one in coverage.pictures] == [
        ("answered", ("r1",), None),
        ("answered", ("r1",), "part of p1-f1"),
    ]


@pytest.mark.parametrize("name", ["duplicate_of", "part_of"])
def test_pictures_that_point_at_each_other_or_at_nothing_fail(name: str) -> None:
    for first, second in (("p1-f2", "p1-f1"), ("p9-f9", "p9-f9"), ("p1-f1", "p1-f1")):
        pictures = [replace(picture_of("p1-f1"), **{name: first}), replace(picture_of("p1-f2"), **{name: second})]  # type: ignore[arg-type]
        coverage = one_page(page_of(1, "one", pictures=pictures))
        assert [one.fate for one in coverage.pictures] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("pages", "requests"),
    [
        ([page_of(1, "one"), page_of(1, "one")], []),
        ([page_of(1), page_of(7)], []),
        ([page_of(1, pictures=[picture_of("p1-f1"), picture_of("p1-f1")])], []),
        ([page_of(1)], [request_of("r1", [2])]),
        ([page_of(1)], [request_of("r1", [1], ["p1-f9"])]),
    ],
)
def test_books_that_do_not_balance_are_refused(pages: list[Page], requests: list[Request]) -> None:
    with pytest.raises(QuireError, match="does not balance, which is a bug"):
        prove(document_of(1), pages, requests, [])


@st.composite
def runs(draw: st.DrawFn) -> dict[str, Any]:
    """A document with any pages, pictures and faults, and requests that carry whatever can be sent, or not."""
    count = draw(st.integers(1, 6))
    pages = []
    for number in range(1, count + 1):
        if draw(st.integers(0, 9)) == 0:
            continue
        pictures = tuple(draw(pictures_of(number, place)) for place in range(1, draw(st.integers(0, 3)) + 1))
        problem = draw(st.sampled_from([None, None, None, "broken"]))
        pages.append(page_of(number, draw(st.sampled_from(["", " ", "words"])), pictures=pictures, problem=problem))
    images: Images = draw(st.sampled_from(["all", "figures", "none"]))
    selected = draw(st.none() | st.sets(st.integers(1, count), min_size=1))
    requests, outcomes = [], []
    for number, page in enumerate(pages, 1):
        if page.problem or draw(st.integers(0, 5)) == 0 or (selected and page.number not in selected):
            continue
        sent = [one.id for one in page.pictures if sendable(one) and wanted(page, one, images)]
        requests.append(request_of(f"r{number}", [page.number], sent))
        outcome: Answer | Failure | None = draw(
            st.sampled_from([answer_of(f"r{number}"), failure_of(f"r{number}"), failure_of(f"r{number}", ""), None])
        )
        outcomes += [outcome] if outcome else []
    takes = draw(st.booleans())
    return {
        "document": document_of(count),
        "pages": pages,
        "requests": requests,
        "outcomes": draw(st.permutations(outcomes)),
        "images": images,
        "selected": selected,
        "takes_pictures": takes,
    }


@st.composite
def pictures_of(draw: st.DrawFn, page: int, place: int) -> Picture:
    other = st.none() | st.builds("p{}-f{}".format, st.integers(1, 6), st.integers(1, 3))
    return picture_of(
        f"p{page}-f{place}",
        box=draw(st.sampled_from([(0.0, 0.0, 10.0, 10.0), (0.0, 0.0, 600.0, 800.0)])),
        sha256=draw(st.sampled_from(["a" * 64, ""])),
        caption=draw(st.sampled_from([None, "Figure 1"])),
        decorative=draw(st.sampled_from([None, None, "small"])),
        problem=draw(st.sampled_from([None, None, "broken"])),
        duplicate_of=draw(st.none() | other),
        part_of=draw(st.none() | other),
    )


@given(runs())
def test_every_page_and_picture_has_exactly_one_fate_whatever_fails(run: dict[str, Any]) -> None:
    coverage = prove(**run)
    pages: list[Page] = run["pages"]
    assert [one.page for one in coverage.pages] == list(range(1, run["document"].page_count + 1))
    placed = [picture.id for page in pages for picture in page.pictures]
    assert sorted(one.picture.id for one in coverage.pictures) == sorted(placed)
    failed = [one.page for one in coverage.pages if one.fate == "failed"]
    failed_pictures = [one.picture.id for one in coverage.pictures if one.fate == "failed"]
    assert [gap.page for gap in coverage.gaps if gap.kind == "page"] == failed
    assert [gap.id for gap in coverage.gaps if gap.kind == "picture"] == failed_pictures
    assert all(gap.reason for gap in coverage.gaps)
    assert coverage.complete is not bool(failed or failed_pictures)


@given(runs())
def test_answered_means_answered_and_text_that_was_due_is_never_passed_over(run: dict[str, Any]) -> None:
    coverage = prove(**run)
    answered = {outcome.request for outcome in run["outcomes"] if isinstance(outcome, Answer)}
    texts = {page.number: any(block.text.strip() for block in page.blocks) for page in run["pages"]}
    for page in coverage.pages:
        if page.fate == "answered":
            assert page.requests and set(page.requests) <= answered
        elif run["selected"] is None or page.page in run["selected"]:
            assert page.fate == "failed" or not texts[page.page]
    for picture in coverage.pictures:
        if picture.fate in ("answered", "duplicate"):
            assert picture.requests and set(picture.requests) <= answered
