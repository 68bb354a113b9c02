"""How a paper is set: a title block over two columns, figures and tables where the text speaks of them."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Frame,
    FrameBreak,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
)

from .gold import Gold
from .paper_figures import Desk, pictures, settings_table, site_table
from .prose import Prose
from .sheet import Bookmark, Meta, compose, face, plain, style
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
    ("quality", ["Quality of the Data", "Data Quality", "Threats to Validity"]),
    ("discussion", ["Discussion", "Discussion and Limitations"]),
    ("conclusion", ["Conclusion", "Conclusions"]),
]
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI"]


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
    made: list[Flowable] = []
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
    head = style(d.type.bold, d.size + 1.2, spaceBefore=8, spaceAfter=4)
    numbered = d.rng.choice(["{n}. {title}", "{n} {title}", "{roman}. {upper}"])
    shown = pictures(d)
    story: list[Flowable] = []
    for number, (name, titles) in enumerate(SECTIONS, 1):
        title = d.rng.choice(titles)
        patterns = stock("paper")["sections"][name]
        named = numbered.format(n=number, roman=ROMAN[number - 1], title=title, upper=title.upper())
        story += [CondPageBreak(64), Bookmark(title), Paragraph(named, head)]
        waiting = list(shown.get(name, []))
        for index, text in enumerate(d.prose.section(patterns)):
            opening = f"{_data_counts(d)} " if name == "data" and index == 0 else ""
            story.append(Paragraph(opening + text, d.text))
            if waiting:
                story.append(waiting.pop(0))
        story += waiting + _details(d, name)
    return story


def _details(d: Desk, section: str) -> list[Flowable]:
    """A paragraph on each site after the results, and on each baseline after the set-up."""
    sections = stock("paper")["sections"]
    run_in = style(d.type.roman, d.size, lead=1.4, align="justify", spaceAfter=5)
    if section == "results":
        topics, patterns = d.study.field["sites"], sections["by_site"]
    elif section == "setup":
        topics, patterns = [row.method for row in d.study.rows[:-1]], sections["by_baseline"]
    else:
        return []
    made: list[Flowable] = []
    for topic in topics:
        d.prose.also({"here": topic, "here_cap": topic[:1].upper() + topic[1:], "This": topic})
        text = " ".join(d.prose.section(d.rng.sample(patterns, len(patterns)), keep=1))
        made.append(Paragraph(f"<i>{topic[:1].upper() + topic[1:]}.</i> {text}", run_in))
    return made


def _back(d: Desk) -> list[Flowable]:
    s, gold, rng = d.study, d.gold, d.rng
    head = style(d.type.bold, d.size + 0.4, spaceBefore=7, spaceAfter=3, keepWithNext=1)
    story: list[Flowable] = []
    if s.grant:
        grant = gold.tag("/funding", s.grant)
        thanks = [
            f"This work was supported by {s.funder} under grant {grant}.",
            f"We thank {s.funder} (grant no. {grant}) and the staff at all sites.",
        ]
        story += [Paragraph(rng.choice(["Acknowledgements", "Funding"]), head), Paragraph(rng.choice(thanks), d.text)]
    if s.code:
        link = gold.tag("/code_url", s.code)
        where = [f"Code and data are available at {link}.", f"All scripts can be found under {link}."]
        story += [
            Paragraph(rng.choice(["Code and data", "Availability"]), head),
            Paragraph(rng.choice(where), d.small()),
        ]
    story += [Bookmark("References"), Paragraph("References", head), *_reference_list(d)]
    return [*story, *_appendices(d, head)]


def _appendices(d: Desk, head: Any) -> list[Flowable]:
    """After the references: how the work was done and with which settings, and the results in detail."""
    phrases = stock("paper")["sections"]
    story: list[Flowable] = []
    for letter, title, name in (("A", "Protocol", "protocol"), ("B", "Settings", "settings")):
        named = f"Appendix {letter}: {title}"
        story += [CondPageBreak(64), Bookmark(named), Paragraph(named, head)]
        story += [Paragraph(text, d.text) for text in d.prose.section(phrases[name])]
    named = "Appendix C: Results in Detail"
    wide = settings_table(d)
    tables = [site_table(d, split) for split in range(1, d.rng.randint(4, 10) + 1)]
    return [*story, wide, CondPageBreak(330), Bookmark(named), Paragraph(named, head), *tables]


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
    side = 19 * mm
    room = paper[0] - 2 * side
    column = (room - GAP) / 2
    d = Desk(s, prose, gold, rng, face(rng.choice(["serif", "serif", "stix"])), column, rng.choice([10.2, 10.5, 10.8]))
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
            running = (
                s.authors[0].name.split()[-1] + " et al."
                if page % 2 == 0
                else (s.title if len(s.title) < 75 else s.title[:72].rsplit(" ", 1)[0] + " ...")
            )
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
