"""Charts and formulas as PNG, the same bytes for the same figures."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

DPI = 160
PALETTES = [
    ["#1f4e79", "#d1793b", "#6f9a5b", "#9b4f70", "#8a8a8a", "#3f9c9c"],
    ["#264653", "#2a9d8f", "#e9c46a", "#f4a261", "#e76f51", "#6d597a"],
    ["#33415c", "#7d8597", "#b23a48", "#5c8001", "#c97c5d", "#979dac"],
]


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures with its name."""

    name: str
    values: Sequence[float]
    spread: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Pen:
    """How charts of one document look: colours, fonts, grid. Sizes are in inches."""

    colours: list[str]
    serif: bool
    grid: bool

    def settings(self, size: float) -> dict[str, object]:
        """What matplotlib is told."""
        family = "STIXGeneral" if self.serif else "DejaVu Sans"
        bare = {"axes.spines.top": False, "axes.spines.right": False}
        return {"font.family": family, "font.size": size, "axes.grid": self.grid, "grid.alpha": 0.35, **bare}


def pen(rng: random.Random) -> Pen:
    """A look that the seed chooses."""
    return Pen(rng.choice(PALETTES), rng.random() < 0.4, rng.random() < 0.6)


def _png(figure: Figure) -> bytes:
    target = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(target, format="png", dpi=DPI, metadata={"Software": None})
    return target.getvalue()


def bars(
    look: Pen,
    ticks: Sequence[str],
    series: Sequence[Series],
    unit: str,
    size: tuple[float, float],
    *,
    stacked: bool = False,
) -> bytes:
    """Bars, side by side or stacked; the values stand over them where there is one series."""
    with rc_context(look.settings(8)):  # type: ignore[arg-type,unused-ignore]
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        width = 0.62 if stacked or len(series) == 1 else 0.8 / len(series)
        below = [0.0] * len(ticks)
        for index, row in enumerate(series):
            shift = 0.0 if stacked else (index - (len(series) - 1) / 2) * width
            places = [at + shift for at in range(len(ticks))]
            colour = look.colours[index % len(look.colours)]
            drawn = axes.bar(places, row.values, width, bottom=below if stacked else None, color=colour, label=row.name)
            if stacked:
                below = [a + b for a, b in zip(below, row.values, strict=True)]
            elif len(series) == 1:
                whole = max(row.values) >= 100 or all(float(value).is_integer() for value in row.values)
                shown = "{:,.0f}" if whole else "{:,.1f}"
                axes.bar_label(drawn, fmt=shown, fontsize=7, padding=2)
        axes.set_xticks(range(len(ticks)), ticks)
        axes.set_ylabel(unit)
        axes.set_axisbelow(True)
        axes.grid(False, axis="x")
        if len(series) > 1:
            axes.legend(frameon=False, fontsize=7)
        return _png(figure)


def lines(
    look: Pen, x: Sequence[float], series: Sequence[Series], labels: tuple[str, str], size: tuple[float, float]
) -> bytes:
    """Lines with a band of their spread where it is given; `labels` are those of the two axes."""
    with rc_context(look.settings(8)):  # type: ignore[arg-type,unused-ignore]
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        for index, row in enumerate(series):
            colour = look.colours[index % len(look.colours)]
            axes.plot(
                x, row.values, color=colour, marker="osD^v"[index % 5], markersize=3, linewidth=1.4, label=row.name
            )
            if row.spread is not None:
                low = [v - s for v, s in zip(row.values, row.spread, strict=True)]
                high = [v + s for v, s in zip(row.values, row.spread, strict=True)]
                axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        if all(float(v).is_integer() for v in x):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(series) > 1:
            axes.legend(frameon=False, fontsize=7)
        return _png(figure)


def points(look: Pen, rng: random.Random, count: int, labels: tuple[str, str], size: tuple[float, float]) -> bytes:
    """A cloud of points around a line."""
    with rc_context(look.settings(8)):  # type: ignore[arg-type,unused-ignore]
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        slope, noise = rng.uniform(0.6, 1.1), rng.uniform(0.04, 0.12)
        x = [rng.uniform(0.05, 1) for _ in range(count)]
        y = [slope * v + rng.gauss(0, noise) for v in x]
        axes.scatter(x, y, s=6, color=look.colours[0], alpha=0.55, linewidths=0)
        axes.plot([0, 1], [0, slope], color=look.colours[1], linewidth=1.2)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        return _png(figure)


def pie(look: Pen, names: Sequence[str], values: Sequence[float], size: tuple[float, float], *, hole: bool) -> bytes:
    """A pie or a ring with its shares in percent."""
    with rc_context(look.settings(8)):  # type: ignore[arg-type,unused-ignore]
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        axes.pie(
            list(values),
            labels=list(names),
            colors=look.colours,
            autopct="%1.0f%%",
            pctdistance=0.78 if hole else 0.6,
            startangle=90,
            counterclock=False,
            wedgeprops={"width": 0.45 if hole else 1.0, "edgecolor": "white"},
            textprops={"fontsize": 8},
        )
        return _png(figure)


def heat(look: Pen, rng: random.Random, names: Sequence[str], size: tuple[float, float]) -> bytes:
    """A square of agreement between `names`, strong on its diagonal."""
    with rc_context(look.settings(7) | {"axes.grid": False}):  # type: ignore[arg-type,unused-ignore]
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        count = len(names)
        cells = [
            [rng.uniform(0.82, 0.97) if r == c else rng.uniform(0, 0.14) for c in range(count)] for r in range(count)
        ]
        axes.imshow(cells, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(count), names, rotation=35, ha="right")
        axes.set_yticks(range(count), names)
        for r in range(count):
            for c in range(count):
                axes.text(c, r, f"{cells[r][c]:.2f}", ha="center", va="center", color="white" if r == c else "black")
        return _png(figure)


def formula(text: str, size: float = 11) -> tuple[bytes, float, float]:
    """A formula (matplotlib's mathtext, without dollar signs) as a picture, with its width and height in points."""
    with rc_context({"mathtext.fontset": "stix"}):
        figure = Figure(figsize=(0.01, 0.01))
        figure.text(0, 0, f"${text}$", fontsize=size)
        target = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(target, format="png", dpi=300, bbox_inches="tight", pad_inches=0.02, metadata={"Software": None})
    content = target.getvalue()
    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    return content, width * 72 / 300, height * 72 / 300
