"""Open a PDF from its bytes, and say what is known of it as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pipeline.document import Document, Heading, SourceText
from pipeline.extract.attachments import attached_files, named
from pipeline.extract.cleaning import one_line
from pipeline.extract.mending import MENDED, mended
from pipeline.extract.sources import custom_properties, properties
from pipeline.extract.xfa import XFA, form_data, is_dynamic

if TYPE_CHECKING:
    import pymupdf

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Refused(Exception):
    """The file cannot be read. `kind` says whether a password would help; the message follows the file's name."""

    def __init__(self, why: str, kind: Literal["unreadable", "password"] = "unreadable") -> None:
        super().__init__(why)
        self.kind: Literal["unreadable", "password"] = kind


class Opened(NamedTuple):
    """An open document, authenticated, with at least one page; `mended` where it is a copy that PDFium made."""

    document: pymupdf.Document
    mended: bool = False


def open_pdf(data: bytes, password: str | None) -> Opened:
    """The document of those bytes; where MuPDF finds no page in them, of a copy that PDFium writes. Raises Refused.

    A PDF is known by the mark %PDF in its bytes, not by its name. The mark belongs into the first 1,024 bytes (ISO
    32000-1, annex H.3.4.1), but files with more before it are common, and MuPDF opens many of them.
    """
    if b"%PDF" not in data:
        raise Refused("is no PDF (nothing in it says %PDF): give a PDF file.")
    try:
        return Opened(_by_mupdf(data, password))
    except Refused as refused:
        copy = mended(data, password) if refused.kind == "unreadable" else None
        if copy is None:
            raise
        return Opened(_by_mupdf(copy, None), mended=True)


def _by_mupdf(data: bytes, password: str | None) -> pymupdf.Document:
    import pymupdf

    try:
        document = pymupdf.open(stream=data, filetype="pdf")
        if document.needs_pass and not document.authenticate(password or ""):
            wrong = "the password that was given is wrong" if password else "it needs a password"
            raise Refused(f"is encrypted, and {wrong}: give the right one.", "password")
        count = document.page_count
    except Refused:
        raise
    except Exception as fault:  # MuPDF raises five unrelated kinds on broken files
        raise Refused("is a PDF too broken to open: repair it or export it again.") from fault
    if count < 1:
        raise Refused("has no pages that can be found: repair it or export it again.")
    return document


def describe(opened: Opened, sha256: str, size: int) -> Document:
    """What is known of the document as a whole; what is broken in it is left out, and a source says so."""
    document = opened.document
    lost: dict[str, SourceText] = {}
    metadata = _guarded(lambda: document.metadata or {}, {}, "metadata", lost)
    custom = _guarded(lambda: custom_properties(document), {}, "metadata", lost)
    said = _guarded(lambda: properties(metadata, document.get_xml_metadata(), custom), None, "metadata", lost)
    toc = _guarded(lambda: _bookmarks(document), (), "bookmarks", lost)
    attachments = _guarded(lambda: tuple(map(named, document.embfile_names())), (), "attachments", lost)
    files = _guarded(lambda: attached_files(document), [], "attachments", lost)
    drawn = _guarded(lambda: is_dynamic(document), False, "xfa", lost)
    values = _guarded(lambda: form_data(document), None, "xfa", lost) if drawn else None
    return Document(
        file="",
        sha256=sha256,
        bytes=size,
        page_count=document.page_count,
        title=one_line(metadata.get("title")),
        author=one_line(metadata.get("author")),
        language=_language(document),
        toc=toc,
        encrypted=bool(metadata.get("encryption")),
        attachments=attachments,
        sources=(*([said] if said else []), *([values] if values else []), *files, *lost.values()),
        notes=(*((MENDED,) if opened.mended else ()), *((XFA,) if drawn else ())),
    )


def _guarded(get: Any, default: Any, what: str, lost: dict[str, SourceText]) -> Any:
    """What `get` gives; where a broken file makes it raise, the default, and a source that says what is lost."""
    try:
        return get()
    except Exception as fault:  # MuPDF raises five unrelated kinds on broken files
        problem = f"the {what} of the document could not be read ({type(fault).__name__})"
        lost.setdefault(what, SourceText(what, "", problem))
        return default


def _bookmarks(document: pymupdf.Document) -> tuple[Heading, ...]:
    """The outline, levels without gaps. One that points nowhere takes the page of the one before it."""
    headings: list[Heading] = []
    level, page = 0, 1
    for depth, title, target, *_ in document.get_toc(simple=True):
        level = max(1, min(int(depth), level + 1))
        page = min(int(target), document.page_count) if int(target) > 0 else page
        headings.append(Heading(level, one_line(title) or "(no title)", page))
    return tuple(headings)


def _language(document: pymupdf.Document) -> str | None:
    """The language that the catalog names; none where it is broken, since the text tells it then."""
    try:
        kind, value = document.xref_get_key(document.pdf_catalog(), "Lang")
    except Exception:  # MuPDF raises five unrelated kinds on broken files
        return None
    if kind != "string" or not (match := _LANGUAGE.fullmatch(value.strip())):
        return None
    language, *rest = match[0].split("-")
    return "-".join((language.lower(), *rest))
