"""Text in a picture, by the engine that this machine has: Tesseract's command line, else RapidOCR's wheel, else none.

Both run here and offline. Tesseract is preferred: it is some five times faster and keeps the order of columns. What
comes back is the same for both: lines in reading order, boxes in pixels of the picture given.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol, TypeVar

from pipeline.document import BBox
from pipeline.errors import QuireError

Engine = Literal["tesseract", "rapidocr"]
_LEAST_CONFIDENCE = 0.3
_TESSERACT_SECONDS = 280.0


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One line read in a picture; boxes in pixels, origin top left, `confidence` from 0 to 1.

    `words` are the line's words with their boxes, in order. RapidOCR gives none, so they are its line's box shared
    out by the number of characters.
    """

    text: str
    box: BBox
    confidence: float
    words: tuple[tuple[str, BBox], ...]


@cache
def engine() -> Engine | None:
    """The engine that this machine has, None where it has none. Looked up once for each process."""
    if shutil.which("tesseract"):
        return "tesseract"
    return "rapidocr" if importlib.util.find_spec("rapidocr") else None


def read(image: bytes, using: Engine | None = None, *, level: bool = False) -> tuple[OcrLine, ...]:
    """The lines of a PNG or JPEG, in reading order: by Tesseract's blocks, or for RapidOCR column by column.

    `using` names the engine, the machine's own by default. With `level` it does not look for letters that lie on the
    head, so that its confidence tells whether the picture stands upright. Raises QuireError where there is no engine or
    where it fails.
    """
    chosen = using or engine()
    if chosen is None:
        raise QuireError("Text in pictures cannot be read: no OCR engine is installed; install tesseract or rapidocr.")
    return _tesseract(image, level) if chosen == "tesseract" else by_columns(_rapidocr(image, level))


@cache
def languages() -> tuple[str, ...]:
    """The languages that Tesseract has data for, English first, orientation data ("osd") included."""
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, timeout=30, check=False)
    names = [line.strip() for line in listed.stdout.splitlines()[1:] if line.strip()]
    return tuple(sorted(names, key=lambda name: (name != "eng", name)))


def _tesseract(image: bytes, level: bool) -> tuple[OcrLine, ...]:
    """One call of the command line; with orientation data it turns pictures by itself (psm 1), unless `level`."""
    known = languages()
    spoken = "+".join(name for name in known if name != "osd" and not name.startswith("script/")) or "eng"
    layout = "1" if "osd" in known and not level else "3"
    command = ["tesseract", "stdin", "stdout", "-l", spoken, "--psm", layout, "tsv"]
    try:
        done = subprocess.run(
            command,
            input=image,
            capture_output=True,
            timeout=_TESSERACT_SECONDS,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as fault:
        raise QuireError(f"Tesseract did not end within {_TESSERACT_SECONDS:.0f} seconds.") from fault
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise QuireError(f"Tesseract failed: {said[-1] if said else f'exit code {done.returncode}'}.")
    return _parse_tsv(done.stdout.decode("utf-8", "replace"))


def _parse_tsv(table: str) -> tuple[OcrLine, ...]:
    """Tesseract's table to lines: level 5 rows are words, which (block, paragraph, line) gathers."""
    gathered: dict[tuple[str, str, str], list[tuple[str, BBox, float]]] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = (row.get("text") or "").strip()
        if row["level"] != "5" or not text:
            continue
        x0, y0 = float(row["left"]), float(row["top"])
        box = (x0, y0, x0 + float(row["width"]), y0 + float(row["height"]))
        key = (row["block_num"], row["par_num"], row["line_num"])
        gathered.setdefault(key, []).append((text, box, float(row["conf"]) / 100))
    lines = (_line(words) for words in gathered.values())
    return tuple(line for line in lines if line.confidence >= _LEAST_CONFIDENCE)


def _line(words: Sequence[tuple[str, BBox, float]]) -> OcrLine:
    return OcrLine(
        text=" ".join(text for text, _, _ in words),
        box=_around([box for _, box, _ in words]),
        confidence=sum(sure for _, _, sure in words) / len(words),
        words=tuple((text, box) for text, box, _ in words),
    )


@cache
def _reader() -> Any:
    """RapidOCR with the models of its own wheel, on one thread, silent. It has no types."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _rapidocr(image: bytes, level: bool) -> list[OcrLine]:
    try:
        found = _reader()(image, use_cls=not level)
    except Exception as fault:  # whatever a hostile picture does to it, the caller's page must go on
        raise QuireError(f"RapidOCR failed: {type(fault).__name__}.") from fault
    if found.boxes is None or found.txts is None:
        return []
    lines = []
    for corners, text, sure in zip(found.boxes, found.txts, found.scores, strict=True):
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        box = (float(x0), float(y0), float(x1), float(y1))
        if text.strip():
            lines.append(OcrLine(text.strip(), box, float(sure), _share_out(text.strip(), box)))
    return lines


def _share_out(text: str, box: BBox) -> tuple[tuple[str, BBox], ...]:
    """The words of a line, each with its share of the line's box by its characters."""
    x0, y0, x1, y1 = box
    step = (x1 - x0) / max(len(text), 1)
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        words.append((word, (x0 + at * step, y0, x0 + (at + len(word)) * step, y1)))
        at += len(word)
    return tuple(words)


class Boxed(Protocol):
    """Anything with a box."""

    @property
    def box(self) -> BBox: ...


Placed = TypeVar("Placed", bound=Boxed)


def by_columns(lines: Sequence[Placed]) -> tuple[Placed, ...]:
    """Whatever stands in lines, in reading order: cut at gaps right down the page or right across it, over and over.

    This is the recursive XY-cut (Nagy and Seth, 1984). Columns of prose are read one after the other; where the
    lines on a side are short, as in a table, the rows are kept instead.

        aaaaaa  cccccc        a1  b1
        bbbbbb  dddddd        c1  d1        are read a, b, c, d and a1, b1, c1, d1
    """
    if len(lines) < 2:
        return tuple(lines)
    height = sorted(line.box[3] - line.box[1] for line in lines)[len(lines) // 2]
    columns = _cut(lines, 0, height * 0.5)
    parts = columns if columns and all(_is_prose(part) for part in columns) else _cut(lines, 1, height * 0.6)
    if parts:
        return tuple(line for part in parts for line in by_columns(part))
    return _by_rows(lines)


def _is_prose(lines: Sequence[Boxed]) -> bool:
    """Whether most of at least three lines are longer than twelve times their height, as in a column of prose."""
    long = sum(line.box[2] - line.box[0] > 12 * (line.box[3] - line.box[1]) for line in lines)
    return len(lines) >= 3 and long * 2 > len(lines)


def _by_rows(lines: Sequence[Placed]) -> tuple[Placed, ...]:
    """Lines from the top down, those of one row from the left to the right."""
    rows: list[list[Placed]] = []
    for line in sorted(lines, key=lambda line: line.box[1] + line.box[3]):
        same = rows and (line.box[1] + line.box[3]) / 2 < rows[-1][0].box[3]
        rows[-1].append(line) if same else rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda line: line.box[0]))


def _cut(lines: Sequence[Placed], axis: int, least: float) -> tuple[list[Placed], list[Placed]] | None:
    """Both sides of the widest gap wider than `least` along an axis (0 is x, 1 is y), None where there is none."""
    ordered = sorted(lines, key=lambda line: line.box[axis])
    best, place, reach = least, 0, ordered[0].box[axis + 2]
    for index, line in enumerate(ordered[1:], start=1):
        if line.box[axis] - reach > best:
            best, place = line.box[axis] - reach, index
        reach = max(reach, line.box[axis + 2])
    return (ordered[:place], ordered[place:]) if place else None


def _around(boxes: Sequence[BBox]) -> BBox:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
