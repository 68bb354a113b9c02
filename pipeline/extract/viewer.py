"""A document opened to be looked at, and not to be read: its pages drawn, and a copy of it with marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.extract.lane import Lane
from pipeline.extract.limits import Limits
from pipeline.extract.messages import Look, Mark, Opening, View, portable
from pipeline.extract.order import in_order
from pipeline.extract.origin import Origin


class Viewer:
    """An open document, in processes of its own, with their limits. Close it, or use it as a context manager.

    `sha256` is the hash that the file must have. Raises UnreadableDocument or PasswordNeeded where it cannot be opened.
    """

    def __init__(self, path: Path, sha256: str, *, name: str, password: str | None = None) -> None:
        limits = Limits()
        opening = Opening(portable(path.absolute()), sha256, "", "never", password, limits, describe=False)
        self._origin = Origin(opening, name)
        self._lanes = [Lane(self._origin, name)]
        self._processes = limits.processes
        self.page_count = self._origin.open().page_count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the processes. Safe to call twice."""
        for lane in self._lanes:
            lane.close()
        self._origin.end()

    def looks(self, most: Mapping[int, int], *, text: bool = True) -> Iterator[tuple[int, View | str]]:
        """Each page of `most` with its view, in order, or why there is none.

        The values are the bytes that its picture may have, 0 for no picture; a lowest quality is never gone below.
        """
        pages = sorted(number for number in most if 1 <= number <= self.page_count)

        def fetch(lane: Lane, number: int) -> tuple[int, View | str]:
            return number, lane.look(Look(number, most[number], text))

        return in_order(pages, self._lanes[0], self._further, fetch, lambda: self._processes)

    def save_marked(self, target: Path, marks: Sequence[Mark]) -> int:
        """Write a copy with those marks to `target`, and how many there are. Raises UnreadableDocument."""
        return self._lanes[0].mark(target, marks)

    def _further(self) -> Lane:
        """One more lane, ended with the others."""
        self._lanes.append(Lane(self._origin, self._lanes[0].name))
        return self._lanes[-1]
