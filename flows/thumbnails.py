"""Small pictures of the pages that a result cites, as data URIs: the Prefect UI shows no others."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable
from pathlib import Path

from pipeline import QuireError, Result
from pipeline.extract.messages import View
from pipeline.extract.viewer import Viewer
from pipeline.pack.fit import encode
from pipeline.places import fetched
from pipeline.report.audit import cited_pages
from pipeline.settings import password_from_environment

MOST = 4
WIDTH = 240
"""Pixels: enough to know a page by, in 5 to 20 KB."""
_VIEW_BYTES = 75_000

_log = logging.getLogger(__name__)


def thumbnails(result: Result, path: str | Path, pointed: Iterable[int]) -> dict[int, str]:
    """Pages with gaps and those that are pointed at first; none where the document cannot be opened again."""
    pages = cited_pages(result, pointed)[:MOST]
    password = password_from_environment()
    try:
        with (
            fetched(path) as file,
            Viewer(
                file,
                result.document.sha256,
                name=result.document.file,
                password=password.reveal() if password else None,
            ) as viewer,
        ):
            looks = dict(viewer.looks(dict.fromkeys(pages, _VIEW_BYTES), text=False))
            return {number: _small(view) for number, view in looks.items() if isinstance(view, View) and view.picture}
    except QuireError as error:
        _log.warning("There are no pictures of pages: %s", error)
        return {}


def _small(view: View) -> str:
    height = max(round(view.height / max(view.width, 1.0) * WIDTH), 1)
    data, media = encode(base64.b64decode(view.picture), WIDTH, min(height, 4 * WIDTH))
    return f"data:{media};base64,{base64.b64encode(data).decode('ascii')}"
