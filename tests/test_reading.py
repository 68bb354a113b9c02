"""Reading a document: its pages in order, its text as a model should see it, or one sentence why it cannot be read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Block, Page
from pipeline.errors import PasswordNeeded, UnreadableDocument
from pipeline.extract.cleaning import clean, one_line
from pipeline.extract.drawn import Drawn
from pipeline.extract.language import detect
from pipeline.extract.layout import blocks_of
from pipeline.extract.lines import read_lines
from pipeline.extract.reader import read_document
from pipeline.extract.text import body_size, run_on
from pipeline.extract.work import WorkStore

_AES_256 = 5
PROSE = (
    "The parties agree that the delivery of the goods named in this contract takes place within thirty days after it "
    "has been signed. Payment is due within fourteen days of the date of the invoice, without any deduction."
)


@pytest.fixture
def work(tmp_path: Path) -> WorkStore:
    return WorkStore(str(tmp_path / "work"))


def blocks(document: pymupdf.Document) -> list[Block]:
    """The blocks of the first page, without a worker."""
    lines = read_lines(document[0])
    return blocks_of(lines, Drawn(document[0]), body_size(lines))


def read(path: Path, work: WorkStore, **options: str) -> list[Page]:
    with read_document(path, work, **options) as reading:  # type: ignore[arg-type]
        return list(reading.pages())


def saved(document: pymupdf.Document, folder: Path, **options: object) -> Path:
    path = folder / "made.pdf"
    document.save(path, **options)
    document.close()
    return path


def test_every_page_comes_once_in_order_and_only_those_asked_for(tmp_path: Path, work: WorkStore) -> None:
    document = pymupdf.open()
    for number in range(1, 8):
        document.new_page().insert_text((72, 72), f"Page number {number}")
    path = saved(document, tmp_path)
    with read_document(path, work) as reading:
        assert reading.document.page_count == 7
        assert [page.number for page in reading.pages()] == list(range(1, 8))
        some = list(reading.pages([6, 2, 2, 99, 0]))
    assert [page.number for page in some] == [2, 6]
    assert [page.blocks[0].text for page in some] == ["Page number 2", "Page number 6"]


def test_what_was_read_before_comes_from_the_store_without_a_worker(tmp_path: Path, work: WorkStore) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "Once is enough")
    path = saved(document, tmp_path)
    first = read(path, work)
    with read_document(path.rename(tmp_path / "renamed.pdf"), work) as reading:
        assert list(reading.pages()) == first
        assert reading._lanes[0].worker is None
        assert reading.document.file == "renamed.pdf"


def test_a_paragraph_comes_on_one_line_and_a_heading_is_known() -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 80), "1. Delivery and payment", fontsize=16)
    page.insert_textbox((72, 100, 400, 300), PROSE, fontsize=11)
    heading, text = blocks(document)
    assert (heading.kind, heading.text) == ("heading", "1. Delivery and payment")
    assert (text.kind, text.text) == ("text", PROSE)
    assert heading.box[3] <= text.box[1] + 5


def test_lines_that_were_ended_on_purpose_stay_apart() -> None:
    document = pymupdf.open()
    document.new_page().insert_textbox((72, 72, 400, 200), "Acme Ltd\n12 High Street\nLondon", fontsize=11)
    assert blocks(document)[0].text == "Acme Ltd\n12 High Street\nLondon"


@pytest.mark.parametrize(
    ("text", "more", "joined"),
    [
        ("a non-com-", "pliant part", "a non-com-pliant part"),
        ("the agree-", "ment ends", "the agreement ends"),
        ("a well-", "known firm", "a well-known firm"),
        ("pages 10-", "12 and", "pages 10- 12 and"),
        ("Meyer-", "Lansky", "Meyer- Lansky"),
        ("soft\u00ad", "ware", "software"),
        ("plain", "words", "plain words"),
    ],
)
def test_a_word_cut_at_the_lines_end(text: str, more: str, joined: str) -> None:
    assert run_on(text, more) == joined


def test_two_columns_of_prose_are_no_table() -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((60, 72, 290, 400), PROSE, fontsize=11)
    page.insert_textbox((310, 72, 540, 400), PROSE[::-1], fontsize=11)
    left, right = blocks(document)
    assert (left.kind, right.kind) == ("text", "text")
    assert left.text == PROSE


def test_geometry_is_that_of_the_displayed_page(tmp_path: Path, work: WorkStore) -> None:
    document = pymupdf.open()
    for rotation in (0, 90, 180, 270):
        made = document.new_page(width=400, height=600)
        made.insert_text((50, 100), "Upside", fontsize=20)
        made.set_rotation(rotation)
    path = saved(document, tmp_path)
    with read_document(path, work) as reading, pymupdf.open(path) as again:
        words = reading.words(range(1, 5))
        for page, shown in zip(reading.pages(), again, strict=True):
            assert (page.width, page.height, page.rotation) == (shown.rect.width, shown.rect.height, shown.rotation)
            (word,) = words[page.number]
            pixels = shown.get_pixmap(clip=word.box, colorspace=pymupdf.csGRAY)
            assert min(pixels.samples) < 100, "there is no ink where the word is said to stand"
            assert page.blocks[0].box == word.box


def test_the_document_as_a_whole(tmp_path: Path, work: WorkStore) -> None:
    document = pymupdf.open()
    for _ in range(3):
        document.new_page().insert_textbox((72, 72, 500, 400), PROSE)
    document.set_metadata({"title": "  Supply   contract\n2024 ", "author": ""})
    document.set_toc([[1, "One", 1], [2, "Nowhere", -1], [2, "Past the end", 3]])
    document.set_page_labels([{"startpage": 0, "style": "r", "firstpagenum": 1}])
    document.embfile_add("notes.txt", b"hello", filename="notes.txt")
    path = saved(document, tmp_path)
    with read_document(path, work) as reading:
        known = reading.document
        labels = [page.label for page in reading.pages()]
    assert (known.title, known.author, known.language) == ("Supply contract 2024", None, "en")
    assert [(one.level, one.title, one.page) for one in known.toc] == [
        (1, "One", 1),
        (2, "Nowhere", 1),
        (2, "Past the end", 3),
    ]
    assert known.attachments == ("notes.txt",) and not known.encrypted
    assert known.bytes == path.stat().st_size and known.file == "made.pdf"
    assert labels == ["i", "ii", "iii"]


def test_an_encrypted_document_wants_its_password(tmp_path: Path, work: WorkStore) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "Secret text")
    path = saved(document, tmp_path, encryption=_AES_256, user_pw="open sesame", owner_pw="owner")
    with pytest.raises(PasswordNeeded, match="is encrypted, and it needs a password"):
        read_document(path, work)
    with pytest.raises(PasswordNeeded, match="the password that was given is wrong"):
        read_document(path, work, password="guess")
    with read_document(path, work, password="open sesame") as reading:
        assert reading.document.encrypted
        assert next(reading.pages()).blocks[0].text == "Secret text"
    with pytest.raises(PasswordNeeded):
        read_document(path, work)  # what is kept in the store opens for no one without it
    assert not any(b"sesame" in file.read_bytes() for file in tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"GIF89a, as it were", "is no PDF"),
        (b"%PDF-1.7\nand nothing of the kind", "is a PDF too broken to open|has no pages"),
    ],
)
def test_what_cannot_be_read_says_so_in_one_sentence(
    content: bytes, says: str, tmp_path: Path, work: WorkStore
) -> None:
    path = tmp_path / "bro\x1b[31mken.pdf"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocument, match=says) as caught:
        read_document(path, work)
    message = str(caught.value)
    assert "\x1b" not in message and message.startswith("bro") and message.endswith(".") and "\n" not in message


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path, work: WorkStore) -> None:
    with pytest.raises(UnreadableDocument, match="is not there"):
        read_document(tmp_path / "no.pdf", work)
    with pytest.raises(UnreadableDocument, match="is a folder"):
        read_document(tmp_path, work)


def test_the_name_of_a_file_does_not_matter_nor_what_stands_before_the_mark(tmp_path: Path, work: WorkStore) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "Found all the same")
    path = tmp_path / "scan.txt"
    path.write_bytes(b"\n" * 2000 + document.tobytes())
    assert read(path, work)[0].blocks[0].text == "Found all the same"


def test_words_stand_in_the_order_of_the_text_with_their_boxes(tmp_path: Path, work: WorkStore) -> None:
    document = pymupdf.open()
    document.new_page().insert_textbox((72, 72, 400, 300), PROSE, fontsize=11)
    path = saved(document, tmp_path)
    with read_document(path, work) as reading:
        words = reading.words([1])[1]
        (page,) = reading.pages()
    assert [word.text for word in words] == PROSE.split()
    x0, y0, x1, y1 = page.blocks[0].box
    assert all(x0 <= word.box[0] < word.box[2] <= x1 and y0 <= word.box[1] < word.box[3] <= y1 for word in words)


@pytest.mark.parametrize("name", ["extract-bench/10kq/nke_10q_fy2025q2.pdf", "pdf/multicolumn/MinerU__demo1.pdf"])
def test_no_word_of_a_page_is_lost_between_its_words_and_its_blocks(name: str, corpus: Path, work: WorkStore) -> None:
    numbers = range(1, 9)
    with read_document(corpus / name, work) as reading:
        words = reading.words(numbers)
        for page in reading.pages(numbers):
            there = Counter("".join(block.text for block in page.blocks))
            for char, count in Counter("".join(word.text for word in words[page.number])).items():
                if char not in "-._…\u00ad":  # a hyphen at a line's end, and the dots that lead the eye, may go
                    assert there[char] >= count, f"page {page.number} lost {char!r}"


@given(st.text())
def test_cleaned_text_is_fit_for_json_and_a_terminal(text: str) -> None:
    cleaned = clean(text + "\ud800")
    cleaned.encode("utf-8")
    assert not set(cleaned) & set(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))
    line = one_line(text, 20)
    assert line is None or (0 < len(line) <= 20 and "\n" not in line)


def test_a_language_is_said_only_when_it_is_sure() -> None:
    assert detect(PROSE) == "en"
    assert (
        detect(
            "Die Parteien vereinbaren, dass die Lieferung der Waren binnen dreißig Tagen nach Unterzeichnung erfolgt."
        )
        == "de"
    )
    assert detect("12.50 EUR 4711") is None


def test_a_paragraph_whose_first_words_are_bold_has_no_heading_in_it() -> None:
    page = (document := pymupdf.open()).new_page()
    page.insert_htmlbox(
        (72, 100, 400, 300),
        "<p style='font-size:11px'><b>2. The hiding of the slow softmax under the block-wise</b> products, which are "
        "carried out without waiting for each other, so that the time of both of them is that of one alone.</p>",
    )
    (block,) = blocks(document)
    assert block.kind == "text" and block.text.startswith("2. The hiding of the slow softmax")


def test_a_bold_line_over_a_sentence_is_its_heading() -> None:
    page = (document := pymupdf.open()).new_page()
    page.insert_text((72, 100), "Terms of payment", fontname="hebo", fontsize=11)
    page.insert_text((72, 114), "All invoices are due within thirty days of their receipt.", fontsize=11)
    assert [(block.kind, block.text) for block in blocks(document)] == [
        ("heading", "Terms of payment"),
        ("text", "All invoices are due within thirty days of their receipt."),
    ]


def columns_with_a_note(note: str, size: float) -> list[str]:
    """Two columns, a note under the first; a sentence goes on from one column to the other."""
    page = (document := pymupdf.open()).new_page()
    for row in range(30):
        ends = "which is said to be" if row == 29 else "and so the column goes on"
        page.insert_text((60, 100 + row * 13), f"Line {row} of the first {ends}", fontsize=10)
    page.insert_text((60, 510), note, fontsize=size)
    page.insert_text((60, 510 + 1.2 * size), "is told in its own lines.", fontsize=size)
    for row in range(30):
        page.insert_text((320, 100 + row * 13), f"Line {row} of the second and so on again", fontsize=10)
    return [block.text for block in blocks(document)]


def test_footnotes_of_a_column_stand_behind_the_next_one() -> None:
    texts = columns_with_a_note("1The code of all that is shown here", 8)
    assert texts[-1] == "1The code of all that is shown here is told in its own lines."
    assert sum("first which is said to be" in text for text in texts[:-1]) == 1


@pytest.mark.parametrize(("note", "size"), [("1The code of all that is shown here", 10), ("The code of all of it", 8)])
def test_other_text_at_the_foot_of_a_column_stays_there(note: str, size: float) -> None:
    texts = columns_with_a_note(note, size)
    assert note not in texts[-1] and sum(note in text for text in texts) == 1
