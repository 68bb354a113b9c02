"""A request that an endpoint does not take whole, as several that carry the same: nothing left out, nothing twice.

Each of them has the id of the whole until whoever divides it numbers them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from pipeline.document import Page
from pipeline.errors import UsageError
from pipeline.pack.expected import UNBOUNDED, Expected
from pipeline.pack.layout import Figure, Piece, framed
from pipeline.pack.request import Request
from pipeline.pack.requests import request_of, sizes_of
from pipeline.pack.sheets import off_sheets, on_sheets
from pipeline.pack.split import WIDEST_PART
from pipeline.pack.tokens import Counter
from pipeline.pack.units import LEAST_ROOM, Unit, answerable, numbered, room_for, unit_of


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may hold: tokens of prompt and answer together and of the answer, and pictures (None: any).

    `expected` is what answers are expected to take of the latter.
    """

    window: int
    reserve: int
    pictures: int | None = None
    expected: Expected = UNBOUNDED


def within_bounds(request: Request, bounds: Bounds, counter: Counter) -> list[Request]:
    """The requests that carry what this one does within the bounds, in its order, the fewest that hold it.

    Pictures are left out where none is taken, and those that no request has room for. Small ones go on sheets where
    that takes fewer tokens than further requests, each of which has the instructions again. Raises UsageError where the
    bounds have no room for text.
    """
    room = room_for(counter, request.system, bounds.window, bounds.reserve)
    if room < LEAST_ROOM:
        raise UsageError(f"A window of {bounds.window:,} tokens is too small for the instructions and an answer.")
    whole = [off_sheets(unit, counter) for unit in request.units]

    def fitting(units: Sequence[Unit]) -> list[Unit]:
        small = (one for unit in units for one in _small(unit, room, counter))
        return [part for one in small for part in answerable(one, bounds.expected, counter)]

    units = fitting([fewer for unit in whole for fewer in _with_pictures(unit, bounds.pictures, counter)])
    apart = _pieces(request, list(_filled(units, room, bounds, counter)), bounds.reserve, counter)
    if not bounds.pictures or len(apart) < 2:
        return apart
    groups = list(_on_sheets(fitting(whole), request.system, bounds, counter))
    together = _pieces(request, groups, bounds.reserve, counter)
    return min(apart, together, key=lambda requests: sum(one.tokens for one in requests))


def _on_sheets(units: Sequence[Unit], system: str, bounds: Bounds, counter: Counter) -> Iterator[Sequence[Unit]]:
    """Units in their order, each group filled as far as its pictures go with the small ones on sheets."""
    most = bounds.pictures or 0
    room = room_for(counter, system, bounds.window, bounds.reserve)

    def arranged(group: Sequence[Unit]) -> list[Unit] | None:
        found = on_sheets(group, most, counter)
        if found is None:
            return None
        request = request_of("", found, system, bounds.reserve, counter)
        return found if request.tokens + bounds.reserve <= bounds.window else None

    parts = [part for unit in units for part in ([unit] if arranged([unit]) else _with_pictures(unit, most, counter))]
    sizes = sizes_of(parts, bounds.expected, counter)
    begin = 0
    while begin < len(parts):
        latest = max(sizes.latest(begin, room), begin + 1)
        ends = range(begin + 2, latest + 1)
        end = begin + 1 + bisect_left(ends, True, key=lambda end: arranged(parts[begin:end]) is None)
        yield arranged(parts[begin:end]) or parts[begin:end]
        begin = end


def halves(request: Request, counter: Counter, expected: Expected = UNBOUNDED) -> list[Request]:
    """The request as two with about as much to answer, or else of about the same size, cut between two pages; one of a
    single page is cut in its text, into two or a few. Itself alone where there is nothing to cut.
    """
    units = request.units
    if len(units) > 1:
        answers = list(accumulate(expected.of(unit.pieces, counter) for unit in units))
        ends = list(accumulate(unit.tokens for unit in units))
        cut = min(range(1, len(units)), key=lambda at: (_uneven(answers, at), _uneven(ends, at)))
        return _pieces(request, [units[:cut], units[cut:]], request.reserve, counter)
    parts = [part for unit in units for part in _halved(unit, counter)]
    return _pieces(request, [[part] for part in parts], request.reserve, counter) if len(parts) > 1 else [request]


def _uneven(sums: Sequence[int], at: int) -> int:
    """By how much a cut there misses the middle."""
    return abs(2 * sums[at - 1] - sums[-1])


def _pieces(request: Request, groups: Sequence[Sequence[Unit]], reserve: int, counter: Counter) -> list[Request]:
    """The requests of these units, which ask for the same."""
    made = (request_of(request.id, group, request.system, reserve, counter) for group in groups)
    return [replace(one, fields=request.fields, overall=request.overall) for one in made]


def _with_pictures(unit: Unit, most: int | None, counter: Counter) -> list[Unit]:
    """The unit in parts of so many pictures at the most; without any where none is taken."""
    if most is None or unit.pictures <= most:
        return [unit]
    if most == 0:
        pieces = tuple(piece for piece in unit.pieces if not isinstance(piece, Figure))
        return unit.instead([unit_of(unit.carrier, pieces, counter, unit.part)] if pieces else [])
    groups: list[list[Piece]] = [[]]
    held = 0
    for piece in unit.pieces:
        if isinstance(piece, Figure):
            if held == most:
                groups.append([])
                held = 0
            held += 1
        groups[-1].append(piece)
    return unit.instead(numbered(unit.carrier, [tuple(group) for group in groups], counter, unit.part))


def _small(unit: Unit, room: int, counter: Counter) -> list[Unit]:
    """The unit in parts that fit the room beside its running lines; pictures that are larger than that are left out."""
    left = room - sum(unit.stating.values())
    if left < min(unit.tokens, LEAST_ROOM):
        raise UsageError(f"{_called(unit)} does not fit: {room:,} tokens are free beside instructions and answer.")
    try:
        return unit.cut(left, counter)
    except UsageError:
        fitting = tuple(piece for piece in unit.pieces if _fits(unit, piece, left, counter))
        return unit.instead(unit_of(unit.carrier, fitting, counter, unit.part).cut(left, counter) if fitting else [])


def _fits(unit: Unit, piece: Piece, room: int, counter: Counter) -> bool:
    """Whether a picture has room by itself; text can be cut."""
    alone = framed(unit.carrier, (piece,), WIDEST_PART)
    return not isinstance(piece, Figure) or counter.parts(alone) <= room


def _called(unit: Unit) -> str:
    return f"Page {unit.page}" if isinstance(unit.carrier, Page) else unit.carrier.id


def _filled(units: Sequence[Unit], room: int, bounds: Bounds, counter: Counter) -> Iterator[Sequence[Unit]]:
    """Units in their order, each group filled as far as it goes: that takes the least number of groups."""
    sizes, pictures = sizes_of(units, bounds.expected, counter), bounds.pictures
    begin = 0
    while begin < len(units):
        end = max(sizes.latest(begin, room), begin + 1)
        if pictures:
            held = 0
            for at in range(begin, end):
                held += units[at].pictures
                if held > pictures:
                    end = at
                    break
        yield units[begin:end]
        begin = end


def _halved(unit: Unit, counter: Counter) -> list[Unit]:
    """The unit in two parts or a few; itself where it is too small to be cut, or cannot be."""
    room = unit.tokens // 2 + max(unit.tokens // 16, LEAST_ROOM // 2)  # paragraphs are no even halves
    if unit.tokens < 2 * LEAST_ROOM:
        return [unit]
    try:
        return unit.cut(room, counter)
    except UsageError:  # a picture that is larger than half: it goes with what stands before it, or after
        return unit.instead(_around_pictures(unit, counter))


def _around_pictures(unit: Unit, counter: Counter) -> list[Unit]:
    """The unit cut before its middle piece; itself where it has only one."""
    if len(unit.pieces) < 2:
        return [unit]
    middle = (len(unit.pieces) + 1) // 2
    return numbered(unit.carrier, [unit.pieces[:middle], unit.pieces[middle:]], counter, unit.part)
