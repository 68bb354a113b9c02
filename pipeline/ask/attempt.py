"""The attempts at one request: the way it is asked, what was said since, and how much patience is left."""

from __future__ import annotations

import random
from typing import Any

from pipeline.ask.answer import Usage
from pipeline.ask.ledger import Account
from pipeline.ask.limits import Limits, check_limits
from pipeline.ask.modes import overhead
from pipeline.ask.patience import Patience
from pipeline.ask.prompts import Prompt, unbounded
from pipeline.ask.target import Target
from pipeline.ask.wire import Fetch, Turn, check_size, shorten, to_chat
from pipeline.errors import AnswerInvalid
from pipeline.pack.request import Request
from pipeline.pack.tokens import counter_for
from pipeline.profiles import Mode

_REPAIRS = 2
"""How often an invalid answer is asked for again."""
_AGAIN = "Your answer is not valid. {why} Give the whole answer again, corrected, as one JSON object."
_TURN_TOKENS = 8
"""What the marks of two further messages take, at the most."""


class Attempt:
    """One request on its way. `usage` is what its attempts have taken so far; `turns` the messages after the first;
    `account` the document's that pays for them; `bounded` whether the schema that was sent last bounds strings
    and lists."""

    def __init__(
        self,
        request: Request,
        prompt: Prompt,
        target: Target,
        mode: Mode,
        chance: random.Random,
        account: Account | None = None,
    ) -> None:
        self.request = request
        self.account = account
        self.prompt = prompt
        self.mode: Mode = mode
        self.bounded = True
        self.turns: tuple[Turn, ...] = ()
        self.usage = Usage(attempts=0)
        self.patience = Patience(chance, seconds=target.wait_seconds)
        self._target = target
        self._repairs = 0

    @property
    def beside(self) -> int:
        """The tokens of the prompt beside the request's own: of further messages, and of the schema in it."""
        further = "".join(turn["content"] for turn in self.turns) + overhead(self.mode, self.prompt)
        return counter_for(self._target.model).text(further) + _TURN_TOKENS if further else 0

    @property
    def tokens(self) -> int:
        """The tokens of the whole prompt."""
        return self.request.tokens + self.beside

    def check(self, limits: Limits) -> None:
        """Raise what an endpoint of these limits would say to it: nothing is sent to hear it again."""
        check_limits(self.request, self.tokens, limits)

    def body(self, fetch: Fetch, limits: Limits) -> dict[str, Any]:
        """What is sent. Raises BodyTooLarge where an endpoint of these limits takes no body of so many bytes."""
        self.bounded = not limits.unbounded
        prompt = self.prompt if self.bounded else unbounded(self.prompt)
        body = to_chat(self.request, prompt, fetch, self._target.parameters, self.mode, self.turns)
        body |= self._target.profile.extra_body
        check_size(body, limits)
        return body

    def repaired(self, error: AnswerInvalid) -> bool:
        """Whether the request is to be asked again after an invalid answer: with it and what is wrong with it, where
        the window holds them, else as it was.
        """
        if self._repairs >= _REPAIRS:
            return False
        self._repairs += 1
        self.turns = (
            {"role": "assistant", "content": error.raw},
            {"role": "user", "content": _AGAIN.format(why=shorten(error, 400))},
        )
        if self.tokens + self.request.reserve > (self._target.window or self._target.model.window):
            self.turns = ()
        return True
