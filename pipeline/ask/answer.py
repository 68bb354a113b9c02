"""What comes back of a request: an answer, whole and valid, or a failure with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import QuireError


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request took: tokens as the server counted them, seconds, dollars, attempts.

    Seconds, dollars and attempts are those of all its attempts, tokens those of the last that gave any. `unsure_usd` is
    the most that attempts may have cost of which nothing came back.
    """

    prompt: int | None = None
    completion: int | None = None
    seconds: float = 0.0
    cost_usd: float = 0.0
    unsure_usd: float = 0.0
    attempts: int = 1
    from_store: bool = False


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """One statement of the document, with the page (from 1) and the words it stands on."""

    text: str
    page: int
    quote: str


@dataclass(frozen=True, slots=True)
class FigureNote:
    """What the model says of one picture that it was sent."""

    id: str
    description: str
    kind: str = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value that the model read off a chart: of which series, at which place on the x axis, all as they stand."""

    figure: str
    series: str
    x: str
    y: str
    unit: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The checked JSON object that an endpoint answered with, not yet read as anything.

    `doubt` is why it is not certain that the endpoint read the whole request, "" where it is.
    """

    found: dict[str, Any]
    fingerprint: str
    usage: Usage
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a read request. `data` is the wire's tree: leaves are null or {"quote", "page", "value"}.

    `doubt` is why it is not certain that the endpoint read the whole request, "" where it is.
    """

    request: str
    fingerprint: str
    summary: str
    key_points: tuple[KeyPoint, ...] = ()
    figures: tuple[FigureNote, ...] = ()
    readings: tuple[Reading, ...] = ()
    data: dict[str, Any] | None = None
    usage: Usage = field(default_factory=Usage)
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that got no valid answer. `reason` is one sentence; its pages and pictures are gaps.

    `exit_code` is that of the error that it stands for; `cause` the error itself, where this process met it.
    """

    request: str
    fingerprint: str
    reason: str
    usage: Usage = field(default_factory=Usage)
    exit_code: int = 3
    cause: QuireError | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Divided:
    """A request that was not taken whole: so many `pieces`, called after it, carry what it held. `reason` says why."""

    request: str
    fingerprint: str
    reason: str
    pieces: int
    usage: Usage = field(default_factory=Usage)


Outcome = Answer | Failure
