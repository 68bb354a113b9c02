"""What a user should know of a result that is no gap in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """One warning: `code` is for programs, `message` a sentence for people; `page` counts from 1, None for no page."""

    code: str
    message: str
    page: int | None = None
