"""Form fields with their values, as lines where they stand on the page.

    Customer name  [ ACME GmbH ]      ->  ACME GmbH             the page says what it is
                   [ ACME GmbH ]      ->  Customer: ACME GmbH   it does not: the field's own name is put before it
    Newsletter     [x]                ->  [checked]
    ( ) Red  (o) Green                ->  [not chosen] ... [chosen]

MuPDF gives the words of a value where the file has an appearance for it; where it has none, or one that is out of
date, the value itself is put there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.document import BBox, Hidden, Word
from pipeline.extract.annotations import Annotation, as_text, spread, states, strings
from pipeline.extract.geometry import around
from pipeline.extract.hidden import UNSEEN
from pipeline.extract.lines import Line

_PUSH, _RADIO, _PASSWORD, _COMBO = 1 << 16, 1 << 15, 1 << 13, 1 << 17
_SMALLEST_TYPE, _LARGEST_TYPE, _OF_HEIGHT = 6.0, 12.0, 0.75
_LEADING = 1.2
_GLYPHS = 2
_INDEX = re.compile(r"(\[\d+\])+$")
_WORDLIKE = re.compile(r"[^\W\d_]{3,}([ _-][^\W\d_]{2,})*")
_YES = re.compile(r"yes|on|true|ja|oui|si|x|\d*", re.IGNORECASE)
_PAIR = re.compile(r"\[[^\[\]]*\]")
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class _Field:
    """A filled field: what it is called, what it holds, and whether the page shows choices beside the one taken."""

    name: str
    value: str
    box: BBox
    choices: bool = False


def with_fields(lines: Sequence[Line], found: Sequence[Annotation]) -> tuple[list[Line], list[Line], list[Hidden]]:
    """The lines that are no field's, the lines of the fields, and the fields that are not displayed."""
    rest, made, hidden = list(lines), list[Line](), list[Hidden]()
    widgets = [one for one in found if one.kind == "Widget"]
    if not widgets:
        return rest, made, hidden
    shown = [_inside(lines, widget.box) for widget in widgets]
    taken = {id(line) for inside in shown for line in inside}
    printed = _letters(" ".join(line.text for line in lines if id(line) not in taken))
    group = -1
    for widget, inside in zip(widgets, shown, strict=True):
        field = _field(widget, printed)
        if field is None:
            continue
        if widget.is_hidden:
            hidden.append(Hidden(f"{field.name}: {field.value}" if field.name else field.value, UNSEEN))
            continue
        keep = {id(line) for line in inside}
        rest = [line for line in rest if id(line) not in keep]
        made += _lines(field, inside, group)
        group -= 1
    return rest, made, hidden


def put_in(lines: Sequence[Line], fields: Sequence[Line]) -> list[Line]:
    """The lines with those of form fields each where it is read: after the nearest that stands level with it on its
    left, before one close on its right (the label of a check box), or after the last above it.
    """
    put = list(lines)
    for one in fields:
        put.insert(_place_of(one, put), one)
    return put


def _place_of(field: Line, lines: Sequence[Line]) -> int:
    left, top, right, bottom = field.box
    middle, high = (top + bottom) / 2, bottom - top
    level = [at for at, line in enumerate(lines) if line.box[1] <= middle < line.box[3]]
    before = [at for at in level if lines[at].box[0] <= left]
    nearest = max(before, key=lambda at: (min(lines[at].box[2], left), at), default=None)
    close = [at for at in level if left < lines[at].box[0] <= right + high and right - left <= 2 * high]
    if close and (nearest is None or lines[nearest].box[2] + high < left):
        return min(close, key=lambda at: (lines[at].box[0], at))
    if nearest is not None:
        return nearest + 1
    above = [at for at, line in enumerate(lines) if line.box[3] <= middle]
    lowest = max((lines[at].box[3] for at in above), default=0.0)
    return max((at for at in above if lines[at].box[3] > lowest - high / 2), default=-1) + 1


def buttons(found: Sequence[Annotation]) -> list[BBox]:
    """The boxes of the check boxes and radio buttons: what is drawn there is told in words."""
    widgets = (one for one in found if one.kind == "Widget")
    return [one.box for one in widgets if as_text(one.document, one.holder("FT"), "FT") == "Btn"]


def _field(widget: Annotation, printed: str) -> _Field | None:
    """What a field holds; None for one that holds nothing, or that is only to be pressed."""
    document = widget.document
    kind = as_text(document, widget.holder("FT"), "FT")
    flags_of = widget.holder("Ff")
    flags = document.xref_get_key(flags_of, "Ff")[1] if flags_of else "0"
    bits = int(flags) if flags.isdecimal() else 0
    described, name = (
        as_text(document, widget.holder("TU"), "TU"),
        _INDEX.sub("", as_text(document, widget.holder("T"), "T")),
    )
    if kind == "Btn":
        return None if bits & _PUSH else _button(widget, described, name, printed, radio=bool(bits & _RADIO))
    named = " ".join((described or name).split())
    label = "" if not named or _letters(named) in printed else named
    if kind == "Sig":
        signed = _signature(widget)
        return _Field(named, signed, widget.box) if signed else None
    value = as_text(document, widget.holder("V"), "V")
    if not value:
        return None
    if kind == "Tx" and bits & _PASSWORD:
        return _Field(named, "(a password, not shown)", widget.box)
    if kind == "Ch":
        value = _as_listed(widget, value)
    return _Field(label, value, widget.box, kind == "Ch" and not bits & _COMBO)


def _as_listed(widget: Annotation, value: str) -> str:
    """What is chosen, as the list shows it: beside an item may stand a code, which is kept (ISO 32000-1, table 231)."""
    listed = widget.document.xref_get_key(widget.holder("Opt"), "Opt")[1] if widget.holder("Opt") else ""
    pairs = (strings(pair) for pair in _PAIR.findall(listed[1:]))
    shown = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    return "\n".join(shown.get(one, one) for one in value.splitlines())


def _button(widget: Annotation, described: str, name: str, printed: str, *, radio: bool) -> _Field:
    on = widget.name("AS") not in ("", "Off")
    state = widget.name("AS") if on else next(iter(states(widget.document, widget.xref)), "")
    choice = "" if _YES.fullmatch(state) else state
    named = described or (name if on or _WORDLIKE.fullmatch(name) else "")
    parts = [part for part in (named, choice) if part and _letters(part) not in printed]
    said = ("chosen" if on else "not chosen") if radio else ("checked" if on else "not checked")
    return _Field("", " ".join((f"[{said}]", ": ".join(parts))).strip(), widget.box)


def _signature(widget: Annotation) -> str:
    """Who signed, when, where and why; "" where nobody did."""
    kind, value = widget.document.xref_get_key(widget.holder("V") or widget.xref, "V")
    if kind != "xref":
        return ""
    xref = int(value.split()[0])
    name, place, reason, date = (as_text(widget.document, xref, key) for key in ("Name", "Location", "Reason", "M"))
    when = re.match(r"D:(\d{4})(\d\d)(\d\d)", date)
    dated = f"on {'-'.join(when.groups())}" if when else ""
    said = [f"signed by {name}" if name else "signed", dated, f"in {place}" if place else "", reason]
    return " ".join(part for part in said if part)


def _lines(field: _Field, inside: Sequence[Line], group: int) -> list[Line]:
    """A field's lines: those that the page shows of it, as long as they hold its value, else the value itself."""
    shown = _letters(" ".join(line.text for line in inside))
    label = f"{field.name}: " if field.name else ""
    if shown and not field.choices and _letters(field.value) in shown:
        if _is_combed(inside):
            return _called(label, _set(field.value, around([line.box for line in inside]), group))
        return _called(label, [_as_field(line) for line in inside])
    said = field.value if not field.choices else f"{', '.join(field.value.splitlines())}"
    others = [line.text for line in inside] if field.choices else []
    said += f" (chosen of: {', '.join(others)})" if others else ""
    stale = [] if field.choices or len(shown) <= _GLYPHS or field.value.startswith("[") else [*map(_as_field, inside)]
    return [*_called(label, _set(said, field.box, group)), *stale]


def _called(label: str, lines: Sequence[Line]) -> list[Line]:
    """The lines with what the field is called before the first: its words have no width, as they are not printed."""
    if not label or not lines:
        return list(lines)
    left, top, _, bottom = lines[0].box
    named = spread(label, (left, top, left, bottom), "field")
    return [replace(lines[0], words=(*named, *lines[0].words)), *lines[1:]]


def _set(text: str, box: BBox, group: int) -> list[Line]:
    """Text set into a box, its lines one below the other."""
    rows = [row for row in text.splitlines() if row.strip()]
    height = (box[3] - box[1]) / max(len(rows), 1)
    size = min(max(_OF_HEIGHT * height, _SMALLEST_TYPE), _LARGEST_TYPE)
    made = []
    for at, row in enumerate(rows):
        top = box[1] + at * height
        place = (box[0], round(top, 2), box[2], round(top + min(height, _LEADING * size) if at else top + height, 2))
        made.append(Line(spread(row, place, "field"), place, round(size, 1), False, group))
    return made


def _as_field(line: Line) -> Line:
    return replace(line, words=tuple(Word(word.text, word.box, "field") for word in line.words))


def _inside(lines: Sequence[Line], box: BBox) -> list[Line]:
    """The lines whose middle is in a box, and that do not reach far out of it."""
    wide = (box[0] - 3, box[1] - 3, box[2] + 3, box[3] + 3)
    return [
        line
        for line in lines
        if wide[0] <= line.box[0] <= line.box[2] <= wide[2] + 3
        and wide[1] <= (line.box[1] + line.box[3]) / 2 <= wide[3]
        and line.box[3] - line.box[1] <= 2 * (box[3] - box[1])
    ]


def _is_combed(inside: Sequence[Line]) -> bool:
    """Whether each sign of a value stands in a box of its own: it is one word all the same."""
    words = [word.text for line in inside for word in line.words]
    return len(words) > 1 and all(len(word) == 1 for word in words)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()
