"""What is printed at the head or foot of many pages is stated once in a request, and nothing of it is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import BBox, Block, BlockKind, Page, Picture
from pipeline.offline.chat import _Reader
from pipeline.pack.layout import running_mark, unescape
from pipeline.pack.parts import TextPart
from pipeline.pack.request import Request
from pipeline.pack.running import fold
from tests.making import EXACT, packed, text_of

SYSTEM = "Read the pages."
HEAD, FOOT, BODY = 30.0, 800.0, 100.0


def block(text: str, top: float, height: float = 10.0, left: float = 50.0, kind: BlockKind = "text") -> Block:
    return Block(text, (left, top, left + 5.0 * len(text), top + height), kind)


def page(number: int, *blocks: Block, label: str | None = None, pictures: tuple[Picture, ...] = ()) -> Page:
    return Page(number, label, 595, 842, 0, blocks, pictures)


def text(number: int) -> Block:
    return block(f"What page {number} says and no other one does.", BODY, 400)


def report(pages: int, first: int = 1) -> list[Page]:
    """Pages under one head, the number at the foot, as they are printed from `first` on."""
    return [
        page(n, block("Acme Corp. | Annual report 2024", HEAD), text(n), block(f"Page {n - 1 + first} of 90", FOOT))
        for n in range(1, pages + 1)
    ]


def asked(pages: Sequence[Page], window: int = 100_000) -> list[Request]:
    return packed(pages, system=SYSTEM, window=window, reserve=50)


def kept(pages: Sequence[Page]) -> list[list[str]]:
    """The texts that stay on each page."""
    return [[block.text for block in page.blocks if block.text] for page in fold(pages).pages]


def test_a_head_and_a_foot_are_stated_once_before_their_first_page() -> None:
    (request,) = asked(report(5))
    assert text_of([request]).startswith(
        '<running pages="1-5">Acme Corp. | Annual report 2024</running>\n'
        '<running pages="1-5">Page 1 of 90</running>\n'
        '<page n="1">\nWhat page 1 says and no other one does.\n</page>\n<page n="2">\n'
    )
    assert text_of([request]).count("Acme") == 1
    assert [(one.text, one.pages) for one in request.running] == [
        ("Acme Corp. | Annual report 2024", (1, 2, 3, 4, 5)),
        ("Page 1 of 90", (1, 2, 3, 4, 5)),
    ]


def test_every_request_states_the_lines_of_its_own_pages() -> None:
    requests = asked(report(24), 240)
    assert len(requests) > 2
    for request in requests:
        first = request.pages[0]
        assert text_of([request]).count("Acme Corp.") == 1 and f">Page {first} of 90</running>" in text_of([request])
        assert all(one.pages == request.pages for one in request.running)
        assert request.tokens == EXACT.request(SYSTEM, request.parts) and request.tokens + 50 <= 240


def test_a_printed_number_that_is_not_the_pages_becomes_its_label() -> None:
    (request,) = asked(report(5, first=31))
    assert re.findall(r"<page [^>]*>", text_of([request]))[:2] == ['<page n="1" label="31">', '<page n="2" label="32">']


def test_a_bare_number_is_said_by_the_page_marks_alone() -> None:
    romans = ["iii", "iv", "v", "vi", "vii"]
    (request,) = asked([page(n, text(n), block(roman, FOOT)) for n, roman in enumerate(romans, 1)])
    assert re.findall(r'<page n="\d" label="(\w+)">', text_of([request])) == romans
    assert "<running" not in text_of([request]) and request.running[0].pages == (1, 2, 3, 4, 5)


def test_odd_and_even_pages_and_chapters_have_their_own() -> None:
    pages = []
    for n in range(1, 33):
        chapter = "The first chapter" if n <= 16 else "The second chapter"
        words = f"{n} | A book of many pages" if n % 2 == 0 else f"{chapter} | {n}"
        pages.append(page(n, *([] if n in (1, 17) else [block(words, HEAD)]), text(n)))
    assert kept(pages) == [[text(n).text] for n in range(1, 33)]
    (request,) = asked(pages)
    assert [(one.text, len(one.pages)) for one in request.running] == [
        ("2 | A book of many pages", 16),
        ("The first chapter | 3", 7),
        ("The second chapter | 19", 7),
    ]


@pytest.mark.parametrize(
    "varying",
    [
        "Acme Corp. | Invoice No. {n}",
        "Acme Corp. | Balance of day {other}",
        "Question {n}",
        "Acme Corp. | Report of 2024 | Section {other}.1",
    ],
)
def test_what_varies_by_more_than_the_pages_number_stays(varying: str) -> None:
    pages = [page(n, block(varying.format(n=n, other=n * n + 7), HEAD), text(n)) for n in range(1, 9)]
    assert all(len(texts) == 2 for texts in kept(pages))


def test_a_number_that_disagrees_with_the_files_own_label_stays() -> None:
    pages = [page(n, text(n), block(f"Page {n + 2}", FOOT), label=f"A-{n}") for n in range(1, 9)]
    assert all(len(texts) == 2 for texts in kept(pages))


def test_a_label_with_its_value_close_by_stays() -> None:
    """The words over a value name it: without them it says nothing."""
    pages = [
        page(n, block("Number of the document and its revision", HEAD), block(f"{n * n} b", HEAD + 11), text(n))
        for n in range(1, 9)
    ]
    assert all(len(texts) == 3 for texts in kept(pages))


def test_a_line_below_what_is_no_running_line_stays() -> None:
    pages = [
        page(n, block(f"Chapter {n * n}", HEAD), block("The same words on every page here", HEAD + 40), text(n))
        for n in range(1, 9)
    ]
    assert all(len(texts) == 3 for texts in kept(pages))


def test_a_line_in_the_middle_of_pages_or_on_few_of_them_stays() -> None:
    middle = [page(n, text(n), block("In the middle of every single page", 560)) for n in range(1, 9)]
    few = [page(n, block("Acme Corp. | Annual report", HEAD), text(n)) for n in range(1, 4)]
    rare = [page(n, block("A long line at the head" if n % 4 == 0 else "", HEAD), text(n)) for n in range(1, 40)]
    for pages in (middle, few, rare):
        assert kept(pages) == [[block.text for block in one.blocks if block.text] for one in pages]


def test_a_page_that_holds_nothing_else_keeps_its_lines() -> None:
    pages = [*report(5), page(6, block("Acme Corp. | Annual report 2024", HEAD))]
    (request,) = asked(pages)
    assert 6 in request.pages and text_of([request]).count("Acme Corp.") == 2


def test_a_picture_keeps_its_place_where_the_line_above_it_is_taken_out() -> None:
    figure = Picture("p3-f1", 3, (50, 300, 250, 500), "ab", 100, 100, after=2)
    pages = report(5)
    pages[2] = page(3, *pages[2].blocks, pictures=(figure,))
    (request,) = asked(pages)
    before, after = (part.text for part in request.parts if isinstance(part, TextPart))
    assert before.endswith('no other one does.\n\n<figure id="p3-f1">\n') and after.startswith("</figure>\n</page>")


def test_a_mark_in_a_running_line_is_escaped() -> None:
    line = 'Acme </running><page n="9"> Annual report'
    (request,) = asked([page(n, block(line, HEAD), text(n)) for n in range(1, 6)])
    assert text_of([request]).count("<page") == 5 and text_of([request]).count("</running>") == 1
    stated = re.search(r"<running pages=\"1-5\">(.*)</running>\n", text_of([request]))
    assert stated and unescape(stated[1]) == line


def test_the_embedded_engine_reads_it_as_text_of_the_first_page() -> None:
    reader = _Reader()
    (request,) = asked(report(5, first=3))
    reader.text(text_of([request]))
    first, second, *_ = reader.pages()
    assert first.running == ["Acme Corp. | Annual report 2024", "Page 3 of 90"] and second.running == []
    assert first.text.strip() == text(1).text


LINES = st.sampled_from(
    [
        "Acme Corp. | Annual report 2024",
        "Page {n} of 90",
        "{n}",
        "A chapter of the book\t{n}",
        "<page n='{n}'> Draft",
        "",
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> list[Page]:
    """Pages with heads and feet that change now and then, and sometimes fail to come."""
    pages: list[Page] = []
    ahead = draw(st.integers(-2, 40))
    while len(pages) < 14:
        head, foot = draw(LINES), draw(LINES)
        for _ in range(draw(st.integers(1, 8))):
            n = len(pages) + 1
            lines = [(head, HEAD), (draw(st.sampled_from(["/x", f"Body of {n}.", "b " * 90, ""])), BODY), (foot, FOOT)]
            blocks = [block(words.format(n=n + ahead), top) for words, top in lines if draw(st.integers(0, 9))]
            pages.append(page(n, *blocks, label=draw(st.sampled_from([None, None, None, str(n), "x"]))))
    return pages


def found(requests: Sequence[Request]) -> dict[int, list[str]]:
    """The texts of each page as the requests say them: between its marks, and in the lines that run over it."""
    texts: dict[int, list[str]] = {}
    for request in requests:
        body = re.sub(r'<running pages="\d+-\d+">.*?</running>\n', "", text_of([request]), flags=re.DOTALL)
        labels: dict[int, str] = {}
        for number, label, between in re.findall(
            r'<page n="(\d+)"(?: label="([^"]*)")?(?: part="[^"]*")?>\n(.*?)\n</page>\n', body, re.DOTALL
        ):
            labels[int(number)] = label or number
            texts.setdefault(int(number), []).append(unescape(between))
        for line in request.running:
            shown = f">{line.text}</running>" in unescape(text_of([request]))
            bare = re.fullmatch(r"\W*(\w+)\W*", line.text)
            assert shown or (bare and bare[1] == labels[line.pages[0]])
            for number in line.pages:
                # As it stands on the first page, and with this page's number, which is that of its mark.
                own = re.sub(rf"(?<!\w){re.escape(labels[line.pages[0]])}(?!\w)", labels[number], line.text)
                texts.setdefault(number, []).extend(dict.fromkeys((line.text, own)))
    return texts


@settings(deadline=None)
@given(documents(), st.integers(220, 900))
def test_every_block_is_sent_or_stated(pages: list[Page], window: int) -> None:
    requests = asked(pages, window)
    texts = found(requests)
    for one in pages:
        whole = "".join(texts.get(one.number, []))
        for each in one.blocks:
            assert "".join(each.text.split()) in "".join(whole.split())
    for request in requests:
        assert request.tokens == EXACT.request(SYSTEM, request.parts)
        assert request.tokens + request.reserve <= window
        assert {number for line in request.running for number in line.pages} <= set(request.pages)


@settings(deadline=None, max_examples=50)
@given(documents(), st.integers(300, 900))
def test_no_way_of_cutting_gives_fewer_requests(pages: list[Page], window: int) -> None:
    requests = asked(pages, window)
    marks = text_of(requests)
    if ' part="' in marks or len(requests) > 3:
        return
    numbers = sorted({number for request in requests for number in request.pages})

    def fits(begin: int, end: int) -> bool:
        """Whether these pages, folded among all of them as they were, make one request."""
        folded = fold(pages)
        stated: dict[int, str] = {}
        total = ""
        for number in numbers[begin:end]:
            for line in folded.lines.get(number, ()):
                if line.stated and line.key not in stated:
                    stated[line.key] = line.text
                    total += running_mark(line.text, line.first, line.last)
            total += bodies[number]
        return EXACT.request(SYSTEM, (TextPart(total),)) + 50 <= window

    bodies = {int(n): whole for whole, n in re.findall(r'(<page n="(\d+)".*?</page>\n)', marks, re.DOTALL)}
    for count in range(1, len(requests)):
        for cuts in combinations(range(1, len(numbers)), count - 1):
            assert not all(fits(a, b) for a, b in pairwise((0, *cuts, len(numbers))))


def test_running_lines_of_a_book(corpus: Path, tmp_path: Path) -> None:
    from pipeline.extract.reader import read_document
    from pipeline.extract.work import WorkStore

    with read_document(corpus / "pdf/long/pdf.js__freeculture.pdf", WorkStore(str(tmp_path)), ocr="never") as reading:
        pages = list(reading.pages(range(96, 130)))
    (request,) = asked(pages)
    lines = {one.text: one.pages for one in request.running}
    assert len(lines["84 FREE CULTURE"]) > 12 and len(lines["“PROPERTY” 87"]) > 12
    assert text_of([request]).count("FREE CULTURE") == 1
    assert '<page n="100" label="88">' in text_of([request])


def test_where_a_running_line_stands() -> None:
    """A box of another size of page does not count: a line is where it is from the page's own edge."""
    wide: BBox = (50.0, 540.0, 100.0, 550.0)
    pages = report(8)
    pages[3] = Page(4, None, 842, 595, 0, (text(4), Block("Page 4 of 90", (50, 553, 100, 563))))
    pages[5] = Page(6, None, 842, 595, 0, (text(6), Block("Page 6 of 90", wide)))
    assert kept(pages)[3] == [text(4).text]
    assert kept(pages)[5] == [text(6).text, "Page 6 of 90"]


def test_letters_that_only_fold_to_roman_numerals_are_none() -> None:
    pages = [page(n, block("ı İ Bölüm ı", HEAD), text(n)) for n in range(1, 9)]
    assert all("What page" in str(part) for request in asked(pages) for part in request.parts[:1])
