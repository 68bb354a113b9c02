"""Page ranges as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.ranges import format_ranges, parse_ranges


@given(st.sets(st.integers(1, 300), min_size=1))
def test_what_is_written_reads_back(pages: set[int]) -> None:
    assert parse_ranges(format_ranges(pages), 300) == tuple(sorted(pages))


def test_open_ends_and_ends_beyond_the_document_stop_at_its_last_page() -> None:
    assert parse_ranges("1-2, 9-", 11) == (1, 2, 9, 10, 11)
    assert parse_ranges("10-99", 11) == (10, 11)
    assert format_ranges([3, 1, 2, 12]) == "1-3, 12"
    assert format_ranges([]) == ""


@pytest.mark.parametrize("text", ["", "a", "0", "5-2", "40", "1,,2", "-3", "1-2-3"])
def test_what_names_no_page_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_ranges(text, 20)
