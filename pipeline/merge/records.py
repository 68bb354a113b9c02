"""Items of an array from several answers: which of them are one record, and in which order they stand.

With `x-key` on the array (or on its items) records with equal keys are one, wherever they stand:

    x-key: ["number"]     {number: 7, date: "2 May"} page 3     ->  {number: 7, date: "2 May", amount: 12}
                          {number: 7, amount: 12}    page 80

A record that lacks a part of its key, and every record where there is no `x-key`, is another one's equal where all
fields are equal and it stands at the same place: two like lines of an invoice stay two. Texts (not records) that are
equal and come from different answers are one. What `joining` finds to be one beyond that is joined too, and said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.merge.candidates import Candidate, same_place
from pipeline.merge.sameness import Meaning, meaning

NOTHING, EMPTY = meaning(None), meaning("")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of one answer's array: the wire's value and its evidence. `answer` is the position of its request."""

    candidate: Candidate
    answer: int

    @property
    def value(self) -> Any:
        """The item as the answer has it."""
        return self.candidate.value


def key_names(array: Mapping[str, Any]) -> tuple[str, ...]:
    """The properties that identify a record, from `x-key` on the array's schema or on its items' schema."""
    items = array.get("items")
    found = array.get("x-key") or (items.get("x-key") if isinstance(items, Mapping) else None) or ()
    return (found,) if isinstance(found, str) else tuple(found)


def group(items: Iterable[Item], array: Mapping[str, Any], day_first: bool | None = None) -> list[list[Item]]:
    """The items that are one record together, in the order of the document, by the resolved schema of their array.

    The rule `union` joins equal ones wherever they are. A group stands where its first item stands.
    """
    keys, union = key_names(array), array.get("x-merge") == "union"
    means = partial(meaning, schema=array.get("items"), day_first=day_first)
    groups: list[list[Item]] = []
    by_name: dict[Any, list[list[Item]]] = {}
    for item in sorted(items, key=lambda item: item.candidate.order):
        meant = means(plain(item.value))
        key = key_of(meant, keys)
        alike = by_name.setdefault(("key", key) if key else ("all", meant), [])
        home = next((one for one in alike if key or union or _is_one(item, one)), None)
        if home is None:
            alike.append([item])
            groups.append(alike[-1])
        else:
            home.append(item)
    return groups


def key_of(meant: Meaning, keys: Collection[str]) -> tuple[Meaning, ...] | None:
    """What a record's key means; None where there is none or a part of it is missing."""
    if not keys or meant.form != "object" or not isinstance(meant.what, tuple):
        return None
    fields = dict(meant.what)
    parts = tuple(fields.get(name, NOTHING) for name in keys)
    return None if NOTHING in parts or EMPTY in parts else parts


def _is_one(item: Item, group: Sequence[Item]) -> bool:
    """Whether an item is the same record as those of a group that equal it in all fields."""
    if isinstance(item.value, str) and all(item.answer != other.answer for other in group):
        return True
    return any(same_place(item.candidate.evidence, other.candidate.evidence) for other in group)


def plain(wire: Any) -> Any:
    """A record of the wire without the quotes and pages of the lists in it."""
    if isinstance(wire, list):
        return [plain(item["value"]) for item in wire]
    return {name: plain(value) for name, value in wire.items()} if isinstance(wire, dict) else wire


def says_nothing(value: Any) -> bool:
    """Whether a plain record holds no value at all."""
    if isinstance(value, Mapping):
        return all(says_nothing(child) for child in value.values())
    if isinstance(value, list):
        return all(says_nothing(child) for child in value)
    return value is None
