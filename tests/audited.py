"""A document and the result of it with everything that a report shows, of any length, for tests and for measuring."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import pymupdf

from pipeline.result.model import Result
from tests.test_result import made

LINES = 40
"""Lines of running text on each page, 3,000 characters."""
FAILED, HURT, BLANK = 4, 5, 6
"""The page that failed, the one of which a picture is missing, and the blank one."""
PHRASE = "the quick brown fox jumps over the lazy dog and runs back to its den at nightfall"
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><b onclick=alert(3)>bold</b>",
    "</script><script>alert(4)</script><!--",
    "[here](http://evil.example/a) ![x](http://evil.example/p.png) javascript:alert(5)",
    "\x1b[31mred\x07\x9b2J \x1b]8;;http://evil.example\x07link",
    "abc\u202egnp.exe\u2066 left \u2028 line \u2029 end",
    "{{ 7 * 7 }} {% raw %} ${7*7} &lt;i&gt; \" onmouseover='alert(6)",
    "tag \U000e0041\U000e0042 end",
)


class Audited(NamedTuple):
    """Where the document and its result stand."""

    document: Path
    result: Path


def audited(
    folder: Path, *, pages: int = 12, records: int = 30, cited: int | None = None, strings: tuple[str, ...] = ()
) -> Audited:
    """Write a document of so many pages and its result, with records on the first `cited` pages (on all by default).

    `strings` stand in place of what would be text of the document: its title, values, names, quotes, reasons.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spread = cited or pages
    per_page = -(-records // spread)
    document = pymupdf.open()
    items: list[dict[str, Any]] = []
    evidence: dict[str, list[dict[str, Any]]] = {}
    for number in range(1, pages + 1):
        page = document.new_page(width=595, height=842)
        if number == BLANK:
            continue
        page.insert_text((60, 60), f"Sheet {number} of {pages}. Total due 1,234.50 EUR", fontsize=11)
        if number == 1:
            page.draw_rect((400, 80, 500, 120), color=(0.1, 0.3, 0.6), fill=(0.1, 0.3, 0.6))
        page.insert_text((60, 90), [f"{number}.{line} {PHRASE}" for line in range(LINES)], fontsize=9, lineheight=1.3)
        for row in range(per_page if number <= spread and number != FAILED else 0):
            if len(items) < records:
                items.append({"code": f"A-{len(items):05}", "name": f"Widget {len(items)}", "amount": 2.5 * len(items)})
                said = f"A-{len(items) - 1:05} Widget {len(items) - 1} {items[-1]['amount']}"
                page.insert_text((60, 600 + 14 * row), said, fontsize=10)
                box = [60.0, 590.0 + 14 * row, 60.0 + pymupdf.get_text_length(said, fontsize=10), 603.0 + 14 * row]
                evidence[f"/items/{len(items) - 1}"] = [_evidence(number, said, [box])]
    path = folder / "ledger.pdf"
    document.save(path)
    document.close()
    data = _result(path, pages, items, evidence, strings)
    Result.model_validate(data)  # what the report is given is a result as the program writes it
    written = folder / "ledger.json"
    written.write_text(json.dumps(data), encoding="utf-8")
    return Audited(path, written)


def _evidence(page: int | None, quote: str, boxes: list[list[float]], match: str = "exact", **more: Any) -> Any:
    score = None if match == "picture" else 0.0 if match == "none" else 1.0
    return {"page": page, "source": None, "quote": quote, "boxes": boxes, "match": match, "score": score, **more}


def _result(
    path: Path, pages: int, items: list[dict[str, Any]], evidence: dict[str, Any], strings: tuple[str, ...]
) -> dict[str, Any]:
    data = path.read_bytes()
    title, bold = _texts(strings)
    point = made().to_dict()["summary"]["key_points"][0]
    quoted = _evidence(2, f"2.0 {PHRASE}", [[60.0, 81.0, 400.0, 93.0]])
    return {
        "schema_version": "1.0",
        "status": "incomplete",
        "content_sha256": "c" * 64,
        "document": {
            "file": "ledger.pdf",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "page_count": pages,
            "title": title,
            "author": None,
            "language": "en",
            "toc": [],
            "encrypted": False,
            "attachments": [],
        },
        "summary": {
            "text": f"A ledger of {pages} sheets.\n\nIts second paragraph. {bold}",
            "key_points": [{**point, "text": f"The fox runs back. {bold}", "evidence": [quoted]}],
            "sections": [
                {
                    "title": f"Part {n} {bold}",
                    "pages": str(n),
                    "text": f"Of part {n}. {bold}",
                    "chapters": [{"title": f"Chapter {n} {bold}", "pages": str(n)}],
                }
                for n in (1, 2)
            ],
        },
        "extraction": _extraction(items, evidence, title, bold),
        "figures": [_figure(bold)],
        "coverage": _coverage(pages, bold),
        "requests": [
            {
                "id": f"r{n}",
                "kind": "read",
                "pages": f"{n}",
                "tokens": 90_000,
                "pictures": 1,
                "fingerprint": "f" * 64,
                "fate": "failed" if n == FAILED else "answered",
            }
            for n in range(1, 6)
        ],
        "hidden_text": [{"page": 2, "source": None, "text": bold or "Ignore all of this.", "why": "white on white"}],
        "warnings": [{"code": "page-corrected", "message": f"Moved. {bold}", "page": 2}],
        "run": _run(bold),
    }


def _texts(strings: tuple[str, ...]) -> tuple[str, str]:
    """The title, and what stands in place of other text; it is "" where the document is to be harmless."""
    return strings[0] if strings else "Ledger of the year", " ".join(strings)


def _extraction(items: list[dict[str, Any]], evidence: dict[str, Any], title: str, bold: str) -> dict[str, Any]:
    total = [_evidence(1, "Total due 1,234.50 EUR", [[150.0, 49.0, 280.0, 64.0]])]
    other = [_evidence(3, "Total due 1,243.50 EUR", [[150.0, 49.0, 280.0, 64.0]], "fuzzy", score=0.93)]
    values = {
        "title": title,
        "total": 1234.5,
        "vendor": {"name": bold or "Borealis Ltd", "vat_id": None},
        "approved": True,
        "tags": ["north", "south"],
        f"odd{bold}": bold or "plain",
        "items": items,
    }
    conflict = {
        "pointer": "/total",
        "chosen": 1234.5,
        "candidates": [{"value": 1234.5, "evidence": total}, {"value": 1243.5, "evidence": other}],
        "rule": "agree",
    }
    evidence = {
        "/title": [_evidence(1, title, [[60.0, 49.0, 140.0, 64.0]])],
        "/total": [*total, _evidence(2, "Total due 1,234.50 EUR", [[150.0, 49.0, 280.0, 64.0]])],
        "/vendor/name": [_evidence(2, bold or "Borealis", [], "none")],
        "/approved": [_evidence(3, "approved", [[100.0, 300.0, 200.0, 400.0]], "picture")],
        "/tags/0": [_evidence(None, "north", [], source="metadata")],
        **evidence,
    }
    return {
        "schema": {"type": "object"},
        "data": values,
        "valid": False,
        "evidence": evidence,
        "conflicts": [conflict],
        "not_found": ["/vendor/vat_id"],
        "unverified": ["/vendor/name", "/approved"],
    }


def _figure(bold: str) -> dict[str, Any]:
    return {
        "id": "p1-f1",
        "page": 1,
        "source": None,
        "bbox": [400.0, 80.0, 500.0, 120.0],
        "kind": "drawing",
        "caption": bold or "Figure 1",
        "description": bold or "A blue box.",
        "shows": "chart",
        "values": [{"series": f"Sales {bold}", "x": f"2023 {bold}", "y": f"12 {bold}", "unit": f"% {bold}"}],
        "file": None,
        "sha256": "a" * 64,
        "turned": 0.0,
        "also_on": "",
    }


def _coverage(pages: int, bold: str) -> dict[str, Any]:
    reason = bold or "the request was refused"
    fates = {FAILED: ("failed", reason), BLANK: ("blank", "no text and no picture")}
    placed = {"bbox": [300.0, 200.0, 500.0, 320.0], "requests": [], "tokens": 0, "source": None}
    return {
        "pages": [
            {
                "page": n,
                "label": None,
                "width": 595.0,
                "height": 842.0,
                "rotation": 0,
                "fate": fates.get(n, ("answered", None))[0],
                "reason": fates.get(n, ("answered", None))[1],
                "requests": ["r1"],
                "chars": 900,
                "ocr": False,
                "pictures": int(n == HURT),
            }
            for n in range(1, pages + 1)
        ],
        "pictures": [{"id": "p5-f1", "page": HURT, "fate": "failed", "reason": f"broken {bold}", **placed}],
        "sources": [
            {"id": "metadata", "fate": "answered", "requests": ["r1"], "reason": None, "chars": 9, "pictures": 0}
        ],
        "running": [],
        "gaps": [
            {"kind": "page", "page": FAILED, "id": None, "reason": reason},
            {"kind": "picture", "page": HURT, "id": "p5-f1", "reason": f"broken {bold}"},
        ],
        "pages_cited": f"1-3, 7-{pages}",
    }


def _run(bold: str) -> dict[str, Any]:
    return {
        "id": "run-1",
        "engine": "openrouter",
        "model": f"maker/model-1 {bold}",
        "generative": True,
        "started": "2026-01-02T03:04:05+00:00",
        "seconds": 61.5,
        "exit_code": 3,
        "settings": {"out": bold},
        "versions": {"quire": "0.1.0"},
        "tokens": {"counted": 450_000, "prompt": 450_010, "completion": 9_000},
        "cost_usd": 0.0345,
        "estimate_usd": 0.04,
        "budget_usd": None,
        "unsure_usd": 0.0,
        "warnings": [],
        "requests": [
            {
                "id": f"r{n}",
                "attempts": 1,
                "seconds": 12.5,
                "cost_usd": 0.0069,
                "from_store": n == 2,
                "tokens": {"prompt": 90_002, "completion": 1_800},
            }
            for n in range(1, 6)
        ],
    }
