"""Fonts for the carriers: the standard ones, embedded ones with and without a Unicode map, glyphs as shapes."""

from __future__ import annotations

import io
import logging
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from fontTools.pens.basePen import BasePen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from reportlab.pdfbase.pdfmetrics import stringWidth

from benchmarks.carriers.pdf import Pdf, numbers

STANDARD = ("Helvetica", "Helvetica-Bold", "Times-Roman", "Times-Italic", "Courier")
EMBEDDED = ("DejaVuSans", "DejaVuSerif", "DejaVuSans-Bold", "DejaVuSansMono")


@cache
def path(name: str) -> Path:
    """The file of a font of the DejaVu family, as matplotlib brings it."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"


@cache
def _loaded(name: str) -> tuple[Any, dict[int, str], Any, int]:
    """The font, its map from characters to glyphs, its glyphs, and units per em."""
    font = TTFont(path(name), lazy=True)
    return font, font.getBestCmap(), font.getGlyphSet(), font["head"].unitsPerEm


def outlines(name: str, text: str, x: float, y: float, size: float) -> str:
    """Path operators that draw the text as filled shapes, its baseline at (x, y)."""
    _, glyph_of, glyphs, units = _loaded(name)
    scale, drawn = size / units, _PathPen(glyphs)
    for char in text:
        glyph = glyphs[glyph_of[ord(char)]]
        glyph.draw(TransformPen(drawn, (scale, 0, 0, scale, x, y)))
        x += glyph.width * scale
    return " ".join(drawn.ops) + " f"


class _PathPen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Keeps contours as path operators."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.ops: list[str] = []

    def _moveTo(self, at: Any) -> None:
        self.ops.append(f"{numbers(at)} m")

    def _lineTo(self, at: Any) -> None:
        self.ops.append(f"{numbers(at)} l")

    def _curveToOne(self, one: Any, two: Any, at: Any) -> None:
        self.ops.append(f"{numbers((*one, *two, *at))} c")

    def _closePath(self) -> None:
        self.ops.append("h")


class Standard:
    """One of the fonts that every reader has, with the Windows encoding."""

    def __init__(self, pdf: Pdf, name: str) -> None:
        self.name = name
        self.ref = pdf.put(f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")

    def encode(self, text: str) -> str:
        """Raises UnicodeEncodeError where the encoding lacks a character."""
        return f"<{text.encode('cp1252').hex()}>"

    def width(self, text: str, size: float) -> float:
        """In points."""
        return float(stringWidth(text, self.name, size))


class Asian:
    """A Chinese font that is named and not embedded, written along or down the page."""

    def __init__(self, pdf: Pdf, *, down: bool = False) -> None:
        system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >>"
        about = pdf.put(
            "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
            " /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
        )
        under = pdf.put(
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light {system} /FontDescriptor {about} 0 R"
            " /DW 1000 >>"
        )
        encoding = f"UniGB-UCS2-{'V' if down else 'H'}"
        self.ref = pdf.put(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-{encoding} /Encoding /{encoding}"
            f" /DescendantFonts [{under} 0 R] >>"
        )

    def encode(self, text: str) -> str:
        """Two bytes a character."""
        return f"<{text.encode('utf-16-be').hex()}>"

    def width(self, text: str, size: float) -> float:
        """In points; each character is as wide as the font's size."""
        return len(text) * size


class Embedded:
    """A TrueType font, cut down to what is used of it, with glyph numbers for codes.

    `mapped` gives it a Unicode map. With `plain` the map holds letters where the glyph is a ligature or one of the
    joined forms of Arabic. `finish` writes it once all text is drawn.
    """

    def __init__(self, pdf: Pdf, name: str, *, mapped: bool = True, plain: bool = True) -> None:
        self._pdf = pdf
        self._name = name
        self._mapped = mapped
        self._plain = plain
        self._used: dict[int, str] = {}
        self.ref = pdf.reserve()

    def encode(self, text: str) -> str:
        """Glyph numbers, two bytes each."""
        font, glyph_of, _, _ = _loaded(self._name)
        ids = [font.getGlyphID(glyph_of[ord(char)]) for char in text]
        self._used.update(zip(ids, text, strict=True))
        return f"<{''.join(f'{one:04x}' for one in ids)}>"

    def width(self, text: str, size: float) -> float:
        """In points."""
        _, glyph_of, glyphs, units = _loaded(self._name)
        return float(sum(glyphs[glyph_of[ord(char)]].width for char in text) * size / units)

    def finish(self) -> None:
        """Write the font."""
        pdf, name = self._pdf, f"ABCDEF+{self._name}{self.ref}"
        font, _, glyphs, units = _loaded(self._name)
        file = pdf.stream(self._subset())
        about = pdf.put(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [-1000 -500 2000 1200] /ItalicAngle 0"
            f" /Ascent 900 /Descent -240 /CapHeight 730 /StemV 80 /FontFile2 {file} 0 R >>"
        )
        widths = " ".join(
            f"{one} [{glyphs[font.getGlyphName(one)].width * 1000 / units:.0f}]" for one in sorted(self._used)
        )
        under = pdf.put(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDToGIDMap /Identity /W [{widths}]"
            f" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor {about} 0 R >>"
        )
        unicode = f"/ToUnicode {pdf.stream(self._map())} 0 R" if self._mapped else ""
        pdf.put(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{under} 0 R]"
            f" {unicode} >>",
            self.ref,
        )

    def _subset(self) -> bytes:
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        font = TTFont(path(self._name), recalcTimestamp=False)
        options = Options(retain_gids=True, notdef_outline=True, hinting=False, layout_features=[])
        options.drop_tables += ["GSUB", "GPOS", "GDEF", "kern", "name", "post"]
        subsetter = Subsetter(options)
        subsetter.populate(gids=sorted(self._used))
        subsetter.subset(font)
        if not self._mapped:
            del font["cmap"]
        out = io.BytesIO()
        font.save(out)
        return out.getvalue()

    def _map(self) -> bytes:
        rows = "\n".join(
            f"<{one:04x}> <{(unicodedata.normalize('NFKC', char) if self._plain else char).encode('utf-16-be').hex()}>"
            for one, char in sorted(self._used.items())
        )
        head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def"
        space = "1 begincodespacerange <0000> <ffff> endcodespacerange"
        tail = "endcmap CMapName currentdict /CMap defineresource pop end end"
        return f"{head}\n{space}\n{len(self._used)} beginbfchar\n{rows}\nendbfchar\n{tail}".encode()


class Drawn:
    """A Type 3 font: glyphs are drawings, their names tell nothing, and there is no Unicode map."""

    def __init__(self, pdf: Pdf, name: str) -> None:
        self._pdf = pdf
        self._name = name
        self._codes: dict[str, int] = {}
        self.ref = pdf.reserve()

    def encode(self, text: str) -> str:
        """Codes from 1 in the order in which characters come up."""
        return f"<{''.join(f'{self._codes.setdefault(char, len(self._codes) + 1):02x}' for char in text)}>"

    def width(self, text: str, size: float) -> float:
        """In points."""
        _, glyph_of, glyphs, units = _loaded(self._name)
        return float(sum(glyphs[glyph_of[ord(char)]].width for char in text) * size / units)

    def finish(self) -> None:
        """Write the font."""
        procedures = []
        for char, code in self._codes.items():
            shape = outlines(self._name, char, 0, 0, 1000) if char.strip() else ""
            ref = self._pdf.stream(f"{self.width(char, 1000):.0f} 0 -200 -300 1500 1200 d1\n{shape}".encode())
            procedures.append(f"/g{code} {ref} 0 R")
        names = " ".join(f"/g{code}" for code in self._codes.values())
        widths = " ".join(f"{self.width(char, 1000):.0f}" for char in self._codes)
        self._pdf.put(
            "<< /Type /Font /Subtype /Type3 /FontBBox [-200 -300 1500 1200] /FontMatrix [0.001 0 0 0.001 0 0]"
            f" /CharProcs << {' '.join(procedures)} >> /Encoding << /Type /Encoding /Differences [1 {names}] >>"
            f" /FirstChar 1 /LastChar {len(self._codes)} /Widths [{widths}] /Resources << >> >>",
            self.ref,
        )
