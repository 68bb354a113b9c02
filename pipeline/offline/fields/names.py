"""Names of people and companies: how they look, and where one ends."""

from __future__ import annotations

import re

PERSON = re.compile(
    r"(?:(?:Dr|Prof|Mr|Mrs|Ms|M|Mme|Herrn?|Frau|Sir|Dame|Don|Doña|Sr|Sra|Ing|Dipl\.-Ing)\b\.?\s+)*"
    r"[A-ZÀ-ÖØ-ÞŠŽ][\w'’-]+(?:\s+(?:[A-ZÀ-ÖØ-ÞŠŽ]\.(?:\s?[A-Z]\.)?|de|del|de la|von|van|van der|der|zu|da|di|el|al|"
    r"bin|le|la|[A-ZÀ-ÖØ-ÞŠŽ][\w'’-]+)){1,4}"
)
SALUTATION = re.compile(r"^(?:Herrn?|Frau|Mrs?|Ms|Mme|Monsieur|Madame|Messrs|Señora?|Sra?)\.?\s+(?=[A-ZÀ-Ý])")
_LEGAL = re.compile(
    r"\b(?:GmbH(?:\s?&\s?Co\.?\s?KG(?:aA)?)?|AG|SE|KG|OHG|UG|e\.V\.|Inc\.?|Corp(?:oration)?\.?|LLC|L\.L\.C\.|LLP|"
    r"Ltd\.?|Limited|plc|PLC|"
    r"S\.A\.?(?:S\.?)?|SA|SAS|SARL|S\.à r\.l\.|S\.L\.?|S\.p\.A\.|SpA|S\.r\.l\.|B\.V\.|BV|N\.V\.|NV|N\.A\.|Co\.|"
    r"Company|Bank|Partners|"
    r"Group|Holdings?|Oy|AB|ApS|A/S|AS|Pty|National Association|& Co\.?|& Cie\.?|Bros\.?|Foundation|University|"
    r"Institute|Association)(?![\w])"
)


def is_company(text: str) -> bool:
    """Whether a line holds a legal form or the like of a company's name."""
    return bool(_LEGAL.search(text))


_COMPANY = re.compile(
    r"(?:[A-ZÀ-Ý][\w'’&.-]*\s(?:(?:&|and|und|et|of|de)\s)?){1,5}(?:GmbH(?: & Co\.? KG)?|AG|SE|KG|Inc\.?|Corp\.?|"
    r"Corporation|LLC|LLP|Ltd\.?|"
    r"Limited|plc|PLC|S\.A\.|SA|SAS|SARL|S\.p\.A\.|SpA|B\.V\.|BV|N\.V\.|NV|AB|ASA|Oyj?)(?![\w])"
)


def company_names(text: str) -> list[str]:
    """Every name with a legal form in a text."""
    return [match[0] for match in _COMPANY.finditer(text)]


_FORM_AHEAD = re.compile(
    r"(?:Inc|LLC|L\.L\.C|Ltd|Limited|LLP|N\.A|S\.A|Corp|plc|GmbH|AG|National Association|"
    r"[\w&. ]+ (?:& \w+|Incorporated|Inc\.?|LLC|Ltd\.?))\b"
)


def company_name(text: str) -> str:
    """The name at the head of a text: up to the address, the description or the bracket that follows it."""
    text = SALUTATION.sub("", text.strip('"“”„ '))
    text = re.split(r"\s[(\[„“\"]|[;|\t]| – | - |\s{3,}", text.strip('"“”„ '), maxsplit=1)[0]
    pieces = re.split(r"(,\s+)", text)
    name = pieces[0]
    for at in range(1, len(pieces) - 1, 2):
        if not _FORM_AHEAD.match(pieces[at + 1]):
            break
        name += pieces[at] + pieces[at + 1]
    form = list(_LEGAL.finditer(name))
    if form and re.match(r"[\s,]+\S*.*\d", name[form[-1].end() :]):
        name = name[: form[-1].end()]  # a street follows
    return name.strip(" ,;:")


def names_someone(text: str) -> bool:
    """Whether a text is the name of a person or of a company with its legal form, and nothing else."""
    return bool(PERSON.fullmatch(text)) or company_names(text)[:1] == [text]
