"""Several values for one leaf: which one is taken, by a rule that the user's schema may name.

The default rule `agree`, on a small input. Three answers say what `/total` is:

    1,234.00   page 3, found there exactly
    1234       page 9, found there exactly      the same value, written otherwise: one candidate with two places
    1,324.00   page 5, not found                another value: a conflict

The first is taken, since it was verified; the conflict lists both with their evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.ask.references import MERGE_RULES
from pipeline.document import BBox
from pipeline.merge.evidence import Evidence
from pipeline.merge.folding import fold
from pipeline.merge.sameness import Meaning, Means, classes, meaning, openness

JOINER = "; "
"""What stands between the distinct texts that the rule `union` joins."""

Order = tuple[int, int, int]
"""Page, position of the request, place in its answer: the order of the document."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that one answer gave, or several that agree, with all the evidence for it.

    `verified` tells whether any of its quotes was found in the document's text and holds the value.
    """

    value: Any
    evidence: tuple[Evidence, ...]
    order: Order
    verified: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The value taken, the evidence for it, and all the candidates where they disagree (else none).

    `verified` is that of the value taken; of a sum or a union, whether all that went into it are.
    """

    value: Any
    evidence: tuple[Evidence, ...]
    verified: bool
    disagreeing: tuple[Candidate, ...] = ()


def choose(rule: str, candidates: Sequence[Candidate], means: Means = meaning) -> Choice:
    """The value that the rule takes among one or more candidates; `means` tells which of them are the same.

    `agree`: the best supported, verified ones first, then those that stand in more places, then the earliest.
    `first`, `last`: by the order of the document. `longest`: the longest text. `sum`: of all numbers, the same number
    at the same place counted once. `union`: of all distinct texts, joined. A rule that the values cannot follow (a sum
    of texts) is the default one: `follows` tells beforehand.
    """
    if not follows(rule, candidates):
        rule = "agree"
    if rule == "sum":
        return _sum(candidates)
    members = _alike(candidates, means)
    groups = [_joined(group, means) for group in members]
    if rule == "union":
        text = JOINER.join(group.value for group in groups)
        return Choice(text, join(group.evidence for group in groups), all(group.verified for group in groups))
    taken = _taken(rule, members, groups)
    return Choice(taken.value, taken.evidence, taken.verified, tuple(groups) if len(groups) > 1 else ())


def follows(rule: str, candidates: Iterable[Candidate]) -> bool:
    """Whether the candidates' values are of a kind that the rule can work on."""
    if rule == "sum":
        return all(isinstance(one.value, (int, float)) and not isinstance(one.value, bool) for one in candidates)
    if rule == "union":
        return all(isinstance(one.value, str) for one in candidates)
    return rule in MERGE_RULES


def equal_ones(candidates: Iterable[Candidate], means: Means = meaning) -> list[Candidate]:
    """The candidates in the document's order, those whose values a reader would call the same joined."""
    return [_joined(group, means) for group in _alike(candidates, means)]


def _alike(candidates: Iterable[Candidate], means: Means) -> list[list[Candidate]]:
    """The candidates in the document's order, those that mean the same together."""
    meant = [(means(one.value), one) for one in sorted(candidates, key=lambda candidate: candidate.order)]
    counted = classes(one for one, _ in meant)
    groups: dict[Meaning, list[Candidate]] = {}
    for one, candidate in meant:
        groups.setdefault(counted[one], []).append(candidate)
    return list(groups.values())


def _joined(group: list[Candidate], means: Means) -> Candidate:
    """Equal candidates as one; the value is written as the first verified one has it that leaves the least open."""
    written = min(group, key=lambda one: (not one.verified, openness(means(one.value))))
    return Candidate(written.value, join(one.evidence for one in group), group[0].order, written.verified)


def _taken(rule: str, members: Sequence[Sequence[Candidate]], groups: Sequence[Candidate]) -> Candidate:
    if rule == "first":
        return groups[0]
    if rule == "last":
        return groups[max(range(len(groups)), key=lambda place: max(one.order for one in members[place]))]
    if rule == "longest":
        return max(groups, key=lambda group: len(str(group.value)))
    return max(groups, key=lambda group: (group.verified, len(group.evidence)))


def _sum(candidates: Sequence[Candidate]) -> Choice:
    """The exact sum of decimal numbers, an integer where all are."""
    counted: list[Candidate] = []
    for one in sorted(candidates, key=lambda candidate: candidate.order):
        if not any(one.value == other.value and same_place(one.evidence, other.evidence) for other in counted):
            counted.append(one)
    evidence, verified = join(one.evidence for one in candidates), all(one.verified for one in counted)
    if all(isinstance(one.value, int) for one in counted):
        return Choice(sum(one.value for one in counted), evidence, verified)
    total = sum((Decimal(repr(one.value)) for one in counted), Decimal(0))
    return Choice(float(total), evidence, verified)


def join(many: Iterable[Iterable[Evidence]]) -> tuple[Evidence, ...]:
    """All the evidence, each place once."""
    joined: list[Evidence] = []
    seen = set()
    for evidence in (one for some in many for one in some):
        place = (evidence.page, evidence.source, evidence.boxes, " ".join(fold(evidence.quote).split()))
        if place not in seen:
            seen.add(place)
            joined.append(evidence)
    return tuple(joined)


def same_place(some: Iterable[Evidence], others: Iterable[Evidence]) -> bool:
    """Whether any evidence of the one stands where any of the other does."""
    others = tuple(others)
    return any(_same(one, other) for one in some for other in others)


def _same(one: Evidence, other: Evidence) -> bool:
    if (one.page, one.source) != (other.page, other.source):
        return False
    if one.verified and other.verified:
        return any(_overlap(box, another) for box in one.boxes for another in other.boxes)
    return fold(one.quote).split() == fold(other.quote).split()


def _overlap(one: BBox, other: BBox) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
