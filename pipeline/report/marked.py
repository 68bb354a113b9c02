"""What is marked in a copy of the document: each place of each value once, with what it is proof of as its note."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.extract.messages import Mark
from pipeline.report.fields import shown
from pipeline.result.model import Box, Evidence, ExtractionPart, Result

_VALUE = (1.0, 0.92, 0.45)
_DOUBT = (1.0, 0.72, 0.4)
_POINT = (0.72, 0.88, 1.0)
_MOST_NOTE = 2000

_Colour = tuple[float, float, float]
_Said = tuple[Evidence, str, _Colour]


def marks_of(result: Result) -> list[Mark]:
    """The marks, in the order of pages. What several values rest on is one mark with several lines in its note."""
    found: dict[tuple[int, tuple[Box, ...]], list[_Said]] = {}
    for said in _all(result):
        page, boxes = said[0].page, said[0].boxes
        if page is not None and boxes:
            found.setdefault((page, boxes), []).append(said)
    marks = (_mark(page, boxes, said) for (page, boxes), said in found.items())
    return sorted(marks, key=lambda mark: mark.page)


def _mark(page: int, boxes: tuple[Box, ...], said: list[_Said]) -> Mark:
    note = "\n".join(dict.fromkeys(words for _, words, _ in said))[:_MOST_NOTE]
    in_picture = said[0][0].match == "picture"
    return Mark(page, boxes, note, said[0][2], "frame" if in_picture else "highlight")


def _all(result: Result) -> Iterator[_Said]:
    if result.extraction:
        yield from _values(result.extraction)
    for point in result.summary.key_points:
        yield from _said(point.evidence, point.text, _POINT)


def _values(extraction: ExtractionPart) -> Iterator[_Said]:
    """The values with their pointers, then those that disagree with them."""
    doubted = set(extraction.unverified)
    for pointer, evidence in extraction.evidence.items():
        words = f"{pointer} = {shown(_at(extraction.data, pointer))}"
        yield from _said(evidence, words, _DOUBT if pointer in doubted else _VALUE)
    for conflict in extraction.conflicts:
        for one in conflict.candidates:
            words = f"{conflict.pointer}: {shown(one.value)} (disagrees, rule {conflict.rule})"
            yield from _said(one.evidence, words, _DOUBT)


def _said(evidence: Iterable[Evidence], words: str, colour: _Colour) -> Iterator[_Said]:
    return ((one, f"{words} [{one.match}]", colour) for one in evidence)


def _at(data: object, pointer: str) -> object:
    """What stands at a JSON Pointer (RFC 6901); None where nothing does."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(data, dict):
            data = data.get(name)
        elif isinstance(data, list) and name.isdecimal() and int(name) < len(data):
            data = data[int(name)]
        else:
            return None
    return data
