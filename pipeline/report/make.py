"""The report of a result, made: its page, the pictures beside it where that is wanted, and the document with marks."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.beside import beside, write_file
from pipeline.errors import PasswordNeeded, StorageError, UnreadableDocument, UsageError
from pipeline.extract.viewer import Viewer
from pipeline.report.audit import audit, cited_pages
from pipeline.report.html import file_name, to_html
from pipeline.report.marked import marks_of
from pipeline.report.original import Original, find_original
from pipeline.report.pictures import Seen, budget_beside, figures, see
from pipeline.result.model import Result

Pictures = Literal["inside", "beside", "none"]
"""Where the pictures of pages go: into the file, into a folder beside it, or nowhere."""


@dataclass(frozen=True, slots=True)
class Made:
    """The files that were written, the number of marks in the PDF, and what is worth saying of them."""

    page: Path
    pdf: Path | None
    marks: int
    notes: tuple[str, ...]


def make_report(
    result: Result,
    path: Path,
    out: Path,
    places: Sequence[Path],
    *,
    pictures: Pictures = "inside",
    pdf: bool = False,
    password: str | None = None,
) -> Made:
    """Write the report of `result`, which stands at `path`, to `out`, and beside it with `pdf` the document with marks.

    `places` are the files that may be the document, in order: the one with its hash is. Where none is, the report has
    no pictures of pages, and says so. Raises PasswordNeeded where the document is encrypted and the password is
    missing or wrong, UsageError where the document with marks cannot be made, StorageError where the disk refuses.
    """
    original = find_original(result, places)
    shown = audit(result, figures(result, path.parent))
    with ExitStack() as stack:
        viewer, why = _open(result, original, password, stack)
        if pdf:
            _see_that_marks_can_be_put(result, viewer, why)
        pages = [] if pictures == "none" else cited_pages(result, shown.places.pages())
        others = len(to_html(shown, Seen()).encode("utf-8", "replace"))
        budget = None if pictures == "beside" else budget_beside(others)
        seen, notes = _seen(viewer, why, pages, budget)
        if pictures == "none" and viewer:
            notes = ("There are no pictures of pages here, as was asked for.",)
        folder = _write_beside(out, seen) if pictures == "beside" and seen.pictures else ""
        page = to_html(shown, seen, notes=notes, folder=folder)
        _write(out, page.encode("utf-8", "replace"))
        target = out.with_suffix(".marked.pdf") if pdf else None
        marks = _write_marked(viewer, result, target) if viewer and target else 0
    return Made(out, target, marks, notes)


def _open(result: Result, original: Original, password: str | None, stack: ExitStack) -> tuple[Viewer | None, str]:
    """The document, opened, or None and why not."""
    if original.path is None:
        return None, original.why
    try:
        viewer = Viewer(original.path, result.document.sha256, name=result.document.file, password=password)
    except PasswordNeeded:
        raise
    except UnreadableDocument as error:  # it was read once: a limit of this machine, it may be
        return None, str(error)
    return stack.enter_context(viewer), ""


def _see_that_marks_can_be_put(result: Result, viewer: Viewer | None, why: str) -> None:
    if viewer is None:
        raise UsageError(f"The document with marks can't be made. {why}")
    if result.document.encrypted:
        raise UsageError(
            f"The document with marks can't be made: {result.document.file} is encrypted, and a copy would lose its "
            "protection. Take it off yourself, if you may, and run it again."
        )


def _seen(viewer: Viewer | None, why: str, pages: Sequence[int], budget: int | None) -> tuple[Seen, tuple[str, ...]]:
    """What there is to see of the pages, and what to say of it."""
    if viewer is None:
        return Seen(why_not={0: why}), (f"There are no pictures of pages here. {why}",)
    seen = see(viewer, pages, budget)
    left = len(pages) - len(seen.pictures)
    return seen, (f"{left} of {len(pages)} pages that are pointed at have no picture here.",) if left else ()


def _write_beside(out: Path, seen: Seen) -> str:
    """Write the pages' pictures into a folder beside the report; its name."""
    folder = out.with_suffix(".pages")
    for page, (media, picture) in seen.pictures.items():
        _write(folder / file_name(page, media), base64.b64decode(picture))
    return folder.name


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, data)
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}): choose another --out.") from error


def _write_marked(viewer: Viewer, result: Result, target: Path) -> int:
    """Write the document with marks whole or not at all; how many marks it has."""
    try:
        with beside(target) as apart:
            marks = viewer.save_marked(apart, marks_of(result))
            apart.replace(target)
    except OSError as error:
        raise StorageError(f"{target} can't be written ({error.strerror}): choose another --out.") from error
    except UnreadableDocument as error:
        raise StorageError(f"{target} was not written. {error}") from error
    return marks
