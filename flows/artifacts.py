"""What a flow shows in the Prefect UI: of a document its fields with their pages, its gaps and its cost; of a batch a
table with a row a document; how far the work is.

Text of a document is shown only where the Prefect API is on this machine, or where the user allows it; elsewhere states
and figures alone. It is escaped: nothing of it acts as Markdown.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from prefect import settings as prefect_settings
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.runfile import Row, run_summary
from flows.thumbnails import thumbnails
from pipeline import Report, Result
from pipeline.progress import Progress
from pipeline.report.fields import Fields, fields_of
from pipeline.report.places import Places
from pipeline.result.markdown import escape

Shown = Literal["auto", "full", "figures"]
TELL_SECONDS = 2.0
"""Between two words on how far the work is; what is done sooner has none."""
MOST_ROWS = 500
"""Rows of a table: the JSON has them all."""
_VERBS = {"read": "pages read", "fit": "pictures made", "ask": "requests answered", "batch": "batches done"}


def with_text(shown: Shown) -> bool:
    """Whether text of a document may be in artifacts."""
    if shown != "auto":
        return shown == "full"
    address = prefect_settings.get_current_settings().api.url
    return address is None or _is_here(urlsplit(address).hostname or "")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False  # A name of another machine, for all that is known.


def key_of(name: str, sha256: str | None) -> str:
    """A key as Prefect takes them: small letters, digits and dashes; of the name what can be told of it so."""
    slug = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")[:60].strip("-")
    return "-".join(filter(None, ("document", slug, (sha256 or "")[:8])))


@contextmanager
def watched(name: str) -> Iterator[Report]:
    """Show how far a document is, from a thread beside it; what is given takes its progress."""
    latest: list[Progress] = []
    ended = threading.Event()

    def tell() -> None:
        shown: UUID | None = None
        told: Progress | None = None
        while not ended.wait(TELL_SECONDS):
            if latest and latest[-1] != told:
                told = latest[-1]
                shown = _tell(shown, name, told)
                del latest[:-1]

    teller = threading.Thread(target=copy_context().run, args=(tell,), name="telling", daemon=True)
    teller.start()
    try:
        yield latest.append
    finally:
        ended.set()
        teller.join()


def _tell(shown: UUID | None, name: str, progress: Progress) -> UUID:
    share = 100.0 * progress.done / progress.total if progress.total else 0.0
    words = f"{Path(name).name}: {progress.done:,} of {progress.total:,} {_VERBS[progress.stage]}"
    if progress.tokens:
        words += f", {progress.tokens:,} tokens, ${progress.cost_usd:.4f}"
    if shown is None:
        return UUID(str(create_progress_artifact(share, description=words)))
    update_progress_artifact(shown, share, description=words)
    return shown


def show_document(result: Result, row: Row, shown: Shown) -> None:
    """A page on one document, and a table of its fields."""
    key, text, places = key_of(row.path, row.sha256), with_text(shown), Places()
    found = fields_of(result.extraction, places) if result.extraction else None
    for point in result.summary.key_points:
        places.of(point.evidence)
    pictures = thumbnails(result, row.path, places.pages()) if text else {}
    create_markdown_artifact("\n\n".join(_page(result, row, found, pictures, text)), key=key, description=_line(row))
    if found and text and (table := _fields(found)):
        create_table_artifact(table[:MOST_ROWS], key=f"{key}-fields", description=f"Fields of {Path(row.path).name}")


def _line(row: Row) -> str:
    counts = ((row.pages, "page"), (row.pictures, "picture"), (row.gaps, "gap"))
    return f"{row.status}: {', '.join(_counted(*each) for each in counts)}, ${row.cost_usd:.4f}"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _page(result: Result, row: Row, found: Fields | None, pictures: Mapping[int, str], text: bool) -> Iterator[str]:
    """The blocks of the page on a document."""
    counts = ((row.pages, "page"), (row.pictures, "picture"), (row.requests, "request"), (row.gaps, "gap"))
    yield f"# {escape(Path(row.path).name)}"
    yield f"**{row.status}**: {', '.join(_counted(*each) for each in counts)}"
    yield f"{row.tokens:,} tokens, ${row.cost_usd:.4f}, {row.seconds:.1f} s, engine {escape(result.run.engine)}"
    yield f"Result: {escape(str(row.result))}"
    if result.coverage.gaps:
        yield "## What is missing"
        yield "\n".join(_gap(one.kind, one.page, one.id, one.reason) for one in result.coverage.gaps[:MOST_ROWS])
    if not text:
        yield "Text of the document is not shown: the Prefect server is not on this machine, or it was not wanted."
        return
    yield "## Summary"
    yield from map(escape, filter(str.strip, result.summary.text.split("\n")))
    if found:
        yield from _values(found)
        yield from _conflicts(found)
    if pictures:
        yield "## Pages that are cited"
        yield " ".join(f"![page {number}]({uri})" for number, uri in pictures.items())


def _values(found: Fields) -> Iterator[str]:
    """The values that were found, with their pages; those of lists stand in the table of fields."""
    rows = [one for one in found.rows if one.proof.tone != "absent"]
    yield "## Fields"
    if rows:
        cells = ((one.name, one.value, one.proof.where, one.proof.words) for one in rows[:MOST_ROWS])
        lines = (f"| {' | '.join(map(escape, each))} |" for each in cells)
        yield "\n".join(("| field | value | pages | proof |", "| --- | --- | --- | --- |", *lines))
    yield "\n".join(
        (
            *(f"- {escape(one.name)}: {_counted(len(one.records), 'record')}" for one in found.tables),
            f"- not found: {_counted(found.counts['absent'], 'value')}",
        )
    )


def _gap(kind: str, page: int | None, name: str | None, reason: str) -> str:
    where = f" on page {page}" if page and kind != "page" else f" {page}" if page else ""
    return f"- {kind} {escape(name or '')}{where}: {escape(reason)}".replace("  ", " ")


def _conflicts(found: Fields) -> Iterator[str]:
    if not found.conflicts:
        return
    yield "## Values that disagree"
    for one in found.conflicts:
        yield f"**{escape(one.name)}**: {escape(one.says)}"
        yield "\n".join(
            f"- {escape(candidate.value)} ({escape(candidate.proof.words)}, page {escape(candidate.proof.where)})"
            + (", taken" if candidate.taken else "")
            for candidate in one.candidates
        )


def _fields(found: Fields) -> list[dict[str, Any]]:
    """A row for each value, and for each value of a record."""
    rows = [_cells(one.name, one.value, one.proof.where, one.proof.words, one.quote) for one in found.rows]
    for table in found.tables:
        for number, record in enumerate(table.records, 1):
            rows += [
                _cells(f"{table.name} {number} › {column}", cell.value, record.proof.where, record.proof.words, "")
                for column, cell in zip(table.columns, record.cells, strict=True)
            ]
    return rows


def _cells(name: str, value: str, where: str, words: str, quote: str) -> dict[str, str]:
    return dict(
        zip(("field", "value", "pages", "proof", "quote"), map(escape, (name, value, where, words, quote)), strict=True)
    )


def show_batch(rows: Sequence[Row], key: str = "batch") -> None:
    """One table with a row a document, and the totals."""
    totals = run_summary(rows)["totals"]
    cells = ("status", "pages", "pictures", "requests", "gaps", "tokens", "cost_usd", "seconds", "unchanged", "reason")
    table = [{"document": escape(row.path), **{name: _cell(getattr(row, name)) for name in cells}} for row in rows]
    table.append({"document": f"{len(rows)} documents", **{name: _cell(totals.get(name, "")) for name in cells}})
    states = ", ".join(
        f"{totals[name]} {name}" for name in ("complete", "incomplete", "failed", "unchanged") if totals[name]
    )
    create_table_artifact(table, key=key, description=f"{states}; ${totals['cost_usd']:.4f}")


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, bool):
        return "yes" if value else ""
    return escape(value) if isinstance(value, str) else "" if value is None else value
