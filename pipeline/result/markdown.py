"""The result for a person to read, in Markdown. All text of the document is shown as text: none of it is markup.

What could turn into a heading, a table, HTML, a link, a picture or a formula is escaped, bare addresses too, and what a
terminal would act on (control characters, marks that turn the direction of text) is left out.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote as quote_url

from pipeline.ask.pointers import names_of, step_of
from pipeline.ranges import format_ranges
from pipeline.result.model import (
    Evidence,
    ExtractionPart,
    Figure,
    HiddenText,
    PagePart,
    PicturePart,
    Result,
    SourcePart,
)

MAX_QUOTE = 160
"""Characters of a quote that are shown; the JSON has it whole."""

_SPECIAL = re.compile(r"([\\`*\[\]<>|~$@]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))")
"""A line within a word is no emphasis, and an ampersand alone no entity: names and companies stay readable."""
_LINE_START = re.compile(r"^([#+=:-](?=[\s#=:-]|$)|\d+(?=[.)](?:\s|$)))")
_ADDRESS = re.compile(r"(?i)(?<=[a-z])(:)(?=//)|(?<=www)(\.)|(?<=mailto)(:)|(?<=xmpp)(:)")
_JOINERS = "\u200c\u200d"
"""Not seen, but part of how Persian and Indic words are written."""


def escape(text: str) -> str:
    """The text as one line of Markdown that shows exactly its words."""
    seen = "".join(" " if char.isspace() else char for char in text if not _unseen(char))
    line = _SPECIAL.sub(r"\\\1", " ".join(seen.split()))
    line = _ADDRESS.sub(lambda found: f"\\{found[0]}", line)
    start = _LINE_START.match(line)
    if start:
        digits = start[1].isdigit()
        line = f"{start[1]}\\{line[start.end() :]}" if digits else f"\\{line}"
    return line


def _unseen(char: str) -> bool:
    if char.isspace():
        return False
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") and char not in _JOINERS


def to_markdown(result: Result) -> str:
    """The whole result: summary, key points, fields, figures, and what became of every page."""
    document = result.document
    blocks = [
        f"# {escape(document.title or document.file)}",
        _about(result),
        *_gaps(result),
        *_summary(result),
        *_extraction(result.extraction),
        *_figures(result.figures),
        *_coverage(result),
        *_hidden(result.hidden_text),
        *_warnings(result),
    ]
    return "\n\n".join(blocks) + "\n"


def _about(result: Result) -> str:
    document, run = result.document, result.run
    facts = [
        f"File: {escape(document.file)}, {_counted(document.page_count, 'page')}",
        f"Status: **{result.status}**",
        f"Engine: {escape(run.engine)}, model {escape(run.model)}"
        + ("" if run.generative else " (extractive: it copies sentences and values, and writes none)"),
        f"Cost: ${run.cost_usd:.4f}",
    ]
    return "\n".join(f"- {fact}" for fact in facts)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _gaps(result: Result) -> list[str]:
    """What failed stands at the top: whoever reads on has to know it."""
    if not result.coverage.gaps:
        return []
    rows = []
    for gap in result.coverage.gaps:
        at = f" {gap.page}" if gap.page else ""
        if gap.kind == "picture":
            what = f"Picture {escape(gap.id or '')} on page" if at else f"Picture {escape(gap.id or '')}"
        else:
            what = "Page" if gap.kind == "page" else escape(gap.id or "")
        rows.append(f"- {what}{at}: {escape(gap.reason)}")
    return ["## What is missing", "\n".join(rows)]


def _summary(result: Result) -> list[str]:
    summary = result.summary
    blocks = ["## Summary", *(_paragraphs(summary.text) or ["There is no summary."])]
    if summary.key_points:
        chosen_first = sorted(summary.key_points, key=lambda point: point.rank or len(summary.key_points) + 1)
        points = (f"- {escape(point.text)} ({_where(point.evidence)})" for point in chosen_first)
        blocks += ["## Key points", "\n".join(points)]
    if len(summary.sections) > 1:
        blocks.append("## Parts")
        for section in summary.sections:
            blocks += [f"### {escape(section.title)} ({_named(section.pages)})", *_paragraphs(section.text)]
    return blocks


def _paragraphs(text: str) -> list[str]:
    escaped = (escape(paragraph) for paragraph in re.split(r"\n\s*\n", text))
    return [paragraph for paragraph in escaped if paragraph]


def _where(evidence: Sequence[Evidence]) -> str:
    """The pages of some evidence, and what to think of it where it was not found in the text."""
    pages = format_ranges(one.page for one in evidence if one.page is not None)
    if not pages:
        sources = dict.fromkeys(one.source for one in evidence if one.source and one.match != "none")
        return escape(", ".join(sources)) or "not found in the document"
    matches = {one.match for one in evidence}
    if matches <= {"none"}:
        return f"{_named(pages)}, not found there"
    return f"{_named(pages)}, in a picture, not checked" if matches <= {"none", "picture"} else _named(pages)


def _named(pages: str) -> str:
    return f"page {pages}" if pages.isdigit() else f"pages {pages}"


def _extraction(extraction: ExtractionPart | None) -> list[str]:
    if extraction is None:
        return []
    rows: list[tuple[str, Any]] = []
    tables: list[tuple[str, list[dict[str, Any]]]] = []
    _collect("", extraction.data, rows, tables)
    blocks = ["## Fields"]
    if not extraction.valid:
        blocks.append("The data does not satisfy all of the schema's own rules.")
    blocks.append(_table(("Field", "Value", "Where", "Quote"), (_field(row, extraction) for row in rows)))
    for pointer, records in tables:
        blocks += [f"### {escape(_path(pointer))}", _records(pointer, records, extraction)]
    if extraction.conflicts:
        blocks.append("## Values that disagree")
        blocks += [_conflict(extraction, number) for number in range(len(extraction.conflicts))]
    return blocks


def _collect(
    pointer: str, value: Any, rows: list[tuple[str, Any]], tables: list[tuple[str, list[dict[str, Any]]]]
) -> None:
    """The leaves of the data as rows, its lists of records as tables."""
    if isinstance(value, Mapping):
        for name, child in value.items():
            _collect(f"{pointer}/{step_of(name)}", child, rows, tables)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        tables.append((pointer, value))
    else:
        rows.append((pointer, value))


def _path(pointer: str) -> str:
    """A pointer as a person reads it: "/seller/name" is "seller › name"."""
    return " › ".join(names_of(pointer))


def _field(row: tuple[str, Any], extraction: ExtractionPart) -> tuple[str, ...]:
    pointer, value = row
    found = extraction.evidence.get(pointer, ())
    if isinstance(value, list):
        found = tuple(one for number in range(len(value)) for one in extraction.evidence.get(f"{pointer}/{number}", ()))
    if not found:
        return escape(_path(pointer)), _shown(value), "", ""
    return escape(_path(pointer)), _shown(value), _where(found), _short(found[0].quote)


def _short(quote: str) -> str:
    line = " ".join(quote.split())
    return escape(line if len(line) <= MAX_QUOTE else line[: MAX_QUOTE - 1] + "…")


def _shown(value: Any) -> str:
    """A value in a cell; what was not found is a dash."""
    if value is None or value == []:
        return "–"
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        return "; ".join(_shown(item) for item in value)
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _records(pointer: str, records: Sequence[dict[str, Any]], extraction: ExtractionPart) -> str:
    columns = list(dict.fromkeys(name for record in records for name in record))
    rows = (
        (
            *(_shown(record.get(name)) for name in columns),
            _where(extraction.evidence.get(f"{pointer}/{number}", ())),
        )
        for number, record in enumerate(records)
    )
    return _table((*map(escape, columns), "Where"), rows)


def _conflict(extraction: ExtractionPart, number: int) -> str:
    conflict = extraction.conflicts[number]
    taken = "none was taken" if conflict.chosen is None else f"taken: {_shown(conflict.chosen)}"
    lines = [f"{escape(_path(conflict.pointer))} (rule {escape(conflict.rule)}; {taken})", ""]
    lines += [f"- {_shown(one.value)} ({_where(one.evidence)})" for one in conflict.candidates]
    return "\n".join(lines)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _figures(figures: Sequence[Figure]) -> list[str]:
    if not figures:
        return []
    blocks = ["## Figures"]
    for figure in figures:
        also = f", also on {_named(figure.also_on)}" if figure.also_on else ""
        place = f"page {figure.page}" if figure.page else escape(figure.source or "")
        blocks.append(f"### {escape(figure.id)}, {place}{also}")
        if figure.file:
            blocks.append(f"![{escape(figure.id)}]({quote_url(figure.file)})")
        blocks += [escape(text) for text in (figure.caption, figure.description) if text and escape(text)]
        rows = (
            " ".join(filter(None, map(escape, (one.series, one.x)))) + f": {escape(one.y)} {escape(one.unit)}"
            for one in figure.values
        )
        blocks += ["\n".join(f"- {row.strip()}" for row in rows)] if figure.values else []
    return blocks


def _coverage(result: Result) -> list[str]:
    """How many pages, pictures and sources have which fate, with the pages."""
    coverage = result.coverage
    rows = []
    everything: tuple[PagePart | PicturePart | SourcePart, ...] = (
        *coverage.pages,
        *coverage.pictures,
        *coverage.sources,
    )
    for fate in dict.fromkeys(one.fate for one in everything):
        pages = [one.page for one in coverage.pages if one.fate == fate]
        pictures = [one for one in coverage.pictures if one.fate == fate]
        sources = [one for one in coverage.sources if one.fate == fate]
        rows.append((fate, str(len(pages)), format_ranges(pages), str(len(pictures)), str(len(sources))))
    cited = f"Pages cited: {coverage.pages_cited or 'none'}."
    left = [f"- {escape(one.id)}: {escape(one.reason or '')}" for one in coverage.sources if one.fate == "excluded"]
    told = ["Left out by choice:\n\n" + "\n".join(left)] if left else []
    return ["## Coverage", _table(("Fate", "Pages", "Which", "Pictures", "Sources"), rows), *told, cited]


def _hidden(hidden: Sequence[HiddenText]) -> list[str]:
    """What no reader of the document sees, cut to a glance: the JSON has it whole."""
    if not hidden:
        return []
    places = ((f"Page {one.page}" if one.page else escape(one.source or "")) for one in hidden)
    rows = (
        f"- {place}, {escape(one.why)}: {escape(one.text[:MAX_QUOTE])}"
        for place, one in zip(places, hidden, strict=True)
    )
    return ["## Hidden text, not sent", "\n".join(rows)]


def _warnings(result: Result) -> list[str]:
    if not result.warnings:
        return []
    rows = (f"- {f'Page {one.page}: ' if one.page else ''}{escape(one.message)}" for one in result.warnings)
    return ["## Warnings", "\n".join(rows)]
