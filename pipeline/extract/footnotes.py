"""Footnotes of one column, put behind the columns after it, so that no sentence is cut in two by them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.geometry import overlap
from pipeline.extract.lines import Line

_SMALLER = 0.93
_MARK = re.compile(r"[*∗†‡§¶]{1,3}\s?\w|\d{1,3}\s?[^\W\d_]")


def footnotes_last(lines: Sequence[Line], body: float) -> list[Line]:
    """The lines with each run of footnotes at the end, where text of a column after it would follow.

    Footnotes are set in smaller type than the body, begin with a mark, and have nothing of the body's type below.
    """
    notes: list[int] = []
    for at, line in enumerate(lines):
        if not line.level or line.size >= _SMALLER * body:
            continue
        goes_on = bool(notes) and notes[-1] == at - 1 and line.box[1] >= lines[at - 1].box[1]
        begins = bool(_MARK.match(line.text)) and not any(_is_body_below(line, other, body) for other in lines)
        if goes_on or begins:
            notes.append(at)
    if not notes or not any(_is_body(line, body) for line in lines[notes[0] :]):
        return list(lines)
    moved = set(notes)
    return [*(line for at, line in enumerate(lines) if at not in moved), *(lines[at] for at in notes)]


def _is_body(line: Line, body: float) -> bool:
    return line.level and line.size >= _SMALLER * body and sum(map(str.isalpha, line.text)) > 1


def _is_body_below(line: Line, other: Line, body: float) -> bool:
    return _is_body(other, body) and other.box[1] > line.box[1] and overlap(line.box, other.box, 0) > 0.3
