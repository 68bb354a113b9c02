"""Field by field: how much of a result agrees with the gold.

Every leaf that the gold or the result has a value for counts once:

    right      both have a value, and they agree
    wrong      both have a value, and they differ
    null       the gold has a value, the result has none
    spurious   the result has a value where the gold has none

Arrays are sets: their items are paired so that the most of them agrees, and what is left over counts as null or
spurious, leaf by leaf.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipeline.ask.pointers import step_of
from pipeline.score.agreement import Rule, agree, likeness
from pipeline.score.pairing import best_pairs

Verdict = Literal["right", "wrong", "null", "spurious"]
PageVerdict = Literal["right", "wrong", "none"]

_NEARER = 1e-6
"""Of pairs that are as alike, those that stand at like places belong together: so much they are preferred at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One leaf: its pointer in the gold, what stands there, what was found, and how they compare.

    `how` names the rule by which two values agree (exact, alike, number, date). `page` says whether the evidence names
    a page where the gold has the value; None where there is no gold page or the value is not right. `likeness` is that
    of two texts, from 0 to 1.
    """

    pointer: str
    verdict: Verdict
    gold: Any
    found: Any
    how: Rule = ""
    page: PageVerdict | None = None
    likeness: float | None = None

    @property
    def field(self) -> str:
        """The pointer with `*` for the places in lists: the same for all records."""
        return re.sub(r"/\d+(?=/|\Z)", "/*", self.pointer)


@dataclass(frozen=True, slots=True)
class Score:
    """All leaves of one document, or of several together. `empty` counts those that are null in both."""

    rows: tuple[Row, ...]
    empty: int = 0

    def count(self, verdict: Verdict) -> int:
        """How many leaves have this verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    @property
    def right(self) -> int:
        """Leaves that agree."""
        return self.count("right")

    @property
    def wrong(self) -> int:
        """Leaves with another value than the gold's."""
        return self.count("wrong")

    @property
    def null(self) -> int:
        """Leaves of the gold that were not found."""
        return self.count("null")

    @property
    def spurious(self) -> int:
        """Leaves that the document does not hold."""
        return self.count("spurious")

    @property
    def recall(self) -> float:
        """Right leaves among those of the gold (1 where there are none)."""
        wanted = self.right + self.wrong + self.null
        return self.right / wanted if wanted else 1.0

    @property
    def precision(self) -> float:
        """Right leaves among those that were given (1 where there are none)."""
        given = self.right + self.wrong + self.spurious
        return self.right / given if given else 1.0

    @property
    def pages(self) -> Counter[str]:
        """How often the evidence of a right value names the right page, a wrong one, or none."""
        return Counter(row.page for row in self.rows if row.page)

    @property
    def by_field(self) -> dict[str, Score]:
        """The same for each field by itself, records of a list together, in the order of the gold."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.field, []).append(row)
        return {field: Score(tuple(rows)) for field, rows in found.items()}

    def sums(self) -> dict[str, Any]:
        """Counts and shares as plain data; `pages` is {} where the gold names no pages."""
        counts = {name: getattr(self, name) for name in ("right", "wrong", "null", "spurious", "empty")}
        rules = Counter(row.how for row in self.rows if row.how)
        shares = {"recall": round(self.recall, 4), "precision": round(self.precision, 4)}
        return {**counts, **shares, "rules": dict(rules), "pages": dict(self.pages)}

    def to_dict(self) -> dict[str, Any]:
        """The sums, those of each field, and every leaf."""
        fields = {name: one.sums() for name, one in self.by_field.items()}
        return {**self.sums(), "fields": fields, "leaves": [asdict(row) for row in self.rows]}


def together(scores: Iterable[Score]) -> Score:
    """Several documents as one."""
    scores = list(scores)
    return Score(tuple(row for one in scores for row in one.rows), sum(one.empty for one in scores))


def score(
    data: Any, gold: Any, *, pages: Mapping[str, Sequence[int]] | None = None, evidence: Mapping[str, Any] | None = None
) -> Score:
    """Compare `data` with `gold`; with `pages` and `evidence` (both by JSON Pointer) the pages of right values too."""
    rows: list[Row] = []
    empty = 0
    for pointer, found_at, truth, found in _leaves(data, gold, "", ""):
        if truth is None and found is None:
            empty += 1
        elif truth is None or found is None:
            rows.append(Row(pointer, "spurious" if truth is None else "null", truth, found))
        elif how := agree(found, truth):
            named = _page_verdict(pointer, found_at, pages, evidence)
            rows.append(Row(pointer, "right", truth, found, how, named, likeness(found, truth)))
        else:
            rows.append(Row(pointer, "wrong", truth, found, likeness=likeness(found, truth)))
    return Score(tuple(rows), empty)


def _leaves(data: Any, gold: Any, pointer: str, found_at: str) -> Iterator[tuple[str, str, Any, Any]]:
    """Pairs of leaves: the pointer in the gold, that in the result, and both values (None where there is none)."""
    data, gold = _none_if_empty(data), _none_if_empty(gold)
    if isinstance(gold, dict) or (gold is None and isinstance(data, dict)):
        for name in dict.fromkeys([*(gold or {}), *(data if isinstance(data, dict) else {})]):
            step = f"/{step_of(name)}"
            inner = data.get(name) if isinstance(data, dict) else None
            yield from _leaves(inner, (gold or {}).get(name), pointer + step, found_at + step)
    elif isinstance(gold, list) or (gold is None and isinstance(data, list)):
        given = data if isinstance(data, list) else [] if data is None else [data]
        for at, (truth, found) in enumerate(_paired(gold or [], given)):
            here, there = (at if truth is None else truth), (at if found is None else found)
            inner = given[found] if found is not None else None
            true = gold[truth] if truth is not None and gold else None
            yield from _leaves(inner, true, f"{pointer}/{here}", f"{found_at}/{there}")
    else:
        yield pointer, found_at, gold, data if not isinstance(data, dict | list) else json.dumps(data)


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


def _paired(gold: list[Any], given: list[Any]) -> list[tuple[int | None, int | None]]:
    """Indices of gold and given items that belong together: equal ones first, then those that agree the most."""
    left, right = dict(enumerate(gold)), dict(enumerate(given))
    pairs: list[tuple[int | None, int | None]] = []
    places: dict[str, list[int]] = {}
    for at, item in right.items():
        places.setdefault(json.dumps(item, sort_keys=True), []).append(at)
    for at, item in list(left.items()):
        if same := places.get(json.dumps(item, sort_keys=True)):
            there = same.pop(0)
            pairs.append((at, there))
            del left[at], right[there]
    rows, columns = list(left), list(right)
    most = max(len(gold), len(given), 1)
    for row, column in best_pairs([[_weight(right[j], left[i], abs(i - j) / most) for j in columns] for i in rows]):
        pairs.append((rows[row], columns[column]))
        del left[rows[row]], right[columns[column]]
    order = sorted([*pairs, *((i, None) for i in left)], key=lambda pair: pair[0] or 0)
    return [*order, *((None, j) for j in right)]


def _weight(data: Any, gold: Any, apart: float) -> float:
    """How well two items go together: the share of their leaves that agree, 0 where none does."""
    share = _agreement(data, gold)
    return share + _NEARER * (1 - apart) if share else 0.0


def _agreement(data: Any, gold: Any) -> float:
    """How alike two items are: the share of their leaves that agree."""
    pairs = [
        (truth, found) for _, _, truth, found in _leaves(data, gold, "", "") if not (truth is None and found is None)
    ]
    hits = sum(1 for truth, found in pairs if truth is not None and found is not None and agree(found, truth))
    return hits / len(pairs) if pairs else 0.0


def _page_verdict(
    pointer: str, found_at: str, pages: Mapping[str, Sequence[int]] | None, evidence: Mapping[str, Any] | None
) -> PageVerdict | None:
    """Whether the evidence of a value (of its record, where it has none of its own) names one of the gold's pages."""
    if not pages or evidence is None or pointer not in pages:
        return None
    while found_at and found_at not in evidence:
        found_at = found_at.rpartition("/")[0]
    named = {entry.get("page") for entry in evidence.get(found_at, [])}
    if not named:
        return "none"
    return "right" if named & set(pages[pointer]) else "wrong"
