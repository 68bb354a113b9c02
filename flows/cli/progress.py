"""Progress on the terminal: bars where a person looks on, nothing where nobody does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.cli.options import printable
from flows.runfile import Row
from pipeline.progress import Progress, Report, silent

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

_STAGES = {
    "read": ("reading", "pages"),
    "fit": ("fitting", "pictures"),
    "batch": ("waiting for", "requests"),
    "ask": ("asking", "requests"),
}


class View:
    """The bars of a run on standard error: one for all documents, and one for each that is worked on."""

    def __init__(self, bars: Bars | None, documents: int) -> None:
        self._bars = bars
        self._all = bars.add_task("documents", total=documents, detail="") if bars and documents > 1 else None

    @contextmanager
    def document(self, name: str, *, counts: bool = True) -> Iterator[Report]:
        """Show one document while it is worked on; what is given back takes its progress.

        What is done for all of them does not count as one.
        """
        if self._bars is None:
            yield silent
            return
        bars, label = self._bars, printable(name)
        task = bars.add_task(label, total=None, detail="opening")

        def report(progress: Progress) -> None:
            verb, unit = _STAGES[progress.stage]
            detail = f"{verb}: {progress.done:,}/{progress.total:,} {unit}"
            if progress.tokens:
                detail += f" · {progress.tokens:,} tokens · ${progress.cost_usd:.4f}"
            bars.update(task, total=progress.total, completed=progress.done, detail=detail)

        try:
            yield report
        finally:
            bars.remove_task(task)
        if counts and self._all is not None:
            bars.advance(self._all)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to somebody who types."""
        if self._bars is None:
            yield
            return
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

    def say(self, line: str) -> None:
        """A line on standard error, above the bars; it stays one, whatever a name in it may hold."""
        line = printable(line).replace("\n", "�")
        if self._bars is None:
            print(line, file=sys.stderr)
        else:
            self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def view(documents: int) -> Iterator[View]:
    """The view of a run over so many documents; quiet when standard error is no terminal."""
    if not sys.stderr.isatty():
        yield View(None, documents)
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[detail]}", markup=False),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield View(bars, documents)


def say_row(shown: View, row: Row, name: str | None = None) -> None:
    """What became of a document, in a line or two."""
    name = name or Path(row.path).name
    if row.status == "failed":
        shown.say(f"{name}: failed. {row.reason}")
        return
    what = f"{row.pages:,} pages, {row.pictures:,} pictures, {row.requests:,} requests, {row.tokens:,} tokens"
    shown.say(f"{name}: {row.status} in {row.seconds:.1f} s ({what}, ${row.cost_usd:.4f}) -> {row.result}")
    if row.unsure_usd:
        shown.say(f"{name}: up to ${row.unsure_usd:.4f} more may have been charged for attempts without an answer")
    if row.gaps:
        shown.say(f"{name}: {row.gaps} gaps, listed under coverage.gaps; the first: {row.reason}")
