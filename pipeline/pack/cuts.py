"""Where a row of units (pages, mostly) is cut into requests: the fewest that hold them, cut where it hurts least.

Worked example. Sizes 4 3 3 4 2 and room for 12: filling in order gives 4 3 3 | 4 2, two requests, and no way gives
fewer. At two, the cut may stand in three places: 4 | 3 3 4 2 and 4 3 | 3 4 2 and 4 3 3 | 4 2. If a chapter begins at
the second unit, it goes there; without bookmarks 4 3 | 3 4 2 is taken, since its largest request, 9, is the smallest
possible. Where units share a line that a request states once, at 2 tokens, each request that holds any of them is
larger by 2. Where answers are bounded too, a request ends where either bound is reached, and the largest is the one
that fills the larger share of one of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Sizes:
    """What units take in a request: each its own size, and once in every request what it shares with others.

    `own` are the sizes by unit; `shared` for each unit what stating each of its lines takes, by the line's key, where
    it is the first of the request to have it. A line must not cost more at a later unit than the earlier one takes in
    all: then fewer units never take more. `answers` are what is expected in answer to each, `most` how much of that
    one request may hold; none where that is not bounded.
    """

    own: Sequence[int]
    shared: Sequence[Mapping[int, int]] = ()
    answers: Sequence[int] = ()
    most: int = 0
    _ends: list[int] = field(init=False, repr=False, default_factory=list)
    _first: list[tuple[tuple[int, int], ...]] = field(init=False, repr=False, default_factory=list)
    _said: list[int] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        self._ends.extend((0, *accumulate(self.own)))
        self._said.extend((0, *accumulate(self.answers or [0] * len(self.own))))
        last: dict[int, int] = {}
        for unit in range(len(self.own)):
            lines = self.shared[unit] if self.shared else {}
            self._first.append(tuple((last.get(key, -1), cost) for key, cost in lines.items()))
            last.update(dict.fromkeys(lines, unit))

    def added(self, begin: int, unit: int) -> int:
        """What a unit adds to a request that begins with unit `begin`."""
        return self.own[unit] + sum(cost for last, cost in self._first[unit] if last < begin)

    def of(self, begin: int, end: int) -> int:
        """What units `begin` to `end` - 1 take together."""
        stated = sum(cost for lines in self._first[begin:end] for last, cost in lines if last < begin)
        return self._ends[end] - self._ends[begin] + stated

    def latest(self, begin: int, room: int) -> int:
        """Where a request that begins there and is filled as far as it goes ends."""
        most = min(bisect_right(self._ends, self._ends[begin] + room) - 1, self.answered(begin))  # what is shared apart
        return bisect_right(range(most + 1), room, lo=begin, key=lambda end: self.of(begin, end)) - 1

    def earliest(self, end: int, room: int) -> int:
        """Where a request that ends there can begin at the earliest."""
        said = bisect_left(self._said, self._said[end] - self.most)
        least = max(bisect_left(self._ends, self._ends[end] - room), said)
        return bisect_left(range(end), -room, lo=least, key=lambda begin: -self.of(begin, end))

    def answered(self, begin: int) -> int:
        """Where a request that begins there ends at the latest for its answer."""
        return bisect_right(self._said, self._said[begin] + self.most) - 1

    def fills(self, begin: int, end: int, size: int, room: int) -> int:
        """How full a request of that size is, by the bound that it comes nearer to."""
        return max(size * self.most, (self._said[end] - self._said[begin]) * room) if self.most else size


def best_cuts(sizes: Sizes, room: int, harms: Sequence[int]) -> list[int]:
    """Indices of the units that begin a request, the first (0) among them.

    Every unit must fit alone, in prompt and answer. The number of requests is the least that holds all units in order.
    Among all ways of that number the one taken has the least sum of `harms` at its cuts, then the smallest largest
    request, then the earlier cuts. Time goes with the ways that are open: about 0.1 s for 2,000 units in 11 requests.
    """
    latest = _greedy(sizes, room)
    earliest = _greedy_from_the_end(sizes, room)
    # For each number of requests, by where the last of them ends: the least harm, the largest request, the last begin.
    best = [{0: (0, 0, 0)}]
    for number in range(1, len(latest)):
        row: dict[int, tuple[int, int, int]] = {}
        for begin, (harm, largest, _) in best[-1].items():
            size = sizes.of(begin, max(begin, earliest[number] - 1))
            last = min(latest[number], sizes.answered(begin))
            for end in range(max(begin + 1, earliest[number]), last + 1):
                size += sizes.added(begin, end - 1)
                if size > room:
                    break
                way = harm + harms[begin], max(largest, sizes.fills(begin, end, size, room)), begin
                row[end] = min(row.get(end, way), way)
        best.append(row)
    cuts: list[int] = []
    end = len(sizes.own)
    for row in reversed(best[1:]):
        end = row[end][2]
        cuts.append(end)
    return cuts[::-1]


def _greedy(sizes: Sizes, room: int) -> list[int]:
    """How far 0, 1, 2... requests reach, each filled as far as it goes: the latest ends of the least number."""
    reached = [0]
    while reached[-1] < len(sizes.own):
        reached.append(sizes.latest(reached[-1], room))
    return reached


def _greedy_from_the_end(sizes: Sizes, room: int) -> list[int]:
    """The earliest ends of 0, 1, 2... requests such that those after them can still hold the rest."""
    reached = [len(sizes.own)]
    while reached[-1] > 0:
        reached.append(sizes.earliest(reached[-1], room))
    return reached[::-1]
