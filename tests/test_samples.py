"""The samples: the same for a seed, different between seeds, and their gold true to the page."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pymupdf
import pytest
from PIL import Image

from samples.generator import contract, invoice, paper, report
from samples.generator.formats import MONTHS
from samples.generator.gold import Gold
from samples.generator.words import iban
from samples.make import KINDS, write

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
Maker = Callable[[int], tuple[bytes, dict[str, Any]]]
PRINTED: dict[str, Maker] = {
    "invoice": invoice.make,
    "contract": lambda seed: contract.printed(seed)[::2],
    "paper": paper.make,
    "annual-report": report.make,
}
"""What makes each kind with its text; a contract before it is scanned."""
READ_OFF = re.compile(
    r"/(kind|unit|currency|automatic_renewal|fee/currency|fee/period|abstract|term_months)$|/results/\d+/metric$"
)
"""Values that stand on the page in other words: codes, enums, truth values, terms in years."""


@cache
def made(kind: str, seed: int) -> tuple[bytes, dict[str, Any]]:
    return PRINTED[kind](seed)


def flat(text: str) -> str:
    """Text without spaces and marks, so that line breaks and hyphens do not count."""
    return re.sub(r"[\W_]+", "", text.casefold())


def writings(value: Any) -> set[str]:
    """The ways in which a value may be printed, without spaces and marks."""
    if isinstance(value, str) and (found := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value)):
        year, month, day = found.groups()
        names = {name for table in MONTHS.values() for name in (table[int(month) - 1], table[int(month) - 1][:3])}
        dates = {f"{d}{name}{year}" for name in names for d in (day, str(int(day)))}
        dates |= {f"{name}{d}{year}" for name in names for d in (day, str(int(day)))}
        return {flat(date) for date in dates | {f"{year}{month}{day}", f"{day}{month}{year}"}}
    if isinstance(value, int | float):
        return {flat(f"{value:.{places}f}") for places in range(4) if abs(round(value, places) - value) < 1e-9}
    return {flat(str(value))}


def leaf(data: Any, pointer: str) -> Any:
    for step in pointer.strip("/").split("/"):
        data = data[int(step)] if isinstance(data, list) else data[step]
    return data


def leaves(data: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict | list):
        for name, inner in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(inner, f"{pointer}/{name}")
    else:
        yield pointer, data


def cases() -> list[Any]:
    quick = [(kind, seed) for kind in ("invoice", "contract", "paper") for seed in range(100, 104)]
    return [*quick, pytest.param("annual-report", 100, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("kind", "seed"), cases())
def test_each_value_of_the_gold_stands_on_its_page(kind: str, seed: int) -> None:
    content, gold = made(kind, seed)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        texts = [flat(page.get_text()) for page in document]
    missing = []
    for pointer, first in gold["pages"].items():
        value = leaf(gold["data"], pointer)
        for page in (first, *gold.get("also", {}).get(pointer, [])):
            if not READ_OFF.search(pointer) and not any(text in texts[page - 1] for text in writings(value)):
                missing.append((pointer, value, page))
    assert missing == []


@pytest.mark.parametrize(("kind", "seed"), cases())
def test_gold_is_whole_and_valid(kind: str, seed: int) -> None:
    _, gold = made(kind, seed)
    schema = json.loads((SAMPLES / "schemas" / f"{KINDS[kind].schema}.json").read_text())
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(gold["data"])
    held = {pointer for pointer, value in leaves(gold["data"]) if value is not None}
    assert held == set(gold["pages"])


def test_some_fields_are_absent_from_some_documents() -> None:
    for kind in ("invoice", "contract", "paper"):
        absent = [frozenset(p for p, v in leaves(made(kind, seed)[1]["data"]) if v is None) for seed in range(100, 104)]
        assert any(absent), kind
        assert len(set(absent)) > 1, kind


@pytest.mark.parametrize("kind", ["invoice", "contract", "paper"])
def test_ten_seeds_make_ten_documents(kind: str) -> None:
    make = invoice.make if kind == "invoice" else PRINTED[kind]
    seeds = range(10) if kind != "paper" else range(100, 104)
    documents = [make(seed) if kind != "paper" else made(kind, seed) for seed in seeds]
    assert len({hashlib.sha256(content).digest() for content, _ in documents}) == len(documents)
    assert len({json.dumps(gold["data"], sort_keys=True) for _, gold in documents}) == len(documents)
    with_text = [pymupdf.open(stream=content, filetype="pdf")[0].get_text() for content, _ in documents]
    assert len(set(with_text)) == len(documents)


def test_invoices_come_in_several_languages_layouts_and_lengths() -> None:
    documents = [invoice.make(seed) for seed in range(20)]
    assert {"EUR", "USD", "GBP", "CHF"} <= {gold["data"]["currency"] for _, gold in documents}
    counts = [len(gold["data"]["line_items"]) for _, gold in documents]
    assert min(counts) >= 5 and max(counts) > 20
    pages = {len(pymupdf.open(stream=content, filetype="pdf")) for content, _ in documents}
    assert {1, 2} <= pages <= {1, 2, 3}


@pytest.mark.parametrize("count", [1, 5, 60])
def test_the_sums_of_an_invoice_are_right(count: int) -> None:
    _, gold = invoice.make(3, count)
    data = gold["data"]
    assert len(data["line_items"]) == count
    net = sum(item["amount"] for item in data["line_items"])
    assert data["subtotal"] == pytest.approx(net, abs=0.005)
    taxed = net - (data["discount"] or 0) + (data["shipping"] or 0)
    assert data["total"] == pytest.approx(taxed + data["tax_amount"], abs=0.005)


def test_the_statements_of_a_report_add_up() -> None:
    _, gold = made("annual-report", 100)
    data = gold["data"]
    assert sum(segment["revenue"] for segment in data["segments"]) == pytest.approx(data["revenue"])
    assert data["total_equity"] < data["total_assets"]
    assert data["net_profit"] < data["operating_profit"] < data["revenue"]


def test_an_annual_report_is_long_and_has_what_long_reports_have() -> None:
    content, _ = made("annual-report", 100)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        assert len(document) == 60
        assert {level for level, _, _ in document.get_toc()} == {1, 2}
        assert [document[number].get_label() for number in (0, 2, 3, 10)] == ["i", "iii", "1", "8"]
        spaces = {image[5] for page in document for image in page.get_images(full=True)}
        assert {"DeviceRGB", "DeviceCMYK"} <= spaces
        logos = [page.number for page in document if any(image[2:4] == (132, 132) for image in page.get_images())]
        assert len(logos) == len(document)


def words(page: pymupdf.Page) -> str:
    """The text of a page without its header and footer."""
    inner = pymupdf.Rect(0, 60, page.rect.width, page.rect.height - 50)
    return str(page.get_text(clip=inner))


def test_no_page_of_a_report_holds_a_picture_alone() -> None:
    content, _ = made("annual-report", 100)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        assert [page.number for page in document if len(words(page)) < 100] == [0]


def test_the_contents_of_a_report_give_the_pages_on_which_its_chapters_begin() -> None:
    content, _ = made("annual-report", 100)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        listed = words(document[2]).split("\n")
        for level, title, number in document.get_toc():
            if level == 1 and number > 3:
                assert listed[listed.index(title) + 1] == document[number - 1].get_label()


def test_further_information_repeats_the_figures_of_the_statements() -> None:
    content, gold = made("annual-report", 100)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        begins = {title: number for _, title, number in document.get_toc()}
    at = gold["also"]
    assert begins["Ten-year review"] in at["/revenue"]
    assert begins["Ten-year review"] in at["/net_profit"]


def test_nothing_stands_outside_of_the_margins_of_a_report() -> None:
    content, _ = made("annual-report", 100)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        for page in document.pages(1):
            for x0, _, x1, *_ in page.get_text("words"):
                assert x0 > 73 and x1 < page.rect.width - 73, (page.number, x0, x1)


@pytest.mark.parametrize("seed", range(100, 104))
def test_a_paper_has_eight_to_twelve_pages(seed: int) -> None:
    content, _ = made("paper", seed)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        assert 8 <= len(document) <= 12


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 5, 27, 101])
def test_an_annual_report_has_sixty_pages_for_every_seed(seed: int) -> None:
    content, _ = made("annual-report", seed)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        assert len(document) == 60


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_a_paper_has_eight_to_twelve_pages_for_every_seed(seed: int) -> None:
    content, _ = paper.make(seed)
    with pymupdf.open(stream=content, filetype="pdf") as document:
        assert 8 <= len(document) <= 12


@pytest.mark.slow
def test_a_scan_has_pictures_and_no_text(tmp_path: Path) -> None:
    path = write("contract", 101, tmp_path)
    with pymupdf.open(path) as document:
        assert 4 <= len(document) <= 8
        assert all(page.get_text() == "" and len(page.get_images()) == 1 for page in document)
    assert path.with_suffix(".gold.json").is_file()


@pytest.mark.parametrize(
    "kind", ["invoice", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("paper", "contract"))]
)
def test_a_seed_gives_the_same_bytes_in_another_process(kind: str, tmp_path: Path) -> None:
    here = write(kind, 5, tmp_path / "here")
    command = [sys.executable, "samples/make.py", "--seed", "5", "--only", kind, "--out", str(tmp_path / "there")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={"PYTHONHASHSEED": "77"})
    for name in (here.name, here.with_suffix(".gold.json").name):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


@pytest.mark.slow
def test_an_annual_report_is_the_same_each_time() -> None:
    assert report.make(100) == made("annual-report", 100)


@pytest.mark.parametrize("kind", ["invoice", "contract", "paper"])
def test_the_samples_of_the_project_are_those_of_seed_0(kind: str) -> None:
    stored = json.loads((SAMPLES / f"{KINDS[kind].file}.gold.json").read_text(encoding="utf-8"))
    assert PRINTED[kind](0)[1] == stored


def test_the_samples_of_the_project_are_small_and_open() -> None:
    pages = {}
    for kind in KINDS.values():
        with pymupdf.open(SAMPLES / f"{kind.file}.pdf") as document:
            pages[kind.file] = len(document)
    assert pages["annual-report"] == 60 and pages["paper"] >= 8 and min(pages.values()) >= 1
    assert sum((SAMPLES / f"{kind.file}.pdf").stat().st_size for kind in KINDS.values()) < 4_000_000


def test_gold_refuses_two_values_for_one_field_and_values_that_were_never_drawn() -> None:
    gold = Gold("invoice")
    gold.put("/total", 5)
    with pytest.raises(ValueError, match="/total"):
        gold.put("/total", 6)
    with pytest.raises(ValueError, match="never drawn"):
        gold.finish()


@pytest.mark.parametrize("country", ["en-GB", "de-DE", "de-CH", "fr-FR", "en-EU"])
def test_bank_accounts_have_check_digits_that_hold(country: str) -> None:
    import random

    for seed in range(20):
        account = iban(country, random.Random(seed)).replace(" ", "")
        moved = account[4:] + account[:4]
        assert int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def test_pictures_of_a_cmyk_jpeg_keep_their_colours() -> None:
    import io

    from samples.generator import photos

    with Image.open(io.BytesIO(photos.landscape(1, 200, 120, cmyk=True))) as picture:
        assert picture.mode == "CMYK"
