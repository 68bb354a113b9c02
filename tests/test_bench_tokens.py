"""The bench that holds what documents cost against their pages sent as pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.arrival import Eyes
from benchmarks.carriers.catalogue import make
from benchmarks.tokens import Bill, Row, measure, table
from tests.pdfs import REPORT, make_pdf


def test_pages_of_text_cost_less_than_their_pictures(tmp_path: Path) -> None:
    row = measure(make_pdf(tmp_path / "report.pdf"), "report", None)
    assert row.pages == len(REPORT)
    assert row.renders.pictures == len(REPORT) * 2200  # A4 at 1,092 x 1,540
    assert row.ours.pictures == 0 and 100 < row.ours.text < row.renders.pictures
    assert row.ours.prompts > row.ours.text and row.renders.prompts > row.renders.pictures + row.renders.text
    assert measure(tmp_path / "report.pdf", "report", "2-3").pages == 2


@pytest.mark.slow
def test_facts_are_looked_for_both_ways(tmp_path: Path) -> None:
    data, facts = make(1, ["bookmarks", "picture: small"])
    (tmp_path / "made.pdf").write_bytes(data)
    row = measure(tmp_path / "made.pdf", "made", None, facts, Eyes())
    assert row.facts == len(facts) == row.ours.arrived
    assert 0 < (row.renders.arrived or 0) < row.facts  # a bookmark is on no page


def test_the_table_gives_tokens_and_dollars_both_ways() -> None:
    rows = [Row("deck", 3, Bill(900, 2000, 3200, 7), Bill(30, 6600, 6930, 5), 7)]
    *_, line = table(rows, 0.1)
    assert re.search(r"deck \| 3 \| 900 \| 2,000 \| 3,200 \| 0\.0003 \| 6,930 \| 0\.0007 \| 46% \| 7/7, 5/7 \|", line)
