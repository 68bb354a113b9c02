"""What a screen reader says in place of what a page shows: the alternative text of a figure or a formula, the text that
drawn letters stand for, an abbreviation written out (ISO 32000-1, 14.9.3 to 14.9.5).

    /Figure <</MCID 4>> BDC ... Do ... EMC         a tagged file has it with the element of its structure, by number
    /Figure <</Alt (Sales by year)>> BDC ... EMC   any file may have it with the mark itself
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.document import BBox, Block
from pipeline.extract.annotations import displayed, placing_of
from pipeline.extract.cleaning import clean
from pipeline.extract.drawn import Drawn
from pipeline.extract.geometry import around, finite
from pipeline.extract.lines import Line
from pipeline.extract.placements import Placement

if TYPE_CHECKING:
    import pymupdf

_KEYS = {"Alt": "Alternative text", "ActualText": "Stands for", "E": "Written out"}
_MOST, _DEEPEST, _LONGEST = 5000, 30, 4000
_MARK = re.compile(
    rb"(<<(?:[^<>]|<[^<>]*>|<<[^<>]*>>){0,4000}>>|/[^\s/<>\[\]()%]+)\s*BDC\b|\b(BMC|EMC)\b|/([^\s/<>\[\]()%]+)\s+Do\b"
)
_OWN = re.compile(rb"(<<(?:[^<>]|<[^<>]*>|<<[^<>]*>>){0,4000}>>)\s*BDC\b")
_SAYS = re.compile(rb"/(?:Alt|ActualText|E)\s*[(<]")
_NUMBER = re.compile(rb"/MCID\s+(\d+)")
_NOT_LETTERS = re.compile(r"[\W_]+")
_PATH = re.compile(r"[A-Za-z]:\\|file:")
_NAMES_ALONE = ("", "figure", "image", "picture", "graphic", "formula", "chart")


@dataclass(slots=True)
class _Spoken:
    """One text of one kind, the numbers of the marks whose content it speaks for, the names of what is drawn there, and
    its box where the file tells it."""

    kind: str
    text: str
    box: BBox | None = None
    marks: set[int] = field(default_factory=set)
    drawn: set[str] = field(default_factory=set)


def alternates(
    file: Any, page: pymupdf.Page, drawn: Drawn, placed: Sequence[Placement], lines: Sequence[Line]
) -> list[Block]:
    """What is said in place of a page's content, where the page itself does not say it: each at its picture or at the
    box that the file gives, else at the page's foot. `file` is the document as MuPDF has it.

    Looked for on pages that are tagged, or have pictures and marks with texts of their own. Raises what MuPDF does on
    broken files.
    """
    from pymupdf import mupdf

    entry = mupdf.pdf_page_from_fz_page(page.this).obj()
    spoken = _telling(_of_structure(file, entry, page), lines)
    if spoken or (placed and drawn.speaks):
        spoken = _telling(_with_marks(spoken, file, entry, page.read_contents()), lines)
    if not spoken:
        return []
    images = page.get_images(full=True)
    forms = {name: xref for xref, name, *_ in page.get_xobjects()}
    _, _, width, height = finite(page.rect)
    made: list[Block] = []
    for one in spoken:
        xrefs = {image[0] for image in images if image[7] in one.drawn or image[9] in map(forms.get, one.drawn)}
        boxes = [placement.box for placement in placed if placement.xref in xrefs]
        box = one.box or (around(boxes) if boxes else (0.0, height, width, height))
        made.append(Block(f"{_KEYS[one.kind]}: {one.text}", box, "comment"))
    return list(dict.fromkeys(made))


def _telling(spoken: list[_Spoken], lines: Sequence[Line]) -> list[_Spoken]:
    """Those that say what the page does not, and are more than the name of a kind or the path of a file."""
    printed = _letters(" ".join(line.text for line in lines)) if spoken else ""
    plain = (one for one in spoken if not _PATH.match(one.text))
    return [one for one in plain if (said := _letters(one.text)) not in _NAMES_ALONE and said not in printed]


def _of_structure(file: Any, entry: Any, page: pymupdf.Page) -> list[_Spoken]:
    """The texts of the elements that a page's marks belong to, and of those around them.

    A tagged page has hundreds: so the calls are those that count no references, on objects that the file holds.
    """
    from pymupdf import mupdf

    number = mupdf.ll_pdf_dict_gets(entry.m_internal, "StructParents")
    tree = mupdf.ll_pdf_dict_getp(mupdf.ll_pdf_trailer(file.m_internal), "Root/StructTreeRoot/ParentTree")
    if not (mupdf.ll_pdf_is_int(number) and mupdf.ll_pdf_is_dict(tree)):
        return []
    found = mupdf.pdf_lookup_number(_held(tree), mupdf.ll_pdf_to_int(number))
    elements = found.m_internal
    known: dict[int, tuple[Any, list[_Spoken]]] = {}
    for mark in range(min(mupdf.ll_pdf_array_len(elements), _MOST)):
        element = mupdf.ll_pdf_array_get(elements, mark)
        for _ in range(_DEEPEST):
            at = mupdf.ll_pdf_to_num(element)
            if not at:
                break
            if at not in known:
                said = [_Spoken(kind, text, _layout_box(_held(element), page)) for kind, text in _texts(element)]
                known[at] = mupdf.ll_pdf_dict_gets(element, "P"), said
            element, said = known[at]
            for one in said:
                one.marks.add(mark)
    return [one for _, said in known.values() for one in said]


def _held(entry: Any) -> Any:
    """An object that the file holds, counted as one that is used here."""
    from pymupdf import mupdf

    return mupdf.PdfObj(mupdf.ll_pdf_keep_obj(entry))


def _texts(entries: Any) -> Iterator[tuple[str, str]]:
    """The texts that a dictionary has, each with its kind."""
    from pymupdf import mupdf

    for kind in _KEYS:
        value = mupdf.ll_pdf_dict_gets(entries, kind)
        if value is not None and mupdf.ll_pdf_is_string(value):
            text = clean(" ".join(mupdf.ll_pdf_to_text_string(value).split()))
            if text:
                yield kind, text[:_LONGEST]


def _layout_box(element: Any, page: pymupdf.Page) -> BBox | None:
    """The box of an element as displayed, where its attributes of layout tell it (ISO 32000-1, table 344)."""
    from pymupdf import mupdf

    owned = mupdf.pdf_dict_gets(element, "A")
    several = [mupdf.pdf_array_get(owned, at) for at in range(mupdf.pdf_array_len(owned))] or [owned]
    for one in several:
        box = mupdf.pdf_dict_gets(one, "BBox")
        if mupdf.pdf_array_len(box) == 4:
            rect = mupdf.pdf_to_rect(box)
            return displayed((rect.x0, rect.y0, rect.x1, rect.y1), placing_of(page))
    return None


def _with_marks(spoken: list[_Spoken], file: Any, entry: Any, content: bytes) -> list[_Spoken]:
    """The texts with those of the marks themselves, each with the names of what is drawn within its marks."""
    from pymupdf import mupdf

    if not (_SAYS.search(content) or any(one.box is None for one in spoken)):
        return spoken
    named = mupdf.pdf_dict_gets(mupdf.pdf_dict_gets_inheritable(entry, "Resources"), "Properties")
    made = list(spoken)
    by_number: dict[int, list[_Spoken]] = {}
    for one in spoken:
        for mark in one.marks:
            by_number.setdefault(mark, []).append(one)
    if not by_number and b"Do" not in content and not mupdf.pdf_dict_len(named):
        alone = dict.fromkeys(_OWN.findall(content))
        return [_Spoken(kind, text) for said in alone for kind, text in _own(file, named, said)]
    opened: list[list[_Spoken]] = []
    for properties, plain, drawn in _MARK.findall(content):
        if plain == b"EMC":
            del opened[-1:]
        elif plain:
            opened.append([])
        elif drawn:
            for one in (one for mark in opened for one in mark):
                one.drawn.add(drawn.decode("latin-1"))
        else:
            number = _NUMBER.search(properties)
            own = [_Spoken(kind, text) for kind, text in _own(file, named, properties)]
            opened.append([*own, *(by_number.get(int(number[1]), ()) if number else ())])
            made += own
    return made


def _own(file: Any, named: Any, properties: bytes) -> list[tuple[str, str]]:
    """The texts of a mark's properties, which stand there, or under a name in the page's resources."""
    from pymupdf import mupdf

    if properties.startswith(b"/"):
        return list(_texts(mupdf.pdf_dict_gets(named, properties[1:].decode("latin-1")).m_internal))
    if not _SAYS.search(properties):
        return []
    stream = mupdf.fz_open_buffer(mupdf.fz_new_buffer_from_copied_data(properties))
    entries = mupdf.pdf_parse_stm_obj(file, stream, mupdf.PdfLexbuf(mupdf.PDF_LEXBUF_SMALL))
    return list(_texts(entries.m_internal))


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()
