"""Whether a fact is in what would be sent: as text in its page's marks, or legible in a picture at the size sent."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np

from benchmarks.carriers import blockcode
from benchmarks.carriers.book import PAGE_OF, Fact, Place

Verdict = Literal["text", "picture", "missing", "wrong page", "apart", "leaked", "hidden", "unreported"]
"""How a fact arrived, or how it failed: `apart` is a value away from the name on its line, `leaked` and `unreported`
are for what is hidden."""

ARRIVED: tuple[Verdict, ...] = ("text", "picture", "hidden")

_SCATTERED, _PAGE = "11", "3"
"""Tesseract's numbers for the layouts."""
_SCALES = (0.75, 1.5)
_CHARACTERS = f"{blockcode.LETTERS}{blockcode.DIGITS}-"
_MARKS = re.compile(
    r'<page n="(\d+)"[^>]*>|<source id="([^"]*)"[^>]*>|</(?:page|source)>'
    r'|<running pages="(\d+)-(\d+)">(.*?)</running>|<figure id="[^"]*" sheet="([^"]*)">|<sheet id="([^"]*)">',
    re.DOTALL,
)
_ON = re.compile(r"\b(checked|selected|chosen|on|yes|true|x)\b|☑|☒|✓|✔|✗|\[x\]|■|●", re.IGNORECASE)
_OFF = re.compile(r"\b(unchecked|not checked|not selected|not chosen|off|no|false)\b|☐|\[ \]|□|○", re.IGNORECASE)


@dataclass(slots=True)
class Delivered:
    """What is sent: text by page (0 for what belongs to none), pictures by page as bytes, and what is set aside.

    A page of an attached PDF is named, as in Fact.
    """

    texts: dict[Place, str] = field(default_factory=dict)
    pictures: dict[Place, list[bytes]] = field(default_factory=dict)
    hidden: dict[Place, str] = field(default_factory=dict)

    def add(self, page: Place, text: str) -> None:
        """More text of a page."""
        self.texts[page] = self.texts.get(page, "") + text


def add_request(delivered: Delivered, parts: Iterable[str | bytes]) -> None:
    """Take in one request's parts in order: text with page marks, and pictures as bytes.

    A sheet shows what stands on the pages that name it.
    """
    page: Place = 0
    sheet: str | None = None
    named: dict[str, list[Place]] = {}
    for part in parts:
        if isinstance(part, bytes):
            for place in named.get(sheet, []) if sheet else [page]:
                delivered.pictures.setdefault(place, []).append(part)
            continue
        at = 0
        for mark in _MARKS.finditer(part):
            delivered.add(page, part[at : mark.start()])
            at = mark.end()
            if mark[5] is not None:  # a line at the head or the foot of these pages, stated before the first
                for number in range(int(mark[3]), int(mark[4]) + 1):
                    delivered.add(number, f"{mark[5]}\n")
                continue
            if mark[6] is not None:
                named.setdefault(mark[6], []).append(page)
                delivered.add(page, mark[0])
                continue
            sheet = mark[7]
            source = unescape(mark[2] or "")
            page = int(mark[1]) if mark[1] else source if PAGE_OF in source else 0
            # A page's label and a source's name stand in their marks, so those are content too.
            delivered.add(page, f"{mark[0]}\n")
        delivered.add(page, part[at:])


def plain(text: str) -> str:
    """Text without what a reader does not mind: case, spaces, joined letters, soft hyphens, kinds of hyphen."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub("[\u00ad\u200b-\u200f\u202a-\u202e\u2066-\u2069]", "", text)
    return re.sub(r"\s+", " ", re.sub("[\u2010-\u2015\u2212]", "-", text))


class Legible(Protocol):
    """Reads what stands in a picture: text, at each of the layouts that may fit, and the tokens of its block codes."""

    def printed(self, image: bytes) -> Iterator[str]: ...

    def coded(self, image: bytes) -> Sequence[str]: ...


class Eyes:
    """Tesseract and the reader of block codes; what they read is kept by the picture's hash, in `folder` if given."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: dict[str, list[str]] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def printed(self, image: bytes) -> Iterator[str]:
        """All characters that tokens are made of, read as scattered words, then as a page, then at other sizes.

        A token that a person reads at once can slip Tesseract at one size and not at the next.
        """
        for layout in (_SCATTERED, _PAGE):
            yield from self._once(f"layout-{layout}", image, partial(_printed, layout))
        for scale in _SCALES:
            yield from self._once(f"scaled-{scale}", image, partial(_printed, _SCATTERED, scale=scale))

    def coded(self, image: bytes) -> Sequence[str]:
        """The tokens of the block codes."""
        return self._once("coded", image, lambda data: sorted(blockcode.read(data)))

    def _once(self, kind: str, image: bytes, read: Callable[[bytes], list[str]]) -> list[str]:
        name = f"{hashlib.sha256(image).hexdigest()}-{kind}.json"
        path = self._folder / name if self._folder else None
        if name not in self._kept:
            if path is not None and path.exists():
                self._kept[name] = json.loads(path.read_text(encoding="utf-8"))
            else:
                self._kept[name] = read(image)
                if path is not None:
                    path.write_text(json.dumps(self._kept[name]), encoding="utf-8")
        return self._kept[name]


def _printed(layout: str, image: bytes, *, scale: float = 1) -> list[str]:
    """The tokens' characters, the picture made ready for Tesseract by what adds nothing to it.

    It wants letters of some 30 pixels, so small pictures are enlarged; and an even ground, so each pixel is divided by
    the brightest near it.
    """
    grey = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("the picture cannot be decoded")
    scale *= 2 if max(grey.shape) < 1000 else 1
    if scale != 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    ground = cv2.GaussianBlur(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((31, 31), np.uint8)), (31, 31), 0)
    done, coded = cv2.imencode(".png", cv2.divide(grey, ground, scale=255))
    if not done:
        raise ValueError("the picture cannot be coded")
    command = ["tesseract", "stdin", "stdout", "-c", f"tessedit_char_whitelist={_CHARACTERS}", "--psm", layout]
    quiet = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    read = subprocess.run(command, input=coded.tobytes(), capture_output=True, check=True, env=quiet, timeout=300)
    return [read.stdout.decode("utf-8", "replace")]


def judge(fact: Fact, delivered: Delivered, eyes: Legible | None) -> Verdict:
    """Where a fact is. Without `eyes` pictures are not looked into."""
    if fact.form == "hidden":
        return _hidden(fact, delivered)
    pages = fact.pages or tuple(dict.fromkeys((*delivered.texts, *delivered.pictures)))
    if fact.form == "text":
        texts = [delivered.texts.get(page, "") for page in pages]
        if any(_holds(text, fact) for text in texts):
            return "text"
        if any(plain(fact.text) in plain(text) for text in texts):
            return "apart"
    if eyes is not None and _seen(fact, (one for page in pages for one in delivered.pictures.get(page, ())), eyes):
        return "picture"
    elsewhere = {page: text for page, text in delivered.texts.items() if page not in pages}
    if fact.form == "text" and any(plain(fact.text) in plain(text) for text in elsewhere.values()):
        return "wrong page"
    return "missing"


def _hidden(fact: Fact, delivered: Delivered) -> Verdict:
    if any(plain(fact.text) in plain(text) for text in delivered.texts.values()):
        return "leaked"
    reported = any(plain(fact.text) in plain(delivered.hidden.get(page, "")) for page in fact.pages)
    return "hidden" if reported else "unreported"


def _holds(text: str, fact: Fact) -> bool:
    """Whether a text holds the fact, on one line with what it belongs to where that matters."""
    if fact.beside is None:
        return plain(fact.text) in plain(text)
    lines = [line for line in text.splitlines() if plain(fact.text) in plain(line)]
    if fact.beside in ("CHECKED", "UNCHECKED"):
        told = [("UNCHECKED" if _OFF.search(line) else "CHECKED" if _ON.search(line) else "") for line in lines]
        return fact.beside in told
    return any(plain(fact.beside) in plain(line) for line in lines)


def _seen(fact: Fact, images: Iterable[bytes], eyes: Legible) -> bool:
    if fact.form == "code":
        return any(fact.text in eyes.coded(image) for image in images)
    wanted = re.search(rf"[{blockcode.LETTERS}]{{2}}-[{blockcode.DIGITS}]{{5}}", fact.text)
    if wanted is None:
        return False
    alike = _alike(wanted[0].replace("-", ""))
    return any(alike.search(re.sub(r"[\s-]", "", text)) for image in images for text in eyes.printed(image))


def _alike(token: str) -> re.Pattern[str]:
    """The token with at most one character misread, left out or put in: Tesseract's slips are not the reader's.

    No other token is taken for it: two are that near once in some 25,000 pairs.
    """
    slips = (f"{token[:at]}.?{token[at + 1 :]}|{token[:at]}.{token[at:]}" for at in range(len(token)))
    return re.compile("|".join(slips))
