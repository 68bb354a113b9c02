"""What a label or a field's name means: its words made comparable across spellings and languages."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

Reading = frozenset[str]
"""One way to read a label: its canonical words."""

_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[0-9])(?=[A-Z])")
_SHARE = re.compile(r"\(?\s*\d+(?:[.,]\d+)?\s*%\s*\)?")
_TOKEN = re.compile(r"[^\W_]+|[#№%]")
_SIGNS = {"#": "number", "№": "number", "%": "percent"}
_LONGEST = 6
_MONTHS = frozenset(
    "january february march april june july august september october november december januar februar marz juni juli "
    "oktober dezember janvier fevrier mar avril juin juillet aout septembre octobre novembre decembre".split()
)
_SECOND = 0.94
"""What a label's second meaning counts against its first."""


@dataclass(frozen=True, slots=True)
class _Lexicon:
    same: dict[tuple[str, ...], tuple[tuple[str, ...], ...]]
    also: dict[tuple[str, ...], tuple[tuple[str, ...], ...]]
    heads: frozenset[str]
    neutral: frozenset[str]
    tails: tuple[str, ...]


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(resources.files("pipeline.offline.fields").joinpath("lexicon.toml").read_text("utf-8"))


@cache
def _lexicon() -> _Lexicon:
    table = _table()
    return _Lexicon(
        _by_wording(table["same"]),
        _by_wording(table["also"]),
        frozenset(word for head in table["heads"]["words"] for word in tokens(head)),
        frozenset(word for neutral in table["neutral"]["words"] for word in tokens(neutral)),
        tuple(sorted(table["compound"]["tails"], key=len, reverse=True)),
    )


def _by_wording(table: dict[str, list[str]]) -> dict[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for canonical, wordings in table.items():
        target = tokens(canonical)
        for wording in (canonical, *wordings):
            known = found.setdefault(tokens(wording), [])
            if target not in known:
                known.append(target)
    return {wording: tuple(targets) for wording, targets in found.items()}


@lru_cache(maxsize=65_536)
def tokens(text: str) -> tuple[str, ...]:
    """Words without case, accents and plural endings; "invoiceNo" and "invoice_no" are two words each."""
    text = _CAMEL.sub(" ", text.replace("ß", "ss").replace("_", " ").replace("-", " ").replace("’", "'"))
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("º", " o").replace("°", " o")
    return tuple(_SIGNS.get(word) or _singular(word) for word in _TOKEN.findall(plain))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 5 and word.endswith("ed"):
        return word[:-1]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _unpacked(word: str) -> tuple[str, ...]:
    """A German compound as its two halves, where the second is a known one; else the word itself."""
    for tail in _lexicon().tails:
        if word.endswith(tail) and len(word) >= len(tail) + 3:
            first = word.removesuffix(tail)
            for head in (first, first.removesuffix("s"), first.removesuffix("n"), first.removesuffix("en")):
                if (head,) in _lexicon().same:
                    return head, tail
            return first.removesuffix("s"), tail
    return (word,)


@lru_cache(maxsize=65_536)
def readings(text: str, second: bool = True) -> tuple[Reading, ...]:
    """The ways to read a label, the likeliest first; a field's name is read without `second` meanings.

    >>> readings("Rechnungs-Nr.")
    (frozenset({'invoice', 'number'}),)
    """
    lexicon = _lexicon()
    words = tuple(word for word in tokens(_SHARE.sub(" ", text)) if not word.isdigit() and word not in _MONTHS)
    if not words:
        return ()
    bare = tuple(word for word in words if word not in lexicon.neutral)
    found: list[Reading] = []
    for form in (words, bare):
        found += [frozenset(target) for target in lexicon.same.get(form, ())]
    found.append(_greedy(words))
    found.append(frozenset(bare))
    for form in (words, bare) if second else ():
        found += [frozenset(target) for target in lexicon.also.get(form, ())]
    return tuple(dict.fromkeys(reading for reading in found if reading))


def _greedy(words: tuple[str, ...]) -> Reading:
    """The longest known wordings first, from left to right; compounds unpacked; neutral words left out."""
    lexicon = _lexicon()
    found: set[str] = set()
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            piece = words[at : at + length]
            if piece in lexicon.same and not (length == 1 and (piece[0] in lexicon.neutral or len(piece[0]) == 1)):
                found.update(lexicon.same[piece][0])
                break
        else:
            length = 1
            if words[at] not in lexicon.neutral:
                halves = _unpacked(words[at])
                found.update(halves if len(halves) == 1 else _greedy(halves))
        at += length
    return frozenset(found)


def mentions(text: str) -> tuple[tuple[Reading, int, int], ...]:
    """What the words of a sentence mean, one by one or as known wordings: (canonical words, start, end), in order.

    >>> mentions("Group revenue rose")[0]
    (frozenset({'revenue'}), 0, 13)
    """
    lexicon = _lexicon()
    spans = [(forms[0], match.start(), match.end()) for match in _TOKEN.finditer(text) if (forms := tokens(match[0]))]
    found: list[tuple[Reading, int, int]] = []
    at = 0
    while at < len(spans):
        for length in range(min(_LONGEST, len(spans) - at), 0, -1):
            piece = tuple(word for word, _, _ in spans[at : at + length])
            if piece in lexicon.same and not (length == 1 and (piece[0] in lexicon.neutral or len(piece[0]) == 1)):
                found.append((frozenset(lexicon.same[piece][0]), spans[at][1], spans[at + length - 1][2]))
                break
        else:
            length = 1
            if spans[at][0] not in lexicon.neutral and not spans[at][0].isdigit():
                found.append((frozenset({spans[at][0]}), spans[at][1], spans[at][2]))
        at += length
    return tuple(found)


@cache
def statement_patterns() -> tuple[tuple[Reading, tuple[re.Pattern[str], ...]], ...]:
    """How prose states a thing: (its canonical words, patterns with a group v, or with a group yes or no)."""
    rows = (*_table()["statements"].items(), *_table()["truths"].items())
    return tuple((frozenset(tokens(name)), tuple(re.compile(one) for one in patterns)) for name, patterns in rows)


def is_label(text: str, wanted: frozenset[Reading] = frozenset()) -> bool:
    """Whether a text is wholly a known label, or means a `wanted` name; "site and" is none, "bill to" is one."""
    lexicon = _lexicon()
    words = tokens(_SHARE.sub(" ", text))
    if not words or len(words) > 8:
        return False
    if words in lexicon.same or words in lexicon.also:
        return True
    if words[-1] in lexicon.neutral or any(word.isdigit() for word in words):
        return False
    bare = tuple(word for word in words if word not in lexicon.neutral)
    return bare in lexicon.same or bare in lexicon.also or any(reading in wanted for reading in readings(text, False))


def weight(words: Iterable[str]) -> float:
    """How much words say: heads such as "number" or "date" count half of what others do."""
    heads = _lexicon().heads
    return sum(0.5 if word in heads else 1.0 for word in words)


def telling(words: Iterable[str]) -> set[str]:
    """The words that are not mere heads."""
    return {word for word in words if word not in _lexicon().heads}


def likeness(wanted: Reading, label: Reading, around: Reading = frozenset(), forgiven: Reading = frozenset()) -> float:
    """How well a label names what is wanted, 0 to 1.

    `around` are words of the section that the label stands in: they may supply what the label itself leaves out.
    `forgiven` are words of the field's own context: a label that adds them says nothing else.
    """
    direct = wanted & label
    if not direct:
        return 0.0
    lent = (wanted - label) & around
    covered = (weight(direct) + 0.9 * weight(lent)) / weight(wanted)
    extra = label - wanted - forgiven
    share = weight(extra) / (weight(extra) + weight(direct))
    return covered * (1 - 0.75 * share)


def best_likeness(
    wanted: Iterable[Reading], labels: Iterable[Reading], around: Reading = frozenset(), forgiven: Reading = frozenset()
) -> float:
    """The best likeness over all readings of both sides."""
    labels = tuple(labels)
    return max(
        (
            likeness(one, label, around, forgiven) * (1.0 if number == 0 else _SECOND)
            for one in wanted
            for number, label in enumerate(labels)
        ),
        default=0.0,
    )
