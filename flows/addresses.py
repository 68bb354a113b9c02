"""Documents at addresses that fsspec knows (s3://bucket/folder), found by their names or their first bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from pipeline import StorageError, UsageError
from pipeline.places import Place, open_place, parted
from pipeline.settings import shown_address

MAGIC = b"%PDF-"
_SIGNS = re.compile(r"[*?\[]")
_LOOKS = 16
"""Files that are looked into at once, where their names do not say that they are PDFs."""


def documents(address: str) -> list[tuple[str, str]]:
    """What an address names, each as its own address and its name: itself, what is below it, or what its pattern fits.

    A file counts whatever it is called; below a folder what is called .pdf or begins as a PDF does, hidden files apart.
    Raises UsageError where there is nothing, StorageError where the place refuses.
    """
    place, name = (open_place(address), "") if _is_top(address) else parted(address)
    if name and place.exists(name):
        return [(address, name)]
    if _SIGNS.search(address):
        found = _matching(address)
        if not found:
            raise UsageError(f"No file matches the pattern {shown_address(address)}.")
        return found
    found = _below(open_place(address), address)
    if not found:
        raise UsageError(f"Nothing at {shown_address(address)} is a PDF: name a file, or a folder that holds one.")
    return found


def _is_top(address: str) -> bool:
    """Whether it can name no file: it ends like a folder, or is a bucket or a host as a whole."""
    return address.endswith("/") or "/" not in address.partition("://")[2]


def _below(place: Place, address: str) -> list[tuple[str, str]]:
    found = sorted(one.name for one in place.entries(enter=_is_seen) if _is_seen(one.name))
    return [(f"{address.rstrip('/')}/{name}", name) for name in _counting(place, found)]


def _matching(address: str) -> list[tuple[str, str]]:
    """The files that a pattern fits, and what is below the folders that it does: as in a folder of this machine."""
    from fsspec.utils import glob_translate

    first = _SIGNS.search(address)
    top = address[: first.start() if first else None].rpartition("/")[0]
    fits = re.compile(glob_translate(address[len(top) + 1 :]))
    place = open_place(top)
    exact: list[tuple[str, str]] = []
    inside: list[tuple[str, str]] = []
    for name in sorted(one.name for one in place.entries(enter=_is_seen) if _is_seen(one.name)):
        above = next((str(one) for one in reversed(PurePosixPath(name).parents) if fits.fullmatch(str(one))), None)
        if above is not None:
            inside.append((name, name.removeprefix(f"{above}/")))
        elif fits.fullmatch(name):
            exact.append((name, PurePosixPath(name).name))
    kept = set(_counting(place, [name for name, _ in inside]))
    chosen = sorted([*exact, *(one for one in inside if one[0] in kept)])
    return [(f"{top}/{name}", shown) for name, shown in chosen]


def _is_seen(name: str) -> bool:
    return not name.rpartition("/")[2].startswith(".")


def _counting(place: Place, names: list[str]) -> Iterator[str]:
    """Those that are documents. What is not called one is looked into, several at once."""
    with ThreadPoolExecutor(_LOOKS, thread_name_prefix="looking") as pool:
        begins = pool.map(lambda name: name.lower().endswith(".pdf") or _begins_as_pdf(place, name), names)
        yield from (name for name, counts in zip(names, begins, strict=True) if counts)


def _begins_as_pdf(place: Place, name: str) -> bool:
    try:
        return place.begins(name, len(MAGIC)) == MAGIC
    except StorageError:
        return False  # It is not called a PDF, and nothing can be seen of it.
