"""A document that grows page by page, and the facts that are put into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from benchmarks.carriers import fonts
from benchmarks.carriers.blockcode import DIGITS, LETTERS
from benchmarks.carriers.pdf import Box, Canvas, Font, Pdf, Sheet, string

Form = Literal["text", "code", "hidden"]
PAPER = ((595, 842), (612, 792), (560, 800))
_SYLLABLES = "ba be bo da do fa ga ka ke ki la le lo ma me mo na ne no pa po ra re ro sa se ta to va ve zo".split()
_NOUNS = "harbour ledger valley meeting engine garden bridge market river office winter signal copper station".split()
_VERBS = "keeps crosses follows measures carries leaves reaches opens repairs covers records watches".split()
_OTHERS = "quiet northern later early broad narrow second modest annual careful distant common".split()


Place = int | str
"""The number of a page, or of one in an attached PDF its name: "attachment:terms.pdf#page=3" (RFC 8118)."""
PAGE_OF = "#page="
FIGURE = "<figure"
"""What stands on a caption's line where the caption is tied to its figure."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: `text` must arrive, on one of `pages` (anywhere where there are none), or must not where it is hidden.

    A `code` is a block code, so that it arrives in pixels alone. `beside`: a word that must stand on its line.
    """

    carrier: str
    text: str
    pages: tuple[Place, ...]
    form: Form = "text"
    beside: str | None = None


@dataclass(slots=True)
class Book:
    """One document being made. `carrier` is the name under which facts are noted."""

    random: Random
    pdf: Pdf = field(default_factory=Pdf)
    facts: list[Fact] = field(default_factory=list)
    carrier: str = ""
    sheets: list[Sheet] = field(default_factory=list)
    fields: list[int] = field(default_factory=list)
    bookmarks: list[tuple[str, int]] = field(default_factory=list)
    files: list[tuple[str, int]] = field(default_factory=list)
    layers: list[tuple[int, bool]] = field(default_factory=list)
    labels: dict[int, str] = field(default_factory=dict)
    info: dict[str, str] = field(default_factory=dict)
    xmp: str | None = None
    marked: dict[int, list[int]] = field(default_factory=dict)
    _fonts: dict[str, Font] = field(default_factory=dict)
    _open: list[fonts.Embedded | fonts.Drawn] = field(default_factory=list)

    def token(self) -> str:
        """A fresh token such as KX-34627."""
        letters, digits = self.random.choices(LETTERS, k=2), self.random.choices(DIGITS, k=5)
        return f"{''.join(letters)}-{''.join(digits)}"

    def word(self, syllables: int = 4) -> str:
        """A fresh word that no language has."""
        return "".join(self.random.choices(_SYLLABLES, k=syllables)) + self.random.choice("xnrm")

    def sentence(self) -> str:
        """Words that carry nothing."""
        pick = self.random.choice
        return (
            f"The {pick(_OTHERS)} {pick(_NOUNS)} {pick(_VERBS)} the {pick(_NOUNS)} and the {pick(_OTHERS)} "
            f"{pick(_NOUNS)} {pick(_VERBS)} a {pick(_OTHERS)} {pick(_NOUNS)}."
        )

    def phrase(self, token: str) -> str:
        """A few words around a token: they arrive in this order only where the reading order holds."""
        return f"the {self.word()} of {token} under the {self.word()}"

    def note(
        self, text: str, *sheets: Sheet, form: Form = "text", beside: str | None = None, anywhere: bool = False
    ) -> None:
        """Put a fact down, on the last page where no other is named."""
        pages = () if anywhere else tuple(sheet.number for sheet in sheets or self.sheets[-1:])
        self.facts.append(Fact(self.carrier, text, pages, form, beside))

    def page(self, width: float = 0, height: float = 0) -> Sheet:
        """A fresh page, of a random paper where no size is given."""
        if not width:
            width, height = self.random.choice(PAPER)
        self.sheets.append(Sheet(self.pdf, len(self.sheets) + 1, width, height))
        return self.sheets[-1]

    def font(self, name: str | None = None) -> Font:
        """A font by name, or any one."""
        name = name or self.random.choice((*fonts.STANDARD, *fonts.EMBEDDED))
        if name not in self._fonts:
            standard = name in fonts.STANDARD
            self._fonts[name] = fonts.Standard(self.pdf, name) if standard else self.embedded(name)
        return self._fonts[name]

    def embedded(self, name: str, *, mapped: bool = True, plain: bool = True) -> Font:
        """A font of its own, embedded."""
        made = fonts.Embedded(self.pdf, name, mapped=mapped, plain=plain)
        self._open.append(made)
        return made

    def drawn(self, name: str) -> Font:
        """A font whose glyphs are drawings."""
        made = fonts.Drawn(self.pdf, name)
        self._open.append(made)
        return made

    def sentences(self, count: int, phrases: Sequence[str] = ()) -> str:
        """Prose with phrases at random places in it."""
        said = [self.sentence() for _ in range(count)]
        for phrase in phrases:
            said.insert(self.random.randint(0, len(said)), f"It noted {phrase} today.")
        return " ".join(said)

    def prose(self, sheet: Canvas, box: Box, text: str, font: Font | None = None, size: float = 0) -> float:
        """Set text into a box, line by line from its top; the height in points that is left below it.

        Raises ValueError where the text is too long: nothing of it may be lost in the making.
        """
        font, size = font or self.font(), size or self.random.choice((8.5, 9, 10, 11))
        y = box[3] - size
        for line in wrapped(text, font, size, box[2] - box[0]):
            if y < box[1]:
                raise ValueError("the text does not fit its box")
            sheet.text(box[0], y, line, font, size)
            y -= size * 1.25
        return y - box[1]

    def bands(self, sheet: Sheet, count: int, margin: float = 60) -> list[Box]:
        """The page cut into bands of one height, in random order."""
        step = (sheet.height - 2 * margin) / count
        boxes: list[Box] = [
            (margin, margin + at * step + 8, sheet.width - margin, margin + (at + 1) * step - 8) for at in range(count)
        ]
        self.random.shuffle(boxes)
        return boxes

    def attachment(self, name: str, data: bytes, about: str = "") -> int:
        """A file within the file: its specification."""
        stream = self.pdf.stream(data, f"/Type /EmbeddedFile /Params << /Size {len(data)} >>")
        described = f"/Desc {string(about)}" if about else ""
        return self.pdf.put(
            f"<< /Type /Filespec /F {string(name)} /UF {string(name)} {described} /EF << /F {stream} 0 R >> >>"
        )

    def layer(self, name: str, *, on: bool) -> int:
        """An optional layer, shown or not."""
        ref = self.pdf.put(f"<< /Type /OCG /Name {string(name)} >>")
        self.layers.append((ref, on))
        return ref

    def mark(self, sheet: Sheet, kind: str, entries: str) -> str:
        """A new element of the file's structure; the operator that begins its content on a page."""
        elements = self.marked.setdefault(sheet.number, [])
        if not elements:
            sheet.entries.append(f"/StructParents {sheet.number}")
        place = f"/Pg {sheet.ref} 0 R /K {len(elements)}"
        elements.append(self.pdf.put(f"<< /Type /StructElem /S /{kind} {place} {entries} >>"))
        return f"/{kind} << /MCID {len(elements) - 1} >> BDC"

    def finish(self) -> bytes:
        """The file."""
        for font in self._open:
            font.finish()
        pages = self.pdf.reserve()
        for sheet in self.sheets:
            sheet.finish(pages)
        kids = " ".join(f"{sheet.ref} 0 R" for sheet in self.sheets)
        self.pdf.put(f"<< /Type /Pages /Kids [{kids}] /Count {len(self.sheets)} >>", pages)
        root = self.pdf.put(f"<< /Type /Catalog /Pages {pages} 0 R {self._catalogue()} >>")
        entries = " ".join(f"/{key} {string(value)}" for key, value in self.info.items())
        return self.pdf.save(root, self.pdf.put(f"<< {entries} >>"))

    def _catalogue(self) -> str:
        entries = []
        if self.fields:
            helvetica = self.font("Helvetica").ref
            entries.append(
                f"/AcroForm << /Fields [{_refs(self.fields)}] /NeedAppearances true /DA (/Helv 10 Tf 0 g)"
                f" /DR << /Font << /Helv {helvetica} 0 R >> >> >>"
            )
        if self.files:
            names = " ".join(f"{string(name)} {ref} 0 R" for name, ref in sorted(self.files))
            entries.append(f"/Names << /EmbeddedFiles << /Names [{names}] >> >>")
        if self.layers:
            off = _refs(ref for ref, on in self.layers if not on)
            every = _refs(ref for ref, _ in self.layers)
            entries.append(f"/OCProperties << /OCGs [{every}] /D << /OFF [{off}] /Order [{every}] >> >>")
        if self.labels:
            rest = {sheet.number: "<< /S /D >>" for sheet in self.sheets if sheet.number - 1 in self.labels}
            named = {at: f"<< /P {string(label)} >>" for at, label in self.labels.items()}
            start = {} if 1 in named else {1: "<< /S /D >>"}
            rows = " ".join(f"{at - 1} {entry}" for at, entry in sorted({**rest, **start, **named}.items()))
            entries.append(f"/PageLabels << /Nums [{rows}] >>")
        if self.marked:
            rows = " ".join(f"{number} [{_refs(elements)}]" for number, elements in sorted(self.marked.items()))
            every = _refs(element for elements in self.marked.values() for element in elements)
            tree = f"<< /Type /StructTreeRoot /K [{every}] /ParentTree << /Nums [{rows}] >> >>"
            entries.append(f"/StructTreeRoot {self.pdf.put(tree)} 0 R /MarkInfo << /Marked true >>")
        if self.xmp:
            ref = self.pdf.stream(self.xmp.encode(), "/Type /Metadata /Subtype /XML", squeeze=False)
            entries.append(f"/Metadata {ref} 0 R")
        return " ".join((*entries, self._outline()))

    def _outline(self) -> str:
        if not self.bookmarks:
            return ""
        root, refs = self.pdf.reserve(), [self.pdf.reserve() for _ in self.bookmarks]
        for at, (title, number) in enumerate(self.bookmarks):
            around = f"/Prev {refs[at - 1]} 0 R " if at else ""
            around += f"/Next {refs[at + 1]} 0 R" if at + 1 < len(refs) else ""
            target = f"/Dest [{self.sheets[number - 1].ref} 0 R /Fit]"
            self.pdf.put(f"<< /Title {string(title)} /Parent {root} 0 R {around} {target} >>", refs[at])
        self.pdf.put(f"<< /Type /Outlines /First {refs[0]} 0 R /Last {refs[-1]} 0 R /Count {len(refs)} >>", root)
        return f"/Outlines {root} 0 R"


def _refs(numbers: Iterable[int]) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)


def wrapped(text: str, font: Font, size: float, width: float) -> list[str]:
    """Text in lines no wider than `width` points."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
