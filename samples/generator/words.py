"""Names of people, companies and places, and the numbers that identify them. All are invented."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from typing import TypeVar

from .stock import stock

T = TypeVar("T")
_NAMES = stock("names")
_FIRST, _LAST, _FORMS = _NAMES["first"], _NAMES["last"], _NAMES["forms"]
_CODES = {"en-GB": "GB", "en-US": "US", "en-EU": "NL", "de-DE": "DE", "de-CH": "CH", "fr-FR": "FR"}


def ascii_only(text: str) -> str:
    """Lower-case letters a to z of a name, for an address of the Internet."""
    text = text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(c for c in bare.lower() if c.isalnum())


def digits(rng: random.Random, count: int) -> str:
    """`count` digits, the first not 0."""
    return str(rng.randint(10 ** (count - 1), 10**count - 1))


def iban(country: str, rng: random.Random) -> str:
    """An IBAN in groups of four with check digits that hold (ISO 13616, mod 97)."""
    code = _CODES[country] if country != "en-US" else "GB"
    length = {"DE": 18, "CH": 17, "FR": 23}.get(code, 14)
    bank = {"GB": "NWBK", "NL": "ABNA"}.get(code, "")
    body = bank + digits(rng, length if not bank else {"GB": 14, "NL": 10}[code])
    as_number = "".join(str(int(c, 36)) for c in body + code + "00")
    whole = f"{code}{98 - int(as_number) % 97:02}{body}"
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))


def vat_id(country: str, rng: random.Random) -> str:
    """A VAT identification number of the form of its country."""
    forms = {
        "en-GB": f"GB {digits(rng, 3)} {digits(rng, 4)} {digits(rng, 2)}",
        "en-US": f"{digits(rng, 2)}-{digits(rng, 7)}",
        "en-EU": f"NL{digits(rng, 9)}B{rng.randint(10, 99)}",
        "de-DE": f"DE{digits(rng, 9)}",
        "de-CH": f"CHE-{digits(rng, 3)}.{digits(rng, 3)}.{digits(rng, 3)} MWST",
        "fr-FR": f"FR{digits(rng, 2)}{digits(rng, 9)}",
    }
    return forms[country]


def maybe(rng: random.Random, share: float, value: T) -> T | None:
    """`value`, or None in all but a `share` (0 to 1) of cases."""
    return value if rng.random() < share else None


def person(rng: random.Random, language: str = "en") -> str:
    """First and last name."""
    return f"{rng.choice(_NAMES['first'][language])} {rng.choice(_NAMES['last'][language])}"


def people(rng: random.Random, count: int, languages: str = "en de fr") -> list[str]:
    """`count` people, no last name twice."""
    found: dict[str, str] = {}
    while len(found) < count:
        name = person(rng, rng.choice(languages.split()))
        found.setdefault(name.split()[-1], name)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Company:
    """A company with its address; `place` is the line with the postal code, `city` its city alone."""

    name: str
    stem: str
    street: str
    place: str
    city: str
    vat_id: str
    iban: str
    country: str

    @property
    def domain(self) -> str:
        """Its Internet domain, under the top level that is kept free for examples (RFC 2606)."""
        return f"{ascii_only(self.stem)}.example"


def company(rng: random.Random, country: str, taken: str = "", trade: str | None = None) -> Company:
    """A company of `country` whose stem is not `taken`, in the business that sells the `trade`."""
    language = country[:2]
    stem = rng.choice([s for s in _NAMES["stems"] if s != taken])
    place = rng.choice(_NAMES["places"][country])
    pieces = place.replace(",", "").split()
    words = [w for w in pieces if (w.isalpha() and w.istitle()) or w == "St."]
    kind = rng.choice(_NAMES["sellers"][language][trade] if trade else _NAMES["fields"][language])
    shape = rng.choice(["{stem} {kind}", "{stem} {kind}", "{stem} & {last}", "{last} {kind}"])
    name = shape.format(stem=stem, kind=kind, last=rng.choice(_LAST[language]))
    return Company(
        name=f"{name} {rng.choice(_NAMES['forms'][country])}",
        stem=name.split()[0],
        street=rng.choice(_NAMES["streets"].get(country) or _NAMES["streets"][language]).format(n=rng.randint(2, 98)),
        place=place,
        city=" ".join(words),
        vat_id=vat_id(country, rng),
        iban=iban(country, rng),
        country=country,
    )
