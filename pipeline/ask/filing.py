"""Files and batches at an endpoint, with patience: a batch takes hours, and a connection fails now and then."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from typing import IO, Any, TypeVar

from pipeline.ask.client import Client
from pipeline.ask.clock import Clock
from pipeline.ask.patience import Patience
from pipeline.errors import EndpointError

_ATTEMPTS = 12
"""Of one call: with pauses of up to a minute, an outage of some minutes passes."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Filing:
    """What a client can do with files and batches, each call again after faults that pass."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._chance = random.Random()

    async def upload(self, name: str, lines: IO[bytes]) -> str:
        """The id of a file of requests, sent under that name. One that was sent twice for a fault costs nothing."""

        async def send() -> str:
            lines.seek(0)
            return await self._client.upload(f"{name}.jsonl", lines)

        return await self._patiently(send)

    async def make(self, file: str, name: str) -> str:
        """The id of the batch of a file. Where it is not known whether it was made, it is looked for first."""
        tried = False

        async def make() -> str:
            nonlocal tried
            if tried and (known := (await self._client.batches()).get(name)):
                return known
            tried = True
            return await self._client.make_batch(file, name)

        return await self._patiently(make)

    async def known(self) -> dict[str, str]:
        """The ids of the batches of ours, by their names."""
        return await self._patiently(self._client.batches)

    async def batch(self, number: str) -> dict[str, Any]:
        """A batch as the endpoint tells of it."""
        return await self._patiently(lambda: self._client.batch(number))

    async def text(self, file: str) -> str:
        """What stands in a file."""
        return await self._patiently(lambda: self._client.text(file))

    async def delete(self, file: str) -> None:
        """Delete a file. One that stays is the endpoint's to delete."""
        try:
            await self._client.delete(file)
        except EndpointError as error:
            _log.warning("A file of a batch could not be deleted: %s", error)

    async def _patiently(self, call: Callable[[], Awaitable[_T]]) -> _T:
        patience = Patience(self._chance, attempts=_ATTEMPTS)
        for _ in range(_ATTEMPTS):
            try:
                return await call()
            except EndpointError as error:
                failed, pause = error, patience.pause(error)
                if pause is None:
                    break
                await self._clock.sleep(pause)
        raise failed
