"""A result written so that a reader never sees half of one: all of it is written apart, then renamed into place.

outputs/report.md               the same for a person to read
outputs/report.figures/p12-f1.png
outputs/report.json             the result; renamed last, so whoever finds it finds the rest

In that order: while any of it is in place, the result stands whole in place or apart, and tells whose the others are.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
from collections.abc import Callable, Collection
from pathlib import Path

from pipeline.beside import beside, left, put_in_place, write_through
from pipeline.errors import StorageError
from pipeline.result.build import sealed
from pipeline.result.markdown import to_markdown
from pipeline.result.model import Figure, Result, Warning_

Fetch = Callable[[str], bytes]
"""Gives the bytes of a picture in the work store by their hash; raises StorageError where they are gone."""

_TEXT, _DATA = "md", "json"
"""What the Markdown and the result are called while they are apart: nobody looks for results under such a name."""
FIGURE = re.compile(r"(?:a\d+-)?p\d+-f\d+\.[a-z]+")
"""The names that we give to pictures."""
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk can only be read",
    errno.EACCES: "writing there is not allowed",
    errno.EPERM: "writing there is not allowed",
    errno.ENOTDIR: "a part of the path is a file",
    errno.EISDIR: "a folder has that name",
    errno.ENAMETOOLONG: "the name is too long",
}


def write_result(result: Result, path: Path, fetch: Fetch) -> Result:
    """Write the result to `path`, its Markdown and its pictures beside it; what was written is returned.

    A picture whose bytes are gone from the work store costs the result nothing but that file: its `file` is null then,
    and a warning says so. Raises StorageError, in one sentence, where the disk refuses; what stood there before stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as apart:
            apart.mkdir()
            result, figures = _fetched(result, path.parent, apart, fetch)
            write_through(apart / _TEXT, to_markdown(result).encode("utf-8"))
            write_through(apart / _DATA, result.to_json().encode("utf-8"))
            put_in_place({apart / _TEXT: path.with_suffix(".md"), **figures, apart / _DATA: path})
        _remove_stale(path.with_suffix(".figures"), {Path(one.file).name for one in result.figures if one.file})
    except OSError as error:
        raise StorageError(f"The result {str(path)!r} could not be written: {_reason(error)}.") from error
    return result


def is_free(path: Path, sha256: str) -> bool:
    """Whether nothing stands at `path` and beside it but what was written of the document of that hash.

    A run that is killed on the way leaves the result apart, and the Markdown is apart no longer once it was put in
    place: what stands there is the document's own then, and otherwise somebody else's.
    """
    if path.exists():
        return _is_of(path, sha256)
    if not path.with_suffix(".md").exists() and not path.with_suffix(".figures").exists():
        return True
    return any(_is_of(apart / _DATA, sha256) and not (apart / _TEXT).exists() for apart in left(path))


def _is_of(path: Path, sha256: str) -> bool:
    try:
        return tells_of(path.read_bytes(), sha256)
    except OSError:
        return False  # It is no result of ours.


def tells_of(data: bytes, sha256: str) -> bool:
    """Whether those bytes are a result of the document of that hash."""
    try:
        return bool(json.loads(data)["document"]["sha256"] == sha256)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False  # It is no result of ours.


def _fetched(result: Result, folder: Path, apart: Path, fetch: Fetch) -> tuple[Result, dict[Path, Path]]:
    """The pictures that do not stand in the folder yet, written apart, with their places.

    Beside them the result without those whose bytes are gone.
    """
    lost, places = dict[str, str](), dict[Path, Path]()
    for figure in result.figures:
        if figure.file is None or _stands(folder / figure.file, figure.sha256):
            continue
        try:
            data = fetch(figure.sha256)
        except StorageError as error:
            lost[figure.id] = str(error)
            continue
        place = folder / figure.file
        write_through(apart / place.name, data)
        places[apart / place.name] = place
    return (without(result, lost) if lost else result), places


def _stands(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def without(result: Result, lost: dict[str, str]) -> Result:
    """The result without the files of those pictures, and with the reason of each."""

    def kept(figure: Figure) -> Figure:
        return figure.model_copy(update={"file": None}) if figure.id in lost else figure

    warnings = (
        Warning_(code="picture-not-written", message=f"{figure.id}: {lost[figure.id]}", page=figure.page)
        for figure in result.figures
        if figure.id in lost
    )
    figures = tuple(kept(figure) for figure in result.figures)
    return sealed(result.model_copy(update={"figures": figures, "warnings": (*result.warnings, *warnings)}))


def _remove_stale(folder: Path, kept: Collection[str]) -> None:
    """Remove pictures of an earlier result of the same document; nothing whose name we did not give."""
    if not folder.is_dir():
        return
    for file in folder.iterdir():
        if FIGURE.fullmatch(file.name) and file.name not in kept:
            file.unlink()
    if not kept and not any(folder.iterdir()):
        folder.rmdir()


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())
