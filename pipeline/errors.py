"""Every error that Quire raises on purpose, in one tree, each with the exit code that the command line gives it.

    QuireError                     1   an error of the program or its surroundings
    ├── UsageError                 2   a wrong setting, flag or combination
    │   └── SchemaError            2   the user's JSON Schema cannot be used
    ├── UnreadableDocument         2   not a PDF, broken, empty, or no such file
    │   └── PasswordNeeded         2   encrypted, and no password (or a wrong one) was given
    ├── StorageError               1   the disk or the store refused: full, read-only, missing
    ├── PictureError               1   a stored picture cannot be decoded (a ValueError too)
    ├── OverBudget                 4   the request was not sent: it would pass the budget
    └── EndpointError              3   one request failed at the endpoint (status, retryable, wait)
        ├── EndpointUnreachable    5   nothing answers there
        ├── KeyRefused             5   the endpoint refuses the key, or it has no credit left
        ├── PromptTooLong          3   the prompt passes the endpoint's window (window)
        │   └── PromptCut          3   the endpoint cut the prompt and answered what was left
        ├── TooManyPictures        3   the request holds more pictures than the endpoint takes (limit)
        ├── BodyTooLarge           3   the request has more bytes than the endpoint takes (limit)
        ├── AnswerTooLong          3   more tokens were asked for than the endpoint gives (limit)
        ├── ModeRefused            3   the endpoint does not give structured answers in this way
        └── AnswerError            3   a success came, but with no answer in it (raw)
            ├── AnswerInvalid      3   the answer does not parse or does not fit the schema
            └── AnswerCut          3   the answer ran into the output cap

Each message is one sentence that says what happened, why, and what to do. None ever holds a key or a password.
"""

from __future__ import annotations


class QuireError(Exception):
    """Root of the tree."""

    exit_code = 1


class UsageError(QuireError):
    """A setting, a flag or a combination of them that makes no sense."""

    exit_code = 2


class SchemaError(UsageError):
    """The user's JSON Schema cannot be read or used."""


class UnreadableDocument(QuireError):
    """The file is missing, empty, no PDF, or too broken to open."""

    exit_code = 2


class PasswordNeeded(UnreadableDocument):
    """The document is encrypted and the password is missing or wrong."""


class StorageError(QuireError):
    """A file or a store could not be read or written."""


class PictureError(QuireError, ValueError):
    """A stored picture cannot be decoded, or declares more pixels than are decoded."""


class OverBudget(QuireError):
    """The request was not sent because it would have passed the budget."""

    exit_code = 4


class EndpointError(QuireError):
    """One request failed at the endpoint.

    `status` is the HTTP status, None where there was none; `retryable` says that the same request may do better later;
    `wait` is how many seconds the endpoint asks to wait, None where it does not say.
    """

    exit_code = 3
    wait: float | None = None

    def __init__(self, message: str, *, status: int | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.retryable = retryable


class EndpointUnreachable(EndpointError):
    """Nothing answers at the endpoint's address."""

    exit_code = 5


class KeyRefused(EndpointError):
    """The endpoint refuses the key, wants one, or has no credit left for it: no request will do better."""

    exit_code = 5


class PromptTooLong(EndpointError):
    """The prompt passes the endpoint's window; `window` is that in tokens, None where it is not told.

    `beside` are the tokens that the way of asking takes beside the request's own.
    """

    beside = 0

    def __init__(self, message: str, *, status: int | None = None, window: int | None = None) -> None:
        super().__init__(message, status=status)
        self.window = window


class PromptCut(PromptTooLong):
    """The endpoint counted fewer tokens than it was sent: it answered only a part of the prompt."""


class TooManyPictures(EndpointError):
    """The request holds more pictures than the endpoint takes; `limit` is how many it does, None where not told."""

    def __init__(self, message: str, *, status: int | None = None, limit: int | None = None) -> None:
        super().__init__(message, status=status)
        self.limit = limit


class BodyTooLarge(EndpointError):
    """The request has more bytes than the endpoint takes; `limit` is how many it does, None where it is not told."""

    def __init__(self, message: str, *, status: int | None = None, limit: int | None = None) -> None:
        super().__init__(message, status=status)
        self.limit = limit


class AnswerTooLong(EndpointError):
    """More tokens were asked for than the endpoint gives; `limit` is how many it does, None where it is not told."""

    def __init__(self, message: str, *, status: int | None = None, limit: int | None = None) -> None:
        super().__init__(message, status=status)
        self.limit = limit


class ModeRefused(EndpointError):
    """The endpoint does not take this way of asking for structured answers."""


class AnswerError(EndpointError):
    """A success came back, but with no answer that can be used. `raw` is what came."""

    def __init__(self, message: str, *, raw: str = "") -> None:
        super().__init__(message, retryable=True)
        self.raw = raw


class AnswerInvalid(AnswerError):
    """The answer does not parse, or does not fit the schema that was asked for."""


class AnswerCut(AnswerError):
    """The answer ran into the output cap before it was whole: the same request would do no better."""

    def __init__(self, message: str, *, raw: str = "") -> None:
        super().__init__(message, raw=raw)
        self.retryable = False
