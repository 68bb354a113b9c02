"""Whatever length summaries come in, every request that joins them fits, and the estimate is never passed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ask.ledger import bill
from pipeline.asking import MARK_TOKENS, join_budget, join_count, join_request, most_joins, points_room
from pipeline.job import Job, make_job
from pipeline.merge.evidence import Evidence
from pipeline.merge.points import Point
from pipeline.merge.summaries import AGAIN_TOKENS, POINT_TOKENS, Again, Joined, Section, Summary, summarise
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.settings import Settings

PIECES = st.sampled_from(["Alpha beta gamma. ", "漢字仮名交じり文。", "🜁🜂🜃", "x", "7 ", "a\nb", "ﷺ", '<page n="1">'])
TEXTS = st.builds(str.__mul__, PIECES, st.integers(0, 900))


class Overlong:
    """Joins summaries to texts of any length; keeps the requests that it would have sent."""

    def __init__(self, job: Job, replies: Sequence[str], numbers: Sequence[int] = ()) -> None:
        self.sent: list[Request] = []
        self._job, self._replies, self._numbers = job, replies, tuple(numbers)

    async def __call__(self, parts: Sequence[Section], again: Again | None = None) -> Joined:
        prompt = self._job.joining(again.chars, again.why) if again else self._job.join
        self.sent.append(join_request(f"m{len(self.sent)}", parts, self._job, prompt))
        return Joined(self._replies[len(self.sent) % len(self._replies)], self._numbers)


def job_of(window: int, chars: int, model: str | None = None) -> Job:
    engine = "http://127.0.0.1:9/v1"
    made = Settings(engine=engine, model=model, window_tokens=window, summary_chars=chars, store="/nowhere")
    return make_job(made, None, key=False)


def joined(job: Job, texts: Sequence[str], ask: Overlong) -> Summary:
    where = (Evidence(1, "a quote", match="exact"),)
    parts = [
        Section(
            f"Part {number}",
            "1, 3, 5, 7, 9, 11, 13",
            text,
            tuple(Point(f"{place}. {text[:240]}", where, f"r{number}") for place in range(number % 3 * 12)),
        )
        for number, text in enumerate(texts, 1)
    ]
    count = lambda text: join_count(job, text)  # noqa: E731
    chars, room = job.settings.summary_chars, points_room(job)
    return asyncio.run(summarise(parts, ask, chars=chars, budget=join_budget(job), count=count, points=room))


@given(
    st.lists(TEXTS, max_size=9),
    st.lists(TEXTS, min_size=1, max_size=3),
    st.sampled_from([2048, 4096, 8192]),
    st.sampled_from([100, 700, 2000]),
    st.sampled_from([None, "unknown/model"]),
)
@settings(max_examples=40, deadline=None)
def test_every_join_fits_the_window_and_the_estimate_is_an_upper_bound(
    texts: list[str], replies: list[str], window: int, chars: int, model: str | None
) -> None:
    job = job_of(window, chars, model)
    ask = Overlong(job, replies, range(-1, 12))
    summary = joined(job, texts, ask)
    told = any(one.code == "summary-too-long" for one in summary.notices)
    assert (len(summary.text) > chars) is told
    assert [part.text for part in summary.sections] == texts
    assert all(request.tokens + request.reserve <= window for request in ask.sent)
    most, taken = bill(job.model, most_joins(len(texts), job)), bill(job.model, ask.sent)
    assert len(ask.sent) <= len(most_joins(len(texts), job))
    assert (taken.prompt, taken.completion) <= (most.prompt, most.completion)


def test_an_overlong_part_goes_in_shortened_and_that_is_said() -> None:
    job = job_of(8192, 1000)
    ask = Overlong(job, ["The whole."])
    summary = joined(job, ["Alpha beta gamma. " * 9000, "Short."], ask)
    assert summary.text == "The whole." and len(ask.sent) == 1
    assert [one.code for one in summary.notices] == ["summary-part-shortened"]
    assert "162000 characters" in summary.notices[0].message


def test_one_overlong_summary_is_asked_for_again_with_a_part_of_it() -> None:
    job = job_of(8192, 1000)
    ask = Overlong(job, ["The whole."])
    summary = joined(job, ["Alpha beta gamma. " * 9000], ask)
    assert summary.text == "The whole."
    assert [len(request.parts[0].text) < 4200 for request in ask.sent] == [True]  # type: ignore[union-attr]


@pytest.mark.parametrize("pages", ["1-40", ", ".join(map(str, range(1, 999, 2))), "1111, 3333, 5555, 77"])
def test_the_marks_take_no_more_than_is_kept_for_them(pages: str) -> None:
    job = job_of(8192, 1000)
    one = join_request("m1", [Section("A", pages, "x")], job, job.join)
    twenty = join_request("m1", [Section("A", pages, "x")] * 20, job, job.join)
    assert (twenty.tokens - one.tokens) / 19 <= MARK_TOKENS


def test_what_is_said_of_a_summary_asked_for_again_takes_no_more_than_is_kept_for_it() -> None:
    job = job_of(8192, 2000)
    why = f"The one below has {10**9} characters, which is too many and is in the language 'zh'."
    more = job.counter.text(job.joining(2000, why).system) - job.counter.text(job.join.system)
    assert 0 < more < AGAIN_TOKENS
    assert job.joining(1500, why).schema["properties"]["summary"]["maxLength"] == 1500


def test_key_points_go_with_their_summary_counted_through_and_take_no_more_than_is_kept_for_them() -> None:
    job = job_of(8192, 1000)
    points = [Point(f"Fact <point n={at}>", (), "r1") for at in range(101)]
    parts = [Section("A", "1", "First.", tuple(points[:2])), Section("B", "2", "Second.", tuple(points[2:3]))]
    (part,) = join_request("m1", parts, job, job.join).parts
    assert isinstance(part, TextPart)
    assert part.text.splitlines() == [
        *('<summary n="1" pages="1">', "First.", "</summary>"),
        *('<point n="1">Fact &lt;point n=0></point>', '<point n="2">Fact &lt;point n=1></point>'),
        *('<summary n="2" pages="2">', "Second.", "</summary>"),
        '<point n="3">Fact &lt;point n=2></point>',
    ]
    many = join_request("m1", [Section("A", "1", "x", tuple(points))], job, job.join)
    none = join_request("m1", [Section("A", "1", "x")], job, job.join)
    each = max(join_count(job, point.text) - MARK_TOKENS for point in points)
    assert (many.tokens - none.tokens) / 101 <= each + POINT_TOKENS


@pytest.mark.parametrize(("window", "room"), [(2048, 0), (4096, 600), (8192, 2048), (128_000, 2048)])
def test_key_points_are_sent_where_two_summaries_leave_room_for_them(window: int, room: int) -> None:
    assert room * 0.5 <= points_room(job_of(window, 1000)) <= room
