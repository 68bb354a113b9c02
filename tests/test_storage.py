"""Documents, results and the store at addresses: what holds for folders of this machine holds for them, too."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from flows.inputs import Source, expand, result_path
from pipeline import StorageError, UnreadableDocument, load_settings, understand, write_result
from pipeline.places import Bucket, fetched, open_place
from pipeline.result.remote import tidy
from pipeline.settings import shown_address
from tests.buckets import bucket_server, use_bucket
from tests.chat_server import chat_server
from tests.commands import run_json as _run
from tests.pdfs import REPORT, make_pdf

SHARE = "shared://ann:open-sesame@nas/share"
"""A place with real folders, as sftp is, and with a password in its address."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of S3."""
    with bucket_server() as address:
        yield address


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket."""
    return f"s3://{use_bucket(server, monkeypatch)}"


class Shared(LocalFileSystem):  # type: ignore[misc]
    """A file system with folders that no part of Quire takes for one of this machine."""

    protocol = "shared"
    root = ""

    @classmethod
    def _strip_protocol(cls, path: Any) -> str:
        return str(path).replace(SHARE, cls.root).rstrip("/")


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder behind SHARE."""
    folder = tmp_path / "nas"
    folder.mkdir()
    fsspec.register_implementation("shared", Shared, clobber=True)
    monkeypatch.setattr(Shared, "root", str(folder))
    return folder


def put_documents(folder: Path, *addresses: str) -> None:
    """Three documents at each address, one of them called otherwise, and what is none."""
    for name, words in (("a.pdf", "Alpha"), ("sub/b.pdf", "Beta"), ("sub/scan", "Gamma")):
        data = make_pdf(folder / "made.pdf", texts=[f"{words}: {REPORT[0]}"], picture=name == "a.pdf").read_bytes()
        for address in addresses:
            open_place(address).write(name, data)
    for name in ("notes.txt", ".hidden.pdf", ".git/c.pdf"):
        for address in addresses:
            open_place(address).write(name, b"nothing")


def test_a_run_from_bucket_to_bucket_is_that_of_a_folder(
    bucket: str, inbox: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_documents(inbox, f"{bucket}/in", str(inbox / "in"))
    monkeypatch.setenv("TMPDIR", str(inbox / "copies"))
    (inbox / "copies").mkdir()
    tempfile.tempdir = None
    with chat_server() as chat:
        flags = ["--engine", chat.address, "--model", "m"]
        given = [*flags, "--out", f"{bucket}/results", "--store", f"{bucket}/store"]
        code, summary, _ = _run("run", f"{bucket}/in/", *given, capsys=capsys)
        asked = len(chat.bodies)
        again = _run("run", f"{bucket}/in/", *given, capsys=capsys)
        assert len(chat.bodies) == asked == 3, "what was answered is in the bucket"
        here = _run("run", "in", *flags, capsys=capsys)
    tempfile.tempdir = None
    assert code == again[0] == here[0] == 0
    assert [row["path"] for row in summary["documents"]] == [
        f"{bucket}/in/{name}" for name in ("a.pdf", "sub/b.pdf", "sub/scan")
    ]
    place = open_place(f"{bucket}/results")
    for row, local in zip(summary["documents"], here[1]["documents"], strict=True):
        name = row["result"].removeprefix(f"{bucket}/results/")
        result, other = json.loads(place.read(name) or b""), json.loads(Path(local["result"]).read_bytes())
        assert result["content_sha256"] == other["content_sha256"] and "/" not in result["document"]["file"]
        assert place.exists(name.replace(".json", ".md"))
    names = {one.name for one in place.entries()}
    assert {name for name in names if "figures" in name} == {"a.figures/p1-f1.png"}
    assert json.loads(place.read("run.json") or b"") == again[1] and not any(".part" in name for name in names)
    assert list((inbox / "copies").iterdir()) == [], "no copy of a document stays here"
    kept = {one.name.partition("/")[0] for one in open_place(f"{bucket}/store").entries()}
    assert kept == {"answers"}, "pages and pictures stay on the machine that reads them"


def test_what_is_written_is_whole_and_the_result_comes_last(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address, written = f"memory://{inbox}/out/report.json", []
    result = understand(make_pdf(inbox / "report.pdf", picture=True))
    put = Bucket.write

    def told(self: Bucket, name: str, data: bytes) -> None:
        written.append(name)
        put(self, name, data)

    monkeypatch.setattr(Bucket, "write", told)
    write_result(result, address)
    assert written == [".report.json.part", "report.figures/p1-f1.png", "report.md", "report.json"]
    written.clear()
    write_result(result, address)
    assert "report.figures/p1-f1.png" not in written, "a picture that stands there is not written again"


def test_a_run_that_was_killed_on_the_way_gets_the_same_name_again(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = f"memory://{inbox}/out"
    result = understand(make_pdf(inbox / "report.pdf", picture=True))
    sha256, source, put = result.document.sha256, Source("memory://report.pdf", "report"), Bucket.write
    for last in (".report.json.part", "report.figures/p1-f1.png", "report.md"):

        def killed(self: Bucket, name: str, data: bytes, last: str = last) -> None:
            put(self, name, data)
            if name == last:
                raise KeyboardInterrupt

        monkeypatch.setattr(Bucket, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            write_result(result, f"{out}/report.json")
        assert result_path(source, sha256, out, {}) == f"{out}/report.json"
        assert result_path(source, "f" * 64, out, {}) == f"{out}/report-ffffffff.json", "nobody else gets it"
    monkeypatch.setattr(Bucket, "write", put)
    write_result(result, f"{out}/report.json")
    assert {one.name for one in open_place(out).entries()} == {"report.json", "report.md", "report.figures/p1-f1.png"}


def test_the_mark_of_a_run_that_was_killed_at_its_end_is_taken_away(bucket: str) -> None:
    place = open_place(f"{bucket}/out")
    place.write("report.json", b"{}")
    place.write(".report.json.part", b"0" * 64)
    tidy(place, "report.json")
    tidy(place, "report.json")
    assert [found.name for found in place.entries("")] == ["report.json"]


def test_nothing_is_overwritten_but_the_same_documents_own_result(bucket: str, inbox: Path) -> None:
    place = open_place(f"{bucket}/out")
    for name in ("mine.json", "words.md", "pictures.figures/p1-f1.png"):
        place.write(name, b"mine")
    for name in ("mine", "words", "pictures", "run"):
        source = Source(f"{bucket}/{name}.pdf", name)
        assert result_path(source, "ab" * 32, f"{bucket}/out", {}) == f"{bucket}/out/{name}-abababab.json"
    one, other = (understand(make_pdf(inbox / "report.pdf", texts=[word])) for word in ("One", "Other"))
    for result, name in ((one, "report"), (other, f"report-{other.document.sha256[:8]}"), (one, "report")):
        path = result_path(Source(f"{bucket}/report.pdf", "report"), result.document.sha256, f"{bucket}/out", {})
        assert path == f"{bucket}/out/{name}.json"
        write_result(result, path)


def test_pictures_of_an_earlier_result_are_taken_away(bucket: str, inbox: Path) -> None:
    address = f"{bucket}/out/report.json"
    result = understand(make_pdf(inbox / "report.pdf", picture=True))
    write_result(result, address)
    open_place(bucket).write("out/report.figures/mine.png", b"mine")
    write_result(result.model_copy(update={"figures": ()}), address)
    assert {one.name for one in open_place(bucket).entries("out/report.figures")} == {"out/report.figures/mine.png"}


def test_files_folders_and_patterns_name_documents(bucket: str, inbox: Path) -> None:
    put_documents(inbox, f"{bucket}/in")

    def found(given: str) -> list[tuple[str, str]]:
        return [(source.shown.removeprefix(f"{bucket}/in/"), source.name) for source in expand([given])]

    everything = [("a.pdf", "a"), ("sub/b.pdf", "sub/b"), ("sub/scan", "sub/scan")]
    assert found(f"{bucket}/in") == found(f"{bucket}/in/") == everything
    assert found(f"{bucket}/in/sub/scan") == [("sub/scan", "scan")]
    assert found(f"{bucket}/in/notes.txt") == [("notes.txt", "notes")], "a file counts whatever it is called"
    assert found(f"{bucket}/in/*.pdf") == [("a.pdf", "a")]
    assert found(f"{bucket}/in/**/*.pdf") == [("a.pdf", "a"), ("sub/b.pdf", "b")]
    assert found(f"{bucket}/in/s*") == [("sub/b.pdf", "b"), ("sub/scan", "scan")]
    assert len(expand([f"{bucket}/in", f"{bucket}/in/a.pdf"])) == 3
    assert [one.path for one in expand([f"file://{inbox}/made.pdf"])] == [inbox / "made.pdf"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{bucket}/in/gone.pdf", "Nothing at"),
        ("{bucket}/in/*.doc", "No file matches the pattern"),
        ("s3://no-such-bucket-here/in/", "Nothing at"),
        ("nowhere://in/a.pdf", "check how the address begins"),
        ("gdrive://in/a.pdf", "needs a library that is not installed"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(
    given: str, said: str, bucket: str, inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, summary, err = _run("run", given.format(bucket=bucket), capsys=capsys)
    (row,) = summary["documents"]
    assert code == 2 and said in row["reason"] and row["reason"].count(". ") == 0
    assert "Traceback" not in err and "very-secret" not in err


@pytest.mark.parametrize("what", ["bucket", "credentials", "server"])
def test_where_nothing_can_be_written_nothing_is_sent(
    what: str, bucket: str, inbox: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(inbox / "report.pdf")
    out = f"{bucket}/out"
    if what == "bucket":
        out = "s3://no-such-bucket-here/out"
    elif what == "credentials":
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(inbox / "none"))
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with chat_server() as chat:
        given = ["--out", out, "--engine", chat.address, "--model", "m"]
        code, found, err = _run("run", "report.pdf", *given, capsys=capsys)
        assert code == 1 and shown_address(out) in found["error"] and chat.bodies == []
        assert "Traceback" not in err and "very-secret" not in f"{err}{found}" and "Quire itself" not in err
    if what != "bucket":
        store = ["--store", out]
        code, found, err = _run("run", "report.pdf", *store, capsys=capsys)
        assert code == 1 and shown_address(out) in found["documents"][0]["reason"]
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    if what == "bucket":
        assert not fsspec.filesystem("s3").exists("no-such-bucket-here"), "a name with a typo makes no bucket"


def test_a_store_that_keeps_nothing_is_told(bucket: str, inbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As a store that can only be read, it costs no run."""
    store = load_settings({"store": "s3://no-such-bucket-here/store"})
    assert understand(make_pdf(inbox / "report.pdf"), store).status == "complete"
    assert "The store cannot be written (there is no such place): check s3://no-such-bucket-here" in caplog.text
    assert not fsspec.filesystem("s3").exists("no-such-bucket-here"), "a name with a typo makes no bucket"


def test_a_share_with_folders_is_written_whole_and_its_password_is_shown_nowhere(
    share: Path, inbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pdf(share / "report.pdf", picture=True)
    given = [f"{SHARE}/report.pdf", f"{SHARE}/gone.pdf", "--out", f"{SHARE}/out", "--store", f"{SHARE}/store"]
    code, summary, err = _run("run", *given, capsys=capsys)
    assert code == 2 and [row["status"] for row in summary["documents"]] == ["complete", "failed"]
    assert summary["documents"][0]["path"] == "shared://nas/share/report.pdf"
    assert summary["documents"][0]["result"] == "shared://nas/share/out/report.json"
    files = sorted(path for path in share.rglob("*") if path.is_file())
    assert not [path for path in files if path.suffix == ".part"]
    assert {path.name for path in (share / "out").iterdir()} == {
        "report.json",
        "report.md",
        "report.figures",
        "run.json",
    }
    shown = f"{err}{summary}".encode() + b"".join(path.read_bytes() for path in files)
    assert b"open-sesame" not in shown and b"ann:" not in shown


def test_one_document_at_an_address_from_python(inbox: Path) -> None:
    address = f"memory://{inbox}/report.pdf"
    open_place(f"memory://{inbox}").write("report.pdf", make_pdf(inbox / "report.pdf").read_bytes())
    there, here = understand(address, load_settings()), understand(inbox / "report.pdf", load_settings())
    assert there.document.file == "report.pdf" and there.content_sha256 == here.content_sha256
    with pytest.raises(UnreadableDocument, match=r"gone\.pdf is not there"):
        understand(f"memory://{inbox}/gone.pdf")
    with pytest.raises(StorageError):
        open_place("memory://x").read("../secret")


def test_a_copy_is_here_only_while_it_is_needed(bucket: str) -> None:
    open_place(bucket).write("a.pdf", b"%PDF-")
    with fetched(f"{bucket}/a.pdf") as copy:
        assert copy.name == "a.pdf" and copy.read_bytes() == b"%PDF-"
    assert not copy.exists() and not copy.parent.exists()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("s3://bucket/a@b.pdf", "s3://bucket/a@b.pdf"),
        ("sftp://ann:pa:ss@host:22/x@y", "sftp://host:22/x@y"),
        ("sftp://ann:p@ss@host/x", "sftp://host/x"),
        ("sftp://ann:pa/ss@host/x", "sftp://host/x"),
        ("sftp://host:22/x@y", "sftp://host:22/x@y"),
        ("https://host/a.pdf?signature=abc", "https://host/a.pdf"),
        ("reports/a@b.pdf", "reports/a@b.pdf"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(address: str, shown: str) -> None:
    assert shown_address(address) == shown
