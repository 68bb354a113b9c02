"""The audit page as a file: nothing in it acts but its own script, nothing is missing, nothing is too large."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cli.main import main
from pipeline.ask.references import MERGE_RULES
from pipeline.errors import PasswordNeeded, UsageError
from pipeline.extract.viewer import Viewer
from pipeline.merge import decided, unverified
from pipeline.report.audit import Audit, audit, cited_pages
from pipeline.report.fields import RULES
from pipeline.report.html import to_html
from pipeline.report.make import Made, make_report
from pipeline.report.original import find_original, load_result
from pipeline.report.pictures import FILE_BYTES, PAGE_BYTES, TEXT_BYTES, Seen, budget_beside, figures, see
from pipeline.report.visible import visible
from tests.audited import BLANK, FAILED, HOSTILE, HURT, Audited, audited
from tests.commands import run_json
from tests.pdfs import AES_256
from tests.test_result import made as result_of

VOID = {"meta", "link", "img", "input", "br", "col"}


class Parsed(HTMLParser):
    """The page as an HTML parser sees it: its elements with their attributes and, for each, the text right in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.texts: list[list[str]] = []
        self._open: list[int] = []
        self.feed(html)
        self.close()
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append([])
        if tag not in VOID:
            self._open.append(len(self.found) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.found[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]].append(data)

    def of(self, tag: str, **attributes: str) -> list[tuple[dict[str, str], str]]:
        """The elements of that kind with those attributes, and their own text."""
        return [
            (has, "".join(text))
            for (name, has), text in zip(self.found, self.texts, strict=True)
            if name == tag
            and all(has.get(key.rstrip("_").replace("_", "-")) == value for key, value in attributes.items())
        ]

    def words(self) -> str:
        """All text that is neither script nor style."""
        return " ".join(
            "".join(text)
            for (tag, _), text in zip(self.found, self.texts, strict=True)
            if tag not in ("script", "style")
        )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return audited(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return audited(tmp_path_factory.mktemp("hostile"), strings=HOSTILE)


def shown(made: Audited) -> Audit:
    result = load_result(made.result)
    return audit(result, {})


def parsed(made: Audited) -> Parsed:
    return Parsed(to_html(shown(made), Seen()))


def reported(made: Audited, out: Path, **more: Any) -> Made:
    return make_report(load_result(made.result), made.result, out, [made.document], **more)


def test_only_its_own_script_and_style_may_act(hostile: Audited) -> None:
    page = parsed(hostile)
    ((meta, _),) = page.of("meta", http_equiv="Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in meta["content"].split("; "))
    acting = [text for has, text in page.of("script") if "type" not in has]
    ((_, style),) = page.of("style")
    assert len(acting) == 1

    def allowed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == allowed(acting[0])
    assert rules["style-src"] == allowed(style)
    assert rules["img-src"] == "data:"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert [tag for tag, _ in page.found].index("meta") < [tag for tag, _ in page.found].index("style")


def test_hostile_text_is_shown_as_text_and_is_nothing_else(plain: Audited, hostile: Audited) -> None:
    harmless, page = parsed(plain), parsed(hostile)
    assert {tag for tag, _ in page.found} == {tag for tag, _ in harmless.found}
    assert len(page.of("script")) == len(harmless.of("script"))
    for _, has in page.found:
        assert not [name for name in has if name.startswith("on") or name == "style"]
        assert has.get("href", "#").startswith("#")
        assert has.get("src", "data:").startswith("data:")
    words = page.words()
    for text in HOSTILE:
        assert " ".join(visible(text).split()) in " ".join(words.split())


def test_nothing_that_acts_unseen_is_in_the_file(hostile: Audited) -> None:
    html = to_html(shown(hostile), Seen(texts={1: "</script>\u2028<!--"}))
    assert {unicodedata.category(sign) for sign in html if sign not in "\n\t"}.isdisjoint({"Cc", "Cs"})
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029\U000e0041]", html)
    held = {
        has["id"]: json.loads(text) for has, text in Parsed(html).of("script") if has.get("type") == "application/json"
    }
    assert held["texts"] == {"1": "</script>\u2028<!--"}
    assert held["data"]["places"] == [list(one) for one in shown(hostile).places.plain()]


@given(st.text())
def test_text_made_visible_has_nothing_unseen_and_stays(text: str) -> None:
    made = visible(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", made)
    assert visible(made) == made


def test_letters_of_all_scripts_stay_as_they_are() -> None:
    text = "Ünïcode 数字 العربية\u200f עברית क्\u200dष می\u200cخواهم 👩\u200d👧\ttab\nline"
    assert visible(text) == text


def test_every_page_is_in_the_strip_and_gaps_say_so_in_words(plain: Audited) -> None:
    page = parsed(plain)
    marks = {
        int(has["data-page"]): has
        for tag, has in page.found
        if tag == "button" and has.get("class", "").startswith("s ")
    }
    assert sorted(marks) == list(range(1, 13))
    assert "failed" in marks[FAILED]["class"].split() and "a gap" in marks[FAILED]["aria-label"]
    assert "hurt" in marks[HURT]["class"].split() and "1 of its pictures missing" in marks[HURT]["aria-label"]
    assert "blank" in marks[BLANK]["class"].split()
    assert "cited" in marks[1]["class"].split() and "cited" not in marks[HURT]["class"].split()


def test_gaps_stand_before_all_else_that_was_found(plain: Audited) -> None:
    order = [has["id"] for has, _ in parsed(plain).of("section")]
    assert order[0] == "gaps"
    assert set(order) == {
        *("gaps", "coverage", "summary", "points", "parts", "fields", "conflicts"),
        *("figures", "hidden", "warnings", "requests"),
    }


def test_each_value_says_how_far_it_can_be_believed(plain: Audited) -> None:
    fields = shown(plain).fields
    assert fields
    rows = {row.name: (row.value, row.proof.tone, row.proof.words, row.proof.where) for row in fields.rows}
    assert rows == {
        "title": ("Ledger of the year", "sound", "word for word", "1"),
        "total": ("1234.5", "sound", "word for word", "1-2"),
        "vendor › name": ("Borealis Ltd", "doubt", "not found there", "2"),
        "vendor › vat_id": ("–", "absent", "not found", ""),
        "approved": ("yes", "doubt", "in a picture: not checked", "3"),
        "tags": ("north; south", "sound", "word for word", "metadata"),
        "odd": ("plain", "doubt", "no evidence", ""),
    }
    assert fields.counts == {"sound": 3 + 90, "doubt": 3, "absent": 1}


def test_every_rule_by_which_a_value_is_taken_has_its_words() -> None:
    assert set(RULES) == {*MERGE_RULES, "schema", "maxItems", unverified.RULE, decided.RULE}


def test_chapters_and_what_was_read_off_a_chart_are_shown(plain: Audited) -> None:
    page = parsed(plain)
    cells = [" ".join(text.split()) for _, text in page.of("td", dir="auto")]
    assert cells[-3:] == ["Sales", "2023", "12 %"]
    assert {"Chapter 1", "Chapter 2"} <= {text.strip() for _, text in page.of("span", dir="auto")}


def test_values_that_disagree_stand_side_by_side_with_the_rule(plain: Audited) -> None:
    fields = shown(plain).fields
    assert fields
    (conflict,) = fields.conflicts
    assert [(one.value, one.taken, one.proof.words) for one in conflict.candidates] == [
        ("1234.5", True, "word for word"),
        ("1243.5", False, "alike, 93%"),
    ]
    assert "the verified value with the most places" in conflict.says
    assert next(row for row in fields.rows if row.name == "total").conflict == conflict.number


def test_pages_with_gaps_have_their_pictures_first(plain: Audited) -> None:
    one = shown(plain)
    pages = cited_pages(one.result, one.places.pages())
    assert pages[:2] == [FAILED, HURT]
    assert set(pages) == {*range(1, 13)} - {BLANK}


def test_pictures_keep_within_their_budget_the_weightiest_first(plain: Audited) -> None:
    sha256 = hashlib.sha256(plain.document.read_bytes()).hexdigest()
    with Viewer(plain.document, sha256, name="ledger.pdf") as viewer:
        seen = see(viewer, [7, 3, 1, 2, 8, 9], 60_000)
    sizes = [len(base64.b64decode(picture)) for _, picture in seen.pictures.values()]
    assert 0 < sum(sizes) <= 60_000
    assert set(seen.pictures) < {7, 3, 1, 2, 8, 9} and {7, 3} <= set(seen.pictures)
    assert all("too large" in seen.why_not[page] for page in {7, 3, 1, 2, 8, 9} - set(seen.pictures))
    assert "Sheet 12 of 12" in seen.texts[12]


def test_what_pictures_may_take_is_less_where_the_rest_is_large() -> None:
    assert budget_beside(300_000) == PAGE_BYTES
    assert budget_beside(6_000_000) < PAGE_BYTES
    assert budget_beside(6_000_000) * 4 // 3 + 6_000_000 + TEXT_BYTES <= FILE_BYTES < 15_000_000
    assert budget_beside(99_000_000) == 0


@pytest.mark.parametrize("extracted", [True, False])
def test_a_result_without_much_in_it_has_a_report_too(extracted: bool) -> None:
    page = Parsed(to_html(audit(result_of(extracted=extracted), {}), Seen()))
    assert len(page.of("section", id="requests")) == 1
    assert len(page.of("section", id="fields")) == int(extracted)
    bare = result_of([], extracted=False)
    assert "There is no summary." in Parsed(to_html(audit(bare, {}), Seen())).words()


def test_a_report_holds_the_pages_that_are_pointed_at_and_the_text_of_all(plain: Audited, tmp_path: Path) -> None:
    made = reported(plain, tmp_path / "ledger.html")
    page = Parsed(made.page.read_text(encoding="utf-8"))
    pictures = {has["id"]: base64.b64decode(text) for has, text in page.of("script", type="text/plain")}
    assert set(pictures) == {f"picture-{number}" for number in range(1, 13) if number != BLANK}
    assert all(pymupdf.Pixmap(picture).width >= 620 for picture in pictures.values())
    assert made.notes == ()
    assert made.page.stat().st_size < 15_000_000


def test_without_the_document_the_report_says_so(plain: Audited, tmp_path: Path) -> None:
    result = load_result(plain.result)
    gone = make_report(result, plain.result, tmp_path / "a.html", [tmp_path / "gone.pdf"])
    assert "ledger.pdf was not found" in gone.notes[0] and "--document" in gone.notes[0]
    (tmp_path / "other.pdf").write_bytes(b"%PDF-1.7 another")
    other = make_report(result, plain.result, tmp_path / "b.html", [tmp_path / "other.pdf"])
    assert "other.pdf is another document" in other.notes[0]
    page = Parsed(other.page.read_text(encoding="utf-8"))
    assert page.of("script", type="text/plain") == []
    assert other.notes[0] in page.words()
    with pytest.raises(UsageError, match=r"other\.pdf is another document"):
        make_report(result, plain.result, tmp_path / "c.html", [tmp_path / "other.pdf"], pdf=True)


def test_the_document_is_known_by_its_hash_wherever_it_is(plain: Audited, tmp_path: Path) -> None:
    result = load_result(plain.result)
    (tmp_path / "ledger.pdf").write_bytes(b"another")
    copy = Path(shutil.copy(plain.document, tmp_path / "moved.pdf"))
    assert find_original(result, [tmp_path, tmp_path / "ledger.pdf", copy]).path == copy


def test_pictures_beside_the_report_are_allowed_and_named(plain: Audited, tmp_path: Path) -> None:
    made = reported(plain, tmp_path / "ledger.html", pictures="beside")
    page = Parsed(made.page.read_text(encoding="utf-8"))
    ((meta, _),) = page.of("meta", http_equiv="Content-Security-Policy")
    assert "img-src data: 'self' file:;" in meta["content"]
    beside = json.loads(page.of("script", id="data")[0][1])["beside"]
    assert set(beside) == {str(number) for number in range(1, 13) if number != BLANK}
    assert all((tmp_path / name).is_file() for name in beside.values())


def test_no_pictures_where_none_are_wanted(plain: Audited, tmp_path: Path) -> None:
    made = reported(plain, tmp_path / "ledger.html", pictures="none")
    assert Parsed(made.page.read_text(encoding="utf-8")).of("script", type="text/plain") == []
    assert "as was asked for" in made.notes[0]


def test_a_figure_is_shown_from_its_file_and_from_no_other(plain: Audited, tmp_path: Path) -> None:
    result = load_result(plain.result)
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 300, 120)).tobytes("png")
    sha256 = hashlib.sha256(picture).hexdigest()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "p1-f1.png").write_bytes(picture)
    (tmp_path / "secret.png").write_bytes(picture)

    def shown_of(file: str, digest: str = sha256) -> dict[str, str]:
        figure = result.figures[0].model_copy(update={"file": file, "sha256": digest})
        return figures(result.model_copy(update={"figures": (figure,)}), tmp_path / "out")

    assert shown_of("p1-f1.png")["p1-f1"].startswith("data:image/")
    assert shown_of("../secret.png") == {}
    assert shown_of(str(tmp_path / "secret.png")) == {}
    assert shown_of("gone.png") == {}
    assert shown_of("p1-f1.png", "b" * 64) == {}


def test_the_document_with_marks_says_of_each_place_what_it_proves(plain: Audited, tmp_path: Path) -> None:
    made = reported(plain, tmp_path / "ledger.html", pdf=True)
    assert made.pdf == tmp_path / "ledger.marked.pdf"
    marked = pymupdf.open(made.pdf)
    notes = {number: [one.info["content"] for one in page.annots()] for number, page in enumerate(marked.pages(), 1)}
    assert "/total = 1234.5 [exact]\n/total: 1234.5 (disagrees, rule agree) [exact]" in notes[1]
    assert any(note.startswith("The fox runs back.") for note in notes[2])
    assert any(note.startswith('/items/0 = {"code": "A-00000"') for note in notes[1])
    assert [one.type[1] for one in marked[2].annots() if "/approved" in one.info["content"]] == ["Square"]
    assert sum(map(len, notes.values())) == made.marks
    assert [page.get_text() for page in pymupdf.open(plain.document).pages()] == [
        page.get_text() for page in marked.pages()
    ]


def _encrypted(plain: Audited, folder: Path) -> Audited:
    """The same document behind a password, and its result."""
    document = pymupdf.open(plain.document)
    document.save(folder / "ledger.pdf", encryption=AES_256, user_pw="swordfish", owner_pw="owner")
    data = json.loads(plain.result.read_text())
    data["document"] |= {"encrypted": True, "sha256": hashlib.sha256((folder / "ledger.pdf").read_bytes()).hexdigest()}
    (folder / "ledger.json").write_text(json.dumps(data))
    return Audited(folder / "ledger.pdf", folder / "ledger.json")


@pytest.mark.slow
def test_an_encrypted_document_is_shown_with_its_password_and_never_marked(plain: Audited, tmp_path: Path) -> None:
    locked = _encrypted(plain, tmp_path)
    with pytest.raises(PasswordNeeded):
        reported(locked, tmp_path / "a.html")
    made = reported(locked, tmp_path / "a.html", password="swordfish")
    assert "swordfish" not in made.page.read_text(encoding="utf-8")
    assert Parsed(made.page.read_text(encoding="utf-8")).of("script", id="picture-1")
    with pytest.raises(UsageError, match="is encrypted"):
        reported(locked, tmp_path / "b.html", password="swordfish", pdf=True)
    assert not (tmp_path / "b.html").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"\xff\xfe", b'{"schema_version": "1.0"}', b"[" * 100_000])
def test_what_is_no_result_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(UsageError, match="is no result"):
        load_result(tmp_path / "report.json")


def test_the_command_finds_the_document_where_the_run_read_it(
    plain: Audited, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "outputs"
    out.mkdir()
    result = Path(shutil.copy(plain.result, out / "ledger.json"))
    code, said, err = run_json("report", result, capsys=capsys)
    assert (code, err) == (0, "") and "was not found" in said["notes"][0]
    row = {"path": str(plain.document), "sha256": load_result(result).document.sha256}
    (out / "run.json").write_text(json.dumps({"documents": [row]}))
    code, said, err = run_json("report", result, "--pdf", capsys=capsys)
    assert (code, said["notes"]) == (0, [])
    assert (said["report"], said["pdf"]) == (str(out / "ledger.html"), str(out / "ledger.marked.pdf"))


def test_the_command_refuses_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path / "gone.json"), "--no-open"]) == 2
    _, err = capsys.readouterr()
    assert err.count("\n") == 1 and "can't be read" in err


@pytest.mark.parametrize(("terminal", "flags", "opens"), [(True, [], 1), (True, ["--no-open"], 0), (False, [], 0)])
def test_a_browser_is_opened_for_a_person_alone(
    terminal: bool, flags: list[str], opens: int, plain: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def browse(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    out = tmp_path / "ledger.html"
    chosen = ["report", str(plain.result), "--document", str(plain.document), "--pictures", "none", "--out", str(out)]
    assert main([*chosen, *flags]) == 0
    assert opened == [out.as_uri()] * opens
