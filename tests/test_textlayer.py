"""A scan's text layer is held against a reading of the scan: another page's does not pass for this one's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import BBox, Word
from pipeline.extract.geometry import around, moved
from pipeline.extract.lines import Line
from pipeline.extract.scans import SURE, Recognised
from pipeline.extract.textlayer import disagrees
from pipeline.extract.upright import turning, undone

NOUNS = "harbour ledger valley meeting engine garden bridge market river office winter signal copper station".split()
VERBS = "keeps crosses follows measures carries leaves reaches opens repairs covers records watches".split()
OTHERS = "quiet northern later early broad narrow second modest annual careful distant common".split()
HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后"
SHOWN = (0.0, 0.0, 595.0, 842.0)


def sentences(random: Random, count: int) -> list[str]:
    """Lines of one pattern in one small vocabulary, so that any two of them share much."""
    pick = random.choice
    return [
        f"The {pick(OTHERS)} {pick(NOUNS)} {pick(VERBS)} the {pick(NOUNS)} and the {pick(OTHERS)} {pick(NOUNS)}"
        for _ in range(count)
    ]


def set_lines(
    texts: Sequence[str], *, letter: float = 5.5, turn: Callable[[BBox], BBox] = lambda box: box
) -> list[Line]:
    """Lines one below the other, `letter` points a character."""
    lines = []
    for at, text in enumerate(texts):
        words, x, y = [], 60.0, 70 + 17.0 * at
        for word in text.split():
            words.append(Word(word, turn((x, y, x + letter * len(word), y + 11)), "ocr"))
            x += letter * (len(word) + 1)
        lines.append(Line(tuple(words), around(word.box for word in words), 11, False, at))
    return lines


def read(texts: Sequence[str], sure: float = 0.95) -> Recognised:
    return Recognised(set_lines(texts), sum(map(len, texts)), sure)


def misread(texts: Sequence[str], random: Random, share: float) -> list[str]:
    """The texts with this share of their letters read for others."""
    return [
        "".join(random.choice("aceilrst") if one != " " and random.random() < share else one for one in text)
        for text in texts
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(8, 30))
def test_a_layer_of_another_page_in_the_same_words_disagrees(seed: int, count: int) -> None:
    random = Random(seed)
    assert disagrees(set_lines(sentences(random, count)), read(sentences(random, count)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(4.5, 6.5), st.floats(0, 0.08))
def test_the_pages_own_layer_agrees_though_it_drifts_and_has_mistakes(seed: int, letter: float, share: float) -> None:
    random = Random(seed)
    texts = sentences(random, 18)
    assert not disagrees(set_lines(misread(texts, random, share), letter=letter), read(texts))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_a_layer_agrees_that_has_the_words_cut_otherwise(seed: int) -> None:
    random = Random(seed)
    here, other = ([[*random.choices(HAN, k=24)] for _ in range(12)] for _ in range(2))
    whole = set_lines(["".join(line) for line in here], letter=11)
    reading = Recognised(set_lines([" ".join(line) for line in here]), 288, 0.9)
    assert not disagrees(whole, reading)
    assert disagrees(set_lines(["".join(line) for line in other], letter=11), reading)


@pytest.mark.parametrize("degrees", [90.0, 180.0, 270.0])
def test_a_layer_is_compared_where_it_stands_on_a_page_that_was_put_upright(degrees: float) -> None:
    random = Random(7)
    texts, turn = sentences(random, 20), turning(degrees, SHOWN)
    reading = Recognised(set_lines(texts), 900, 0.95, degrees, turn)
    assert not disagrees(set_lines(texts, turn=lambda box: moved(box, undone(turn))), reading)
    assert disagrees(set_lines(texts[::-1], turn=lambda box: moved(box, undone(turn))), reading)


def test_a_layer_that_says_more_than_was_read_agrees() -> None:
    texts = sentences(Random(3), 30)
    assert not disagrees(set_lines(texts), read(texts[:10]))


@pytest.mark.parametrize(("sure", "count"), [(SURE - 0.01, 18), (0.95, 1)])
def test_an_unsure_or_short_reading_proves_nothing(sure: float, count: int) -> None:
    random = Random(5)
    texts = [text[:35] for text in sentences(random, count)]
    assert not disagrees(set_lines(sentences(random, 18)), read(texts, sure))
    assert not disagrees([], read(sentences(random, 18)))
