"""The report as one HTML file that asks nothing of any network and runs nothing but its own script.

The policy in its head allows the one script and the one style sheet by their hashes, and pictures that are in the file.
All text goes through the template's escaping, or into JSON that the script shows as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from pipeline.report.audit import Audit, chunks
from pipeline.report.pictures import Seen, page_sizes
from pipeline.report.places import KINDS


def to_html(audit: Audit, seen: Seen, *, notes: tuple[str, ...] = (), folder: str = "") -> str:
    """The whole file. `notes` are said at its top; `folder` is where page pictures stand beside it, "" for within."""
    style, script = _static("audit.css"), _static("audit.js")
    return _template().render(
        audit=audit,
        result=audit.result,
        notes=notes,
        style=style,
        script=script,
        policy=_policy(style, script, beside=bool(folder)),
        data=_embedded(_data(audit, seen, folder)),
        texts=_embedded(seen.texts),
        pictures=() if folder else tuple((page, *seen.pictures[page]) for page in sorted(seen.pictures)),
    )


def file_name(page: int, media_type: str) -> str:
    """The name of a page's picture beside the report."""
    return f"p{page}.{'png' if media_type == 'image/png' else 'jpg'}"


def _data(audit: Audit, seen: Seen, folder: str) -> dict[str, Any]:
    sizes = page_sizes(audit.result, seen)
    pages = [
        [*sizes.get(one.page, (595.0, 842.0)), one.label or "", one.fate, one.reason or ""]
        for one in audit.result.coverage.pages
    ]
    beside = {page: f"{folder}/{file_name(page, seen.pictures[page][0])}" for page in seen.pictures} if folder else {}
    return {
        "places": audit.places.plain(),
        "pages": pages,
        "kinds": KINDS,
        "beside": beside,
        "whyNot": seen.why_not,
        "textUntil": seen.text_until,
    }


def _embedded(data: Any) -> str:
    """JSON that may stand in a script element: nothing in it can end the element or a line of script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _policy(style: str, script: str, *, beside: bool) -> str:
    pictures = "data: 'self' file:" if beside else "data:"
    return (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; img-src {pictures}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _source(text: str) -> str:
    """The text's hash, as a policy names it (CSP 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


@cache
def _static(name: str) -> str:
    return resources.files("pipeline.report").joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("pipeline.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["chunks"] = chunks
    environment.filters["number"] = lambda value: "–" if value is None else f"{value:,}"
    environment.filters["dollars"] = lambda value: "–" if value is None else f"${value:,.4f}"
    return environment.get_template("audit.html.j2")
