"""The fields of a schema in groups whose answers fit, where one answer has no room for all of them.

Leaves and lists are named by JSON Pointers into the answer's data, and stay in the schema's order:

    {"seller": {"name", "city"}, "total", "items": [...]}     /seller/name  /seller/city  /total  /items

A group is a run of them. The least number of groups is made, and they are cut between properties of the first level
where that costs none. The first one is asked for the summary, the key points and the figures too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from pipeline.ask.ledger import ANSWER_TOKENS
from pipeline.ask.pointers import names_of, step_of
from pipeline.ask.schema import Schema, kind
from pipeline.pack.cuts import Sizes, best_cuts
from pipeline.pack.expected import FIGURE, Expected, RecordForm, words
from pipeline.pack.tokens import Counter

FOUND = 50
"""Tokens of a leaf that is found, beside its name: its quote, its page, its value."""
NULL = 4
"""Tokens of one that is not, beside its name."""
RESERVED = 0.9
"""The share of an answer's reserve that is planned for: what is expected is no promise."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that are asked for together, None for all; `overall` with the summary, key points and figures."""

    fields: tuple[str, ...] | None
    overall: bool = True


@dataclass(frozen=True, slots=True)
class Weights:
    """What answers are expected to take, in tokens.

    `finds` is the most leaves that there can be found, `records` what all records together are expected to take.
    """

    tree: Schema
    counter: Counter
    reserve: int
    finds: int
    records: int

    @property
    def room(self) -> int:
        """What of an answer is planned for."""
        return int(self.reserve * RESERVED)

    @property
    def overall(self) -> int:
        """What the summary, the key points and the figures are taken to need."""
        return min(ANSWER_TOKENS, self.reserve // 8)

    def pointers(self, group: Group) -> tuple[str, ...]:
        """The leaves and lists that a group asks for."""
        return group.fields if group.fields is not None else tuple(pointers_of(self.tree))

    def of(self, pointers: Sequence[str]) -> list[int]:
        """What each leaf is expected to take; the first list as much as all records do, up to half of the room."""
        nodes = [at(self.tree, pointer) for pointer in pointers]
        leaves = sum(kind(node) == "leaf" for node in nodes)
        found = round(FOUND * min(1.0, self.finds / leaves)) if leaves else 0
        records = min(self.records, self.room // 2)
        weights = []
        for pointer, node in zip(pointers, nodes, strict=True):
            name = self.counter.text(json.dumps(pointer.rpartition("/")[2])) + NULL
            if kind(node) == "leaf":
                weights.append(name + found)
            else:
                weights.append(name + records)
                records = 0
        return weights

    def expected(self, group: Group) -> Expected:
        """What is expected of the records of a group, and how much of that an answer has room for."""
        pointers = self.pointers(group)
        forms = tuple(
            _form(pointer, at(self.tree, pointer), self.counter) for pointer in pointers if self._list(pointer)
        )
        if not forms:
            return Expected()
        once = sum(self.of([pointer for pointer in pointers if not self._list(pointer)]))
        left = self.room - once - (self.overall if group.overall else 0)
        return Expected(forms, max(left, self.room // 4), FIGURE if group.overall else 0)

    def _list(self, pointer: str) -> bool:
        return kind(at(self.tree, pointer)) == "array"


def groups(weights: Weights, within: Group) -> list[Group]:
    """The fewest groups of fields, of those of a group, whose answers are expected to fit; itself where its own is."""
    pointers = weights.pointers(within)
    overall = weights.overall if within.overall else 0
    sizes = weights.of(pointers)
    if sum(sizes) + overall <= weights.room or len(sizes) == 1:
        return [within]
    sizes[0] += overall
    sizes = [min(size, weights.room) for size in sizes]
    return _cut(pointers, best_cuts(Sizes(sizes), weights.room, _harms(pointers)), within)


def halves(weights: Weights, within: Group) -> list[Group]:
    """The fields of a group as two groups of about the same weight; itself alone where it has only one."""
    pointers = weights.pointers(within)
    if len(pointers) < 2:
        return [within]
    ends = list(accumulate(weights.of(pointers)))
    middle = min(range(1, len(pointers)), key=lambda cut: abs(2 * ends[cut - 1] - ends[-1]))
    return _cut(pointers, [0, middle], within)


def _cut(pointers: Sequence[str], begins: Sequence[int], within: Group) -> list[Group]:
    parts = (pointers[begin:end] for begin, end in pairwise((*begins, len(pointers))))
    return [Group(tuple(part), within.overall and not number) for number, part in enumerate(parts)]


def _harms(pointers: Sequence[str]) -> list[int]:
    """What a cut before each field tears apart: the more, the deeper the object is that both sides are of."""
    harms = [0]
    for one, other in pairwise(pointers):
        same = 0
        for left, right in zip(one.split("/")[1:-1], other.split("/")[1:-1], strict=False):
            if left != right:
                break
            same += 1
        harms.append(same)
    return harms


def pointers_of(tree: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The leaves and lists of a resolved schema, outermost lists only, in its order."""
    if kind(tree) != "object":
        yield above
        return
    for name, child in tree["properties"].items():
        yield from pointers_of(child, f"{above}/{step_of(name)}")


def at(tree: Schema, pointer: str) -> Schema:
    """The node of a resolved schema that a pointer names."""
    node = tree
    for name in names_of(pointer):
        node = node["properties"][name]
    return node


def only(tree: Schema, pointers: Sequence[str], above: str = "") -> Schema:
    """The schema with no other leaves and lists than these."""
    kept = {}
    for name, child in tree["properties"].items():
        pointer = f"{above}/{step_of(name)}"
        if kind(child) == "object":
            if any(one.startswith(f"{pointer}/") for one in pointers):
                kept[name] = only(child, pointers, pointer)
        elif pointer in pointers:
            kept[name] = child
    return {**tree, "properties": kept, "required": [name for name in tree.get("required", ()) if name in kept]}


def _form(pointer: str, node: Schema, counter: Counter) -> RecordForm:
    """What a record of a list looks like: the names in it, and what it takes when nothing stands in it."""
    item = node["items"]
    names = tuple(_names(item)) if kind(item) == "object" else (words(pointer.rpartition("/")[2]),)
    empty = {"quote": "", "page": 100, "value": _empty(item)}
    return RecordForm(names, counter.text(json.dumps(empty)) + 2)


def _names(item: Mapping[str, Any]) -> Iterator[frozenset[str]]:
    """The words of each field's name and title."""
    for name, child in item["properties"].items():
        title = child.get("title")
        yield words(f"{name} {title if isinstance(title, str) else ''}")


def _empty(node: Mapping[str, Any]) -> Any:
    if kind(node) == "object":
        return {name: _empty(child) for name, child in node["properties"].items()}
    return [] if kind(node) == "array" else ""
