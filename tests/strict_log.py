"""What the strict server received and answered, in order; on disk too, where a path is given."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Exchange:
    """One request and what became of it. Times are seconds of the server's clock.

    `key` names the content that is asked about, whatever the way of asking; `body` the body to the byte. `shown` are
    the page parts that the prompt holds, as [page, part], `read` the tokens on them and in its pictures, once a server
    that cuts in silence has cut it, and `said` those in the answer. `sheets` are the pages that have pictures on one
    sheet, which the reader takes to show the same; `fields` are the names of the data asked for; `goes_on` says that
    only the rest of a list is.

    `cost` is what was billed; `valid` says that an answer went out that parses and is valid for its schema, `sound`
    that nothing at all is wrong with it, `arrived` that its last byte was taken by the connection. `name` is the id of
    the completion, which tells answers of different content apart.
    """

    number: int
    at: float
    key: str
    body: str
    size: int
    status: int = 0
    fault: str | None = None
    mode: str = ""
    shown: list[list[Any]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    sheets: list[list[int]] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    goes_on: bool = False
    cut: bool = False
    prompt: int = 0
    completion: int = 0
    cost: float = 0.0
    valid: bool = False
    sound: bool = False
    arrived: bool = False
    ended: float | None = None
    name: str = ""

    @property
    def pages(self) -> set[int]:
        """The numbers of the pages that it holds a part of."""
        return {page for page, _ in self.shown if page}


class Log:
    """Exchanges, each written when it was received, when it was answered, and when it ended; nothing is taken back."""

    def __init__(self, path: Path | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8") if path is not None else None

    def received(self, at: float, key: str, body: str, size: int) -> Exchange:
        """A request came."""
        with self._lock:
            exchange = Exchange(len(self.exchanges) + 1, at, key, body, size)
            self.exchanges.append(exchange)
            self._write(exchange)
            return exchange

    def answered(self, exchange: Exchange) -> None:
        """It is known what is sent."""
        with self._lock:
            self._write(exchange)

    def ended(self, exchange: Exchange, at: float) -> None:
        """A request came to its end, whatever that was."""
        with self._lock:
            exchange.ended = at
            self._write(exchange)

    def _write(self, exchange: Exchange) -> None:
        if self._file is not None:
            self._file.write(json.dumps(asdict(exchange)) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def read_log(path: Path) -> list[Exchange]:
    """The exchanges that a log on disk holds, each in its last state; a line that was not finished is not read."""
    found: dict[int, Exchange] = {}
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            one = Exchange(**json.loads(line))
            found[one.number] = one
    return [found[number] for number in sorted(found)]


def paid_twice(exchanges: Iterable[Exchange], *, kills: Collection[float] = (), grace: float = 0.0) -> list[str]:
    """Page parts, and joined summaries, that were asked for again once a sound answer about them had arrived.

    Parts of a schema may be asked for in turn: what counts is a page with the fields that it is asked for. A turn that
    goes on with a list is another thing, too. Of an answer that came less than `grace` seconds before one of the
    moments in `kills`, the client may have known nothing.
    """
    done: dict[tuple[Any, ...], Exchange] = {}
    found = []
    for one in sorted(exchanges, key=lambda one: one.at):
        for page, part in one.shown or [[0, ""]]:
            about = (page, part, "" if page else one.key, tuple(one.fields), one.goes_on)
            earlier = done.get(about)
            if earlier is not None and (earlier.ended or 0.0) <= one.at:
                what = f"page {page} {part}".strip() if page else "what belongs to no page"
                found.append(f"{what} was asked about in {one.number} after the answer in {earlier.number}")
            lost = any(0 <= kill - (one.ended or 0.0) < grace for kill in kills)
            if one.sound and one.arrived and not lost:
                done.setdefault(about, one)
    return found
