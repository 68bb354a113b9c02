"""The summaries of a document's parts, one for each request, joined to one by a tree of merges.

Which summaries are joined in one request is planned here; the asking is handed in. A small plan, with a budget of 100
tokens: summaries of 40, 30, 50, 60 and 20 tokens are joined as (40, 30), (50), (60, 20), and then those three as one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.ask.answer import Answer
from pipeline.document import Heading
from pipeline.errors import EndpointError, OverBudget
from pipeline.merge.notice import Notice
from pipeline.merge.points import Point
from pipeline.pack.request import Request
from pipeline.ranges import format_ranges

ALONE = 4
"""How many times the wanted length one summary that is asked for again may have in its request."""
ATTEMPTS = 3
"""How often a summary is asked for again, each time in fewer characters."""
AGAIN_TOKENS = 64
"""The most that the words take that say why it is asked for again."""
POINT_TOKENS = 16
"""The most that the marks around one key point take in a request."""
MAX_TITLES = 3
"""Bookmarks that a section's title names; of more it names the first and the last."""

_SENTENCE_ENDS = ".!?。！？؟…"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A bookmark, and those of a section's pages that it covers, as ranges."""

    title: str
    pages: str


@dataclass(frozen=True, slots=True)
class Section:
    """What one request said of the pages that it held, as ranges ("1-14"), its key points and its chapters."""

    title: str
    pages: str
    text: str
    points: tuple[Point, ...] = ()
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of the whole, those of its parts, and what went wrong in joining them.

    `chosen` are the key points that the merges took for the most important ones, the first of them first.
    """

    text: str
    sections: tuple[Section, ...]
    notices: tuple[Notice, ...] = ()
    chosen: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """Why a summary is asked for once more, as one sentence, and in how many characters at the most."""

    why: str
    chars: int


@dataclass(frozen=True, slots=True)
class Joined:
    """One summary of several, and the numbers of their key points that it takes for the most important, in that order.

    The key points of the sections that were handed in are counted from 1, one section after the other.
    """

    text: str
    numbers: tuple[int, ...] = ()


Ask = Callable[[Sequence[Section], Again | None], Awaitable[Joined]]
"""Joins summaries to one of the wanted length; raises EndpointError or OverBudget where that fails."""
Count = Callable[[str], int]
"""Tokens that a text takes in a request that joins it with others, its marks included."""
Foreign = Callable[[str], str | None]
"""The language that a text is in, where that is surely another than was asked for; None where it is not."""


def at_home(text: str) -> None:
    """No text is in a wrong language where none was asked for."""


def sections(
    answers: Sequence[Answer], requests: Sequence[Request], toc: Sequence[Heading], points: Sequence[Point] = ()
) -> tuple[Section, ...]:
    """One section for each answered request that reads pages, in the order of the requests, with its key points."""
    said = {answer.request: answer for answer in answers}
    found = []
    for request in (one for one in requests if one.kind == "read" and one.overall and one.id in said):
        chapters = _chapters(request.pages, toc)
        own = tuple(point for point in points if point.request == request.id)
        title, text = _title(request.pages, chapters), said[request.id].summary.strip()
        found.append(Section(title, format_ranges(request.pages), text, own, chapters))
    return tuple(found)


def _chapters(pages: Sequence[int], toc: Sequence[Heading]) -> tuple[Chapter, ...]:
    """The bookmarks that the pages fall under, of the first level that has several.

    Many documents have one bookmark of the first level, their title. A page on which a chapter begins is that chapter's
    alone: no bookmark tells how far down it begins. Bookmarks that lead to no page are left out.
    """
    leading = [heading for heading in toc if heading.page >= 1]
    levels = Counter(heading.level for heading in leading)
    level = min((one for one, count in levels.items() if count > 1), default=min(levels, default=1))
    top = sorted((heading for heading in leading if heading.level == level), key=lambda heading: heading.page)
    ends = [*(heading.page for heading in top[1:]), float("inf")]
    held = (
        (one.title, [page for page in pages if one.page <= page < max(end, one.page + 1)])
        for one, end in zip(top, ends, strict=False)
    )
    return tuple(Chapter(title, format_ranges(its)) for title, its in held if its)


def _title(pages: Sequence[int], chapters: Sequence[Chapter]) -> str:
    """The chapters' titles, or the pages themselves where there are none."""
    titles = list(dict.fromkeys(chapter.title for chapter in chapters))
    if not titles:
        return f"Pages {format_ranges(pages)}"
    return "; ".join(titles) if len(titles) <= MAX_TITLES else f"{titles[0]} … {titles[-1]}"


def plan_merges(tokens: Sequence[int], budget: int) -> tuple[range, ...]:
    """Which neighbouring texts go into one request: the fewest groups whose sum stays within the budget.

    Of the plans with that many groups the one whose largest group is smallest. A text that passes the budget alone is
    a group of its own.
    """
    if not tokens:
        return ()
    fewest = len(_filled(tokens, budget))
    low, high = max((count for count in tokens if count <= budget), default=budget), budget
    while low < high:
        middle = (low + high) // 2
        if len(_filled(tokens, middle)) <= fewest:
            high = middle
        else:
            low = middle + 1
    return _filled(tokens, high)


def _filled(tokens: Sequence[int], budget: int) -> tuple[range, ...]:
    groups: list[range] = []
    start = total = 0
    for number, count in enumerate(tokens):
        if number > start and total + count > budget:
            groups.append(range(start, number))
            start, total = number, 0
        total += count
    groups.append(range(start, len(tokens)))
    return tuple(groups)


async def summarise(
    parts: Sequence[Section],
    ask: Ask,
    *,
    chars: int,
    budget: int,
    count: Count,
    points: int = 0,
    foreign: Foreign = at_home,
) -> Summary:
    """Join the sections' texts to a summary of at most `chars` characters, in the language that was asked for.

    Each merge holds at most `budget` tokens of summaries, and of each no more than `chars` characters and tokens; with
    each go key points of at most `points` tokens, those that were found in the document first.
    Nothing is asked where there is one part that is as it should be. A summary that is too long or in another language
    is asked for again, with at most `ALONE` times as much of it. None is cut: what is still too long is given whole.
    Where a merge fails the parts' texts stand one after the other. A notice tells of each of these.
    The parts themselves, as the summary gives them back, are never shortened.
    """
    level = [part for part in parts if part.text]
    notices: list[Notice] = []
    marks, several = count(""), len(level) > 1
    try:
        while len(level) > 1:
            level = [_bounded(part, chars, chars + marks, count, notices) for part in level]
            level = [replace(part, points=_within(part.points, points, count)) for part in level]
            groups = plan_merges([_taken(part, count) for part in level], budget)
            if len(groups) == len(level):
                return _unmerged(parts, chars, "they do not fit into one request", notices)
            level = await _joined([[level[place] for place in group] for group in groups], ask, notices)
    except (EndpointError, OverBudget) as error:
        return _unmerged(parts, chars, str(error), notices)
    if not level:
        return Summary("", tuple(parts), tuple(notices))
    most = min(ALONE * chars + marks, budget - AGAIN_TOKENS)
    text, said = await _mended(level[0], ask, _Wanted(chars, most, count, foreign))
    return Summary(text, tuple(parts), (*notices, *said), level[0].points if several else ())


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the summary is to be, and how many tokens of one go into the request that asks for it again."""

    chars: int
    most: int
    count: Count
    foreign: Foreign

    async def language(self, text: str) -> str | None:
        """The language of the text where it is a wrong one. Telling takes a model, so the loop does not wait."""
        return await asyncio.to_thread(self.foreign, text)


async def _mended(whole: Section, ask: Ask, wanted: _Wanted) -> tuple[str, list[Notice]]:
    """The summary as it should be, or the nearest to it that came, whole, with notices of what is wrong with it.

    A length is asked for `ATTEMPTS` times, lower each time, a language once.
    """
    text, notices, failed = whole.text, list[Notice](), ""
    language = await wanted.language(text)
    for attempt in range(ATTEMPTS):
        if len(text) <= wanted.chars and not (language and attempt == 0):
            break
        shortened: list[Notice] = []
        part = _bounded(
            replace(whole, text=text, points=()), ALONE * wanted.chars, wanted.most, wanted.count, shortened
        )
        try:
            came = (await ask([part], _again(text, language, wanted.chars, attempt))).text.strip()
        except (EndpointError, OverBudget) as error:
            failed = f" Asking again failed: {str(error).rstrip('.')}."
            break
        spoken = await wanted.language(came)
        if came and (bool(spoken), max(len(came), wanted.chars)) < (bool(language), max(len(text), wanted.chars)):
            text, language = came, spoken
            notices += shortened
    if language:
        notices.append(Notice("summary-language", f"The summary seems to be in the language {language!r}.{failed}"))
    return text, [*notices, *_too_long(text, wanted.chars, failed)]


def _again(text: str, language: str | None, chars: int, attempt: int) -> Again:
    """What is said of a summary that will not do; fewer characters are asked for each time that it is too long."""
    long = len(text) > chars
    faults = [f"has {len(text)} characters, which is too many"] if long else []
    faults += [f"is in the language {language!r}"] if language else []
    return Again(f"The one below {' and '.join(faults)}.", chars * (4 - attempt) // 4 if long else chars)


def _too_long(text: str, chars: int, failed: str = "") -> list[Notice]:
    message = f"The summary has {len(text)} characters where at most {chars} were asked for; it is given whole.{failed}"
    return [Notice("summary-too-long", message)] if len(text) > chars else []


def _bounded(part: Section, chars: int, tokens: int, count: Count, notices: list[Notice]) -> Section:
    """The part with as much of its text as may go into a request, and a notice where that is not all of it."""
    text = shorten(part.text, chars)
    while len(text) > 1 and (taken := count(text)) > tokens:
        text = shorten(text, min(max(len(text) * tokens // taken, 1), len(text) - 1))
    if text != part.text:
        message = (
            f"The summary of pages {part.pages} had {len(part.text)} characters;"
            f" its first {len(text)} went into the summary of the whole."
        )
        notices.append(Notice("summary-part-shortened", message))
    return replace(part, text=text)


def _point_tokens(point: Point, count: Count) -> int:
    return count(point.text) - count("") + POINT_TOKENS


def _taken(part: Section, count: Count) -> int:
    """Tokens of a section in a request that joins it with others."""
    return count(part.text) + sum(_point_tokens(point, count) for point in part.points)


def _within(points: Sequence[Point], tokens: int, count: Count) -> tuple[Point, ...]:
    """The key points that so many tokens hold, in their order; those that were found in the document go first."""
    kept: set[int] = set()
    for at in sorted(range(len(points)), key=lambda at: all(one.match == "none" for one in points[at].evidence)):
        if (took := _point_tokens(points[at], count)) <= tokens:
            tokens -= took
            kept.add(at)
    return tuple(point for at, point in enumerate(points) if at in kept)


async def _joined(groups: Sequence[Sequence[Section]], ask: Ask, notices: list[Notice]) -> list[Section]:
    """Each group as one, all asked for at once. The first failure is raised when all of them have come to an end."""
    came = await asyncio.gather(*(_merged(group, ask, notices) for group in groups), return_exceptions=True)
    joined = []
    for one in came:
        if isinstance(one, BaseException):
            raise one
        joined.append(one)
    return joined


async def _merged(group: Sequence[Section], ask: Ask, notices: list[Notice]) -> Section:
    if len(group) == 1:
        return group[0]
    joined = await ask(group, None)
    offered = [point for part in group for point in part.points]
    chosen = list(dict.fromkeys(joined.numbers))
    strange = [number for number in chosen if not 1 <= number <= len(offered)]
    pages = ", ".join(part.pages for part in group)
    if strange:
        message = f"Of pages {pages}, key points were chosen that are not there: {', '.join(map(str, strange))}."
        notices.append(Notice("unknown-key-point", message))
    points = tuple(offered[number - 1] for number in chosen if number not in strange)
    return Section(f"{group[0].title} … {group[-1].title}", pages, joined.text.strip(), points)


def _unmerged(parts: Sequence[Section], chars: int, reason: str, notices: Sequence[Notice]) -> Summary:
    """The texts of the parts one after the other."""
    text = "\n\n".join(part.text for part in parts if part.text)
    message = f"The summaries of the parts were not joined to one: {reason.rstrip('.')}."
    notices = [*notices, Notice("summary-not-merged", message), *_too_long(text, chars)]
    return Summary(text, tuple(parts), tuple(notices))


def shorten(text: str, chars: int) -> str:
    """The text's whole sentences within so many characters; its words and an ellipsis where the first is longer."""
    if len(text) <= chars:
        return text
    ends = [at + 1 for at in range(chars) if text[at] in _SENTENCE_ENDS and _ends(text, at)]
    if ends:
        return text[: ends[-1]]
    words, _, _ = text[:chars].rpartition(" ")
    return (words or text[: chars - 1])[: chars - 1].rstrip() + "…"


def _ends(text: str, at: int) -> bool:
    return text[at] in "。！？" or at + 1 == len(text) or text[at + 1].isspace()
