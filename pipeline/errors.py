"""Every error that Quire raises on purpose, in one tree, each with the exit code that the command line gives it.

    QuireError                     1   an error of the program or its surroundings
    ├── UsageError                 2   a wrong setting, flag or combination
    │   └── SchemaError            2   the user's JSON Schema cannot be used
    ├── UnreadableDocument         2   not a PDF, broken, empty, or no such file
    │   └── PasswordNeeded         2   encrypted, and no password (or a wrong one) was given
    ├── StorageError               1   the disk or the store refused: full, read-only, missing
    ├── PictureError               1   a stored picture cannot be decoded (a ValueError too)
    ├── OverBudget                 4   the request was not sent: it would pass the budget
    └── EndpointError              3   one request failed at the endpoint (status, retryable)
        ├── EndpointUnreachable    5   nothing answers there
        ├── KeyRefused             5   the endpoint refuses the key
        └── AnswerError            3   an answer came, but cut, unparsable or invalid (raw)

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
    """One request failed at the endpoint. `status` is the HTTP status, None where there was none."""

    exit_code = 3
    attempts = 1

    def __init__(self, message: str, *, status: int | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.retryable = retryable


class EndpointUnreachable(EndpointError):
    """Nothing answers at the endpoint's address."""

    exit_code = 5


class KeyRefused(EndpointError):
    """The endpoint refuses the key, or wants one."""

    exit_code = 5


class AnswerError(EndpointError):
    """An answer came back, but it was cut, does not parse or does not validate. `raw` is what came."""

    def __init__(self, message: str, *, raw: str = "") -> None:
        super().__init__(message, retryable=True)
        self.raw = raw
