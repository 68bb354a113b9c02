"""The picture objects that a page may draw, as the file has them: in its resources, and in the forms among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pymupdf

Shape = tuple[int, int, int]
"""Width and height in pixels, and bits for each colour of a pixel."""


class PictureObject(NamedTuple):
    """A picture object of the file: its number, that of its soft mask, the length of its bytes (-1 where that is not
    known), and their codec."""

    xref: int
    soft_mask: int
    length: int
    codec: str


def picture_objects(page: pymupdf.Page) -> Iterator[tuple[Shape, PictureObject]]:
    """Each of them with its shape, in the order of PyMuPDF's own list of them and with its complaints, but with calls
    that count no references: that list takes as long as all else on a page of one picture.
    """
    from pymupdf import mupdf

    entry = mupdf.pdf_page_from_fz_page(page.this).obj()
    yield from _named(mupdf.ll_pdf_dict_gets_inheritable(entry.m_internal, "Resources"), set())


def _named(resources: Any, forms: set[int]) -> Iterator[tuple[Shape, PictureObject]]:
    from pymupdf import mupdf

    named = mupdf.ll_pdf_dict_gets(resources, "XObject")
    entries = [mupdf.ll_pdf_dict_get_val(named, at) for at in range(mupdf.ll_pdf_dict_len(named))]
    for at, entry in enumerate(entries):
        if not mupdf.ll_pdf_is_dict(entry):
            name = mupdf.ll_pdf_to_name(mupdf.ll_pdf_dict_get_key(named, at))
            mupdf.fz_warn(f"'{name}' is no image dict ({mupdf.ll_pdf_to_num(entry)} 0 R)")
        elif mupdf.ll_pdf_to_name(mupdf.ll_pdf_dict_gets(entry, "Subtype")) == "Image":
            yield _described(entry)
    for entry in entries:
        if inner := mupdf.ll_pdf_dict_gets(entry, "Resources"):
            number = mupdf.ll_pdf_to_num(entry)
            if number in forms:
                mupdf.fz_warn("Circular dependencies! Consider page cleaning.")
                return
            forms.add(number)
            yield from _named(inner, forms)


def _described(entry: Any) -> tuple[Shape, PictureObject]:
    from pymupdf import mupdf

    width, height, bits = (
        mupdf.ll_pdf_to_int(mupdf.ll_pdf_dict_getsa(entry, *keys))
        for keys in (("Width", "W"), ("Height", "H"), ("BitsPerComponent", "BPC"))
    )
    codec = mupdf.ll_pdf_dict_getsa(entry, "Filter", "F")
    if mupdf.ll_pdf_is_array(codec):
        codec = mupdf.ll_pdf_array_get(codec, 0)
    mask = mupdf.ll_pdf_to_num(mupdf.ll_pdf_dict_getsa(entry, "SMask", "Mask"))
    return (width, height, bits), PictureObject(mupdf.ll_pdf_to_num(entry), mask, -1, mupdf.ll_pdf_to_name(codec))
