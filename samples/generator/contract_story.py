"""How a contract is written and set: cover, parties, clauses, signatures, schedule."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Paragraph, Spacer, Table

from .formats import Writing
from .gold import Gold
from .ink import Signature
from .sheet import Face, style
from .stock import stock
from .words import digits, people

if TYPE_CHECKING:
    from .contract import Terms

TITLES = {
    "service": [
        "SERVICE AGREEMENT",
        "Master Services Agreement",
        "Agreement for the Provision of Services",
        "CONSULTING AGREEMENT",
    ],
    "lease": ["LEASE AGREEMENT", "Commercial Lease", "LEASE OF BUSINESS PREMISES", "Office Lease Agreement"],
}
OFFICES = [
    "Managing Director",
    "Chief Executive Officer",
    "Director",
    "Head of Procurement",
    "Chief Financial Officer",
    "Authorised Signatory",
]
PARTY_FORMS = [
    '({n}) <b>{name}</b>{number}, {address} (the "{role}")',
    '<b>{name}</b>{number}, of {address}, hereinafter "the {role}"',
    '<b>{name}</b>{number}, having its seat at {address}, referred to as the "{role}"',
]
REGISTER_FORMS = [", company number {}", " (registered under no. {})", ", entered in the register under number {}"]
HEADING_FORMS = ["{n}.  {head}", "§ {n}  {head}", "Clause {n} - {head}", "{n}  {upper}"]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the writer of one contract works with: the terms, the facts as marked words, and the styles."""

    terms: Terms
    words: dict[str, str]
    writing: Writing
    gold: Gold
    rng: random.Random
    text: Any
    head: Any
    type: Face


def desk(
    terms: Terms, words: dict[str, str], writing: Writing, gold: Gold, rng: random.Random, type_face: Face
) -> Desk:
    """A desk with styles of the seed's choice."""
    size = rng.choice([10.5, 11, 11.5])
    text = style(type_face.roman, size, lead=rng.choice([1.45, 1.55]), align="justify", spaceAfter=8)
    head = style(type_face.bold, size + 0.5, spaceBefore=8, spaceAfter=4, keepWithNext=1)
    return Desk(terms, words, writing, gold, rng, text, head, type_face)


def _filled(paragraph: str, words: dict[str, str]) -> str:
    """A paragraph with its facts; a sentence begins with a capital, whichever party it begins with."""
    for name in ("A", "B"):
        capital = words[name][:1].upper() + words[name][1:]
        paragraph = re.sub(rf"(^|\. |/>)\{{{name}\}}", rf"\g<1>{capital}", paragraph)
    return paragraph.format(**words)


def _money_and_term(d: Desk) -> list[tuple[str, list[str]]]:
    """The clauses that hold the terms: what the agreement is silent on has no sentence."""
    t, pick, phrases = d.terms, d.rng.choice, stock("contract")
    term = [pick(phrases["term"]["dated" if t.stated_end else "open"])]
    if t.renewal is not None:
        d.gold.put("/automatic_renewal", t.renewal)
        term.append(d.gold.mark("/automatic_renewal") + pick(phrases["term"]["renews" if t.renewal else "ends"]))
    ending = [pick(phrases["term"]["notice"])] if t.notice is not None else []
    given = {"pay": t.days, "late": t.late, "deposit": t.deposit}
    more = [pick(phrases["money"]["extra"])]
    more += [pick(phrases["money"][name]) for name, value in given.items() if value is not None]
    liability = [pick(phrases["money"]["cap"])] if t.cap is not None else []
    heads = ["Fees and payment", "Remuneration"] if t.kind == "service" else ["Rent", "Rent and charges"]
    return [
        (pick(["Term", "Term of the agreement", "Commencement and term"]), term),
        (pick(["Termination", "Ending the agreement"]), [*ending, pick(phrases["term"]["breach"])]),
        (pick(heads), [pick(phrases["money"][t.kind]), *d.rng.sample(more, len(more))]),
        (pick(["Liability and insurance", "Liability"]), [*liability, pick(phrases["money"]["insured"])]),
    ]


def _clauses(d: Desk) -> list[tuple[str, list[str]]]:
    """Headings and paragraphs, still with places for facts; the middle is in an order that the seed chooses."""
    pick, phrases = d.rng.choice, stock("contract")

    def chosen(clauses: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
        return [(pick(clause["heads"]), [pick(options) for options in clause["paragraphs"]]) for clause in clauses]

    own, common = chosen(phrases[d.terms.kind]), chosen(phrases["common"])
    rest = own[1:] + _money_and_term(d) + d.rng.sample(common, d.rng.randint(9, len(common)))
    d.rng.shuffle(rest)
    law = [pick(phrases["law"]["law"])]
    if d.terms.city is not None:
        law.append(pick(phrases["law"][pick(["court", "court", "arbitration"])]))
    return [own[0], *rest, (pick(["Governing law", "Applicable law and disputes", "Law and jurisdiction"]), law)]


def _parties(d: Desk) -> list[Flowable]:
    made: list[Flowable] = []
    form, register = d.rng.choice(PARTY_FORMS), d.rng.choice(REGISTER_FORMS)
    for index, (party, role) in enumerate(zip(d.terms.parties, d.terms.roles, strict=True)):
        number = ""
        if d.rng.random() < 0.7:
            number = register.format(d.gold.tag(f"/parties/{index}/registration_number", digits(d.rng, 8)))
        line = form.format(
            n=index + 1,
            name=d.gold.tag(f"/parties/{index}/name", party.name),
            number=number,
            address=f"{party.street}, {party.place}",
            role=d.gold.tag(f"/parties/{index}/role", role),
        )
        made.append(Paragraph(line + ("." if index else ";"), d.text))
        if index == 0:
            made.append(Paragraph("and", d.text))
    return made


def _signatures(d: Desk) -> Flowable:
    t, rng, w = d.terms, d.rng, d.writing
    names = people(rng, 2, "en" if t.parties[0].country[:2] == "en" else "de en")
    dates: list[str | None] = [None, None]
    if rng.random() < 0.85:
        latest = d.gold.tag("/signature_date", t.signed.isoformat(), w.date(t.signed))
        dates = [w.date(t.signed - timedelta(days=rng.randint(1, 6))), latest]
        rng.shuffle(dates)
    stamped = rng.randrange(2)
    columns = []
    for index, (party, role) in enumerate(zip(t.parties, t.roles, strict=True)):
        office = d.gold.tag(f"/parties/{index}/signatory_title", rng.choice(OFFICES))
        lines = [
            "Name: " + d.gold.tag(f"/parties/{index}/signatory", names[index]),
            f"Title: {office}",
            *([f"Date: {dates[index]}"] if dates[index] else []),
        ]
        heads: list[Flowable] = [Paragraph(f"For the {role}", d.text), Paragraph(f"<b>{party.name}</b>", d.text)]
        scrawl = Signature(rng.random(), party.name if index == stamped else None)
        columns.append([*heads, scrawl, *(Paragraph(line, d.text) for line in lines)])
    opening = rng.choice(
        [
            "Signed by the duly authorised representatives of the parties:",
            "IN WITNESS WHEREOF the parties have signed this agreement.",
        ]
    )
    plain = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    table = Table([columns], colWidths=[84 * mm, 84 * mm], style=plain)
    return KeepTogether([Paragraph(opening, d.text), Spacer(1, 5 * mm), table])


def _schedule(d: Desk) -> list[Flowable]:
    """Schedule 1: the services, or what belongs to the premises; a table that holds no term of the agreement."""
    title, heads = {
        "service": ("Schedule 1 - Services", ("No.", "Service", "Frequency")),
        "lease": ("Schedule 1 - Plan, fixtures and fittings", ("No.", "Item", "State on handover")),
    }[d.terms.kind]
    rows = stock("contract")["schedule"][d.terms.kind]
    chosen = d.rng.sample(rows, d.rng.randint(5, len(rows)))
    cells = [heads, *((str(n), *row) for n, row in enumerate(chosen, 1))]
    table = Table(
        [[Paragraph(cell, d.text) for cell in row] for row in cells],
        colWidths=[15 * mm, 95 * mm, 52 * mm],
        style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey)],
    )
    return [PageBreak(), Paragraph(title, d.head), Spacer(1, 4 * mm), table]


def _cover(d: Desk, title: str) -> list[Flowable]:
    centred = style(d.type.roman, 13, lead=1.5, align="center")
    names = [party.name for party in d.terms.parties]
    parts = ["between", f"<b>{names[0]}</b>", f"as {d.terms.roles[0]}", "and", f"<b>{names[1]}</b>"]
    parts.append(f"as {d.terms.roles[1]}")
    big = style(d.type.bold, 22, align="center", spaceAfter=14 * mm)
    return [
        Spacer(1, 62 * mm),
        Paragraph(d.gold.tag("/title", title), big),
        *(Paragraph(part, centred) for part in parts),
        PageBreak(),
    ]


def tell(d: Desk) -> tuple[str, list[Flowable]]:
    """Title and story of the agreement."""
    rng, t = d.rng, d.terms
    title = rng.choice(TITLES[t.kind])
    d.gold.put("/kind", t.kind)
    story = _cover(d, title) if rng.random() < 0.5 else []
    big = style(d.type.bold, 17, align="center", spaceAfter=6)
    story.append(Paragraph(d.gold.mark("/kind") + d.gold.tag("/title", title), big))
    if rng.random() < 0.6:
        year = t.signed.year
        number = rng.choice([f"{digits(rng, 4)}/{year}", f"C-{digits(rng, 6)}", f"AG-{year}-{digits(rng, 3)}"])
        label = rng.choice(["Contract no.", "Agreement no.", "Reference:"])
        marked = f"{label} {d.gold.tag('/contract_number', number)}"
        story.append(Paragraph(marked, style(d.type.roman, d.text.fontSize, align="center")))
    opening = rng.choice(["between", "made between", "This agreement is made between"])
    story += [Spacer(1, 10 * mm), Paragraph(opening, d.text), *_parties(d)]
    recitals = stock("contract")["recitals"][t.kind]
    story.append(Paragraph(rng.choice(["Recitals", "Background", "Preamble"]), d.head))
    story += [Paragraph(_filled(recital, d.words), d.text) for recital in rng.sample(recitals, rng.randint(1, 2))]
    form = rng.choice(HEADING_FORMS)
    for at, (heading, paragraphs) in enumerate(_clauses(d), 1):
        named = heading.replace("{B}", t.roles[1])
        story.append(Paragraph(form.format(n=at, head=named, upper=named.upper()), d.head))
        for part, paragraph in enumerate(paragraphs, 1):
            filled = _filled(paragraph, d.words)
            story.append(Paragraph(f"{at}.{part}  {filled}" if len(paragraphs) > 1 else filled, d.text))
    return title, [*story, Spacer(1, 10 * mm), _signatures(d), *_schedule(d)]
