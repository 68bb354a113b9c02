"""What an endpoint says of a model when it is asked for its list of models (GET /models).

The list itself is common to all OpenAI-compatible servers; what stands in its rows is each server's own: vLLM gives
`max_model_len`, OpenRouter `context_length`, `top_provider`, `pricing` and `architecture`, Mistral
`max_context_length` and `capabilities`, llama.cpp `meta`, OpenAI and Ollama nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.ask.limits import Limits


@dataclass(frozen=True, slots=True)
class Listing:
    """Tokens of a model's window and of its answers, US dollars per million tokens, and whether it takes pictures.

    None for what the endpoint does not say.
    """

    id: str
    window: int | None = None
    output: int | None = None
    price_in: float | None = None
    price_out: float | None = None
    pictures: bool | None = None

    @property
    def limits(self) -> Limits:
        """What of it is a limit on requests."""
        return Limits(window=self.window, output=self.output, pictures=0 if self.pictures is False else None)

    def __str__(self) -> str:
        return ", ".join(self._said()) or "nothing but its name"

    def _said(self) -> Iterator[str]:
        if self.window is not None:
            yield f"a window of {self.window:,} tokens"
        if self.output is not None:
            yield f"answers of {self.output:,} tokens at the most"
        if self.price_in is not None and self.price_out is not None:
            yield f"${self.price_in:.3f} in and ${self.price_out:.3f} out per million tokens"
        if self.pictures is not None:
            yield "pictures" if self.pictures else "no pictures"


def listed(response: Mapping[str, Any], model_id: str) -> Listing | None:
    """What the response says of the model; None where it is not in the list. The only model of a list is meant whatever
    it is called: a server that has one asks for no name."""
    rows = response.get("data")
    rows = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    found = next((row for row in rows if row.get("id") == model_id), rows[0] if len(rows) == 1 else None)
    return _listing(found) if found is not None else None


def _listing(row: Mapping[str, Any]) -> Listing:
    host, meta, price = _part(row, "top_provider"), _part(row, "meta"), _part(row, "pricing")
    windows = (row.get("max_model_len"), row.get("context_length"), row.get("max_context_length"))
    inner = (host.get("context_length"), meta.get("n_ctx"), meta.get("n_ctx_train"))
    return Listing(
        id=str(row.get("id", "")),
        window=min(filter(None, map(_count, (*windows, *inner))), default=None),
        output=_count(host.get("max_completion_tokens")),
        price_in=_per_million(price.get("prompt")),
        price_out=_per_million(price.get("completion")),
        pictures=_pictures(row),
    )


def _pictures(row: Mapping[str, Any]) -> bool | None:
    taken = _part(row, "architecture").get("input_modalities")
    if isinstance(taken, list):
        return "image" in taken
    vision = _part(row, "capabilities").get("vision")
    return vision if isinstance(vision, bool) else None


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = row.get(name)
    return part if isinstance(part, Mapping) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 40 else None


def _per_million(value: Any) -> float | None:
    """US dollars per million tokens, from a price of one token that may be text."""
    try:
        price = float(value) * 1_000_000
    except (TypeError, ValueError):
        return None
    return price if math.isfinite(price) and price >= 0 else None
