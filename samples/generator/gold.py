"""Gold: the values that a made document holds, and the pages where they were drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

SCHEMAS = Path(__file__).parent.parent / "schemas"


class Gold:
    """Collects values while a document is composed, and their pages while it is drawn.

    `tag` gives the markup of a value's text with an invisible mark in it; the canvas calls `seen` when it draws that
    mark, so that a page is known by drawing and not by guessing. Pointers are JSON Pointers (RFC 6901).
    """

    def __init__(self, schema: str) -> None:
        self.schema: dict[str, Any] = json.loads((SCHEMAS / f"{schema}.json").read_text(encoding="utf-8"))
        self._values: dict[str, Any] = {}
        self._pages: dict[str, list[int]] = {}

    def put(self, pointer: str, value: Any) -> None:
        """Say that the document holds `value` at `pointer`."""
        if self._values.setdefault(pointer, value) != value:
            raise ValueError(f"{pointer} is {self._values[pointer]!r} already, not {value!r}")

    def tag(self, pointer: str, value: Any, text: str | None = None) -> str:
        """Markup of `text` (the value itself where none is given) that records its page when it is drawn."""
        self.put(pointer, value)
        return self.mark(pointer) + escape(str(value) if text is None else text)

    @staticmethod
    def mark(pointers: str) -> str:
        """An invisible mark for one or more pointers, set apart by blanks."""
        return f'<onDraw name="mark" label="{pointers}"/>'

    def seen(self, pointers: str, page: int) -> None:
        """Called at drawing: what these pointers hold stands on `page` (from 1)."""
        for pointer in pointers.split():
            pages = self._pages.setdefault(pointer, [])
            if page not in pages:
                pages.append(page)

    def forget_pages(self) -> None:
        """Start drawing again: a document that prints its own page count is drawn twice."""
        self._pages.clear()

    def finish(self) -> dict[str, Any]:
        """The gold as it is written: `data`, `pages` (the first page of each value) and `also` (its other pages).

        A field of the schema that the document does not hold is null, an array that it does not hold is empty.
        A value that was never drawn is a mistake of the generator: ValueError.
        """
        lost = [p for p in self._values if p not in self._pages]
        if lost:
            raise ValueError(f"never drawn: {', '.join(lost)}")
        pages = {pointer: sorted(self._pages[pointer]) for pointer in self._values}
        gold: dict[str, Any] = {
            "data": self._complete(self.schema, ""),
            "pages": {pointer: found[0] for pointer, found in pages.items()},
        }
        also = {pointer: found[1:] for pointer, found in pages.items() if len(found) > 1}
        return gold | ({"also": also} if also else {})

    def _complete(self, schema: dict[str, Any], pointer: str) -> Any:
        if "properties" in schema:
            return {name: self._complete(sub, f"{pointer}/{name}") for name, sub in schema["properties"].items()}
        if schema.get("type") == "array":
            count = 0
            while any(p == f"{pointer}/{count}" or p.startswith(f"{pointer}/{count}/") for p in self._values):
                count += 1
            return [self._complete(schema["items"], f"{pointer}/{index}") for index in range(count)]
        return self._values.get(pointer)
