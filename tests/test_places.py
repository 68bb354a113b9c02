"""Places: what holds for a folder holds for a bucket, too."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import StorageError, UsageError
from pipeline.places import Folder, Gone, is_plain, open_place
from tests.buckets import Make

NAMES = ("a.pdf", "sub/b.pdf", "sub/deep/two words.pdf", "Ünïcödé 名前.pdf", "100% #1 [x]?.pdf")


def test_what_is_written_is_listed_and_read(make: Make) -> None:
    place = make()
    assert list(place.entries()) == []
    for name in NAMES:
        place.write(name, name.encode())
    assert {one.name: one.size for one in make().entries()} == {name: len(name.encode()) for name in NAMES}
    assert all(place.read(name) == name.encode() for name in NAMES)
    assert {one.name for one in place.entries(enter=lambda folder: folder != "sub/deep")} == {*NAMES} - {NAMES[2]}
    assert {one.name for one in place.entries("sub")} == {*NAMES[1:3]}
    assert {one.name: one.stamp for one in place.entries()} == {name: place.find(name).stamp for name in NAMES}  # type: ignore[union-attr]
    assert place.ends(NAMES[0], 2, 3) == (b"a.", b"pdf")
    assert place.ends(NAMES[0], 20, 30) == (b"a.pdf", b"a.pdf")
    with make().fetch(NAMES[3]) as path:
        assert (path.name, path.read_bytes()) == (NAMES[3], NAMES[3].encode())


def test_a_name_may_have_lines(tmp_path: Path) -> None:
    """The server of S3 that tests have takes no such name."""
    place = open_place(tmp_path)
    assert place.create("two\nlines.pdf", b"one")
    assert place.move("two\nlines.pdf", "done/two\nlines.pdf")
    assert [one.name for one in place.entries()] == ["done/two\nlines.pdf"]


def test_what_is_not_there_is_told_as_such(make: Make) -> None:
    place = make()
    assert (place.read("no.pdf"), place.find("no.pdf"), place.sha256("no.pdf")) == (None, None, None)
    assert not place.remove("no.pdf")
    with pytest.raises(Gone), place.fetch("no.pdf"):
        raise AssertionError("nothing is fetched")
    with pytest.raises(Gone):
        place.move("no.pdf", "yes.pdf")


def test_a_stamp_is_another_one_once_the_file_is(make: Make) -> None:
    place = make()
    place.write("a.pdf", b"one")
    before = place.find("a.pdf")
    assert before == place.find("a.pdf")
    place.write("a.pdf", b"two")
    after = place.find("a.pdf")
    assert before is not None
    assert after is not None
    assert before.stamp != after.stamp


def test_of_many_who_create_a_file_one_does(make: Make) -> None:
    def attempt(number: int) -> bool:
        return make().create("claims/key.1", str(number).encode())

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(attempt, range(24)))
    assert made.count(True) == 1
    assert make().read("claims/key.1") == str(made.index(True)).encode()
    assert [one.name for one in make().entries()] == ["claims/key.1"]


def test_a_move_lands_on_no_other_file(make: Make) -> None:
    place = make()
    place.write("a.pdf", b"one")
    assert place.move("a.pdf", "done/a.pdf")
    place.write("a.pdf", b"two")
    assert not place.move("a.pdf", "done/a.pdf")
    assert (place.read("a.pdf"), place.read("done/a.pdf")) == (b"two", b"one")


@pytest.mark.parametrize("name", ["..", "../a.pdf", "a/../../b", "/etc/passwd", "", "a//b", "./a", "a\0b"])
def test_no_name_leads_out_of_its_place(make: Make, name: str) -> None:
    assert not is_plain(name)
    for attempt in (make().read, make().find, make().remove, lambda name: make().write(name, b"")):
        with pytest.raises(StorageError, match="leads out"):
            attempt(name)


def test_pipes_and_links_are_told_and_not_followed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "link.pdf").symlink_to("/etc/hostname")
    (tmp_path / "folder").symlink_to("/etc")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
    place = Folder(tmp_path)
    kinds = {one.name: one.kind for one in place.entries()}
    assert kinds == {"pipe.pdf": "other", "socket": "other", "link.pdf": "link", "folder": "link"}
    with pytest.raises(StorageError):
        place.sha256("link.pdf")


def test_an_address_is_told_without_its_password() -> None:
    assert "hunter2" not in open_place("memory://user:hunter2@host/inbox").address
    with pytest.raises(UsageError) as told:
        open_place("nonsense://user:hunter2@host/inbox")
    assert "hunter2" not in str(told.value)


def test_where_nothing_is_created_exclusively_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nobody else makes"):
        open_place(f"dir::file://{tmp_path}").create("a", b"")
