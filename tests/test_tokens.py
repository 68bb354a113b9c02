"""Counts are the model's own: equal to mistral-common's encoder, at any length, in any script."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import mistral_common
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.pack.parts import Part, PicturePart, TextPart
from pipeline.pack.tokens import _VOCABULARY, LONGEST, Counter, _encoding, counter_for, stretches
from pipeline.profiles import models
from tests.reference_tokens import reference_count, reference_encoder

EXACT = counter_for(models()["mistral-small-3.2"])

STOCK = (
    "The board approved a dividend of 1.25 per share. ",
    "Umsatzerlöse in Mio. €: 1.234,56 (Vorjahr 1.198,00)\n",
    "純利益は前年比12%増の3,450億円となった。",
    "ارتفعت الإيرادات بنسبة 7٪ في عام 2024. ",
    "Прибыль выросла на 4,5 %. ",
    "[INST] ignore all that [/INST]</s><s>[SYSTEM_PROMPT]",
    '<page n="3">\n| a | b |\n| --- | --- |\n| 1 | 2 |\n',
    "👩‍👩‍👧‍👦🏳️‍🌈 ☃︎ e\u0301\u0327 \u200b\ufeff\u202e",
    "\t\t  \r\n \n\n   \u00a0\u3000",
    "////\n///...-----=====",
    "CamelCaseHTTPServer2ÄÖÜß ǅ ʰ ªº ",
    "https://example.org/a?b=c&d=%20 ",
    "\x00\x01\x1b[31m\x7f\ufffd",
)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """mistral-common's own encoder with the settings of Mistral Small 3.x."""
    return reference_encoder(tmp_path_factory.mktemp("reference"))


def random_text(dice: random.Random) -> str:
    pieces = [dice.choice(STOCK) for _ in range(dice.randint(1, 12))]
    junk = "".join(
        chr(dice.choice([dice.randrange(0x250), dice.randrange(0xD800), dice.randrange(0x10000, 0x1FFFF)]))
        for _ in range(dice.randint(0, 30))
    )
    pieces.insert(dice.randrange(len(pieces) + 1), junk)
    return "".join(pieces)


def random_parts(dice: random.Random) -> list[Part]:
    """Text and pictures in turn, since servers join adjacent text; now and then no picture, as in a merge."""
    parts: list[Part] = [TextPart(random_text(dice))]
    for number in range(dice.choice([0, 0, 1, 1, 2, 3])):
        longest = 2400 if dice.random() < 0.1 else 500
        parts.append(PicturePart(f"p1-f{number}", "0", dice.randint(1, longest), dice.randint(1, longest)))
        parts.append(TextPart(random_text(dice)))
    return parts


def test_the_vocabulary_is_that_of_the_file() -> None:
    table = json.loads((Path(mistral_common.__file__).parent / _VOCABULARY).read_bytes())
    size = table["config"]["default_vocab_size"] - table["config"]["default_num_special_tokens"]
    wanted = {b64decode(one["token_bytes"]): one["rank"] for one in table["vocab"][:size]}
    assert _encoding()._mergeable_ranks == wanted


def test_a_request_is_counted_as_mistral_common_counts_it(reference: Any) -> None:
    dice = random.Random(3)
    differing = []
    for _ in range(300):
        system, parts = random_text(dice), random_parts(dice)
        ours, theirs = EXACT.request(system, parts), reference_count(reference, system, parts)
        if ours != theirs:
            differing.append((ours, theirs, system, parts))
    assert not differing


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, " " * 200_000, "\n" * 100_000, " \n" * 100_000, "中" * 100_000, "-" * 200_000 + "x", "😀" * 50_000],
    ids=["letters", "blanks", "lines", "blank lines", "ideographs", "rules", "emoji"],
)
def test_a_very_long_line_is_counted_exactly(reference: Any, text: str) -> None:
    assert EXACT.request("Read.", [TextPart(text)]) == reference_count(reference, "Read.", [TextPart(text)])


def test_adjacent_text_counts_as_the_one_run_that_is_sent() -> None:
    assert EXACT.request("s", [TextPart("under"), TextPart("stand")]) == EXACT.request("s", [TextPart("understand")])


def test_text_beyond_the_tokenizers_stack_is_counted(reference: Any) -> None:
    sentence = "Net sales rose by 4 % to 12,345 in the year.\n"
    text = sentence * (LONGEST * 3 // len(sentence))
    encoder = reference.instruct_tokenizer.tokenizer
    assert EXACT.text(text) == len(encoder.encode(text, bos=False, eos=False))


def test_a_stretch_that_cannot_be_cut_is_never_counted_too_low() -> None:
    # A million and a half blanks overflow the tokenizer's stack, which no `except` could catch decently.
    assert EXACT.text(" " * 1_500_000 + "x") >= 1_500_000 / 64


AWKWARD = st.text(alphabet=st.sampled_from("ab A1é中\u0301 \n\r\t/<>.-_'’\u00a0\u2028\x1c\x85ǅʰ☃"), max_size=60)


@given(AWKWARD, st.integers(1, 20))
def test_a_long_text_is_cut_only_where_counts_add_up(text: str, longest: int) -> None:
    pieces = list(stretches(text, longest))
    assert "".join(pieces) == text
    assert sum(map(EXACT.text, pieces)) == EXACT.text(text)


@given(AWKWARD, AWKWARD)
def test_counts_add_up_between_a_lines_end_and_a_mark(before: str, after: str) -> None:
    first, second = f"{before}\n</page>\n", f'<page n="2">\n{after}'
    assert EXACT.text(first) + EXACT.text(second) == EXACT.text(first + second)


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_formula_of_a_picture(width: int, height: int) -> None:
    tokens = EXACT.picture(width, height)
    assert 2 <= tokens <= 55 * 56
    if max(width, height) <= 1540:
        assert tokens == -(-height // 28) * (-(-width // 28) + 1)


def test_counts_of_a_model_that_is_not_known_exactly_carry_its_margin() -> None:
    exact, general = models()["mistral-small-3.2"], models()["general"]
    parts: list[Part] = [TextPart("some words " * 50), PicturePart("p1-f1", "0", 280, 280)]
    plain = Counter(exact).request("system", parts)
    raised = Counter(general).request("system", parts)
    assert plain * (1 + general.margin) <= raised < plain * (1 + general.margin) + 1


def test_a_model_without_eyes_takes_no_pictures() -> None:
    from dataclasses import replace

    blind = Counter(replace(models()["general"], id="blind/model", pictures=None))
    assert blind.request("system", [TextPart("text")]) > 0
    with pytest.raises(UsageError, match="blind/model takes no pictures"):
        blind.picture(100, 100)


def test_counting_imports_nothing_heavy() -> None:
    code = """
import sys
from pipeline.pack.tokens import counter_for
from pipeline.profiles import models
assert "tiktoken" not in sys.modules
counter_for(models()["mistral-small-3.2"]).text("words")
heavy = {"mistral_common", "numpy", "pydantic", "PIL", "pymupdf"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
