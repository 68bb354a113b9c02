"""Pages to requests: the fewest that the window allows, in reading order, cut at sections where that costs none."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.document import Document, Page, SourceText
from pipeline.errors import QuireError, UsageError
from pipeline.pack.cuts import best_cuts
from pipeline.pack.layout import framed, join, page_pieces
from pipeline.pack.parts import Part, PicturePart, Request
from pipeline.pack.sources import NO_PAGE, sources_of
from pipeline.pack.split import split_page
from pipeline.pack.tokens import Counter
from pipeline.profiles import PictureRule
from pipeline.settings import Images


@dataclass(frozen=True, slots=True)
class Unit:
    """What is never cut: a page, or one part of a page that had to be split; `tokens` is its cost in any request.

    A text that belongs to no page is one too: its `page` is 0, since it comes before the first, and `source` its id.
    """

    page: int
    parts: tuple[Part, ...]
    tokens: int
    source: str | None = None


def pack(
    document: Document,
    pages: Sequence[Page],
    *,
    system: str,
    window: int,
    reserve: int,
    counter: Counter,
    rule: PictureRule | None,
    images: Images,
) -> list[Request]:
    """The requests that carry `pages`, read with the message `system`, each with `reserve` of `window` tokens kept
    free.

    Each page with something to send is in exactly one request, or, where it is larger than a window, in parts in
    several. Blank pages and those that could not be read are in none. The number of requests is that of filling each in
    page order as far as it goes, which is the least; at that number the cuts go to bookmarks of the first level, then
    of the second, then to where the largest request is smallest.

    The least is truly the least because a request's tokens are the plain sum of its pages' and of what every prompt
    costs (see `layout`): pages of 40,000, 50,000 and 60,000 tokens in a room of 100,000 are two requests, not by
    estimate. `rule` is None for a model that takes no pictures. UsageError where the window is too small for the
    smallest unit.
    """
    room = _room(counter, system, window, reserve)
    if room <= 0:
        taken = counter.prompt(system, 0)
        raise UsageError(
            f"A window of {window:,} tokens is too small: the instructions take {taken:,} and {reserve:,} are kept "
            f"for the answer; choose a larger window."
        )
    units = [unit for source in sources_of(document, pages) for unit in _source_units(source, room, counter)]
    units += [unit for page in pages for unit in _units(page, images, rule, room, counter)]
    if not units:
        return []
    begins = best_cuts([unit.tokens for unit in units], room, _harms(document, units))
    ends = [*begins[1:], len(units)]
    groups = [units[begin:end] for begin, end in zip(begins, ends, strict=True)]
    requests = [_request(f"r{n}", group, system, reserve, counter) for n, group in enumerate(groups, 1)]
    for request in requests:
        if request.tokens + reserve > window:
            raise QuireError(
                f"Request {request.id} was packed to {request.tokens + reserve} of {window} tokens: a bug."
            )
    return requests


def _room(counter: Counter, system: str, window: int, reserve: int) -> int:
    """The most tokens of parts with which a prompt and the reserve still fit the window; it may be below zero."""
    free = window - reserve
    return bisect_right(range(max(free, 0)), free, key=lambda content: counter.prompt(system, content)) - 1


def _units(page: Page, images: Images, rule: PictureRule | None, room: int, counter: Counter) -> list[Unit]:
    pieces = page_pieces(page, images, rule)
    whole = framed(page, pieces)
    if not whole:
        return []
    tokens = counter.parts(whole)
    if tokens <= room:
        return [Unit(page.number, whole, tokens)]
    return [Unit(page.number, parts, counter.parts(parts)) for parts in split_page(page, pieces, room, counter)]


def _source_units(source: SourceText, room: int, counter: Counter) -> list[Unit]:
    whole = framed(source, (source.text,))
    parts = [whole] if counter.parts(whole) <= room else split_page(source, (source.text,), room, counter)
    return [Unit(NO_PAGE, one, counter.parts(one), source.id) for one in parts]


def _harms(document: Document, units: Sequence[Unit]) -> list[int]:
    """What a cut before each unit breaks: nothing at a bookmark of the first level, then, each worse than any number of
    the one before, a section (a bookmark of the second level), a run of pages, a page."""
    levels: dict[int, int] = {}
    for heading in document.toc:
        levels[heading.page] = min(heading.level, levels.get(heading.page, heading.level))
    worse = len(units) + 1
    harms = [0]
    for before, unit in pairwise(units):
        # A bookmark of a page that is not sent (a blank one) counts for the next that is.
        passed = range(before.page + 1, unit.page + 1)
        level = min((levels[page] for page in passed if page in levels), default=None)
        harms.append({1: 0, 2: 1}.get(level or 0, worse) if passed else worse**2)
    return harms


def _request(name: str, units: Sequence[Unit], system: str, reserve: int, counter: Counter) -> Request:
    parts = join([part for unit in units for part in unit.parts])
    return Request(
        id=name,
        kind="read",
        system=system,
        parts=parts,
        pages=tuple(sorted({unit.page for unit in units} - {NO_PAGE})),
        sources=tuple(dict.fromkeys(unit.source for unit in units if unit.source)),
        pictures=tuple(part.id for part in parts if isinstance(part, PicturePart)),
        tokens=counter.request(system, parts),
        reserve=reserve,
    )
