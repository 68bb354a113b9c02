"""Whether anything was lost in silence, stands on a wrong page, or was paid for twice: the result of a document held
against what the server received and answered, and against the facts that the document was made with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from pipeline.result.model import Result
from tests.faulty_documents import SeededFact
from tests.strict_log import Exchange, paid_twice
from tests.strict_reader import TOKEN
from tests.strict_wire import DRIP_SECONDS, DRIPS


def audit(
    result: Result | None, exchanges: Sequence[Exchange], facts: Sequence[SeededFact], *, complete: bool = False
) -> list[str]:
    """What is wrong, in words; nothing is the good case. `complete` says that there may be no gap.

    `result` is None where the run ended with an error and gave none.
    """
    found = [*paid_twice(exchanges), *_waited_for_ever(exchanges)]
    if result is None:
        answered = [one.number for one in exchanges if one.sound and one.arrived]
        found += [f"the run gave no result, but {answered} were answered"] if answered else []
        return found + (["the run gave no result"] if complete else [])
    if complete and result.status != "complete":
        found += [f"a gap: {gap.kind} {gap.page}: {gap.reason}" for gap in result.coverage.gaps]
    checks = (
        _books(result),
        _lost(result, exchanges, facts),
        _thrown_away(result, exchanges),
        _misplaced(result, exchanges, facts),
    )
    return found + [one for check in checks for one in check]


def _waited_for_ever(exchanges: Sequence[Exchange]) -> Iterator[str]:
    for one in exchanges:
        if one.ended is not None and one.ended - one.at > 0.9 * DRIPS * DRIP_SECONDS:
            yield f"{one.number} was waited for until the server gave up ({one.fault})"


def _books(result: Result) -> Iterator[str]:
    """The coverage in itself: every page once, every failure a gap with a reason, the status and the exit code true."""
    coverage = result.coverage
    if [one.page for one in coverage.pages] != list(range(1, result.document.page_count + 1)):
        yield "the pages are not each once in the coverage"
    pages: list[tuple[str, int, str | None]] = [
        ("page", one.page, None) for one in coverage.pages if one.fate == "failed"
    ]
    failed = {*pages, *(("picture", one.page, one.id) for one in coverage.pictures if one.fate == "failed")}
    if failed != {(gap.kind, gap.page, gap.id) for gap in coverage.gaps}:
        yield "the gaps are not what failed"
    yield from (f"a gap without a reason: {gap.kind} {gap.page}" for gap in coverage.gaps if not gap.reason.strip())
    if (result.status == "complete") != (not coverage.gaps):
        yield f"the status is {result.status} with {len(coverage.gaps)} gaps"
    # Summaries that could not be joined are no gap; the exit code tells where money or the endpoint was the reason.
    unjoined = any(one.fate == "failed" and one.kind == "merge" for one in result.requests)
    if bool(coverage.gaps) != bool(result.run.exit_code) and (coverage.gaps or not unjoined):
        yield f"the exit code is {result.run.exit_code} with {len(coverage.gaps)} gaps"


def _lost(result: Result, exchanges: Sequence[Exchange], facts: Sequence[SeededFact]) -> Iterator[str]:
    """Facts of what counts as answered that no answer read, or that are not where the result should have them."""
    arrived = [one for one in exchanges if one.arrived]
    read = {token for one in arrived for token in one.read}
    said = {token for one in arrived if one.sound for token in one.said}
    answered = {one.page for one in result.coverage.pages if one.fate == "answered"}
    shown = {one.page for one in result.coverage.pictures if one.fate in ("answered", "duplicate")}
    known = {one.page for one in result.coverage.pictures}
    doubted = _doubted(result)
    # Of the facts of a page without fields, key points are only the most important of a request, as many as have room.
    told = {"text": _records_told(result), "picture": _tokens([figure.description for figure in result.figures])}
    for fact in facts:
        what = f"{fact.token} on page {fact.page} ({fact.carrier})"
        if fact.carrier == "picture" and fact.page not in known:
            yield f"{what} has no fate"
        if fact.page not in (answered if fact.carrier == "text" else shown):
            continue
        if fact.token not in read:
            if fact.page in doubted:  # it is said that this may be
                continue
            yield f"{what} counts as answered, and no answer was about it"
        elif fact.token not in told[fact.carrier] and (result.extraction or fact.token in said):
            yield f"{what} counts as answered, and is not in the result"


def _doubted(result: Result) -> set[int]:
    """The pages of which the result itself says that they may not have arrived whole, request by request."""
    said = " ".join(one.message for one in result.warnings if one.code == "delivery-unconfirmed")
    named = set(re.findall(r"\br\d+(?:\.\d+)*", said))
    return {page.page for page in result.coverage.pages if named & set(page.requests)}


def _records_told(result: Result) -> set[str]:
    """The tokens of pages that the result holds: in its data, or in its key points where it has none."""
    return _tokens(result.extraction.data if result.extraction else result.summary.key_points)


def _tokens(value: Any) -> set[str]:
    return set(TOKEN.findall(str(value)))


def _thrown_away(result: Result, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Pages that count as failed although a sound answer about all of them, and all that was asked, arrived."""
    wanted = sorted(result.extraction.schema_["properties"]) if result.extraction else []
    failed = {one.page for one in result.coverage.pages if one.fate == "failed"}
    for one in exchanges:
        if one.sound and one.arrived and one.fields == wanted:
            whole = {page for page, part in one.shown if not part}
            yield from (f"page {page} failed, and was answered in {one.number}" for page in sorted(whole & failed))


def _misplaced(result: Result, exchanges: Sequence[Exchange], facts: Sequence[SeededFact]) -> Iterator[str]:
    """Facts on pages that they are not on, values that no page says, facts that no page holds."""
    by_token = {fact.token: fact for fact in facts}
    for point in result.summary.key_points:
        for evidence in point.evidence:
            yield from _on_another_page(evidence.quote, evidence.page, by_token)
    shared = [set(pages) for one in exchanges for pages in one.sheets]
    for figure in result.figures:
        beside = {page for pages in shared if figure.page in pages for page in pages}
        yield from _on_another_page(figure.description or "", figure.page, by_token, beside)
    if result.extraction is not None:
        yield from _records(result.extraction.data, result.extraction.evidence, by_token)


def _on_another_page(
    text: str, page: int | None, facts: dict[str, SeededFact], beside: Collection[int] = ()
) -> Iterator[str]:
    for token in TOKEN.findall(text):
        if token not in facts:
            yield f"{token} is said to be on page {page}, and is nowhere"
        elif page is not None and page != facts[token].page and facts[token].page not in beside:
            yield f"{token} is said to be on page {page}, and is on page {facts[token].page}"


def _records(data: dict[str, Any], evidence: Any, facts: dict[str, SeededFact]) -> Iterator[str]:
    seen: set[str] = set()
    for number, record in enumerate(data.get("record") or ()):
        fact = facts.get(record["serial"] or "")
        if fact is None:
            yield f"the record {record} is nowhere"
            continue
        if fact.token in seen:
            yield f"{fact.token} is there twice"
        seen.add(fact.token)
        if record["amount"] != fact.amount:
            yield f"{fact.token} has {record['amount']}, and the page says {fact.amount}"
        for one in evidence.get(f"/record/{number}", ()):
            if one.page is not None and one.page != fact.page:
                yield f"the record {fact.token} is said to be on page {one.page}, and is on page {fact.page}"
