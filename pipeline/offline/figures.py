"""What can be said of a picture without a vision model: its caption, and the text that OCR reads in it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from pipeline.offline.chat import BadRequest, Figure

MOST_READ = 24
"""Pictures of one request that are read by OCR: one takes seconds. Counted, not timed, so that answers repeat."""
_LEAST_CONFIDENCE = 0.5


def describe(figures: Sequence[Figure], limit: int) -> list[dict[str, str]]:
    """One {"id", "description"} for each figure, each description at most `limit` characters."""
    read, found = 0, []
    for figure in figures:
        if figure.on_scan:
            said = "The picture of a scanned page: its text is given with the page."
        elif not figure.url:
            said = "No picture came with this figure."
        elif read >= MOST_READ:
            said = f"Not read: only the first {MOST_READ} pictures of a request are read for text."
        else:
            read += 1
            said = _text_in(figure)
        found.append({"id": figure.id, "description": _shorten(f"{_sentence(figure.caption)}{said}", limit)})
    return found


def _text_in(figure: Figure) -> str:
    from pipeline import ocr

    try:
        image = base64.b64decode(figure.url.partition(",")[2], validate=True)
    except binascii.Error as problem:
        raise BadRequest(f"The picture {figure.id!r} is no valid base64.") from problem
    if ocr.engine() is None:
        return "Its text was not read: no OCR is installed."
    lines = [" ".join(line.text.split()) for line in ocr.read(image) if line.confidence >= _LEAST_CONFIDENCE]
    text = " / ".join(line for line in lines if any(sign.isalnum() for sign in line))
    return f"Text read in the picture: {text}" if text else "No text was read in this picture."


def _sentence(caption: str) -> str:
    caption = " ".join(caption.split())
    if not caption:
        return ""
    return caption + (" " if caption[-1] in ".!?。" else ". ")


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[: max(0, limit - 1)].rstrip() + "…" if limit else ""
