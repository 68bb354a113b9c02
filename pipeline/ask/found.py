"""JSON found in what a model wrote: as it is, in a code fence, among prose, or with slips that lose nothing."""

from __future__ import annotations

import json
import re
from typing import Any

_BOM = "\ufeff"
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL)


def find_json(text: str) -> Any:
    """The JSON value that a whole answer holds. Raises ValueError where there is none.

    Slips such as a comma too many are mended, but only where every letter and digit that was written is still there
    afterwards: half an answer is never made to look whole.
    """
    text = text.removeprefix(_BOM).strip()
    for candidate in _candidates(text):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):  # then another candidate is, or it is mended, or refused below
            continue
    return _mended(text)


def _candidates(text: str) -> list[str]:
    """The answer itself, what stands in a fence, and all from the first brace to the last."""
    fenced = [match[1] for match in _FENCE.finditer(text)]
    start, end = text.find("{"), text.rfind("}")
    return [text, *(fenced if len(fenced) == 1 else []), *([text[start : end + 1]] if 0 <= start < end else [])]


def _mended(text: str) -> Any:
    start, end = text.find("{"), text.rfind("}")
    if not 0 <= start < end:
        raise ValueError("it holds no JSON object")
    body = text[start : end + 1]
    if not _closed(body):
        raise ValueError("its brackets do not match")
    from json_repair import repair_json

    try:
        mended: Any = repair_json(body, return_objects=True)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(mended, dict) or _letters(json.dumps(mended, ensure_ascii=False)) != _letters(body):
        raise ValueError("it is no JSON and cannot be mended without loss")
    return mended


def _closed(body: str) -> bool:
    """Whether as many brackets close as open, those in strings, and in one that never ends, not counted."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*(?:"|\Z)', "", body, flags=re.DOTALL)
    return bare.count("{") == bare.count("}") and bare.count("[") == bare.count("]")


def _letters(text: str) -> str:
    """The letters and digits of some JSON, escapes resolved where they are of a character."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return "".join(char for char in re.sub(r"\\[nrtbf]", "", text) if char.isalnum())
