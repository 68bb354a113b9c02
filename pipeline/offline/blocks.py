"""A page's text as blocks: headings, paragraphs of lines, and tables of cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.offline.chat import Sheet

_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*")
_CELL_END = re.compile(r"(?<!\\)\|")
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells, trimmed, and the line as it stands on the page."""

    cells: tuple[str, ...]
    quote: str


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or a table. `lines` are those of the page, white space collapsed but for tabs in rows."""

    kind: Literal["heading", "text", "table"]
    page: int
    index: int
    lines: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    ruled: bool = False
    """Whether the table came as a Markdown table with a header line, not as loose rows of tabs."""

    @property
    def text(self) -> str:
        """The block on one line."""
        return " ".join(self.lines)


def read_blocks(sheets: Sequence[Sheet]) -> list[Block]:
    """The blocks of all pages in reading order, numbered through; lines that only repeat on most pages are left out."""
    furniture = _running_lines(sheets)
    found: list[Block] = []
    for sheet in sheets:
        for chunk in re.split(r"\n[^\S\t\n]*\n", sheet.text):
            lines = [line for line in chunk.split("\n") if line.strip() and _shape(line) not in furniture]
            for kind, group in _groups(lines):
                found.append(_block(kind, group, sheet.number, len(found)))
    return found


def _shape(line: str) -> str:
    """A line with its digits made equal: "Page 3 of 9" and "Page 4 of 9" are one running line."""
    return re.sub(r"\d+", "0", " ".join(line.split())).casefold()


def _running_lines(sheets: Sequence[Sheet]) -> set[str]:
    """Running headers and footers: short edge lines that stand on at least four pages and on a third of all."""
    counts: Counter[str] = Counter()
    for sheet in sheets:
        lines = [line for line in sheet.text.split("\n") if line.strip()]
        edges = {_shape(line) for line in (*lines[:4], *lines[-4:]) if len(line) < 140}
        counts.update(edge for edge in edges if not edge.startswith("|"))
    least = max(4, len(sheets) // 3)
    return {line for line, count in counts.items() if count >= least}


def _groups(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Neighbouring lines of one kind: "|" rows of a Markdown table, tab rows, a heading, plain lines."""
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        kind = _line_kind(line)
        if found and found[-1][0] == kind and kind != "heading":
            found[-1][1].append(line)
        else:
            found.append((kind, [line]))
    return found


def _line_kind(line: str) -> str:
    stripped = line.strip()
    if stripped.startswith("|") and stripped.count("|") >= 2:
        return "table"
    if "\t" in stripped:
        return "rows"
    return "heading" if _HEADING.match(stripped) else "text"


def _block(kind: str, lines: Sequence[str], page: int, index: int) -> Block:
    if kind == "table":
        rows = [Row(_cells(line), " ".join(line.strip().strip("|").split())) for line in lines]
        ruled = len(lines) > 1 and bool(_RULE.fullmatch(lines[1].strip()))
        kept = tuple(row for row, line in zip(rows, lines, strict=True) if not _RULE.fullmatch(line.strip()))
        return Block("table", page, index, tuple(row.quote for row in kept), kept, ruled)
    if kind == "rows":
        tabbed = tuple(
            Row(tuple(c.strip() for c in line.strip().split("\t")), " ".join(line.split())) for line in lines
        )
        return Block("table", page, index, tuple(row.quote for row in tabbed), tabbed)
    if kind == "heading":
        match = _HEADING.match(lines[0].strip())
        return Block("heading", page, index, (" ".join(match[2].split()) if match else "",))
    return Block("text", page, index, tuple(" ".join(line.split()) for line in lines))


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    cells = (re.sub(r"<br\s*/?>", " ", cell).replace("\\|", "|") for cell in _CELL_END.split(inner))
    return tuple(" ".join(cell.split()) for cell in cells)
