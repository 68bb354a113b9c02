"""Pictures that hold a printed token and a block code: every encoding, and every way to place them."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

from benchmarks.carriers.book import FIGURE, Book
from benchmarks.carriers.ink import ENCODINGS, draw_code, picture, picture_object, plain_photo, typeface
from benchmarks.carriers.pdf import Box, Canvas, Sheet, numbers

Matrix = tuple[float, float, float, float, float, float]


def _place(book: Book, box: Box) -> Box:
    """A place for a picture of 3 to 2 at random in a band, 260 points wide at most."""
    height = min(box[3] - box[1] - 10, 173.0)
    x = box[0] + book.random.random() * (box[2] - box[0] - height * 1.5)
    return (x, box[1] + 5, x + height * 1.5, box[1] + 5 + height)


def _upright(box: Box) -> Matrix:
    return (box[2] - box[0], 0, 0, box[3] - box[1], box[0], box[1])


def _begin(book: Book) -> tuple[Sheet, list[Box]]:
    """A page with prose in one of three bands, and the other two."""
    sheet = book.page()
    first, *rest = book.bands(sheet, 3)
    book.prose(sheet, first, book.sentences(4))
    return sheet, rest


def _made(book: Book, *, photo: bool = True) -> Image.Image:
    """A picture whose two facts are noted for the last page."""
    printed, coded = book.token(), book.token()
    book.note(printed)
    book.note(coded, form="code")
    return picture(book.random, printed, coded, photo=photo)


def _encoded(encoding: str) -> Callable[[Book], None]:
    flat = encoding in ("soft mask", "colour key", "1 bit", "stencil", "CCITT", "JBIG2")

    def carrier(book: Book) -> None:
        sheet, boxes = _begin(book)
        for box in boxes:
            ref = picture_object(book.pdf, _made(book, photo=not flat), encoding)
            sheet.draw("0.1 0.2 0.1 rg")
            sheet.image(ref, _upright(_place(book, box)))

    return carrier


def inline(book: Book) -> None:
    """Pictures within the page's own operators."""
    sheet, boxes = _begin(book)
    for box in boxes:
        image = _made(book, photo=False).convert("L").resize((300, 200))
        head = f"BI /W {image.width} /H {image.height} /CS /G /BPC 8 /F /AHx ID"
        sheet.draw(f"q {numbers(_upright(_place(book, box)))} cm {head}\n{image.tobytes().hex()}>\nEI Q")


def _cut(columns: int, rows: int) -> Callable[[Book], None]:
    def carrier(book: Book) -> None:
        sheet, boxes = _begin(book)
        for box in boxes:
            image, place = _made(book), _place(book, box)
            width, height = (place[2] - place[0]) / columns, (place[3] - place[1]) / rows
            for row in range(rows):
                for column in range(columns):
                    x, y = image.width * column // columns, image.height * row // rows
                    piece = image.crop((x, y, image.width * (column + 1) // columns, image.height * (row + 1) // rows))
                    left, low = place[0] + width * column, place[3] - height * (row + 1)
                    sheet.image(picture_object(book.pdf, piece, "jpeg"), (width, 0, 0, height, left, low))

    return carrier


def turned(book: Book) -> None:
    """Stored on a side or on the head, and placed so that a reader sees them upright."""
    sheet, boxes = _begin(book)
    for box, turn in zip(boxes, book.random.sample((90, 180, 270), 2), strict=True):
        image, place = _made(book), _place(book, box)
        width, height = place[2] - place[0], place[3] - place[1]
        matrix: Matrix = {
            90: (0.0, -height, width, 0.0, place[0], place[3]),
            180: (-width, 0.0, 0.0, -height, place[2], place[3]),
            270: (0.0, height, -width, 0.0, place[2], place[1]),
        }[turn]
        stored = image.rotate(turn, expand=True)
        sheet.image(picture_object(book.pdf, stored, "jpeg"), matrix)


def mirrored(book: Book) -> None:
    """Stored as a mirror shows them, or head down, and placed so that a reader sees them right."""
    sheet, boxes = _begin(book)
    for box, flip in zip(boxes, (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM), strict=True):
        image, (x0, y0, x1, y1) = _made(book), _place(book, box)
        across = flip == Image.Transpose.FLIP_LEFT_RIGHT
        matrix = (x0 - x1, 0, 0, y1 - y0, x1, y0) if across else (x1 - x0, 0, 0, y0 - y1, x0, y1)
        sheet.image(picture_object(book.pdf, image.transpose(flip), "jpeg"), matrix)


def cropped(book: Book) -> None:
    """A clipping path shows a window of a larger picture."""
    sheet, boxes = _begin(book)
    for box in boxes:
        image, (x0, y0, x1, y1) = _made(book), _place(book, box)
        around = plain_photo(book.random, 1200, 800)
        around.paste(image, (300, 200))
        width, height = x1 - x0, y1 - y0
        sheet.draw(f"q {numbers((x0, y0, width, height))} re W n")
        ref = picture_object(book.pdf, around, "jpeg")
        sheet.image(ref, (width * 2, 0, 0, height * 2, x0 - width / 2, y0 - height / 2))
        sheet.draw("Q")


def repeated(book: Book) -> None:
    """One picture on three pages."""
    printed, coded = book.token(), book.token()
    ref = picture_object(book.pdf, picture(book.random, printed, coded), "jpeg")
    sheets = []
    for _ in range(3):
        sheet, boxes = _begin(book)
        sheet.image(ref, _upright(_place(book, boxes[0])))
        sheets.append(sheet)
    book.note(printed, *sheets)
    book.note(coded, *sheets, form="code")


def fine_print(book: Book) -> None:
    """A large picture of 300 dpi whose print is 7 points high on the page."""
    sheet, boxes = _begin(book)
    for box in boxes:
        x0, y0, x1, y1 = _place(book, box)
        image = plain_photo(book.random, int((x1 - x0) * 300 / 72), int((y1 - y0) * 300 / 72))
        printed, coded = book.token(), book.token()
        place = book.random.randint(60, image.width - 400), book.random.randint(60, 300)
        ImageDraw.Draw(image).text(place, printed, fill="black", font=typeface("DejaVuSans", 29))
        draw_code(image, coded, book.random.randint(60, image.width - 200), image.height - 160, 8)
        sheet.image(picture_object(book.pdf, image, "jpeg"), _upright((x0, y0, x1, y1)))
        book.note(printed)
        book.note(coded, form="code")


def small(book: Book) -> None:
    """A stamp an inch wide."""
    sheet, boxes = _begin(book)
    for box in boxes:
        token = book.token()
        image = Image.new("RGB", (300, 90), "white")
        ImageDraw.Draw(image).text((25, 22), token, fill=(140, 0, 0), font=typeface("DejaVuSans-Bold", 38))
        sheet.image(picture_object(book.pdf, image, "deflated"), (90, 0, 0, 27, box[0] + 40, box[1] + 40))
        book.note(token)


def in_form(book: Book) -> None:
    """Within a form object that is scaled and moved."""
    sheet, boxes = _begin(book)
    for box in boxes:
        canvas = Canvas(book.pdf)
        canvas.image(picture_object(book.pdf, _made(book), "jpeg"), (300, 0, 0, 200, 0, 0))
        x0, y0, x1, y1 = _place(book, box)
        sheet.image(canvas.as_form(300, 200), ((x1 - x0) / 300, 0, 0, (y1 - y0) / 200, x0, y0))


def pattern(book: Book) -> None:
    """A rectangle painted with a picture as its pattern."""
    sheet, boxes = _begin(book)
    x0, y0, x1, y1 = _place(book, boxes[0])
    tile = Canvas(book.pdf)
    tile.image(picture_object(book.pdf, _made(book), "jpeg"), (x1 - x0, 0, 0, y1 - y0, 0, 0))
    head = f"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 {x1 - x0:g} {y1 - y0:g}]"
    ref = book.pdf.stream(
        tile.content(),
        f"{head} /XStep {x1 - x0:g} /YStep {y1 - y0:g} /Matrix [1 0 0 1 {x0:g} {y0:g}] /Resources {tile.resources()}",
    )
    sheet.draw(f"q /Pattern cs {sheet.use('Pattern', ref)} scn {numbers((x0, y0, x1 - x0, y1 - y0))} re f Q")


def captions(book: Book) -> None:
    """A line below a picture that says what it shows, and belongs to it."""
    sheet, boxes = _begin(book)
    for at, box in enumerate(boxes, 1):
        x0, y0, x1, y1 = _place(book, (box[0], box[1] + 24, box[2], box[3]))
        sheet.image(picture_object(book.pdf, plain_photo(book.random), "jpeg"), _upright((x0, y0, x1, y1)))
        token = book.token()
        sheet.text(x0, y0 - 14, f"Figure {at}. Output of {token}.", book.font("Times-Roman"), 9)
        book.note(token, beside=FIGURE)


def text_over(book: Book) -> None:
    """Type on a picture."""
    sheet, boxes = _begin(book)
    for box in boxes:
        x0, y0, x1, y1 = _place(book, box)
        sheet.image(picture_object(book.pdf, plain_photo(book.random), "jpeg"), _upright((x0, y0, x1, y1)))
        token = book.token()
        sheet.text(x0 + 20, (y0 + y1) / 2, f"Label {token}", book.font("Helvetica-Bold"), 12)
        book.note(token)


CARRIERS: dict[str, Callable[[Book], None]] = {
    **{f"picture: {name}": _encoded(name) for name in ENCODINGS},
    "picture: inline": inline,
    "picture: strips": _cut(1, 5),
    "picture: tiles": _cut(3, 2),
    "picture: turned": turned,
    "picture: mirrored": mirrored,
    "picture: cropped": cropped,
    "picture: repeated": repeated,
    "picture: fine print": fine_print,
    "picture: small": small,
    "picture: in a form": in_form,
    "picture: pattern": pattern,
    "captions": captions,
    "text over a picture": text_over,
}
