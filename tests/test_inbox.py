"""The drop folder: when a file is whole, what becomes of it, and that nothing is lost or written over."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from flows.inbox import records
from flows.inbox.inbox import Inbox, Taken
from flows.inbox.kinds import Kinds
from flows.inbox.looks import UNFINISHED, Looks
from flows.inbox.retrying import retry
from flows.inbox.watching import Handled, Watcher
from flows.inbox.work import Work
from flows.runfile import Row
from pipeline.errors import SchemaError, UsageError
from pipeline.places import Folder, Place
from pipeline.progress import silent
from pipeline.settings import Settings
from tests.buckets import Make
from tests.test_claims import Clock

PDF = b"%PDF-1.7\n... %%EOF\n"


def _content(number: int) -> bytes:
    return PDF + str(number).encode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(out=str(tmp_path / "out"), store=str(tmp_path / "store"))


def _inbox(place: Place, settings: Settings, **more: Any) -> Inbox:
    return Inbox(place, settings, settle=0, **more)


def complete(taken: Taken, settings: Settings) -> Row:
    """Work on a file as far as the inbox can see: a result stands in the output folder, and its row says so."""
    result = Path(settings.out) / f"{taken.name}.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps({"content_sha256": "c" + taken.sha256}))
    return Row(taken.name, "complete", 0, result=str(result), sha256=taken.sha256, cost_usd=0.5)


def _take(inbox: Inbox, name: str) -> Taken:
    taken = inbox.take(name)
    assert taken is not None
    return taken


def names(place: Place) -> set[str]:
    return {found.name for found in place.entries() if not found.name.startswith(".quire/")}


def _whole(looks: Looks, place: Place) -> list[str]:
    return [found.name for found in looks.whole(place.entries())]


def test_a_file_is_whole_once_it_rests(tmp_path: Path) -> None:
    clock, place = Clock(), Folder(tmp_path)
    looks = Looks(place, 5, clock)
    (tmp_path / "a.pdf").write_bytes(PDF)
    os.utime(tmp_path / "a.pdf", (1, 1))  # a copy may have the time of its original
    assert _whole(looks, place) == [] and looks.settling == 1
    clock.now = 4
    with (tmp_path / "a.pdf").open("ab") as file:
        file.write(PDF)
    assert _whole(looks, place) == []
    clock.now = 8
    assert _whole(looks, place) == []
    clock.now = 9
    assert _whole(looks, place) == ["a.pdf"]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\nhalf of a copy that pauses"])
def test_a_copy_that_pauses_is_waited_for_longer(tmp_path: Path, data: bytes) -> None:
    clock, place = Clock(), Folder(tmp_path)
    looks = Looks(place, 5, clock)
    (tmp_path / "a.pdf").write_bytes(data)
    assert _whole(looks, place) == []
    clock.now = 5 * UNFINISHED - 1
    assert _whole(looks, place) == [] and (looks.settling, looks.unfinished) == (0, 1)
    clock.now = 5 * UNFINISHED
    assert _whole(looks, place) == ["a.pdf"], "it is taken as it is, and fails with its reason"


def test_half_a_copy_that_nobody_went_on_with_for_an_hour_is_taken(tmp_path: Path, settings: Settings) -> None:
    """So that a sweep by cron, which looks for a moment only, takes it too; by the clock of the disk that it is on."""
    place = Folder(tmp_path / "inbox")
    place.write("old.pdf", b"%PDF-1.7 half")
    place.write("new.pdf", b"%PDF-1.7 half of another")
    hour_ago = (tmp_path / "inbox" / "new.pdf").stat().st_mtime - 3601
    os.utime(tmp_path / "inbox" / "old.pdf", (hour_ago, hour_ago))
    with Inbox(place, settings, settle=0.01) as inbox:
        assert inbox.whole() == []
        time.sleep(0.02)
        assert "old.pdf" in inbox.whole()


def test_what_is_taken_and_what_is_not(tmp_path: Path, settings: Settings) -> None:
    root = tmp_path / "inbox"
    taken = ["a.pdf", "B.PDF", "scan", "mail.docx", "sub/x.json", "sub/README", "sub/done/a.pdf", "two\nlines.pdf"]
    left = [".hidden.pdf", "~$a.pdf", "a.pdf.part", "b.pdf.crdownload", "c.pdf~", "d.TMP", "sub/Thumbs.db"]
    left += ["invoice.json", "README.md", ".trash/a.pdf", "done/a.pdf", "Failed/b.pdf", "failed/sub/c.pdf"]
    for name in (*taken, *left):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(PDF)
    os.mkfifo(root / "pipe.pdf")
    (root / "link.pdf").symlink_to("/etc/hostname")
    with _inbox(Folder(root), settings) as inbox:
        assert set(inbox.whole()) == {*taken}
        assert set(inbox.odd) == {"pipe.pdf", "link.pdf"}


def test_a_file_that_is_done_lies_in_done_with_its_record(make: Make, settings: Settings) -> None:
    place = make()
    place.write("sub/Ünï cödé.pdf", PDF)
    with _inbox(place, settings) as inbox:
        (name,) = inbox.whole()
        taken = _take(inbox, name)
        assert inbox.take(name) is None, "nobody else gets it"
        with inbox.open(taken) as path:
            assert (path.name, path.read_bytes()) == ("Ünï cödé.pdf", PDF)
        assert inbox.finish(taken, complete(taken, settings)) == "done"
        assert inbox.whole() == []
    assert names(place) == {"done/sub/Ünï cödé.pdf", "done/sub/Ünï cödé.pdf.json"}
    record = records.read_record(place, "done/sub/Ünï cödé.pdf.json")
    assert (record["file"], record["sha256"], record["duplicate_of"]) == (name, taken.sha256, None)
    assert Path(record["result"]).is_file()
    assert not list(place.entries(".quire/claims"))


def test_the_same_content_again_is_not_worked_on_again(make: Make, settings: Settings) -> None:
    place = make()
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        place.write(name, PDF)
    with _inbox(place, settings) as inbox:
        taken = _take(inbox, "a.pdf")
        assert inbox.take("b.pdf") is None, "its content is being worked on"
        inbox.finish(taken, complete(taken, settings))
    with _inbox(make(), settings) as inbox:
        again = _take(inbox, "b.pdf")
        assert again.row is not None
        assert (again.row.cost_usd, again.row.status) == (0.0, "complete")
        assert inbox.finish(again, again.row) == "done"
        assert records.read_record(place, "done/b.pdf.json")["duplicate_of"] == "a.pdf"
        Path(str(again.row.result)).unlink()
        assert _take(inbox, "c.pdf").row is None, "its result does not stand any longer"
    with _inbox(place, Settings(out=settings.out, store=settings.store, language="de")) as inbox:
        assert _take(inbox, "c.pdf").row is None, "another result is wanted"


def test_in_done_nothing_is_written_over_but_the_same_content(make: Make, settings: Settings) -> None:
    place = make()
    with _inbox(place, settings) as inbox:
        for number in (1, 2, 1, 3):
            place.write("a.pdf", _content(number))
            taken = _take(inbox, "a.pdf")
            assert inbox.finish(taken, taken.row or complete(taken, settings)) == "done"
    lying = {name: place.read(name) for name in names(place) if name.endswith(".pdf")}
    assert sorted(lying.values()) == [_content(number) for number in (1, 2, 3)]  # type: ignore[type-var]
    assert lying["done/a.pdf"] == _content(1)
    for name in lying:
        assert records.read_record(place, f"{name}.json")["sha256"] == place.sha256(name)


def test_what_a_user_put_into_done_stays(tmp_path: Path, settings: Settings) -> None:
    place = Folder(tmp_path / "inbox")
    place.write("done/a.pdf", b"the user's own")
    place.write("done/b.pdf.json", b"the user's own")
    for number, name in enumerate(("a.pdf", "b.pdf")):
        place.write(name, _content(number))
    with _inbox(place, settings) as inbox:
        for name in inbox.whole():
            taken = _take(inbox, name)
            inbox.finish(taken, complete(taken, settings))
    assert place.read("done/a.pdf") == place.read("done/b.pdf.json") == b"the user's own"
    assert sum(name.endswith(".pdf") for name in names(place)) == 3


def _failed(name: str, code: int = 2, reason: str = "It is broken.", **more: Any) -> Row:
    return Row(name, "failed", code, reason, **more)


def test_a_file_that_fails_lies_in_failed_with_its_reason_and_is_taken_up_again(make: Make, settings: Settings) -> None:
    place = make()
    for number, name in enumerate(("sub/a.pdf", "sub/b.pdf", "c.pdf")):
        place.write(name, _content(number))
    with _inbox(place, settings) as inbox:
        for name in inbox.whole():
            assert inbox.finish(_take(inbox, name), _failed(name)) == "failed"
        files = {"sub/a.pdf", "sub/b.pdf", "c.pdf"}
        assert names(place) == {f"failed/{name}{ending}" for name in files for ending in ("", ".json", ".txt")}
        assert place.read("failed/c.pdf.txt") == b"It is broken.\n"
        assert records.read_record(place, "failed/c.pdf.json")["reason"] == "It is broken."
        with pytest.raises(UsageError, match="no failed file"):
            retry(place, ["c.pdf", "none.pdf"])
        assert [one.file for one in retry(place, ["failed/sub/", "c.pdf"])] == ["c.pdf", "sub/a.pdf", "sub/b.pdf"]
        assert names(place) == files
        assert retry(place) == []
        taken = _take(inbox, "c.pdf")
        assert inbox.finish(taken, complete(taken, settings)) == "done"


def test_an_incomplete_result_is_kept_and_its_file_waits_for_a_retry(tmp_path: Path, settings: Settings) -> None:
    place = Folder(tmp_path / "inbox")
    place.write("a.pdf", PDF)
    with _inbox(place, settings) as inbox:
        row = Row("a.pdf", "incomplete", 3, "page 2 hung", result="out/a.json", gaps=2)
        assert inbox.finish(_take(inbox, "a.pdf"), row) == "failed"
        said = (place.read("failed/a.pdf.txt") or b"").decode()
        assert said.startswith("incomplete: 2 gaps, the first: page 2 hung; what was answered is in ")
        retry(place)
        assert _take(inbox, "a.pdf").row is None


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (_failed("a.pdf", 5), "waits"),
        (Row("a.pdf", "incomplete", 5, "the endpoint went away"), "waits"),
        (_failed("a.pdf", 1, "The disk is full.", error="StorageError"), "waits"),
        (_failed("a.pdf", 1, "Quire itself failed", error="QuireError"), "failed"),
        (Row("a.pdf", "incomplete", 4, "Not sent: it may cost $1, and $0 of the day's budget of $1 are left"), "waits"),
    ],
)
def test_files_wait_for_what_is_not_their_own_fault(tmp_path: Path, settings: Settings, row: Row, outcome: str) -> None:
    place = Folder(tmp_path / "inbox")
    place.write("a.pdf", PDF)
    with _inbox(place, settings) as inbox:
        assert inbox.finish(_take(inbox, "a.pdf"), row) == outcome
        assert place.exists("a.pdf") == (outcome == "waits")
        assert outcome == "failed" or inbox.take("a.pdf") is not None, "its claim was given back"


def test_a_budget_of_the_document_is_its_own_fault_and_the_days_is_not(tmp_path: Path) -> None:
    place = Folder(tmp_path / "inbox")
    place.write("a.pdf", PDF)
    settings = Settings(max_cost_document=1.0, max_cost_day=1.0, store=str(tmp_path / "store"))
    with _inbox(place, settings) as inbox:
        days = Row("a.pdf", "incomplete", 4, "Not sent: $0 of the day's budget of $1 are left")
        assert inbox.finish(_take(inbox, "a.pdf"), days, patient=False) == "waits"
        own = Row("a.pdf", "incomplete", 4, "Not sent: $0 of the document's budget of $1 are left")
        assert inbox.finish(_take(inbox, "a.pdf"), own) == "failed"


def test_a_file_that_is_changed_while_it_is_worked_on_stays(make: Make, settings: Settings) -> None:
    place = make()
    place.write("a.pdf", _content(1))
    with _inbox(place, settings) as inbox:
        taken = _take(inbox, "a.pdf")
        place.write("a.pdf", _content(2))
        assert inbox.finish(taken, complete(taken, settings)) == "changed"
        assert names(place) == {"a.pdf"}
        taken = _take(inbox, "a.pdf")
        assert inbox.finish(taken, complete(taken, settings)) == "done"
    assert place.read("done/a.pdf") == _content(2)


class Hasty(Folder):
    """A folder in which somebody writes over a file in the very moment in which it is moved."""

    def move(self, name: str, to: str) -> bool:
        if name == "a.pdf" and to == "done/a.pdf":
            self.write("a.pdf", _content(2))
        return super().move(name, to)


def test_a_file_that_is_changed_while_it_is_moved_comes_back(tmp_path: Path, settings: Settings) -> None:
    place = Hasty(tmp_path / "inbox")
    place.write("a.pdf", _content(1))
    with _inbox(place, settings) as inbox:
        taken = _take(inbox, "a.pdf")
        assert inbox.finish(taken, complete(taken, settings)) == "changed"
    assert names(place) == {"a.pdf"}
    assert place.read("a.pdf") == _content(2)


def test_whoever_lost_its_claim_moves_nothing(tmp_path: Path, settings: Settings) -> None:
    place = Folder(tmp_path / "inbox")
    place.write("a.pdf", PDF)
    with _inbox(place, settings) as inbox:
        taken = _take(inbox, "a.pdf")
        place.create(f"{taken.claim.claims._keys}/{taken.sha256}.2", b"another watcher's")
        assert inbox.finish(taken, complete(taken, settings)) == "lost"
    assert place.exists("a.pdf") and not place.exists("done/a.pdf")


def test_a_long_name_finds_room_for_its_record(tmp_path: Path, settings: Settings) -> None:
    place = Folder(tmp_path / "inbox")
    long = "ä" * 125 + ".pdf"
    place.write("short.pdf", PDF)
    (tmp_path / "inbox" / "short.pdf").rename(tmp_path / "inbox" / long)
    with _inbox(place, settings) as inbox:
        assert inbox.finish(_take(inbox, long), _failed(long)) == "failed"
        (moved,) = retry(place)
    assert moved.file.startswith("ää") and moved.file.endswith(".pdf")


def test_a_name_that_is_no_text_is_kept(tmp_path: Path, settings: Settings) -> None:
    place, name = Folder(tmp_path / "inbox"), os.fsdecode(b"caf\xe9.pdf")
    place.write(name, PDF)
    with _inbox(place, settings) as inbox:
        assert inbox.finish(_take(inbox, name), _failed(name)) == "failed"
        (moved,) = retry(place)
    assert moved.file == name
    assert place.read(name) == PDF


def test_a_reason_that_was_tampered_with_leads_nowhere(tmp_path: Path, settings: Settings) -> None:
    place = Folder(tmp_path / "inbox")
    place.write("sub/a.pdf", PDF)
    with _inbox(place, settings) as inbox:
        inbox.finish(_take(inbox, "sub/a.pdf"), _failed("a.pdf"))
    for home in ("../../evil.pdf", "/evil.pdf", 7, None):
        record = records.read_record(place, "failed/sub/a.pdf.json") | {"file": home}
        place.write("failed/sub/a.pdf.json", json.dumps(record).encode())
        (moved,) = retry(place)
        assert moved.file == "sub/a.pdf"
        with _inbox(place, settings) as inbox:
            inbox.finish(_take(inbox, "sub/a.pdf"), _failed("a.pdf"))


def test_a_failed_file_that_is_called_like_a_reason_is_no_reason(tmp_path: Path, settings: Settings) -> None:
    place = Folder(tmp_path / "inbox")
    files = {"sub/a.pdf": PDF, "sub/a.pdf.json": b'{"sha256": "x"}', "sub/a.pdf.txt": b"words"}
    for name, data in files.items():
        place.write(name, data)
    with _inbox(place, settings) as inbox:
        for name in sorted(files, reverse=True):
            assert inbox.finish(_take(inbox, name), _failed(name)) == "failed"
    assert sorted(one.file for one in retry(place)) == sorted(files)
    assert {name: place.read(name) for name in names(place)} == files


def test_a_folder_chooses_the_schema(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    own = {"title": "Mine", "type": "object", "properties": {"total": {"type": "number"}}}
    place.write("policy.json", json.dumps(own).encode())
    kinds = Kinds(place)
    assert kinds.of("invoices/2025/a.pdf").name == "invoice", "a ready one, by its singular"
    assert kinds.of("Policies/a.pdf").schema == own
    assert kinds.of("annual-report/a.pdf").name == "annual-report"
    assert (kinds.of("a.pdf").schema, kinds.of("other/a.pdf").schema) == (None, None)
    place.write("invoice.json", json.dumps(own).encode())
    assert kinds.of("invoices/a.pdf").schema == own, "the inbox's own comes first"
    place.write("invoice.json", b"{ no json")
    with pytest.raises(SchemaError, match=r"invoice\.json is no JSON"):
        kinds.of("invoices/a.pdf")
    place.write("invoices.json", json.dumps({**own, "title": "Plural"}).encode())
    assert (kinds.of("invoices/a.pdf").schema or {})["title"] == "Plural", "a schema that is mended is read again"


def test_types_are_told_apart_in_the_inboxs_own_folder_alone(tmp_path: Path) -> None:
    kinds = Kinds(Folder(tmp_path), "contract", ["invoice", "research-paper"])
    assert set(kinds.of("a.pdf").among) == {"invoice", "research-paper"}
    assert not kinds.of("other/a.pdf").among and kinds.of("other/a.pdf").name == "contract"
    for types in (["invoice", "nothing-known"], ["invoice", "invoice"], [""]):
        with pytest.raises(UsageError, match="classify"):
            Kinds(Folder(tmp_path), None, types)


def test_of_two_documents_that_want_one_name_the_first_has_it_everywhere(make: Make, settings: Settings) -> None:
    with _inbox(make(), settings) as one, _inbox(make(), settings) as two:
        assert one.claims_on_name("Report", "a" * 64) == {"report": "a" * 64}
        assert two.claims_on_name("report", "b" * 64) == {"report": "a" * 64}


def _watcher(
    inbox: Inbox, process: Callable[[Taken], Row], told: Callable[[Handled], None], said: list[str]
) -> Watcher:
    return Watcher(
        inbox,
        lambda taken, report: Work(process(taken)),
        2,
        lambda name: nullcontext(silent),
        told=told,
        say=said.append,
        again=lambda: None,
        every=0.01,
        pause=0.01,
    )


FULL = _failed("a.pdf", 1, "The disk is full.", error="StorageError")


def test_a_file_that_alone_is_refused_fails_in_the_end(tmp_path: Path, settings: Settings) -> None:
    place, said, ends = Folder(tmp_path / "inbox"), list[str](), dict[str, str]()
    place.write("a.pdf", PDF)

    def process(taken: Taken) -> Row:
        if taken.name != "a.pdf":
            return complete(taken, settings)
        place.write(f"{len(ends)}.pdf", _content(len(ends)))  # another one that comes, and fares well
        return FULL

    def told(handled: Handled) -> None:
        if handled.outcome in ("done", "failed"):
            ends[handled.name] = handled.outcome
        if handled.name == "a.pdf" and handled.outcome == "failed":
            raise KeyboardInterrupt

    with _inbox(place, settings) as inbox, pytest.raises(KeyboardInterrupt):
        _watcher(inbox, process, told, said).run(lambda: None)
    assert ends.pop("a.pdf") == "failed"
    assert set(ends.values()) == {"done"} and len(ends) >= 3


def test_on_a_full_disk_nothing_fails_however_often_it_is_tried(tmp_path: Path, settings: Settings) -> None:
    place, said, tries = Folder(tmp_path / "inbox"), list[str](), Counter[str]()
    for number in range(3):
        place.write(f"{number}.pdf", _content(number))

    def told(handled: Handled) -> None:
        assert handled.outcome == "waits"
        tries[handled.name] += 1
        if sum(tries.values()) == 15:
            raise KeyboardInterrupt

    with _inbox(place, settings) as inbox, pytest.raises(KeyboardInterrupt):
        watcher = _watcher(inbox, lambda taken: FULL, told, said)
        ticks = count(0.0, 1000.0)
        watcher.clock = lambda: next(ticks)  # whenever it looks, the last refusal was longer ago than any pause
        watcher.run(lambda: None)
    assert said == ["The disk is full. The files stay in the inbox until it does better."]
    assert min(tries.values()) >= 3, "each has its turn"
    assert names(place) == {"0.pdf", "1.pdf", "2.pdf"}
