"""One worker at a time on a document of a batch, whatever machine it is on.

A worker that was taken for dead may still be at work when its chunk is handed out again, and two batches may meet in
one document. Whoever comes second waits, and then finds the result of the first.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flows.claims import Claim, Claims

LOOK_SECONDS = 1.0
"""Between two looks at a document that another worker has."""


@contextmanager
def turn(claims: Claims, sha256: str, result: str) -> Iterator[None]:
    """Wait until no other works on the document of that hash for that result, and keep others off meanwhile.

    Raises StorageError where the store takes no claim.
    """
    claim = _taken(claims, hashlib.sha256(f"{sha256} {result}".encode()).hexdigest())
    try:
        yield
    finally:
        claim.release()


def _taken(claims: Claims, key: str) -> Claim:
    while (claim := claims.acquire(key)) is None:
        time.sleep(LOOK_SECONDS)
    return claim
