"""The C heap of this process, which MuPDF, NumPy and Python's larger objects are kept in."""

from __future__ import annotations

import sys

M_ARENA_MAX = -8
"""How malloc's `malloc.h` names the most arenas, in `mallopt`."""
ARENAS = 2


def share_arenas() -> None:
    """Have all threads of this process share two arenas. To be called before many threads are there.

    The GNU C library gives each thread an arena, up to eight for each core, and an arena keeps what its thread once
    needed: so a run over a folder grew for hundreds of documents, until every thread had met the largest ones. Nothing
    is changed where the C library is another.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
