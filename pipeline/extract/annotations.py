"""What is laid over a page: form fields, comments and links, as the file has them (ISO 32000-1, 12.5).

They are read from the objects of the file, which takes microseconds each; MuPDF's own widgets take half a millisecond.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.document import BBox, Word, WordSource
from pipeline.extract.cleaning import clean, from_digits
from pipeline.extract.drawn import turning
from pipeline.extract.geometry import Affine, moved

if TYPE_CHECKING:
    import pymupdf

HIDDEN_FLAGS = 2 | 32
"""Hidden, and not to be viewed (table 165)."""
MOST = 2000
"""Annotations of one page that are looked at."""
_DEEPEST = 16
_LINK = 1
"""PyMuPDF's PDF_ANNOT_LINK."""
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_STRING = re.compile(r"\(((?:\\.|[^\\()])*)\)|<((?:[0-9A-Fa-f]{2})*)>")
_TOLD = re.compile(r"/URI|/Contents|/GoToR|/Launch|/A \d+ \d+ R")
_NAME = re.compile(r"/([^\s/<>\[\]()]+)")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation: its object in the file, its subtype ("Widget", "Highlight", ...), and its box as displayed.

    `parents` are the objects that it inherits from, the nearest first; `broken` says that a further one cannot be read.
    """

    document: pymupdf.Document
    xref: int
    kind: str
    box: BBox
    placing: tuple[Affine, Affine]
    parents: tuple[int, ...] = ()
    broken: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether no viewer displays it: its flags say so, or it is in a layer that is off."""
        flags = self.document.xref_get_key(self.xref, "F")[1]
        return (flags.isdecimal() and bool(int(flags) & HIDDEN_FLAGS)) or _in_layer_off(self.document, self.xref)

    def text(self, key: str) -> str:
        """The text under a key, "" where there is none."""
        return as_text(self.document, self.xref, key)

    def name(self, key: str) -> str:
        """The name under a key without its slash, "" where there is none."""
        kind, value = self.document.xref_get_key(self.xref, key)
        return decoded(value[1:]) if kind == "name" else ""

    def reference(self, key: str) -> int:
        """The number of the object that a key refers to, 0 where there is none."""
        kind, value = self.document.xref_get_key(self.xref, key)
        return int(value.split()[0]) if kind == "xref" else 0

    def boxes(self, key: str) -> list[BBox]:
        """Boxes around each four points under a key, as displayed."""
        numbers = [float(one) for one in _NUMBER.findall(self.document.xref_get_key(self.xref, key)[1])]
        quads = [numbers[at : at + 8] for at in range(0, len(numbers) - 7, 8)]
        return [displayed((min(q[0::2]), min(q[1::2]), max(q[0::2]), max(q[1::2])), self.placing) for q in quads]

    def holder(self, key: str) -> int:
        """The object that has a key: the annotation, or the nearest of those that it inherits from; 0 for none."""
        holders = (self.xref, *self.parents)
        return next((xref for xref in holders if self.document.xref_get_key(xref, key)[0] != "null"), 0)


def read_annotations(document: pymupdf.Document, page: pymupdf.Page) -> list[Annotation]:
    """The annotations of a page that are objects of their own, in the file's order; links within the document are not
    among them, but for those that say something.
    """
    listed = [(xref, kind) for xref, kind, *_ in page.annot_xrefs() if xref > 0][:MOST]
    xrefs = [xref for xref, kind in listed if kind != _LINK or _tells_more(document, xref)]
    if not xrefs:
        return []
    placing = placing_of(page)
    found = []
    for xref in xrefs:
        kind, subtype = document.xref_get_key(xref, "Subtype")
        numbers = [float(one) for one in _NUMBER.findall(document.xref_get_key(xref, "Rect")[1])]
        if kind == "name" and len(numbers) == 4 and all(map(math.isfinite, numbers)):
            x0, y0, x1, y1 = numbers
            box = displayed((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), placing)
            inherited = _parents(document, xref) if subtype == "/Widget" else ((), False)
            found.append(Annotation(document, xref, subtype[1:], box, placing, *inherited))
    return found


def _parents(document: pymupdf.Document, xref: int) -> tuple[tuple[int, ...], bool]:
    """The objects that a form field inherits from, and whether a further one is broken."""
    parents: list[int] = []
    kind, parent = document.xref_get_key(xref, "Parent")
    while kind == "xref" and len(parents) < _DEEPEST:
        xref = int(parent.split()[0])
        try:
            kind, parent = document.xref_get_key(xref, "Parent")
        except Exception:  # MuPDF raises five unrelated kinds on broken files
            return tuple(parents), True
        parents.append(xref)
    return tuple(parents), False


def _tells_more(document: pymupdf.Document, xref: int) -> bool:
    """Whether a link may have an address, a file or a text: most only lead to a place in the document. Reading one key
    costs three objects."""
    return bool(_TOLD.search(document.xref_object(xref, compressed=True)))


def _in_layer_off(document: pymupdf.Document, xref: int) -> bool:
    """Whether an annotation is in a layer, or a group of layers, that is off (ISO 32000-1, 8.11.3.3)."""
    if document.xref_get_key(xref, "OC")[0] == "null":
        return False
    from pymupdf import mupdf

    file = mupdf.pdf_document_from_fz_document(document.this)
    layer = mupdf.pdf_dict_gets(mupdf.pdf_load_object(file, xref), "OC")
    return bool(mupdf.pdf_is_ocg_hidden(file, mupdf.PdfResourceStack(), "View", layer))


def as_text(document: pymupdf.Document, xref: int, key: str) -> str:
    """The text under a key of an object: a string, a name or several strings, one a line; "" for anything else."""
    if not xref:
        return ""
    kind, value = document.xref_get_key(xref, key)
    if kind == "string":
        return clean(value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if kind == "name":
        return decoded(value[1:])
    if kind == "array":
        return "\n".join(strings(value))
    return ""


def strings(array: str) -> list[str]:
    """The strings of an array as MuPDF prints it: in parentheses, or in hexadecimal digits."""
    found = (
        from_digits(digits) if digits else re.sub(r"\\(.)", r"\1", plain) for plain, digits in _STRING.findall(array)
    )
    return list(map(clean, found))


def states(document: pymupdf.Document, xref: int) -> tuple[str, ...]:
    """The names of the appearances that a button has, but for Off."""
    kind, value = document.xref_get_key(xref, "AP/N")
    if kind == "xref":
        names: Sequence[str] = document.xref_get_keys(int(value.split()[0]))
    else:
        names = _NAME.findall(value) if kind == "dict" else ()
    return tuple(decoded(name) for name in names if name != "Off")


def decoded(name: str) -> str:
    """A name of the file as text: #20 stands for a space (ISO 32000-1, 7.3.5)."""
    raw = re.sub(rb"#([0-9a-fA-F]{2})", lambda code: bytes([int(code[1], 16)]), name.encode("utf-8", "replace"))
    return clean(raw.decode("utf-8", "replace"))


def spread(text: str, box: BBox, source: WordSource) -> tuple[Word, ...]:
    """The words of one line of text, set side by side over the width of a box."""
    words, width = text.split(), (box[2] - box[0]) / max(len(" ".join(text.split())), 1)
    made, at = [], 0
    for word in words:
        left = box[0] + at * width
        made.append(Word(word, (round(left, 2), box[1], round(left + len(word) * width, 2), box[3]), source))
        at += len(word) + 1
    return tuple(made)


def placing_of(page: pymupdf.Page) -> tuple[Affine, Affine]:
    """What brings the file's places on a page to MuPDF's, and those to the displayed page's."""
    a, b, c, d, e, f = page.transformation_matrix
    return (a, b, c, d, e, f), turning(page)


def displayed(box: BBox, placing: tuple[Affine, Affine]) -> BBox:
    """A box of the file as displayed."""
    return moved(moved(box, placing[0]), placing[1])
