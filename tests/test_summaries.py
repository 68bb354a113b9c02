"""Summaries of parts become one by a tree of merges that fits the window, and none is cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Heading
from pipeline.errors import AnswerError, OverBudget
from pipeline.merge.evidence import Evidence
from pipeline.merge.points import Point
from pipeline.merge.spoken import foreign
from pipeline.merge.summaries import (
    POINT_TOKENS,
    Again,
    Joined,
    Section,
    Summary,
    plan_merges,
    sections,
    shorten,
    summarise,
)
from tests.making import answer_of, request_of


class Asking:
    """Answers merges with the given texts in turn, or with all the parts' texts; remembers what it was asked."""

    def __init__(self, *replies: str | Joined | Exception) -> None:
        self.asked: list[list[str]] = []
        self.points: list[list[str]] = []
        self.again: list[Again | None] = []
        self._replies = list(replies)

    async def __call__(self, parts: Sequence[Section], again: Again | None = None) -> Joined:
        self.asked.append([part.text for part in parts])
        self.points.append([point.text for part in parts for point in part.points])
        self.again.append(again)
        reply = self._replies.pop(0) if self._replies else "+".join(part.text for part in parts)
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Joined) else Joined(reply)


def parts_of(*texts: str) -> list[Section]:
    return [Section(f"Part {number}", str(number), text) for number, text in enumerate(texts, 1)]


def joined(
    texts: Sequence[str], ask: Asking, *, chars: int = 1000, budget: int = 1000, language: str | None = None
) -> Summary:
    told = partial(foreign, wanted=language)
    return asyncio.run(summarise(parts_of(*texts), ask, chars=chars, budget=budget, count=len, foreign=told))


def test_one_part_is_not_asked_about() -> None:
    ask = Asking()
    summary = joined(["All there is."], ask)
    assert (summary.text, ask.asked, summary.notices) == ("All there is.", [], ())
    assert joined([], ask).text == "" and joined(["", "One.", ""], ask).text == "One." and ask.asked == []


def test_the_plan_of_the_docstring() -> None:
    assert plan_merges([40, 30, 50, 60, 20], 100) == (range(2), range(2, 3), range(3, 5))


def test_a_tree_ends_in_one_text_and_keeps_every_part() -> None:
    ask = Asking("first half", "second half", "the whole")
    summary = joined(["a" * 40, "b" * 40, "c" * 40, "d" * 40], ask, budget=80)
    assert summary.text == "the whole"
    assert ask.asked == [["a" * 40, "b" * 40], ["c" * 40, "d" * 40], ["first half", "second half"]]
    assert [part.text[0] for part in summary.sections] == ["a", "b", "c", "d"] and not summary.notices


def test_a_summary_that_is_too_long_is_asked_for_again_in_fewer_characters_until_it_is_short_enough() -> None:
    ask = Asking("It is far too long. " * 5, "It is still too long, by some words.", "It is short now.")
    summary = joined(["One.", "Two."], ask, chars=30, budget=500)
    assert (summary.text, summary.notices) == ("It is short now.", ())
    assert ask.asked[1:] == [[("It is far too long. " * 5).strip()], ["It is still too long, by some words."]]
    assert ask.again[0] is None
    assert [again.chars for again in ask.again[1:] if again] == [30, 22]
    assert [again.why for again in ask.again[1:] if again] == [
        "The one below has 99 characters, which is too many.",
        "The one below has 36 characters, which is too many.",
    ]
    assert [part.text for part in summary.sections] == ["One.", "Two."]


def test_a_summary_that_stays_too_long_is_given_whole() -> None:
    long, shorter = "It is far too long. " * 5, "This one has forty-one characters in all."
    ask = Asking(long, shorter, long, "", "never asked for")
    summary = joined(["One.", "Two."], ask, chars=30, budget=500)
    assert summary.text == shorter and len(ask.asked) == 4
    (notice,) = summary.notices
    assert notice.code == "summary-too-long" and "41 characters where at most 30" in notice.message


@pytest.mark.parametrize("error", [AnswerError("The answer is no JSON."), OverBudget("Not sent: over budget.")])
def test_a_summary_that_cannot_be_asked_for_again_is_kept(error: Exception) -> None:
    ask = Asking("It is far too long, and joined.", error)
    summary = joined(["One.", "Two."], ask, chars=30)
    assert summary.text == "It is far too long, and joined."
    assert [one.code for one in summary.notices] == ["summary-too-long"]
    assert str(error).rstrip(".") in summary.notices[0].message


def test_where_the_parts_that_were_not_joined_are_too_long_they_stand_whole() -> None:
    summary = joined(["One is long.", "Two is long."], Asking(AnswerError("No.")), chars=20)
    assert summary.text == "One is long.\n\nTwo is long."
    assert [one.code for one in summary.notices] == ["summary-not-merged", "summary-too-long"]


ENGLISH = "The company sold more bolts than in the year before, and the board expects that this will go on next year."
GERMAN = "Das Unternehmen hat mehr Schrauben verkauft als im Vorjahr, und der Vorstand erwartet, dass es so weitergeht."


def test_a_summary_in_another_language_is_asked_for_again_once() -> None:
    for replies, text, codes in (
        ((ENGLISH, GERMAN), GERMAN, []),
        ((ENGLISH, ENGLISH, GERMAN), ENGLISH, ["summary-language"]),
        ((GERMAN,), GERMAN, []),
        ((ENGLISH, "Zu kurz."), "Zu kurz.", []),
    ):
        ask = Asking(*replies)
        summary = joined(["One.", "Two."], ask, language="de-AT")
        assert (summary.text, [one.code for one in summary.notices]) == (text, codes)
        assert len(ask.asked) == min(len(replies), 2)
        assert all(again == Again("The one below is in the language 'en'.", 1000) for again in ask.again[1:])


@pytest.mark.parametrize("wanted", [None, "en", "EN-us", "German", "deu", ""])
def test_what_is_no_other_language_for_certain_is_let_be(wanted: str | None) -> None:
    assert foreign(ENGLISH, wanted) is None


def test_languages_that_are_hardly_told_apart_are_not_told_apart() -> None:
    text = "Selskapet solgte flere skruer enn i fjor, og styret venter at det vil fortsette også neste år."
    assert foreign(text, "nb") is None and foreign(text, "no") is None and foreign(text, "fi") is not None


@pytest.mark.parametrize("error", [AnswerError("The answer is no JSON."), OverBudget("Not sent: over budget.")])
def test_where_a_merge_fails_the_parts_stand_one_after_the_other(error: Exception) -> None:
    summary = joined(["One.", "Two."], Asking(error))
    assert summary.text == "One.\n\nTwo."
    assert [one.code for one in summary.notices] == ["summary-not-merged"]
    assert str(error).rstrip(".") in summary.notices[0].message


def test_another_error_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        joined(["One.", "Two."], Asking(ZeroDivisionError()))


def test_parts_that_do_not_fit_a_request_are_not_sent() -> None:
    ask = Asking()
    summary = joined(["a" * 90, "b" * 90], ask, budget=100)
    assert ask.asked == [] and [one.code for one in summary.notices] == ["summary-not-merged"]


@given(st.lists(st.integers(1, 50), max_size=12), st.integers(1, 100))
def test_a_plan_keeps_order_and_budget_with_the_fewest_groups(tokens: list[int], budget: int) -> None:
    plan = plan_merges(tokens, budget)
    assert [place for group in plan for place in group] == list(range(len(tokens)))
    sums = [sum(tokens[place] for place in group) for group in plan]
    assert all(total <= budget or len(group) == 1 for total, group in zip(sums, plan, strict=True))
    assert len(plan) == _fewest(tokens, budget)


def _fewest(tokens: list[int], budget: int) -> int:
    """By trying each place for the first cut."""
    best = [0] * (len(tokens) + 1)
    for start in reversed(range(len(tokens))):
        ends = [
            end for end in range(start + 1, len(tokens) + 1) if sum(tokens[start:end]) <= budget or end == start + 1
        ]
        best[start] = 1 + min(best[end] for end in ends)
    return best[0]


@given(st.text(alphabet="ab. !?。\n"), st.integers(1, 40))
def test_shortening_keeps_a_beginning_within_the_limit(text: str, chars: int) -> None:
    short = shorten(text, chars)
    assert len(short) <= chars or short == text
    assert text.startswith(short.removesuffix("…").rstrip())
    assert short == text or len(text) > chars


def test_no_number_is_cut_at_its_decimal_point() -> None:
    assert shorten("Sales were 4.5 million. Then they fell.", 30) == "Sales were 4.5 million."
    assert shorten("Sales were 4.567 million in all", 14) == "Sales were…"


def test_sections_are_named_by_the_bookmarks_that_they_fall_under() -> None:
    toc = [Heading(1, "Letter", 2), Heading(2, "Deep", 3), Heading(1, "Results", 5), Heading(1, "Risks", 6)]
    toc += [Heading(1, f"Annex {number}", 8) for number in range(3)]
    requests = [request_of("r1", [1]), request_of("r2", [2, 3]), request_of("r3", [4, 5]), request_of("r4", [6, 7, 8])]
    answers = [answer_of(request.id) for request in reversed(requests) if request.id != "r2"]
    found = sections(answers, [*requests, request_of("m1", [1], kind="merge")], toc)
    assert [(one.title, one.pages, one.text) for one in found] == [
        ("Pages 1", "1", "Summary of r1."),
        ("Letter; Results", "4-5", "Summary of r3."),
        ("Risks … Annex 2", "6-8", "Summary of r4."),
    ]


def with_points(*texts: str, found: bool = True) -> list[Section]:
    """A section for each text, with two key points each: "One. a" and "One. b"."""
    where = (Evidence(1, "a quote", match="exact" if found else "none"),)
    return [
        replace(part, points=tuple(Point(f"{part.text} {name}", where, f"r{part.pages}") for name in "ab"))
        for part in parts_of(*texts)
    ]


def test_key_points_are_chosen_by_number_and_carried_up_as_they_are() -> None:
    parts = with_points("One.", "Two.", "Three.", "Four.")
    ask = Asking(Joined("First half.", (4, 1)), Joined("Second half.", (2,)), Joined("All.", (3, 2)))
    summary = asyncio.run(summarise(parts, ask, chars=1000, budget=110, count=len, points=100))
    assert ask.points == [
        ["One. a", "One. b", "Two. a", "Two. b"],
        ["Three. a", "Three. b", "Four. a", "Four. b"],
        ["Two. b", "One. a", "Three. b"],
    ]
    assert [point.text for point in summary.chosen] == ["Three. b", "One. a"] and summary.notices == ()
    assert summary.chosen[0] is parts[2].points[1]
    assert summary.sections == tuple(parts)


def test_a_number_of_no_key_point_is_told_and_one_named_twice_counts_once() -> None:
    ask = Asking(Joined("All.", (0, 2, -1, 2, 5, 1)))
    summary = asyncio.run(summarise(with_points("One.", "Two."), ask, chars=1000, budget=1000, count=len, points=100))
    assert [point.text for point in summary.chosen] == ["One. b", "One. a"]
    (notice,) = summary.notices
    assert notice.code == "unknown-key-point" and notice.message.endswith("not there: 0, -1, 5.")


def test_of_key_points_that_pass_their_room_those_found_in_the_document_go_along() -> None:
    (one,), (two,) = with_points("One.", found=False), with_points("Two.")
    part = replace(one, points=(one.points[0], *two.points))
    ask = Asking()
    asyncio.run(
        summarise([part, *parts_of("x")], ask, chars=1000, budget=1000, count=len, points=2 * (6 + POINT_TOKENS))
    )
    assert ask.points == [["Two. a", "Two. b"]]


def test_one_part_chooses_no_key_points() -> None:
    ask = Asking(Joined("Short.", (1,)))
    (part,) = with_points("It is far too long.")
    assert asyncio.run(summarise([part], ask, chars=10, budget=500, count=len, points=100)).chosen == ()
    assert ask.points == [[]]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(0, 200), st.integers(60, 400), st.data())
def test_no_request_passes_its_budget_and_no_point_is_made_up(
    sizes: list[int], room: int, budget: int, data: st.DataObject
) -> None:
    where = (Evidence(1, "q", match="exact"),)
    parts = [
        Section("T", str(at), "x" * 20, tuple(Point(f"{at}.{n} is said", where, f"r{at}") for n in range(size)))
        for at, size in enumerate(sizes)
    ]
    numbers = st.lists(st.integers(-1, 12), max_size=5)

    async def ask(sent: Sequence[Section], again: Again | None = None) -> Joined:
        taken = sum(len(part.text) + sum(len(one.text) + POINT_TOKENS for one in part.points) for part in sent)
        assert taken <= budget
        return Joined("y" * 20, tuple(data.draw(numbers)))

    summary = asyncio.run(summarise(parts, ask, chars=20, budget=budget, count=len, points=room))
    every = [point for part in parts for point in part.points]
    assert len(set(summary.chosen)) == len(summary.chosen) and set(summary.chosen) <= set(every)


def chapters_of(toc: list[Heading], pages: Sequence[int]) -> list[tuple[str, str]]:
    (found,) = sections([answer_of("r1")], [request_of("r1", pages)], toc)
    return [(one.title, one.pages) for one in found.chapters]


def test_a_section_names_its_chapters_with_their_pages() -> None:
    toc = [Heading(1, "One", 1), Heading(2, "Deep", 2), Heading(1, "Two", 4), Heading(1, "Three", 9)]
    assert chapters_of(toc, [2, 3, 4, 5, 7]) == [("One", "2-3"), ("Two", "4-5, 7")]
    assert chapters_of(toc, [9, 10]) == [("Three", "9-10")] and chapters_of([], [1]) == []


def test_where_one_bookmark_holds_all_others_those_are_the_chapters() -> None:
    toc = [Heading(1, "The report", 1), Heading(2, "Letter", 2), Heading(2, "Risks", 4), Heading(3, "Deep", 4)]
    assert chapters_of(toc, [1, 2, 3, 4]) == [("Letter", "2-3"), ("Risks", "4")]
    assert chapters_of(toc[:1], [1, 2]) == [("The report", "1-2")]


def test_a_bookmark_that_leads_nowhere_covers_no_page() -> None:
    assert chapters_of([Heading(1, "Lost", -1), Heading(1, "Letter", 2), Heading(1, "Risks", 3)], [1, 2]) == [
        ("Letter", "2")
    ]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(-1, 12)), max_size=8), st.sets(st.integers(1, 12), min_size=1))
def test_chapters_hold_pages_of_the_section_and_a_page_after_the_first_chapter_has_one(
    marks: list[tuple[int, int]], pages: set[int]
) -> None:
    toc = [Heading(level, f"T{at}", page) for at, (level, page) in enumerate(marks)]
    found = [set(pages_in(one)) for _, one in chapters_of(toc, sorted(pages))]
    assert all(one <= pages for one in found)
    if found:
        first = min(set().union(*found))
        assert {page for page in pages if page >= first} == set().union(*found)


def pages_in(ranges: str) -> list[int]:
    ends = [one.split("-") for one in ranges.split(", ")]
    return [page for first, *last in ends for page in range(int(first), int(last[0] if last else first) + 1)]
