"""Names of people, companies and places, and the numbers that identify them. All are invented."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

FIRST = {
    "en": "Amelia Daniel Grace Oliver Priya Marcus Hannah Theo Naomi Edward Leila Graham Ruth Simon Tessa Victor".split(),
    "de": "Anneliese Jürgen Katrin Matthias Sabine Tobias Ulrike Holger Franziska Sönke Birgit Lukas Mareike Volker".split(),
    "fr": "Hélène Julien Margaux Étienne Camille Benoît Sylvie Thibault Aurélie Guillaume Inès Rémi Chloé Laurent".split(),
}
LAST = {
    "en": "Whitcombe Okafor Hartley Pemberton Sandhu Ashworth Kincaid Marlowe Thackray Bellamy Osei Larkin Dunmore "
    "Prescott Fairbairn Quigley".split(),
    "de": "Brandstätter Vogelsang Reuter Krämer Lindqvist Osterkamp Hünemörder Petersen Achterberg Wiegand Falkner "
    "Dornbusch Steinmetz Ruhland".split(),
    "fr": "Delacroix Perrault Vasseur Montreuil Chastain Lefebvre Garnier Boissier Rousselin Tanguy Fontenelle Marchand "
    "Aubertin Salvignac".split(),
}
STEMS = (
    "Aldern Brightwell Calverton Dunmere Eastgate Ferrant Glasmoor Havel Ironleaf Juniper Kestrel Larkfield Meridale "
    "Northwick Orlan Pinnacle Quayside Rowanhurst Solvane Tidewater Umbra Vantor Westmark Yarrow Zephyr Altmark Norden "
    "Rheintal Lumière Bellerive"
).split()
FIELDS = {
    "en": "Components,Engineering,Logistics,Office Supplies,Instruments,Foods,Textiles,Analytics,Packaging,Marine,Energy".split(","),
    "de": "Werkzeugbau,Bürotechnik,Elektronik,Logistik,Verpackung,Anlagenbau,Medizintechnik,Lebensmittel,Druck".split(","),
    "fr": "Équipements,Bureautique,Emballages,Mécanique,Énergie,Textiles,Logistique,Instruments,Distribution".split(","),
}  # fmt: skip
SELLERS = {
    "en": {"office": ["Office Supplies", "Stationers", "Workspace"], "parts": ["Components", "Engineering", "Drives"], "services": ["Analytics", "Consulting", "Systems"]},
    "de": {"office": ["Bürotechnik", "Bürobedarf"], "parts": ["Werkzeugbau", "Antriebstechnik", "Industriebedarf"], "services": ["Systemhaus", "Beratung", "IT-Dienste"]},
    "fr": {"office": ["Bureautique", "Fournitures"], "parts": ["Mécanique", "Équipements"], "services": ["Conseil", "Systèmes", "Informatique"]},
}  # fmt: skip
"""Fields of business by what an invoice sells (the trades of `catalogue.TRADES`)."""
FORMS = {
    "en-GB": ["Ltd", "plc", "LLP"],
    "en-US": ["Inc.", "LLC", "Corp."],
    "en-EU": ["B.V.", "N.V.", "B.V."],
    "de-DE": ["GmbH", "GmbH & Co. KG", "AG"],
    "de-CH": ["AG", "GmbH"],
    "fr-FR": ["SARL", "SAS", "SA"],
}
PLACES = {
    "en-GB": ["Leeds LS1 4DY", "Bristol BS1 6QH", "Norwich NR3 1AX", "Glasgow G2 5QD", "Exeter EX4 3SR", "York YO1 7HH"],
    "en-US": ["Portland, OR 97205", "Columbus, OH 43215", "Austin, TX 78701", "Boise, ID 83702", "Albany, NY 12207"],
    "en-EU": ["1017 BS Amsterdam", "3512 JE Utrecht", "5611 EM Eindhoven", "9712 HN Groningen", "3011 AA Rotterdam"],
    "de-DE": ["20457 Hamburg", "70173 Stuttgart", "50667 Köln", "01067 Dresden", "90402 Nürnberg", "28195 Bremen"],
    "de-CH": ["8001 Zürich", "4051 Basel", "3011 Bern", "9000 St. Gallen", "6003 Luzern"],
    "fr-FR": ["69002 Lyon", "44000 Nantes", "67000 Strasbourg", "33000 Bordeaux", "31000 Toulouse", "59800 Lille"],
}
STREETS = {
    "en": ["{n} Harbour Street", "{n} Mill Lane", "Unit {n}, Foundry Park", "{n} Queen's Road", "{n} Station Approach"],
    "en-EU": ["Herengracht {n}", "Stationsplein {n}", "Maasboulevard {n}", "Nijverheidsweg {n}"],
    "de": ["Lindenstraße {n}", "Am Alten Hafen {n}", "Gewerbepark {n}", "Bahnhofstraße {n}", "Industrieweg {n}"],
    "fr": ["{n}, rue des Tanneurs", "{n} avenue Jean Moulin", "{n}, quai de la Fosse", "ZI Nord, {n} rue Ampère"],
}
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


def person(rng: random.Random, language: str = "en") -> str:
    """First and last name."""
    return f"{rng.choice(FIRST[language])} {rng.choice(LAST[language])}"


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


def company(rng: random.Random, country: str, taken: str = "", fields: list[str] | None = None) -> Company:
    """A company of `country` whose stem is not `taken`, in one of the `fields` of business."""
    language = country[:2]
    stem = rng.choice([s for s in STEMS if s != taken])
    place = rng.choice(PLACES[country])
    pieces = place.replace(",", "").split()
    words = [w for w in pieces if w.istitle() or w == "St."]
    kind = rng.choice(fields or FIELDS[language])
    shape = rng.choice(["{stem} {kind}", "{stem} {kind}", "{stem} & {last}", "{last} {kind}"])
    name = shape.format(stem=stem, kind=kind, last=rng.choice(LAST[language]))
    return Company(
        name=f"{name} {rng.choice(FORMS[country])}",
        stem=name.split()[0],
        street=rng.choice(STREETS.get(country, STREETS[language])).format(n=rng.randint(2, 98)),
        place=place,
        city=" ".join(words),
        vat_id=vat_id(country, rng),
        iban=iban(country, rng),
        country=country,
    )
