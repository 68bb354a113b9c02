"""The answers' data as one: the user's schema is walked, and at each leaf the candidates of all answers meet.

What each answer says comes in the wire's form (`ask/schema.py` draws it); what goes out is plain data, with the
evidence beside it under JSON Pointers (RFC 6901). No candidate is lost: it is in the data, or equal to what is there,
or listed in a conflict.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.ask.answer import Answer
from pipeline.ask.plain import read
from pipeline.ask.pointers import step_of
from pipeline.ask.references import validator
from pipeline.ask.schema import Schema, kind, nullable
from pipeline.document import Page
from pipeline.merge.candidates import Candidate, choose, follows, join
from pipeline.merge.dates import order_of
from pipeline.merge.evidence import Evidence, Finder
from pipeline.merge.grounding import holds
from pipeline.merge.joining import records
from pipeline.merge.notice import Notice
from pipeline.merge.records import Item, plain, says_nothing
from pipeline.merge.sameness import listed, meaning
from pipeline.pack.request import Request

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


@dataclass(frozen=True, slots=True)
class Conflict:
    """Values that disagree for one pointer: the one taken (None for none), all of them, and the rule that took it.

    The rule is one of `x-merge`, or "schema" (the candidates do not fit the schema) or "maxItems" (they were too many).
    """

    pointer: str
    chosen: Any
    candidates: tuple[Candidate, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """The data of a document by the user's schema. `data` validates against the schema's nullable form.

    `valid` says whether the user's own schema holds, where what was not found and may be absent is taken as absent.
    `not_found` points at the leaves that are null and the arrays and maps that are empty; `unverified` at the values
    and records of which no quote was found in the document's text, or none that holds the value.
    """

    schema: Mapping[str, Any]
    data: dict[str, Any]
    valid: bool
    evidence: Mapping[str, tuple[Evidence, ...]]
    conflicts: tuple[Conflict, ...]
    not_found: tuple[str, ...]
    unverified: tuple[str, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """What one answer says of one node, in the wire's form; within a record, with the record's evidence.

    `parted` are the pages of which its request held a part.
    """

    wire: Any
    position: int
    pages: tuple[int, ...]
    parted: frozenset[int] = frozenset()
    record: Candidate | None = None


def merge_values(
    answers: Sequence[Answer], requests: Sequence[Request], schema: Mapping[str, Any], finder: Finder
) -> Extraction:
    """Merge what the answers say by the user's schema, with every value's place in the document.

    The order in which the answers came makes no difference, nor does an answer that came twice.
    Raises SchemaError where the schema cannot be used.
    """
    tree, narrowed = read(schema)
    merge = _Merge(
        finder,
        day_first=order_of(text for one in answers for text in _texts(one.data)),
        continued=_continued(requests),
        notices={Notice(one.code, one.message): None for one in narrowed},
    )
    data = merge.node("", tree, _said(answers, requests))
    return Extraction(
        schema=schema,
        data=data,
        valid=is_valid(data, schema, tree),
        evidence=merge.evidence,
        conflicts=tuple(merge.conflicts),
        not_found=tuple(merge.not_found),
        unverified=tuple(merge.unverified),
        notices=tuple(merge.notices),
    )


def is_valid(data: Any, schema: Mapping[str, Any], tree: Schema) -> bool:
    """Whether the user's schema, of which `tree` is the resolved form, holds for the data."""
    return bool(validator(schema).is_valid(present(data, tree)))


def _texts(wire: Any) -> Iterator[str]:
    """Every text that an answer has, quotes included."""
    if isinstance(wire, str):
        yield wire
    elif isinstance(wire, (dict, list)):
        for child in wire.values() if isinstance(wire, dict) else wire:
            yield from _texts(child)


def _continued(requests: Sequence[Request]) -> frozenset[int]:
    """The pages that begin with a table which goes on from the page before."""
    carriers = (unit.carrier for request in requests for unit in request.units)
    pages = (one for one in carriers if isinstance(one, Page))
    return frozenset(page.number for page in pages if any(block.continues == page.number - 1 for block in page.blocks))


def _said(answers: Sequence[Answer], requests: Sequence[Request]) -> list[_Said]:
    """What each answer says at the root, each once, in the order of the requests."""
    positions = {request.id: (number, request) for number, request in enumerate(requests)}
    said = {}
    for answer in answers:
        if answer.data is not None:
            number, request = positions[answer.request]
            parted = frozenset(unit.page for unit in request.units if unit.part)
            said[number, json.dumps(answer.data, sort_keys=True)] = _Said(answer.data, number, request.pages, parted)
    return [said[key] for key in sorted(said)]


@dataclass
class _Merge:
    """One walk over the schema, and what it gathers."""

    finder: Finder
    day_first: bool | None = None
    continued: frozenset[int] = frozenset()
    evidence: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)
    notices: dict[Notice, None] = field(default_factory=dict)
    _checks: dict[int, Validator] = field(default_factory=dict)

    def node(self, pointer: str, schema: Schema, said: Sequence[_Said]) -> Any:
        """The merged value of one node and of all below it."""
        said = [one for one in said if one.wire is not None]
        what = kind(schema)
        if what == "object":
            return {
                name: self.node(f"{pointer}/{step_of(name)}", child, [_child(one, name) for one in said])
                for name, child in schema["properties"].items()
            }
        if schema.get("x-map"):
            return self._map(pointer, schema, said)
        return self._array(pointer, schema, said) if what == "array" else self._leaf(pointer, schema, said)

    def _leaf(self, pointer: str, schema: Schema, said: Sequence[_Said]) -> Any:
        candidates = [found for one in said if (found := self._candidate(schema, one)).value is not None]
        fitting = [one for one in candidates if self._fits(schema, one.value)]
        rule = schema.get("x-merge", "agree")
        if not follows(rule, fitting):
            self._notice("merge-rule", f"{pointer}: the rule {rule!r} does not suit its values, so agree was taken.")
            rule = "agree"
        means = partial(meaning, schema=schema, day_first=self.day_first)
        choice = choose(rule, fitting, means) if fitting else None
        value = choice.value if choice and self._fits(schema, choice.value) else None
        if choice and choice.disagreeing:
            self.conflicts.append(Conflict(pointer, value, choice.disagreeing, rule))
        if choice and value is None:
            self._misfit(pointer, None, [Candidate(choice.value, choice.evidence, fitting[0].order, choice.verified)])
        misfits = [one for one in candidates if one not in fitting]
        if misfits:
            self._misfit(pointer, value, misfits)
        if value is None:
            self.not_found.append(pointer)
        elif choice and not any(one.record for one in said):
            self._stands(pointer, choice.evidence, choice.verified)
        if value is not None and means(value).form == "date?":
            place = "/".join("*" if step.isdigit() else step for step in pointer.split("/"))
            self._notice("date-ambiguous", f"{place}: a date in numbers may have the day first, or the month.")
        return value

    def _candidate(self, schema: Schema, said: _Said) -> Candidate:
        """A leaf's value with its own evidence, or within a record with the record's."""
        if said.record is not None:
            return replace(said.record, value=listed(said.wire, schema))
        return self._located(schema, said.wire, said, 0, 0)

    def _located(self, schema: Schema, wire: Mapping[str, Any], said: _Said, place: int, occurrence: int) -> Candidate:
        """A {"quote", "page", "value"} with its quote found on the page, and held against the value."""
        found = self.finder.locate(wire["quote"], wire["page"], said.pages, occurrence)
        page = found.page if found.page is not None else min(said.pages, default=0)
        value, quoted = listed(wire["value"], schema), _quotable(schema, wire["value"])
        verified = found.verified and (not quoted or any(holds(one, wire["quote"]) for one in quoted))
        return Candidate(value, (found,), (page, said.position, place), verified)

    def _array(self, pointer: str, schema: Schema, said: Sequence[_Said]) -> list[Any]:
        groups = self._within_bound(pointer, schema, self._records(pointer, schema, said))
        merged = [
            self._record(f"{pointer}/{number}", schema["items"], members, said) for number, members in enumerate(groups)
        ]
        if not merged:
            self.not_found.append(pointer)
        return merged

    def _map(self, pointer: str, schema: Schema, said: Sequence[_Said]) -> dict[str, Any]:
        """An object whose names the document gives, which the wire has as records of `key` and `value`."""
        merged: dict[str, Any] = {}
        for members in self._records(pointer, schema, said):
            name = next((one.value["key"] for one in members if isinstance(one.value["key"], str)), None)
            if name is None or name in merged:
                listed = [replace(one.candidate, value=plain(one.value)) for one in members]
                self._misfit(pointer, None, listed)
                continue
            inner = [Item(replace(one.candidate, value=one.value["value"]), one.answer) for one in members]
            value = schema["items"]["properties"]["value"]
            merged[name] = self._record(f"{pointer}/{step_of(name)}", value, inner, said)
        if not merged:
            self.not_found.append(pointer)
        return merged

    def _records(self, pointer: str, schema: Schema, said: Sequence[_Said]) -> list[list[Item]]:
        """The items of all answers, those together that are one record."""
        seen: Counter[tuple[str, int]] = Counter()
        items = [item for one in said for item in self._items(pointer, schema["items"], one, seen)]
        rule = schema.get("x-merge", "agree")
        if rule in ("first", "last", "longest"):
            items = self._one_list(pointer, schema, items)
        elif rule == "sum":
            self._notice("merge-rule", f"{pointer}: a list has no sum, so all its items were taken.")
        found, joined = records(items, schema, self.day_first, self.continued)
        for one in joined:
            pages = ", ".join(map(str, one.pages))
            self._notice("records-joined", f"{pointer}: records of pages {pages} were taken for one: {one.why}.")
        return found

    def _record(self, pointer: str, schema: Schema, members: Sequence[Item], said: Sequence[_Said]) -> Any:
        """One record of several answers, and its evidence."""
        pages = {one.position: one.pages for one in said}
        evidence = join(member.candidate.evidence for member in members)
        self._stands(pointer, evidence, any(member.candidate.verified for member in members))
        return self.node(
            pointer, schema, [_Said(one.value, one.answer, pages[one.answer], record=one.candidate) for one in members]
        )

    def _items(self, pointer: str, schema: Schema, said: _Said, parts: Counter[tuple[str, int]]) -> list[Item]:
        """The items of one answer's list. The second of two that quote the same line is looked for further down.

        So is one in another part of the same page: `parts` are the lines that answers to the parts before have quoted.
        """
        own: Counter[tuple[str, int]] = Counter()
        items = []
        for place, wire in enumerate(said.wire):
            if says_nothing(plain(wire["value"])):
                self._notice("empty-record", f"{pointer}: an answer gave a record without any value.", wire["page"])
                continue
            quoted = (wire["quote"], wire["page"])
            seen = parts if wire["page"] in said.parted else own
            items.append(Item(self._located(schema, wire, said, place, seen[quoted]), said.position))
            seen[quoted] += 1
        return items

    def _one_list(self, pointer: str, schema: Schema, items: list[Item]) -> list[Item]:
        """The list of one answer, by the rule; the others are a conflict where they differ."""
        rule, lists = schema["x-merge"], dict[int, list[Item]]()
        for item in items:
            lists.setdefault(item.answer, []).append(item)
        if len(lists) < 2:
            return items
        whole = {
            answer: Candidate(
                [plain(item.value) for item in members],
                join(item.candidate.evidence for item in members),
                members[0].candidate.order,
                any(item.candidate.verified for item in members),
            )
            for answer, members in lists.items()
        }
        answer = {"first": min(whole), "last": max(whole)}.get(rule) if rule != "longest" else None
        if answer is None:
            answer = max(sorted(whole), key=lambda one: len(lists[one]))
        means = partial(meaning, schema=schema, day_first=self.day_first)
        choice = choose("agree", list(whole.values()), means)
        if choice.disagreeing:
            self.conflicts.append(Conflict(pointer, whole[answer].value, choice.disagreeing, rule))
        return lists[answer]

    def _within_bound(self, pointer: str, schema: Schema, groups: list[list[Item]]) -> list[list[Item]]:
        """As many records as the schema allows; those beyond are listed as a conflict."""
        most = schema.get("maxItems", len(groups))
        if len(groups) > most:
            beyond = tuple(item.candidate for members in groups[most:] for item in members)
            listed = tuple(replace(one, value=plain(one.value)) for one in beyond)
            self.conflicts.append(Conflict(pointer, None, listed, "maxItems"))
            self._notice("too-many-items", f"{pointer}: {len(groups)} were found, and the schema allows {most}.")
        return groups[:most]

    def _fits(self, schema: Schema, value: Any) -> bool:
        """Whether a value can stand in the data at a leaf."""
        if isinstance(value, float) and not math.isfinite(value):
            return False
        if id(schema) not in self._checks:
            self._checks[id(schema)] = validator(nullable(schema))
        return bool(self._checks[id(schema)].is_valid(value))

    def _misfit(self, pointer: str, value: Any, candidates: Sequence[Candidate]) -> None:
        """Say and list what cannot stand in the data."""
        self.conflicts.append(Conflict(pointer, value, tuple(candidates), "schema"))
        for one in candidates:
            page = one.evidence[0].page if one.evidence else None
            self._notice("value-not-placed", f"{pointer}: a value was found that does not fit the schema.", page)

    def _stands(self, pointer: str, evidence: tuple[Evidence, ...], verified: bool) -> None:
        """Enter the evidence of a pointer, and say where an answer had named another page."""
        self.evidence[pointer] = evidence
        if not verified:
            self.unverified.append(pointer)
        for one in evidence:
            if one.moved_from is not None:
                message = f"{pointer}: the answer named page {one.moved_from}, its quote stands on page {one.page}."
                self._notice("page-corrected", message, one.page)

    def _notice(self, code: str, message: str, page: int | None = None) -> None:
        """Say it once, however often it is met."""
        self.notices[Notice(code, message, page)] = None


def _child(said: _Said, name: str) -> _Said:
    return _Said(said.wire.get(name), said.position, said.pages, said.parted, said.record)


def _quotable(schema: Schema, value: Any) -> list[Any]:
    """The values of a leaf or a record that their quote must hold: not what is chosen from a list, true or false.

    The items of a list in a record have quotes of their own.
    """
    if isinstance(value, Mapping) and kind(schema) == "object":
        named = schema["properties"].items()
        return [one for name, child in named for one in _quotable(child, value.get(name))]
    chosen = any("enum" in one or "const" in one for one in (schema, *schema.get("anyOf", ())))
    return [] if chosen or value is None or isinstance(value, (bool, Mapping, list)) else [value]


def present(data: Any, tree: Schema) -> Any:
    """The data as the user's schema is held against it.

    Without what was not found and may be absent, and with null for an object or array of which nothing was found where
    the schema takes null in its place.
    """
    if tree.get("x-null") and says_nothing(data):
        return None
    if tree.get("x-map"):
        return {name: present(value, tree["items"]["properties"]["value"]) for name, value in data.items()}
    if kind(tree) == "array":
        return [present(item, tree["items"]) for item in data]
    if kind(tree) == "leaf":
        return data
    required, named = tree.get("required", ()), tree["properties"].items()
    return {
        name: present(data[name], child) for name, child in named if name in required or not says_nothing(data[name])
    }
