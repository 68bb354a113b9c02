"""Pages read by several workers at once, and given back in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import TypeVar

from pipeline.extract.lane import Lane

_PAYS_SECONDS = 0.4
_ENOUGH_SEEN = 8
_LONG_SECONDS = 0.4
_RUN_PAGES = 8
_AHEAD = 16
_SHARES = 4

_T = TypeVar("_T")
Fetch = Callable[[Lane, int], _T]
"""What is wanted of one page, by its number: had with a lane, or from where it was kept."""


def in_order(
    numbers: Sequence[int], first: Lane, more: Callable[[], Lane], fetch: Fetch[_T], most: Callable[[], int]
) -> Iterator[_T]:
    """The pages of those numbers in that order, each as soon as it is there.

    The first lane reads alone until it shows that what is left would take it so long that further ones pay: each costs
    some 30 ms, to fork and to load again what pages share. `more` gives one; `most` says how many there may be at that
    moment, the first included.
    """
    spent = 0.0
    try:
        for done, number in enumerate(numbers, 1):
            started = time.monotonic()
            page = fetch(first, number)
            spent += time.monotonic() - started
            yield page
            left = len(numbers) - done
            known = done >= _ENOUGH_SEEN or spent > _LONG_SECONDS
            if left > 1 and known and spent / done * left > _PAYS_SECONDS and (count := min(most(), left)) > 1:
                lanes = [first, *(more() for _ in range(count - 1))]
                yield from _at_once(numbers[done:], lanes, fetch)
                return
    finally:  # what else is asked comes late or never, and forks again
        first.close()


def _at_once(numbers: Sequence[int], lanes: Sequence[Lane], fetch: Fetch[_T]) -> Iterator[_T]:
    """The pages in order, read in short runs by whichever lane is free, no more than so many runs ahead.

    Those few runs are some hundred pages: while one lane is held up by a slow one, the others go on.
    """
    free: SimpleQueue[Lane] = SimpleQueue()
    for lane in lanes:
        free.put(lane)

    def read(run: Sequence[int]) -> list[_T]:
        lane = free.get()
        try:
            return [fetch(lane, number) for number in run if not stopped.is_set()]
        finally:
            free.put(lane)

    stopped = Event()
    runs = _runs(numbers, len(lanes))
    under_way: deque[Future[list[_T]]] = deque()
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            while True:
                while len(under_way) < _AHEAD * len(lanes) and (run := next(runs, None)) is not None:
                    under_way.append(pool.submit(read, run))
                if not under_way:
                    return
                yield from under_way.popleft().result()
        finally:  # whoever asked may want no more: then each lane ends with the page that it is at
            stopped.set()
            pool.shutdown(cancel_futures=True)
            for lane in lanes[1:]:
                lane.close()


def _runs(numbers: Sequence[int], lanes: int) -> Iterator[Sequence[int]]:
    """The numbers in short runs, shorter towards the end, so that all lanes end at about the same time.

    Of 20 numbers for two lanes: 2, 2, 2, then 14 times 1.
    """
    at = 0
    while left := len(numbers) - at:
        size = max(1, min(_RUN_PAGES, left // (lanes * _SHARES)))
        yield numbers[at : at + size]
        at += size
