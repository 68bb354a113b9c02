"""One request to the model, and what it covers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pipeline.pack.parts import Part, PicturePart
from pipeline.pack.units import Unit

RequestKind = Literal["read", "merge", "repair", "adjudicate"]


@dataclass(frozen=True, slots=True)
class Running:
    """A line printed at the head or foot of `pages`, stated once for all of them as it stands on the first.

    The numbers of the others stand in their page marks. A bare page number is not stated: its mark says it too.
    """

    text: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the user message's parts in reading order and what they cover.

    `pages` are the page numbers (from 1) it holds at least a part of, `pictures` the ids of the pictures it holds,
    `sources` those of the texts that belong to no page, `running` the lines that were taken out of its pages;
    `tokens` is the counted prompt, system message included; `reserve` the tokens kept free for the answer; `units` what
    it can be divided into; `fields` the fields of the user's schema that it asks for, as JSON Pointers, None for all of
    them; `overall` whether it asks for a summary, key points and figures too; `seals` the words that open and close it,
    where those are to come back.
    """

    id: str
    kind: RequestKind
    system: str
    parts: tuple[Part, ...]
    pages: tuple[int, ...]
    pictures: tuple[str, ...]
    tokens: int
    reserve: int
    sources: tuple[str, ...] = ()
    running: tuple[Running, ...] = ()
    units: tuple[Unit, ...] = field(default=(), compare=False, repr=False)
    fields: tuple[str, ...] | None = None
    overall: bool = True
    seals: tuple[str, ...] = ()

    @property
    def images(self) -> int:
        """How many pictures are sent; of those on a sheet, only that."""
        return sum(isinstance(part, PicturePart) for part in self.parts)
