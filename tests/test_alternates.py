"""What is said in place of a figure or of drawn letters is told at its place, once, where it tells something."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from benchmarks.carriers.book import Book
from benchmarks.carriers.ink import picture_object, plain_photo
from benchmarks.carriers.pdf import Sheet, numbers, string
from pipeline.document import Page, Word
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore

Begin = Callable[[Book, Sheet], str]


def read(tmp_path: Path, *begins: Begin) -> tuple[Page, tuple[Word, ...]]:
    """A page with a line at its head and foot, and between them a marked photograph for each of what begins a mark."""
    book = Book(Random(4))
    sheet = book.page(595, 842)
    sheet.text(60, 780, "The harbour keeps a ledger.", book.font("Helvetica"), 11)
    for at, begin in enumerate(begins):
        image = picture_object(book.pdf, plain_photo(book.random, 300 + 10 * at), "jpeg")
        sheet.draw(begin(book, sheet))
        sheet.image(image, (160, 0, 0, 100, 60, 620 - 150 * at))
        sheet.draw("EMC")
        sheet.text(60, 590 - 150 * at, f"Below picture {at}.", book.font("Helvetica"), 11)
    path = tmp_path / "spoken.pdf"
    path.write_bytes(book.finish())
    with read_document(path, WorkStore(str(tmp_path / "work"))) as reading:
        return next(reading.pages()), reading.words([1])[1]


def figure(said: str, more: str = "") -> Begin:
    return lambda book, sheet: book.mark(sheet, "Figure", f"/Alt {string(said)} {more}")


def texts(page: Page) -> list[str]:
    return [block.text for block in page.blocks]


def test_each_text_stands_at_its_picture(tmp_path: Path) -> None:
    page, words = read(tmp_path, figure("Sales of 1987"), figure("Costs of 1988"))
    assert texts(page) == [
        "The harbour keeps a ledger.",
        "Alternative text: Sales of 1987",
        "Below picture 0.",
        "Alternative text: Costs of 1988",
        "Below picture 1.",
    ]
    said = {word.text: word for word in words}
    assert said["1987"].source == "comment"
    upper, lower = (picture.box for picture in page.pictures)
    for year, box in (("1987", upper), ("1988", lower)):
        assert box[1] <= said[year].box[1] < said[year].box[3] <= box[3]


def test_the_box_that_the_file_tells_is_taken(tmp_path: Path) -> None:
    place = f"/A [<< /O /Table >> << /O /Layout /BBox [{numbers((60, 470, 220, 570))}] >>]"
    page, _ = read(tmp_path, figure("About the second", place), figure("Figure"))
    assert texts(page).index("Alternative text: About the second") == texts(page).index("Below picture 0.") + 1


def test_a_text_of_the_mark_itself_is_told_and_one_under_a_name(tmp_path: Path) -> None:
    def named(book: Book, sheet: Sheet) -> str:
        entries = book.pdf.put("<< /Alt (Costs \\(net\\) of 1988) >>")
        return f"/Figure {sheet.use('Properties', entries)} BDC"

    page, _ = read(tmp_path, lambda *_: "/Figure << /Alt (Sales of <1987>) >> BDC", named)
    said = [text for text in texts(page) if text.startswith("Alternative text: ")]
    assert said == ["Alternative text: Sales of <1987>", "Alternative text: Costs (net) of 1988"]


def test_texts_around_an_element_are_told_once(tmp_path: Path) -> None:
    def within(book: Book, sheet: Sheet) -> str:
        outer = book.pdf.put(f"<< /Type /StructElem /S /Figure /Alt {string('Both halves')} >>")
        return book.mark(sheet, "Span", f"/P {outer} 0 R")

    page, _ = read(tmp_path, within)
    assert texts(page).count("Alternative text: Both halves") == 1


@pytest.mark.parametrize("said", ["Figure", "image", "Below picture 0", r"C:\Users\me\photo.jpg", " "])
def test_what_tells_nothing_is_not_sent(said: str, tmp_path: Path) -> None:
    page, _ = read(tmp_path, figure(said))
    assert texts(page) == ["The harbour keeps a ledger.", "Below picture 0."]


@pytest.mark.parametrize("tree", ["/StructTreeRoot 1 0 R", "/Nums [0 [99999 0 R null 7 0 R]]", "/Kids 3"])
def test_a_broken_structure_costs_no_word(tree: str, tmp_path: Path) -> None:
    page, _ = read(tmp_path, figure("Sales of 1987"))
    path = tmp_path / "spoken.pdf"
    path.write_bytes(path.read_bytes().replace(b"/ParentTree <<", f"/ParentTree << {tree} ".encode()))
    with read_document(path, WorkStore(str(tmp_path / "other"))) as reading:
        again = next(reading.pages())
    assert texts(again)[0] == texts(page)[0] and texts(again)[-1] == texts(page)[-1]


def test_elements_that_hold_each_other_end(tmp_path: Path) -> None:
    def looped(book: Book, sheet: Sheet) -> str:
        one, other = book.pdf.reserve(), book.pdf.reserve()
        book.pdf.put(f"<< /S /Sect /P {other} 0 R >>", one)
        book.pdf.put(f"<< /S /Sect /P {one} 0 R /Alt {string('Round and round')} >>", other)
        return book.mark(sheet, "Figure", f"/P {one} 0 R")

    page, _ = read(tmp_path, looped)
    assert texts(page).count("Alternative text: Round and round") == 1


def test_content_made_to_look_like_marks_costs_little_time(tmp_path: Path) -> None:
    hostile = " ".join(["<< /Alt (a"] * 20_000) + " " + "<<" * 20_000 + " q " + "(x" * 10_000
    began = time.process_time()
    page, _ = read(tmp_path, figure("Sales of 1987"), lambda *_: f"/Span << /Alt (b) >> BDC % {hostile}\n")
    assert texts(page)[0] == "The harbour keeps a ledger."
    assert time.process_time() - began < 20
