"""Texts taken from real pages, with the words and boxes that other engines give: nothing of how quotes are looked up.

Words are MuPDF's own; on pages that are read from right to left PDFium's, which gives them as they are read, while
MuPDF parts words and lines there. Forms that nobody filled in are filled in first. What the engines are known to get
wrong is left out or put right: boxes of fonts that claim more room than a line has are as high as the type, a value in
boxes for each sign is one word, cells of several lines with columns of their own are none, and no sentence goes from
one cell of a table to the next.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import pymupdf
import pypdfium2

from pipeline.document import BBox

LINES = 3
"""Lines of a cell; what is ruled off with more of them is a column, or no table."""
LEADING = 1.8
"""Times its height: further below a line does none of the same paragraph stand."""
EDGE = 0.5
"""Points by which the middle of a word in a box may lie outside of it."""
DPI = 200
TEXT_FIELD = 7
"""MuPDF's number for a field that holds text."""
COMB = 1 << 24
"""The flag of a field each sign of which stands in a box of its own."""
LEFTWARD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_END = re.compile(r"[.!?。！？؟]['\"”’)\]]*$")
_ALEFS = "اأإآٱ"

Placed = tuple[str, BBox, int]
"""A word, its box, and the number of its block."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Text of a page: its words with their boxes, and for a row the cells. `kind`: sentence, cell, row or field."""

    kind: str
    page: int
    words: tuple[str, ...]
    boxes: tuple[BBox, ...]
    cells: tuple[str, ...] = ()


def key(text: str) -> str:
    """The letters, digits and signs of money and percent of a text, in one case."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in plain if char.isalnum() or unicodedata.category(char) == "Sc" or char in "%‰")


class Source:
    """Some pages of a document as MuPDF itself has them, in points of the page as it is shown."""

    def __init__(self, path: Path, numbers: Sequence[int]) -> None:
        self.file = pymupdf.open(path)
        self.numbers = tuple(numbers)
        self.words: dict[int, list[Placed]] = {}
        self.leftward: set[int] = set()
        for number in numbers:
            page = self.file[number - 1]
            found = _words(page)
            self.words[number] = [(one[4], _shown(page, one[:4]), one[5]) for one in found]
            self.words[number] = _uncombed(page, self.words[number])
            text = "".join(one[4] for one in found)
            if 10 * len(LEFTWARD.findall(text)) > sum(map(str.isalpha, text)) and not page.rotation:
                self.words[number] = by_pdfium(path, number)
                self.leftward.add(number)
        runs = [[word for word, _, _ in words] for words in self.words.values()]
        runs += [
            [word for word, _, _ in sorted(words, key=order)]
            for words in self.words.values()
            for order in (lambda one: (round(one[1][3]), one[1][0]), lambda one: (round(one[1][0]), one[1][3]))
        ]
        self._keys = [key("".join(run)) for run in runs]

    def says(self, text: str) -> bool:
        """Whether the pages hold a text by chance, whatever stands between its letters."""
        wanted = key(text)
        return any(wanted in page for page in self._keys)

    def inside(self, page: int, boxes: Sequence[BBox]) -> list[str]:
        """The words whose centres lie in one of the boxes, in their order."""
        found = []
        for word, box, _ in self.words[page]:
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            if any(one[0] - EDGE <= x <= one[2] + EDGE and one[1] - EDGE <= y <= one[3] + EDGE for one in boxes):
                found.append(word)
        return found

    def sentences(self, page: int) -> Iterator[Taken]:
        """Sentences of 4 to 30 words and 12 letters at least, each within one block of text."""
        run: list[Placed] = []
        for word in [*self.words[page], ("", (0.0, 0.0, 0.0, 0.0), -1)]:
            ends = run and (word[2] != run[-1][2] or _END.search(run[-1][0]) or len(run) == 30)
            if ends or (run and _goes_back(run[-1], word)):
                letters = key("".join(one for one, _, _ in run))
                # Where a line of signs and of another script begins on a page that is read leftward, engines disagree.
                plain = page not in self.leftward or is_leftward(letters)
                if plain and len(letters) >= 12 and (len(run) >= 4 or len(letters) >= 20):
                    yield Taken("sentence", page, tuple(one[0] for one in run), tuple(one[1] for one in run))
                run = []
            run.append(word)

    def rows(self, page: int) -> Iterator[Taken]:
        """The rows of tables, and each of their cells that has text."""
        shown = self.file[page - 1]
        if shown.rotation:
            return
        for table in shown.find_tables().tables:
            for row in table.rows:
                cells = [self._cell(page, box) for box in row.cells if box]
                filled = [cell for cell in cells if cell]
                if any(len({round(box[3]) for _, box in cell}) > LINES or _is_of_several(cell) for cell in filled):
                    continue
                for cell in filled:
                    yield Taken("cell", page, tuple(one[0] for one in cell), tuple(one[1] for one in cell))
                if len(filled) > 1:
                    every = [one for cell in filled for one in cell]
                    texts = tuple(" ".join(one[0] for one in cell) for cell in filled)
                    yield Taken("row", page, tuple(one[0] for one in every), tuple(one[1] for one in every), texts)

    def _cell(self, page: int, cell: BBox) -> list[tuple[str, BBox]]:
        """The words whose centres lie in a cell, those of a lower line later."""
        found = [
            one
            for one in self.words[page]
            if cell[0] <= (one[1][0] + one[1][2]) / 2 <= cell[2] and cell[1] <= (one[1][1] + one[1][3]) / 2 <= cell[3]
        ]
        if any(map(_goes_back, found, found[1:])):
            found.sort(key=lambda one: (round((one[1][1] + one[1][3]) / 8), one[1][0]))
        return [(word, box) for word, box, _ in found]

    def fields(self, page: int) -> Iterator[Taken]:
        """The texts that form fields hold."""
        shown = self.file[page - 1]
        for field in shown.widgets():
            value = str(field.field_value or "").strip()
            if field.field_type_string in ("Text", "ComboBox") and sum(map(str.isalnum, value)) > 1:
                yield Taken("field", page, tuple(value.split()), (_shown(shown, tuple(field.rect)),))


def _words(page: pymupdf.Page) -> list[tuple[float, float, float, float, str, int]]:
    """MuPDF's words, each as high as its type is large: some fonts say that their letters reach into other lines."""
    pymupdf.TOOLS.set_small_glyph_heights(True)
    try:
        return [one[:6] for one in page.get_text("words")]
    finally:
        pymupdf.TOOLS.set_small_glyph_heights(False)


def _shown(page: pymupdf.Page, box: Sequence[float]) -> BBox:
    x0, y0, x1, y1 = pymupdf.Rect(box[:4]) * page.rotation_matrix
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _uncombed(page: pymupdf.Page, words: Sequence[Placed]) -> list[Placed]:
    """The words with what stands sign by sign in the boxes of a field as it is meant, and as nobody would space it."""
    left = list(words)
    for field in page.widgets(types=[TEXT_FIELD]):
        x0, y0, x1, y1 = _shown(page, tuple(field.rect))
        inside = [
            at
            for at, (text, box, _) in enumerate(left)
            if len(text) == 1 and x0 <= (box[0] + box[2]) / 2 <= x1 and y0 <= (box[1] + box[3]) / 2 <= y1
        ]
        if not field.field_flags & COMB or not inside:
            continue
        signs = iter([left[at] for at in inside])
        made: list[Placed] = []
        for text in str(field.field_value).split():
            some = list(islice(signs, len(text)))
            if "".join(one[0] for one in some) != text:
                break
            made.append((text, _around([one[1] for one in some]), some[0][2]))
        else:
            left[inside[0] : inside[-1] + 1] = made
    return left


def _around(boxes: Sequence[BBox]) -> BBox:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))


def is_leftward(text: str) -> bool:
    """Whether most letters of a text are read from right to left."""
    return 2 * len(LEFTWARD.findall(text)) > sum(map(str.isalpha, text))


def by_pdfium(path: Path, number: int) -> list[Placed]:
    """The words of a page as they are read, by PDFium; a block is lines close below each other.

    PDFium reads across the cells of a table: a line that does not begin below the ones before is of another block.
    """
    with pypdfium2.PdfDocument(path) as file:
        page = file[number - 1]
        text, height = page.get_textpage(), page.get_height()
        letters = [(text.get_text_range(at, 1), text.get_charbox(at)) for at in range(text.count_chars())]
    words: list[Placed] = []
    block, run = 0, []
    for char, (x0, y0, x1, y1) in [*letters, (" ", (0.0, 0.0, 0.0, 0.0))]:
        if not char.isspace():
            run.append((char, (x0, height - y1, x1, height - y0)))
        elif run:
            word = _spelt(run)
            if words and not _close(words[-1][1], word[1], [box for _, box, of in words if of == block]):
                block += 1
            words.append((*word, block))
            run = []
    return words


def _spelt(letters: Sequence[tuple[str, BBox]]) -> tuple[str, BBox]:
    """Letters as a word. PDFium gives the two of a glyph for lam and alef the wrong way round in some fonts."""
    text = ""
    for (char, box), (_, before) in zip(letters, [("", None), *letters], strict=False):
        text = text[:-1] + char + text[-1] if char == "ل" and box == before and text[-1] in _ALEFS else text + char
    return text, _around([box for _, box in letters])


def _close(before: BBox, box: BBox, block: Sequence[BBox]) -> bool:
    """Whether a word stands on the line of the one before, close to it, or on the next line of the same block, which
    begins within its width and not further to the left than the last one ended.
    """
    down = (box[1] + box[3] - before[1] - before[3]) / 2
    high = max(box[3] - box[1], before[3] - before[1])
    apart = max(box[0], before[0]) - min(box[2], before[2])
    if not -high / 2 < down < LEADING * high:
        return False
    if down <= high / 2:
        return apart < high
    within = box[0] < max(one[2] for one in block) and box[2] > min(one[0] for one in block)
    return within and before[0] - box[2] < high


def _is_of_several(cell: Sequence[tuple[str, BBox]]) -> bool:
    """Whether what is ruled off as one cell of several lines has columns of its own: words far apart more than once."""
    apart = [
        round(one[3]) == round(box[3]) and box[0] - one[2] > box[3] - box[1] for (_, one), (_, box) in pairwise(cell)
    ]
    return len({round(box[3]) for _, box in cell}) > 1 and sum(apart) > 1


def _goes_back(before: Placed, word: Placed) -> bool:
    """Whether a word stands above the one before, or to its left on the same line: nobody reads on like that."""
    (_, one, _), (text, box, _) = before, word
    if (box[1] + box[3]) / 2 <= one[1]:
        return True
    level = min(one[3], box[3]) - max(one[1], box[1]) > 0.5 * min(one[3] - one[1], box[3] - box[1])
    return level and box[0] < one[0] - 1 and not LEFTWARD.search(before[0] + text)


NAMES = "Anna Schmidt|Acme Werke GmbH|John O'Neill|María Fernández-López|Li Wei|Northgate Ltd."
PLACES = "12 Harbour Road|Hauptstraße 7a|Apt. 4B|Springfield|New Haven|Zürich"
WORDS = "Software engineer|not applicable|see attached statement|self-employed|Retired teacher"


def _held(most: int, chance: random.Random) -> str:
    """What somebody might write into a field of so many signs at the most."""
    money = f"{chance.randint(1, 999):,}{chance.choice(('', '.50', ',250', '.00'))}"
    date = f"{chance.randint(1, 12):02}/{chance.randint(1, 28):02}/{chance.randint(1950, 2024)}"
    number = "".join(chance.choices("0123456789", k=min(most, 9)))
    said = chance.choice("|".join((NAMES, PLACES, WORDS)).split("|"))
    able = [one for one in (money, money, date, number, said, said) if len(one) <= most]
    return chance.choice(able or [number])


def filled(path: Path, folder: Path, chance: random.Random) -> Path:
    """The document, or where it has empty fields for text, a copy in which most of them hold something."""
    made = folder / path.name
    with pymupdf.open(path) as file:
        for page in file:
            for field in page.widgets(types=[TEXT_FIELD]):
                if not field.field_value and chance.random() < 0.8:
                    wide = int((field.rect.x1 - field.rect.x0) / 6)
                    field.field_value = _held(max(1, min(field.text_maxlen or 60, wide)), chance)
                    field.update()
        if not file.is_dirty:
            return path
        file.save(made)
    return made


def pictured(path: Path, folder: Path, pages: int, chance: random.Random) -> Path | None:
    """Some pages of a document as pictures alone, and beside it (`.text`) the same pages as they are."""
    with pymupdf.open(path) as whole, pymupdf.open() as plain, pymupdf.open() as seen:
        able = [n for n in range(len(whole)) if not whole[n].rotation and len(whole[n].get_text("words")) > 60]
        if not able:
            return None
        for number in sorted(chance.sample(able, min(pages, len(able)))):
            plain.insert_pdf(whole, from_page=number, to_page=number)
            shot = whole[number].get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY)
            seen.new_page(width=whole[number].rect.width, height=whole[number].rect.height).insert_image(
                whole[number].rect, pixmap=shot
            )
        made = folder / f"{path.stem}.pdf"
        plain.save(made.with_suffix(".text"))
        seen.save(made)
    return made
