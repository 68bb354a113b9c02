"""Pages, and what belongs to none, as the units that requests are made of: never cut further than they need to be."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.document import Page, SourcePage, SourceText
from pipeline.pack.expected import UNBOUNDED, Expected
from pipeline.pack.layout import Figure, Piece, framed, page_pieces, running_mark
from pipeline.pack.parts import Part
from pipeline.pack.running import RunningLine
from pipeline.pack.seals import SEALS_TOKENS
from pipeline.pack.sources import NO_PAGE
from pipeline.pack.split import WIDEST_PART, split_pieces
from pipeline.pack.tokens import Counter
from pipeline.profiles import PictureRule
from pipeline.settings import Images

_MOST_RUNNING = 4
"""Running lines are taken out of a page where stating them takes a fourth of the room at most."""

LEAST_ROOM = 64
"""Tokens below which text is not cut any further: a paragraph or a few rows of a table."""

Carrier = Page | SourcePage | SourceText


@dataclass(frozen=True, slots=True)
class Unit:
    """What a request holds of one carrier: a page, a part of one that had to be split, or what belongs to no page.

    `pieces` are what is sent of the `carrier`, `part` which part of it that is ("2/3"), `tokens` its cost in any
    request. `running` are the lines that were taken out of the page, by their key; `stating` what it takes to state
    each.
    """

    carrier: Carrier
    pieces: tuple[Piece, ...]
    tokens: int
    part: str | None = None
    running: Mapping[int, RunningLine] = field(default_factory=dict)
    stating: Mapping[int, int] = field(default_factory=dict)

    @property
    def page(self) -> int:
        """The page's number; 0 for what belongs to none, which comes before the first."""
        return self.carrier.number if isinstance(self.carrier, Page) else NO_PAGE

    @property
    def source(self) -> str | None:
        """The id of what belongs to no page."""
        return None if isinstance(self.carrier, Page) else self.carrier.id

    @property
    def parts(self) -> tuple[Part, ...]:
        """The unit as it is sent."""
        return framed(self.carrier, self.pieces, self.part)

    def cut(self, room: int, counter: Counter) -> list[Unit]:
        """The unit in parts of at most `room` tokens; itself alone where it has no more. Raises UsageError where a
        single picture has."""
        if self.tokens <= room:
            return [self]
        return self.instead(
            numbered(self.carrier, split_pieces(self.carrier, self.pieces, room, counter), counter, self.part)
        )

    def instead(self, parts: Sequence[Unit]) -> list[Unit]:
        """Parts of the unit, which stand under its running lines."""
        return [replace(part, running=self.running, stating=self.stating) for part in parts]

    @property
    def pictures(self) -> int:
        """How many pictures are sent of it by themselves; a sheet holds those of several units."""
        return sum(isinstance(piece, Figure) and piece.sheet is None for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Sending:
    """How pages are sent: which pictures, at what size, how their tokens are counted, what answers are expected."""

    images: Images
    rule: PictureRule | None
    counter: Counter
    expected: Expected = UNBOUNDED


def room_for(counter: Counter, system: str, window: int, reserve: int) -> int:
    """The most tokens of parts with which a prompt, its seals and the reserve still fit the window; it may be below
    zero."""
    free, seals = window - reserve, 0 if counter.exact else SEALS_TOKENS
    return bisect_right(range(max(free, 0)), free, key=lambda content: counter.prompt(system, content)) - 1 - seals


def folded_units(
    page: Page, short: Page, running: Mapping[int, RunningLine], room: int, sending: Sending
) -> list[Unit]:
    """The units of a page: `short`, without its running lines, or as it is where only that fits without a cut."""
    stating = {
        key: sending.counter.text(running_mark(line.text, line.first, line.last))
        for key, line in running.items()
        if line.stated
    }
    if running and sum(stating.values()) <= room // _MOST_RUNNING:
        units = units_of(short, room - sum(stating.values()), sending)
        if len(units) == 1 or len(whole := units_of(page, room, sending)) > 1:
            return [replace(unit, running=running, stating=stating) for unit in units]
        return whole
    return units_of(page, room, sending)


def units_of(carrier: Carrier, room: int, sending: Sending) -> list[Unit]:
    """The units of a carrier, each of at most `room` tokens; none where it has nothing to send.

    One of which a longer answer is expected than fits is cut too. Raises UsageError where a single picture is larger.
    """
    if isinstance(carrier, SourceText):
        pieces: tuple[Piece, ...] = (carrier.text,) if carrier.text else ()
    else:
        page = carrier.page if isinstance(carrier, SourcePage) else carrier
        pieces = page_pieces(page, sending.images, sending.rule)
    if not pieces:
        return []
    whole = unit_of(carrier, pieces, sending.counter)
    return whole.cut(min(room, _even(whole, sending.expected, sending.counter)), sending.counter)


def unit_of(carrier: Carrier, pieces: tuple[Piece, ...], counter: Counter, part: str | None = None) -> Unit:
    """These pieces of a carrier as one unit."""
    return Unit(carrier, pieces, counter.parts(framed(carrier, pieces, part)), part)


def answerable(unit: Unit, expected: Expected, counter: Counter) -> list[Unit]:
    """The unit, in parts where a longer answer to it is expected than fits."""
    return unit.cut(_even(unit, expected, counter), counter)


def _even(unit: Unit, expected: Expected, counter: Counter) -> int:
    """The room in which a unit comes to parts whose answers are expected to fit: about even ones, pictures whole."""
    answer = expected.of(unit.pieces, counter)
    if answer <= expected.most:
        return unit.tokens
    uncut: list[Piece] = ["", *(piece for piece in unit.pieces if isinstance(piece, Figure))]
    largest = max(counter.parts(framed(unit.carrier, (piece,), WIDEST_PART)) for piece in uncut)
    return max(unit.tokens // -(-answer // expected.most), largest) + LEAST_ROOM


def numbered(carrier: Carrier, groups: Sequence[tuple[Piece, ...]], counter: Counter, part: str | None) -> list[Unit]:
    """Groups of a carrier's pieces as units, marked as the parts that they are.

    Where the pieces are already a part of a page, "2/3", those are "2.1/3", "2.2/3" and so on.
    """
    names = (_named(number, len(groups), part) for number in range(1, len(groups) + 1))
    return [unit_of(carrier, group, counter, name) for group, name in zip(groups, names, strict=True)]


def _named(number: int, of: int, part: str | None) -> str:
    if part is None:
        return f"{number}/{of}"
    outer, _, whole = part.partition("/")
    return f"{outer}.{number}/{whole}"
