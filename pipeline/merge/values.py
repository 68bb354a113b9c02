"""The answers' data as one: the user's schema is walked, and at each leaf the candidates of all answers meet.

What each answer says comes in the wire's form (`ask/schema.py` draws it); what goes out is plain data, with the
evidence beside it under JSON Pointers (RFC 6901). No candidate is lost: it is in the data, or equal to what is there,
or listed in a conflict.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.ask.answer import Answer
from pipeline.ask.schema import Schema, kind, nullable, resolve
from pipeline.merge.candidates import Candidate, choose, follows, join
from pipeline.merge.evidence import Evidence, Finder
from pipeline.merge.notice import Notice
from pipeline.merge.records import Item, group, key_names, plain, says_nothing
from pipeline.pack.parts import Request

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


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
    `not_found` points at the leaves that are null and the arrays that are empty; `unverified` at what no quote found
    in the document's text supports.
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
    """What one answer says of one node, in the wire's form; within a record, with the record's evidence."""

    wire: Any
    position: int
    pages: tuple[int, ...]
    record: Candidate | None = None


def merge_values(
    answers: Sequence[Answer], requests: Sequence[Request], schema: Mapping[str, Any], finder: Finder
) -> Extraction:
    """Merge what the answers say by the user's schema, with every value's place in the document.

    The order in which the answers came makes no difference, nor does an answer that came twice.
    Raises SchemaError where the schema cannot be used.
    """
    tree = resolve(schema)
    merge = _Merge(finder)
    data = merge.node("", tree, _said(answers, requests))
    unverified = (pointer for pointer, found in merge.evidence.items() if not any(one.verified for one in found))
    return Extraction(
        schema=schema,
        data=data,
        valid=_is_valid(_present(data, tree), schema),
        evidence=merge.evidence,
        conflicts=tuple(merge.conflicts),
        not_found=tuple(merge.not_found),
        unverified=tuple(unverified),
        notices=tuple(merge.notices),
    )


def _said(answers: Sequence[Answer], requests: Sequence[Request]) -> list[_Said]:
    """What each answer says at the root, each once, in the order of the requests."""
    positions = {request.id: (number, request.pages) for number, request in enumerate(requests)}
    said = {}
    for answer in answers:
        if answer.data is not None:
            number, pages = positions[answer.request]
            said[number, json.dumps(answer.data, sort_keys=True)] = _Said(answer.data, number, pages)
    return [said[key] for key in sorted(said)]


def escape(name: str) -> str:
    """A property's name as a step of a JSON Pointer."""
    return name.replace("~", "~0").replace("/", "~1")


@dataclass
class _Merge:
    """One walk over the schema, and what it gathers."""

    finder: Finder
    evidence: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    notices: dict[Notice, None] = field(default_factory=dict)
    _checks: dict[int, Draft202012Validator] = field(default_factory=dict)

    def node(self, pointer: str, schema: Schema, said: Sequence[_Said]) -> Any:
        """The merged value of one node and of all below it."""
        said = [one for one in said if one.wire is not None]
        what = kind(schema)
        if what == "object":
            return {
                name: self.node(f"{pointer}/{escape(name)}", child, [_child(one, name) for one in said])
                for name, child in schema["properties"].items()
            }
        return self._array(pointer, schema, said) if what == "array" else self._leaf(pointer, schema, said)

    def _leaf(self, pointer: str, schema: Schema, said: Sequence[_Said]) -> Any:
        candidates = [one for one in map(self._candidate, said) if one.value is not None]
        fitting = [one for one in candidates if self._fits(schema, one.value)]
        rule = schema.get("x-merge", "agree")
        if not follows(rule, fitting):
            self._notice("merge-rule", f"{pointer}: the rule {rule!r} does not suit its values, so agree was taken.")
            rule = "agree"
        choice = choose(rule, fitting) if fitting else None
        value = choice.value if choice and self._fits(schema, choice.value) else None
        if choice and choice.disagreeing:
            self.conflicts.append(Conflict(pointer, value, choice.disagreeing, rule))
        if choice and value is None:
            self._misfit(pointer, None, [Candidate(choice.value, choice.evidence, fitting[0].order)])
        misfits = [one for one in candidates if one not in fitting]
        if misfits:
            self._misfit(pointer, value, misfits)
        if value is None:
            self.not_found.append(pointer)
        elif choice and not any(one.record for one in said):
            self._stands(pointer, choice.evidence)
        return value

    def _candidate(self, said: _Said) -> Candidate:
        """A leaf's value with its own evidence, or within a record with the record's."""
        if said.record is not None:
            return Candidate(said.wire, said.record.evidence, said.record.order)
        return self._located(said.wire, said, 0, 0)

    def _located(self, wire: Mapping[str, Any], said: _Said, place: int, occurrence: int) -> Candidate:
        """A {"quote", "page", "value"} with its quote found on the page."""
        found = self.finder.locate(wire["quote"], wire["page"], said.pages, occurrence)
        page = found.page if found.page is not None else min(said.pages, default=0)
        return Candidate(wire["value"], (found,), (page, said.position, place))

    def _array(self, pointer: str, schema: Schema, said: Sequence[_Said]) -> list[Any]:
        items = [item for one in said for item in self._items(pointer, one)]
        pages = {one.position: one.pages for one in said}
        rule = schema.get("x-merge", "agree")
        if rule in ("first", "last", "longest"):
            items = self._one_list(pointer, rule, items)
        elif rule == "sum":
            self._notice("merge-rule", f"{pointer}: a list has no sum, so all its items were taken.")
        groups = group(items, key_names(schema), union=rule == "union")
        groups = self._within_bound(pointer, schema, groups)
        merged = []
        for number, members in enumerate(groups):
            place = f"{pointer}/{number}"
            self._stands(place, join(member.candidate.evidence for member in members))
            inner = [_Said(one.value, one.answer, pages[one.answer], one.candidate) for one in members]
            merged.append(self.node(place, schema["items"], inner))
        if not merged:
            self.not_found.append(pointer)
        return merged

    def _items(self, pointer: str, said: _Said) -> list[Item]:
        """The items of one answer's list. The second of two that quote the same line is looked for further down."""
        seen: Counter[tuple[str, int]] = Counter()
        items = []
        for place, wire in enumerate(said.wire):
            if says_nothing(plain(wire["value"])):
                self._notice("empty-record", f"{pointer}: an answer gave a record without any value.", wire["page"])
                continue
            quoted = (wire["quote"], wire["page"])
            items.append(Item(self._located(wire, said, place, seen[quoted]), said.position))
            seen[quoted] += 1
        return items

    def _one_list(self, pointer: str, rule: str, items: list[Item]) -> list[Item]:
        """The list of one answer, by the rule; the others are a conflict where they differ."""
        lists: dict[int, list[Item]] = {}
        for item in items:
            lists.setdefault(item.answer, []).append(item)
        if len(lists) < 2:
            return items
        whole = {
            answer: Candidate(
                [plain(item.value) for item in members],
                join(item.candidate.evidence for item in members),
                members[0].candidate.order,
            )
            for answer, members in lists.items()
        }
        answer = {"first": min(whole), "last": max(whole)}.get(rule) if rule != "longest" else None
        if answer is None:
            answer = max(sorted(whole), key=lambda one: len(lists[one]))
        choice = choose("agree", list(whole.values()))
        if choice.disagreeing:
            self.conflicts.append(Conflict(pointer, whole[answer].value, choice.disagreeing, rule))
        return lists[answer]

    def _within_bound(self, pointer: str, schema: Schema, groups: list[list[Item]]) -> list[list[Item]]:
        """As many records as the schema allows; those beyond are listed as a conflict."""
        most = schema.get("maxItems", len(groups))
        if len(groups) > most:
            beyond = tuple(item.candidate for members in groups[most:] for item in members)
            listed = tuple(Candidate(plain(one.value), one.evidence, one.order) for one in beyond)
            self.conflicts.append(Conflict(pointer, None, listed, "maxItems"))
            self._notice("too-many-items", f"{pointer}: {len(groups)} were found, and the schema allows {most}.")
        return groups[:most]

    def _fits(self, schema: Schema, value: Any) -> bool:
        """Whether a value can stand in the data at a leaf."""
        if isinstance(value, float) and not math.isfinite(value):
            return False
        if id(schema) not in self._checks:
            from jsonschema import Draft202012Validator

            self._checks[id(schema)] = Draft202012Validator(nullable(schema))
        return bool(self._checks[id(schema)].is_valid(value))

    def _misfit(self, pointer: str, value: Any, candidates: Sequence[Candidate]) -> None:
        """Say and list what cannot stand in the data."""
        self.conflicts.append(Conflict(pointer, value, tuple(candidates), "schema"))
        for one in candidates:
            page = one.evidence[0].page if one.evidence else None
            self._notice("value-not-placed", f"{pointer}: a value was found that does not fit the schema.", page)

    def _stands(self, pointer: str, evidence: tuple[Evidence, ...]) -> None:
        """Enter the evidence of a pointer, and say where an answer had named another page."""
        self.evidence[pointer] = evidence
        for one in evidence:
            if one.moved_from is not None:
                message = f"{pointer}: the answer named page {one.moved_from}, its quote stands on page {one.page}."
                self._notice("page-corrected", message, one.page)

    def _notice(self, code: str, message: str, page: int | None = None) -> None:
        """Say it once, however often it is met."""
        self.notices[Notice(code, message, page)] = None


def _child(said: _Said, name: str) -> _Said:
    return _Said(said.wire.get(name), said.position, said.pages, said.record)


def _present(data: Any, tree: Schema) -> Any:
    """The data without what was not found and may be absent by the user's schema."""
    what = kind(tree)
    if what == "array":
        return [_present(item, tree["items"]) for item in data]
    if what == "leaf":
        return data
    required = tree.get("required", ())
    children = {name: _present(data[name], child) for name, child in tree["properties"].items()}
    return {name: child for name, child in children.items() if name in required or child not in (None, [], {})}


def _is_valid(data: Any, schema: Mapping[str, Any]) -> bool:
    from jsonschema import Draft202012Validator

    return bool(Draft202012Validator(schema).is_valid(data))
