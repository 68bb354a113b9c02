"""What becomes of values that no quote supports, once all is merged: they stay, or their place is empty.

Nothing is asked again for it, and nothing is lost: a value that is taken out stands in `conflicts` with its evidence.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from pipeline.ask.pointers import names_of, step_of
from pipeline.ask.schema import resolve
from pipeline.merge.candidates import Candidate
from pipeline.merge.notice import Notice
from pipeline.merge.values import Conflict, Extraction, is_valid
from pipeline.settings import Unverified

RULE = "unverified"
"""The rule under which a value that was taken out stands in `conflicts`."""
SHOWN = 10
"""Pointers that a warning names; `unverified`, or `conflicts`, has all."""


def apply_policy(found: Extraction, policy: Unverified) -> Extraction:
    """The extraction with its unverified values kept, warned of in one sentence, or taken out.

    Of an unverified record all is taken out that has no quote of its own; the record stays, so that no pointer moves.
    """
    if not found.unverified or policy == "keep":
        return found
    if policy == "flag":
        return replace(found, notices=(*found.notices, _notice("value-unverified", found.unverified, "is unverified")))
    return _without(found)


def _without(found: Extraction) -> Extraction:
    data = copy.deepcopy(found.data)
    taken: list[Conflict] = []
    empty: list[str] = []
    for pointer in found.unverified:
        evidence = found.evidence[pointer]
        page = next((one.page for one in evidence if one.page is not None), 0)
        *path, last = names_of(pointer)
        home: Any = data
        for name in path:
            home = home[_key(home, name)]
        key = _key(home, last)
        candidate = Candidate(copy.deepcopy(home[key]), evidence, (page, 0, 0), verified=False)
        taken.append(Conflict(pointer, None, (candidate,), RULE))
        home[key] = _emptied(home[key], pointer, found.evidence, empty)
    known = {pointer: evidence for pointer, evidence in found.evidence.items() if pointer not in found.unverified}
    return replace(
        found,
        data=data,
        valid=is_valid(data, found.schema, resolve(found.schema)),
        evidence=known,
        conflicts=(*_unchosen(found.conflicts, frozenset(empty)), *taken),
        not_found=tuple(dict.fromkeys((*found.not_found, *empty))),
        unverified=(),
        notices=(*found.notices, _notice("value-taken-out", found.unverified, "is unverified and was taken out")),
    )


def _key(home: Any, name: str) -> Any:
    return int(name) if isinstance(home, list) else name


def _emptied(value: Any, pointer: str, own: Collection[str], empty: list[str]) -> Any:
    """A value with null for each of its leaves, but for items with evidence of their own; `empty` gets the pointers."""
    if isinstance(value, (dict, list)):
        for name, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
            below = f"{pointer}/{step_of(str(name))}"
            value[name] = child if below in own else _emptied(child, below, own, empty)
        return value
    empty.append(pointer)
    return None


def _unchosen(conflicts: Collection[Conflict], empty: Collection[str]) -> Iterator[Conflict]:
    """The conflicts, in which nothing is chosen any more for a pointer that is empty now."""
    for one in conflicts:
        yield replace(one, chosen=None) if one.pointer in empty else one


def _notice(code: str, pointers: Collection[str], what: str) -> Notice:
    """One warning for all of them."""
    shown = ", ".join(list(pointers)[:SHOWN]) + (", ..." if len(pointers) > SHOWN else "")
    said = f"A value {what}" if len(pointers) == 1 else f"Each of {len(pointers)} values {what}"
    return Notice(code, f"{said}: no quote that was found in the text supports it ({shown}).")
