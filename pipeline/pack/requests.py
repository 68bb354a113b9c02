"""Pages to requests: the fewest that the window allows, in reading order, cut at sections where that costs none."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipeline.document import Document, Page, SourcePage, SourceText
from pipeline.errors import QuireError, UsageError
from pipeline.pack.cuts import Sizes, best_cuts
from pipeline.pack.layout import framed, join, page_pieces, running_mark
from pipeline.pack.parts import Part, PicturePart, Request, Running, TextPart
from pipeline.pack.running import RunningLine, fold
from pipeline.pack.sources import NO_PAGE, sources_of
from pipeline.pack.split import split_page
from pipeline.pack.tokens import Counter
from pipeline.profiles import PictureRule
from pipeline.settings import Images

_MOST_RUNNING = 4
"""Running lines are taken out of a page where stating them takes a fourth of the room at most."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is never cut: a page, or one part of a page that had to be split; `tokens` is its cost in any request.

    A text that belongs to no page is one too: its `page` is 0, since it comes before the first, and `source` its id.
    `running` are the lines that were taken out of the page, by their key; `stating` what it takes to state each.
    """

    page: int
    parts: tuple[Part, ...]
    tokens: int
    source: str | None = None
    running: Mapping[int, RunningLine] = field(default_factory=dict)
    stating: Mapping[int, int] = field(default_factory=dict)


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
    several; lines that run over the pages are stated once in each request that holds some of those. Blank pages and
    those that could not be read are in none. The number of requests is that of filling each in page order as far as it
    goes, which is the least; at that number the cuts go to bookmarks of the first level, then of the second, then to
    where the largest request is smallest.

    The least is truly the least because a request's tokens are the plain sum of its pages', of its running lines' and
    of what every prompt costs (see `layout`): pages of 40,000, 50,000 and 60,000 tokens in a room of 100,000 are two
    requests, not by estimate. `rule` is None for a model that takes no pictures. UsageError where the window is too
    small for the smallest unit.
    """
    room = _room(counter, system, window, reserve)
    if room <= 0:
        taken = counter.prompt(system, 0)
        raise UsageError(
            f"A window of {window:,} tokens is too small: the instructions take {taken:,} and {reserve:,} are kept "
            f"for the answer; choose a larger window."
        )
    units = [unit for source in sources_of(document, pages) for unit in _source_units(source, room, counter)]
    units += [unit for one in document.attached for unit in _units(one, room, _Sending(images, rule, counter))]
    folded = fold(pages)
    for page, short in zip(pages, folded.pages, strict=True):
        running = {line.key: line for line in folded.lines.get(page.number, ())}
        units += _folded_units(page, short, running, room, _Sending(images, rule, counter))
    if not units:
        return []
    sizes = Sizes([unit.tokens for unit in units], [unit.stating for unit in units])
    begins = best_cuts(sizes, room, _harms(document, units))
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


@dataclass(frozen=True, slots=True)
class _Sending:
    """How pages are sent: which pictures, at what size, and how their tokens are counted."""

    images: Images
    rule: PictureRule | None
    counter: Counter


def _folded_units(
    page: Page, short: Page, running: Mapping[int, RunningLine], room: int, sending: _Sending
) -> list[Unit]:
    """The units of a page: `short`, without its running lines, or as it is where only that fits without a cut."""
    stating = {
        key: sending.counter.text(running_mark(line.text, line.first, line.last))
        for key, line in running.items()
        if line.stated
    }
    if running and sum(stating.values()) <= room // _MOST_RUNNING:
        units = _units(short, room - sum(stating.values()), sending)
        if len(units) == 1 or len(whole := _units(page, room, sending)) > 1:
            return [replace(unit, running=running, stating=stating) for unit in units]
        return whole
    return _units(page, room, sending)


def _units(carrier: Page | SourcePage, room: int, sending: _Sending) -> list[Unit]:
    page, source = (carrier.page, carrier.id) if isinstance(carrier, SourcePage) else (carrier, None)
    number = NO_PAGE if source else page.number
    counter = sending.counter
    pieces = page_pieces(page, sending.images, sending.rule)
    whole = framed(carrier, pieces)
    if not whole:
        return []
    tokens = counter.parts(whole)
    if tokens <= room:
        return [Unit(number, whole, tokens, source)]
    split = split_page(carrier, pieces, room, counter)
    return [Unit(number, parts, counter.parts(parts), source) for parts in split]


def _source_units(source: SourceText, room: int, counter: Counter) -> list[Unit]:
    whole = framed(source, (source.text,) if source.text else ())
    if not whole:
        return []
    parts = [whole] if counter.parts(whole) <= room else split_page(source, (source.text,), room, counter)
    return [Unit(NO_PAGE, one, counter.parts(one), source.id) for one in parts]


def _harms(document: Document, units: Sequence[Unit]) -> list[int]:
    """What a cut before each unit breaks: nothing at a bookmark of the first level, then, each worse than any number of
    the one before, a section (a bookmark of the second level), a run of pages or of sources, a page."""
    levels: dict[int, int] = {}
    for heading in document.toc:
        levels[heading.page] = min(heading.level, levels.get(heading.page, heading.level))
    worse = len(units) + 1
    harms = [0]
    for before, unit in pairwise(units):
        # A bookmark of a page that is not sent (a blank one) counts for the next that is.
        passed = range(before.page + 1, unit.page + 1)
        level = min((levels[page] for page in passed if page in levels), default=None)
        apart = passed or before.source != unit.source
        harms.append({1: 0, 2: 1}.get(level or 0, worse) if apart else worse**2)
    return harms


def _request(name: str, units: Sequence[Unit], system: str, reserve: int, counter: Counter) -> Request:
    lines, parts = _stated(units)
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
        running=lines,
    )


def _stated(units: Sequence[Unit]) -> tuple[tuple[Running, ...], tuple[Part, ...]]:
    """The running lines of a request's pages, and its parts: each line before the first page that it stands on."""
    pages: dict[int, dict[int, None]] = {}
    first: dict[int, RunningLine] = {}
    parts: list[Part] = []
    for unit in units:
        for key, line in unit.running.items():
            if key not in first and line.stated:
                parts.append(TextPart(running_mark(line.text, line.first, line.last)))
            first.setdefault(key, line)
            pages.setdefault(key, {})[unit.page] = None
        parts += unit.parts
    return tuple(Running(line.text, tuple(pages[key])) for key, line in first.items()), join(parts)
