"""Tables as the engine reads them: header, rows, the unit they state, and each cell under its two labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.offline.blocks import Block, Row
from pipeline.offline.fields import numbers
from pipeline.offline.fields.dates import find_dates
from pipeline.offline.fields.entries import Entry, Names, is_party, pairs, party_of
from pipeline.offline.fields.labels import Reading, is_label, readings
from pipeline.offline.fields.names import PERSON
from pipeline.offline.fields.numbers import find_numbers

_PER_SHARE = re.compile(
    r"\bper (?:ordinary )?share\b|\bje aktie\b|\bpar action\b|\bpor acción\b|\beps\b|%", re.IGNORECASE
)
_NEARBY = 3
_SUMS = {
    frozenset(words.split())
    for words in ("total|grand total|net total|subtotal|tax amount|discount|shipping|amount due|amount paid").split("|")
}
_TOTAL = re.compile(
    r"^\W*(sub-?\s?totals?|totals?|(?:group|konzern|groupe|consolidated)\W*$|grand total|net total|summe|"
    r"gesamt\w*|zwischensumme|sous-total|total\w*|carried forward|"
    r"brought forward|übertrag|report|à reporter|amount due|balance|mwst|vat|tva|iva|ust|netto\w*|"
    r"brutto\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table over one or more pages. `header` has one text a column ("" where there is none)."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    pages: tuple[int, ...]
    title: str
    scale: int | None
    currency: str | None
    order: int
    section: str = ""
    """The heading that the table stands under."""
    head: str = ""
    """The first line of the header as it stands on the page."""


def read_tables(blocks: Sequence[Block]) -> list[Table]:
    """Every table, continuations on following pages joined to their beginning."""
    found: list[Table] = []
    last_block = -10
    for number, block in enumerate(blocks):
        if block.kind != "table":
            continue
        above = [other.text for other in blocks[max(0, number - _NEARBY) : number] if other.kind != "table"]
        section = next((other.text for other in reversed(blocks[:number]) if other.kind == "heading"), "")
        for part in _parts(block):
            header, rows = _split_header(part)
            joined = _continued(found[-1], header, rows, part) if found and number - last_block <= 3 else None
            if joined:
                found[-1] = joined
            else:
                found.append(_with_unit(_table(part, header, rows, above, section), found))
        last_block = number
    return found


def _parts(block: Block) -> list[Block]:
    """A table cut before each row of labels in it: forms and invoices print several tables as one."""
    starts = [at for at, row in enumerate(block.rows) if at == 0 or _is_label_row(row)]
    starts = [at for at in starts if at == 0 or at - 1 not in starts or block.rows[at].cells[0]]
    ends = [*starts[1:], len(block.rows)]
    return [
        replace(block, rows=block.rows[start:end], ruled=block.ruled or start > 0)
        for start, end in zip(starts, ends, strict=True)
    ]


def _is_label_row(row: Row) -> bool:
    filled = [cell for cell in row.cells if cell]
    return len(filled) >= 2 and sum(is_label(cell) for cell in filled) >= max(2, 0.6 * len(filled))


def _table(block: Block, header: tuple[str, ...], rows: tuple[Row, ...], above: Sequence[str], section: str) -> Table:
    stated = " ".join((*header, *(row.quote for row in rows[:1] if not find_numbers(row.quote))))
    near = [text for text in reversed(above) if len(text) < 240]
    scale = next((found for text in (stated, *near) if (found := numbers.unit_scale(text)) is not None), None)
    currency = next((code for text in (stated, *near) if (code := numbers.currency_of(text))), None)
    title = above[-1] if above else ""
    head = block.rows[0].quote if header else ""
    return Table(header, rows, (block.page,) * len(rows), title, scale, currency, block.index, section, head)


def _with_unit(table: Table, before: Sequence[Table]) -> Table:
    """A table that repeats the header of the one before it has its unit too."""
    last = before[-1] if before else None
    if (
        last
        and table.header
        and [cell.casefold() for cell in table.header] == [cell.casefold() for cell in last.header]
    ):
        return replace(table, scale=table.scale or last.scale, currency=table.currency or last.currency)
    return table


def _continued(table: Table, header: tuple[str, ...], rows: tuple[Row, ...], block: Block) -> Table | None:
    """The table with the rows of a block that goes on with it without a header of its own, or None."""
    if header or not table.rows or not table.header or block.page - table.pages[-1] > 1:
        return None
    widths = {len(row.cells) for row in table.rows} | {len(table.header)}
    if any(len(row.cells) not in widths for row in rows):
        return None
    return Table(table.header, table.rows + rows, table.pages + (block.page,) * len(rows), table.title, table.scale,
                 table.currency, table.order, table.section, table.head)  # fmt: skip


def _split_header(block: Block) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """The header's cells (of up to three rows, joined downwards) and the other rows."""
    rows = block.rows
    count = 0
    if not block.ruled and max(len(row.cells) for row in rows) == 2 and not _is_label_row(rows[0]):
        return (), rows
    while count < min(3, len(rows) - 1) and _is_header(rows[count], first=count == 0, ruled=block.ruled):
        count += 1
    if not count:
        return (), rows
    width = max(len(row.cells) for row in rows[:count])
    columns = (" ".join(row.cells[at] for row in rows[:count] if at < len(row.cells)).strip() for at in range(width))
    return tuple(" ".join(column.split()) for column in columns), rows[count:]


def _is_header(row: Row, *, first: bool, ruled: bool) -> bool:
    """Words, years or dates in every filled cell; a later row is a header only where its first cell is empty."""
    filled = [cell for cell in row.cells if cell]
    if len(filled) < 2 and not (filled and ruled and first):
        return False
    if not first and row.cells[0]:
        return False
    return not any(is_figure(cell) for cell in filled) and not any(cell.endswith(":") for cell in filled)


def is_figure(cell: str) -> bool:
    """Whether a cell holds a figure (a year or a date is none, nor is a label with a rate in it)."""
    if re.fullmatch(r"\W*(?:FY|Q\d|H\d)?\W*(?:19|20)\d\d\W*", cell) or find_dates(cell, True):
        return False
    found = find_numbers(cell)
    bare = re.sub("|".join(re.escape(number.text) for number in found), "", cell) if found else cell
    letters = sum(sign.isalpha() for sign in bare)
    return bool(found) and letters <= (4 if cell.lstrip("(-–+ ")[:1].isdigit() else 1)


def is_total(row: Row) -> bool:
    """Whether a row sums up others, or adds what is no item of its own (tax, discount, shipping)."""
    filled = [cell for cell in row.cells if cell]
    if not filled or len(filled[0].split()) > 6:
        return False
    summing = any(reading in _SUMS for reading in readings(filled[0])[:1]) and len(filled) <= 3
    return summing or bool(_TOTAL.match(filled[0]))


def table_entries(tables: Sequence[Table], names: Names) -> list[Entry]:
    """Every cell as an entry: label beside value, header above value, or row label with column header."""
    return [entry for number, table in enumerate(tables) for entry in _entries(table, number, names)]


def _entries(table: Table, number: int, names: Names) -> Iterator[Entry]:
    rows = list(zip(table.rows, table.pages, strict=True))
    parties = _Parties(table)
    if table.header and table.pages:
        yield from _pair_entries(Row(table.header, table.head), table.pages[0], table, names, parties)
    for at, (row, page) in enumerate(rows):
        group = number * 10_000 + at
        yield from _pair_entries(row, page, table, names, parties)
        if len([cell for cell in row.cells if cell]) >= 2 and table.header:
            yield from _cell_entries(row, page, table, group)
        if at == 0 and table.header and (len(rows) == 1 or not _is_grid(table)):
            yield from _column_entries(row, page, table, names)
    yield from parties.entries(table)


def _pair_entries(row: Row, page: int, table: Table, names: Names, parties: _Parties) -> Iterator[Entry]:
    """Cells that are a label with its value beside it; inside of them, labels and values of their own."""
    filled = [(at, cell) for at, cell in enumerate(row.cells) if cell]
    for number, ((at, label), (_, value)) in enumerate(pairwise(filled)):
        known = len(filled) == 2 or is_label(label, names) or label.endswith(":")
        if any(is_figure(cell) for _, cell in filled[number + 2 : number + 3]) and is_figure(value):
            continue  # a row of several figures: which one is meant, its columns say
        if known and not is_figure(label) and not is_label(value, names):
            yield _entry(label.rstrip(" :"), value, page, row, table, 0.97, parties.around(at))
        if is_label(value, names) and PERSON.fullmatch(label) and not is_label(label, names):
            yield _entry(value, label, page, row, table, 0.93, parties.around(at))  # "Jane Doe | Chair"
    for at, cell in filled:
        for label, value, start, end in pairs(cell, names):
            if value and (":" in cell[start:end] or _names_itself(start, label, value)):
                yield replace(_entry(label, value, page, row, table, 0.95, parties.around(at)), quote=cell[start:end])


def _names_itself(start: int, label: str, value: str) -> bool:
    """A cell that opens with its label and needs no colon: "Invoice date 4 May 2025", "Client ACME Ltd"."""
    return start == 0 and (" " in label or is_party(label)) and (value[0].isupper() or value[0].isdigit())


class _Parties:
    """Parties side by side in a table: a cell "Bill to", in the same column a name below it, then what is theirs."""

    def __init__(self, table: Table) -> None:
        self._columns: dict[int, Reading] = {}
        self._names: list[tuple[str, str, Row, int]] = []
        lines = [(table.header, Row(table.header, table.head), table.pages[0] if table.pages else 0)]
        lines += [(row.cells, row, page) for row, page in zip(table.rows, table.pages, strict=True)]
        for column in range(max((len(cells) for cells, _, _ in lines), default=0)):
            self._read(column, [(cells[column], row, page) for cells, row, page in lines if column < len(cells)])

    def _read(self, column: int, cells: Sequence[tuple[str, Row, int]]) -> None:
        label = ""
        for cell, row, page in cells:
            party = party_of(cell)
            if party:
                self._columns[column] = party
                label = cell if is_party(cell) else ""
            elif label and cell:
                self._names.append((label, cell, row, page))
                label = ""

    def around(self, column: int) -> Reading:
        """Whose column it is; the letterhead's own where the table names nobody."""
        return self._columns.get(column, frozenset() if self._columns else frozenset({"seller"}))

    def entries(self, table: Table) -> Iterator[Entry]:
        for label, cell, row, page in self._names:
            yield replace(_entry(label, cell, page, row, table, 0.9, frozenset()), quote=cell)


def _is_grid(table: Table) -> bool:
    """Whether most rows fill most columns, as in a list of items; else it is a form with labels above its values."""
    width = sum(1 for cell in table.header if cell)
    full = sum(sum(1 for cell in row.cells if cell) >= width - 1 for row in table.rows)
    return width >= 2 and full >= 2


def _cell_entries(row: Row, page: int, table: Table, group: int) -> Iterator[Entry]:
    label = row.cells[0]
    if not label or is_figure(label):
        return
    for at, cell in enumerate(row.cells[1:], 1):
        if cell and at < len(table.header):
            found = _entry(label, cell, page, row, table, 0.93)
            yield Entry(found.label, cell, page, found.quote, found.order, 0.93, found.around, found.readings,
                        table.header[at] or " ", found.scale, table.currency, group)  # fmt: skip


def _column_entries(row: Row, page: int, table: Table, names: Names) -> Iterator[Entry]:
    """A form whose labels stand above its values."""
    labels = [label for label in table.header if label]
    if len(table.rows) > 1 and sum(is_label(label, names) for label in labels) < 0.6 * len(labels):
        return
    for label, cell in zip(table.header, row.cells, strict=False):
        if label and cell and not is_label(cell, names):
            yield _entry(label, cell, page, row, table, 0.93)


def _entry(
    label: str, value: str, page: int, row: Row, table: Table, prior: float, whose: Reading = frozenset()
) -> Entry:
    title = next(iter(readings(table.title)), frozenset()) if len(table.title.split()) <= 10 else frozenset()
    scale = numbers.unit_scale(label)
    if scale is None and not _PER_SHARE.search(label):
        scale = table.scale
    return Entry(
        label, value, page, row.quote, table.order, prior, title | whose, readings(label), "", scale, table.currency
    )
