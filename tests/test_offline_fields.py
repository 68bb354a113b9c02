"""Fields from documents of many kinds and languages: what is found, and what is left null."""

from __future__ import annotations

from typing import Any

import pytest

from tests.offline_chats import Json, chat, content, evidence, extract, page

TEXT: Json = {"type": ["string", "null"]}
NUMBER: Json = {"type": ["number", "null"]}
INTEGER: Json = {"type": ["integer", "null"]}
DAY: Json = {"type": ["string", "null"], "format": "date"}


def number(description: str) -> Json:
    return {**NUMBER, "description": description}


def records(**properties: Json) -> Json:
    return {"type": "array", "items": {"type": "object", "properties": properties}}


PRESS = """
## Halden Instruments reports record year

Zurich, 12 March 2026. Halden Instruments AG today published its annual results. Revenue rose 8 % to EUR 412.6 million
in 2025, compared with EUR 382.0 million in 2024. Operating profit amounted to EUR 51.3 million (2024: EUR 44.9
million), which corresponds to an operating margin of 12.4 %.

Net income increased from EUR 30.1 million to EUR 36.8 million. At the end of December 2025 the group employed 2,315
people (2024: 2,198 employees). The Board of Directors proposes a dividend of CHF 2.40 per share.

"We are very satisfied", said Maria Keller, Chief Executive Officer. Chief Financial Officer Jonas Frei expects revenue
of more than EUR 430 million for 2026.
"""


def test_prose_gives_amounts_in_the_unit_that_is_asked_for() -> None:
    found = extract(
        PRESS,
        {
            "revenue": number("Group revenue for 2025 in EUR"),
            "operating_profit": number("Operating profit in millions of euros"),
            "operating_margin": number("in percent"),
            "net_income": NUMBER,
            "employees": INTEGER,
            "dividend_per_share": NUMBER,
        },
    )
    assert found == {
        "revenue": 412_600_000,
        "operating_profit": 51.3,
        "operating_margin": 12.4,
        "net_income": 36_800_000,
        "employees": 2315,
        "dividend_per_share": 2.4,
    }


def test_prose_gives_people_by_their_office_and_null_for_who_is_not_named() -> None:
    found = extract(PRESS, {"ceo": TEXT, "cfo": TEXT, "auditor": TEXT, "company": TEXT, "total_assets": NUMBER})
    assert found == {
        "ceo": "Maria Keller",
        "cfo": "Jonas Frei",
        "auditor": None,
        "company": "Halden Instruments AG",
        "total_assets": None,
    }


def test_an_amount_of_another_year_is_not_taken() -> None:
    assert extract("Revenue was EUR 382.0 million in 2024.", {"revenue": number("Revenue of 2025")}) == {
        "revenue": None
    }


STATEMENT = """
## Consolidated income statement

(in EUR million, except per share data)

|  | Note | 2025 | 2024 | Change |
| --- | --- | --- | --- | --- |
| Revenue | 3 | 1,204.5 | 1,122.0 | 7.4% |
| Cost of sales |  | (702.1) | (668.4) | 5.0% |
| Gross profit |  | 502.4 | 453.6 | 10.8% |
| Net profit |  | 108.4 | 92.6 | 17.1% |
| Earnings per share (EUR) |  | 3.42 | 2.91 | 17.5% |
"""


def test_a_table_gives_the_cell_of_the_row_and_the_year() -> None:
    found = extract(
        STATEMENT,
        {
            "revenue": number("Revenue of the latest year, in euros"),
            "revenue_2024": number("Revenue of 2024 in millions of euros"),
            "cost_of_sales": number("in EUR million"),
            "net_income": number("in EUR million"),
            "eps": number("Earnings per share in euros"),
            "headcount": INTEGER,
        },
    )
    assert found == {
        "revenue": 1_204_500_000,
        "revenue_2024": 1122,
        "cost_of_sales": 702.1,
        "net_income": 108.4,
        "eps": 3.42,
        "headcount": None,
    }


def test_a_quarter_is_no_year_and_several_columns_of_one_year_are_left_open() -> None:
    table = """
| | Three months ended June 30, 2025 | Six months ended June 30, 2025 |
| --- | --- | --- |
| Revenue | 100.5 | 220.0 |
"""
    assert extract(table, {"revenue": NUMBER}) == {"revenue": None}


@pytest.mark.parametrize("unit", ["", "(in EUR thousand)"])
def test_a_scale_that_is_not_stated_is_not_guessed(unit: str) -> None:
    table = f"{unit}\n\n| Item | 2025 |\n| --- | --- |\n| Revenue | 412 |\n| Net profit | 36 |"
    found = extract(table, {"revenue": number("in millions of euros")})
    assert found == {"revenue": 0.412 if unit else None}


LEASE = """
## Mietvertrag über Wohnraum

zwischen

Hausverwaltung Lindner GmbH, Gartenstraße 4, 04109 Leipzig (nachfolgend „Vermieter“)

und

Frau Petra Sommer, Am Ring 12, 04277 Leipzig (nachfolgend „Mieter“)

## § 2 Mietzeit

Das Mietverhältnis beginnt am 1. Juli 2024 und läuft auf unbestimmte Zeit. Die Kündigungsfrist beträgt drei Monate.

## § 3 Miete

Die monatliche Miete beträgt 845,00 EUR. Die Nebenkostenvorauszahlung beträgt 160,00 EUR.

Die Kaution beträgt 2.535,00 EUR.
"""


def test_a_german_lease_in_an_english_schema() -> None:
    found = extract(
        LEASE,
        {
            "landlord": TEXT,
            "tenant": TEXT,
            "start_date": DAY,
            "end_date": DAY,
            "monthly_rent": NUMBER,
            "deposit": NUMBER,
            "notice_period": TEXT,
            "currency": {**TEXT, "description": "ISO 4217 code"},
        },
    )
    assert found == {
        "landlord": "Hausverwaltung Lindner GmbH",
        "tenant": "Petra Sommer",
        "start_date": "2024-07-01",
        "end_date": None,
        "monthly_rent": 845,
        "deposit": 2535,
        "notice_period": "drei Monate",
        "currency": "EUR",
    }


MINUTES = """
## Procès-verbal de la réunion du conseil syndical

Date de la réunion : 14 novembre 2024
Présidente : Claire Moreau
Secrétaire de séance : Julien Petit

Présents : Claire Moreau, Julien Petit, Anne Dubois
Excusés : Lucie Bernard

| Action | Responsable | Échéance |
| --- | --- | --- |
| Signer le devis | Claire Moreau | 30/11/2024 |
| Informer les locataires | Julien Petit | 15/12/2024 |
"""


def test_french_minutes_with_lists_and_actions() -> None:
    strings = {"type": "array", "items": {"type": "string"}}
    found = extract(
        MINUTES,
        {
            "meeting_date": DAY,
            "chair": TEXT,
            "minute_taker": TEXT,
            "attendees": strings,
            "absent": strings,
            "actions": records(action=TEXT, responsible=TEXT, deadline=DAY),
        },
    )
    assert found == {
        "meeting_date": "2024-11-14",
        "chair": "Claire Moreau",
        "minute_taker": "Julien Petit",
        "attendees": ["Claire Moreau", "Julien Petit", "Anne Dubois"],
        "absent": ["Lucie Bernard"],
        "actions": [
            {"action": "Signer le devis", "responsible": "Claire Moreau", "deadline": "2024-11-30"},
            {"action": "Informer les locataires", "responsible": "Julien Petit", "deadline": "2024-12-15"},
        ],
    }


ORDER = """
PURCHASE ORDER

Order No: 4500098122	Order Date: 03/15/2025
Vendor: Apex Fasteners Inc.	Ship To: Delta Works, 400 Mill Rd, Akron, OH 44308
Payment Terms: Net 45	Delivery Date: 04/02/2025

| Item | Part Number | Description | Qty | UOM | Unit Price | Ext. Price |
| --- | --- | --- | --- | --- | --- | --- |
| 10 | AF-2201 | Hex bolt M8x40, zinc | 5,000 | EA | 0.085 | 425.00 |
| 20 | AF-9004 | Anchor kit, 12 pcs | 40 | KIT | 18.90 | 756.00 |
| | | Subtotal | | | | 1,181.00 |
"""
CONTINUED = """
| Item | Part Number | Description | Qty | UOM | Unit Price | Ext. Price |
| --- | --- | --- | --- | --- | --- | --- |
| 30 | AF-3310 | Lock washer M8 | 5,000 | EA | 0.012 | 60.00 |

Freight	58.50
Sales Tax (6.75%)	83.77
Order Total	$1,383.27
"""
LINES = records(
    item_no=INTEGER, part_number=TEXT, description=TEXT, quantity=NUMBER, unit=TEXT, unit_price=NUMBER, total=NUMBER
)


def test_line_items_over_two_pages_without_header_or_subtotal_rows() -> None:
    found = extract(page(ORDER, 1) + page(CONTINUED, 2), {"items": LINES})["items"]
    assert [(one["item_no"], one["part_number"], one["quantity"], one["total"]) for one in found] == [
        (10, "AF-2201", 5000, 425),
        (20, "AF-9004", 40, 756),
        (30, "AF-3310", 5000, 60),
    ]
    assert found[0]["description"] == "Hex bolt M8x40, zinc" and found[1]["unit"] == "KIT"


def test_each_record_has_its_own_row_and_page_as_evidence() -> None:
    text = page(ORDER, 1) + page(CONTINUED, 2)
    data = content(chat(text, {"type": "object", "properties": {"items": LINES}}))["data"]
    assert [number for _, number in evidence(data)] == [1, 1, 2]
    assert [quote.split(" | ")[1] for quote, _ in evidence(data)] == ["AF-2201", "AF-9004", "AF-3310"]


def test_labels_values_and_the_rate_within_a_label() -> None:
    found = extract(
        page(ORDER, 1) + page(CONTINUED, 2),
        {
            "order_number": TEXT,
            "order_date": DAY,
            "delivery_date": DAY,
            "vendor": TEXT,
            "freight": NUMBER,
            "tax_rate": number("Sales tax rate in percent"),
            "tax": number("Sales tax amount"),
            "order_total": NUMBER,
            "contact_email": {**TEXT, "format": "email"},
        },
    )
    assert found == {
        "order_number": "4500098122",
        "order_date": "2025-03-15",
        "delivery_date": "2025-04-02",
        "vendor": "Apex Fasteners Inc.",
        "freight": 58.5,
        "tax_rate": 6.75,
        "tax": 83.77,
        "order_total": 1383.27,
        "contact_email": None,
    }


def test_buyer_and_seller_keep_their_own() -> None:
    text = """
## Northgate Tools Ltd

12 Mill Lane
Leeds LS1 4DY
VAT no.: GB 123 4567 89

Bill to
Marlow Boatyard Ltd
1 Quay Street
Bristol BS1 4DJ
VAT no.: GB 987 6543 21
"""
    party = {"type": "object", "properties": {"name": TEXT, "city": TEXT, "vat_id": TEXT}}
    assert extract(text, {"seller": party, "buyer": party}) == {
        "seller": {"name": "Northgate Tools Ltd", "city": "Leeds", "vat_id": "GB 123 4567 89"},
        "buyer": {"name": "Marlow Boatyard Ltd", "city": "Bristol", "vat_id": "GB 987 6543 21"},
    }


def test_a_header_is_never_a_value() -> None:
    text = "| Invoice number | Due date | Customer |\n| --- | --- | --- |\n\nPayment terms:\nDelivery date:\n"
    fields = {"invoice_number": TEXT, "due_date": DAY, "customer": TEXT, "payment_terms": TEXT, "delivery_date": TEXT}
    assert set(extract(text, fields).values()) == {None}


def test_two_answers_as_good_as_each_other_give_none() -> None:
    assert extract("Deposit: 500.00\n\nDeposit: 750.00", {"deposit": NUMBER}) == {"deposit": None}
    assert extract("Deposit: 500.00\n\nDeposit: 500.00", {"deposit": NUMBER}) == {"deposit": 500}


def test_a_doubtful_date_is_null_until_another_settles_it() -> None:
    assert extract("Start date: 02/09/2025", {"start_date": DAY}) == {"start_date": None}
    assert extract("Start date: 02/09/2025\nEnd date: 25/09/2025", {"start_date": DAY}) == {"start_date": "2025-09-02"}


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ("The weather was fine and nobody said anything of money.", {"total": NUMBER, "invoice_number": TEXT}),
        ("Total number of chapters in this book: twelve.", {"total": NUMBER, "due_date": DAY}),
        ("Revenue Recognition Policy\n\nSee note 14 for details on revenue.", {"revenue": NUMBER}),
        ("Call us on 0800 123456 about your invoice.", {"invoice_number": TEXT, "vat_id": TEXT, "iban": TEXT}),
        ("| Date | Total |\n| --- | --- |\n| a | b |", {"date": DAY, "total": NUMBER}),
    ],
)
def test_what_is_not_said_is_null(text: str, properties: Json) -> None:
    assert set(extract(text, properties).values()) == {None}


AGREEMENT = """
SERVICE AGREEMENT

This agreement is made between

Calverton Supplies LLP, company number 78371149, of 34 Station Approach, Glasgow G2 5QD, hereinafter "the Provider";

and

Pinnacle Components plc, company number 85444844, of 75 Harbour Street, Leeds LS1 4DY, hereinafter "the Client".

9 TERM

This agreement takes effect on 15 Sep 2025 and continues for a first term of 12 months, ending on 14 Sep 2026. It renews
automatically unless a party objects.

20 REMUNERATION

The Client undertakes to pay a yearly service fee of GBP 3,600, invoiced in arrears.

24 APPLICABLE LAW AND DISPUTES

This agreement and any claim arising from it are governed by the laws of England and Wales.
"""


def test_terms_of_an_agreement() -> None:
    found = extract(
        AGREEMENT,
        {
            "title": TEXT,
            "parties": records(name=TEXT, role=TEXT, registration_number=TEXT),
            "effective_date": DAY,
            "end_date": DAY,
            "term_months": {**INTEGER, "description": "Length of the first term in months."},
            "automatic_renewal": {"type": ["boolean", "null"]},
            "fee": {"type": "object", "properties": {"amount": NUMBER, "period": {"enum": ["month", "year", None]}}},
            "governing_law": TEXT,
            "liability_cap": NUMBER,
        },
    )
    assert found == {
        "title": "SERVICE AGREEMENT",
        "parties": [
            {"name": "Calverton Supplies LLP", "role": "Provider", "registration_number": "78371149"},
            {"name": "Pinnacle Components plc", "role": "Client", "registration_number": "85444844"},
        ],
        "effective_date": "2025-09-15",
        "end_date": "2026-09-14",
        "term_months": 12,
        "automatic_renewal": True,
        "fee": {"amount": 3600, "period": "year"},
        "governing_law": "England and Wales",
        "liability_cap": None,
    }


PAPER = """
## Reading the Tides with Sparse Gauges

Rémi Marchand1, Margaux Fontenelle1 and Jürgen Reuter1
1 Technische Hochschule Rheintal

r.marchand@rheintal.example, m.fontenelle@rheintal.example, j.reuter@rheintal.example

Abstract. Methods that assess the tides depend on gauges that few can afford. This paper introduces a method that needs
three of them and holds its error below four centimetres on all the coasts that we studied.

Keywords: tides, sparse sensing, regression

## References

[1] K. Brandt. Yield forecasting revisited. Journal of Measurement 39, 128-185, 2006.
[2] T. Ashworth, M. Salvignac and C. Montreuil (2014). Thermal management of packs. Journal of Measurement 5, 64-106.
"""


def test_a_paper_with_authors_abstract_and_works_cited() -> None:
    found: dict[str, Any] = extract(
        PAPER,
        {
            "title": TEXT,
            "authors": records(name=TEXT, affiliation=TEXT, email={**TEXT, "format": "email"}),
            "abstract": TEXT,
            "keywords": {"type": "array", "items": {"type": "string"}},
            "references": records(number=INTEGER, title=TEXT, year=INTEGER),
        },
    )
    assert found["title"] == "Reading the Tides with Sparse Gauges"
    assert [author["name"] for author in found["authors"]] == ["Rémi Marchand", "Margaux Fontenelle", "Jürgen Reuter"]
    assert found["authors"][2] == {
        "name": "Jürgen Reuter",
        "affiliation": "Technische Hochschule Rheintal",
        "email": "j.reuter@rheintal.example",
    }
    assert found["abstract"].startswith("Methods that assess") and found["abstract"].endswith("that we studied.")
    assert found["keywords"] == ["tides", "sparse sensing", "regression"]
    assert found["references"] == [
        {"number": 1, "title": "Yield forecasting revisited", "year": 2006},
        {"number": 2, "title": "Thermal management of packs", "year": 2014},
    ]


def test_records_that_hold_records_take_one_table_each() -> None:
    table = "| Rank | Name | Team | Time |\n| --- | --- | --- | --- |\n"
    old = f"Age group: 90-94\n\n{table}| 1 | Jose PENALOZA | PERU | 59.84 |\n| 2 | Ito YANAGAWA | ITOMAN | 61.28 |"
    young = f"Age group: 85-89\n\n{table}| 1 | Tohru FURUKAWA | KAMOIKE | 33.74 |\n| 2 | Hiro ABE | EIAI | 39.04 |"
    text = page(old, 1) + page(young, 2)
    who = {"type": "object", "properties": {"athlete": TEXT, "team": TEXT}}
    inner = records(rank=INTEGER, time=TEXT, who=who)
    found = extract(text, {"age_groups": records(age_group=TEXT, results=inner)})["age_groups"]
    assert [(group["age_group"], len(group["results"])) for group in found] == [("90-94", 2), ("85-89", 2)]
    assert found[1]["results"][0] == {
        "rank": 1,
        "time": "33.74",
        "who": {"athlete": "Tohru FURUKAWA", "team": "KAMOIKE"},
    }


def test_authors_as_a_plain_list_and_all_the_authors_of_a_work_cited() -> None:
    found = extract(
        PAPER,
        {"authors": {"type": "array", "items": {"type": "string"}}, "references": records(authors=TEXT, title=TEXT)},
    )
    assert found["authors"] == ["Rémi Marchand", "Margaux Fontenelle", "Jürgen Reuter"]
    authors = [one["authors"] for one in found["references"]]
    assert authors == ["K. Brandt", "T. Ashworth, M. Salvignac and C. Montreuil"]
