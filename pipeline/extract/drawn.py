"""What a page draws, in the order in which it is drawn, asked of MuPDF once and only where someone wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.document import BBox
from pipeline.extract.geometry import UNMOVED, Affine, are_sound, common, moved

if TYPE_CHECKING:
    import pymupdf


class Drawn:
    """What one page draws."""

    def __init__(self, page: pymupdf.Page) -> None:
        self._page = page
        self.turn = turning(page)

    @cached_property
    def log(self) -> Sequence[tuple[str, BBox]]:
        """The kind ("fill-text", "fill-path", "stroke-path", "fill-image", ...) and the displayed box of each thing."""
        log: list[tuple[str, BBox]] = self._page.get_bboxlog()
        if self.turn == UNMOVED and are_sound([box for _, box in log]):
            return log
        return [(kind, moved(box, self.turn)) for kind, box in log]

    @cached_property
    def paths(self) -> Sequence[dict[str, Any]]:
        """The lines and areas, as MuPDF gives them, in its coordinates. Costs seconds on a map: see `log` first."""
        return [path for path, _ in self.seen]

    @cached_property
    def seen(self) -> Sequence[tuple[dict[str, Any], BBox]]:
        """Each of `paths` with the displayed box of what the clipping paths around it leave of it."""
        found: list[tuple[dict[str, Any], BBox]] = []
        clips: list[tuple[int, BBox]] = []
        for one in self._page.get_cdrawings(extended=True):
            while clips and clips[-1][0] >= one["level"]:
                clips.pop()
            if one["type"] == "clip":
                clips.append((one["level"], one["scissor"]))
            elif one["type"] != "group":
                found.append((one, moved(common(one["rect"], clips[-1][1]) if clips else one["rect"], self.turn)))
        return found


def turning(page: pymupdf.Page) -> Affine:
    """What brings MuPDF's coordinates to those of the displayed page."""
    turn = page.rotation_matrix
    return turn.a, turn.b, turn.c, turn.d, turn.e, turn.f
