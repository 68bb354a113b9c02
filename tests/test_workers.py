"""Many documents on two workers that share PostgreSQL and S3 alone, one of which loses its power half way."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faulty_documents import SCHEMA, make_document
from tests.machines import BUCKET, Machines, bucket, kill_machine, machines
from tests.strict_log import Exchange

DOCUMENTS, FIRST, CHUNK, AT_ONCE = 200, 40, 20, 4
RULES = {"speed_out": 30.0, "costs": True}
"""An answer takes some seconds, as from a real server: what a worker waits for, and not this machine, is the limit."""
SCHEMA_FILE = "schema.json"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """What the machines share, and the documents in a bucket."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / SCHEMA_FILE).write_text(json.dumps(SCHEMA))
    with machines(folder, RULES) as made:
        s3 = bucket(made.s3)
        for number in range(FIRST + DOCUMENTS):
            data, facts = make_document(1000 + number, 1, pictures=0.0, lines=6)
            place = "first" if number < FIRST else "many"
            s3.pipe_file(f"{BUCKET}/{place}/{facts[0].token}.pdf", data)
        yield made


def start(shared: Machines, name: str) -> Any:
    """Hand out the documents below a name in chunks."""
    return shared.start_batch(
        paths=[f"s3://{BUCKET}/{name}/"],
        out=f"s3://{BUCKET}/out-{name}",
        model_id="mistral-small-3.2-24b",
        schema_file=str(shared.folder / SCHEMA_FILE),
        chunk=CHUNK,
        concurrency=AT_ONCE,
    )


def answered(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Those that brought an answer, in order of their ends."""
    return sorted((one for one in exchanges if one.sound and one.arrived), key=lambda one: one.ended or 0.0)


def rate(exchanges: Sequence[Exchange], skipped: int) -> float:
    """Answers a minute, without the first ones, while which workers only started."""
    ends = [one.ended or 0.0 for one in answered(exchanges)][skipped:]
    return 60 * (len(ends) - 1) / (ends[-1] - ends[0])


def ended(batch: Any, shared: Machines, seconds: float) -> None:
    """Wait for the end of a batch, which is a good one."""
    assert batch.wait(seconds) == 0, shared.said()


def results(shared: Machines, name: str) -> dict[str, dict[str, Any]]:
    """The results in the bucket, by their documents' names."""
    s3, found = bucket(shared.s3), {}
    for key in s3.find(f"{BUCKET}/out-{name}"):
        assert not key.endswith(".part"), "nothing is left half done"
        if key.endswith(".json"):
            found[Path(key).stem] = json.loads(s3.cat_file(key))
    return found


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_two_workers_do_all_and_pay_once_though_one_dies(shared: Machines, capsys: pytest.CaptureFixture[str]) -> None:
    shared.start_worker("one")
    ended(start(shared, "first"), shared, 400)
    alone = shared.exchanges()
    shared.start_worker("two")
    batch = start(shared, "many")
    until = time.monotonic() + 600
    while len(answered(shared.exchanges()[len(alone) :])) < DOCUMENTS // 2 + CHUNK // 2:  # both are within a chunk then
        assert batch.poll() is None and time.monotonic() < until, shared.said()
        time.sleep(0.5)
    both, killed = shared.exchanges()[len(alone) :], time.time()
    kill_machine("two")
    ended(batch, shared, 900)
    seconds = time.time() - killed

    found = results(shared, "many")
    summary = found.pop("run")
    assert summary["totals"]["complete"] == len(found) == DOCUMENTS and summary["totals"]["failed"] == 0
    for token, result in found.items():
        assert [one["serial"] for one in result["extraction"]["data"]["record"]] == [token], "its own answer"
    paid, lost = paid_for(shared.exchanges(), killed)
    assert len(paid) == FIRST + DOCUMENTS, "every document was asked about"
    twice = {key for key, times in paid.items() if times > 1}
    assert twice <= lost and len(twice) <= AT_ONCE, "and paid once, but for answers that only just had come"
    runs = shared.server.states(flows={"name": {"any_": ["understand-chunk"]}})
    assert runs["CRASHED"] == 1 and runs["COMPLETED"] == (FIRST + DOCUMENTS) // CHUNK, runs
    one, two = rate(alone, AT_ONCE), rate(both, 2 * AT_ONCE)
    told = f"{one:.0f} answers a minute of one worker, {two:.0f} of two; {seconds:.0f} s to the end after the kill"
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")  # a figure, no promise: how fast a machine is says nothing of the program


def paid_for(exchanges: Sequence[Exchange], killed: float) -> tuple[Counter[str], set[str]]:
    """How often each content was answered, and what was so shortly before the kill that it may not have been kept."""
    came = answered(exchanges)
    lost = {one.key for one in came if -0.5 < killed - (one.ended or 0.0) < 1.0}
    return Counter(one.key for one in came), lost
