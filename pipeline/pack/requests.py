"""Pages to requests: the fewest that the window allows, in reading order, cut at sections where that costs none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline.document import Document, Page
from pipeline.errors import QuireError, UsageError
from pipeline.pack.cuts import Sizes, best_cuts
from pipeline.pack.expected import UNBOUNDED, Expected
from pipeline.pack.layout import Figure, join, running_mark
from pipeline.pack.parts import Part, TextPart
from pipeline.pack.request import Request, Running
from pipeline.pack.running import RunningLine, fold
from pipeline.pack.seals import sealed
from pipeline.pack.sheets import sheets_of
from pipeline.pack.sources import NO_PAGE, sources_of
from pipeline.pack.tokens import Counter
from pipeline.pack.units import Carrier, Sending, Unit, folded_units, room_for, units_of
from pipeline.profiles import PictureRule
from pipeline.settings import Images


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
    expected: Expected = UNBOUNDED,
) -> list[Request]:
    """The requests that carry `pages`, read with the message `system`, each with `reserve` of `window` tokens kept
    free.

    Each page with something to send is in exactly one request, or, where it is larger than a window, in parts in
    several; lines that run over the pages are stated once in each request that holds some of those. Blank pages and
    those that could not be read are in none. The number of requests is that of filling each in page order as far as it
    goes, in prompt and in `expected` answer, which is the least; at that number the cuts go to bookmarks of the first
    level, then of the second, then to where the largest request is smallest.

    The least is truly the least because a request's tokens are the plain sum of its pages', of its running lines' and
    of what every prompt costs (see `layout`): pages of 40,000, 50,000 and 60,000 tokens in a room of 100,000 are two
    requests, not by estimate. `rule` is None for a model that takes no pictures. UsageError where the window is too
    small for the smallest unit.
    """
    room = room_for(counter, system, window, reserve)
    if room <= 0:
        taken = counter.prompt(system, 0)
        raise UsageError(
            f"A window of {window:,} tokens is too small: the instructions take {taken:,} and {reserve:,} are kept "
            f"for the answer; choose a larger window."
        )
    sending, folded = Sending(images, rule, counter, expected), fold(pages)
    sources: list[Carrier] = [*sources_of(document, pages), *document.attached]
    units = [unit for source in sources for unit in units_of(source, room, sending)]
    for page, short in zip(pages, folded.pages, strict=True):
        running = {line.key: line for line in folded.lines.get(page.number, ())}
        units += folded_units(page, short, running, room, sending)
    if not units:
        return []
    sizes = sizes_of(units, expected, counter)
    begins = best_cuts(sizes, room, _harms(document, units))
    ends = [*begins[1:], len(units)]
    groups = [units[begin:end] for begin, end in zip(begins, ends, strict=True)]
    requests = [request_of(f"r{n}", group, system, reserve, counter) for n, group in enumerate(groups, 1)]
    for request in requests:
        if request.tokens + reserve > window:
            raise QuireError(
                f"Request {request.id} was packed to {request.tokens + reserve} of {window} tokens: a bug."
            )
    return requests


def sizes_of(units: Sequence[Unit], expected: Expected, counter: Counter) -> Sizes:
    """What units take of a request, and of its answer; one that cannot be cut to fit has an answer for itself."""
    answers = [min(expected.of(unit.pieces, counter), expected.most) for unit in units]
    return Sizes([unit.tokens for unit in units], [unit.stating for unit in units], answers, expected.most)


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


def request_of(name: str, units: Sequence[Unit], system: str, reserve: int, counter: Counter) -> Request:
    """The request that holds these units."""
    lines, parts = _stated(units)
    parts = join((*parts, *sheets_of(units, counter.rule)))
    seals: tuple[str, ...] = ()
    if not counter.exact:
        seals, parts = sealed(parts)
        parts = join(parts)
    return Request(
        id=name,
        kind="read",
        system=system,
        parts=parts,
        pages=tuple(sorted({unit.page for unit in units} - {NO_PAGE})),
        sources=tuple(dict.fromkeys(unit.source for unit in units if unit.source)),
        pictures=tuple(one.picture.id for unit in units for one in unit.pieces if isinstance(one, Figure)),
        tokens=counter.request(system, parts),
        reserve=reserve,
        running=lines,
        units=tuple(units),
        seals=seals,
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
