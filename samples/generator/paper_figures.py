"""The figures, tables and formulas of a paper."""

from __future__ import annotations

import io
import random
import re
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from reportlab.lib import colors
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    Spacer,
    Table,
)

from . import charts, photos
from .gold import Gold
from .prose import Prose
from .sheet import Face, style

if TYPE_CHECKING:
    from .paper import Study

FORMULAS = [
    r"\mathcal{L}(\theta) = \frac{1}{N}\sum_{i=1}^{N}"
    r"\frac{(y_i - \mu_\theta(x_i))^2}{2\sigma_\theta^2(x_i)} + \lambda\|\theta\|_1",
    r"h_t = \sigma(W_x x_t + W_h h_{t-1} + b), \quad \hat{y} = \frac{\sum_t \alpha_t h_t}{\sum_t \alpha_t}",
    r"p(y \mid x) = \int p(y \mid f)\, p(f \mid x, \mathcal{D})\, df",
]

SETTINGS = [0.4, 0.24, 0.18, 0.18]


@dataclass(slots=True)
class Desk:
    """What the setter of one paper works with; figures and tables are counted as they come."""

    study: Study
    prose: Prose
    gold: Gold
    rng: random.Random
    type: Face
    column: float
    size: float
    figures: int = 0
    tables: int = 0

    @property
    def text(self) -> Any:
        """The style of running text."""
        return style(self.type.roman, self.size, lead=1.4, align="justify", spaceAfter=5, firstLineIndent=9)

    def small(self, **more: Any) -> Any:
        """The style of captions, tables and references."""
        return style(self.type.roman, self.size - 1.3, lead=1.2, **more)

    def figure(self, content: bytes, caption: str, height: float | None = None) -> Flowable:
        """A picture as wide as the column over its numbered caption."""
        self.figures += 1
        picture = Image(io.BytesIO(content), lazy=0)
        scale = self.column / picture.imageWidth
        picture.drawWidth, picture.drawHeight = self.column, height or picture.imageHeight * scale
        words = Paragraph(f"<b>Figure {self.figures}.</b> {caption}", self.small(align="justify"))
        return KeepTogether([Spacer(1, 4), picture, Spacer(1, 3), words, Spacer(1, 8)])

    def table(self, caption: str, cells: list[list[str]], widths: list[float]) -> Flowable:
        """A table with three rules under its numbered caption; the first column is text, the others figures."""
        self.tables += 1
        words = Paragraph(f"<b>Table {self.tables}.</b> {caption}", self.small(align="justify"))
        left, right = self.small(), self.small(align="right")
        body = [[Paragraph(cell, left if i == 0 else right) for i, cell in enumerate(row)] for row in cells]
        rules: list[Any] = [
            ("LINEABOVE", (0, 0), (-1, 0), 0.9, colors.black),
            ("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black),
            ("LINEBELOW", (0, -1), (-1, -1), 0.9, colors.black),
            ("TOPPADDING", (0, 0), (-1, -1), 1.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
            ("LEFTPADDING", (0, 0), (-1, -1), 1),
            ("RIGHTPADDING", (0, 0), (-1, -1), 1),
        ]
        made = Table(body, colWidths=[w * self.column for w in widths], style=rules)
        return KeepTogether([Spacer(1, 4), words, Spacer(1, 3), made, Spacer(1, 8)])


def _main_table(d: Desk) -> Flowable:
    s, gold = d.study, d.gold
    metrics = s.field["metrics"]
    spread = d.rng.random() < 0.6
    cells = [["Method", *(f"<b>{m}</b>" for m in metrics)]]
    for index, row in enumerate(s.rows):
        at = f"/results/{index}"
        gold.put(f"{at}/metric", metrics[0])
        first = gold.tag(f"{at}/value", row.values[0]) + (f" ± {row.spread}" if spread else "")
        name = gold.mark(f"{at}/metric") + gold.tag(f"{at}/method", row.method)
        cells.append([name, first, *(str(v) for v in row.values[1:])])
    opening = d.rng.choice(
        ["Main results on the test data.", "Comparison of all methods.", "Results on the held-out data."]
    )
    better = "Higher" if s.field["direction"] == "up" else "Lower"
    note = f"{opening} {better} is better for {metrics[0]}{'; ± is the deviation over five runs' if spread else ''}."
    return d.table(note, cells, [0.34, 0.24, 0.21, 0.21])


def _other_table(d: Desk) -> Flowable:
    best = d.study.sorted_rows[0].values[0]
    worse = 1 if d.study.field["direction"] == "down" else -1
    cells = [["Variant", d.study.field["metrics"][0], "Change"], ["Full model", str(best), "-"]]
    for variable in d.rng.sample(d.study.field["variables"], 4):
        change = d.rng.uniform(0.01, 0.09)
        cells.append([f"without {variable}", f"{best * (1 + worse * change):.3f}", f"{worse * change * 100:+.1f} %"])
    return d.table("Ablation: one source of information is withheld at a time.", cells, [0.6, 0.2, 0.2])


def _short(site: str) -> str:
    """The first words of a site's name, as tables and axes show it."""
    name = re.split(r" (?:of|with|in|on) ", re.sub(r"^(?:the|an?) ", "", site))[0]
    return shorten(name, 22, placeholder="")


def site_table(d: Desk, split: int) -> Flowable:
    methods = [row.method for row in d.study.rows]
    names = [m.replace(" (ours)", "") for m in methods[:1] + methods[-2:]]
    cells = [["Site and fold", *names]]
    for site in d.study.field["sites"]:
        for fold in range(1, 5):
            values = [row.values[0] * d.rng.uniform(0.9, 1.1) for row in (d.study.rows[0], *d.study.rows[-2:])]
            cells.append([f"{_short(site)}, {fold}", *(f"{v:.2f}" for v in values)])
    return d.table(f"Results by site and fold, split {split}.", cells, [0.43, 0.19, 0.19, 0.19])


def settings_table(d: Desk) -> Flowable:
    """Settings of the methods, which are no results."""
    cells = [["Method", "Settings tried", "Chosen", "Minutes"]]
    for row in d.study.rows:
        tried = d.rng.choice([20, 40, 60, 100])
        cells.append([row.method, str(tried), f"no. {d.rng.randint(1, tried)}", f"{d.rng.uniform(0.4, 58):.1f}"])
    return d.table("Search for settings: how many were tried, which was chosen, time of one fit.", cells, SETTINGS)


def _curves(d: Desk) -> Flowable:
    up = d.study.field["direction"] == "up"
    rows = [d.study.rows[0], d.study.rows[1], d.study.rows[-1]]
    shares = [10, 20, 40, 60, 80, 100]
    series = []
    for row in rows:
        slow = d.rng.uniform(0.1, 0.4)
        bend = [row.values[0] * (1 + (-1 if up else 1) * slow * (1 - share / 100) ** 2) for share in shares]
        series.append(charts.Series(row.method, bend, [abs(v) * 0.02 for v in bend]))
    made = charts.lines(d.study.look, shares, series, ("Share of labels (%)", d.study.field["metrics"][0]), (3.4, 3.0))
    return d.figure(
        made,
        d.prose.say("{metric_phrase} [by|against] the share of labels used in training; bands show one deviation."),
    )


def _data_figures(d: Desk) -> list[Flowable]:
    rng, field = d.rng, d.study.field
    seed = rng.randrange(10**6)
    if field["samples"] in ("pages", "participants"):
        labels = rng.sample([v.split()[0] for v in field["variables"]], 5)
        picture = charts.heat(d.study.look, rng, labels, (3.3, 2.8))
        first = d.figure(picture, d.prose.say("Agreement between [raters|readers] by type of label."))
    else:
        picture = photos.micrograph(seed) if field["samples"] == "cells" else photos.landscape(seed)
        first = d.figure(picture, d.prose.say("[View of|Example from] {site}, [recorded|seen] with {instrument}."))
    counts = [float(rng.randint(20, 400)) for _ in field["sites"]]
    ticks = [_short(site).replace(" ", "\n") for site in field["sites"]]
    series = [charts.Series("n", counts)]
    made = charts.bars(d.study.look, ticks, series, f"Number of {field['samples']}", (3.4, 2.8))
    return [first, d.figure(made, f"{field['samples'].capitalize()} by site before exclusions.")]


def _formulas(d: Desk) -> list[Flowable]:
    made: list[Flowable] = []
    middle = [("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    for number, text in enumerate(d.rng.sample(FORMULAS, 2), 1):
        content, width, height = charts.formula(text)
        scale = min(1.0, (d.column - 26) / width)
        picture = Image(io.BytesIO(content), width * scale, height * scale)
        cells = [[picture, Paragraph(f"({number})", d.small())]]
        made.append(Table(cells, colWidths=[d.column - 24, 24], style=middle))
    return made


def _noise_figure(d: Desk) -> Flowable:
    sign = -1 if d.study.field["direction"] == "up" else 1
    levels = [0, 5, 10, 15, 20]
    series = []
    for row in d.study.rows[-3:]:
        slope = d.rng.uniform(0.004, 0.02)
        series.append(charts.Series(row.method, [row.values[0] * (1 + sign * slope * level) for level in levels]))
    labels = ("Added noise (%)", d.study.field["metrics"][0])
    made = charts.lines(d.study.look, levels, series, labels, (3.4, 2.8))
    return d.figure(made, d.prose.say("Effect of noise that was added to {variable}."))


def pictures(d: Desk) -> dict[str, list[Flowable]]:
    """Figures, tables and formulas by the section that they belong to, in the order of their numbers."""
    data, main, curves, other = _data_figures(d), _main_table(d), _curves(d), _other_table(d)
    cloud = charts.points(d.study.look, d.rng, 260, ("Measured (scaled)", "Predicted (scaled)"), (3.4, 3.1))
    scatter = d.figure(cloud, d.prose.say("Predicted [against|versus] measured {target} on the test data."))
    found = {
        "data": data,
        "method": _formulas(d),
        "results": [main, curves, other, scatter],
        "sensitivity": [_noise_figure(d)],
    }
    weeks = [float(d.rng.randint(12, 60)) for _ in range(6)]
    series = [charts.Series("Repeated", weeks), charts.Series("Accepted", [v * d.rng.uniform(1.4, 3) for v in weeks])]
    made = charts.bars(d.study.look, [f"Week {n}" for n in range(1, 7)], series, "Estimates", (3.4, 2.8), stacked=True)
    found["case_study"] = [
        d.figure(made, "Estimates that were accepted, and measurements that were repeated, by week.")
    ]
    return found
