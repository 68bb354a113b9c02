"""Whether a prompt arrived whole: by the server's own count where ours is exact, else by the seals that come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.ask.modes import instruction
from pipeline.ask.prompts import SEALS, Prompt
from pipeline.errors import PromptCut
from pipeline.pack.parts import PicturePart, TextPart
from pipeline.pack.request import Request
from pipeline.pack.tokens import counter_for
from pipeline.profiles import ModelProfile

PLAUSIBLE = 0.6
"""A server's count from this share of ours on may be of the whole prompt, where the vocabulary is another."""
SMALL = 2048
"""A prompt of so many tokens is cut by no server: a model that gives no seals back there can give none."""
FEW = Prompt("few", "Answer with one word.", {"type": "string"})
MOST_FEWER = 64
"""A server's own template may take so many tokens less than the one that we count, in every request."""


def check(request: Request, model: ModelProfile, read: int | None, found: Mapping[str, Any], fewer: int = 0) -> None:
    """Raise PromptCut where the prompt did not arrive whole.

    `read` is how many tokens the server counted, None where it did not say, `found` the answer. `fewer` is by how many
    the server is known to count less in every request.
    """
    if model.exact:
        if read is not None and read + fewer < request.tokens:
            raise PromptCut(
                f"The server counted {read:,} of the {request.tokens:,} tokens that it was sent: it read only a part.",
                window=read,
            )
    elif not _returned(request, found) and request.tokens > SMALL and not _plausible(request, model, read):
        counted = "it did not say how many tokens it read" if read is None else f"it counted only {read:,} tokens"
        raise PromptCut(
            f"The words that open and close the prompt did not come back, and {counted}: it read only a part.",
            window=read if _short_of_text(request, model, read) else None,
        )


def doubt(request: Request, model: ModelProfile, read: int | None, found: Mapping[str, Any]) -> str:
    """Why it is not certain that the prompt arrived whole, "" where it is or where there is no way to tell."""
    if model.whole:
        return ""
    if model.exact:
        return "the server did not say how many tokens it read" if read is None else ""
    if _returned(request, found):
        return ""
    return "the model did not give back the words that open and close the prompt"


def few_words(model: ModelProfile) -> Request:
    """A request of a few words: how a server counts shows in it as in any other."""
    parts = (TextPart("Is water wet?"),)
    counted = counter_for(model).request(FEW.system + instruction("text", FEW), parts)
    return Request("few", "repair", FEW.system, parts, (), (), counted, reserve=16)


def _returned(request: Request, found: Mapping[str, Any]) -> bool:
    said = found.get(SEALS)
    words = [str(word).strip().casefold() for word in said] if isinstance(said, Sequence) else []
    return all(seal.casefold() in words for seal in request.seals)


def _plausible(request: Request, model: ModelProfile, read: int | None) -> bool:
    return read is not None and read >= PLAUSIBLE * _plain(request, model)


def _plain(request: Request, model: ModelProfile) -> float:
    """Our count of a prompt without the model's margin."""
    return request.tokens / (1 + model.margin)


def _short_of_text(request: Request, model: ModelProfile, read: int | None) -> bool:
    """Whether the count falls short of the text alone: pictures take fewer tokens with some models than with ours."""
    counter = counter_for(model)
    pictures = sum(counter.picture(one.width, one.height) for one in request.parts if isinstance(one, PicturePart))
    return read is not None and read < PLAUSIBLE * (_plain(request, model) - pictures)
