"""The photographs of a report, with captions that fit."""

from __future__ import annotations

from reportlab.platypus import Flowable

from . import photos
from .report_desk import Desk
from .stock import stock

PHOTOS = {"landscape": photos.landscape, "facade": photos.facade, "texture": photos.texture}


def photo(d: Desk, kind: str | None = None, share: float = 1.0) -> Flowable:
    """A photograph of a `kind` (by chance where none is given); no caption comes twice in a report."""
    kind = kind or d.rng.choice(sorted(PHOTOS))
    caption = d.fresh(stock("report")["captions"][kind])
    return d.picture(PHOTOS[kind](d.rng.randrange(10**6)), caption, share)
