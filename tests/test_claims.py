"""Claims: of several owners, of which any may be killed or fall asleep anywhere, one at a time works on a key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given, strategies

from flows.claims import Claims
from pipeline.places import Folder, Found, Place, open_place
from pipeline.processes import started, whereabouts_exact
from tests.buckets import Make


class Clock:
    """A watch that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _two(make: Make, clock: Clock) -> tuple[Claims, Claims]:
    """Owners on two machines."""
    return tuple(Claims(make(), lease=60, clock=clock, machine=name) for name in ("one", "two"))  # type: ignore[return-value]


def test_a_key_is_one_owners_until_it_gives_it_back(make: Make) -> None:
    clock = Clock()
    one, two = _two(make, clock)
    with one, two:
        claim = one.acquire("key")
        assert claim is not None
        assert claim.holds()
        assert (two.acquire("key"), one.acquire("key")) == (None, None)
        assert two.acquire("other") is not None
        claim.release()
        assert not claim.holds()
        again = two.acquire("key")
        assert again is not None
        assert again.holds()
        claim.release()
        assert again.holds(), "what was given back twice is not another's"
    assert list(make().entries()) == []


def test_whoever_stands_still_for_a_lease_loses_its_claims(make: Make) -> None:
    clock = Clock()
    one, two = _two(make, clock)
    one.beat()
    two.beat()
    asleep = one.acquire("key")
    assert asleep is not None
    for moment in (0, 59):
        clock.now = moment
        assert two.acquire("key") is None
    one.beat()
    clock.now = 61
    assert two.acquire("key") is None, "it has just shown itself"
    clock.now = 122
    taken = two.acquire("key")
    assert taken is not None
    assert (asleep.holds(), taken.holds()) == (False, True)
    asleep.release()
    assert taken.holds(), "what was lost is not given back"
    taken.release()
    assert not asleep.holds(), "it stays lost when nobody holds it"
    assert one.acquire("key") is not None


def test_an_old_claim_is_free_for_who_sees_it_for_the_first_time(tmp_path: Path) -> None:
    one, two = _two(lambda: open_place(tmp_path), Clock())
    one.beat()
    assert one.acquire("key") is not None
    two.beat()
    for file in (tmp_path / "claims" / "owners").glob(f"{one._own['owner']}*"):
        told = file.stat().st_mtime - 601
        os.utime(file, (told, told))
    assert two.acquire("key") is not None


KILLED = """
import os, signal, sys
from pathlib import Path
from flows.claims import Claims
from pipeline.places import open_place

claims = Claims(open_place(sys.argv[1]))
claims.__enter__()
assert claims.acquire("key")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="when a process began is told on Linux alone")
def test_the_claim_of_a_process_that_was_killed_here_is_free_at_once(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)
    assert done.returncode == -9
    with Claims(open_place(tmp_path)) as claims:
        assert len(list((tmp_path / "claims" / "owners").iterdir())) == 1, "what it left is tidied away"
        claim = claims.acquire("key")
        assert claim is not None
        assert claim.holds()


def test_a_process_number_that_was_given_again_is_not_the_same_process(tmp_path: Path) -> None:
    machine, process, since = whereabouts_exact()
    assert started(process) == since
    record = {"owner": uuid.uuid4().hex, "machine": machine, "process": process, "started": "1"}
    open_place(tmp_path).create("claims/held/key.1", json.dumps(record).encode())
    with Claims(open_place(tmp_path)) as claims:
        assert (claims.acquire("key") is None) == (since is None)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"owner": "../../x", "process": "y"}', b"\xff"])
def test_what_nobody_wrote_counts_while_it_is_new(tmp_path: Path, data: bytes) -> None:
    clock = Clock()
    open_place(tmp_path).create("claims/held/key.1", data)
    with Claims(open_place(tmp_path), clock=clock) as claims:
        assert claims.acquire("key") is None
        clock.now = 60
        assert claims.acquire("key") is not None


def test_of_many_threads_and_owners_one_claims(make: Make) -> None:
    owners = [Claims(make(), machine=str(number)) for number in range(3)]
    for owner in owners:
        owner.beat()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: owners[number % 3].acquire("key"), range(12)))
    assert sum(one is not None for one in made) == 1


# What follows runs owners step by step: each operation on the place is one step, and the test says whose is next.


class Stopped(Exception):
    """This owner is killed."""


class Stepped(Place):
    """A place on which every operation waits until it is its owner's turn."""

    address, grows = "stepped", True

    def __init__(self, place: Place, turn: Callable[[], None]) -> None:
        self._place, self._turn = place, turn

    def entries(self, under: str = "", enter: Callable[[str], bool] = lambda folder: True) -> Iterator[Found]:
        self._turn()
        return iter(list(self._place.entries(under, enter)))

    def find(self, name: str) -> Found | None:
        self._turn()
        return self._place.find(name)

    def read(self, name: str) -> bytes | None:
        self._turn()
        return self._place.read(name)

    def write(self, name: str, data: bytes) -> None:
        self._turn()
        self._place.write(name, data)

    def create(self, name: str, data: bytes) -> bool:
        self._turn()
        return self._place.create(name, data)

    def remove(self, name: str) -> bool:
        self._turn()
        return self._place.remove(name)

    def stream(self, name: str) -> Iterator[bytes]:
        raise NotImplementedError

    def ends(self, name: str, first: int, last: int) -> tuple[bytes, bytes]:
        raise NotImplementedError

    def fetch(self, name: str) -> AbstractContextManager[Path]:
        raise NotImplementedError

    def move(self, name: str, to: str) -> bool:
        raise NotImplementedError


class Owner:
    """A process that wants to do one piece of work, in a thread that goes on one step at a time."""

    def __init__(self, name: str, place: Place, clock: Clock, commits: list[str]) -> None:
        self._go, self._waits, self._killed = threading.Semaphore(0), threading.Semaphore(0), False
        self.name, self.ended, self._commits = name, False, commits
        self._claims = Claims(Stepped(place, self._turn), lease=10, clock=clock, machine=name)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._waits.acquire()

    def step(self) -> None:
        """Let it do one operation, and all that it does between that and the next."""
        if not self.ended:
            self._go.release()
            self._waits.acquire()

    def kill(self) -> None:
        self._killed = True
        self.step()

    def _turn(self) -> None:
        self._waits.release()
        self._go.acquire()
        if self._killed:
            raise Stopped

    def _run(self) -> None:
        try:
            while not self._commits:
                self._claims.beat()
                claim = self._claims.acquire("key")
                if claim is None or self._commits:
                    continue
                self._claims.beat()  # the work, which takes a while
                if claim.holds():
                    self._commits.append(self.name)
                claim.release()
        except Stopped:
            self.ended = True
        self.ended = True
        self._waits.release()


_MOVES = strategies.lists(
    strategies.tuples(
        strategies.integers(0, 2),  # whose turn it is
        strategies.integers(1, 16),  # for how many steps
        strategies.sampled_from([0, 0, 1, 4]),  # how many seconds each takes: the others are asleep meanwhile
        strategies.sampled_from(["", "", "", "killed"]),  # what becomes of it then
    ),
    max_size=24,
)


@given(_MOVES)
def test_never_do_two_owners_commit_the_same_work(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int, int, str]]
) -> None:
    """Whatever the order of their steps, however long each is asleep, and whoever is killed; and the work is done."""
    clock, commits = Clock(), list[str]()
    place = Folder(tmp_path_factory.mktemp("claims"))
    owners = [Owner(name, place, clock, commits) for name in ("one", "two", "three")]
    for which, steps, seconds, end in moves:
        for _ in range(steps):
            clock.now += seconds
            owners[which].step()
        if end:
            owners[which].kill()
    living = [owner for owner in owners if not owner.ended]
    for _ in range(200):
        clock.now += 1
        for owner in living:
            owner.step()
    assert all(owner.ended for owner in owners)
    assert len(commits) <= 1
    assert commits or not living
