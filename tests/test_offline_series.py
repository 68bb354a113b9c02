"""Figures over periods: rows of statements as records, each with its period, unit, scale and segment."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.offline.fields.periods import Period, columns_of
from tests.offline_chats import Json, extract

FISCAL = "Reporting period (e.g. 'FY2025 Q3', 'FY2025 H1', 'FY2025')."
ENTRY: Json = {
    "type": "object",
    "properties": {
        "value": {"anyOf": [{"type": "number"}, {"type": "null"}], "description": "Reported value, without the scale."},
        "unit": {"type": ["string", "null"], "description": "Currency or unit (e.g. 'USD', '%')."},
        "scale": {"type": ["integer", "null"], "description": "1000000 for millions, 1 for unscaled values."},
        "data_period": {"type": ["string", "null"], "description": FISCAL},
        "metric_type": {"type": ["string", "null"], "enum": ["actual", "guidance", None]},
        "segment_name": {"type": ["string", "null"], "description": "The segment. 'NA' for company-level metrics."},
        "segment_type": {
            "type": ["string", "null"],
            "enum": ["company", "business_segment", "geographic_segment", None],
        },
        "comparison_type": {"type": ["string", "null"], "enum": ["Yoy", "Qoq", None]},
    },
}

EARNINGS = """
## Statements of Earnings

(In millions, except per share amounts)

|  | THREE MONTHS ENDED SEPTEMBER 30, 2025 | 2024 | SIX MONTHS ENDED SEPTEMBER 30, 2025 | 2024 |
| --- | --- | --- | --- | --- |
| Total revenues | $ 412.5 | $ 380.0 | $ 800.1 | $ 741.9 |
| YoY Growth | 9 % | 4 % | 8 % | 5 % |
| Provision for income taxes | 22.0 | — | 41.5 | 38.0 |
| Net earnings | $ 61.0 | $ (3.5) | $ 118.2 | $ 50.0 |
| Diluted earnings per share | $ 1.22 | $ (0.07) | $ 2.36 | $ 1.00 |

The annual report for the fiscal year ended March 31, 2025 has more.
"""

BALANCE = """
## Balance Sheets

(In thousands)

|  | (Unaudited) September 30, 2025 | March 31, 2025 |
| --- | --- | --- |
| Cash and cash equivalents | $ 9,100 | $ 8,050 |
| Total assets | $ 54,300 | $ 51,200 |

Liabilities and equity

|  |  |  |  |
| --- | --- | --- | --- |
| Trade payables | $ 700 | $ | 640 |
| Total liabilities | 31,000 |  | 30,100 |
"""

FLOWS = """
## Statements of Cash Flows

(In millions)

Six Months Ended
September 30,

|  | 2025 | 2024 |
| --- | --- | --- |
| Net cash provided by operating activities | 88.0 | 71.4 |
| Repurchases of common stock | (12.5) | (9.0) |
"""

SEGMENTS = """
## Segment results

(In millions)

|  | Three Months Ended September 30, 2025 | 2024 | Six Months Ended September 30, 2025 | 2024 |
| --- | --- | --- | --- | --- |
| Pumps | $ 300.2 | $ 280.0 | $ 590.0 | $ 541.9 |
| Asia Pacific | 115.4 | 103.1 | 216.4 | 205.2 |
| Other | (3.1) | (3.1) | (6.3) | (5.2) |
|  | $ 412.5 | $ 380.0 | $ 800.1 | $ 741.9 |
"""


def metric(description: str = "") -> Json:
    return {"type": "array", "items": ENTRY, **({"description": description} if description else {})}


def figures(text: str, holder: str, **asked: Json) -> dict[str, dict[str, Any]]:
    """{metric: {period: value}} of what is found."""
    found = extract(text, {holder: {"type": "object", "properties": asked}})[holder]
    return {name: {one["data_period"]: one["value"] for one in found[name]} for name in asked}


def test_a_row_gives_a_record_for_each_period_in_the_words_of_the_schema() -> None:
    found = extract(EARNINGS, {"income_statement": {"type": "object", "properties": {"revenue": metric()}}})
    first = found["income_statement"]["revenue"][0]
    assert first == {
        "value": 412.5,
        "unit": "USD",
        "scale": 1_000_000,
        "data_period": "FY2026 Q2",
        "metric_type": "actual",
        "segment_name": "NA",
        "segment_type": "company",
        "comparison_type": None,
    }


def test_a_column_that_says_only_a_year_goes_on_with_the_span_of_the_one_before() -> None:
    found = figures(EARNINGS, "income_statement", net_income=metric(), diluted_eps=metric())
    assert found["net_income"] == {"FY2026 Q2": 61, "FY2025 Q2": -3.5, "FY2026 H1": 118.2, "FY2025 H1": 50}
    assert found["diluted_eps"] == {"FY2026 Q2": 1.22, "FY2025 Q2": -0.07, "FY2026 H1": 2.36, "FY2025 H1": 1}


def test_amounts_per_share_have_no_scale_and_a_dash_is_no_figure() -> None:
    asked = {"diluted_eps": metric(), "income_tax_expense": metric("Provision for income taxes")}
    found = extract(EARNINGS, {"income_statement": {"type": "object", "properties": asked}})["income_statement"]
    assert {one["scale"] for one in found["diluted_eps"]} == {1}
    taxes = {one["data_period"]: one["value"] for one in found["income_tax_expense"]}
    assert taxes == {"FY2026 Q2": 22, "FY2026 H1": 41.5, "FY2025 H1": 38}


def test_a_table_without_a_header_has_the_columns_of_the_one_above() -> None:
    found = figures(BALANCE, "balance_sheet", cash=metric(), accounts_payable=metric(), total_liabilities=metric())
    assert found["cash"] == {"FY2026 Q2": 9100, "FY2025": 8050}
    assert found["accounts_payable"] == {"FY2026 Q2": 700, "FY2025": 640}
    assert found["total_liabilities"] == {"FY2026 Q2": 31000, "FY2025": 30100}


def test_a_span_above_a_table_holds_for_its_years_and_what_is_bought_back_has_no_sign() -> None:
    text = f"{EARNINGS}\n{FLOWS}"
    asked = {"operating_cash_flow": metric(), "share_repurchases": metric("Share repurchases: cash used for shares")}
    found = figures(text, "cash_flow_statement", **asked)
    assert found["operating_cash_flow"] == {"FY2026 H1": 88, "FY2025 H1": 71.4}
    assert found["share_repurchases"] == {"FY2026 H1": 12.5, "FY2025 H1": 9}


def test_an_amount_of_money_is_no_number_of_shares() -> None:
    asked = {"shares_repurchased": metric("Shares repurchased: Number of common shares repurchased")}
    assert figures(f"{EARNINGS}\n{FLOWS}", "cash_flow_statement", **asked) == {"shares_repurchased": {}}


def test_spans_that_leave_open_which_column_is_which_give_nothing() -> None:
    text = FLOWS.replace("Six Months Ended\nSeptember 30,", "For the three and six months ended September 30,")
    asked = {"operating_cash_flow": metric()}
    assert figures(f"{BALANCE}\n{text}", "cash_flow_statement", **asked) == {"operating_cash_flow": {}}


def test_a_balance_is_no_flow() -> None:
    assert figures(f"{EARNINGS}\n{BALANCE}", "income_statement", total_assets=metric()) == {"total_assets": {}}


def test_growth_is_read_below_its_row_with_the_year_it_compares_with() -> None:
    asked = {"revenue_growth": metric("Percentage growth in revenue compared to a prior period.")}
    found = extract(EARNINGS, {"income_statement": {"type": "object", "properties": asked}})["income_statement"]
    growth = found["revenue_growth"]
    assert {one["data_period"]: one["value"] for one in growth} == {
        "FY2026 Q2": 9,
        "FY2025 Q2": 4,
        "FY2026 H1": 8,
        "FY2025 H1": 5,
    }
    assert {(one["unit"], one["comparison_type"], one["metric_type"]) for one in growth} == {("%", "Yoy", "actual")}


def test_segments_are_rows_that_add_up_to_the_whole() -> None:
    found = extract(
        f"{EARNINGS}\n{SEGMENTS}", {"income_statement": {"type": "object", "properties": {"revenue": metric()}}}
    )
    parts = [one for one in found["income_statement"]["revenue"] if one["segment_type"] != "company"]
    assert len(parts) == 12
    assert {(one["segment_name"], one["segment_type"]) for one in parts} == {
        ("Pumps", "business_segment"),
        ("Asia Pacific", "geographic_segment"),
        ("Other", "business_segment"),
    }
    assert {one["value"] for one in parts if one["data_period"] == "FY2026 Q2"} == {300.2, 115.4, -3.1}


def test_rows_that_do_not_add_up_are_no_segments() -> None:
    text = f"{EARNINGS}\n{SEGMENTS.replace('115.4', '151.4')}"
    found = extract(text, {"income_statement": {"type": "object", "properties": {"revenue": metric()}}})
    assert len(found["income_statement"]["revenue"]) == 4


def test_the_documents_own_period_is_that_of_its_latest_columns() -> None:
    asked: Json = {
        "report_period": {"type": ["string", "null"], "description": FISCAL},
        "report_period_end_date": {"type": ["string", "null"], "format": "date"},
    }
    assert extract(EARNINGS, asked) == {"report_period": "FY2026 Q2", "report_period_end_date": "2025-09-30"}


def test_another_period_than_the_reports_is_not_that_of_its_columns() -> None:
    day: Json = {"type": ["string", "null"], "format": "date"}
    asked: Json = {"billing_period_start": day, "grace_period_end": day}
    assert extract(EARNINGS, asked) == {"billing_period_start": None, "grace_period_end": None}


def test_without_a_scale_of_its_own_a_value_is_whole_and_a_date_is_the_end_of_its_period() -> None:
    item: Json = {
        "type": "object",
        "properties": {
            "value": {"type": ["number", "null"]},
            "period_end": {"type": ["string", "null"], "format": "date"},
        },
    }
    found = extract(BALANCE, {"total_assets": {"type": "array", "items": item}})
    assert found == {
        "total_assets": [
            {"value": 54_300_000, "period_end": "2025-09-30"},
            {"value": 51_200_000, "period_end": "2025-03-31"},
        ]
    }


@pytest.mark.parametrize(
    ("period", "year_end", "name"),
    [
        (Period(3, 2025, 3, 31), 12, "FY2025 Q1"),
        (Period(9, 2025, 9, 30), 12, "FY2025 YTD"),
        (Period(12, 2025, 12, 31), 12, "FY2025"),
        (Period(3, 2025, 1, 25), 7, "FY2025 Q2"),
        (Period(3, 2025, 8, 2), 1, "FY2026 Q2"),
        (Period(0, 2024, 6, 30), 6, "FY2024"),
        (Period(6, 2025, 3, 31), 12, ""),
        (Period(3, 2025, 2, 28), 12, ""),
    ],
)
def test_fiscal_names(period: Period, year_end: int, name: str) -> None:
    assert period.fiscal(year_end) == name


def test_columns_that_would_be_the_same_period_are_none() -> None:
    assert columns_of(["", "2025", "2024", "2025", "2024"], "Six Months Ended September 30,") == []
    spans = columns_of(["", "2025", "2024", "2025", "2024"], "Three Months Ended Six Months Ended September 30,")
    assert [column.period and column.period.months for column in spans] == [3, 3, 6, 6]
