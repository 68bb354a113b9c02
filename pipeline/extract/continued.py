"""Tables that go on over pages: the last thing on one page and the first on the next, with the same columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.document import Block, Page
from pipeline.extract.geometry import overlap

_NEAR = 6.0
_FOOT = 0.8
_HEAD = 0.2
_CELL_END = re.compile(r"(?<!\\)\|")
_SHORT = 80
_CONTINUED = re.compile(r"\b(continued|cont[’']?d|cont\.|fortsetzung|forts\.|suite|continuación|segue)", re.IGNORECASE)
_NUMBER = re.compile(r"\W*(\w{1,6}\W+)?\d{1,5}(\W+(of|von|de|sur|di|van)?\W*\d{1,5})?\W*", re.IGNORECASE)
_COUNTED = re.compile(r"\d+|\b[ivxlc]+\b")
_BESIDE = (-2, -1, 1, 2)


def mark_continued(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The same pages, in order, each table that goes on from the page before marked with that page's number."""
    marked = list(pages)
    by_number = {page.number: page for page in pages}

    def beside(page: Page) -> list[Page]:
        """The pages around one, two on either side: odd and even ones may be headed apart."""
        return [by_number[page.number + step] for step in _BESIDE if page.number + step in by_number]

    for at, (page, following) in enumerate(pairwise(pages), 1):
        if following.number != page.number + 1 or not (_has_table(page) and _has_table(following)):
            continue
        last, first = _last(page, beside(page)), _first(following, beside(following))
        if last is None or first is None:
            continue
        if _goes_on(page.blocks[last], following.blocks[first], page, following):
            blocks = list(following.blocks)
            head = _head(marked[at - 1].blocks[last])
            given = _cells(head) == _rows(blocks[first])[0]
            blocks[first] = replace(blocks[first], continues=page.number, head="" if given else head)
            marked[at] = replace(following, blocks=tuple(blocks))
    return tuple(marked)


def _has_table(page: Page) -> bool:
    """Told first: most pages have none, and what runs over them need not be looked for."""
    return any(block.kind == "table" for block in page.blocks)


def _last(page: Page, beside: Sequence[Page]) -> int | None:
    """The table that the page ends with."""
    body = [
        (at, block)
        for at, block in enumerate(page.blocks)
        if block.kind == "table"
        or not (_NUMBER.fullmatch(block.text) or _is_aside(block) or _runs(block, page, beside))
    ]
    if not body or body[-1][1].kind != "table":
        return None
    at, table = body[-1]
    below = any(one.box[1] >= table.box[3] - 1 and overlap(one.box, table.box, 0) > 0 for _, one in body)
    return None if below else at


def _first(page: Page, beside: Sequence[Page]) -> int | None:
    """The table that the page begins with; a line that says "continued" may stand over it."""
    body = [
        (at, block)
        for at, block in enumerate(page.blocks)
        if block.kind == "table" or not (_is_over(block, page) or _is_aside(block) or _runs(block, page, beside))
    ]
    if not body or body[0][1].kind != "table":
        return None
    at, table = body[0]
    above = any(one.box[3] <= table.box[1] + 1 and overlap(one.box, table.box, 0) > 0 for _, one in body)
    return None if above else at


def _is_over(block: Block, page: Page) -> bool:
    """Whether it is what may stand over a table that goes on: a page's number, or a line that says so."""
    numbered = block.box[3] < _HEAD * page.height and _NUMBER.fullmatch(block.text)
    return bool(numbered or (len(block.text) < _SHORT and _CONTINUED.search(block.text)))


def _is_aside(block: Block) -> bool:
    return block.kind == "comment" or not block.text.strip()


def _runs(block: Block, page: Page, beside: Sequence[Page]) -> bool:
    """Whether the block runs over the pages: one beside has the like, but for its numbers, at the same place."""
    shape = _COUNTED.sub("0", block.text)
    return any(
        (
            abs(block.box[1] - one.box[1]) <= _NEAR
            or abs(page.height - block.box[3] - other.height + one.box[3]) <= _NEAR
        )
        and _COUNTED.sub("0", one.text) == shape
        for other in beside
        for one in other.blocks
        if one.kind not in ("table", "comment")
    )


def _goes_on(table: Block, following: Block, page: Page, next_page: Page) -> bool:
    """Whether the following table is more of the first: as many columns, at one edge at least the same place, and a
    head that is empty, or the same, or that is no head but a row like the last one.
    """
    rows, more = _rows(table), _rows(following)
    if not rows or not more or len(rows[0]) != len(more[0]):
        return False
    left, right = (abs(table.box[side] - following.box[side]) <= _NEAR for side in (0, 2))
    if not (left or right):
        return False
    head = more[0]
    if not any(head) or head == rows[0]:
        return True
    over_the_edge = table.box[3] >= _FOOT * page.height and following.box[1] <= _HEAD * next_page.height
    return over_the_edge and left and _kinds(head) == _kinds(rows[-1])


def _head(table: Block) -> str:
    """The row of a table's head, where it has gone on from another page that of the first."""
    return table.head or next(line for line in table.text.split("\n") if line.startswith("|"))


def _rows(table: Block) -> list[list[str]]:
    """The cells of a table in Markdown, its head first, without the line under that."""
    lines = [line for line in table.text.split("\n") if line.startswith("|")]
    return [_cells(line) for line in (*lines[:1], *lines[2:])]


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _CELL_END.split(row)[1:-1]]


def _kinds(row: Sequence[str]) -> list[str]:
    """What each cell of a row holds: nothing, figures or words."""
    return ["" if not cell else "0" if sum(map(str.isdigit, cell)) * 2 > len(cell) else "a" for cell in row]
