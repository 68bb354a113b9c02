"""The photographs of a report, with captions that fit."""

from __future__ import annotations

from reportlab.platypus import Flowable

from . import photos
from .report_desk import Desk

CAPTIONS = {
    "landscape": [
        "The valley above our largest plant supplies it with water.",
        "Reservoir and forest near one of our sites.",
        "Hills behind the new test site.",
    ],
    "facade": [
        "The new administration building, opened in autumn.",
        "Offices of the service centre at dusk.",
        "Headquarters seen from the north.",
    ],
    "texture": [
        "Surface of a component after coating, enlarged.",
        "Material sample from the development laboratory.",
        "Close view of a finished surface.",
    ],
}
PHOTOS = {"landscape": photos.landscape, "facade": photos.facade, "texture": photos.texture}


def photo(d: Desk, kind: str | None = None, share: float = 1.0) -> Flowable:
    kind = kind or d.rng.choice(sorted(PHOTOS))
    return d.picture(PHOTOS[kind](d.rng.randrange(10**6)), d.rng.choice(CAPTIONS[kind]), share)
