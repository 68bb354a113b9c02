"""How a run tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["read", "fit", "batch", "ask"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage is: pages read, pictures fitted, requests answered in batches or each by itself, of `total`.

    Tokens and dollars are those so far.
    """

    stage: Stage
    done: int
    total: int
    tokens: int = 0
    cost_usd: float = 0.0


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Report nothing."""
