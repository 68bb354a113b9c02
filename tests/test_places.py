"""Places: what holds for a folder holds for a bucket, too."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from flows.places import Folder, Gone, Place, is_plain, open_place
from pipeline.errors import StorageError, UsageError

Make = Callable[[], Place]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server of S3 on this machine."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


@pytest.fixture(params=["folder", "s3", "memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes the same place again and again, as several processes would."""
    if request.param == "folder":
        return lambda: open_place(tmp_path / "inbox")
    if request.param == "memory":
        address = f"memory://{uuid.uuid4().hex}/inbox"
        return lambda: open_place(address)
    for name, value in {
        "AWS_ENDPOINT_URL": request.getfixturevalue("s3"),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "very-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class("s3").clear_instance_cache()  # it would keep another server's address
    bucket = f"bucket-{uuid.uuid4().hex}"
    fsspec.filesystem("s3").mkdir(bucket)
    return lambda: open_place(f"s3://{bucket}/inbox")


NAMES = ("a.pdf", "sub/b.pdf", "sub/deep/two words.pdf", "Ünïcödé 名前.pdf", "100% #1 [x]?.pdf")


def test_what_is_written_is_listed_and_read(make: Make) -> None:
    place = make()
    assert list(place.entries()) == []
    for name in NAMES:
        place.write(name, name.encode())
    assert {one.name: one.size for one in make().entries()} == {name: len(name.encode()) for name in NAMES}
    assert all(place.read(name) == name.encode() for name in NAMES)
    assert {one.name for one in place.entries(lambda folder: folder != "sub/deep")} == {*NAMES} - {NAMES[2]}
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
