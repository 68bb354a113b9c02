"""A PDF written object by object, so that each carrier is in the file exactly as it is meant to be.

Coordinates are the file's own: points, origin bottom left.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Protocol

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points, origin bottom left."""


class Font(Protocol):
    """A font in one file: `encode` gives the operand of a text operator."""

    @property
    def ref(self) -> int: ...

    def encode(self, text: str) -> str: ...

    def width(self, text: str, size: float) -> float: ...


def string(text: str) -> str:
    """A text string of a dictionary: UTF-16 with its mark, in hexadecimal digits."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def numbers(values: Iterable[float]) -> str:
    """Numbers as operands."""
    return " ".join(f"{value:.3f}".rstrip("0").rstrip(".") for value in values)


class Pdf:
    """Objects, numbered from 1 in the order in which they were asked for."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []

    def reserve(self) -> int:
        """A number whose object follows later."""
        self._bodies.append(b"null")
        return len(self._bodies)

    def put(self, body: str | bytes, number: int | None = None) -> int:
        """An object; its number."""
        number = number or self.reserve()
        self._bodies[number - 1] = body.encode("latin-1") if isinstance(body, str) else body
        return number

    def stream(self, data: bytes, entries: str = "", *, squeeze: bool = True, number: int | None = None) -> int:
        """A stream object, deflated unless its data are coded already (then `entries` names the filter)."""
        if squeeze:
            data, entries = zlib.compress(data), f"{entries} /Filter /FlateDecode"
        head = f"<< {entries} /Length {len(data)} >>\nstream\n".encode("latin-1")
        return self.put(head + data + b"\nendstream", number)

    def save(self, root: int, info: int) -> bytes:
        """The file, with a plain table of references."""
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, body in enumerate(self._bodies, 1):
            places.append(len(out))
            out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        start, count = len(out), len(self._bodies) + 1
        out += f"xref\n0 {count}\n0000000000 65535 f \n".encode()
        out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
        trailer = f"trailer\n<< /Size {count} /Root {root} 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        return bytes(out) + trailer.encode()


class Canvas:
    """Drawing operators and the resources that they name: a page's content, or a form's."""

    def __init__(self, pdf: Pdf) -> None:
        self.pdf = pdf
        self.ops: list[str] = []
        self._resources: dict[str, dict[str, int]] = {}

    def use(self, kind: str, ref: int) -> str:
        """The name under which an object is drawn with; `kind` is the resource's, such as XObject."""
        name = f"{kind[0]}{ref}"
        self._resources.setdefault(kind, {})[name] = ref
        return f"/{name}"

    def draw(self, *ops: str) -> None:
        """Raw operators."""
        self.ops += ops

    def text(
        self,
        x: float,
        y: float,
        text: str,
        font: Font,
        size: float,
        *,
        colour: str = "0 g",
        setup: str = "",
        turn: Sequence[float] = (1, 0, 0, 1),
    ) -> None:
        """One line with its baseline at (x, y); `setup` are further operators of text state."""
        name = self.use("Font", font.ref)
        place = numbers((*turn, x, y))
        self.draw(f"q {colour} BT {name} {size:g} Tf {setup} {place} Tm {font.encode(text)} Tj ET Q")

    def rectangle(self, box: Box, colour: str) -> None:
        """A filled rectangle; `colour` is an operator such as `0.2 g`."""
        self.draw(f"q {colour} {numbers((box[0], box[1], box[2] - box[0], box[3] - box[1]))} re f Q")

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.7) -> None:
        """A black rule."""
        self.draw(f"q {width:g} w {numbers((x0, y0))} m {numbers((x1, y1))} l S Q")

    def image(self, ref: int, matrix: Sequence[float]) -> None:
        """A picture or a form, its unit square taken to the page by the matrix."""
        self.draw(f"q {numbers(matrix)} cm {self.use('XObject', ref)} Do Q")

    def resources(self) -> str:
        """The dictionary of resources."""
        kinds = (
            f"/{kind} << {' '.join(f'/{name} {ref} 0 R' for name, ref in names.items())} >>"
            for kind, names in self._resources.items()
        )
        return f"<< {' '.join(kinds)} >>"

    def content(self) -> bytes:
        """The operators as bytes."""
        return "\n".join(self.ops).encode("latin-1")

    def as_form(self, width: float, height: float) -> int:
        """The drawing as a form object."""
        box = numbers((0, 0, width, height))
        return self.pdf.stream(
            self.content(), f"/Type /XObject /Subtype /Form /BBox [{box}] /Resources {self.resources()}"
        )


class Sheet(Canvas):
    """One page; `number` from 1, `entries` go into its dictionary as they are, `annots` are references."""

    def __init__(self, pdf: Pdf, number: int, width: float, height: float) -> None:
        super().__init__(pdf)
        self.number = number
        self.width = width
        self.height = height
        self.ref = pdf.reserve()
        self.entries: list[str] = [f"/MediaBox [0 0 {width:g} {height:g}]"]
        self.annots: list[int] = []

    def annotate(self, subtype: str, box: Box, entries: str) -> int:
        """An annotation of the page."""
        place = f"/Type /Annot /Subtype /{subtype} /Rect [{numbers(box)}] /P {self.ref} 0 R"
        ref = self.pdf.put(f"<< {place} {entries} >>")
        self.annots.append(ref)
        return ref

    def finish(self, parent: int) -> None:
        """Write the page."""
        content = self.pdf.stream(self.content())
        annots = " ".join(f"{ref} 0 R" for ref in self.annots)
        body = f"/Type /Page /Parent {parent} 0 R /Contents {content} 0 R /Resources {self.resources()}"
        self.pdf.put(f"<< {body} {' '.join(self.entries)} /Annots [{annots}] >>", self.ref)
