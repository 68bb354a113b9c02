"""Facts in every carrier arrive in what would be sent; and the bench that looks for them can tell when they don't."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.arrival import ARRIVED, Delivered, Eyes, Legible, add_request, judge
from benchmarks.carriers import blockcode, extras, figures, hidden, pictures, scans, spoken, tables, text, within
from benchmarks.carriers.book import Book, Fact
from benchmarks.carriers.catalogue import CARRIERS, make
from benchmarks.carriers.ink import picture
from benchmarks.fidelity import QUIRE, Row, as_json, measure, table

READ_AS_TEXT = [
    *(set(text.CARRIERS) - {"font without map", "drawn font", "line without map"}),
    *tables.CARRIERS,
    *extras.CARRIERS,
    *spoken.CARRIERS,
    *(set(within.CARRIERS) - {"attached PDF"}),
    "captions",
    "text over a picture",
    "shaded background",
    *hidden.CARRIERS,
]
SEEN = [
    "font without map",
    "drawn font",
    "line without map",
    *(set(figures.CARRIERS) - {"shaded background"}),
    "attached PDF",
    *(set(pictures.CARRIERS) - {"captions", "text over a picture"}),
    *scans.CARRIERS,
]
FACT = Fact("a carrier", "KX-34627", (2,))
HIDDEN = Fact("a trap", "KX-34627", (2,), "hidden")


class Blind:
    """Sees nothing in any picture."""

    def printed(self, image: bytes) -> Iterator[str]:
        yield ""

    def coded(self, image: bytes) -> Sequence[str]:
        return ()


class Seeing(Blind):
    """Sees one token in every picture, as OCR gives it."""

    def printed(self, image: bytes) -> Iterator[str]:
        yield from ("", "A KX E 34627\nB 77-77777")


def _sent(*parts: str | bytes) -> Delivered:
    delivered = Delivered()
    add_request(delivered, parts)
    return delivered


def _lost(rows: Sequence[Row]) -> list[str]:
    return [str((row.fact, row.verdicts[QUIRE])) for row in rows if row.verdicts[QUIRE] not in ARRIVED]


@pytest.mark.parametrize("seed", [0, 1])
def test_facts_that_are_text_arrive_on_their_page_and_hidden_ones_are_reported(seed: int) -> None:
    rows = measure(seed, READ_AS_TEXT, Eyes())
    assert {row.fact.carrier for row in rows} == set(READ_AS_TEXT)
    assert _lost(rows) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_facts_in_pictures_are_legible_at_the_size_sent(seed: int, pytestconfig: pytest.Config) -> None:
    rows = measure(seed, SEEN, Eyes(pytestconfig.cache.mkdir("fidelity")))
    assert {row.fact.carrier for row in rows} == set(SEEN)
    assert _lost(rows) == []


def test_the_same_seed_makes_the_same_document() -> None:
    names = ["two columns", "comments", "attachments", "picture: JBIG2", "chart"]
    assert make(5, names) == make(5, names)
    assert make(5, names)[1] != make(6, names)[1]


def test_there_are_carriers_of_every_kind_with_several_facts() -> None:
    _, facts = make(3)
    assert {fact.carrier for fact in facts} == set(CARRIERS)
    assert len(CARRIERS) > 80
    assert len({fact.text for fact in facts}) == len(facts)
    assert {fact.form for fact in facts if fact.carrier in figures.CARRIERS} == {"text", "code"}


@settings(max_examples=40)
@given(st.integers(min_value=0), st.booleans())
def test_a_block_code_is_read_upright_and_not_in_a_mirror(seed: int, photo: bool) -> None:
    import cv2
    import numpy as np

    book = Book(Random(seed))
    printed, coded = book.token(), book.token()
    pixels = np.asarray(picture(book.random, printed, coded, photo=photo))[:, :, ::-1]
    mirrored = pixels[:, ::-1]
    assert blockcode.read(cv2.imencode(".png", pixels)[1].tobytes()) == {coded}
    assert blockcode.read(cv2.imencode(".png", mirrored)[1].tobytes()) == set()


@given(st.text(blockcode.LETTERS, min_size=2, max_size=2), st.text(blockcode.DIGITS, min_size=5, max_size=5))
def test_a_token_is_a_number(letters: str, digits: str) -> None:
    token = f"{letters}-{digits}"
    assert blockcode.number_of(token) < 2**24
    assert blockcode.token_of(blockcode.number_of(token)) == token


def test_requests_are_taken_apart_by_their_marks() -> None:
    sent = _sent('<page n="1" label="i">\none\n</page>\n<page n="2">\n<figure id="p2-f1">\n', b"picture", "</figure>\n")
    add_request(sent, ['<source id="attachment:notes.txt">\nelsewhere\n</source>\n'])
    assert "one" in sent.texts[1]
    assert 'label="i"' in sent.texts[1]
    assert sent.pictures == {2: [b"picture"]}
    assert "elsewhere" in sent.texts[0]
    assert "notes.txt" in sent.texts[0]


@pytest.mark.parametrize(
    ("fact", "sent", "eyes", "verdict"),
    [
        (FACT, _sent('<page n="2">\nsee KX-34627\n</page>'), Blind(), "text"),
        (FACT, _sent('<page n="2">\nsee kx\u201134627\n</page>'), Blind(), "text"),
        (FACT, _sent('<page n="2">\nsee KX-34628\n</page>'), Blind(), "missing"),
        (FACT, _sent('<page n="3">\nsee KX-34627\n</page>'), Blind(), "wrong page"),
        (FACT, _sent('<page n="2">\n', b"p", "</page>"), Seeing(), "picture"),
        (FACT, _sent('<page n="2">\n', b"p", "</page>"), Blind(), "missing"),
        (Fact("a", "KX-34676", (2,)), _sent('<page n="2">\n', b"p", "</page>"), Seeing(), "missing"),
        (FACT, _sent('<page n="3">\n', b"p", "</page>"), Seeing(), "missing"),
        (Fact("a", "KX-34627", (2,), "code"), _sent('<page n="2">\n', b"p", "</page>"), Seeing(), "missing"),
        (Fact("a", "KX-34627", ()), _sent('<source id="x">KX-34627</source>'), Blind(), "text"),
        (Fact("a", "KX-34627", (2,), beside="Ash"), _sent('<page n="2">\n| Ash | KX-34627 |\n'), Blind(), "text"),
        (Fact("a", "KX-34627", (2,), beside="Ash"), _sent('<page n="2">\nAsh\nKX-34627\n'), Blind(), "apart"),
        (Fact("a", "KX-34627", (2,), beside="CHECKED"), _sent('<page n="2">\n[x] KX-34627\n'), Blind(), "text"),
        (Fact("a", "KX-34627", (2,), beside="CHECKED"), _sent('<page n="2">\n[ ] KX-34627\n'), Blind(), "apart"),
        (HIDDEN, _sent('<page n="2">\nsee KX-34627\n</page>'), Blind(), "leaked"),
        (HIDDEN, _sent('<page n="2">\nsee\n</page>'), Blind(), "unreported"),
        (HIDDEN, Delivered({2: "see"}, {}, {2: "KX-34627"}), Blind(), "hidden"),
    ],
)
def test_what_became_of_a_fact(fact: Fact, sent: Delivered, eyes: Legible, verdict: str) -> None:
    assert judge(fact, sent, eyes) == verdict


def test_what_was_read_in_a_picture_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = _png(Random(1))
    first = Eyes(tmp_path / "kept").coded(image)
    assert len(first) == 1
    monkeypatch.setattr(blockcode, "read", None)
    assert Eyes(tmp_path / "kept").coded(image) == first


def _png(random: Random) -> bytes:
    import io

    out = io.BytesIO()
    book = Book(random)
    picture(random, book.token(), book.token()).save(out, "PNG")
    return out.getvalue()


def test_the_table_says_what_failed_and_where() -> None:
    rows = [
        Row(4, Fact("comments", "KX-34627", (2,)), {QUIRE: "text", "other": "missing"}),
        Row(4, Fact("comments", "KX-34628", (3,)), {QUIRE: "missing", "other": "text"}),
        Row(4, Fact("hidden: too small", "KX-34629", (3,), "hidden"), {QUIRE: "hidden", "other": "unreported"}),
    ]
    head, *lines, last = table(rows)
    assert "other" in head
    assert re.search(r"comments +2 +50% +1 +0 +50% +missing \(seed 4, page 3\)$", lines[0])
    assert re.search(r"hidden: too small +1 +100% +0 +0 +100%$", lines[1])
    assert re.search(r"all +3 +67%", last)
    assert '"verdicts": {' in as_json(rows)
