"""Text as a page shows it: columns, turned pages, furniture, fonts and scripts."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable

from benchmarks.carriers.book import Book
from benchmarks.carriers.fonts import Asian
from benchmarks.carriers.pdf import Box, Canvas, Font, numbers

TATWEEL_RIGHT = "ادذرزو"
"""Arabic letters that do not join the next one."""


def _columns(count: int, *, headline: bool = False) -> Callable[[Book], None]:
    def carrier(book: Book) -> None:
        sheet = book.page()
        font, size, top = book.font(), book.random.choice((8, 9, 9.5)), sheet.height - 60
        if headline:
            phrase = book.phrase(book.token())
            book.note(phrase)
            box = (50, top - 60, sheet.width - 50, top)
            top -= 75
            book.prose(sheet, box, book.sentences(1, [phrase]), font, size)
        gap = 24.0
        width = (sheet.width - 100 - gap * (count - 1)) / count
        for at in range(count):
            phrases = [book.phrase(book.token()) for _ in range(2)]
            book.note(phrases[0])
            book.note(phrases[1])
            left = 50 + at * (width + gap)
            book.prose(sheet, (left, 50, left + width, top), book.sentences(14 // count + 3, phrases), font, size)

    return carrier


def rotated_pages(book: Book) -> None:
    """Pages turned by each right angle, drawn so that they are read upright."""
    for turn in book.random.sample((90, 180, 270), 3):
        sheet = book.page()
        width, height = (sheet.height, sheet.width) if turn != 180 else (sheet.width, sheet.height)
        canvas = Canvas(book.pdf)
        phrases = [book.phrase(book.token()) for _ in range(2)]
        for phrase in phrases:
            book.note(phrase)
        book.prose(canvas, (60, 60, width - 60, height - 60), book.sentences(8, phrases))
        form = canvas.as_form(width, height)
        matrix = {
            90: (0, 1, -1, 0, sheet.width, 0),
            180: (-1, 0, 0, -1, sheet.width, sheet.height),
            270: (0, -1, 1, 0, 0, sheet.height),
        }[turn]
        sheet.image(form, matrix)
        sheet.entries.append(f"/Rotate {turn}")


def rotated_text(book: Book) -> None:
    """Lines at an angle beside level prose."""
    sheet = book.page()
    bands = book.bands(sheet, 4)
    book.prose(sheet, bands[0], book.sentences(3))
    for box, angle in zip(bands[1:], book.random.sample((90, 270, 30, 45, 180), 3), strict=True):
        token, font, size = book.token(), book.font(), book.random.choice((9, 12, 16))
        turn = math.radians(angle)
        turned = (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn))
        sheet.text((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, f"Side {token}", font, size, turn=turned)
        book.note(token)


def tiny_text(book: Book) -> None:
    """Print of 5 points that a reader sees."""
    sheet = book.page()
    bands = book.bands(sheet, 3)
    book.prose(sheet, bands[0], book.sentences(5), size=10)
    for box in bands[1:]:
        phrase = book.phrase(book.token())
        book.prose(sheet, box, book.sentences(4, [phrase]), size=5)
        book.note(phrase)


def footnotes(book: Book) -> None:
    """Notes in small type at the foot of a page."""
    for _ in range(2):
        sheet, phrase = book.page(), book.phrase(book.token())
        font = book.font("Times-Roman")
        book.prose(sheet, (60, 120, sheet.width - 60, sheet.height - 60), book.sentences(14), font, 10.5)
        sheet.line(60, 105, 180, 105)
        sheet.text(60, 94, str(book.random.randint(1, 9)), font, 5)
        book.prose(sheet, (66, 40, sheet.width - 60, 100), f"See {phrase}; compare the ledger.", font, 7.5)
        book.note(phrase)


def running_heads(book: Book) -> None:
    """The same head and foot on each of four pages, the foot with a number that changes."""
    head, foot = book.token(), book.token()
    sheets = [book.page(595, 842) for _ in range(4)]
    font = book.font("Helvetica")
    for sheet in sheets:
        sheet.text(60, 810, f"Report {head}", font, 8)
        sheet.text(60, 24, f"Series {foot} - {sheet.number}", font, 8)
        phrase = book.phrase(book.token())
        book.prose(sheet, (60, 60, 535, 780), book.sentences(12, [phrase]), font, 10)
        book.note(phrase, sheet)
    book.note(head, *sheets)
    book.note(foot, *sheets)


def page_labels(book: Book) -> None:
    """Pages whose label is not their number."""
    for _ in range(2):
        sheet, label = book.page(), book.token()
        book.prose(sheet, (60, 60, sheet.width - 60, sheet.height - 60), book.sentences(6))
        book.labels[sheet.number] = label
        book.note(label)


def headings(book: Book) -> None:
    """Large type above prose."""
    sheet = book.page()
    for box in book.bands(sheet, 3):
        token = book.token()
        sheet.text(box[0], box[3] - 20, f"On {token}", book.font("Helvetica-Bold"), book.random.choice((14, 18, 24)))
        book.prose(sheet, (box[0], box[1], box[2], box[3] - 36), book.sentences(4), size=9)
        book.note(token)


def ligatures(book: Book) -> None:
    """Words with joined letters, their map giving letters or the joined character."""
    sheet = book.page()
    for box, plain in zip(book.bands(sheet, 2), (True, False), strict=True):
        font = book.embedded("DejaVuSerif", plain=plain)
        words = [f"{book.word(2)}{middle}{book.word(2)}" for middle in ("ffi", "fl", "fi", "ff")]
        shown = "".join(f" {word}" for word in words)
        for letters, glyph in (("ffi", "\ufb03"), ("fl", "\ufb02"), ("fi", "\ufb01"), ("ff", "\ufb00")):
            shown = shown.replace(letters, glyph)
        book.prose(sheet, box, f"{book.sentences(2)} {shown} {book.sentences(1)}", font, 10)
        for word in words:
            book.note(word)


def hyphenated(book: Book) -> None:
    """Words cut at a line's end, by a hyphen or a soft hyphen, and words with a soft hyphen inside a line."""
    sheet = book.page()
    font = book.font("DejaVuSerif")
    for box, hyphen in zip(book.bands(sheet, 3), ("-", "\u00ad", "inside"), strict=True):
        head, tail = book.word(3), book.word(3)
        line, y = book.sentence(), box[3] - 12
        if hyphen == "inside":
            shown = [f"{line[:40]} {head}\u00ad{tail} stands", "within its line."]
        else:
            shown = [
                f"{line[: 56 - len(head)]} {head}{hyphen}",
                f"{tail} goes on over here, and then the line",
                "ends.",
            ]
        for at, one in enumerate(shown):
            sheet.text(box[0], y - 13 * at, one, font, 10)
        book.note(head + tail)


def spaced_letters(book: Book) -> None:
    """Letters set apart, by the operator and by moving each."""
    sheet = book.page()
    for at, box in enumerate(book.bands(sheet, 2)):
        token, font = book.token(), book.font("Helvetica")
        if at:
            sheet.text(box[0], box[3] - 30, f"Mark {token}", font, 12, setup="1.5 Tc")
        else:
            x = box[0]
            for char in token:
                sheet.text(x, box[3] - 30, char, font, 12)
                x += font.width(char, 12) + 1.2
        book.prose(sheet, (box[0], box[1], box[2], box[3] - 60), book.sentences(3))
        book.note(token)


def hebrew(book: Book) -> None:
    """Words from the right to the left, their glyphs in the order of the eye."""
    sheet = book.page()
    font = book.embedded("DejaVuSans")
    for box in book.bands(sheet, 2):
        words = ["".join(book.random.choices("אבגדהוזחטילמנסעפצקרשת", k=6)) for _ in range(5)]
        line = " ".join(words)
        sheet.text(box[2] - font.width(line, 14), box[3] - 30, line[::-1], font, 14)
        book.note(" ".join(words[:3]))


def arabic(book: Book) -> None:
    """Joined letters from the right to the left, mapped to plain letters."""
    sheet = book.page()
    font = book.embedded("DejaVuSans")
    for box in book.bands(sheet, 2):
        words = ["".join(book.random.choices("بتجحدرسصطعفقكلمنهوي", k=6)) for _ in range(4)]
        line = " ".join(joined(word) for word in words)
        sheet.text(box[2] - font.width(line, 16), box[3] - 30, line[::-1], font, 16)
        book.note(words[1])
        book.note(words[2])


def joined(word: str) -> str:
    """An Arabic word in the forms that its letters take beside each other."""
    forms = {unicodedata.decomposition(chr(code)): chr(code) for code in range(0xFE80, 0xFEFD)}
    shaped = ""
    for at, char in enumerate(word):
        after = at + 1 < len(word) and char not in TATWEEL_RIGHT
        before = at > 0 and word[at - 1] not in TATWEEL_RIGHT
        kind = ("medial" if before else "initial") if after else ("final" if before else "isolated")
        shaped += forms[f"<{kind}> {ord(char):04X}"]
    return shaped


def chinese(book: Book) -> None:
    """A font that every reader has, along the page and down it."""
    sheet = book.page()
    stock = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁云腾致雨露结为霜金生丽水玉出昆冈"
    for box, down in zip(book.bands(sheet, 2), (False, True), strict=True):
        font = Asian(book.pdf, down=down)
        for at in range(2):
            line = "".join(book.random.choices(stock, k=10))
            x, y = (box[2] - 60 * at - 40, box[3] - 10) if down else (box[0], box[3] - 30 - 40 * at)
            sheet.text(x, y, line, font, 14)
            book.note(line)


def white_on_dark(book: Book) -> None:
    """White type on a dark banner, and light type on a dark page."""
    sheet = book.page()
    bands = book.bands(sheet, 3)
    for box in bands[:2]:
        token = book.token()
        sheet.rectangle(box, book.random.choice(("0 g", "0.1 0.1 0.4 rg", "0.5 0 0 rg", "0 1 1 0.4 k")))
        sheet.text(box[0] + 20, (box[1] + box[3]) / 2, f"Notice {token}", book.font(), 14, colour="1 g")
        book.note(token)
    book.prose(sheet, bands[2], book.sentences(3))


def pale_text(book: Book) -> None:
    """Grey and coloured type that is faint and can be seen."""
    sheet = book.page()
    for box, colour in zip(book.bands(sheet, 3), ("0.75 g", "0.6 0.8 1 rg", "0 0 0.9 0 k"), strict=True):
        token = book.token()
        sheet.text(box[0], (box[1] + box[3]) / 2, f"Draft {token}", book.font(), 20, colour=colour)
        book.note(token)


def marked_over(book: Book) -> None:
    """Type under a highlighter that lets it through, and type clipped to a window that shows it."""
    sheet = book.page()
    first, *rest = book.bands(sheet, 3)
    book.prose(sheet, first, book.sentences(4))
    for box, over in zip(rest, (True, False), strict=True):
        token, y = book.token(), (box[1] + box[3]) / 2
        if over:
            sheet.text(box[0], y, f"Marked {token}", book.font(), 12)
            state = book.pdf.put(book.random.choice(("<< /BM /Multiply >>", "<< /ca 0.4 >>")))
            sheet.draw(f"q {sheet.use('ExtGState', state)} gs")
            sheet.rectangle((box[0] - 4, y - 4, box[0] + 200, y + 12), "1 1 0 rg")
            sheet.draw("Q")
        else:
            sheet.draw(f"q {numbers((box[0] - 4, y - 6, box[2] - box[0], 24))} re W n")
            sheet.text(box[0], y, f"Framed {token}", book.font(), 12)
            sheet.draw("Q")
        book.note(token)


def in_forms(book: Book) -> None:
    """Text in a form object within a form object."""
    sheet, token = book.page(), book.token()
    inner = Canvas(book.pdf)
    inner.text(10, 10, f"Inset {token}", book.font("Times-Roman"), 12)
    outer = Canvas(book.pdf)
    outer.image(inner.as_form(200, 40), (1, 0, 0, 1, 20, 20))
    box, rest = book.bands(sheet, 2)
    sheet.image(outer.as_form(260, 80), (1, 0, 0, 1, box[0], box[1] + 40))
    book.prose(sheet, rest, book.sentences(4))
    book.note(token)


def cropped_pages(book: Book) -> None:
    """Pages whose boxes begin anywhere, and whose unit is not a point."""
    for scale in (1.0, 2.0):
        sheet, phrase = book.page(), book.phrase(book.token())
        left, low = book.random.randint(-300, 300), book.random.randint(-300, 300)
        sheet.entries = [
            f"/MediaBox [{numbers((left - 40, low - 40, left + 640, low + 880))}]",
            f"/CropBox [{numbers((left, low, left + 500, low + 700))}] /UserUnit {scale:g}",
        ]
        book.prose(sheet, (left + 30, low + 30, left + 470, low + 670), book.sentences(6, [phrase]))
        book.note(phrase)


def _without_map(pick: Callable[[Book], Font]) -> Callable[[Book], None]:
    def carrier(book: Book) -> None:
        sheet, tokens = book.page(), [book.token() for _ in range(3)]
        font = pick(book)
        box: Box = (60, 60, sheet.width - 60, sheet.height - 60)
        book.prose(sheet, box, book.sentences(6, [f"mark {token} here" for token in tokens]), font, 13)
        for token in tokens:
            book.note(token)

    return carrier


def line_without_map(book: Book) -> None:
    """One line in a font without a Unicode map, on a page of good text."""
    sheet, token = book.page(), book.token()
    box, rest = book.bands(sheet, 2)
    sheet.text(box[0], box[3] - 40, f"Line {token}", book.embedded("DejaVuSans", mapped=False), 14)
    book.prose(sheet, rest, book.sentences(9))
    book.note(token)


CARRIERS: dict[str, Callable[[Book], None]] = {
    "one column": _columns(1),
    "two columns": _columns(2),
    "three columns": _columns(3),
    "headline over columns": _columns(2, headline=True),
    "rotated pages": rotated_pages,
    "rotated text": rotated_text,
    "tiny text": tiny_text,
    "footnotes": footnotes,
    "running heads": running_heads,
    "page labels": page_labels,
    "headings": headings,
    "ligatures": ligatures,
    "hyphenated words": hyphenated,
    "spaced letters": spaced_letters,
    "Hebrew": hebrew,
    "Arabic": arabic,
    "Chinese": chinese,
    "white on dark": white_on_dark,
    "pale text": pale_text,
    "marked text": marked_over,
    "form objects": in_forms,
    "cropped pages": cropped_pages,
    "font without map": _without_map(lambda book: book.embedded("DejaVuSans", mapped=False)),
    "drawn font": _without_map(lambda book: book.drawn("DejaVuSans")),
    "line without map": line_without_map,
}
