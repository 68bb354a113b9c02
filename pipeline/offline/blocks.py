"""A page's text as blocks: headings, paragraphs of lines, and tables of cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.offline.chat import Sheet

_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*")
_CELL_END = re.compile(r"(?<!\\)\|")
_NUMBERING = re.compile(
    r"(?:(?:§{1,2}|Art\.?|Article|Section|Clause|Artikel|Abschnitt|Chapter|Kapitel|Ziffer|Schedule|Anlage|Annexe?)\s*)?"
    r"(?:\d{1,2}(?:\.\d{1,2}){0,2}|[IVX]{1,4}\.)[.)]?\s*(?:[-–—:]\s*)?(?=[^\W\d_])"
)
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
    """The blocks of all pages in reading order, numbered through; lines that only repeat on most pages are left out.

    Those that the request itself states as running stand after the first page that has them.
    """
    furniture = _running_lines(sheets)
    found: list[Block] = []
    for sheet in sheets:
        for chunk in re.split(r"\n[^\S\t\n]*\n", sheet.text):
            lines = [line for line in chunk.split("\n") if line.strip() and _shape(line) not in furniture]
            for kind, group in _groups(lines):
                block = _block(kind, group, sheet.number, len(found))
                if found and _goes_on(found[-1], block):
                    found[-1] = replace(found[-1], lines=found[-1].lines + block.lines)
                else:
                    found.append(block)
        for line in sheet.running:
            found += [_block(kind, group, sheet.number, len(found)) for kind, group in _groups(line.split("\n"))]
    return found


def _goes_on(block: Block, following: Block) -> bool:
    """Whether a paragraph was cut at a line's end: no full stop, then a small letter, or a line that fills the page."""
    if block.kind != "text" or following.kind != "text" or block.page != following.page:
        return False
    last, first = block.lines[-1], following.lines[0]
    if last.endswith((".", "!", "?", ":", ";")) or re.match(r"[•●▪■*–-]\s|\(?\w{1,2}[.)]\s", first):
        return False
    if "@" in last or "@" in first or re.match(r"[^\W\d_]+(?:\s\w+)?[.:—]\s", first):
        return False
    return first[:1].islower() or (len(last) > 75 and last[-1:] not in "。" and ":" not in first[:40])


def _plain_heading(line: str) -> str:
    """A heading that came as a plain line, as OCR gives it: numbered, or in capitals; "" where the line is none."""
    words = line.split()
    if not 1 <= len(words) <= 9 or line.endswith((".", ",", ";", ":")):
        return ""
    letters = [sign for sign in line if sign.isalpha()]
    numbered = _NUMBERING.match(line)
    bare = line[numbered.end() :] if numbered else line
    if numbered and bare[:1].isupper() and not re.search(r"\d", bare):
        return bare
    capitals = len(letters) >= 5 and all(sign.isupper() for sign in letters)
    return bare if capitals and not re.search(r"\d", bare) and len(words) <= 8 else ""


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
    if "\t" in stripped and not _plain_heading(" ".join(stripped.split())) and _is_row(stripped):
        return "rows"
    return "heading" if _HEADING.match(stripped) else "text"


def _is_row(line: str) -> bool:
    """A row has short cells; a tab inside of a sentence is only a wide space."""
    cells = line.split("\t")
    return len(cells) > 3 or all(len(cell.split()) <= 9 for cell in cells)


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
        text = " ".join(match[2].split()) if match else ""
        numbered = _NUMBERING.match(text)
        return Block("heading", page, index, (text[numbered.end() :] if numbered else text,))
    plain = tuple(" ".join(line.split()) for line in lines)
    heading = _plain_heading(plain[0]) if len(plain) == 1 else ""
    return Block("heading", page, index, (heading,)) if heading else Block("text", page, index, plain)


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    cells = (re.sub(r"<br\s*/?>", " ", cell).replace("\\|", "|") for cell in _CELL_END.split(inner))
    return tuple(" ".join(cell.split()) for cell in cells)
