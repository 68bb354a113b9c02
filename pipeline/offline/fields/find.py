"""The best value of a field among all that the pages offer, or none: a wrong value costs more than a null."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.offline.blocks import Block
from pipeline.offline.fields.entries import SECTION, Entry
from pipeline.offline.fields.labels import best_likeness, likeness, readings, telling
from pipeline.offline.fields.names import company_names
from pipeline.offline.fields.prose import stated
from pipeline.offline.fields.source import Candidate, Source
from pipeline.offline.fields.values import TYPED, Found, read
from pipeline.offline.fields.wanted import NUMERIC, Field
from pipeline.offline.wire import Wire

ENOUGH = 0.62
_TIE = 0.04
_OF_SECTIONS = frozenset({"text", "long", "person", "company", "address", "date", "duration", "boolean", "enum"})
_SELF_NAMED = frozenset("email website link contact homepage doi iban seller company".split())
"""Names of fields that any value of the right form answers, where there is only one such."""


@dataclass(slots=True)
class Finder:
    """Answers fields from a source; entries are looked up by the words of their labels."""

    source: Source
    wire: Wire
    _by_word: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for number, entry in enumerate(self.source.entries):
            for word in {word for reading in entry.readings for word in reading}:
                self._by_word[word].append(number)

    def best(self, wanted: Field) -> Candidate | None:
        """The one value to answer with, or None where nothing is good enough or two are equally good."""
        return settle(self.candidates(wanted))

    def last(self, wanted: Field, first: int, stop: int) -> Candidate | None:
        """The labelled value that stands nearest before a place, among the blocks from `first` to before `stop`."""
        found = [one for one in self._labelled(wanted) if first <= one.order < stop and one.score >= ENOUGH]
        return max(found, key=lambda one: (one.order, one.score), default=None)

    def candidates(self, wanted: Field) -> list[Candidate]:
        """Every value that may be meant, good and poor."""
        return [*self._labelled(wanted), *stated(wanted, self.source, self.wire), *self._by_kind(wanted)]

    def _labelled(self, wanted: Field) -> Iterator[Candidate]:
        words = set[str]().union(*wanted.names) if wanted.names else set()
        numbers = sorted({number for word in words for number in self._by_word.get(word, ())})
        entries = [self.source.entries[number] for number in numbers]
        for entry in _right_columns(entries, wanted):
            if entry.group == SECTION and wanted.kind not in _OF_SECTIONS:
                continue
            if entry.scale and "share" in words:
                continue  # an amount in millions is none per share
            match = best_likeness(wanted.names, entry.readings, entry.around, wanted.context)
            if wanted.kind == "percent" and "%" in entry.label:
                yield from self._share_in_label(wanted, entry)
            if match < 0.5:
                continue
            got = read(wanted, entry.value, self.source.usage, self.wire, entry.scale, entry.currency)
            if got and not self._is_header(got, wanted):
                yield Candidate(got.value, entry.quote, entry.page, match * got.fit * entry.prior, entry.order)

    def _share_in_label(self, wanted: Field, entry: Entry) -> Iterator[Candidate]:
        """A rate that stands in the label of an amount, as in "VAT 19 %: 38.00"."""
        match = max(
            (likeness(name, (label - {"amount"}) | {"rate"}) for name in wanted.names for label in entry.readings),
            default=0.0,
        )
        got = read(wanted, entry.label, self.source.usage, self.wire) if match >= 0.8 else None
        if got:
            yield Candidate(got.value, entry.quote, entry.page, match * 0.9, entry.order)

    def _is_header(self, got: Found, wanted: Field) -> bool:
        return (
            isinstance(got.value, str) and wanted.kind not in ("enum", "currency") and self.source.is_label(got.value)
        )

    def _by_kind(self, wanted: Field) -> Iterator[Candidate]:
        """What shows by its form, where the document holds only one such; the document's own title and currency."""
        pattern = TYPED.get(wanted.kind)
        if pattern and not wanted.needs_parent and any(reading <= _SELF_NAMED for reading in wanted.own):
            hits: dict[str, tuple[str, Block]] = {}
            for block in self.source.blocks:
                for match in pattern.finditer(block.text):
                    hits.setdefault(match[0].rstrip(".,;").casefold(), (match[0].rstrip(".,;"), block))
            if len(hits) == 1:
                text, block = next(iter(hits.values()))
                got = read(wanted, text, self.source.usage, self.wire)
                if got:
                    yield Candidate(got.value, text, block.page, 0.75, block.index)
        if wanted.kind == "currency":
            yield from self._currency(wanted)
        if wanted.kind == "enum" and self.source.unit:
            yield from self._unit(wanted, *self.source.unit)
        if wanted.kind == "company":
            yield from self._under_heading(wanted)
        own = set[str]().union(*wanted.own)
        if (
            wanted.kind == "company"
            and own & {"company", "seller", "organization", "issuer"}
            and not own & {"number", "address"}
        ):
            yield from self._only_company(wanted)
        first = self.source.blocks[0] if self.source.blocks else None
        if first and wanted.kind == "person" and own <= {"full", "name", "candidate", "applicant"} and "name" in own:
            got = read(wanted, first.lines[0], self.source.usage, self.wire) if first.lines else None
            if got and got.piece == first.lines[0]:
                yield Candidate(got.value, first.lines[0], first.page, 0.8, first.index)
        if self.source.title and not wanted.needs_parent:
            yield from self._by_title(wanted, *self.source.title)

    def _unit(self, wanted: Field, scale: int, words: str, page: int) -> Iterator[Candidate]:
        """The unit of the tables, where an enum asks which one it is."""
        named = {3: "thousand", 6: "million", 9: "billion"}.get(scale, "")
        options = [option for option in wanted.schema["enum"] if named and str(option).casefold().startswith(named)]
        if len(options) == 1 and {"unit", "scale"} & set[str]().union(*wanted.own):
            yield Candidate(options[0], words, page, 0.9, 0)

    def _under_heading(self, wanted: Field) -> Iterator[Candidate]:
        """A company that stands alone on a line of the section that is called by the field's name."""
        inside = False
        for block in self.source.blocks:
            if block.kind == "heading":
                inside = best_likeness(wanted.own, readings(block.text)) >= 0.6
            for line in block.lines if inside and block.kind == "text" else ():
                if company_names(line)[:1] == [line.strip()]:
                    yield Candidate(line.strip(), line, block.page, 0.76, block.index)

    def _only_company(self, wanted: Field) -> Iterator[Candidate]:
        """The one company that the first page names with its legal form."""
        hits: dict[str, tuple[str, Block]] = {}
        for block in self.source.blocks:
            if block.page == self.source.blocks[0].page:
                for name in company_names(block.text):
                    hits.setdefault(name.casefold(), (name, block))
        for name, block in hits.values() if len(hits) == 1 else ():
            got = read(wanted, name, self.source.usage, self.wire)
            if got:
                yield Candidate(got.value, name, block.page, 0.98, block.index)

    def _by_title(self, wanted: Field, title: str, page: int) -> Iterator[Candidate]:
        """The document's title: the value of a title, and what tells the type of the document among the user's own."""
        own = set[str]().union(*wanted.own)
        sought = own <= {"title", "document", "paper", "report", "article"} and "title" in own
        if sought or (wanted.kind == "enum" and own & {"type", "category", "class"}):
            got = read(wanted, title, self.source.usage, self.wire)
            if got:
                yield Candidate(got.value, title, page, (1.0 if sought else 0.88) * got.fit, 0)

    def _currency(self, wanted: Field) -> Iterator[Candidate]:
        money = self.source.currency
        if money:
            got = read(wanted, money[0], self.source.usage, self.wire)
            if got:
                yield Candidate(got.value, money[1], money[2], 0.8, 0)


def settle(found: Sequence[Candidate]) -> Candidate | None:
    """The best supported candidate; None where it is too weak, or where another value is as good."""
    if not found:
        return None
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for one in found:
        groups[_key(one.value)].append(one)
    ranked = sorted(((max(c.score for c in group) + 0.03 * min(3, len(group) - 1), group) for group in groups.values()),
                    key=lambda pair: (-pair[0], pair[1][0].order))  # fmt: skip
    score, group = ranked[0]
    best = min(group, key=lambda one: (-one.score, one.order))
    rival = ranked[1] if len(ranked) > 1 else None
    if rival and score - rival[0] < _TIE:
        if not _earlier(best, rival[1]):
            return None
        score -= 0.1
    return best if score >= ENOUGH and best.score >= ENOUGH - 0.05 else None


def _earlier(best: Candidate, rivals: Sequence[Candidate]) -> bool:
    return all(best.page < rival.page for rival in rivals)


def _key(value: Any) -> str:
    return re.sub(r"[\W_]+", "", str(value)).casefold() if isinstance(value, str) else repr(value)


_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BEFORE = re.compile(
    r"\b(?:previous|prior|preceding|last) (?:fiscal |financial )?year\b|\byear before\b", re.IGNORECASE
)
_WHOLE = re.compile(
    r"\b(total|group|consolidated|konzern|gesamt|ensemble|year|twelve months|full[- ]year|fy|jahr|exercice)\b",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(q[1-4]|quarter|three months|six months|nine months|h[12]|quartal|trimestre|change|%|"
    r"veränderung|variation|note|notes|anm|budget|plan)\b|[±+/]-|^\s*%",
    re.IGNORECASE,
)


def _right_columns(entries: Iterable[Entry], wanted: Field) -> Iterator[Entry]:
    """Of a row's cells the one that the field means: its own year, else the latest; none where several remain."""
    rows: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.group < 0:
            yield entry
        else:
            rows[entry.group].append(entry)
    for cells in rows.values():
        chosen = _column(cells, wanted)
        if chosen:
            yield chosen


def _column(cells: Sequence[Entry], wanted: Field) -> Entry | None:
    if wanted.kind not in NUMERIC:
        return cells[0] if len(cells) == 1 else None
    before = bool(_BEFORE.search(f"{wanted.description} {' '.join(wanted.path)}".replace("_", " ")))
    asked = set(_YEAR.findall(f"{wanted.description} {' '.join(wanted.path)}"))
    own = telling(word for reading in wanted.own for word in reading)
    named = [
        cell for cell in cells if any(own & telling(word for word in reading) for reading in readings(cell.column))
    ]
    if len(named) == 1:
        return named[0]
    left = [cell for cell in cells if not _PART.search(cell.column)] or list(cells)
    years = {cell: max(_YEAR.findall(cell.column), default="") for cell in left}
    target = max(asked, default="") or max(years.values(), default="")
    if before and target and not asked:
        target = str(int(target) - 1)
    left = [cell for cell in left if years[cell] == target] if target else left
    if len(left) > 1:
        left = [cell for cell in left if _WHOLE.search(cell.column)] or left
    return left[0] if len(left) == 1 else None
