"""Pages to parts: the marks around a page and its figures, the text between, the document's own text kept harmless.

    <page n="12" label="xii">
    ## Results

    Sales grew.

    <figure id="p12-f1">Figure 1. Sales
    (the picture's own part)</figure>

    They will grow again.
    </page>

What is printed at the head or the foot of many pages stands before the first of them, once (see `running`):

    <running pages="3-160">Acme | Annual report</running>

Before a table that goes on from the page before stands `<continued from="11">`, with its head where the page does not
give it again: `<continued from="11" head="| Item | Price |">`.

Every page begins with `<page` and ends with `</page>` and a line's end, and such a line likewise, so they can be strung
together and their tokens add up exactly: the tokenizer always ends a piece between a line's end and a `<`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape as escape_attribute

from pipeline.document import Block, Page, Picture, SourcePage, SourceText
from pipeline.pack.fit import sent_size
from pipeline.pack.parts import Part, PicturePart, TextPart
from pipeline.profiles import PictureRule
from pipeline.settings import Images

FIGURE_SHARE = 1 / 50
"""With images="figures", a picture without a caption is sent from this share of the page's area on."""

SCAN_SHARE = 0.6
"""A picture over more than this share of the page is taken for a scan of it."""

LONGEST_LABEL = 64
LONGEST_SOURCE = 200
LONGEST_CAPTION = 1000
LONGEST_HEAD = 300
"""Characters of a label, a caption and a table's head that are repeated in a mark: they stand in full elsewhere."""

_UNSEEN = (
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]*"
)
"""What may stand between the characters of a mark and not be seen: white space, control and zero-width characters."""

_MARKS = ("page", "figure", "\ufb01gure", "source", "summary", "running", "continued", "sheet", "seal", "point")
_NAMES = "|".join(_UNSEEN.join(name) for name in _MARKS)
_REST = rf"(?={_UNSEEN}(?:/{_UNSEEN})?(?:{_NAMES}))"
_MARK = re.compile(rf"<{_REST}|&((?:amp;)*)lt;{_REST}", re.IGNORECASE)
_ESCAPED = re.compile(rf"&((?:amp;)*)lt;{_REST}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture where it stands among a page's text, with its caption ("" where it has none).

    `sheet` names the sheet of the request that shows it among others, None where it is sent by itself.
    """

    picture: PicturePart
    caption: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Continued:
    """What stands before a table that goes on from another page: the number of that, and a head that it lacks here."""

    page: int
    head: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table, given again where a part of a page begins with a later row of it."""

    text: str


Piece = str | Figure | Continued | Head
"""What a page holds, in reading order: the document's text as it is (not escaped yet), figures, and marks of ours."""


def escape(text: str) -> str:
    """`text` with every `<` that begins something like a mark of ours turned to `&lt;`, and with nothing else changed.

    Text that holds such an `&lt;` already gets one more `amp;`, so that `unescape` gives back exactly what there was.
    """
    return _MARK.sub(lambda mark: "&lt;" if mark[0] == "<" else f"&amp;{mark[0][1:]}", text)


def unescape(text: str) -> str:
    """The text that `escape` was given."""
    return _ESCAPED.sub(lambda mark: f"&{mark[0][5:]}" if mark[1] else "<", text)


def wanted(page: Page, picture: Picture, images: Images) -> bool:
    """Whether the user's choice lets a picture be sent: "figures" leaves out what is small and has no caption."""
    if images == "figures":
        return bool(picture.caption) or _share(page, picture) >= FIGURE_SHARE
    return images == "all"


def is_scan(page: Page, picture: Picture) -> bool:
    """Whether a picture is taken for a scan of its page."""
    return _share(page, picture) > SCAN_SHARE


def sendable(picture: Picture) -> bool:
    """Whether a picture has bytes of its own and is neither decorative nor shown by another one that is sent."""
    return bool(picture.sha256) and not (
        picture.decorative or picture.duplicate_of or picture.part_of or picture.problem
    )


def page_pieces(page: Page, images: Images, rule: PictureRule | None) -> tuple[Piece, ...]:
    """What is sent of a page, nothing of one that could not be read. `rule` is None if the model takes no pictures."""
    if page.problem is not None:
        return ()
    figures: list[tuple[int, Figure]] = []
    if rule is not None:
        sent = [picture for picture in page.pictures if sendable(picture) and wanted(page, picture, images)]
        figures = [(p.after, _figure(page, p, rule)) for p in sorted(sent, key=lambda picture: picture.after)]
    pieces: list[Piece] = []
    done = 0
    for after, figure in figures:
        pieces += [*_text(page.blocks[done:after]), figure]
        done = after
    return (*pieces, *_text(page.blocks[done:]))


def figures(page: Page, images: Images, rule: PictureRule | None) -> tuple[PicturePart, ...]:
    """The pictures that are sent of a page."""
    if not page.pictures:
        return ()
    return tuple(piece.picture for piece in page_pieces(page, images, rule) if isinstance(piece, Figure))


def framed(
    carrier: Page | SourceText | SourcePage, pieces: Sequence[Piece], part: str | None = None
) -> tuple[Part, ...]:
    """The pieces between the marks of a page, or of a text that belongs to none, as parts: text is escaped and joined
    to one part up to the next picture.

    `part` says which part of a page that had to be split this is: "2/3". Nothing where there are no pieces.
    """
    if not pieces:
        return ()
    parts: list[Part] = []
    name, run = ("page", _opening(carrier, part)) if isinstance(carrier, Page) else ("source", _source(carrier, part))
    for index, piece in enumerate(pieces):
        run += "\n\n" if index and not isinstance(pieces[index - 1], Head) else "\n"
        if isinstance(piece, str):
            run += escape(piece)
        elif isinstance(piece, Head):
            run += escape(piece.text)
        elif isinstance(piece, Continued):
            head = f' head="{escape_attribute(piece.head)}"' if piece.head else ""
            run += f'<continued from="{piece.page}"{head}>'
        elif piece.sheet is not None:
            run += f'<figure id="{piece.picture.id}" sheet="{piece.sheet}">{escape(piece.caption)}</figure>'
        else:
            run += f'<figure id="{piece.picture.id}">{escape(piece.caption)}\n'
            parts += [TextPart(run), piece.picture]
            run = "</figure>"
    return (*parts, TextPart(f"{run}\n</{name}>\n"))


def running_mark(text: str, first: int, last: int) -> str:
    """A line that runs over the pages from `first` to `last`, stated before the first page that it stands on."""
    return f'<running pages="{first}-{last}">{escape(text)}</running>\n'


def page_parts(page: Page, images: Images, rule: PictureRule | None) -> tuple[Part, ...]:
    """A whole page as it is sent; nothing for a page that is blank or could not be read."""
    return framed(page, page_pieces(page, images, rule))


def join(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same parts with adjacent text in one part each."""
    joined: list[Part] = []
    run: list[str] = []
    for part in parts:
        if isinstance(part, TextPart):
            run.append(part.text)
            continue
        if run:
            joined.append(TextPart("".join(run)))
            run = []
        joined.append(part)
    return (*joined, TextPart("".join(run))) if run else tuple(joined)


def _opening(page: Page, part: str | None) -> str:
    label = " ".join(page.label.split())[:LONGEST_LABEL] if page.label else ""
    named = f' label="{escape_attribute(label)}"' if label and label != str(page.number) else ""
    split = f' part="{part}"' if part else ""
    ocr = ' ocr="true"' if page.ocr else ""
    return f'<page n="{page.number}"{named}{split}{ocr}>'


def _source(source: SourceText | SourcePage, part: str | None) -> str:
    split = f' part="{part}"' if part else ""
    ocr = ' ocr="true"' if isinstance(source, SourcePage) and source.page.ocr else ""
    return f'<source id="{escape_attribute(" ".join(source.id.split())[:LONGEST_SOURCE])}"{split}{ocr}>'


def _text(blocks: Sequence[Block]) -> list[Piece]:
    """Adjacent blocks as one piece of text, a blank line between two; a table that goes on begins another."""
    pieces: list[Piece] = []
    for block in blocks:
        if not block.text.strip():
            continue
        if block.continues is not None:
            pieces.append(Continued(block.continues, " ".join(block.head.split())[:LONGEST_HEAD]))
        text, last = _block(block), pieces[-1] if pieces else None
        if isinstance(last, str):
            pieces[-1] = f"{last}\n\n{text}"
        else:
            pieces.append(text)
    return pieces


def _block(block: Block) -> str:
    text = block.text.strip()
    return "## " + " ".join(text.split()) if block.kind == "heading" else text


def _figure(page: Page, picture: Picture, rule: PictureRule) -> Figure:
    width, height = sent_size(picture, rule, scan=is_scan(page, picture))
    caption = " ".join((picture.caption or "").split())
    if len(caption) > LONGEST_CAPTION:
        caption = caption[:LONGEST_CAPTION] + "…"
    return Figure(PicturePart(picture.id, picture.sha256, width, height), caption)


def _share(page: Page, picture: Picture) -> float:
    """The share of the page's area that a picture covers."""
    x0, y0, x1, y1 = picture.box
    area = page.width * page.height
    return max(x1 - x0, 0.0) * max(y1 - y0, 0.0) / area if area > 0 else 0.0
