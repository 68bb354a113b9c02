"""Lines in Arabic, Persian and Hebrew are read in the order in which a reader reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.document import BBox, Word
from pipeline.extract.leftward import Letter, by_word, in_order
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore
from pipeline.merge.evidence import Finder


def placed(*words: tuple[str, float]) -> list[Word]:
    """Words by their text and left edge, letters of 5 points."""
    return [Word(text, (x, 50.0, x + 5 * len(text), 60.0)) for text, x in words]


def read(words: list[Word]) -> str:
    return " ".join(word.text for word in in_order(words, {}))


def test_words_are_read_from_the_right_and_runs_of_another_script_from_the_left() -> None:
    words = placed(("ארבע", 0), ("two", 30), ("words", 50), ("12", 80), ("אחת", 100), ("3.5", 120))
    assert read(words) == "3.5 אחת two words 12 ארבע"


def test_two_numbers_side_by_side_are_read_from_the_right() -> None:
    assert read(placed(("12", 0), ("34", 20), ("שנים", 40))) == "שנים 34 12"


def test_a_date_whose_parts_stand_apart_in_the_file_is_one_word_read_from_the_left() -> None:
    assert read(placed(("1403", 0), ("/", 20), ("10", 25), ("/", 35), ("04", 40), ("תאריך", 60))) == "תאריך 1403/10/04"
    assert read(placed(("12", 0), ("/", 12), ("34", 20), ("שנים", 40))) == "שנים 34 / 12"


def test_the_number_of_a_section_is_read_from_the_right() -> None:
    assert read(placed(("2", 0), (".", 5), ("3", 10), ("שנים", 40))) == "שנים 3. 2"


def test_a_sign_belongs_to_the_word_that_it_touches() -> None:
    assert read(placed((".", 45), ("סוף", 50), ("הנה", 80))) == "הנה סוף."


def test_a_word_that_stands_in_two_places_is_two_and_letters_of_a_glyph_are_in_order() -> None:
    def letters(text: str, right: float) -> list[tuple[str, BBox]]:
        return [(char, (right - 5 * at - 5, 50.0, right - 5 * at, 60.0)) for at, char in enumerate(text)]

    # The glyph for lam and alef is given as an alef without width and a lam.
    glyph = [("ا", (95.0, 50.0, 95.0, 60.0)), ("ل", (89.0, 50.0, 95.0, 60.0)), ("م", (84.0, 50.0, 89.0, 60.0))]
    joined = [*glyph, *letters("كتاب", 50.0)]
    word = Word("".join(char for char, _ in joined), (30.0, 50.0, 95.0, 60.0))
    found = in_order([word], by_word([(word.text, word.box)], joined))
    assert [one.text for one in found] == ["لام", "كتاب"]
    assert found[0].box == (84.0, 50.0, 95.0, 60.0)


@pytest.mark.parametrize(
    ("name", "page", "quotes"),
    [
        (
            "docling__right_to_left_01",
            1,
            [
                "تحسين الإنتاجية وحل المشكلات من خلال البرمجة بلغة R و Python",
                "يمكن استخدام مكتبة pandas في Python لإدارة البيانات",
            ],
        ),
        (
            "deb-texlive-lang-arabic__lshort",
            61,
            ["بنابراین لازم نیست هربار آن را بنویسیم.", "اما بستۀ amsmath راه‌حل ساده‌تری برای این کار دارد"],
        ),
    ],
)
def test_real_pages_are_read_as_they_are_meant(
    corpus: Path, tmp_path: Path, name: str, page: int, quotes: list[str]
) -> None:
    path = corpus / "pdf" / "nonlatin" / f"{name}.pdf"
    with read_document(path, WorkStore(str(tmp_path)), ocr="never") as reading:
        pages = list(reading.pages([page]))
        text = " ".join(block.text for block in pages[0].blocks)
        finder = Finder(pages, reading.words)
        for quote in quotes:
            assert quote.replace("\u200c", " ") in " ".join(text.split())
            assert finder.locate(quote, page, [page]).match in ("exact", "normalised")
            assert not finder.locate(quote.replace("ت", "ن", 1), page, [page]).verified


def test_a_letter_that_no_word_has_does_not_part_all_that_follow_from_theirs() -> None:
    letters: list[Letter] = [
        (char, (60.0 - 5 * at, 50.0, 65.0 - 5 * at, 60.0)) for at, char in enumerate("\u200dكتابجديد")
    ]
    words = [("كتاب", (40.0, 50.0, 60.0, 60.0)), ("جديد", (20.0, 50.0, 40.0, 60.0))]
    found = by_word(words, letters)
    assert {"".join(char for char, _ in some): word for (word, _), some in found.items()} == {
        "كتاب": "كتاب",
        "جديد": "جديد",
    }
