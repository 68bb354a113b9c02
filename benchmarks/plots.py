"""The figures of `benchmarks/reading.py` as pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Cost = Mapping[str, Any]
_COLOURS = {
    "mupdf": "#9aa0a6",
    "page": "#0b57d0",
    "quire, 1 core": "#7cacf8",
    "quire": "#0b57d0",
    "pypdfium2": "#e8a33d",
    "pdfplumber": "#c5553d",
    "markitdown": "#8a4fa3",
    "pymupdf4llm": "#3d8f6b",
}


def draw(costs: Sequence[Cost], folder: Path) -> None:
    """Three pictures: CPU a page by reader, wall time on one core and on all, peak memory."""
    folder.mkdir(parents=True, exist_ok=True)
    short = {cost["pages"] for cost in costs if cost["reader"] == "pdfplumber"}
    per_page = [cost for cost in costs if cost["reader"] == "page" or cost["pages"] in short]
    per_page = [cost for cost in per_page if not cost["reader"].startswith("quire")]
    _bars(per_page, lambda cost: float(cost["ratio"]), "CPU a page, times MuPDF's own", folder / "cpu.png", log=True)
    ways = [cost for cost in costs if cost["reader"] in ("quire, 1 core", "quire")]
    _bars(ways, lambda cost: float(cost["wall"]), "wall seconds a document", folder / "wall.png")
    _bars(ways, lambda cost: float(cost["memory"]), "peak memory, MB", folder / "memory.png", line=400)


def _bars(
    costs: Sequence[Cost], value: Callable[[Cost], float], label: str, out: Path, *, log: bool = False, line: int = 0
) -> None:
    """A group of bars for each file, one for each reader; `line` is a limit to draw."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    files = list(dict.fromkeys(cost["file"] for cost in costs))
    readers = [name for name in _COLOURS if any(cost["reader"] == name for cost in costs)]
    figure, axes = pyplot.subplots(figsize=(max(6.0, 1.1 * len(files) + 2), 4.5))
    width = 0.8 / max(len(readers), 1)
    for at, reader in enumerate(readers):
        found = [(files.index(cost["file"]) + at * width, value(cost)) for cost in costs if cost["reader"] == reader]
        axes.bar([x for x, _ in found], [y for _, y in found], width, label=reader, color=_COLOURS[reader])
    ticks = [index + 0.4 - width / 2 for index in range(len(files))]
    axes.set_xticks(ticks, [_name(file) for file in files], rotation=25, ha="right", fontsize=8)
    axes.set_ylabel(label)
    if log:
        axes.set_yscale("log")
        axes.set_yticks([1, 3, 5, 10, 30, 100], ["1", "3", "5", "10", "30", "100"])
    if line:
        axes.axhline(line, color="#c5221f", linestyle="--", linewidth=1)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.legend(fontsize=7, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    figure.tight_layout()
    figure.savefig(out, dpi=150)
    pyplot.close(figure)


def _name(file: str) -> str:
    return Path(file.rpartition("__")[2]).stem[:22]


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
