"""Two-column research papers: title block, sections, figures, tables, references."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from .charts import Pen, pen
from .formats import Writing, writing
from .gold import Gold
from .paper_pages import lay_out
from .prose import Prose
from .stock import stock
from .words import ascii_only, digits, maybe, people

COUNTRIES = ["en-GB", "en-US", "en-EU"]
NAMES = ["SPARSE", "Loess", "GRAIN", "Tandem", "FieldNet", "Ember", "Contour", "Relay", "Plumb", "Halyard"]
PATTERNS = [
    "{topic}: a survey",
    "A note on {topic}",
    "{topic} revisited",
    "Advances in {topic}",
    "Towards reliable {topic}",
    "{topic} under realistic conditions",
    "What drives {topic}?",
    "{topic}: methods and evidence",
    "Rethinking {topic}",
    "A critical look at {topic}",
    "Open problems in {topic}",
    "{topic} with few labels",
]


@dataclass(frozen=True, slots=True)
class Author:
    """One author: name, index of the institute, e-mail where it is printed."""

    name: str
    institute: int
    email: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of results: method, values of the metrics, spread of the first."""

    method: str
    values: tuple[float, ...]
    spread: float


@dataclass(frozen=True, slots=True)
class Study:
    """What was studied and found, before any words; None is what the paper does not print."""

    field: dict[str, Any]
    title: str
    name: str
    authors: list[Author]
    institutes: list[str]
    samples: int
    rows: list[Row]
    venue: str | None
    doi: str | None
    published: date | None
    code: str | None
    grant: str | None
    funder: str
    keywords: list[str]
    references: list[tuple[str, str, int]]
    look: Pen
    writing: Writing

    @property
    def sorted_rows(self) -> list[Row]:
        """Rows from best to worst by the first metric."""
        return sorted(self.rows, key=lambda row: row.values[0], reverse=self.field["direction"] == "up")


def headline(text: str) -> str:
    """Text with the capitals of a title."""
    small = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with", "without"}
    made = [word if word in small else word[:1].upper() + word[1:] for word in text.replace(": a ", ": A ").split()]
    return " ".join([made[0][:1].upper() + made[0][1:], *made[1:]])


def _rows(rng: random.Random, field: dict[str, Any], name: str) -> list[Row]:
    """Baselines, then the new method, which is the best of them."""
    up = field["direction"] == "up"
    best = rng.uniform(0.84, 0.95) if up else rng.uniform(2.1, 6.4)
    rows = []
    for method in rng.sample(field["baselines"], rng.randint(4, 6)):
        worse = rng.uniform(0.02, 0.18)
        first = best - worse if up else best * (1 + worse * 4)
        others = [rng.uniform(0.7, 0.9) if up else first * rng.uniform(0.6, 0.9), rng.uniform(0.62, 0.9)]
        rows.append(
            Row(method, tuple(round(v, 3 if up else 2) for v in (first, *others)), round(rng.uniform(0.004, 0.03), 3))
        )
    own = (best, rng.uniform(0.88, 0.96) if up else best * 0.7, rng.uniform(0.89, 0.95))
    rows.append(
        Row(f"{name} (ours)", tuple(round(v, 3 if up else 2) for v in own), round(rng.uniform(0.003, 0.012), 3))
    )
    return rows


def _references(rng: random.Random, field: dict[str, Any], before: int) -> list[tuple[str, str, int]]:
    """Authors, title and year of each work cited; no title twice."""
    found: dict[str, tuple[str, str, int]] = {}
    wanted = rng.randint(30, 46)
    while len(found) < wanted:
        topic = rng.choice(field["works"])
        title = rng.choice(PATTERNS).format(topic=topic)
        title = title[:1].upper() + title[1:]
        names = [f"{name[0]}. {name.split()[-1]}" for name in people(rng, rng.randint(1, 4))]
        who = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
        found.setdefault(title, (who, title, before - rng.randint(0, 14)))
    return list(found.values())


def study(rng: random.Random, field: dict[str, Any], country: str) -> Study:
    """One study in a field."""
    filled = {key: rng.choice(field[key]) for key in ("method", "target", "objects")}
    name = rng.choice(NAMES)
    words = filled | {"Method": filled["method"].capitalize(), "a_method": f"a {filled['method']}"}
    title = headline(rng.choice(field["titles"]).format(**words))
    institutes = rng.sample(stock("paper")["institutes"], rng.randint(1, 3))
    printed = rng.random() < 0.75
    authors = []
    for who in people(rng, rng.randint(3, 6)):
        at = rng.randrange(len(institutes))
        domain = ascii_only(institutes[at].split()[-1]) + ".example"
        address = f"{ascii_only(who[0])}.{ascii_only(who.split()[-1])}@{domain}"
        authors.append(Author(who, at, address if printed else None))
    if not printed:
        lead = authors[0]
        domain = ascii_only(institutes[lead.institute].split()[-1]) + ".example"
        authors[0] = replace(lead, email=maybe(rng, 0.8, f"{ascii_only(lead.name.split()[-1])}@{domain}"))
    published = date(rng.randint(2018, 2026), 1, 1) + timedelta(days=rng.randint(0, 360))
    return Study(
        field=field | {"chosen": filled},
        title=title,
        name=name,
        authors=authors,
        institutes=institutes,
        samples=rng.randint(84, 4800),
        rows=_rows(rng, field, name),
        venue=maybe(rng, 0.85, rng.choice(stock("paper")["venues"])),
        doi=maybe(rng, 0.75, f"10.{rng.randint(1000, 9999)}/{ascii_only(name)}.{published.year}.{digits(rng, 5)}"),
        published=maybe(rng, 0.65, published),
        code=maybe(rng, 0.6, f"https://code.{ascii_only(institutes[0].split()[-1])}.example/{ascii_only(name)}"),
        grant=maybe(rng, 0.6, f"{rng.choice(['EX', 'NR', 'AF'])}-{digits(rng, 4)}/{published.year - 3}"),
        funder=rng.choice(stock("paper")["funders"]),
        keywords=rng.sample(field["keywords"], rng.randint(4, 6)),
        references=_references(rng, field, published.year - 1),
        look=pen(rng),
        writing=writing(country, rng),
    )


def _fillings(s: Study, gold: Gold, rng: random.Random) -> dict[str, Any]:
    field, chosen = s.field, s.field["chosen"]
    count = len(s.references)

    def cite() -> str:
        numbers = sorted(rng.sample(range(1, count + 1), rng.randint(1, 3)))
        return "[" + ", ".join(map(str, numbers)) + "]"

    ranked = s.sorted_rows
    metric = field["metrics"][0]
    return {
        **{name: chosen[name] for name in ("method", "target", "objects")},
        **dict.fromkeys(("site", "site2"), field["sites"]),
        **dict.fromkeys(("work", "work2"), field["works"]),
        **dict.fromkeys(("variable", "variable2"), field["variables"]),
        **dict.fromkeys(("method_name", "Method_name"), s.name),
        **{name: lambda: rng.choice(s.rows[:-1]).method for name in ("baseline", "Baseline")},
        "Target": chosen["target"].capitalize(),
        "samples": field["samples"],
        "Samples_cap": field["samples"].capitalize(),
        "Variable": lambda: rng.choice(field["variables"]).capitalize(),
        "instrument": field["instruments"],
        "Instrument_cap": lambda: rng.choice(field["instruments"]).capitalize(),
        "baseline_count": str(len(s.rows) - 1),
        "metric_phrase": rng.choice([f"an average {metric}", f"a mean {metric}"]),
        "best": str(ranked[0].values[0]),
        "second": str(ranked[1].values[0]),
        "cite": cite,
        "sample_text": gold.tag("/sample_size", s.samples, s.writing.number(s.samples, 0)),
    }


def _abstract(prose: Prose) -> str:
    parts = stock("paper")["abstract"]
    return " ".join(prose.one(parts[name]) for name in ("opening", "approach", "evidence", "closing"))


def make(seed: int) -> tuple[bytes, dict[str, Any]]:
    """One paper as PDF, and its gold."""
    rng = random.Random(f"paper-{seed}")
    gold = Gold("research-paper")
    fields = stock("paper")["fields"]
    s = study(rng, fields[seed % len(fields)], COUNTRIES[seed % len(COUNTRIES)])
    fillings = _fillings(s, gold, rng)
    prose = Prose(rng, fillings)
    three = rng.sample(s.field["variables"], 3)
    prose.also({f"variable{n or ''}": name for n, name in zip(("", 2, 3), three, strict=True)})
    abstract = _abstract(prose)
    bare = abstract.replace(gold.mark("/sample_size"), "")
    prose.also({"variable": s.field["variables"], "variable2": s.field["variables"]})
    content = lay_out(s, gold.tag("/abstract", bare, "") + abstract, prose, gold, rng)
    return content, gold.finish()
