"""Groups of items that are one record though neither their keys nor their place say so outright; a stated rule each.

    overlap      two requests held the same page: the same place, something in common, nothing that disagrees
    part of key  {number: 7, date: null} and {number: 7, date: "2 May"}, where both are the key and no other 7 is there
    cut row      a table goes on over the page: | 3 | Consulting, senior | 1,800 |  and then  | | architect | |
    alike        no key: the same name, no field that disagrees, and neither is a line of a list

A join has to be plain: of all that hang together no two disagree, and no two come from one answer, else none of them is
joined (a cut row may come from one answer). So the order of the answers makes no difference.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from pipeline.merge.candidates import same_place
from pipeline.merge.folding import fold
from pipeline.merge.likeness import FUZZY_CHARS, agree
from pipeline.merge.records import EMPTY, NOTHING, Item, group, key_names, plain
from pipeline.merge.rows import cells
from pipeline.merge.sameness import Meaning, classes, meaning

ALIKE = 92
"""Least similarity, in percent, of the words of two texts of FUZZY_CHARS letters and more; shorter texts have to be the
same. "Holding" and "Holdings" have 93, "Christian" and "Christina" 89."""
COMMON = 64
"""A word that more records have in their names is no reason to compare them."""
WORD_CHARS = 3
"""Letters of the words by which names are compared."""

_WORD = re.compile(r"\w+")

Pair = tuple[int, int]
Leaf = tuple[Meaning, Any]


@dataclass(frozen=True, slots=True)
class Joined:
    """Records that were taken for one by a rule other than equal keys or place: why, and the pages they stand on."""

    why: str
    pages: tuple[int, ...]


@dataclass(slots=True)
class _Record:
    """A group of items, and what its fields mean; lists within it are left out, since they can be joined anyway."""

    items: list[Item]
    fields: dict[str, list[Leaf]] = field(default_factory=dict)

    @property
    def answers(self) -> list[int]:
        return sorted({item.answer for item in self.items})

    @property
    def is_row(self) -> bool:
        """Whether it was read off a row of a table."""
        found = (evidence for item in self.items for evidence in item.candidate.evidence)
        return any(evidence.match == "cell" or cells(evidence.quote) for evidence in found)


def records(
    items: Sequence[Item], array: Mapping[str, Any], day_first: bool | None = None, continued: Collection[int] = ()
) -> tuple[list[list[Item]], list[Joined]]:
    """The items that are one record together, in the document's order, and what was joined by a rule of this module.

    `array` is the resolved schema; `continued` are the pages whose first table goes on from the page before.
    """
    groups = group(items, array, day_first)
    inner = array["items"]
    if "properties" not in inner or array.get("x-map") or array.get("x-merge") == "union":
        return groups, []
    found = [_Record(one, _fields(one, inner, day_first)) for one in groups]
    keys, joined = key_names(array), list[Joined]()
    found = _united(found, _overlapping(found), "", joined)
    found = _united(found, _cut(found, inner, continued), "a row cut by the page's end", joined, cut=True)
    if keys:
        found = _united(found, _partly_keyed(found, keys), "a part of the key is missing", joined)
    else:
        found = _united(found, _alike(found, inner), "alike", joined)
    return [one.items for one in found], joined


def _fields(items: Sequence[Item], schema: Mapping[str, Any], day_first: bool | None) -> dict[str, list[Leaf]]:
    fields: dict[str, list[Leaf]] = {}
    for item in items:
        for name, leaf in _leaves("", plain(item.value), schema, day_first):
            fields.setdefault(name, []).append(leaf)
    return fields


def _leaves(name: str, value: Any, schema: Mapping[str, Any], day_first: bool | None) -> Iterator[tuple[str, Leaf]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _leaves(f"{name}/{key}", child, schema.get("properties", {}).get(key, {}), day_first)
    elif not isinstance(value, list):
        meant = meaning(value, schema, day_first)
        if meant not in (NOTHING, EMPTY):
            yield name, (meant, value)


def _united(
    found: list[_Record], pairs: Collection[Pair], why: str, joined: list[Joined], *, cut: bool = False
) -> list[_Record]:
    """The records with those together that hang together by pairs, where that is plain."""
    home = list(range(len(found)))
    for one, other in pairs:
        first, second = sorted((_home(home, one), _home(home, other)))
        home[second] = first
    parts: dict[int, list[_Record]] = defaultdict(list)
    for place, record in enumerate(found):
        parts[_home(home, place)].append(record)
    united = []
    for members in parts.values():
        if len(members) == 1 or not (cut or _is_plain(members)):
            united += members
            continue
        items = [item for member in members for item in member.items]
        united.append(_Record(items, _gathered(members)))
        if why:
            pages = {one.page for item in items for one in item.candidate.evidence if one.page is not None}
            joined.append(Joined(why, tuple(sorted(pages))))
    return sorted(united, key=lambda one: min(item.candidate.order for item in one.items))


def _home(home: list[int], place: int) -> int:
    while home[place] != place:
        place = home[place]
    return place


def _gathered(members: Sequence[_Record]) -> dict[str, list[Leaf]]:
    fields: dict[str, list[Leaf]] = {}
    for member in members:
        for name, leaves in member.fields.items():
            fields.setdefault(name, []).extend(leaves)
    return fields


def _is_plain(members: Sequence[_Record]) -> bool:
    """Whether no two come from one answer and no two disagree."""
    answers = Counter(answer for member in members for answer in member.answers)
    if max(answers.values()) > 1:
        return False
    return all(_agree(one, other) for one, other in combinations(members, 2))


def _agree(one: _Record, other: _Record) -> bool:
    """Whether no field that both have disagrees."""
    return all(_same(one.fields[name], other.fields[name]) for name in one.fields.keys() & other.fields.keys())


def _same(leaves: Sequence[Leaf], others: Sequence[Leaf]) -> bool:
    counted = classes(meant for meant, _ in [*leaves, *others])
    if len(set(counted.values())) == 1:
        return True
    return all(_like(one, other) for one in leaves for other in others)


def _like(one: Leaf, other: Leaf) -> bool:
    """Whether two texts are one but for a slip: alike, with the same numbers and negations, word for word."""
    from rapidfuzz import fuzz

    (meant, value), (other_meant, other_value) = one, other
    if meant == other_meant:
        return True
    if (meant.form, other_meant.form) != ("text", "text"):
        return False
    text, other_text = fold(str(value)), fold(str(other_value))
    if min(len(text), len(other_text)) < FUZZY_CHARS:
        return False
    words, others = _WORD.findall(text), _WORD.findall(other_text)
    if len(words) != len(others) or any(
        fuzz.ratio(word, other_word) < ALIKE for word, other_word in zip(words, others, strict=True)
    ):
        return False
    return agree(text, other_text)


def _overlapping(found: Sequence[_Record]) -> list[Pair]:
    """Records of different answers that stand at one place and have something in common."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for place, record in enumerate(found):
        for page in {item.candidate.order[0] for item in record.items}:
            by_page[page].append(place)
    pairs = []
    for places in by_page.values():
        if len({answer for place in places for answer in found[place].answers}) > 1:
            pairs += [pair for pair in combinations(places, 2) if _overlap(found[pair[0]], found[pair[1]])]
    return pairs


def _overlap(one: _Record, other: _Record) -> bool:
    if set(one.answers) & set(other.answers):
        return False
    evidence = [[found for item in record.items for found in item.candidate.evidence] for record in (one, other)]
    common = one.fields.keys() & other.fields.keys()
    return bool(common) and _agree(one, other) and same_place(evidence[0], evidence[1])


def _cut(found: Sequence[_Record], inner: Mapping[str, Any], continued: Collection[int]) -> list[Pair]:
    """The last record of a page and the first of the next, where a table goes on and the second lacks the first field.

    What both have may only be text: the rest of a cell that was cut.
    """
    first_field = f"/{next(iter(inner['properties']))}"
    ends: dict[int, tuple[int, int]] = {}
    for place, record in enumerate(found):
        if len({item.candidate.order[0] for item in record.items}) == 1:
            page = record.items[0].candidate.order[0]
            ends[page] = (ends.get(page, (place, place))[0], place)
    pairs = []
    for page in continued:
        if page - 1 in ends and page in ends:
            head, tail = ends[page - 1][1], ends[page][0]
            both = found[head].fields.keys() & found[tail].fields.keys()
            texts = all(meant.form == "text" for name in both for meant, _ in found[tail].fields[name])
            if first_field in found[head].fields and first_field not in found[tail].fields and texts:
                pairs.append((head, tail))
    return pairs


def _partly_keyed(found: Sequence[_Record], keys: Sequence[str]) -> list[Pair]:
    """Each record that lacks a part of its key with those that have all of it and agree in what it has."""
    names = {f"/{name}" for name in keys}
    whole: dict[tuple[str, Meaning], list[int]] = defaultdict(list)
    for place, record in enumerate(found):
        if names <= record.fields.keys():
            for name in names:
                whole[name, record.fields[name][0][0]].append(place)
    pairs = []
    for place, record in enumerate(found):
        has = sorted(names & record.fields.keys())
        if has and len(has) < len(names):
            fitting = set.intersection(*(set(whole[name, record.fields[name][0][0]]) for name in has))
            pairs += [(place, other) for other in sorted(fitting)]
    return pairs


def _alike(found: Sequence[_Record], inner: Mapping[str, Any]) -> list[Pair]:
    """Records of different answers with the same name: the first field of theirs that is a text of no list.

    Lines of a list (rows of a table, records with an amount that both have) stay what they are, however alike.
    """
    name = next((f"/{key}" for key, child in inner["properties"].items() if _is_free(child)), None)
    if name is None:
        return []
    by_word: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(found):
        words = {word for meant, _ in record.fields.get(name, ()) for word in str(meant.what).split()}
        for word in words:
            if len(word) >= WORD_CHARS:
                by_word[word].append(place)
    near = {pair for places in by_word.values() if len(places) <= COMMON for pair in combinations(places, 2)}
    return [pair for pair in sorted(near) if _is_alike(found[pair[0]], found[pair[1]], name)]


def _is_alike(one: _Record, other: _Record, name: str) -> bool:
    if set(one.answers) & set(other.answers) or (one.is_row and other.is_row):
        return False
    both = one.fields.keys() & other.fields.keys()
    amounts = any(meant.form == "amount" for field in both for meant, _ in one.fields[field])
    return not amounts and _same(one.fields[name], other.fields[name]) and _agree(one, other)


def _is_free(schema: Mapping[str, Any]) -> bool:
    types = schema.get("type", "string")
    free = "string" in types if isinstance(types, list) else types == "string"
    return free and not {"enum", "const", "properties", "items", "anyOf", "format"} & schema.keys()
