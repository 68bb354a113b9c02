"""A result written so that a reader never sees half of one: each file is written apart, then renamed into place.

outputs/report.json             the result; renamed last, so whoever finds it finds the rest
outputs/report.md               the same for a person to read
outputs/report.figures/p12-f1.png
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from pipeline.errors import StorageError
from pipeline.result.build import sealed
from pipeline.result.markdown import to_markdown
from pipeline.result.model import Figure, Result, Warning_

Fetch = Callable[[str], bytes]
"""Gives the bytes of a picture in the work store by their hash; raises StorageError where they are gone."""

_FIGURE = re.compile(r"(?:a\d+-)?p\d+-f\d+\.[a-z]+")
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
        result = _write_figures(result, path.parent, fetch)
        text, data = to_markdown(result).encode("utf-8"), result.to_json().encode("utf-8")
        _write_together({path.with_suffix(".md"): text, path: data})
        _remove_stale(path.with_suffix(".figures"), {Path(one.file).name for one in result.figures if one.file})
    except OSError as error:
        raise StorageError(f"The result {str(path)!r} could not be written: {_reason(error)}.") from error
    return result


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: to a temporary file in the same folder, flushed to disk, then renamed."""
    _write_together({path: data})


def _write_together(files: Mapping[Path, bytes]) -> None:
    """Write files whole, and none of them where one does not fit; they are renamed in the order given."""
    temporary = {path: path.with_name(f".{secrets.token_hex(8)}.part") for path in files}
    try:
        for path, data in files.items():
            with open(temporary[path], "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path in files:
            os.replace(temporary[path], path)
    finally:
        for part in temporary.values():
            part.unlink(missing_ok=True)
    for folder in {path.parent for path in files}:
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself last, where the system lets a folder be opened (Windows does not)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_figures(result: Result, folder: Path, fetch: Fetch) -> Result:
    """Write the pictures that are not there yet; the result without those whose bytes are gone."""
    lost: dict[str, str] = {}
    for figure in result.figures:
        if figure.file is None or _stands(folder / figure.file, figure.sha256):
            continue
        try:
            data = fetch(figure.sha256)
        except StorageError as error:
            lost[figure.id] = str(error)
            continue
        (folder / figure.file).parent.mkdir(exist_ok=True)
        write_file(folder / figure.file, data)
    return _without(result, lost) if lost else result


def _stands(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _without(result: Result, lost: dict[str, str]) -> Result:
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
        if _FIGURE.fullmatch(file.name) and file.name not in kept:
            file.unlink()
    if not kept and not any(folder.iterdir()):
        folder.rmdir()


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())
