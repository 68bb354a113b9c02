"""What goes to the model, as value-equal parts, apart from its wire form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RequestKind = Literal["read", "merge", "repair", "adjudicate"]


@dataclass(frozen=True, slots=True)
class TextPart:
    """A run of text; adjacent runs are joined before they are counted or sent."""

    text: str


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A picture, named by the hash of its bytes in the work store and read late.

    `width` and `height` are the pixels that will be sent (multiples of the profile's patch), not those stored.
    """

    id: str
    sha256: str
    width: int
    height: int


Part = TextPart | PicturePart


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
    `tokens` is the counted prompt, system message included; `reserve` the tokens kept free for the answer.
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
