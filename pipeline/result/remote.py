"""A result written to an address, such as a bucket, which does not rename several files at once: one by one, in order.

s3://bucket/results/.report.json.part         whose it will be; taken away at the end
                    report.figures/p12-f1.png
                    report.md
                    report.json               put last, so whoever finds it finds the rest

Each file is whole when it is seen. A run that is killed on the way leaves the first, so that it is known whose the
others are: run again, the same document gets the same name.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from pipeline.errors import StorageError
from pipeline.places import Place
from pipeline.result.markdown import to_markdown
from pipeline.result.model import Result
from pipeline.result.store import FIGURE, Fetch, tells_of, without


def write_result(result: Result, place: Place, name: str, fetch: Fetch) -> Result:
    """Write the result under that name, its Markdown and its pictures beside it; what was written is returned.

    A picture whose bytes are gone from the work store costs the result nothing but that file, as it does in a folder.
    Raises StorageError where the place refuses.
    """
    place.write(_mark(name), result.document.sha256.encode())
    result = _put_figures(result, place, name, fetch)
    place.write(_text(name), to_markdown(result).encode("utf-8"))
    place.write(name, result.to_json().encode("utf-8"))
    _remove_stale(place, _figures(name), {PurePosixPath(one.file).name for one in result.figures if one.file})
    place.remove(_mark(name))
    return result


def tidy(place: Place, name: str) -> None:
    """Take away what a run left that was killed after all of its result stood under that name."""
    place.remove(_mark(name))


def is_free(place: Place, name: str, sha256: str) -> bool:
    """Whether nothing stands under that name and beside it but what was written of the document of that hash."""
    data = place.read(name)
    if data is not None:
        return tells_of(data, sha256)
    mark = place.read(_mark(name))
    if mark is not None:
        return mark == sha256.encode()
    return not place.exists(_text(name)) and not any(place.entries(_figures(name)))


def _mark(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f".{path.name}.part"))


def _text(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(".md"))


def _figures(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(".figures"))


def _put_figures(result: Result, place: Place, name: str, fetch: Fetch) -> Result:
    """Put the pictures that are not there yet; the result without those whose bytes are gone."""
    lost = {}
    for figure in result.figures:
        if figure.file is None:
            continue
        target = str(PurePosixPath(name).parent / figure.file)
        if place.sha256(target) == figure.sha256:
            continue
        try:
            data = fetch(figure.sha256)
        except StorageError as error:
            lost[figure.id] = str(error)
            continue
        place.write(target, data)
    return without(result, lost) if lost else result


def _remove_stale(place: Place, folder: str, kept: Collection[str]) -> None:
    """Remove pictures of an earlier result of the same document; nothing whose name we did not give."""
    for found in list(place.entries(folder)):
        name = found.name.removeprefix(f"{folder}/")
        if FIGURE.fullmatch(name) and name not in kept:
            place.remove(found.name)
