"""Field by field: how much of a result agrees with the gold.

Every leaf that the gold or the result has a value for counts once:

    right      both have a value, and they agree
    wrong      both have a value, and they differ
    null       the gold has a value, the result has none
    spurious   the result has a value where the gold has none

Values agree as follows. Numbers: within 0.1 % of the gold. Dates: the same day, however written. Truth values: the
same. Strings: equal after folding of case, white space, and punctuation at the ends; or alike, with a rapidfuzz ratio
of 90 or more, if every digit in them is the same. Arrays are sets: the pairs of most agreement are compared first, what
is left over counts as null or spurious, leaf by leaf.

    python benchmarks/fields.py --result outputs/report.json --gold samples/invoice.gold.json
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from rapidfuzz import fuzz

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cases import Gold, read_gold

TOLERANCE = 0.001
ALIKE = 90.0
DATES = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d.%m.%Y", "%Y/%m/%d")

Verdict = Literal["right", "wrong", "null", "spurious"]
PageVerdict = Literal["right", "wrong", "none"]


@dataclass(frozen=True, slots=True)
class Row:
    """One leaf: its pointer in the gold, what stands there, what was found, and how they compare.

    `how` names the rule by which two values agree (exact, alike, number, date). `page` says whether the evidence names
    a page where the gold has the value; None where there is no gold page or the value is not right.
    """

    pointer: str
    verdict: Verdict
    gold: Any
    found: Any
    how: str = ""
    page: PageVerdict | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """All leaves of one document. `empty` counts those that are null in both."""

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
        return self.right / (self.right + self.wrong + self.null or 1) if self.rows else 1.0

    @property
    def precision(self) -> float:
        """Right leaves among those that were given (1 where there are none)."""
        given = self.right + self.wrong + self.spurious
        return self.right / given if given else 1.0

    @property
    def pages(self) -> Counter[str]:
        """How often the evidence of a right value names the right page, a wrong one, or none."""
        return Counter(row.page for row in self.rows if row.page)


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
            rows.append(Row(pointer, "right", truth, found, how, named))
        else:
            rows.append(Row(pointer, "wrong", truth, found))
    return Score(tuple(rows), empty)


def agree(found: Any, gold: Any) -> str:
    """The name of the rule by which two leaves agree, "" where they do not."""
    if isinstance(gold, bool) or isinstance(found, bool):
        return "exact" if found is gold else ""
    if isinstance(gold, int | float):
        number = _number(found)
        return "number" if number is not None and abs(number - gold) <= TOLERANCE * abs(gold) else ""
    left, right = _folded(str(found)), _folded(str(gold))
    if left == right:
        return "exact"
    days = _day(str(found)), _day(str(gold))
    if None not in days:
        return "date" if days[0] == days[1] else ""
    same_digits = re.sub(r"\D", "", left) == re.sub(r"\D", "", right)
    return "alike" if same_digits and fuzz.ratio(left, right) >= ALIKE else ""


def _number(value: Any) -> float | None:
    try:
        return float(value.replace(",", "").strip()) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return None


def _folded(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return text.strip(" .,;:!?'\"()[]") or text


def _day(text: str) -> date | None:
    for form in DATES:
        try:
            return datetime.strptime(text.strip(), form).date()
        except ValueError:
            day = None
    return day


def _leaves(data: Any, gold: Any, pointer: str, found_at: str) -> Iterator[tuple[str, str, Any, Any]]:
    """Pairs of leaves: the pointer in the gold, that in the result, and both values (None where there is none)."""
    data, gold = _none_if_empty(data), _none_if_empty(gold)
    if isinstance(gold, dict) or (gold is None and isinstance(data, dict)):
        for name in dict.fromkeys([*(gold or {}), *(data if isinstance(data, dict) else {})]):
            step = "/" + name.replace("~", "~0").replace("/", "~1")
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
    """Indices of gold and given items that belong together: equal ones first, then greedily by agreement."""
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
    ranked = [(_agreement(b, a), -abs(i - j), i, j) for i, a in left.items() for j, b in right.items()]
    for points, _, i, j in sorted(ranked, reverse=True):
        if points > 0 and i in left and j in right:
            pairs.append((i, j))
            del left[i], right[j]
    order = sorted(pairs, key=lambda pair: pair[0] or 0)
    return [*order, *((i, None) for i in left), *((None, j) for j in right)]


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


def table(scored: Score, *, whole: bool = False) -> str:
    """The score as text: what is not right (all rows where `whole`), then the sums."""
    lines = []
    for row in scored.rows:
        if whole or row.verdict != "right" or row.page == "wrong":
            note = "page differs" if row.page == "wrong" else row.how
            lines.append(f"{row.verdict:9}{row.pointer:42} {_short(row.gold):34} {_short(row.found):34} {note}")
    return "\n".join([*lines, summary(scored)])


def summary(scored: Score) -> str:
    """One line of sums."""
    told = scored.pages
    pages = f" · pages {told['right']} right, {told['wrong']} wrong, {told['none']} without" if told else ""
    return (
        f"right {scored.right} · wrong {scored.wrong} · null {scored.null} · spurious {scored.spurious} · "
        f"recall {scored.recall:.1%} · precision {scored.precision:.1%}{pages}"
    )


def _short(value: Any, limit: int = 32) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def read_result(path: Path) -> tuple[Any, Mapping[str, Any] | None]:
    """The data and the evidence of a result file; or the data of another gold, or bare data, without evidence."""
    content = json.loads(path.read_text(encoding="utf-8"))
    extraction = content.get("extraction") if isinstance(content, dict) else None
    if isinstance(extraction, dict) and "data" in extraction:
        return extraction["data"], extraction.get("evidence")
    return read_gold(path).data, None


def main(arguments: Iterable[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare a result with its gold, field by field.")
    parser.add_argument("--result", type=Path, required=True, help="a result of Quire, or bare JSON data")
    parser.add_argument("--gold", type=Path, required=True, help="gold: {data, pages}, or bare JSON data")
    parser.add_argument("--all", action="store_true", help="list the right leaves too")
    given = parser.parse_args(list(arguments) if arguments is not None else None)
    gold: Gold = read_gold(given.gold)
    data, evidence = read_result(given.result)
    print(table(score(data, gold.data, pages=gold.pages, evidence=evidence), whole=given.all))


if __name__ == "__main__":
    main()
