"""What is beside the page's own content: fields, comments, links, bookmarks, metadata, layers."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.carriers.book import Book
from benchmarks.carriers.pdf import Box, Canvas, Sheet, string


def _base(book: Book) -> tuple[Sheet, list[Box]]:
    """A page with prose in one of four bands, and the other three."""
    sheet = book.page()
    first, *rest = book.bands(sheet, 4)
    book.prose(sheet, first, book.sentences(3))
    return sheet, rest


def _appearance(book: Book, text: str, width: float, height: float) -> str:
    canvas = Canvas(book.pdf)
    canvas.text(2, height / 2 - 4, text, book.font("Helvetica"), 10)
    return f"/AP << /N {canvas.as_form(width, height)} 0 R >>"


def _line(box: Box, height: float = 20) -> Box:
    return (box[0] + 100, box[3] - height - 10, box[0] + 320, box[3] - 10)


def text_fields(book: Book) -> None:
    """Values of text fields: with an appearance, without one, of many lines; and a field's own name for users."""
    sheet, boxes = _base(book)
    for at, box in enumerate(boxes):
        token, place = book.token(), _line(box, 20 if at < 2 else 60)
        sheet.text(box[0], box[3] - 24, "Reference:", book.font("Helvetica"), 10)
        value = token if at < 2 else f"first line\n{token}\nlast line"
        look = _appearance(book, token, 220, 20) if at == 0 else ""
        flags = "/Ff 4096" if at == 2 else ""
        told = book.token() if at == 1 else ""
        named = f"/TU {string(told)}" if told else ""
        entries = (
            f"/FT /Tx /T {string(book.word())} {named} /V {string(value)} {flags} /F 4 /DA (/Helv 10 Tf 0 g) {look}"
        )
        book.fields.append(sheet.annotate("Widget", place, entries))
        book.note(token)
        if told:
            book.note(told)


def _check(book: Book, sheet: Sheet, box: Box, name: str, *, on: bool) -> None:
    states = []
    for mark in ("4", ""):
        canvas = Canvas(book.pdf)
        canvas.text(2, 3, mark, book.font("Helvetica"), 10)
        states.append(canvas.as_form(12, 12))
    look = f"/AP << /N << /Yes {states[0]} 0 R /Off {states[1]} 0 R >> >>"
    state = "/Yes" if on else "/Off"
    entries = f"/FT /Btn /T {string(name)} /V {state} /AS {state} /F 4 /MK << /CA (4) >> {look}"
    book.fields.append(sheet.annotate("Widget", box, entries))


def checkboxes(book: Book) -> None:
    """Boxes with a label beside each: which are on is a fact that must stand on the label's line."""
    sheet, boxes = _base(book)
    for at, box in enumerate(boxes):
        label, on = book.token(), at < 2
        _check(book, sheet, (box[0], box[3] - 26, box[0] + 12, box[3] - 14), f"box-{book.word(2)}", on=on)
        sheet.text(box[0] + 18, box[3] - 24, f"Option {label}", book.font("Helvetica"), 10)
        book.note(label, beside="CHECKED" if on else "UNCHECKED")


def choices(book: Book) -> None:
    """What is chosen in a list: with an appearance and without."""
    sheet, boxes = _base(book)
    for box, shown in zip(boxes, (True, False), strict=False):
        token, other = book.token(), book.token()
        look = _appearance(book, token, 220, 20) if shown else ""
        options = f"[{string(other)} {string(token)}]"
        entries = f"/FT /Ch /Ff 131072 /T {string(book.word())} /Opt {options} /V {string(token)} /F 4"
        sheet.text(box[0], box[3] - 24, "Chosen:", book.font("Helvetica"), 10)
        book.fields.append(sheet.annotate("Widget", _line(box), f"{entries} /DA (/Helv 10 Tf 0 g) {look}"))
        book.note(token)


def coded_choices(book: Book) -> None:
    """What is chosen in lists whose items have codes, and two items at once."""
    sheet, boxes = _base(book)
    shown, first, second = book.token(), book.token(), book.token()
    coded = f"/Ff 131072 /Opt [[(A1) {string(shown)}] [(B2) (none)]] /V (A1)"
    several = f"/Ff 2097152 /Opt [{string(first)} (none) {string(second)}] /V [{string(first)} {string(second)}]"
    for box, entries in zip(boxes, (coded, several), strict=False):
        sheet.text(box[0], box[3] - 24, "Chosen:", book.font("Helvetica"), 10)
        entries = f"/FT /Ch /T {string(book.word())} {entries} /F 4 /DA (/Helv 10 Tf 0 g)"
        book.fields.append(sheet.annotate("Widget", _line(box), entries))
    for fact in (shown, first, second):
        book.note(fact)


def radio_buttons(book: Book) -> None:
    """One choice of three: which it is must stand on its label's line."""
    sheet, boxes = _base(book)
    chosen, group = book.random.randrange(3), book.pdf.reserve()
    kids = []
    for at, box in enumerate(boxes):
        label, states = book.token(), []
        for mark in ("l", ""):
            canvas = Canvas(book.pdf)
            canvas.text(2, 3, mark, book.font("Helvetica"), 10)
            states.append(canvas.as_form(12, 12))
        look = f"/AP << /N << /C{at} {states[0]} 0 R /Off {states[1]} 0 R >> >>"
        state = f"/C{at}" if at == chosen else "/Off"
        place = (box[0], box[3] - 26, box[0] + 12, box[3] - 14)
        kids.append(sheet.annotate("Widget", place, f"/Parent {group} 0 R /AS {state} /F 4 {look}"))
        sheet.text(box[0] + 18, box[3] - 24, f"Choice {label}", book.font("Helvetica"), 10)
        book.note(label, beside="CHECKED" if at == chosen else "UNCHECKED")
    refs = " ".join(f"{kid} 0 R" for kid in kids)
    book.pdf.put(f"<< /FT /Btn /Ff 49152 /T {string(book.word())} /V /C{chosen} /Kids [{refs}] >>", group)
    book.fields.append(group)


def signature(book: Book) -> None:
    """Who signed, when, where and why, where the look of the signature does not tell."""
    sheet, boxes = _base(book)
    name, where, why = book.token(), book.token(), book.token()
    value = f"/Type /Sig /Filter /Adobe.PPKLite /Name {string(name)} /Reason {string(why)} /M (D:20250314101500Z)"
    ref = book.pdf.put(f"<< {value} /Location {string(where)} /Contents <00> /ByteRange [0 0 0 0] >>")
    sheet.text(boxes[0][0], boxes[0][3] - 24, "Signature:", book.font("Helvetica"), 10)
    entries = f"/FT /Sig /T {string(book.word())} /V {ref} 0 R /F 4 {_appearance(book, 'signed', 220, 20)}"
    book.fields.append(sheet.annotate("Widget", _line(boxes[0]), entries))
    for fact in (name, where, why):
        book.note(fact)
    book.note("2025-03-14")


def replies(book: Book) -> None:
    """A remark, an answer to it, and an insertion."""
    sheet, boxes = _base(book)
    box, asked, answered, put_in = boxes[0], book.token(), book.token(), book.token()
    place = (box[0] + 200, box[3] - 40, box[0] + 220, box[3] - 20)
    first = sheet.annotate("Text", place, f"/Contents {string(f'Why {asked}?')} /T {string('Ada')} /F 4")
    answer = f"/Contents {string(f'Because {answered}')} /T {string('Ben')} /IRT {first} 0 R /RT /R /F 4"
    sheet.annotate("Text", place, answer)
    spot = (boxes[1][0] + 50, boxes[1][3] - 40, boxes[1][0] + 58, boxes[1][3] - 30)
    sheet.annotate("Caret", spot, f"/Contents {string(f'add {put_in}')} /F 4")
    for fact in (asked, answered, put_in):
        book.note(fact)


def comments(book: Book) -> None:
    """Notes that open on a click, and who wrote them."""
    sheet, boxes = _base(book)
    for box, subtype in zip(boxes, ("Text", "Square", "Stamp"), strict=True):
        token, author = book.token(), book.word().capitalize()
        place = (box[0] + 200, box[3] - 40, box[0] + 220, box[3] - 20)
        shape = "/C [1 0 0]" if subtype == "Square" else ""
        sheet.annotate(subtype, place, f"/Contents {string(f'See {token}')} /T {string(author)} /F 4 {shape}")
        book.note(token)
        book.note(author)


def free_text(book: Book) -> None:
    """Text typed onto the page, with an appearance and without."""
    sheet, boxes = _base(book)
    for box, shown in zip(boxes, (True, False), strict=False):
        token = book.token()
        look = _appearance(book, f"Typed {token}", 220, 20) if shown else ""
        entries = f"/Contents {string(f'Typed {token}')} /DA (/Helv 10 Tf 0 g) /F 4 {look}"
        sheet.annotate("FreeText", _line(box), entries)
        book.note(token)


def highlights(book: Book) -> None:
    """Marked text with a remark."""
    sheet, boxes = _base(book)
    for box, subtype in zip(boxes, ("Highlight", "Underline", "StrikeOut"), strict=True):
        token, font = book.token(), book.font("Helvetica")
        words = f"clause {book.word()}"
        sheet.text(box[0], box[3] - 30, words, font, 11)
        x1, y0, y1 = box[0] + font.width(words, 11), box[3] - 33, box[3] - 20
        quad = f"/QuadPoints [{box[0]:g} {y1:g} {x1:g} {y1:g} {box[0]:g} {y0:g} {x1:g} {y0:g}]"
        sheet.annotate(subtype, (box[0], y0, x1, y1), f"/Contents {string(f'Ask {token}')} {quad} /C [1 1 0] /F 4")
        book.note(token)
        book.note(words)


def links(book: Book) -> None:
    """Addresses behind words that do not tell them."""
    sheet, boxes = _base(book)
    for box in boxes[:2]:
        token = book.token()
        sheet.text(box[0], box[3] - 30, "See the register", book.font("Helvetica"), 11)
        place = (box[0], box[3] - 34, box[0] + 80, box[3] - 18)
        address = f"https://example.org/register/{token}"
        sheet.annotate("Link", place, f"/A << /S /URI /URI ({address}) >> /Border [0 0 0]")
        book.note(token)


def link_texts(book: Book) -> None:
    """What is said of a link, of one within the document too, and the file that one leads to."""
    sheet, boxes = _base(book)
    told, within, file = book.token(), book.token(), book.token()
    actions = (
        f"/A << /S /URI /URI (https://example.org/) >> /Contents {string(f'Prices {told}')}",
        f"/Dest [{sheet.ref} 0 R /Fit] /Contents {string(f'Chapter {within}')}",
        f"/A << /S /GoToR /F ({file}.pdf) /D [0 /Fit] >>",
    )
    for box, action in zip(boxes, actions, strict=True):
        sheet.text(box[0], box[3] - 30, "here", book.font("Helvetica"), 11)
        sheet.annotate("Link", (box[0], box[3] - 34, box[0] + 30, box[3] - 18), f"{action} /Border [0 0 0]")
    for fact in (told, within, file):
        book.note(fact)


def media(book: Book) -> None:
    """What stands for a film, a sound or a model: a text that is read out, or a poster with words."""
    sheet, boxes = _base(book)
    for box, subtype in zip(boxes, book.random.sample(("Screen", "RichMedia", "3D", "Movie", "Sound"), 3), strict=True):
        said, shown = book.token(), book.token()
        look = _appearance(book, f"Play {shown}", 220, 20)
        sheet.annotate(subtype, _line(box), f"/Contents {string(f'A film of {said}')} /F 4 {look}")
        book.note(said)
        book.note(shown)


def bookmarks(book: Book) -> None:
    """Titles that stand in the outline alone."""
    for _ in range(3):
        sheet, token = book.page(), book.token()
        book.prose(sheet, (60, 60, sheet.width - 60, sheet.height - 60), book.sentences(5))
        book.bookmarks.append((f"Part {token}", sheet.number))
        book.note(token, anywhere=True)


def metadata(book: Book) -> None:
    """Title, author, subject and keywords, a property of one's own, and a description in XMP alone."""
    for key in ("Title", "Author", "Subject", "Keywords"):
        token = book.token()
        book.info[key] = f"{key} {token}"
        book.note(token, anywhere=True)
    book.info["Contract"] = book.token()
    book.note(book.info["Contract"], anywhere=True)
    token = book.token()
    book.xmp = (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
        f"About {token}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )
    book.note(token, anywhere=True)


def layer_on(book: Book) -> None:
    """Text in an optional layer that is shown."""
    sheet, boxes = _base(book)
    token = book.token()
    name = sheet.use("Properties", book.layer("Shown", on=True))
    sheet.draw(f"/OC {name} BDC")
    sheet.text(boxes[0][0], boxes[0][3] - 30, f"Layer {token}", book.font(), 12)
    sheet.draw("EMC")
    book.note(token)


CARRIERS: dict[str, Callable[[Book], None]] = {
    "text fields": text_fields,
    "checkboxes": checkboxes,
    "choice fields": choices,
    "choices with codes": coded_choices,
    "radio buttons": radio_buttons,
    "signature": signature,
    "comments": comments,
    "replies": replies,
    "free text": free_text,
    "highlights": highlights,
    "link addresses": links,
    "link texts": link_texts,
    "media": media,
    "bookmarks": bookmarks,
    "metadata": metadata,
    "layer that is on": layer_on,
}
