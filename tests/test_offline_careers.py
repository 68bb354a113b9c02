"""Stations of a career: what stands beside, above and below the dates of a resume."""

from __future__ import annotations

from tests.offline_chats import Json, extract

TEXT: Json = {"type": ["string", "null"]}
JOB: Json = {
    "type": "object",
    "properties": {
        "employer": TEXT,
        "jobTitle": TEXT,
        "startDate": TEXT,
        "endDate": TEXT,
        "isCurrent": {"type": ["boolean", "null"]},
    },
}
SCHOOL: Json = {
    "type": "object",
    "properties": {"institution": TEXT, "degree": TEXT, "start_year": {"type": "integer"}, "end_year": TEXT},
}
ASKED: Json = {"workExperience": {"type": "array", "items": JOB}, "education": {"type": "array", "items": SCHOOL}}

RESUME = """
## Ada Lindqvist

## PROFESSIONAL EXPERIENCE

## Head of Metrology

Norrby Instruments | Uppsala | 2019 – Present

Leads a group of nine; introduced interferometry in 2021.

## Research Engineer

Technical Office of Lund | 2011-2019

## EDUCATION

Lund University - MSc Physics

2006 - 2011

## AWARDS

## Best Paper

Society of Measurement | 2014 - 2015
"""


def test_the_title_stands_above_and_the_employer_beside_the_dates() -> None:
    jobs = extract(RESUME, ASKED)["workExperience"]
    assert jobs == [
        {
            "employer": "Norrby Instruments",
            "jobTitle": "Head of Metrology",
            "startDate": "2019",
            "endDate": None,
            "isCurrent": True,
        },
        {
            "employer": "Technical Office of Lund",
            "jobTitle": "Research Engineer",
            "startDate": "2011",
            "endDate": "2019",
            "isCurrent": False,
        },
    ]


def test_of_two_names_above_the_dates_the_organisation_is_the_place() -> None:
    schools = extract(RESUME, ASKED)["education"]
    assert [(one["institution"], one["degree"]) for one in schools] == [("Lund University", "MSc Physics")]
    assert [(one["start_year"], one["end_year"]) for one in schools] == [(2006, "2011")]


def test_two_names_of_which_neither_is_an_organisation_give_nothing() -> None:
    text = RESUME.replace("Lund University - MSc Physics", "Uppsala - MSc Physics")
    assert extract(text, ASKED)["education"] == []


def test_other_sections_hold_no_stations() -> None:
    text = RESUME.replace("PROFESSIONAL EXPERIENCE", "REFERENCES")
    assert extract(text, ASKED)["workExperience"] == []
