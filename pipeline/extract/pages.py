"""One page, read: text first, so that a bad picture never costs the page its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline import ocr
from pipeline.document import BBox, Block, Hidden, Page, SourceText, Word
from pipeline.errors import QuireError
from pipeline.extract import scans, textlayer, vectors
from pipeline.extract.alternates import alternates
from pipeline.extract.annotations import Annotation, read_annotations
from pipeline.extract.cleaning import one_line, page_label
from pipeline.extract.comments import comment_words, comments, inserted, with_addresses
from pipeline.extract.drawn import Drawn
from pipeline.extract.forms import buttons, put_in, with_fields
from pipeline.extract.geometry import finite
from pipeline.extract.hidden import Sight, layer_words, layers_off
from pipeline.extract.imagery import Imagery, is_plain, rendered
from pipeline.extract.layout import blocks_of
from pipeline.extract.lines import Line, read_lines
from pipeline.extract.messages import BODY, COMPLAINT
from pipeline.extract.pictures import numbered, read_pictures
from pipeline.extract.placements import Placement, placements, rendering

if TYPE_CHECKING:
    import pymupdf

    from pipeline.extract.messages import Ask, Stage
    from pipeline.extract.work import WorkStore
    from pipeline.settings import Ocr

_NO_ENGINE = "This page is a scan and no OCR engine is installed: it is known only as a picture."
_OCR_STOPPED = "OCR of this page took too long or crashed: it is known only as a picture."
_NOT_OF_THE_FILE = ("... repeated", "dropping unclosed output")
_MISTAKEN = (
    "This scan's text layer does not say what its picture shows: it was set aside, and the page read by OCR anew."
)
_ODD = "This scan's text layer looks like no language, and OCR here is not sure of the page either: see its picture."
_BROKEN_FIELDS = "What some form fields of this page are called, or hold, is in a part of the file that is broken."
_SEEN = "Much of this page's text has no Unicode in the file, or is drawn as shapes: the page is kept as a picture too."


@dataclass(slots=True)
class Source:
    """What pages are read from: the document, the work store, how OCR is to be used, and whom to tell of a stage.

    `body` is the document's usual size of type in points, `labels` from which page on pages are labelled how, `off`
    the numbers of the layers that are off, `file` the document as MuPDF has it.
    """

    document: pymupdf.Document
    work: WorkStore
    ocr: Ocr
    announce: Callable[[Stage], None]
    body: float = BODY
    imagery: Imagery = field(init=False)
    labels: list[tuple[int, str]] = field(init=False)
    off: list[int] = field(init=False)
    file: Any = field(init=False)

    def __post_init__(self) -> None:
        from pymupdf import mupdf

        self.imagery = Imagery(self.document, self.work)
        self.labels = _label_rules(self.document)
        self.off = layers_off(self.document)
        self.file = mupdf.pdf_document_from_fz_document(self.document.this)


@dataclass(frozen=True, slots=True)
class _Survey:
    """What is on a page before its pictures are decoded: `read` is what OCR read here, `layered` says that `lines` are
    a scan's text layer, by somebody's OCR; `said` are the comments on the page, `notes` what a user should know,
    `files` those pinned to it of which more is to be said."""

    drawn: Drawn
    lines: list[Line]
    layered: bool
    read: scans.Recognised
    placed: list[Placement]
    said: list[Block]
    notes: tuple[str, ...]
    hidden: tuple[Hidden, ...]
    files: tuple[SourceText, ...]


def read_page(source: Source, ask: Ask) -> Page:
    """The page with its blocks and pictures."""
    import pymupdf

    pymupdf.TOOLS.mupdf_warnings()  # taken, so that the first of this page is not told as the last one repeated
    page = source.document[ask.number - 1]
    drawn = Drawn(page)
    _, _, width, height = drawn.shown
    survey = _survey(source, page, drawn, ask)
    blocks = inserted(_blocks(survey, source.body), survey.said)
    if survey.placed:
        source.announce("pictures")
    found = read_pictures(page, drawn, survey.placed, source.imagery, decode="pictures" not in ask.without)
    hidden = (*survey.hidden, *layer_words(source.document, page, source.off))
    lost = not (blocks or found or hidden) and _is_lost(source.document, page)
    return Page(
        number=ask.number,
        label=_label(source, page),
        width=width,
        height=height,
        rotation=drawn.rotation,
        blocks=blocks,
        pictures=numbered(found, blocks, ask.number, drawn.shown),
        ocr=survey.layered or bool(survey.read.lines),
        notes=(*survey.notes, *_warnings()),
        hidden=hidden,
        files=survey.files,
        problem=f"Page {ask.number} could not be read: its content is not in the file." if lost else None,
    )


def read_words(source: Source, ask: Ask) -> tuple[Word, ...]:
    """The page's words in the order of its text, those of its OCR where it went through that."""
    page = source.document[ask.number - 1]
    survey = _survey(source, page, Drawn(page), ask)
    words = [word._replace(box=finite(word.box)) for line in survey.lines for word in line.words]
    return (*words, *survey.read.words(), *comment_words(survey.said))


def _survey(source: Source, page: pymupdf.Page, drawn: Drawn, ask: Ask) -> _Survey:
    notes: list[str] = []
    shown = drawn.shown
    placed = placements(source.document, page, drawn)
    visible = [one.box for one in placed if not one.decorative]
    sight = _sight(page, drawn, placed, shown)
    found, problem = _laid_over(source, page)
    notes += [problem] if problem else []
    notes += [_BROKEN_FIELDS] if any(one.broken for one in found) else []
    lines, fields, unseen = with_fields(read_lines(page, drawn, sight), found)
    scan = scans.is_scan(lines, visible, shown)
    if not scan and _unseen(page, drawn, lines, visible, shown):
        placed.append(rendering(shown))
        scan = scans.is_scan(lines, [shown], shown)
        notes.append(_SEEN)
    elif not scan:
        placed += [rendering(box) for box in scans.unread(lines)]
        placed += vectors.placements(drawn, lines, shown, buttons(found))
    layer = textlayer.over_scan(lines, sight.beneath) if not scan and scans.is_covered(visible, shown) else []
    read = scans.Recognised([])
    if source.ocr == "always" or (source.ocr == "auto" and (scan or textlayer.is_doubtful(page, layer))):
        read, problem = _recognised(source, page, ask)
        notes += [problem] if problem else []
    if scan or layer:
        placed = scans.upright(placed, shown, read.degrees)
    unseen = [*sight.texts(), *unseen]
    if textlayer.disagrees(layer, read):
        notes.append(_MISTAKEN)
        unseen.append(Hidden(" ".join(line.text for line in layer), textlayer.MISTAKEN))
        lines, layer = [line for line in lines if line not in layer], []
    elif textlayer.is_odd(layer) and read.sure < scans.SURE:
        notes.append(_ODD)
    lines, read = _chosen(lines, layer, read, always=source.ocr == "always")
    layered = bool(layer) and bool(lines)
    lines = put_in(with_addresses(textlayer.labelled(lines) if layered else lines, found), fields)
    said, unsaid, files = comments(lines, found)
    spoken, problem = _alternates(source, page, drawn, placed, lines)
    notes += [problem] if problem else []
    return _Survey(drawn, lines, layered, read, placed, [*said, *spoken], tuple(notes), (*unseen, *unsaid), files)


def _chosen(
    lines: list[Line], layer: Sequence[Line], read: scans.Recognised, *, always: bool
) -> tuple[list[Line], scans.Recognised]:
    """What stands of the text layer, and what of the OCR: a layer over a scan that can be believed is kept alone."""
    if not read.lines:
        return lines, read
    if layer and not always and not read.sideways:
        return lines, replace(read, lines=[])
    lines = [] if always or scans.is_garbled(lines) else [line for line in lines if line not in layer]
    return lines, read.beside(lines)


def _sight(page: pymupdf.Page, drawn: Drawn, placed: Sequence[Placement], shown: BBox) -> Sight:
    solid = [one.box for one in drawn.painted if not (one.sheer or one.stencil)]
    over_scan = scans.is_covered([one.box for one in placed if not one.decorative], shown)
    return Sight(page, drawn, shown, solid, over_scan=over_scan)


def _is_lost(document: pymupdf.Document, page: pymupdf.Page) -> bool:
    """Whether a page names content of which nothing is in the file; one that names none is blank."""
    named = page.get_contents()
    return bool(named) and not any(map(document.xref_is_stream, named))


def _label_rules(document: pymupdf.Document) -> list[tuple[int, str]]:
    """From which page on pages are labelled how: read once, since PyMuPDF reads them anew for each page's label."""
    try:
        return sorted(document._get_page_labels())
    except Exception:  # a broken list of labels is none
        return []


def _label(source: Source, page: pymupdf.Page) -> str | None:
    from pymupdf import utils

    try:
        return page_label(utils.get_label_pno(page.number, source.labels)) if source.labels else None
    except Exception:  # a broken list of labels, or one that leaves out the first pages, is none
        return None


def _laid_over(source: Source, page: pymupdf.Page) -> tuple[list[Annotation], str | None]:
    """The page's annotations, and what a user should know where they cannot be read: that costs it no word."""
    try:
        return read_annotations(source.document, page), None
    except Exception as fault:  # MuPDF raises five unrelated kinds on broken files
        return [], f"Form fields, comments and links of this page cannot be read ({type(fault).__name__})."


def _alternates(
    source: Source, page: pymupdf.Page, drawn: Drawn, placed: Sequence[Placement], lines: Sequence[Line]
) -> tuple[list[Block], str | None]:
    """What is said in place of the page's content, and what a user should know where it cannot be read."""
    try:
        return alternates(source.file, page, drawn, placed, lines), None
    except Exception as fault:  # MuPDF raises five unrelated kinds on broken files
        return [], f"Alternative texts of this page cannot be read ({type(fault).__name__})."


def _unseen(page: pymupdf.Page, drawn: Drawn, lines: Sequence[Line], visible: Sequence[BBox], shown: BBox) -> bool:
    """Whether the page shows what neither its text nor its pictures hold: garbled text, or text drawn as shapes."""
    if scans.is_garbled(lines):
        return True
    if visible or not scans.is_bare(lines, shown) or _is_of_images(drawn):
        return False
    return not is_plain(rendered(page, shown, 36, sheet=drawn.sheet))


def _is_of_images(drawn: Drawn) -> bool:
    """Whether a page draws nothing but images, if anything."""
    return all("image" in kind for kind, _ in drawn.shapes) and not drawn.texts


def _recognised(source: Source, page: pymupdf.Page, ask: Ask) -> tuple[scans.Recognised, str | None]:
    """What OCR reads, and what a user should know where it reads nothing."""
    nothing = scans.Recognised([])
    if "ocr" in ask.without:
        return nothing, _OCR_STOPPED
    if ocr.engine() is None:
        return nothing, _NO_ENGINE
    try:
        return scans.recognise(page, source.work, lambda: source.announce("ocr")), None
    except QuireError as fault:
        return nothing, str(fault)


def _blocks(survey: _Survey, body: float) -> tuple[Block, ...]:
    """The text layer's blocks, and those by OCR: each stray block of the layer stands before the first one below it."""
    figures = [one.box for one in survey.placed if one.vector and not one.decorative]
    layer = blocks_of(survey.lines, survey.drawn, body, figures)
    read = survey.read
    if not read.lines:
        return tuple(layer)
    blocks = [replace(block, kind="ocr", box=read.placed(block.box)) for block in blocks_of(read.lines, None, body)]
    for block in layer:
        at = next((index for index, other in enumerate(blocks) if other.box[1] > block.box[1]), len(blocks))
        blocks.insert(at, block)
    return tuple(blocks)


def _warnings() -> tuple[str, ...]:
    """What MuPDF complained of while the page was read, each once, at most five."""
    import pymupdf

    said = dict.fromkeys(pymupdf.TOOLS.mupdf_warnings().splitlines())
    said = {line: None for line in said if line.strip() and not line.startswith(_NOT_OF_THE_FILE)}
    return tuple(f"{COMPLAINT}{one_line(line, 200)}" for line in list(said)[:5])
