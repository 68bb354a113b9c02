"""Summary and key points: the document's own sentences, the most central first chosen, in document order.

A sentence is central when its words are those of the document (cosine of its tf-idf vector with the document's
centroid). Position, section and cue words move it; boilerplate, references, contents and code are left out. Maximal
marginal relevance (Carbonell and Goldstein, 1998) keeps the chosen ones unlike each other.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.offline import sentences
from pipeline.offline.blocks import Block

Vector = dict[str, float]

_POOL = 240
_DIVERSITY = 0.8
_CUE = re.compile(
    r"\b(in (?:summary|conclusion|total)|we (?:propose|present|show|introduce|find|conclude)|this (?:paper|report|"
    r"document|"
    r"agreement|study|letter|contract|policy)|results? (?:show|indicate)|overall|total(?:led|ed)?|net (?:income|"
    r"profit|sales)|"
    r"revenues?|increased|decreased|rose|fell|agreed?|shall pay|terminat\w+|effective|purpose|recommend\w*|decided|"
    r"insgesamt|umsatz\w*|ergebnis\w*|zusammenfassend|beschlossen|vereinbar\w+|zweck|gestiegen|stieg|sank|"
    r"au total|chiffre d.affaires|résultat|en conclusion|présent\w*|augment\w+|"
    r"en total|ingresos|resultado\w*|en resumen|acuerd\w+)\b",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"\b(abstract|summary|highlights|overview|conclusions?|key (?:points|figures|findings)|"
    r"zusammenfassung|"
    r"überblick|fazit|résumé|synthèse|conclusión|resumen|摘要|结论|總結|要約|ملخص)\b",
    re.IGNORECASE,
)
_RUN_IN = re.compile(r"(?:abstract|summary|zusammenfassung|résumé|resumen|摘要)\s?[.:—–]", re.IGNORECASE)
_LEFT_OUT = re.compile(
    r"^[\W\d]*(references|bibliography|works cited|literatur(?:verzeichnis)?|quellen|bibliographie|"
    r"bibliografía|table of contents|contents|inhalt(?:sverzeichnis)?|table des matières|índice|"
    r"acknowledge?ments?|参考文献|目录)[\W\d]*$",
    re.IGNORECASE,
)
_BOILER = re.compile(
    r"(all rights reserved|forward-looking statements|©|copyright \d|see accompanying notes|click here|cookie|"
    r"https?://\S+\s*$|permission to make digital|this page (?:is )?intentionally|alle rechte vorbehalten|"
    r"indicate by check mark|\[\d+\]\s*$|et al\.,? (?:19|20)\d\d|arxiv:)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[{};=<>\\]{2,}|\w\(\w*\)\s*[;{]|^\s*(?:def|class|import|for|if|return|#include)\b.*[:;({]")
_ADDRESS = re.compile(r"\s?<(?:https?|ftp|mailto|tel):[^>\s]*>", re.IGNORECASE)
_DANGLING = re.compile(r"(?:This|These|It|They|Such|However|Thus|Therefore|Despite this|He|She|Dies|Diese|Er|Sie)\b")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the document: verbatim, where it stands, and how much it says (0 and above)."""

    text: str
    page: int
    order: int
    score: float
    vector: Vector


def rank(blocks: Sequence[Block]) -> list[Sentence]:
    """All sentences worth citing, in document order, scored."""
    raw = _eligible(blocks)
    bags = [Counter(sentences.words(text)) for text, _, _ in raw]
    spread = Counter(word for bag in bags for word in bag)
    vectors = [_vector(bag, spread, len(bags)) for bag in bags]
    centre = _centroid(vectors)
    return [
        Sentence(text, page, order, _score(text, boost, order, len(raw), _dot(vector, centre)), vector)
        for order, ((text, page, boost), vector) in enumerate(zip(raw, vectors, strict=True))
    ]


def choose(ranked: Sequence[Sentence], limit: int, most: int) -> list[Sentence]:
    """At most `most` sentences of at most `limit` characters in all (with spaces), in document order."""
    pool = sorted(ranked, key=lambda one: (-one.score, one.order))[:_POOL]
    nearest = {one.order: 0.0 for one in pool}
    chosen: list[Sentence] = []
    room = limit + 1
    while pool and len(chosen) < most:
        best = max(pool, key=lambda one: (one.score - _DIVERSITY * nearest[one.order] * one.score, -one.order))
        pool.remove(best)
        if nearest[best.order] > 0.7 or len(best.text) + 1 > room:
            continue
        chosen.append(best)
        room -= len(best.text) + 1
        for one in pool:
            nearest[one.order] = max(nearest[one.order], _dot(one.vector, best.vector))
    return sorted(chosen, key=lambda one: one.order)


def summarise(blocks: Sequence[Block], ranked: Sequence[Sentence], limit: int) -> str:
    """A summary of at most `limit` characters, and at most about a third of what there is to say."""
    if not ranked:
        return _opening_lines(blocks, min(limit, 600))
    whole = sum(len(one.text) + 1 for one in ranked)
    room = min(limit, max(500, whole // 3))
    return " ".join(without_addresses(one.text) for one in choose(ranked, room, 40)) or _opening_lines(
        blocks, min(limit, 600)
    )


def without_addresses(text: str) -> str:
    """A sentence without the addresses of its links, which the request gives in angle brackets after their words."""
    return _ADDRESS.sub("", text).strip()


def condense(texts: Sequence[str], limit: int) -> str:
    """One summary out of several: their best sentences, verbatim, in order."""
    blocks = [Block("text", number, number, (text,)) for number, text in enumerate(texts)]
    return summarise(blocks, rank(blocks), limit) or _opening_lines(blocks, limit)


def weigh(texts: Sequence[str]) -> list[int]:
    """The numbers, from 1, of the texts whose sentences say the most of all that is said, the first of them first."""
    ranked = rank([Block("text", number, number, (text,)) for number, text in enumerate(texts, 1)])
    return list(dict.fromkeys(one.page for one in sorted(ranked, key=lambda one: (-one.score, one.order))))


def _eligible(blocks: Sequence[Block]) -> list[tuple[str, int, float]]:
    """(sentence, page, boost of its place) for what is prose, each once."""
    found, seen = [], Counter[str]()
    skip, boost, fresh = False, 0.0, False
    for block in blocks:
        if block.kind == "heading":
            skip, fresh = bool(_LEFT_OUT.search(block.text)), True
            boost = 0.35 if _STRONG.search(block.text) else 0.0
        elif block.kind == "text" and not skip:
            here = boost or (0.35 if _RUN_IN.match(block.text) else 0.0)
            for number, text in enumerate(sentences.split(block.text)):
                key = text.casefold()
                seen[key] += 1
                if seen[key] == 1 and sentences.is_prose(text) and not (_BOILER.search(text) or _CODE.search(text)):
                    found.append((text, block.page, here + (0.08 if number == 0 else 0.0) + (0.05 if fresh else 0.0)))
            fresh = False
    return found


def _vector(bag: Counter[str], spread: Counter[str], total: int) -> Vector:
    weights = {word: (1 + math.log(count)) * math.log(1 + total / spread[word]) for word, count in bag.items()}
    length = math.sqrt(sum(value * value for value in weights.values())) or 1.0
    return {word: value / length for word, value in weights.items()}


def _centroid(vectors: Sequence[Vector]) -> Vector:
    total: Vector = {}
    for vector in vectors:
        for word, value in vector.items():
            total[word] = total.get(word, 0.0) + value
    length = math.sqrt(sum(value * value for value in total.values())) or 1.0
    return {word: value / length for word, value in total.items()}


def _dot(one: Vector, other: Vector) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(value * other[word] for word, value in one.items() if word in other)


def _score(text: str, boost: float, order: int, total: int, centrality: float) -> float:
    length = sentences.units(text)
    shape = 1.0 if 9 <= length <= 38 else 0.75
    place = 0.18 * math.exp(-order / 12) + (0.05 if total > 30 and order > 0.95 * total else 0.0)
    cue = 0.12 if _CUE.search(text) else 0.0
    figures = 0.06 if re.search(r"\d", text) else 0.0
    question = -0.15 if text.endswith(("?", "？", "؟")) else 0.0
    dangling = -0.08 if _DANGLING.match(text) else 0.0
    return max(0.01, (centrality + place + cue + figures + boost + question + dangling) * shape)


def _opening_lines(blocks: Sequence[Block], limit: int) -> str:
    """Where there is no prose (a form, an invoice): its first lines, as many whole ones as the limit takes."""
    kept, room = [], limit + 1
    for line in (line for block in blocks for line in block.lines):
        if len(line) + 3 > room:
            break
        kept.append(line)
        room -= len(line) + 3
    return " · ".join(kept)
