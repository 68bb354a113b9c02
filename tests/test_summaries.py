"""Summaries of parts become one by a tree of merges that fits the window, and none is cut unsaid."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Heading
from pipeline.errors import AnswerError, OverBudget
from pipeline.merge.summaries import Section, Summary, plan_merges, sections, shorten, summarise
from tests.making import answer_of, request_of


class Asking:
    """Answers merges with the given texts in turn, or with all the parts' texts; remembers what it was asked."""

    def __init__(self, *replies: str | Exception) -> None:
        self.asked: list[list[str]] = []
        self._replies = list(replies)

    async def __call__(self, parts: Sequence[Section]) -> str:
        self.asked.append([part.text for part in parts])
        reply = self._replies.pop(0) if self._replies else "+".join(part.text for part in parts)
        if isinstance(reply, Exception):
            raise reply
        return reply


def parts_of(*texts: str) -> list[Section]:
    return [Section(f"Part {number}", str(number), text) for number, text in enumerate(texts, 1)]


def joined(texts: Sequence[str], ask: Asking, *, chars: int = 1000, budget: int = 1000) -> Summary:
    return asyncio.run(summarise(parts_of(*texts), ask, chars=chars, budget=budget, count=len))


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


def test_a_summary_that_is_too_long_is_asked_for_again_and_then_ends_at_a_sentence() -> None:
    ask = Asking("It is far too long. " * 10, "Still too long. And so it is cut here.")
    summary = joined(["One.", "Two."], ask, chars=30)
    assert len(ask.asked) == 2
    assert summary.text == "Still too long."
    assert [one.code for one in summary.notices] == ["summary-part-shortened", "summary-shortened"]
    assert len(ask.asked[1][0]) <= 120
    assert [part.text for part in summary.sections] == ["One.", "Two."]


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
