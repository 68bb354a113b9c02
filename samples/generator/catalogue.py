"""What is sold: patterns of goods and services with their prices, in three languages."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

Slots = dict[str, list[str]]

TRADES: dict[str, dict[str, list[tuple[str, float]]]] = {
    "en": {
        "office": [
            ("Copy paper A4, 80 g/m², box of {n} sheets", 24.9), ("Ring binder, {w} mm spine, {c}", 3.2),
            ("Ballpoint pen, {c}, pack of {k}", 6.75), ("Desk lamp, LED, {w} cm arm", 48.5), ("Toner cartridge TN-{n}, {c}", 89.9),
            ("Swivel chair, model {m}, {c}", 219.0), ("Whiteboard {w} x {k}0 cm, enamelled", 132.4), ("Sticky notes, {w} mm, pack of {k}", 4.15),
            ("Filing cabinet, {k} drawers, {c}", 184.0), ("Envelopes C5, window, box of {n}", 31.2), ("Monitor arm {m}, up to {k} kg", 76.3),
        ],
        "parts": [
            ("Hex bolt M{k} x {w}, zinc plated, box of {n}", 18.4), ("Ball bearing 60{k}-2RS", 7.85), ("Shaft seal {w} x {k}2 x 7, NBR", 4.6),
            ("Hydraulic hose DN{k}, {w} cm, both ends crimped", 41.7), ("Proximity sensor {m}, PNP, IP67", 56.2), ("V-belt SPZ {n}", 12.95),
            ("Gear motor {m}, 0.{k} kW", 389.0), ("Cable gland M{w}, {c}", 1.85), ("Control relay {m}, 24 V DC", 33.1),
            ("Machined flange, drawing {n}-{k}", 145.0), ("Lubricating grease, cartridge {n} g", 9.4), ("Pressure gauge {w} mm, 0-{k} bar", 27.6),
        ],
        "services": [
            ("Consulting, senior engineer, week {w}", 142.0), ("Project management, phase {k}", 128.0), ("On-site support, {p}", 96.5),
            ("Server hosting, {k} cores, {p}", 189.0), ("Software licence {m}, {k} users", 34.9), ("Data migration, batch {n}", 310.0),
            ("Security review of module {m}", 1250.0), ("Training day, group {k}", 1480.0), ("Travel expenses, {p}", 212.35), ("Backup storage, {n} GB, {p}", 0.12),
        ],
    },
    "de": {
        "office": [
            ("Kopierpapier A4, 80 g/m², Karton {n} Blatt", 24.9), ("Ordner, {w} mm, {c}", 3.2), ("Kugelschreiber {c}, {k} Stück", 6.75),
            ("Tonerkassette TN-{n}, {c}", 89.9), ("Drehstuhl Modell {m}, {c}", 219.0), ("Haftnotizen {w} mm, {k} Blöcke", 4.15),
            ("Schreibtischleuchte LED, Arm {w} cm", 48.5), ("Hängeregistratur, {k} Schübe, {c}", 184.0), ("Fensterumschläge C5, Schachtel {n}", 31.2),
        ],
        "parts": [
            ("Sechskantschraube M{k} x {w}, verzinkt, VPE {n}", 18.4), ("Rillenkugellager 60{k}-2RS", 7.85), ("Wellendichtring {w} x {k}2 x 7", 4.6),
            ("Hydraulikschlauch DN{k}, {w} cm", 41.7), ("Näherungsschalter {m}, PNP", 56.2), ("Keilriemen SPZ {n}", 12.95),
            ("Getriebemotor {m}, 0,{k} kW", 389.0), ("Kabelverschraubung M{w}, {c}", 1.85), ("Flansch, gefertigt nach Zeichnung {n}-{k}", 145.0),
        ],
        "services": [
            ("Beratung Senior, KW {w}", 142.0), ("Projektleitung, Phase {k}", 128.0), ("Vor-Ort-Support, {p}", 96.5), ("Server-Hosting, {k} Kerne, {p}", 189.0),
            ("Softwarelizenz {m}, {k} Nutzer", 34.9), ("Datenmigration, Los {n}", 310.0), ("Sicherheitsprüfung Modul {m}", 1250.0), ("Schulungstag, Gruppe {k}", 1480.0),
        ],
    },
    "fr": {
        "office": [
            ("Papier A4, 80 g/m², carton de {n} feuilles", 24.9), ("Classeur à levier, dos {w} mm, {c}", 3.2), ("Stylo à bille {c}, lot de {k}", 6.75),
            ("Cartouche de toner TN-{n}, {c}", 89.9), ("Fauteuil de bureau {m}, {c}", 219.0), ("Enveloppes C5 à fenêtre, boîte de {n}", 31.2),
            ("Lampe de bureau LED, bras {w} cm", 48.5), ("Armoire de classement, {k} tiroirs", 184.0),
        ],
        "parts": [
            ("Vis H M{k} x {w}, zinguée, boîte de {n}", 18.4), ("Roulement à billes 60{k}-2RS", 7.85), ("Joint d'arbre {w} x {k}2 x 7", 4.6),
            ("Flexible hydraulique DN{k}, {w} cm", 41.7), ("Capteur inductif {m}, PNP", 56.2), ("Motoréducteur {m}", 389.0), ("Bride usinée, plan {n}-{k}", 145.0),
            ("Presse-étoupe M{w}, {c}", 1.85),
        ],
        "services": [
            ("Conseil, ingénieur senior, semaine {w}", 142.0), ("Gestion de projet, phase {k}", 128.0), ("Assistance sur site, {p}", 96.5),
            ("Hébergement serveur, {k} cœurs, {p}", 189.0), ("Licence logicielle {m}, {k} utilisateurs", 34.9), ("Journée de formation, groupe {k}", 1480.0),
        ],
    },
}  # fmt: skip
_COLOURS = {"en": ["black", "blue", "grey", "red", "white"], "de": ["schwarz", "blau", "grau", "rot", "weiß"], "fr": ["noir", "bleu", "gris", "rouge", "blanc"]}  # fmt: skip
_PERIODS = {"en": ["January", "March", "May", "July", "October"], "de": ["Januar", "März", "Mai", "Juli", "Oktober"], "fr": ["janvier", "mars", "mai", "juillet", "octobre"]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Article:
    """One thing for sale: its number, its description and the price of one unit."""

    number: str
    description: str
    price: Decimal


def articles(rng: random.Random, language: str, trade: str, count: int) -> list[Article]:
    """`count` articles of a trade, no description twice."""
    found: dict[str, Article] = {}
    prefix = rng.choice(["", "A-", "{}-".format(rng.choice(["HX", "KL", "QM", "ST"]))])
    while len(found) < count:
        pattern, price = rng.choice(TRADES[language][trade])
        text = pattern.format(
            n=rng.choice(["100", "250", "500", "1200", "2500"]), w=rng.choice([16, 20, 25, 40, 50, 60, 75, 80]),
            k=rng.randint(2, 12), c=rng.choice(_COLOURS[language]), m=f"{rng.choice('ACEKRTX')}{rng.randint(12, 98)}0",
            p=f"{rng.choice(_PERIODS[language])}",
        )  # fmt: skip
        exact = Decimal(str(round(price * rng.uniform(0.7, 1.6), 2)))
        found.setdefault(text, Article(f"{prefix}{rng.randint(10000, 99999)}", text, exact))
    return list(found.values())
