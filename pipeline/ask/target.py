"""Where requests go, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.ask.limits import Limits
from pipeline.profiles import EndpointProfile, Mode, ModelProfile
from pipeline.settings import Secret


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go and how: the endpoint, the model and its id there, the key, what comes with each request.

    `window` is how many tokens prompt and answer may have, None for the model's own; `timeout_seconds` how long one
    attempt may take, `wait_seconds` how long a request may wait between its attempts. Requests and tokens per minute
    are limits of the user's account; None where there are none.
    """

    profile: EndpointProfile
    model: ModelProfile
    model_id: str
    key: Secret | None = None
    concurrency: int = 4
    timeout_seconds: float = 600.0
    wait_seconds: float = 900.0
    revision: str = ""
    window: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    @property
    def limits(self) -> Limits:
        """What is known of what the endpoint takes, before anything is learned."""
        return Limits(window=self.window, pictures=self.profile.pictures, size=self.profile.size)

    def mode(self, learned: Limits) -> Mode:
        """The way in which structured answers are asked for: what was learned to be taken, else the best offered."""
        return learned.mode or self.profile.modes[0]

    @property
    def parameters(self) -> dict[str, Any]:
        """What shapes an answer beside the words."""
        return {"model": self.model_id, "temperature": self.model.temperature}
