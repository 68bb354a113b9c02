"""How a paper is set: a title block over two columns, figures and tables where the text speaks of them."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    Frame,
    FrameBreak,
    Image,
    KeepTogether,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from . import charts, photos
from .gold import Gold
from .prose import Prose
from .sheet import Bookmark, Face, Meta, compose, face, plain, style
from .stock import stock

if TYPE_CHECKING:
    from .paper import Study

GAP = 7 * mm
TOP = 20 * mm
SECTIONS = [
    ("introduction", ["Introduction", "Introduction and Motivation"]),
    ("related", ["Related Work", "Background"]),
    ("data", ["Data", "Materials", "Data Collection"]),
    ("method", ["Method", "Approach", "Methods"]),
    ("setup", ["Experimental Setup", "Experiments"]),
    ("results", ["Results", "Findings"]),
    ("sensitivity", ["Sensitivity Analysis", "Robustness"]),
    ("case_study", ["Use in Practice", "A Case Study"]),
    ("discussion", ["Discussion", "Discussion and Limitations"]),
    ("conclusion", ["Conclusion", "Conclusions"]),
]
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]
FORMULAS = [
    r"\mathcal{L}(\theta) = \frac{1}{N}\sum_{i=1}^{N} \frac{(y_i - \mu_\theta(x_i))^2}{2\sigma_\theta^2(x_i)} + \lambda\|\theta\|_1",
    r"h_t = \sigma(W_x x_t + W_h h_{t-1} + b), \quad \hat{y} = \frac{\sum_t \alpha_t h_t}{\sum_t \alpha_t}",
    r"p(y \mid x) = \int p(y \mid f)\, p(f \mid x, \mathcal{D})\, df",
]


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
        return style(self.type.roman, self.size, lead=1.32, align="justify", spaceAfter=4, firstLineIndent=9)

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
        rules = [
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


def _title_block(d: Desk, room: float) -> list[Flowable]:
    s, gold = d.study, d.gold
    big = style(d.type.bold, 18, lead=1.15, align="center", spaceAfter=9)
    centred = style(d.type.roman, 10, align="center", spaceAfter=2)
    several = len(s.institutes) > 1
    names = []
    for index, author in enumerate(s.authors):
        mark = f"<super size=6>{author.institute + 1}</super>" if several else ""
        where = gold.mark(f"/authors/{index}/affiliation")
        gold.put(f"/authors/{index}/affiliation", s.institutes[author.institute])
        names.append(where + gold.tag(f"/authors/{index}/name", author.name) + mark)
    marks = [f"<super size=6>{n + 1}</super>" if several else "" for n in range(len(s.institutes))]
    block = [Paragraph(gold.tag("/title", s.title), big), Paragraph(", ".join(names), centred)]
    block += [Paragraph(mark + plain(name), centred) for mark, name in zip(marks, s.institutes, strict=True)]
    mails = [gold.tag(f"/authors/{i}/email", a.email) for i, a in enumerate(s.authors) if a.email]
    if mails:
        lead = "Correspondence: " if len(mails) == 1 else ""
        block.append(Paragraph(lead + ", ".join(mails), style(d.type.italic, 8.5, align="center")))
    return [*block, Spacer(1, 6 * mm)]


def _front(d: Desk, abstract: str) -> list[Flowable]:
    s, gold = d.study, d.gold
    bold = style(d.type.roman, d.size - 0.5, lead=1.22, align="justify", spaceAfter=5)
    words = ", ".join(gold.tag(f"/keywords/{i}", word) for i, word in enumerate(s.keywords))
    label = d.rng.choice(["Keywords", "Index Terms", "Key words"])
    return [
        Paragraph(f"<b>{d.rng.choice(['Abstract', 'ABSTRACT', 'Summary'])}.</b> {abstract}", bold),
        Paragraph(f"<b>{label}:</b> {words}", bold),
        Spacer(1, 4),
    ]


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
    return d.table(note, cells, [0.4, 0.24, 0.18, 0.18])


def _other_table(d: Desk) -> Flowable:
    best = d.study.sorted_rows[0].values[0]
    worse = 1 if d.study.field["direction"] == "down" else -1
    cells = [["Variant", d.study.field["metrics"][0], "Change"], ["Full model", str(best), "-"]]
    for variable in d.rng.sample(d.study.field["variables"], 4):
        change = d.rng.uniform(0.01, 0.09)
        cells.append([f"without {variable}", f"{best * (1 + worse * change):.3f}", f"{worse * change * 100:+.1f} %"])
    return d.table("Ablation: one source of information is withheld at a time.", cells, [0.6, 0.2, 0.2])


def _site_table(d: Desk, split: int) -> Flowable:
    methods = [row.method for row in d.study.rows]
    names = [m.replace(" (ours)", "") for m in methods[:1] + methods[-2:]]
    cells = [["Site and fold", *names]]
    for site in d.study.field["sites"]:
        for fold in range(1, 5):
            values = [row.values[0] * d.rng.uniform(0.9, 1.1) for row in (d.study.rows[0], *d.study.rows[-2:])]
            cells.append([f"{site.removeprefix('the ')}, {fold}", *(f"{v:.2f}" for v in values)])
    return d.table(f"Results by site and fold, split {split}.", cells, [0.49, 0.17, 0.17, 0.17])


def _curves(d: Desk) -> Flowable:
    up = d.study.field["direction"] == "up"
    rows = [d.study.rows[0], d.study.rows[1], d.study.rows[-1]]
    shares = [10, 20, 40, 60, 80, 100]
    series = []
    for row in rows:
        slow = d.rng.uniform(0.1, 0.4)
        bend = [row.values[0] * (1 + (-1 if up else 1) * slow * (1 - share / 100) ** 2) for share in shares]
        series.append(charts.Series(row.method, bend, [abs(v) * 0.02 for v in bend]))
    made = charts.lines(d.study.look, shares, series, ("Share of labels (%)", d.study.field["metrics"][0]), (3.4, 2.4))
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
    ticks = [" ".join(site.removeprefix("the ").split()[:2]).replace(" ", "\n") for site in field["sites"]]
    series = [charts.Series("n", counts)]
    made = charts.bars(d.study.look, ticks, series, f"Number of {field['samples']}", (3.4, 2.3))
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
    made = charts.lines(d.study.look, levels, series, labels, (3.4, 2.2))
    return d.figure(made, d.prose.say("Effect of noise that was added to {variable}."))


def _pictures(d: Desk) -> dict[str, list[Flowable]]:
    """Figures, tables and formulas by the section that they belong to, in the order of their numbers."""
    data, main, curves, other = _data_figures(d), _main_table(d), _curves(d), _other_table(d)
    cloud = charts.points(d.study.look, d.rng, 260, ("Measured (scaled)", "Predicted (scaled)"), (3.4, 2.5))
    scatter = d.figure(cloud, d.prose.say("Predicted [against|versus] measured {target} on the test data."))
    found = {
        "data": data,
        "method": _formulas(d),
        "results": [main, curves, other, scatter],
        "sensitivity": [_noise_figure(d)],
    }
    weeks = [float(d.rng.randint(12, 60)) for _ in range(6)]
    series = [charts.Series("Repeated", weeks), charts.Series("Accepted", [v * d.rng.uniform(1.4, 3) for v in weeks])]
    made = charts.bars(d.study.look, [f"Week {n}" for n in range(1, 7)], series, "Estimates", (3.4, 2.2), stacked=True)
    found["case_study"] = [
        d.figure(made, "Estimates that were accepted, and measurements that were repeated, by week.")
    ]
    return found


def _data_counts(d: Desk) -> str:
    total = d.study.samples
    train = round(total * d.rng.choice([0.6, 0.7, 0.8]))
    return d.prose.say(
        f"In all, {{sample_text}} {{samples}} [entered the analysis|were analysed]; {train} served for training and "
        f"{total - train} for testing, after {d.rng.randint(3, 60)} had been excluded."
    )


def _reference_list(d: Desk) -> list[Flowable]:
    form = d.rng.choice(
        [
            "[{n}] {who}. {title}. {venue}, {year}.",
            "[{n}] {who} ({year}). {title}. {venue}.",
            '[{n}] {who}, "{title}," {venue}, {year}.',
        ]
    )
    made = []
    for index, (who, title, year) in enumerate(d.study.references):
        at = f"/references/{index}"
        venue = d.rng.choice(stock("paper")["venues"])
        line = form.format(
            n=d.gold.tag(f"{at}/number", index + 1),
            who=plain(who),
            title=d.gold.tag(f"{at}/title", title),
            year=d.gold.tag(f"{at}/year", year),
            venue=f"<i>{plain(venue)}</i> {d.rng.randint(2, 48)}, {d.rng.randint(1, 400)}-{d.rng.randint(401, 900)}",
        )
        made.append(Paragraph(line, d.small(leftIndent=14, firstLineIndent=-14, spaceAfter=2.5)))
    return made


def _body(d: Desk) -> list[Flowable]:
    head = style(d.type.bold, d.size + 1.2, spaceBefore=8, spaceAfter=4, keepWithNext=1)
    numbered = d.rng.choice(["{n}. {title}", "{n} {title}", "{roman}. {upper}"])
    pictures = _pictures(d)
    story: list[Flowable] = []
    for number, (name, titles) in enumerate(SECTIONS, 1):
        title = d.rng.choice(titles)
        patterns = stock("paper")["sections"][name]
        story += [Bookmark(title), Paragraph(numbered.format(n=number, roman=ROMAN[number - 1], title=title, upper=title.upper()), head)]  # fmt: skip
        waiting = list(pictures.get(name, []))
        for index, text in enumerate(d.prose.section(patterns)):
            opening = f"{_data_counts(d)} " if name == "data" and index == 0 else ""
            story.append(Paragraph(opening + text, d.text))
            if waiting:
                story.append(waiting.pop(0))
        story += waiting
    return story


def _back(d: Desk) -> list[Flowable]:
    s, gold, rng = d.study, d.gold, d.rng
    head = style(d.type.bold, d.size + 0.4, spaceBefore=7, spaceAfter=3, keepWithNext=1)
    story: list[Flowable] = []
    if s.grant:
        grant = gold.tag("/funding", s.grant)
        story += [Paragraph(rng.choice(["Acknowledgements", "Funding"]), head), Paragraph(rng.choice([f"This work was supported by {s.funder} under grant {grant}.", f"We thank {s.funder} (grant no. {grant}) and the staff at all sites."]), d.text)]  # fmt: skip
    if s.code:
        link = gold.tag("/code_url", s.code)
        story += [Paragraph(rng.choice(["Code and data", "Availability"]), head), Paragraph(rng.choice([f"Code and data are available at {link}.", f"All scripts can be found under {link}."]), d.small(align="left"))]  # fmt: skip
    story += [Bookmark("References"), Paragraph("References", head), *_reference_list(d)]
    story += [Bookmark("Appendix"), Paragraph("Appendix: Results in Detail", head)]
    return [*story, *(_site_table(d, split) for split in (1, 2, 3))]


def _imprint(s: Study, gold: Gold) -> str:
    """The line on the first page that says where and when the paper appeared."""
    parts = []
    if s.venue:
        parts.append(gold.tag("/venue", s.venue))
    if s.published:
        first, second = (s.writing.date(s.published - timedelta(days=days)) for days in (214, 61))
        day = gold.tag("/published", s.published.isoformat(), s.writing.date(s.published))
        parts.append(f"Received {first}; accepted {second}; published {day}")
    if s.doi:
        parts.append("doi: " + gold.tag("/doi", s.doi))
    return " · ".join(parts) or "Preprint"


def lay_out(s: Study, abstract: str, prose: Prose, gold: Gold, rng: random.Random) -> bytes:
    """The paper as PDF."""
    paper = LETTER if s.writing.currency == "USD" else A4
    side = 17 * mm
    room = paper[0] - 2 * side
    column = (room - GAP) / 2
    d = Desk(s, prose, gold, rng, face(rng.choice(["serif", "serif", "stix"])), column, rng.choice([10, 10.2, 10.5]))
    block = _title_block(d, room)
    high = sum(flowable.wrap(room, paper[1])[1] + flowable.getSpaceAfter() for flowable in block) + 6
    imprint = Paragraph(_imprint(s, gold), style(d.type.roman, 7.6, align="center"))
    bottom = 18 * mm

    def column_frames(height: float) -> list[Frame]:
        return [Frame(x, bottom, column, height, 0, 0, 0, 0) for x in (side, side + column + GAP)]

    def first(canvas: Canvas, _: Any) -> None:
        _, height = imprint.wrap(room, 40)
        imprint.drawOn(canvas, side, paper[1] - 12 * mm - height / 2)
        number(canvas, _)

    def number(canvas: Canvas, _: Any) -> None:
        canvas.setFont(d.type.roman, 8.5)
        page = canvas.getPageNumber()
        canvas.drawCentredString(paper[0] / 2, 10 * mm, str(page))
        if page > 1:
            running = s.authors[0].name.split()[-1] + " et al." if page % 2 == 0 else s.title[:70]
            canvas.drawCentredString(paper[0] / 2, paper[1] - 13 * mm, running)

    full = paper[1] - TOP - bottom
    title_frame = Frame(side, paper[1] - TOP - high, room, high, 0, 0, 0, 0)
    templates = [
        PageTemplate("first", [title_frame, *column_frames(full - high)], onPage=first),
        PageTemplate("rest", column_frames(full), onPage=number),
    ]
    story = [*block, NextPageTemplate("rest"), FrameBreak(), *_front(d, abstract), *_body(d), *_back(d)]
    meta = Meta(s.title, ", ".join(author.name for author in s.authors), s.venue or "")
    return compose(gold, meta, paper, templates, lambda: story)
