"""Lines that run over the pages: what is printed at the head or the foot of page after page.

They are taken out of the pages and stated once in a request, before the first of its pages that they stand on:

    page 3   Acme | Annual report       3       <running pages="3-5">Acme | Annual report       3</running>
             Sales grew.                        <page n="3">
    page 4   Acme | Annual report       4  ->   Sales grew.
             They will grow.                    </page>
    page 5   Acme | Annual report       5       <page n="4"> ...
             Costs fell.

A line that differs from page to page by more than the page's own number is content, and stays. A number that is not the
page's own becomes the label in the page's mark.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.document import Block, Page

FEWEST_PAGES = 4
"""A line runs if it stands on so many pages at least ..."""
WIDEST_GAP = 4
"""... of which each is at most so many pages after the one before, ..."""
SHARE = 0.4
"""... on this share of the pages from its first to its last (perhaps the odd ones, but for a chapter's first), ..."""
NEAR = 6.0
"""... and its places are within so many points of each other."""
EDGE = 0.25
"""Share of the page's height, at its head and its foot, where such a line may stand."""
LONGEST = 600
"""Characters of the longest line."""
MARK_CHARS = 34
"""About what the marks around a line that is stated take: one that this costs more than it saves stays."""

_GAP = 0.5
_TALLEST_LINE = 12.0
_NUMBER = "\ue000"
_DIGITS = re.compile(r"\d{1,5}")
_ROMAN = re.compile(r"(?<!\w)(?=[ivxlc])(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})(?!\w)", re.IGNORECASE)
_ALONE = re.compile(rf"\W*{_NUMBER}\W*")
_PAGE_WORD = re.compile(
    rf"(?i:\b(?:page|pages|seite|página|pagina|strona|sida|side|p|pg|s)\b)\.?\s*{_NUMBER}"
    rf"|(?<!\S){_NUMBER}\s*(?:/|of|von|de|sur|di|van)\s*\d+\W*$|第?\s*{_NUMBER}\s*(?:页|頁|ページ)"
)
_SET_APART = re.compile(rf"(?:^|[\t|·•–—]\s*){_NUMBER}(?:\s*[\t|·•–—]|$)")
_AT_AN_END = re.compile(rf"^{_NUMBER}\s|\s{_NUMBER}$")
_COUNTED = re.compile(
    rf"(?i)(?:\b(?:no|nr|number|nummer|invoice|question|exercise|example|day)\b\.?|[#:№°])\s*{_NUMBER}"
)


@dataclass(frozen=True, slots=True)
class RunningLine:
    """A running line as it stands on one page. `key` is the same on all of its pages, from `first` to `last`.

    `stated` is False for a page's bare number, which its mark says already.
    """

    key: int
    text: str
    first: int
    last: int
    stated: bool


@dataclass(frozen=True, slots=True)
class Folded:
    """Pages without their running lines (those blocks are empty), and the lines by the number of the page."""

    pages: tuple[Page, ...]
    lines: Mapping[int, tuple[RunningLine, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A block at the head or the foot of a page: its text with the number that may be the page's own put out.

    `number` is that number and `ahead` by how much it is ahead of the page's; "" and None where none was put out.
    """

    page: Page
    block: int
    shape: str
    number: str = ""
    ahead: int | None = None

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.page.blocks[self.block].box

    @property
    def depth(self) -> float:
        """How far from the head, or below zero from the foot, of the page it stands."""
        middle = (self.box[1] + self.box[3]) / 2
        return middle if middle < self.page.height / 2 else middle - self.page.height

    @property
    def across(self) -> float:
        """How far across the page its middle stands."""
        return (self.box[0] + self.box[2]) / 2


def fold(pages: Sequence[Page]) -> Folded:
    """The pages, in order, with their running lines taken out; a page that would be left empty keeps them."""
    groups = _groups(one for page in pages if page.problem is None for one in _at_edges(page))
    taken = _taken_from(pages, groups)
    while len(kept := [group for group in _left(groups, taken) if _runs_on(group) and _pays(group)]) < len(groups):
        groups, taken = kept, _taken_from(pages, kept)
    spans = [(group[0].page.number, group[-1].page.number) for group in groups]
    lines = {
        number: tuple(
            RunningLine(key, one.page.blocks[at].text.strip(), *spans[key], not _ALONE.fullmatch(one.shape))
            for at, (key, one) in sorted(found.items())
        )
        for number, found in taken.items()
    }
    return Folded(tuple(_without(page, taken.get(page.number, {})) for page in pages), lines)


_Taken = Mapping[int, tuple[int, "_Seen"]]
"""What is taken out of a page: by the number of the block, the key of its line and how it is read."""


def _taken_from(pages: Sequence[Page], groups: Sequence[Sequence[_Seen]]) -> dict[int, _Taken]:
    """What can be taken out, by the number of the page."""
    running: dict[int, dict[int, tuple[int, _Seen]]] = {}
    for key, group in enumerate(groups):
        for one in group:
            running.setdefault(one.page.number, {}).setdefault(one.block, (key, one))
    found = ((page.number, _taken(page, running[page.number])) for page in pages if page.number in running)
    return {number: taken for number, taken in found if taken}


def _left(groups: Sequence[Sequence[_Seen]], taken: Mapping[int, _Taken]) -> list[list[_Seen]]:
    """The groups with no more than what is taken out."""
    left: list[list[_Seen]] = [[] for _ in groups]
    for found in taken.values():
        for key, one in found.values():
            left[key].append(one)
    return left


def _runs_on(group: Sequence[_Seen]) -> bool:
    """Whether it stands on enough pages, and on enough of those from its first to its last."""
    pages = {one.page.number for one in group}
    return len(pages) >= FEWEST_PAGES and len(pages) >= SHARE * (max(pages) - min(pages) + 1)


def _at_edges(page: Page) -> Iterator[_Seen]:
    """Every way to read the short blocks at the head and the foot of a page: as they are, or with a number put out."""
    for at, block in enumerate(page.blocks):
        text = block.text.strip()
        if block.kind == "comment" or not text or len(text) > LONGEST:
            continue
        at_edge = block.box[3] < EDGE * page.height or block.box[1] > (1 - EDGE) * page.height
        if at_edge:
            yield _Seen(page, at, text)
        if block.kind != "heading" and (at_edge or _bare(text)):
            yield from _numbered(page, at, text)


def _bare(text: str) -> bool:
    return len(text) < 12 and any(_ALONE.fullmatch(shape) for shape, _, _ in _put_out(text))


def _numbered(page: Page, at: int, text: str) -> Iterator[_Seen]:
    for shape, number, value in _put_out(text):
        if _may_be_page(shape):
            yield _Seen(page, at, shape, number, value - page.number)


def _put_out(text: str) -> Iterator[tuple[str, str, int]]:
    """The text with one of its numbers put out, that number, and its value; Roman ones too."""
    found = [(match, int(match[0])) for match in _DIGITS.finditer(text)]
    found += [(match, _value(match[0])) for match in _ROMAN.finditer(text) if match[0] and match[0].isascii()]
    for match, value in found:
        yield text[: match.start()] + _NUMBER + text[match.end() :], match[0], value


def _may_be_page(shape: str) -> bool:
    if _COUNTED.search(shape):
        return False
    return any(form.search(shape) for form in (_PAGE_WORD, _SET_APART, _AT_AN_END)) or bool(_ALONE.fullmatch(shape))


def _value(roman: str) -> int:
    """The value of a Roman numeral: a lesser sign before a greater one is taken off."""
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[sign] for sign in roman.lower()]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < after else value for value, after in pairs)


def _groups(seen: Iterable[_Seen]) -> list[list[_Seen]]:
    """What stands on enough pages with the same words at the same place, those on most pages first.

    Where a number is only the first or the last word, another line must count as it does: "Question 3" may be on page 3
    by chance, and with it "Question 4" on page 4.
    """
    shapes: dict[tuple[str, int | None, bool], list[_Seen]] = {}
    for one in seen:
        shapes.setdefault((one.shape, one.ahead, one.depth < 0), []).append(one)
    groups = [group for alike in shapes.values() if len(alike) >= FEWEST_PAGES for group in _placed(alike)]
    counts = Counter(ahead for ahead, _ in {(group[0].ahead, group[0].shape) for group in groups})
    kept = [group for group in groups if _is_sure(group) or counts[group[0].ahead] > 1]
    return sorted(kept, key=lambda group: (-len(group), group[0].page.number, group[0].block))


def _is_sure(group: Sequence[_Seen]) -> bool:
    shape = group[0].shape
    sure = group[0].ahead is None or _PAGE_WORD.search(shape) or _SET_APART.search(shape) or _ALONE.fullmatch(shape)
    return bool(sure) or all(one.number == one.page.label for one in group)


def _placed(alike: Sequence[_Seen]) -> list[list[_Seen]]:
    """Runs of pages on which it stands at one height, or else, under texts of any length, at one place across.

    A bare number is looked for across first.
    """
    found: list[list[_Seen]] = []
    rest = list(alike)
    places: tuple[Callable[[_Seen], float], ...] = (lambda one: one.depth, lambda one: one.across)
    for place in reversed(places) if _ALONE.fullmatch(alike[0].shape) else places:
        runs = [run for near in _near(rest, place) for run in _runs(near)]
        found += runs
        taken = {(one.page.number, one.block) for run in runs for one in run}
        rest = [one for one in rest if (one.page.number, one.block) not in taken]
    return found


def _near(alike: Iterable[_Seen], place: Callable[[_Seen], float]) -> list[list[_Seen]]:
    near: list[list[_Seen]] = []
    for one in sorted(alike, key=place):
        if near and place(one) - place(near[-1][-1]) <= NEAR:
            near[-1].append(one)
        else:
            near.append([one])
    return near


def _runs(near: Iterable[_Seen]) -> list[list[_Seen]]:
    runs: list[list[_Seen]] = []
    for one in sorted(near, key=lambda one: one.page.number):
        if runs and one.page.number - runs[-1][-1].page.number <= WIDEST_GAP:
            runs[-1].append(one)
        else:
            runs.append([one])
    return [run for run in runs if _runs_on(run)]


def _pays(group: Sequence[_Seen]) -> bool:
    """Whether it is shorter to state the line once."""
    shape = group[0].shape
    return bool(_ALONE.fullmatch(shape)) or (len(group) - 1) * (len(shape) + 2) >= len(shape) + MARK_CHARS


def _taken(page: Page, running: _Taken) -> _Taken:
    """The running lines that can be taken out: those with nothing else farther out or close by, which they may name.

    All of them must agree on the page's number, and something must be left.
    """
    others = [
        block
        for at, block in enumerate(page.blocks)
        if at not in running and block.kind != "comment" and block.text.strip()
    ]
    taken = {at: one for at, one in running.items() if _stands_alone(page, page.blocks[at], others)}
    numbers = {one.number for _, one in taken.values() if one.number}
    if len(numbers) > 1 or any(page.label not in (None, str(page.number), number) for number in numbers):
        taken = {at: one for at, one in taken.items() if not one[1].number}
    left = any(at not in taken and block.text.strip() for at, block in enumerate(page.blocks))
    return taken if left else {}


def _stands_alone(page: Page, block: Block, others: Iterable[Block]) -> bool:
    _, top, _, bottom = block.box
    at_head = top + bottom < page.height
    clear = _GAP * min(bottom - top, _TALLEST_LINE)
    for other in others:
        farther_out = other.box[3] <= top + 1 if at_head else other.box[1] >= bottom - 1
        close_by = other.box[1] < bottom + clear and other.box[3] > top - clear
        if farther_out or close_by:
            return False
    return True


def _without(page: Page, taken: _Taken) -> Page:
    """The page with the blocks taken out left empty, so that its pictures keep their places, and labelled."""
    if not taken:
        return page
    number = next((one.number for _, one in taken.values() if one.number), None)
    blocks = tuple(replace(block, text="") if at in taken else block for at, block in enumerate(page.blocks))
    return replace(page, blocks=blocks, label=number or page.label)
