"""Values that sentences state: a figure beside its name, a party with its role, an amount that "rose to" something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.offline.fields.labels import Reading, likeness, statement_patterns, telling
from pipeline.offline.fields.names import company_name
from pipeline.offline.fields.source import Candidate, Source, Statement
from pipeline.offline.fields.values import Found, read
from pipeline.offline.fields.wanted import NUMERIC, Field
from pipeline.offline.wire import Wire

_CLOSE = 12
_REACH = 110
_STEP = (
    r"(?:of|was|were|is|are|be|shall|will|to|the|a|an|at|for|in|on|by|as|year|fiscal|financial|full|approximately|"
    r"about|around|some|"
    r"nearly|total|totall?ed|totall?ing|amount(?:s|ed|ing)?|reach(?:es|ed|ing)?|stood|stands|came|comes|equals?|"
    r"equal|increased?|"
    r"decreased?|rose|fell|grew|grown|climbed|declined|improved|dropped|up|down|payable|set|fixed|agreed|means|"
    r"hereby|further|again|"
    r"slightly|significantly|period|quarter|annual|monthly|N|Y|"
    r"ab|diesem|dieser|zeitpunkt|derzeit|currently|now|hat|haben|has|have|been|betrug|betrugen|beträgt|betragen|"
    r"belief|beliefen|sich|auf|von|der|die|das|im|in|bei|stieg|stiegen|sank|wuchs|erreichte|um|liegt|lag|jahr|"
    r"geschäftsjahr|rund|ca|wurde|wird|"
    r"est|était|s'élève|s'élevait|s’élève|s’élevait|s'établit|s’établit|atteint|atteignait|à|de|du|en|le|la|les|"
    r"progressé|a|augmenté|fixé|exercice|pour|environ|"
    r"fue|fueron|es|ascendió|alcanzó|aumentó|el|los|hasta|ejercicio)"
)
_BRIDGE = re.compile(
    rf"[\s,:’'\"”“()–-]*(?:from\s+N\s*(?:(?:in|for)\s+(?:fiscal\s+)?Y\s*)?(?=to\b))?(?:{_STEP}(?:[\s,:()–-]+|"
    rf"$))*(?:from\s+N\s*(?:in\s+Y\s*)?to\s*)?(?:{_STEP}(?:[\s,:()–-]+|$))*",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\s*(?:in|of|as|for|an|de|en|total|annual|net|von)?\s*(?:the)?\s*", re.IGNORECASE)
_VALUE_START = re.compile(
    r"(?<![\w.,])(?:[€$£¥]|US\$|[A-Z]{3}\s?\d|\d|\(?-?\d|[A-ZÀ-Ý]\w+ \d|(?:an?|one|two|three|four|five|six|nine|ten|"
    r"twelve|eighteen|thirty|sixty|ninety|zwei|drei|vier|sechs|zwölf|deux|trois|douze)\b)"
)
_CHANGE = re.compile(r"\bby\b(?!.*\bto\b)|\bum\b(?!.*\bauf\b)", re.IGNORECASE)
_QUALIFIER = re.compile(
    r"(?:adjusted|net|gross|operating|deferred|organic|other|non|segment|prior|previous|"
    r"comparable|pro forma|"
    r"bereinigte[rsn]?|sonstige|cost of|average|minimum|maximum|additional|late)[\s-]+$",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:compared (?:with|to)|versus|vs\.?|against|prior[- ]year|previous year|after|gegenüber|"
    r"vorjahr|nach|contre|contra|"
    r"frente a|up from|down from|year earlier)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ROLE_OPEN = re.compile(
    r"\((?:[^()]{0,60}?\b(?:the|as|als|der|die|das|le|la|el|hereinafter|nachfolgend|dénommée?|"
    r"ci-après|each an?|an?))?[\s,]*[\"“”„«‘']?\s*$",
    re.IGNORECASE,
)
_ROLE_CLOSE = re.compile(r"s?\s*[\"“”»’']?\s*(?:\)|,\s*(?:and|which|together))")
_STARTS = re.compile(
    r".*(?:\b(?:between|by and between|among|by|and|zwischen|und|entre|et|from|with|y|appointed|"
    r"to)\s+(?:\(?\d\)?\s*)?|[:;]\s+|\(\d\)\s+|^\d[.)]\s+)(?=[A-ZÀ-Ý])",
    re.DOTALL,
)
_ROLES = ("company", "person", "text")


def stated(wanted: Field, source: Source, wire: Wire) -> Iterator[Candidate]:
    """Every value that a sentence states for a field."""
    patterns = _patterns_of(wanted)
    names = [name for name in wanted.names if telling(name)]
    if wanted.kind == "enum" and not wanted.needs_parent:
        names += wanted.owner  # the period of a fee is told where the fee is
    words = set[str]().union(*names) if names else set()
    for statement in source.statements:
        for pattern in patterns:
            yield from _by_pattern(pattern, statement, wanted, source, wire)
        if any(words & mention[0] for mention in statement.mentions):
            yield from _by_mention(statement, names, wanted, source, wire)


def _patterns_of(wanted: Field) -> list[re.Pattern[str]]:
    found = []
    for concept, patterns in statement_patterns():
        if any(likeness(concept, name) > 0.84 for name in wanted.names):
            found += list(patterns)
    return found


def _by_pattern(
    pattern: re.Pattern[str], statement: Statement, wanted: Field, source: Source, wire: Wire
) -> Iterator[Candidate]:
    for match in pattern.finditer(statement.text):
        if "v" not in pattern.groupindex:
            if wanted.kind == "boolean":
                quote = _around(statement.text, match.start(), match.end())
                yield Candidate("yes" in pattern.groupindex, quote, statement.page, 0.82, statement.order)
            continue
        if "average" in match[0] and "average" not in wanted.description:
            continue
        got = read(wanted, match["v"], source.usage, wire)
        at = match["v"].find(got.piece) if got else -1
        if got and 0 <= at <= 14:
            quote = _around(statement.text, match.start(), match.start("v") + at + len(got.piece))
            yield Candidate(got.value, quote, statement.page, 0.82, statement.order)


def _by_mention(
    statement: Statement, names: list[Reading], wanted: Field, source: Source, wire: Wire
) -> Iterator[Candidate]:
    for words, start, end in _windows(statement):
        match = max((likeness(name, words, forgiven=wanted.context & frozenset(words)) for name in names), default=0.0)
        if match < 0.8:
            continue
        if _QUALIFIER.search(statement.text[:start]) and wanted.kind in NUMERIC:
            match *= 0.75
        if wanted.kind in _ROLES:
            yield from _role(statement, start, end, match, wanted, source, wire)
        elif wanted.kind == "enum":
            yield from _choice(statement, start, end, match, wanted, source, wire)
        elif wanted.kind not in ("long", "boolean", "currency", "code", "address"):
            yield from _figure(statement, start, end, match, wanted, source, wire)


def _windows(statement: Statement) -> Iterator[tuple[Reading, int, int]]:
    """Each mention, alone and joined with its next neighbours."""
    for at, (words, start, end) in enumerate(statement.mentions):
        yield words, start, end
        joined, last = words, end
        for more, next_start, next_end in statement.mentions[at + 1 : at + 3]:
            if next_start - last > _CLOSE:
                break
            joined, last = joined | more, next_end
            yield joined, start, last


def _figure(
    statement: Statement, start: int, end: int, match: float, wanted: Field, source: Source, wire: Wire
) -> Iterator[Candidate]:
    """A value behind the name, tied to it by words that link ("rose by 8 % to"); or before it ("1,200 employees")."""
    text = statement.text
    after = text[end : end + _REACH]
    for at in _value_starts(after):
        got = read(wanted, _clause(after[at:], wanted), source.usage, wire)
        if (
            got
            and after[at : at + 40].find(got.piece) in (0, 1, 2)
            and _linked(after[:at])
            and _this_year(text, end + at, got, wanted)
        ):
            quote = _around(text, start, end + at + len(got.piece))
            yield Candidate(
                got.value,
                quote,
                statement.page,
                match * (0.85 if at < 40 else 0.78) * max(got.fit, 0.9),
                statement.order,
            )
            break
    before = text[max(0, start - 48) : start]
    if re.search(r"\((?:in |FY ?)?(?:19|20)\d\d:?[^)]*$", before):
        return
    for at in reversed(list(_value_starts(before))):
        got = read(wanted, before[at:].strip(" ,"), source.usage, wire)
        if got and _BEHIND.fullmatch(before[at:].replace(got.piece, "", 1)) and wanted.kind in NUMERIC | {"duration"}:
            stop = max(0, start - 48) + at
            yield Candidate(got.value, _around(text, stop, end), statement.page, match * 0.78, statement.order)
            break


def _choice(
    statement: Statement, start: int, end: int, match: float, wanted: Field, source: Source, wire: Wire
) -> Iterator[Candidate]:
    """The one value of an enum that is named close to the thing it tells about ("a yearly fee of")."""
    near = statement.text[max(0, start - 22) : end + 36]
    got = read(wanted, near, source.usage, wire)
    if got:
        quote = _around(statement.text, max(0, start - 22), min(len(statement.text), end + 36))
        yield Candidate(got.value, quote, statement.page, match * 0.85 * got.fit, statement.order)


def _value_starts(text: str) -> Iterator[int]:
    """Where a figure, a date or an amount may begin."""
    for match in _VALUE_START.finditer(text):
        yield match.start()


def _clause(text: str, wanted: Field) -> str:
    """The value's own words, not those of the next figure."""
    return text[:34] if wanted.kind != "duration" else text[:48]


def _linked(gap: str) -> bool:
    """Whether the words between a name and a value only link the two."""
    if _PAST.search(gap) or _CHANGE.search(gap):
        return False
    plain = re.sub(
        r"(?:EUR|USD|GBP|CHF|[€$£])?\s?\d[\d.,]*\s?(?:%|percent|per cent|Prozent|(?:million|billion|Mio|Mrd)\w*\.?|"
        r"EUR|€)(?:\s?(?:EUR|€))?",
        " N",
        gap,
    )
    plain = re.sub(r"\b(?:19|20)\d\d(?:/\d\d)?\b", "Y", plain)
    plain = re.sub(r"\b\d[\d.,]*\b", "N", plain)
    return bool(_BRIDGE.fullmatch(plain))


def _this_year(text: str, at: int, got: Found, wanted: Field) -> bool:
    """Whether the year that follows a value (or stands before it) is the one the field asks for, if it asks for one."""
    asked = set(_YEAR.findall(f"{wanted.description} {' '.join(wanted.path)}"))
    behind = text[at + len(got.piece) : at + len(got.piece) + 24]
    said = _YEAR.search(re.split(r"[,;(]|\band\b", behind)[0]) if wanted.kind in NUMERIC else None
    others = [int(year) for year in _YEAR.findall(text)]
    if not said or wanted.kind == "year":
        return True
    return said[0] in asked if asked else int(said[0]) >= max(others)


def _role(
    statement: Statement, start: int, end: int, match: float, wanted: Field, source: Source, wire: Wire
) -> Iterator[Candidate]:
    """A name by its role: 'X (the "Borrower")', "X, as Administrative Agent", "Chief Executive Officer Jane Doe"."""
    text = statement.text
    opening = _ROLE_OPEN.search(text[:start])
    name, score, span = "", 0.0, (0, 0)
    if opening and _ROLE_CLOSE.match(text[end:]):
        name, score, span = name_before(text[: opening.start()]), 0.9, (opening.start(), end)
    elif found := re.search(
        r",?\s+(?:as|in its capacity as|als|en qualité de|in seiner Eigenschaft als)\s+(?:the\s+|an?\s+|sole\s+)?$",
        text[:start],
    ):
        name, score, span = name_before(text[: found.start()]), 0.84, (found.start(), end)
    elif found := re.match(r"[\"”]?\s*(?:is|means|ist|est|es|was|:)\s+(?:the\s+)?(?=[A-ZÀ-Ý\"„“])", text[end:]):
        name, score, span = company_name(text[end + found.end() :][:120]).rstrip("."), 0.74, (start, end + found.end())
    elif wanted.kind == "person":
        name, score, span = _person_beside(text, start, end)
    if not name or name not in text:
        return
    got = read(wanted, name, source.usage, wire)
    if got and got.piece in text and not source.is_label(got.piece):
        at = text.find(got.piece)
        quote = _around(text, min(at, span[0]), max(at + len(got.piece), span[1]))
        yield Candidate(got.value, quote, statement.page, match * score * max(got.fit, 0.9), statement.order)


_NAME = r"(?:(?:Dr|Prof|Mr|Mrs|Ms)\.?\s)?[A-ZÀ-Ý][\w'’-]+(?:\s(?:[A-Z]\.|de|von|van|[A-ZÀ-Ý][\w'’-]+)){1,3}"


def _person_beside(text: str, start: int, end: int) -> tuple[str, float, tuple[int, int]]:
    """A person right before the role, with a comma ("Jane Doe, Chair"), or right behind it ("Chair Jane Doe")."""
    before = re.search(rf"({_NAME})(?:,\s(?:our|the|its|unser\w*|die|der|notre)?\s?|\s\()(?:\w+\s)?$", text[:start])
    if before:
        return before[1], 0.84, (before.start(), end)
    behind = re.match(rf",?\s(?:is\s|ist\s|est\s)?({_NAME})", text[end:])
    return (behind[1], 0.82, (start, end + behind.end())) if behind else ("", 0.0, (0, 0))


def name_before(text: str) -> str:
    """The name that ends a piece of text: "between ACME Corp., a Delaware corporation" gives "ACME Corp."."""
    tail = text[-260:]
    cut = _STARTS.match(tail)
    tail = tail[cut.end() :] if cut else tail
    tail = re.sub(r"^(?:This|THIS)\b.*?\b(?:between|among)\s+", "", tail, flags=re.DOTALL)
    name = company_name(tail)
    return name if len(name) <= 90 and name[:1].isupper() else ""


def _around(text: str, start: int, end: int) -> str:
    """The words from start to end, whole words at both edges."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[start:end]
