"""What `quire doctor` found of one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `state`: "ok", "note" (works, with less) or "fails"."""

    name: str
    state: str
    detail: str
