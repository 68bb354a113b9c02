"""Prose from patterns: alternatives in [a|b|c] and places {name} that are filled anew each time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

Filling = str | Sequence[str] | Callable[[], str]

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_PLACE = re.compile(r"\{(\w+)\}")


class Prose:
    """Writes sentences. A place is not filled twice running with the same; {site} and {site2} count as one place."""

    def __init__(self, rng: random.Random, fillings: Mapping[str, Filling]) -> None:
        self._rng = rng
        self._fillings = dict(fillings)
        self._last: dict[str, str] = {}

    def also(self, fillings: Mapping[str, Filling]) -> None:
        """Fill these places so from now on."""
        self._fillings.update(fillings)

    def say(self, pattern: str) -> str:
        """One sentence from its pattern: `[a|b] {name}` is a or b, then what `name` stands for."""
        text = pattern
        while _CHOICE.search(text):
            text = _CHOICE.sub(lambda found: self._rng.choice(found[1].split("|")), text)
        while _PLACE.search(text):
            text = _PLACE.sub(lambda found: self._fill(found[1]), text)
        return text[:1].upper() + text[1:]

    def section(self, patterns: Sequence[str], *, keep: float = 0.92, sizes: tuple[int, int] = (4, 7)) -> list[str]:
        """Paragraphs of the patterns in their order, each used once; a share of `keep` of them is used at all."""
        chosen = [pattern for pattern in patterns if self._rng.random() < keep]
        made = []
        while chosen:
            size = self._rng.randint(*sizes)
            size = len(chosen) if len(chosen) - size < 2 else size
            made.append(" ".join(self.say(pattern) for pattern in chosen[:size]))
            chosen = chosen[size:]
        return made

    def one(self, patterns: Sequence[str]) -> str:
        """One sentence of the patterns."""
        return self.say(self._rng.choice(patterns))

    def _fill(self, name: str) -> str:
        filling = self._fillings[name]
        if isinstance(filling, str):
            return filling
        if callable(filling):
            return filling()
        base = name.rstrip("0123456789")
        chosen = self._rng.choice([option for option in filling if option != self._last.get(base)] or list(filling))
        self._last[base] = chosen
        return chosen
