"""Labels and their values as pages print them: "Label: value", a label above its value, blocks about one party.

Each is an `Entry`; which field it answers, and whether it does, is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from pipeline.offline import sentences
from pipeline.offline.blocks import Block
from pipeline.offline.fields.labels import Reading, is_label, readings
from pipeline.offline.fields.names import is_company, names_someone

Names = frozenset[Reading]
"""Readings of the names that the user's schema gives: on a page, they are labels."""

NOWHERE: Reading = frozenset()
SECTION = -2
"""The group of an entry whose label is a heading and whose value the text below it."""
_LETTERHEAD: Reading = frozenset({"seller"})
_PARTIES = frozenset(
    "seller buyer landlord tenant employer employee lender borrower provider licensor licensee ship insured "
    "insurer patient "
    "customer bank guarantor contact company client consultant".split()
)
_COLON = re.compile(r"\s?[:：](?=\s|$|[^\s/\d:])|\s[:：](?=\S)")
_WORD = re.compile(r"\S+")
_GLUE = " \t·|;,–—•-"
_CONNECTOR = re.compile(
    r"(?:and|or|of|to|the|in|for|with|by|is|are|was|shall|und|oder|der|die|des|et|ou|de|du|y|o)\b", re.IGNORECASE
)
_RUN_IN = re.compile(r"(?P<label>[A-ZÀ-Ý][\w ]{2,38}?)\s?(?:\.|[:—–])\s?[—–-]?\s?(?=\S)")
_SPLIT = re.compile(r"\s[·•|]\s|;\s|\s{2,}|\t")


@dataclass(frozen=True, slots=True)
class Entry:
    """A label and what stands beside or below it.

    `around` are the words of its section; `column` the header above a table's cell; `scale` and `currency` those that
    the table states; `prior` how far the way it was found can be trusted (0 to 1); `group` tells rows of tables apart.
    """

    label: str
    value: str
    page: int
    quote: str
    order: int
    prior: float = 1.0
    around: Reading = NOWHERE
    readings: tuple[Reading, ...] = ()
    column: str = ""
    scale: int | None = None
    currency: str | None = None
    group: int = -1


def line_entries(blocks: Sequence[Block], names: Names) -> list[Entry]:
    """The entries of all headings and paragraphs, in order."""
    return list(_Walk(blocks, names).entries())


def pairs(line: str, names: Names) -> list[tuple[str, str, int, int]]:
    """(label, value, start, end) of the labels on one line; the value of the last one may be empty.

    >>> pairs("Invoice no.: 77 Due date: 4 May 2025", frozenset())
    [('Invoice no.', '77', 0, 15), ('Due date', '4 May 2025', 16, 36)]
    """
    marks = _colon_marks(line, names)
    bare = _bare_marks(line, names, marks) if len(line.split()) <= 24 else []
    prose = len(line.split()) > 9 and len(bare) == 1
    marks += [] if prose else bare
    marks.sort()
    found = []
    for number, (start, end, after) in enumerate(marks):
        stop = marks[number + 1][0] if number + 1 < len(marks) else len(line)
        separator = _SPLIT.search(line, after, stop)
        if separator and separator.start() > after and len(marks) > 1:
            stop = separator.start()
        value = line[after:stop].strip().rstrip(_GLUE).lstrip("\t·|;,–—• ")
        if _CONNECTOR.match(value):
            continue
        found.append(
            (line[start:end].strip(_GLUE), value, start, stop - len(line[after:stop]) + len(line[after:stop].rstrip()))
        )
    return found


def _colon_marks(line: str, names: Names) -> list[tuple[int, int, int]]:
    """(label start, label end, value start) of each label that a colon ends."""
    marks: list[tuple[int, int, int]] = []
    for colon in _COLON.finditer(line):
        floor = marks[-1][2] if marks else 0
        before = line[floor : colon.start()]
        pieces = list(_SPLIT.finditer(before))
        opening = floor + (pieces[-1].end() if pieces else 0)
        words = list(_WORD.finditer(line, opening, colon.start()))
        known = next((word.start() for word in words[-5:] if is_label(line[word.start() : colon.start()], names)), None)
        if known is not None:
            marks.append((known, colon.start(), colon.end()))
        elif (not marks or pieces) and 0 < len(words) <= 7 and colon.start() - opening <= 60:
            marks.append((opening, colon.start(), colon.end()))
    return marks


def _bare_marks(line: str, names: Names, taken: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Known labels without a colon: at the line's start, or of two words and more inside of it, a value behind each."""
    words = list(_WORD.finditer(line))
    marks: list[tuple[int, int, int]] = []
    at = 0
    while at < len(words):
        found = 0
        for length in range(min(6, len(words) - at - 1), 0, -1):
            piece = line[words[at].start() : words[at + length - 1].end()]
            single = length == 1 and at > 0
            short = length == 1 and (len(piece) < 2 or (len(piece) < 4 and not piece.isupper()))
            if single or short or piece[-1] in ",;:" or not (piece[0].isupper() or not piece[0].isalpha()):
                continue
            if is_label(piece, names) and not _overlaps(words[at].start(), words[at + length - 1].end(), taken):
                found = length
                break
        if found:
            end = words[at + found - 1].end()
            marks.append((words[at].start(), end, end))
        at += max(1, found)
    return marks


def _overlaps(start: int, end: int, taken: Sequence[tuple[int, int, int]]) -> bool:
    return any(start < after and first < end for first, _, after in taken)


def is_party(text: str) -> bool:
    """Whether a text is the label of a party's block, such as "Bill to" or "Käufer"."""
    text = text.strip(" :")
    return 1 < len(text) < 40 and is_label(text) and any(reading <= _PARTIES for reading in readings(text))


def party_of(text: str) -> Reading:
    """The party that a text names, alone ("Bill to") or with a name behind it ("Bill to ACME Ltd"); else empty."""
    words = text.split()
    for length in range(min(3, len(words)), 0, -1):
        piece = " ".join(words[:length]).rstrip(":")
        if is_party(piece) and (
            length == len(words) or length > 1 or text[len(piece) :].startswith(":") or is_company(text)
        ):
            return next(reading for reading in readings(piece) if reading <= _PARTIES)
    return NOWHERE


class _Walk:
    """Walks the blocks in order and remembers which section, and which party's block, each line stands in."""

    def __init__(self, blocks: Sequence[Block], names: Names) -> None:
        self._blocks = blocks
        self._names = names
        self._section = NOWHERE
        self._party: tuple[Reading, int, int] | None = None
        self._letterhead_open = True

    def entries(self) -> Iterator[Entry]:
        for number, block in enumerate(self._blocks):
            if block.kind == "table":
                self._party = None
                continue
            following = self._blocks[number + 1] if number + 1 < len(self._blocks) else None
            if block.kind == "heading":
                yield from self._heading(block, following)
            else:
                yield from self._paragraph(block, following)

    def _around(self, block: Block) -> Reading:
        if self._party and (block.page != self._party[1] or block.index - self._party[2] > 2):
            self._party = None
        return self._section | (self._party[0] if self._party else _LETTERHEAD)

    def _heading(self, block: Block, following: Block | None) -> Iterator[Entry]:
        read = readings(block.text)
        found = pairs(block.text, self._names)
        self._section = read[0] if read and len(block.text.split()) <= 10 else NOWHERE
        if is_party(block.text):
            self._party = (read[0] & _PARTIES, block.page, block.index)
            yield from self._party_lines(block.text, following.lines if following else (), following or block)
        elif found and found[0][1]:
            yield from self._of_pairs(found, block, block.text, NOWHERE, 0.9)
        elif following and following.kind == "text" and following.page == block.page:
            section = [other.text for other in self._blocks[block.index + 1 : block.index + 9]]
            kinds = [other.kind for other in self._blocks[block.index + 1 : block.index + 9]]
            body = section[: kinds.index("heading")] if "heading" in kinds else section[:3]
            found_entry = self._entry(block.text, " ".join(body), block, following.text, 0.86, NOWHERE)
            yield replace(found_entry, group=SECTION)
        self._letterhead(block)

    def _paragraph(self, block: Block, following: Block | None) -> Iterator[Entry]:
        self._letterhead(block)
        yield from self._letterhead_entry(block)
        run_in = _RUN_IN.match(block.text)
        if run_in and len(block.text) > 120 and is_label(run_in["label"], self._names):
            yield self._entry(run_in["label"], block.text[run_in.end() :], block, block.text, 0.95, NOWHERE)
        for number, line in enumerate(block.lines):
            rest = block.lines[number + 1 :]
            if is_party(line.rstrip(":")):
                self._party = (readings(line.rstrip(":"))[0] & _PARTIES, block.page, block.index)
                lines = rest or (following.lines if following and following.kind != "table" else ())
                yield from self._party_lines(line, lines, block)
                continue
            around = self._around(block)
            found = pairs(line, self._names)
            if found:
                yield from self._of_pairs(found, block, line, around, 0.97)
                yield from self._below(found[-1], line, rest, following, block, around)
            elif is_label(line, self._names):
                yield from self._below((line, "", 0, len(line)), line, rest, following, block, around)
            if number and is_label(line, self._names) and names_someone(block.lines[number - 1]):
                above = block.lines[number - 1]  # "Jane Doe" and below it "Chief Executive Officer"
                yield self._entry(line, above, block, f"{above} {line}", 0.85, around)
            yield from self._place(line, block, around)
            yield from self._signed(line, rest, following, block)

    def _of_pairs(
        self, found: Sequence[tuple[str, str, int, int]], block: Block, line: str, around: Reading, prior: float
    ) -> Iterator[Entry]:
        for label, said, start, stop in found:
            value, end = said, stop
            if len(said.split()) > 9:
                value = sentences.split(said)[0]
                end = stop - (len(said) - len(value)) if said.startswith(value) else stop
            if value:
                colon = line[start + len(label) : start + len(label) + 3].lstrip().startswith((":", "："))
                yield self._entry(label, value, block, line[start:end], prior if colon else prior - 0.09, around)

    def _below(
        self,
        last: tuple[str, str, int, int],
        line: str,
        rest: Sequence[str],
        following: Block | None,
        block: Block,
        around: Reading,
    ) -> Iterator[Entry]:
        """A label that ends its line: its value is the next line, unless that is a label itself."""
        if last[1]:
            return
        follows = following.lines if following and following.kind == "text" and following.page == block.page else ()
        after = rest[0] if rest else (follows[0] if follows else "")
        if after and not is_label(after, self._names) and not pairs(after, self._names):
            quote = f"{line[last[2] :]} {after}" if rest else after
            yield self._entry(last[0], after, block, quote, 0.9, around)

    def _party_lines(self, label: str, lines: Sequence[str], block: Block) -> Iterator[Entry]:
        """A party's block: the first line is its name, the others (without labels of their own) its address."""
        if not self._party or not lines:
            return
        around = self._party[0]
        plain = [line for line in lines if not pairs(line, self._names)]
        if not plain:
            return
        yield self._entry(label, plain[0], block, plain[0], 0.95, NOWHERE)
        behind = list(lines[lines.index(plain[0]) + 1 :][:4])
        address = list(takewhile(lambda line: line in plain and not is_label(line, self._names), behind))
        if address:
            yield self._entry("address", ", ".join(address), block, " ".join(address), 0.9, around)

    def _letterhead(self, block: Block) -> None:
        if block.page != self._blocks[0].page or block.index > 14:
            self._letterhead_open = False

    def _letterhead_entry(self, block: Block) -> Iterator[Entry]:
        """The first company at the top of the first page is the one whose paper it is."""
        first = self._blocks[max(0, block.index - 1)]
        for holder in (first, block) if first.kind == "heading" else (block,):
            for line in holder.lines:
                if self._letterhead_open and self._party is None and self._is_letterhead(line):
                    self._letterhead_open = False
                    read = tuple(
                        frozenset(words) for words in ({"seller"}, {"seller", "name"}, {"company"}, {"company", "name"})
                    )
                    yield replace(self._entry("", line, holder, line, 0.85, NOWHERE), readings=read)

    def _is_letterhead(self, line: str) -> bool:
        return is_company(line) and len(line.split()) <= 8 and not line.endswith(":") and not pairs(line, self._names)

    def _place(self, line: str, block: Block, around: Reading) -> Iterator[Entry]:
        """Postal code and city, where a line ends in them."""
        place = place_of(line)
        if place:
            for label, value in zip(("postal code", "city"), place, strict=True):
                yield self._entry(label, value, block, line, 0.85, around)

    def _signed(self, line: str, rest: Sequence[str], following: Block | None, block: Block) -> Iterator[Entry]:
        """Place and date of a letter on one line; the name under its closing words."""
        dated = _PLACE_DATE.match(line)
        if dated:
            read = tuple(
                frozenset(words.split()) for words in ("letter date", "date", "document date", "agreement date")
            )
            yield replace(self._entry("", dated["date"], block, line, 0.85, NOWHERE), readings=read)
        if _CLOSING.match(line):
            lines = rest or (following.lines if following and following.kind == "text" else ())
            name = next((one for one in lines if one.strip("_. ")), "")
            if name:
                yield self._entry("signed by", name, block, name, 0.85, NOWHERE)

    def _entry(self, label: str, value: str, block: Block, quote: str, prior: float, around: Reading) -> Entry:
        return Entry(label, value, block.page, quote.strip(), block.index, prior, around, readings(label))


_PLACE_DATE = re.compile(
    r"[A-ZÀ-Ý][\w.-]+(?:\s[A-ZÀ-Ý][\w.-]+)?,\s(?:den\s|le\s)?(?P<date>(?:\d|[A-Z][a-z]+ \d).{5,24})$"
)
_CLOSING = re.compile(
    r"(?:Mit freundlichen Grüßen|Freundliche Grüße|Hochachtungsvoll|(?:Yours )?(?:sincerely|"
    r"faithfully|truly)|Sincerely yours|"
    r"(?:Best|Kind) regards|Regards|Cordialement|Sincères salutations|Atentamente)\b.{0,12}$",
    re.IGNORECASE,
)
_CODE_CITY = re.compile(
    r"(?:^|[,·|]\s?)(?:[A-Z]{1,2}-)?(?P<code>\d{5}|(?!19|20)\d{4})\s(?:[A-Z]{2}\s)?"
    r"(?P<city>[A-ZÀ-ÖØ-Ý][\w.'’ /-]{1,40}?)(?=\s*(?:,|$|·|\||\())"
)
_CITY_CODE = re.compile(
    r"(?:^|,\s?|·\s?|\d\s[\w .]*?\s)(?P<city>[A-Z][A-Za-z.'’ -]{1,40}?),?\s"
    r"(?P<code>[A-Z]{1,2}\d[\dA-Z]?\s\d[A-Z]{2}|[A-Z]{2}\s\d{5}(?:-\d{4})?)\s*$"
)


def place_of(line: str) -> tuple[str, str] | None:
    """(postal code, city) as in "10115 Berlin", "Leeds LS1 4DY" or "Portland, OR 97205"."""
    if len(line) > 120:
        return None
    match = _CITY_CODE.search(line) or _CODE_CITY.search(line)
    return (match["code"], match["city"].strip()) if match else None
