"""Pictures as they will be sent, made once and kept in the work store.

They are made when the requests are planned, so that a picture that cannot be decoded is known before anything is sent:
it becomes a gap of its own, and costs no page of its request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from pipeline.errors import PictureError
from pipeline.extract.work import WorkStore
from pipeline.pack.fit import compose, detail, encode
from pipeline.pack.parts import PicturePart
from pipeline.pack.request import Request

THREADS = 2
"""Pillow gives the interpreter free while it decodes and scales, so threads help."""
LEAST_MEASURED = 280
"""A picture of fewer pixels than a square of this costs under 110 tokens, and is sent as it is."""
_PNG = b"\x89PNG"


class Fitted:
    """The pictures of requests at the size and in the bytes that they are sent in."""

    def __init__(self, work: WorkStore) -> None:
        self._work = work

    def get(self, part: PicturePart) -> tuple[bytes, str]:
        """Bytes and media type. Raises PictureError where it cannot be decoded, StorageError where it is gone."""
        name = f"fitted/{part.sha256[:2]}/{part.sha256}-{part.width}x{part.height}"
        data = self._work.load(name)
        if data is None:
            data, _ = self._composed(part) if part.tiles else self._encoded(part)
            self._work.save(name, data)
        return data, "image/png" if data.startswith(_PNG) else "image/jpeg"

    def _encoded(self, part: PicturePart) -> tuple[bytes, str]:
        return encode(self._work.get(part.sha256), part.width, part.height)

    def _composed(self, sheet: PicturePart) -> tuple[bytes, str]:
        """A sheet, made of the stored pictures themselves: what is sent alone may have lost some of its edges."""
        return compose([(tile, self._work.get(tile.picture.sha256)) for tile in sheet.tiles], sheet.width, sheet.height)

    def details(self, parts: Iterable[PicturePart]) -> dict[PicturePart, float]:
        """Which share of their sides holds all detail of pictures (`fit.detail`); small ones are left as they are."""
        large = [part for part in set(parts) if part.width * part.height >= LEAST_MEASURED**2]
        with ThreadPoolExecutor(THREADS) as pool:
            return dict(zip(large, pool.map(self._detail, large), strict=True))

    def _detail(self, part: PicturePart) -> float:
        name = f"detail/{part.sha256[:2]}/{part.sha256}-{part.width}x{part.height}"
        kept = self._work.load(name)
        if kept is None:
            try:
                share = detail(self._work.get(part.sha256), part.width, part.height)
            except PictureError:
                share = 1.0  # it is made next, and its problem told then
            kept = str(share).encode()
            self._work.save(name, kept)
        return float(kept)

    def problems(self, requests: Iterable[Request], done: Callable[[int, int], None]) -> dict[str, str]:
        """Make every picture of the requests; the hashes of those that cannot be made, each with the reason.

        `done` is told after each picture how many of how many are made.
        """
        parts = {part for request in requests for part in request.parts if isinstance(part, PicturePart)}
        ordered: Sequence[PicturePart] = sorted(parts, key=lambda part: (part.sha256, part.width, part.id))
        found: dict[str, str] = {}
        with ThreadPoolExecutor(THREADS) as pool:
            for count, (part, reason) in enumerate(zip(ordered, pool.map(self._problem, ordered), strict=True), 1):
                done(count, len(ordered))
                if reason is not None:
                    found[part.sha256] = reason
        return found

    def _problem(self, part: PicturePart) -> str | None:
        try:
            self.get(part)
        except PictureError as error:
            return str(error)
        return None
